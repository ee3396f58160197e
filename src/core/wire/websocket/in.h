/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEBSOCKET_IN_H
#define ROOST_WEBSOCKET_IN_H

/*
 * What the other side sends, from bytes to messages (RFC 6455 §5, RFC 7692). Strict: all
 * that the RFCs forbid ends the connection, with the code they name. The same bytes
 * give the same messages however they were split on their way.
 *
 * A connection with nothing unfinished is 24 bytes and no heap. While a frame or a
 * fragmented message is unfinished it holds a reader (about 5 KiB) and what has
 * come of the message, at most the limit on messages; websocket_in_held() tells.
 */

#include "wire/websocket/frame.h"
#include "wire/websocket/scratch.h"

struct websocket_partial;

struct websocket_in {
	struct websocket_partial *partial;	/* what is unfinished; NULL: nothing */
	const char *fault;	/* why websocket_take() failed it: for the close frame; static */
	bool deflate;		/* permessage-deflate was agreed on: set it after WEBSOCKET_IN_NULL */
	bool from_server;	/* we are the client: what comes must not be masked (§5.1) */
	bool ended;		/* nothing more is taken: a close came, a fault, or the caller's wish */
};

#define WEBSOCKET_IN_NULL ((struct websocket_in){ 0 })

struct websocket_limits {
	size_t frame;		/* payload bytes of one frame, as sent */
	size_t message;		/* bytes of one message, joined and inflated */
	unsigned fragments;	/* frames of one message, 1 or more */
};

struct websocket_message {
	enum websocket_opcode opcode;
	const unsigned char *bytes;	/* valid during the call; not terminated */
	size_t length;
	unsigned code;		/* of a close: what came, or WEBSOCKET_NO_CODE; `bytes` is the reason */
};

/*
 * One message: text (valid UTF-8), binary, or a control frame. A ping is for the
 * caller to answer with a pong of the same bytes, a close with a close of the same
 * code. False: take nothing more of this connection. It must not free `in`; it may
 * use the scratch.
 */
typedef bool websocket_on_message(void *argument, const struct websocket_message *message);

struct websocket_reader {	/* how to read: made on the stack for a call */
	struct websocket_scratch *scratch;
	struct websocket_limits limits;
	websocket_on_message *on_message;
	void *argument;
};

/*
 * Take what came. 0, or the code to close the connection with (1002, 1007, 1009:
 * enum websocket_code) and `in->fault` says why in words. Bytes behind a close, a
 * fault or a false are dropped, and so are all of later calls.
 */
unsigned websocket_take(struct websocket_in *in, const struct websocket_reader *reader,
			const void *bytes, size_t length) must_check;

/* Bytes of heap that the connection holds now. */
size_t websocket_in_held(const struct websocket_in *in);

void websocket_in_deinit(struct websocket_in *in);

#endif
