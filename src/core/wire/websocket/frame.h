/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEBSOCKET_FRAME_H
#define ROOST_WEBSOCKET_FRAME_H

/*
 * WebSocket frames as a server sends them (RFC 6455 §5): never masked, never in
 * fragments. What is put is a value; a frame that goes to many is put once.
 */

#include "base/buf.h"

enum websocket_opcode {		/* RFC 6455 §5.2 */
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_BINARY = 2,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10
};

enum websocket_code {		/* RFC 6455 §7.4.1; 3000 to 4999 are free for applications */
	WEBSOCKET_NORMAL = 1000,
	WEBSOCKET_GOING_AWAY = 1001,
	WEBSOCKET_PROTOCOL_ERROR = 1002,
	WEBSOCKET_UNSUPPORTED = 1003,
	WEBSOCKET_NO_CODE = 1005,	/* a close frame without one; never sent */
	WEBSOCKET_INVALID_DATA = 1007,
	WEBSOCKET_POLICY = 1008,
	WEBSOCKET_TOO_BIG = 1009,
	WEBSOCKET_INTERNAL = 1011
};

#define WEBSOCKET_HEAD_LIMIT 10		/* bytes before the payload of an unmasked frame */
#define WEBSOCKET_CONTROL_LIMIT 125	/* payload of close, ping and pong (§5.5) */
#define WEBSOCKET_REASON_LIMIT 123	/* of it, behind the code of a close */

/* Append one whole frame. A control frame's payload is at most WEBSOCKET_CONTROL_LIMIT. */
void websocket_put(struct buf *to, enum websocket_opcode opcode, const void *bytes, size_t length);

/*
 * The same for a payload that websocket_deflate() made; only text and binary, only
 * to a peer with which permessage-deflate was agreed on.
 */
void websocket_put_deflated(struct buf *to, enum websocket_opcode opcode, const void *bytes,
			    size_t length);

/*
 * Append a close frame. WEBSOCKET_NO_CODE: one without code and reason. The reason
 * (UTF-8, may be NULL) is cut to WEBSOCKET_REASON_LIMIT bytes, not inside a character.
 */
void websocket_put_close(struct buf *to, unsigned code, const char *reason);

/* May a close frame carry this code (§7.4, and what IANA has registered since)? */
bool websocket_code_is_valid(unsigned code);

#endif
