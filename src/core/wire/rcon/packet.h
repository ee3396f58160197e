/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RCON_PACKET_H
#define ROOST_RCON_PACKET_H

/*
 * Packets of Source's RCON, which Minecraft: Java Edition speaks too. Sources:
 * developer.valvesoftware.com "Source RCON Protocol", minecraft.wiki "RCON".
 * i32 size (of what follows), i32 id, i32 type, text, two zero bytes; little-endian.
 */

#include "base/buf.h"
#include "wire/wire.h"

#define RCON_HEAD 4
#define RCON_SIZE_MIN 10		/* id, type, two zero bytes */
#define RCON_PACKET_LIMIT 16384		/* Minecraft: 4096 characters of up to 3 bytes; Source: 4096 bytes */
#define RCON_COMMAND_LIMIT 1446		/* Minecraft reads at most 1460 bytes at once, and only whole packets */

enum rcon_type {
	RCON_ANSWER = 0,
	RCON_COMMAND = 2,	/* from a client */
	RCON_SIGNED_IN = 2,	/* from a server: the id of the sign-in, or -1 */
	RCON_SIGN_IN = 3
};

struct rcon_packet {
	int32_t id, type;
	const char *text;	/* borrowed, not terminated, of any bytes */
	size_t length;
};

enum wire_result rcon_packet_parse(const unsigned char *bytes, size_t length,
				   struct rcon_packet *ret_packet, size_t *ret_used) must_check;
/* The text is at most RCON_PACKET_LIMIT - RCON_HEAD - RCON_SIZE_MIN bytes. */
void rcon_packet_print(struct buf *to, const struct rcon_packet *packet);

#endif
