/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as names of channels, a line each: what is accepted is printed as it was written,
 * nobody reads another's, and the record is never asked for less than what passes.
 */

#include <string.h>

#include "feed/channel.h"
#include "fuzz.h"

static const struct channel_rule rules[] = {
	{ .name = "staff*", .read = ROLE_STAFF, .post = ROLE_ADMIN },
	{ .name = "a*", .read = ROLE_PLAYER, .post = ROLE_PLAYER },
};

static void
check_rights(const struct channel *channel)
{
	bool could = false;

	for (unsigned role = 0; role < ROLE_MAX; role++) {
		struct reader_rights who = { .role = (enum role)role,
					     .user = "",
					     .connection = "",
					     .rules = rules,
					     .rule_count = ELEMENTS(rules) };
		bool can = channel_may_read(channel, &who);

		ASSERT(can || !could); /* a higher role may no less */
		ASSERT(role > ROLE_NOBODY || (!can && !channel_may_post(channel, &who)));
		could = can;
	}
}

static void
check_narrow(const struct channel_set *set)
{
	static const char *const types[] = { "server.ready", "server.failed",  "player.joined",
					     "user.changed", "channel.posted", "roost.started" };
	struct feed_filter filter = { .role = ROLE_ADMIN, .channels = set };
	static struct store_query query;

	feed_filter_narrow(&filter, &query);
	for (size_t i = 0; i < ELEMENTS(types) * set->count; i++) {
		struct store_event e = { .offset = 1, .audience = ROLE_PLAYER };

		(void)text_put(e.type, sizeof e.type, types[i % ELEMENTS(types)]);
		(void)text_put(e.subject, sizeof e.subject,
			       set->channels[i / ELEMENTS(types)].name);
		if (feed_filter_passes(&filter, e.audience, e.type, e.subject))
			ASSERT(store_query_takes(&query, &e));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *text = text_copy_n((const char *)data, size);
	CLEANUP(channel_set_deinit) struct channel_set set = { .count = 0 };

	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char printed[CHANNEL_TEXT_SIZE];
		struct channel channel;

		if (!channel_parse(line, &channel))
			continue;
		channel_text(&channel, printed);
		ASSERT(strcmp(printed, line) == 0);
		check_rights(&channel);
		(void)channel_set_add(&set, &channel);
		ASSERT(set.count == CHANNELS_PER_READER || channel_set_contains(&set, &channel));
	}
	check_narrow(&set);
	return 0;
}
