/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEBSOCKET_CLIENT_H
#define ROOST_WEBSOCKET_CLIENT_H

/*
 * The client's half of a WebSocket (RFC 6455 §4.1, §5.3), without extensions and
 * subprotocols. What comes is read by in.h with `from_server`.
 */

#include "wire/websocket/frame.h"
#include "wire/websocket/handshake.h"

#define WEBSOCKET_NONCE_SIZE 16
#define WEBSOCKET_KEY_SIZE 25		/* the nonce in base64, and the end */

struct websocket_request {
	const char *path;		/* with a query, if any */
	const char *host;		/* "name" or "name:port" */
	const char *bearer;		/* a token, or NULL */
	const char *user_agent;
	const char *key;
};

/* The key for sixteen bytes of chance. */
void websocket_key(const unsigned char nonce[static WEBSOCKET_NONCE_SIZE],
		   char ret_key[static WEBSOCKET_KEY_SIZE]);

/* Append the request; its texts are ours or the user's, and printable. */
void websocket_request_put(struct buf *to, const struct websocket_request *request);

enum websocket_opened {
	WEBSOCKET_OPENED_MORE,		/* more bytes are needed */
	WEBSOCKET_OPENED,		/* frames begin at *ret_used */
	WEBSOCKET_OPENED_REFUSED,	/* *ret_status is why: not 101 */
	WEBSOCKET_OPENED_WRONG		/* this is no answer to that key */
};

/* Read the answer's head: of all the bytes that have come so far. */
enum websocket_opened websocket_answer_read(const void *bytes, size_t length, const char *key,
					    size_t *ret_used, int *ret_status) must_check;

/* Append one whole frame, masked; the mask is chance, new for each frame (§5.3). */
void websocket_put_masked(struct buf *to, enum websocket_opcode opcode,
			  const unsigned char mask[static 4], const void *bytes, size_t length);

#endif
