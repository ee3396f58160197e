/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CLOUDEVENT_H
#define ROOST_CLOUDEVENT_H

/*
 * An event of the record as readers get it: CloudEvents 1.0, structured JSON
 * (cloudevents.io, JSON format §3), and which readers get it.
 */

#include "base/buf.h"
#include "model/words.h"
#include "port/store.h"

/* What an event's subject names: the type's noun says. */
enum event_about {
	ABOUT_ROOST,		/* and whatever has a noun of its own */
	ABOUT_SERVER,
	ABOUT_USER,
	ABOUT_CHANNEL
};
enum event_about event_about(const char *type);

/*
 * Append {"specversion","id","source","type","subject","time","data"} in this
 * order, compact, without a line break (so it is one `data:` line of SSE too).
 */
void cloudevent_put(struct buf *b, const char *epoch, const struct store_event *e);

/*
 * Append one frame of a text/event-stream (WHATWG HTML §9.2): `id:`, `event:`,
 * `data:` and the empty line.
 */
void cloudevent_put_sse(struct buf *b, const char *epoch, const struct store_event *e);

struct channel_set;	/* feed/channel.h */

/* What one reader wants and may see. Empty text = all. */
struct feed_filter {
	enum role role;				/* the least role an event asks for is at most this */
	char server[SERVER_NAME_LIMIT + 1];	/* events about this server */
	char type[40];				/* a type, or a prefix ending in a dot: `server.` */
	const struct channel_set *channels;	/* one of these (of an empty set: nothing); NULL = all. Not ours */
	const char *user;			/* what is about this user passes whatever role it asks for; NULL = nobody */
};

/* Is it `server.ready`, or `server.`? Lower-case letters, `_`, one dot; short enough. */
bool feed_type_is_valid(const char *type);

/*
 * Ask the record for no more than it takes to find what passes: the filter's server and type, and
 * of its channels each one's walk of the index where all of them have one. What comes may
 * still be more than passes.
 */
void feed_filter_narrow(const struct feed_filter *filter, struct store_query *query);

bool feed_filter_passes(const struct feed_filter *filter, unsigned audience, const char *type,
			const char *subject);

#endif
