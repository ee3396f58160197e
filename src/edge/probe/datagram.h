/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_DATAGRAM_H
#define ROOST_DATAGRAM_H

/*
 * An inquiry (game/inquiry.h) over a socket of its own, connected to the game so
 * that nobody else is heard. Asks again each INQUIRY_EVERY_MS; its deadline is its
 * owner's. One call comes, unless it is closed before.
 */

#include <uv.h>

#include "game/inquiry.h"

struct datagram;

/* `answer` is only lent; NULL: it cannot be asked, `why` says why. */
typedef void datagram_answered(void *argument, const struct probe_answer *answer,
			       const char *why);
/* Called once libuv has let go of it, also after datagram_close(). */
typedef void datagram_gone(void *argument);

struct datagram_terms {
	enum game game;
	const struct sockaddr *where;
	datagram_answered *answered;
	datagram_gone *gone;
	void *argument;
};

struct datagram *datagram_new(uv_loop_t *loop, const struct datagram_terms *terms) must_check;

/* No answer comes after this. */
void datagram_close(struct datagram *datagram);

#endif
