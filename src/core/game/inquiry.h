/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_INQUIRY_H
#define ROOST_INQUIRY_H

/*
 * Asking a game over datagrams how many are on, and who: a conversation as a
 * value. Whoever has the socket sends inquiry_ask() and, until something comes,
 * sends it again each INQUIRY_EVERY_MS with inquiry_retry() before; datagrams may
 * be lost, doubled or forged, so what does not fit is passed over.
 *
 * minecraft-bedrock: an unconnected ping. source: A2S_INFO, then A2S_PLAYER for the
 * names, with their challenges. minecraft-java: the full status of GameSpy's query.
 */

#include "model/spec.h"
#include "port/ticket.h"
#include "wire/a2s/split.h"

#define INQUIRY_ASK_LIMIT 48
#define INQUIRY_EVERY_MS 500
#define INQUIRY_NAMES_TRIES 2	/* of A2S_PLAYER: many games do not answer it */

enum inquiry_is {
	INQUIRY_OPEN,		/* send inquiry_ask() when this is new, and wait */
	INQUIRY_ANSWERED	/* inquiry.answer is the game's */
};

struct inquiry {
	enum game game;
	enum inquiry_step {
		INQUIRY_PING,		/* bedrock */
		INQUIRY_CHALLENGE,	/* GameSpy */
		INQUIRY_FULL,
		INQUIRY_INFO,		/* source */
		INQUIRY_NAMES
	} step;
	unsigned tries;			/* of this step */
	uint64_t nonce;			/* of ours, by which answers are known */
	bool has_challenge;
	int32_t challenge;
	struct a2s_split split;
	struct buf whole;
	struct probe_answer answer;	/* status_json is always NULL */
};

/* `game` is neither GAME_TCP nor GAME_UDP. The nonce is anything that others do not know. */
void inquiry_init(struct inquiry *inquiry, enum game game, uint64_t nonce);
void inquiry_deinit(struct inquiry *inquiry);

/* What is to be sent now. Returns its length. */
size_t inquiry_ask(const struct inquiry *inquiry, unsigned char to[static INQUIRY_ASK_LIMIT]);

/* A datagram from the game. `*ret_new` says whether there is something new to be asked. */
enum inquiry_is inquiry_hear(struct inquiry *inquiry, const unsigned char *bytes, size_t length,
			     bool *ret_new) must_check;

/* Nothing came for INQUIRY_EVERY_MS: ask again, unless it is answered well enough. */
enum inquiry_is inquiry_retry(struct inquiry *inquiry) must_check;

#endif
