/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SSE_H
#define ROOST_SSE_H

/*
 * A text/event-stream as it arrives (WHATWG HTML §9.2.6), in any cut. Bounded:
 * a line or an event beyond SSE_LIMIT is dropped whole, never cut short.
 */

#include "base/buf.h"

#define SSE_LIMIT 65536		/* bytes; an event's data is at most 16 KiB */

struct sse {
	struct buf line, type, data;
	char id[96];			/* the last one seen: where to resume */
	bool after_return;		/* the last byte was '\r' */
	bool overflow;			/* of this line */
};

struct sse_event {
	const char *type;		/* "message" when not told */
	const char *id;			/* the last id seen */
	const char *data;
};

typedef void sse_heard(void *argument, const struct sse_event *event);

void sse_feed(struct sse *sse, const char *bytes, size_t length, sse_heard *heard, void *argument);
void sse_again(struct sse *sse);	/* a new connection: what was unfinished is forgotten, the id is kept */
void sse_deinit(struct sse *sse);

#endif
