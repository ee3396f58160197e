/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEBSOCKET_SCRATCH_H
#define ROOST_WEBSOCKET_SCRATCH_H

/*
 * What reading and writing WebSocket messages needs besides the bytes: a frame
 * reader, one deflater, one inflater. A thread has one scratch for all its
 * connections, about 320 KiB once everything in it has been used; it must not be
 * shared between threads. All of it is working memory: nothing of a message stays.
 */

#include "base/buf.h"

struct websocket_scratch;

struct websocket_scratch *websocket_scratch_new(void) must_check;
void websocket_scratch_free(struct websocket_scratch *scratch);

/*
 * Append the permessage-deflate form of one message to `to` (RFC 7692 §7.2.1), made
 * without memory of earlier ones, so that one result fits every peer that
 * websocket_terms_fit() allows. False, and `to` unchanged, when it is not shorter
 * than the message: send that as it is.
 */
bool websocket_deflate(struct websocket_scratch *scratch, const void *bytes, size_t length,
		       struct buf *to);

enum websocket_inflate_result {
	WEBSOCKET_INFLATED = 0,
	WEBSOCKET_INFLATE_TOO_BIG = 1,	/* more than `limit` bytes; `to` is unchanged */
	WEBSOCKET_INFLATE_BAD = 2	/* not a whole DEFLATE stream; `to` is unchanged */
};

/* Append the message that a permessage-deflate payload stands for (RFC 7692 §7.2.2). */
enum websocket_inflate_result websocket_inflate(struct websocket_scratch *scratch,
						const struct buf *payload, size_t limit,
						struct buf *to) must_check;

#endif
