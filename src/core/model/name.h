/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_NAME_H
#define ROOST_NAME_H

/* Names that people give to users and channels, and who may use a channel. Servers' are in spec.h. */

#include "base/limits.h"
#include "model/words.h"

/* 1 to USER_NAME_LIMIT of A-Z a-z 0-9 . _ @ -, beginning with a letter or digit. */
bool user_name_is_valid(const char *name);

/*
 * Of a player of Minecraft, as it shows them: 1 to MINECRAFT_NAME_LIMIT of A-Z a-z 0-9 _, with Floodgate's
 * mark of Bedrock's players before them ('.' or '*'). How many bytes of a name stand at the
 * beginning of `text` (0: none), and whether the whole is one.
 */
size_t player_name_length(const char *text);
bool player_name_is_valid(const char *name);

/*
 * A channel of the operator's own: 1 to CHANNEL_NAME_LIMIT of A-Z a-z 0-9 . _ ~ - and '/',
 * no part between slashes empty, the first none of roost's own words (feed/channel.h).
 */
bool channel_name_is_valid(const char *name);

/* A line of `channels:`. `name` is such a name, or one that ends in a `*` for any rest. First match counts. */
struct channel_rule {
	char name[CHANNEL_NAME_LIMIT + 1];
	enum role read, post;		/* the least role */
};

bool channel_rule_name_is_valid(const char *name);
/* The rule for a channel of this name, or NULL. */
const struct channel_rule *channel_rule_find(const struct channel_rule *rules, size_t count,
					     const char *name);

#endif
