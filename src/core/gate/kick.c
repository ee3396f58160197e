/* SPDX-License-Identifier: Apache-2.0 */
/* The words for who is turned away, from kick.def. */

#include <string.h>

#include "base/buf.h"
#include "gate/status.h"

static const struct {
	const char *reason;
	const char *text;
} kicks[] = {
#define KICK(kind, reason, text) [KICK_##kind] = { reason, text },
#include "gate/kick.def"
};

_Static_assert(ELEMENTS(kicks) == KICK_MAX, "words for each");

const char *
kick_reason(enum kick kick)
{
	ASSERT(kick < KICK_MAX);
	return kicks[kick].reason;
}

struct words {
	const char *name, *reason;
	char been[DURATION_TEXT_SIZE], usual[DURATION_TEXT_SIZE];
	bool is_usual_known;
};

static const char *
reason_for(enum kick kick, const struct kick_about *about)
{
	const struct gate_roster_network *network;
	const struct gate_roster_player *player;

	if (kick == KICK_BANNED_ADDRESS) {
		network = gate_roster_network_of(about->server->roster, about->ip);
		return network != NULL && network->reason != NULL ? network->reason : "";
	}
	if (kick != KICK_BANNED)
		return about->server->reason;
	player = about->player == NULL ? NULL
				       : gate_roster_find(about->server->roster, about->player);
	return player != NULL && player->reason != NULL ? player->reason : "";
}

static struct words
words_for(enum kick kick, const struct kick_about *about)
{
	const struct gate_server *server = about->server;
	struct words words = { .name = "The server", .reason = "" };
	struct duration been = { 0 };

	if (server != NULL) {
		words.name = server->name;
		words.reason = reason_for(kick, about);
		words.is_usual_known = server->usual.ms > 0;
		duration_text(server->usual, words.usual);
		if (instant_is_set(server->waking_since))
			been = instant_since(about->now, server->waking_since);
	}
	duration_text(been.ms > 0 ? been : DURATION_MS(0), words.been);
	return words;
}

static const char *
word_at(const char *at, const struct words *words, size_t *ret_length)
{
	const struct {
		const char *mark, *word;
	} known[] = { { "{name}", words->name },
		      { "{been}", words->been },
		      { "{usual}", words->usual },
		      { "{reason}", words->reason } };

	for (size_t i = 0; i < ELEMENTS(known); i++) {
		if (text_starts_with(at, known[i].mark)) {
			*ret_length = strlen(known[i].mark);
			return known[i].word;
		}
	}
	return NULL;
}

static void
put_words(struct buf *to, const char *text, const struct words *words)
{
	for (const char *at = text; *at != '\0';) {
		size_t length = 1;
		const char *word = *at == '{' ? word_at(at, words, &length) : NULL;

		if (word != NULL)
			buf_put_text(to, word);
		else if (*at == '[' && !words->is_usual_known)
			length = strcspn(at, "]");
		else if (*at != '[' && *at != ']')
			buf_put_byte(to, (unsigned char)*at);
		at += length;
	}
}

void
kick_text(enum kick kick, const struct kick_about *about, char ret_text[static KICK_TEXT_SIZE])
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	struct words words = words_for(kick, about);

	ASSERT(kick < KICK_MAX);
	if (kick == KICK_UNKNOWN_HOST && about->table != NULL && about->table->unknown_host != NULL)
		buf_put_text(&text, about->table->unknown_host);
	else
		put_words(&text, kicks[kick].text, &words);
	(void)text_put(ret_text, KICK_TEXT_SIZE, buf_text(&text));
}
