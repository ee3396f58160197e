/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_A2S_H
#define ROOST_A2S_H

/*
 * Source's server queries: A2S_INFO, A2S_PLAYER and A2S_RULES, each of which a server may
 * first answer with a challenge that is to be sent back (it proves the asker's
 * address). Source: developer.valvesoftware.com "Server queries". Numbers are
 * little-endian. Each function takes one whole answer: a datagram, or what
 * a2s/split.h put together. Texts are borrowed, terminated, of any bytes.
 */

#include "base/buf.h"

#define A2S_REQUEST_LIMIT 29
#define A2S_NO_CHALLENGE (-1)	/* in the first A2S_PLAYER or A2S_RULES: asks for one */

enum a2s_asks { A2S_INFO, A2S_PLAYER, A2S_RULES };

struct a2s_request {
	enum a2s_asks asks;
	bool has_challenge;	/* A2S_PLAYER and A2S_RULES always have one */
	int32_t challenge;
};

bool a2s_request_parse(const unsigned char *bytes, size_t length, struct a2s_request *ret_request)
	must_check;
size_t a2s_request_print(unsigned char to[static A2S_REQUEST_LIMIT],
			 const struct a2s_request *request);

#define A2S_CHALLENGE_SIZE 9
bool a2s_challenge_parse(const unsigned char *bytes, size_t length, int32_t *ret_challenge)
	must_check;
void a2s_challenge_print(unsigned char to[static A2S_CHALLENGE_SIZE], int32_t challenge);

struct a2s_info {
	uint8_t protocol;
	const char *name, *map, *folder, *game, *version;
	uint16_t id;
	uint8_t players, max;	/* players: the bots among them */
	uint8_t bots;
	char type, environment;	/* 'd' dedicated, 'l' Linux */
	bool has_password, is_secured;
};
/* What stands behind the version (the "extra data") is not looked at. */
bool a2s_info_parse(const unsigned char *bytes, size_t length, struct a2s_info *ret_info)
	must_check;
void a2s_info_print(struct buf *to, const struct a2s_info *info);

/* Of an A2S_PLAYER answer: its players one by one. */
struct a2s_player {
	const char *name;	/* "" while the player connects */
	int32_t score;
	float seconds;
};
struct a2s_players {
	const unsigned char *at;
	size_t left;
	unsigned count;		/* as told; fewer may be there, and 255 is the most */
};
bool a2s_players_parse(const unsigned char *bytes, size_t length, struct a2s_players *ret_players)
	must_check;
/* The answer to A2S_PLAYER or A2S_RULES that there are none. */
#define A2S_NONE_LIMIT 7
size_t a2s_none_print(unsigned char to[static A2S_NONE_LIMIT], enum a2s_asks asks);

/* False when there is none left. */
bool a2s_players_next(struct a2s_players *players, struct a2s_player *ret_player) must_check;

#endif
