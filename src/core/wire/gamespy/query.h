/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_GAMESPY_QUERY_H
#define ROOST_GAMESPY_QUERY_H

/*
 * The UT3 query of GameSpy, as Minecraft: Java Edition answers it when
 * `enable-query` is set: a handshake that brings a challenge (which proves the
 * asker's address and expires after about 30 s), then the basic or the full status.
 * Source: minecraft.wiki "Query" (once wiki.vg). Each function takes one datagram.
 * Texts are borrowed, terminated, of any bytes (vanilla writes ISO 8859-1).
 */

#include "base/base.h"

#define GAMESPY_REQUEST_LIMIT 15
#define GAMESPY_REPLY_LIMIT 65507	/* of one datagram over IPv4 */
#define GAMESPY_SESSION_MASK 0x0f0f0f0fu	/* bits of a session that servers keep */
#define GAMESPY_PAIRS_LIMIT 64		/* keys of a full status; real ones have ten or so */

enum gamespy_asks { GAMESPY_HANDSHAKE, GAMESPY_BASIC, GAMESPY_FULL };

struct gamespy_request {
	enum gamespy_asks asks;
	uint32_t session;
	int32_t challenge;	/* not of a handshake */
};

bool gamespy_request_parse(const unsigned char *bytes, size_t length,
			   struct gamespy_request *ret_request) must_check;
size_t gamespy_request_print(unsigned char to[static GAMESPY_REQUEST_LIMIT],
			     const struct gamespy_request *request);

/* The answer to a handshake of `session`. */
bool gamespy_challenge_parse(const unsigned char *bytes, size_t length, uint32_t session,
			     int32_t *ret_challenge) must_check;

struct gamespy_basic {
	const char *motd, *type, *map, *host;
	unsigned online, max;
	uint16_t port;
};
bool gamespy_basic_parse(const unsigned char *bytes, size_t length, uint32_t session,
			 struct gamespy_basic *ret_basic) must_check;

struct gamespy_full {
	const char *motd, *version, *map;	/* "" when not told */
	unsigned online, max;
	const char *players;	/* texts one behind the other, as many as: */
	size_t player_count;
};
bool gamespy_full_parse(const unsigned char *bytes, size_t length, uint32_t session,
			struct gamespy_full *ret_full) must_check;

#endif
