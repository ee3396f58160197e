/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of channel, roles, and whether it is one's own: the whole space is walked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "feed/channel.h"

#define OWN_CONNECTION "VFoyGcaIjoECIjw="

static const struct channel_rule rules[] = {
	{ .name = "chat/staff", .read = ROLE_STAFF, .post = ROLE_ADMIN },
	{ .name = "chat/*", .read = ROLE_PLAYER, .post = ROLE_STAFF },
	{ .name = "news", .read = ROLE_PLAYER, .post = ROLE_ADMIN },
};

static struct reader_rights
rights_of(enum role role)
{
	return (struct reader_rights){ .role = role,
				       .user = role == ROLE_NOBODY ? "" : "anna",
				       .connection = OWN_CONNECTION,
				       .rules = rules,
				       .rule_count = ELEMENTS(rules) };
}

static struct channel
channel_of(const char *text)
{
	struct channel channel;
	char again[CHANNEL_TEXT_SIZE];

	assert_true(channel_parse(text, &channel));
	channel_text(&channel, again);
	assert_string_equal(again, text);
	return channel;
}

/* Every kind, its names, and the least role that reads and posts (ROLE_MAX: nobody). */
static const struct row {
	const char *text;
	enum channel_kind kind;
	enum role read, post;
} rows[] = {
	{ "feed", CHANNEL_FEED, ROLE_PLAYER, ROLE_MAX },
	{ "servers", CHANNEL_SERVERS, ROLE_PLAYER, ROLE_MAX },
	{ "server/survival", CHANNEL_SERVER, ROLE_PLAYER, ROLE_MAX },
	{ "user/anna", CHANNEL_USER, ROLE_PLAYER, ROLE_STAFF },
	{ "user/ben", CHANNEL_USER, ROLE_ADMIN, ROLE_STAFF },
	{ "alerts", CHANNEL_ALERTS, ROLE_STAFF, ROLE_MAX },
	{ "console/survival", CHANNEL_CONSOLE, ROLE_STAFF, ROLE_MAX },
	{ "connection/" OWN_CONNECTION, CHANNEL_CONNECTION, ROLE_NOBODY, ROLE_MAX },
	{ "connection/AAAAAAAAAAAAAAA=", CHANNEL_CONNECTION, ROLE_MAX, ROLE_MAX },
	{ "chat/staff", CHANNEL_CUSTOM, ROLE_STAFF, ROLE_ADMIN },
	{ "chat/a/b", CHANNEL_CUSTOM, ROLE_PLAYER, ROLE_STAFF },
	{ "chat", CHANNEL_CUSTOM, ROLE_MAX, ROLE_MAX },
	{ "news", CHANNEL_CUSTOM, ROLE_PLAYER, ROLE_ADMIN },
	{ "newspaper", CHANNEL_CUSTOM, ROLE_MAX, ROLE_MAX },
};

static void
every_role_may_on_every_kind_what_its_row_says(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct channel channel = channel_of(rows[i].text);

		assert_int_equal(channel.kind, rows[i].kind);
		for (unsigned role = 0; role < ROLE_MAX; role++) {
			struct reader_rights who = rights_of((enum role)role);

			assert_int_equal(channel_may_read(&channel, &who), role >= rows[i].read);
			assert_int_equal(channel_may_post(&channel, &who), role >= rows[i].post);
		}
	}
}

static void
somebody_without_a_name_has_no_channel_of_a_user(void **unused)
{
	struct channel channel = channel_of("user/anna");
	struct reader_rights who = { .role = ROLE_STAFF, .user = "" };

	(void)unused;
	assert_false(channel_may_read(&channel, &who));
	who.user = NULL;
	assert_false(channel_may_read(&channel, &who));
	channel = channel_of("connection/" OWN_CONNECTION);
	assert_false(channel_may_read(&channel, &who));
}

/* --- names ---------------------------------------------------------------------------------- */

static void
what_is_no_name_of_a_channel_is_refused(void **unused)
{
	static const char *const wrong[] = {
		"feed/",
		"feed/a",
		"",
		"/",
		"server",
		"server/",
		"server/Survival",
		"server/a/b",
		"servers/a",
		"servers/",
		"serverssz/",
		"user",
		"user/",
		"user/-",
		"user/a b",
		"user/a/b",
		"alerts/x",
		"console",
		"console/",
		"console/A",
		"connection",
		"connection/",
		"a//b",
		"/a",
		"a/",
		"a b",
		"a*",
		"chat/\xc3\xa4",
		"connection/VFoyGcaIjoECIjw",
		"connection/VFoyGcaIjoECIjw==",
		"connection/VFoyGcaIjoECI/w=",
		"01234567890123456789012345678901234567890123456789012345678901234",
		"server/01234567890123456789012345678901234567890",
	};
	struct channel channel = { .kind = CHANNEL_ALERTS, .name = "left alone" };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		if (channel_parse(wrong[i], &channel))
			fail_msg("%s was taken", wrong[i]);
		assert_string_equal(channel.name, "left alone");
	}
}

static void
every_character_is_judged_in_every_place_of_a_custom_name(void **unused)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				   "._~-";

	(void)unused;
	for (unsigned c = 1; c < 256; c++) {
		for (size_t at = 0; at < 3; at++) {
			char name[] = "xyz";
			bool is_good = strchr(good, (int)c) != NULL || (c == '/' && at == 1);

			name[at] = (char)c;
			assert_int_equal(channel_name_is_valid(name), is_good);
			assert_int_equal(channel_rule_name_is_valid(name),
					 is_good || (c == '*' && at == 2));
		}
	}
}

static void
a_rule_may_end_in_a_star_where_some_name_begins_so(void **unused)
{
	(void)unused;
	assert_true(channel_rule_name_is_valid("*"));
	assert_true(channel_rule_name_is_valid("chat/*"));
	assert_true(channel_rule_name_is_valid("chat*"));
	assert_false(channel_rule_name_is_valid("server/*"));
	assert_false(channel_rule_name_is_valid("chat/**"));
	assert_false(channel_rule_name_is_valid("/*"));
	assert_false(channel_rule_name_is_valid("chat//*"));
	assert_false(channel_rule_name_is_valid(""));
}

/* --- events --------------------------------------------------------------------------------- */

/* What kinds of subject there are, and a type of each. */
static const struct fact {
	const char *type, *subject;
	bool server, user, custom, alert;
} facts[] = {
	{ "server.ready", "survival", true, false, false, false },
	{ "server.failed", "survival", true, false, false, true },
	{ "player.joined", "survival", true, false, false, false },
	{ "backup.failed", "survival", true, false, false, true },
	{ "user.changed", "survival", false, true, false, false },
	{ "token.created", "survival", false, true, false, false },
	{ "channel.posted", "survival", false, false, true, false },
	{ "roost.started", "survival", false, false, false, false },
	{ "disk.low", "survival", false, false, false, true },
	{ "unheard.of", "survival", false, false, false, false },
};

static void
every_event_is_on_the_channels_of_what_it_is_about(void **unused)
{
	static const char *const names[] = { "survival", "other" };
	struct channel feed = channel_of("feed"), all = channel_of("servers"),
		       alerts = channel_of("alerts");
	char text[64];

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(facts); i++) {
		const struct fact *f = &facts[i];

		assert_true(channel_has(&feed, f->type, f->subject));
		assert_int_equal(channel_has(&all, f->type, f->subject), f->server);
		assert_int_equal(channel_has(&alerts, f->type, f->subject), f->alert);
		for (unsigned own = 0; own < 2; own++) {
			struct channel c;

			(void)snprintf(text, sizeof text, "server/%s", names[own]);
			c = channel_of(text);
			assert_int_equal(channel_has(&c, f->type, f->subject), f->server && !own);
			(void)snprintf(text, sizeof text, "user/%s", names[own]);
			c = channel_of(text);
			assert_int_equal(channel_has(&c, f->type, f->subject), f->user && !own);
			c = channel_of(names[own]);
			assert_int_equal(channel_has(&c, f->type, f->subject), f->custom && !own);
			(void)snprintf(text, sizeof text, "console/%s", names[own]);
			c = channel_of(text);
			assert_false(channel_has(&c, f->type, f->subject));
		}
	}
}

/* Audience x role x own or other x about whom: what is about a user passes to that user only. */
static void
users_read_what_is_about_themselves_whatever_it_asks_for(void **unused)
{
	static const char *const readers[] = { NULL, "", "survival", "ben" };

	(void)unused;
	for (size_t f = 0; f < ELEMENTS(facts); f++) {
		for (unsigned audience = 0; audience < ROLE_MAX; audience++) {
			for (unsigned i = 0; i < ELEMENTS(readers) * ROLE_MAX; i++) {
				struct feed_filter filter = {
					.role = (enum role)(i % ROLE_MAX),
					.user = readers[i / ROLE_MAX],
				};
				bool own = text_equal(filter.user, facts[f].subject);
				bool passes =
					audience <= (unsigned)filter.role || (own && facts[f].user);

				assert_int_equal(feed_filter_passes(&filter, audience,
								    facts[f].type,
								    facts[f].subject),
						 passes);
			}
		}
	}
}

static void
a_filter_with_channels_asks_them_besides(void **unused)
{
	struct channel one = channel_of("user/survival"), two = channel_of("alerts");
	struct channel_set set = { .count = 0 };
	struct feed_filter filter = { .role = ROLE_PLAYER, .user = "survival", .channels = &set };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(facts); i++)
		assert_false(feed_filter_passes(&filter, ROLE_PLAYER, facts[i].type, "survival"));
	filter.channels = NULL;
	for (size_t i = 0; i < ELEMENTS(facts); i++)
		assert_true(feed_filter_passes(&filter, ROLE_PLAYER, facts[i].type, "survival"));
	filter.channels = &set;
	assert_true(channel_set_add(&set, &one));
	assert_true(channel_set_add(&set, &two));
	for (size_t i = 0; i < ELEMENTS(facts); i++) {
		assert_int_equal(
			feed_filter_passes(&filter, ROLE_PLAYER, facts[i].type, "survival"),
			facts[i].user || facts[i].alert);
		assert_int_equal(feed_filter_passes(&filter, ROLE_ADMIN, facts[i].type, "survival"),
				 facts[i].user);
	}
	channel_set_deinit(&set);
}

/* --- sets ----------------------------------------------------------------------------------- */

static void
a_set_takes_each_channel_once_and_no_more_than_a_reader_may_have(void **unused)
{
	struct channel_set set = { .count = 0 }, copy;
	struct channel channel = channel_of("servers");
	char text[32];

	(void)unused;
	assert_false(channel_set_remove(&set, &channel));
	for (unsigned i = 0; i <= CHANNELS_PER_READER; i++) {
		(void)snprintf(text, sizeof text, "chat/%u", i);
		channel = channel_of(text);
		assert_int_equal(channel_set_add(&set, &channel), i < CHANNELS_PER_READER);
		assert_false(channel_set_add(&set, &channel));
	}
	channel = channel_of("chat/7");
	assert_true(channel_set_remove(&set, &channel));
	assert_false(channel_set_contains(&set, &channel));
	assert_string_equal(set.channels[7].name, "chat/8");
	channel_set_copy(&copy, &set);
	channel_set_deinit(&set);
	assert_int_equal(set.count, 0);
	assert_int_equal(copy.count, CHANNELS_PER_READER - 1);
	assert_string_equal(copy.channels[62].name, "chat/63");
	channel_set_deinit(&copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_may_on_every_kind_what_its_row_says),
		cmocka_unit_test(somebody_without_a_name_has_no_channel_of_a_user),
		cmocka_unit_test(what_is_no_name_of_a_channel_is_refused),
		cmocka_unit_test(every_character_is_judged_in_every_place_of_a_custom_name),
		cmocka_unit_test(a_rule_may_end_in_a_star_where_some_name_begins_so),
		cmocka_unit_test(every_event_is_on_the_channels_of_what_it_is_about),
		cmocka_unit_test(users_read_what_is_about_themselves_whatever_it_asks_for),
		cmocka_unit_test(a_filter_with_channels_asks_them_besides),
		cmocka_unit_test(a_set_takes_each_channel_once_and_no_more_than_a_reader_may_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
