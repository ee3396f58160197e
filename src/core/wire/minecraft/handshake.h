/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MINECRAFT_HANDSHAKE_H
#define ROOST_MINECRAFT_HANDSHAKE_H

/*
 * The first frame of every connection since 1.7 (serverbound 0x00): which
 * protocol, which host was typed (and what mods and proxies hang behind it),
 * which port, and what for.
 */

#include "base/buf.h"
#include "wire/wire.h"

enum intent {
	INTENT_STATUS = 1,
	INTENT_LOGIN = 2,
	INTENT_TRANSFER = 3	/* 1.20.5: sent here by another server; a login like any other */
};

struct handshake {
	int32_t protocol;	/* -1 by tools that only look */
	const char *host;	/* as sent: borrowed, not terminated, any bytes. gate/route.h cleans it */
	size_t host_length;
	uint16_t port;
	enum intent intent;
};

/*
 * `limit` is HANDSHAKE_FRAME_LIMIT, or HANDSHAKE_FRAME_FORWARDED_LIMIT when
 * BungeeCord's forwarding is accepted. The first `*ret_used` bytes are what is
 * replayed to the game, untouched.
 */
enum wire_result handshake_parse(const unsigned char *bytes, size_t length, size_t limit,
				 struct handshake *ret_handshake, size_t *ret_used) must_check;

void handshake_print(struct buf *to, const struct handshake *handshake);

#endif
