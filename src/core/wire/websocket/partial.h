/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEBSOCKET_PARTIAL_H
#define ROOST_WEBSOCKET_PARTIAL_H

/*
 * A frame and a message under way: what a connection holds while something is
 * unfinished, and what a scratch lends it for a call. Only in.c looks inside.
 */

#include "wire/websocket/scratch.h"
#include "wire/websocket/utf8.h"
#include "wire/websocket/frame.h"

#include <wslay/wslay.h>

struct websocket_partial {
	wslay_frame_context_ptr frames;
	const unsigned char *bytes;	/* what came and wslay has not fetched; only during a call */
	size_t left;
	uint64_t fetched, used;		/* by wslay; by whole frames. Equal: between two frames */

	bool in_frame;			/* its head was looked at; `at` bytes of its payload have come */
	uint64_t at;
	size_t control_length;
	unsigned char control[WEBSOCKET_CONTROL_LIMIT];

	unsigned fragments;		/* frames of the message under way; 0: none is */
	enum websocket_opcode opcode;	/* the message's */
	bool deflated;
	struct websocket_utf8 text;
	struct buf message;
};

/* Lend one that is between two messages; give back one that is, or drop one that is not. */
struct websocket_partial *websocket_partial_borrow(struct websocket_scratch *scratch) must_check;
void websocket_partial_return(struct websocket_scratch *scratch, struct websocket_partial *partial);
void websocket_partial_free(struct websocket_partial *partial);

/* Is nothing unfinished? */
bool websocket_partial_is_idle(const struct websocket_partial *partial);

#endif
