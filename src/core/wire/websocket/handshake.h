/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEBSOCKET_HANDSHAKE_H
#define ROOST_WEBSOCKET_HANDSHAKE_H

/*
 * The opening handshake, the server's half (RFC 6455 §4.2), and what it agrees on:
 * permessage-deflate (RFC 7692 §7.1) and a subprotocol. Whether the peer may come in
 * at all (Origin, credentials) is not asked here.
 */

#include "base/buf.h"
#include "wire/http1/head.h"

#define WEBSOCKET_ACCEPT_SIZE 29	/* 20 bytes in base64, and the end */

enum websocket_upgrade {
	WEBSOCKET_UPGRADE_RIGHT = 0,
#define UPGRADE_REFUSAL(name, status, detail) WEBSOCKET_UPGRADE_##name,
#include "wire/websocket/refusal.def"
	WEBSOCKET_UPGRADE_MAX
};

/*
 * Is this request a right opening handshake? If not, answer websocket_refusal_status()
 * with the sentence of websocket_refusal_detail(); beside a 426 belong the headers
 * `Upgrade: websocket`, `Connection: Upgrade` and `Sec-WebSocket-Version: 13`.
 */
enum websocket_upgrade websocket_upgrade_check(const struct http_head *head, const char *bytes)
	must_check;
int websocket_refusal_status(enum websocket_upgrade refusal);
const char *websocket_refusal_detail(enum websocket_upgrade refusal);

/* `Sec-WebSocket-Accept` for the key of a request that was found right (§4.2.2). */
void websocket_accept(const struct http_head *head, const char *bytes,
		      char ret_accept[static WEBSOCKET_ACCEPT_SIZE]);

/* The same for the 24 characters of a key. */
void websocket_accept_key(const char *key, char ret_accept[static WEBSOCKET_ACCEPT_SIZE]);

/* Is this subprotocol among those that the client offers? Names differ by case (§4.1). */
bool websocket_protocol_is_offered(const struct http_head *head, const char *bytes,
				   const char *protocol);

/* The `nth` (from 0) subprotocol offered, in the client's order; false when there are fewer. */
bool websocket_protocol_get(const struct http_head *head, const char *bytes, size_t nth,
			    struct http_span *ret_protocol);

/* What was agreed about compression: two bytes to keep with the connection. */
struct websocket_terms {
	uint8_t window_bits;		/* of our deflated messages: 9 to 15; 0: no compression */
	bool names_window;		/* the answer must say so */
};

/*
 * Read `Sec-WebSocket-Extensions` and take the first offer of permessage-deflate that
 * we can keep. Always without context takeover in both directions (a server may ask
 * that unasked, §7.1.1.2), so that no connection holds a compressor. False: none was
 * offered, or none that we can keep; go on without. *ret is then all zero.
 */
bool websocket_terms_agree(const struct http_head *head, const char *bytes,
			   struct websocket_terms *ret);

/* The value of the answer's `Sec-WebSocket-Extensions`. */
void websocket_terms_print(const struct websocket_terms *terms, struct buf *to);

/*
 * May a message of that many bytes (before compression) be sent deflated? With a
 * window smaller than ours only a message that lies within it whole may: a connection
 * is free to send each message either way (§6).
 */
bool websocket_terms_fit(const struct websocket_terms *terms, size_t length);

#endif
