/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a game over datagrams: see the header. */

#include "game/inquiry.h"

#include <string.h>

#include "wire/a2s/a2s.h"
#include "wire/gamespy/query.h"
#include "wire/minecraft/component.h"
#include "wire/raknet/motd.h"
#include "wire/raknet/unconnected.h"

_Static_assert(INQUIRY_ASK_LIMIT >= RAKNET_PING_SIZE && INQUIRY_ASK_LIMIT >= A2S_REQUEST_LIMIT &&
		       INQUIRY_ASK_LIMIT >= GAMESPY_REQUEST_LIMIT,
	       "every question fits");

void
inquiry_init(struct inquiry *inquiry, enum game game, uint64_t nonce)
{
	*inquiry = (struct inquiry){ .game = game, .nonce = nonce, .answer = { .protocol = -1 } };
	switch (game) {
	case GAME_MINECRAFT_JAVA:
		inquiry->step = INQUIRY_CHALLENGE;
		return;
	case GAME_MINECRAFT_BEDROCK:
		inquiry->step = INQUIRY_PING;
		return;
	case GAME_SOURCE:
		inquiry->step = INQUIRY_INFO;
		return;
	case GAME_TCP:
	case GAME_UDP:
	case GAME_MAX:
		break;
	}
	ASSERT(false);
}

void
inquiry_deinit(struct inquiry *inquiry)
{
	a2s_split_deinit(&inquiry->split);
	buf_deinit(&inquiry->whole);
}

static uint32_t
session_of(const struct inquiry *inquiry)
{
	return (uint32_t)inquiry->nonce & GAMESPY_SESSION_MASK;
}

static size_t
ask_gamespy(const struct inquiry *inquiry, enum gamespy_asks asks, unsigned char *to)
{
	return gamespy_request_print(to,
				     &(struct gamespy_request){ .asks = asks,
								.session = session_of(inquiry),
								.challenge = inquiry->challenge });
}

static size_t
ask_source(const struct inquiry *inquiry, enum a2s_asks asks, unsigned char *to)
{
	return a2s_request_print(to, &(struct a2s_request){ .asks = asks,
							    .has_challenge = inquiry->has_challenge,
							    .challenge = inquiry->challenge });
}

size_t
inquiry_ask(const struct inquiry *inquiry, unsigned char to[static INQUIRY_ASK_LIMIT])
{
	switch (inquiry->step) {
	case INQUIRY_PING:
		return raknet_ping_print(to, &(struct raknet_ping){ .time = inquiry->nonce,
								    .client = inquiry->nonce });
	case INQUIRY_CHALLENGE:
		return ask_gamespy(inquiry, GAMESPY_HANDSHAKE, to);
	case INQUIRY_FULL:
		return ask_gamespy(inquiry, GAMESPY_FULL, to);
	case INQUIRY_INFO:
		return ask_source(inquiry, A2S_INFO, to);
	case INQUIRY_NAMES:
		return ask_source(inquiry, A2S_PLAYER, to);
	}
	return 0;
}

static enum inquiry_is
go_to(struct inquiry *inquiry, enum inquiry_step step, bool *ret_new)
{
	inquiry->step = step;
	inquiry->tries = 0;
	*ret_new = true;
	return INQUIRY_OPEN;
}

/* The list's first line as a text component, as a status answer has it. */
static void
set_motd(struct probe_answer *answer, const char *text)
{
	CLEANUP(buf_deinit) struct buf json = BUF_NULL;

	component_print_string(&json, text);
	if (json.length < sizeof answer->motd)
		(void)text_put(answer->motd, sizeof answer->motd, buf_text(&json));
}

static void
add_name(struct probe_answer *answer, const char *name)
{
	if (*name == '\0' || answer->name_count >= ELEMENTS(answer->names))
		return;
	text_clean(answer->names[answer->name_count++], sizeof answer->names[0], name,
		   strlen(name));
}

static enum inquiry_is
hear_pong(struct inquiry *inquiry, const unsigned char *bytes, size_t length)
{
	struct probe_answer *answer = &inquiry->answer;
	struct raknet_pong pong;
	struct bedrock_motd motd;

	if (!raknet_pong_parse(bytes, length, &pong) || pong.time != inquiry->nonce ||
	    !bedrock_motd_parse(pong.text, pong.length, &motd))
		return INQUIRY_OPEN;
	answer->online = motd.online;
	answer->max = motd.max;
	answer->protocol = motd.protocol;
	(void)text_put(answer->version, sizeof answer->version, motd.version);
	set_motd(answer, motd.line[0]);
	return INQUIRY_ANSWERED;
}

static enum inquiry_is
hear_full(struct inquiry *inquiry, const unsigned char *bytes, size_t length)
{
	struct probe_answer *answer = &inquiry->answer;
	struct gamespy_full full;
	const char *name;

	if (!gamespy_full_parse(bytes, length, session_of(inquiry), &full))
		return INQUIRY_OPEN;
	answer->online = full.online;
	answer->max = full.max;
	text_clean(answer->version, sizeof answer->version, full.version, strlen(full.version));
	name = full.players;
	for (size_t i = 0; i < full.player_count; i++, name += strlen(name) + 1)
		if (strlen(name) <= MINECRAFT_NAME_LIMIT)
			add_name(answer, name);
	return INQUIRY_ANSWERED;
}

/* The bots are among the players; a game that counts them apart tells more bots than these. */
static enum inquiry_is
hear_info(struct inquiry *inquiry, const unsigned char *bytes, size_t length, bool *ret_new)
{
	struct probe_answer *answer = &inquiry->answer;
	struct a2s_info info;
	char name[MOTD_LIMIT / 2];

	if (!a2s_info_parse(bytes, length, &info))
		return INQUIRY_OPEN;
	answer->online = info.players;
	if (info.bots <= info.players)
		answer->online -= info.bots;
	answer->max = info.max;
	text_clean(answer->version, sizeof answer->version, info.version, strlen(info.version));
	text_clean(name, sizeof name, info.name, strlen(info.name));
	set_motd(answer, name);
	/* Bots have names too, and nothing marks them: better no list than a wrong one. */
	if (answer->online == 0 || info.bots > 0)
		return INQUIRY_ANSWERED;
	inquiry->has_challenge = false;
	return go_to(inquiry, INQUIRY_NAMES, ret_new);
}

static enum inquiry_is
hear_players(struct inquiry *inquiry, const unsigned char *bytes, size_t length)
{
	struct a2s_players players;
	struct a2s_player player;

	if (!a2s_players_parse(bytes, length, &players))
		return INQUIRY_OPEN;
	while (a2s_players_next(&players, &player))
		add_name(&inquiry->answer, player.name);
	return INQUIRY_ANSWERED;
}

static enum inquiry_is
hear_source(struct inquiry *inquiry, const unsigned char *bytes, size_t length, bool *ret_new)
{
	int32_t challenge;

	if (a2s_is_part(bytes, length)) {
		if (a2s_split_add(&inquiry->split, bytes, length, &inquiry->whole) != WIRE_DONE)
			return INQUIRY_OPEN;
		bytes = inquiry->whole.data;
		length = inquiry->whole.length;
	}
	if (a2s_challenge_parse(bytes, length, &challenge)) {
		/* The same again is an echo of what was asked twice: to be answered once. */
		if (inquiry->has_challenge && inquiry->challenge == challenge)
			return INQUIRY_OPEN;
		inquiry->has_challenge = true;
		inquiry->challenge = challenge;
		return go_to(inquiry, inquiry->step, ret_new);
	}
	if (inquiry->step == INQUIRY_INFO)
		return hear_info(inquiry, bytes, length, ret_new);
	return hear_players(inquiry, bytes, length);
}

enum inquiry_is
inquiry_hear(struct inquiry *inquiry, const unsigned char *bytes, size_t length, bool *ret_new)
{
	*ret_new = false;
	switch (inquiry->step) {
	case INQUIRY_PING:
		return hear_pong(inquiry, bytes, length);
	case INQUIRY_CHALLENGE:
		if (!gamespy_challenge_parse(bytes, length, session_of(inquiry),
					     &inquiry->challenge))
			return INQUIRY_OPEN;
		return go_to(inquiry, INQUIRY_FULL, ret_new);
	case INQUIRY_FULL:
		return hear_full(inquiry, bytes, length);
	case INQUIRY_INFO:
	case INQUIRY_NAMES:
		return hear_source(inquiry, bytes, length, ret_new);
	}
	return INQUIRY_OPEN;
}

enum inquiry_is
inquiry_retry(struct inquiry *inquiry)
{
	inquiry->tries++;
	if (inquiry->step == INQUIRY_NAMES && inquiry->tries >= INQUIRY_NAMES_TRIES)
		return INQUIRY_ANSWERED;
	return INQUIRY_OPEN;
}
