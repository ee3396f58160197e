/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TALK_H
#define ROOST_TALK_H

/*
 * What a client says over its WebSocket (docs/realtime.md): one message of JSON,
 * parsed once into a value. What is wrong with it is an answer, never the end of
 * the connection.
 */

#include "base/json.h"
#include "feed/channel.h"
#include "feed/cursor.h"

#define TALK_ID_LIMIT 64	/* bytes of a caller's id that is text */
#define TALK_LINE_LIMIT 1000	/* a console line, as POST .../command takes it */
#define TALK_DETAIL_SIZE 200

enum talk_action {
#define TALK(name, word, must, may) TALK_##name,
#include "feed/talk.def"
	TALK_MAX
};

struct talk {
	enum talk_action action;	/* TALK_MAX: none that is known */
	char *id;			/* as JSON: "\"a\"", "12"; NULL: none was given */
	struct channel *channels;	/* subscribe, unsubscribe: each once; presence, post: one */
	size_t channel_count;
	bool has_after;
	struct cursor after;
	bool presence, now;
	char server[SERVER_NAME_LIMIT + 1];
	char *line;
	char *message;			/* post: JSON */
};

/*
 * Returns 0, or the status of what is wrong (400: not understood, 422: a member is
 * not right) with a sentence for people; *ret_talk then has what was understood of
 * `action` and `id`. Either way the caller ends it with talk_deinit().
 */
int talk_parse(const void *bytes, size_t length, struct talk *ret_talk,
	       char ret_detail[static TALK_DETAIL_SIZE]) must_check;
void talk_deinit(struct talk *talk);

const char *talk_word(enum talk_action action);

#endif
