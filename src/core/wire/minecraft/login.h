/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MINECRAFT_LOGIN_H
#define ROOST_MINECRAFT_LOGIN_H

/*
 * The login state, before compression and encryption: who says who they are,
 * the plugin request by which a client is held, and the last word.
 */

#include "base/buf.h"
#include "base/limits.h"
#include "wire/wire.h"

struct login_start {
	char name[PLAYER_NAME_LIMIT + 1];	/* 1-16 of ASCII 33-126; a claim, never a proof */
	bool has_uuid;
	unsigned char uuid[16];			/* a claim too */
	bool is_known;		/* the layout was this protocol's; else only the name was read */
};

/*
 * The frame behind a handshake of INTENT_LOGIN or INTENT_TRANSFER, at most
 * LOGIN_FRAME_LIMIT bytes. A layout nobody knows yet is WIRE_DONE if it begins
 * with a name. The first `*ret_used` bytes are what is replayed, untouched.
 */
enum wire_result login_start_parse(const unsigned char *bytes, size_t length, int32_t protocol,
				   struct login_start *ret_login, size_t *ret_used) must_check;

/* As a client of `protocol` sends it (for 1.19 to 1.19.2: without a signature). */
void login_start_print(struct buf *to, int32_t protocol, const struct login_start *login);

/* Clientbound 0x00: the reason as a JSON component, in every version. `text` is UTF-8. */
void login_disconnect_print(struct buf *to, const char *text);

/* The reason of such a frame as plain text, cleaned and cut. */
enum wire_result login_disconnect_parse(const unsigned char *bytes, size_t length, char *text,
					size_t size, size_t *ret_used) must_check;

/* Clientbound 0x04 (1.13+) without payload, and what the client answers (0x02). */
#define HOLD_CHANNEL "roost:hold"
#define PLUGIN_REQUEST_SIZE 18		/* length, id, transaction of 5 bytes, "roost:hold" */

/* `transaction` must need five VarInt bytes (at least 2^28). */
void login_plugin_request_print(unsigned char to[static PLUGIN_REQUEST_SIZE], int32_t transaction);

struct plugin_response {
	int32_t transaction;
	bool is_understood;
	const unsigned char *data;
	size_t length;
};

/* At most HOLD_ANSWER_LIMIT bytes; any other frame is WIRE_BAD, as early as it is known. */
enum wire_result login_plugin_response_parse(const unsigned char *bytes, size_t length,
					     struct plugin_response *ret_response,
					     size_t *ret_used) must_check;
void login_plugin_response_print(struct buf *to, int32_t transaction, bool understood);

/* Clientbound 0x02: the login is over. For a server that authenticates nobody. */
void login_success_print(struct buf *to, int32_t protocol, const char *name,
			 const unsigned char uuid[static 16]);

#endif
