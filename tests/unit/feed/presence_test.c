/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "feed/presence.h"

static const struct channel here = { .kind = CHANNEL_SERVER, .name = "survival" };
static const struct channel there = { .kind = CHANNEL_CONSOLE, .name = "survival" };

static void
put_member(void *argument, const struct presence_member *m)
{
	buf_format(argument, "%s%s:%u@%lld ", m->is_user ? "" : "#", m->member, m->connections,
		   (long long)m->since.ms);
}

static void
expect(const struct presence *presence, const struct channel *channel, const char *text)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	size_t count = presence_list(presence, channel, put_member, &b);
	size_t spaces = 0;

	assert_string_equal(buf_text(&b), text);
	for (const char *c = text; *c != '\0'; c++)
		spaces += *c == ' ';
	assert_int_equal(count, spaces);
}

static void
a_user_comes_with_the_first_connection_and_goes_with_the_last(void **unused)
{
	struct presence *p = presence_new();

	(void)unused;
	assert_true(presence_add(p, &here, "anna", "A", (struct instant){ 1 }));
	assert_false(presence_add(p, &here, "anna", "B", (struct instant){ 2 }));
	expect(p, &here, "anna:2@1 ");
	assert_false(presence_remove(p, &here, "anna", "A"));
	expect(p, &here, "anna:1@1 ");
	assert_true(presence_remove(p, &here, "anna", "B"));
	expect(p, &here, "");
	assert_false(presence_remove(p, &here, "anna", "B"));
	presence_free(p);
}

static void
those_without_a_name_count_one_by_one(void **unused)
{
	struct presence *p = presence_new();

	(void)unused;
	assert_true(presence_add(p, &here, "", "A", (struct instant){ 1 }));
	assert_true(presence_add(p, &here, "", "B", (struct instant){ 2 }));
	assert_true(presence_add(p, &here, "A", "C", (struct instant){ 3 }));
	expect(p, &here, "#A:1@1 #B:1@2 A:1@3 ");
	assert_true(presence_remove(p, &here, "", "A"));
	expect(p, &here, "#B:1@2 A:1@3 ");
	presence_free(p);
}

static void
channels_do_not_know_of_each_other(void **unused)
{
	struct presence *p = presence_new();

	(void)unused;
	assert_true(presence_add(p, &here, "anna", "A", (struct instant){ 1 }));
	assert_true(presence_add(p, &there, "anna", "A", (struct instant){ 2 }));
	assert_true(presence_remove(p, &here, "anna", "A"));
	expect(p, &here, "");
	expect(p, &there, "anna:1@2 ");
	presence_free(p);
}

/* 300 members on 7 channels come and go in an order of their own, beside a list that is looked through. */
static void
whoever_is_there_is_listed_and_nobody_else(void **unused)
{
	struct presence *p = presence_new();
	unsigned there_now[7][300] = { 0 }, seed = 1;
	size_t listed, members;

	(void)unused;
	for (unsigned step = 0; step < 20000; step++) {
		unsigned who, where;
		struct channel channel = { .kind = CHANNEL_CUSTOM };
		char user[16];

		seed = seed * 1664525u + 1013904223u;
		who = (seed >> 16) % 300;
		where = (seed >> 8) % 7;
		(void)snprintf(channel.name, sizeof channel.name, "c%u", where);
		(void)snprintf(user, sizeof user, "u%u", who);
		if (seed >> 31)
			assert_int_equal(presence_add(p, &channel, user, "", (struct instant){ 1 }),
					 there_now[where][who]++ == 0);
		else if (there_now[where][who] == 0)
			assert_false(presence_remove(p, &channel, user, ""));
		else
			assert_int_equal(presence_remove(p, &channel, user, ""),
					 --there_now[where][who] == 0);
	}
	for (unsigned where = 0; where < 7; where++) {
		struct channel channel = { .kind = CHANNEL_CUSTOM };

		(void)snprintf(channel.name, sizeof channel.name, "c%u", where);
		listed = presence_list(p, &channel, NULL, NULL);
		members = 0;
		for (unsigned who = 0; who < 300; who++)
			members += there_now[where][who] > 0;
		assert_int_equal(listed, members);
	}
	presence_free(p);
}

static void
when_it_is_full_nobody_more_is_counted(void **unused)
{
	struct presence *p = presence_new();
	char user[16];

	(void)unused;
	for (unsigned i = 0; i < PRESENCE_MEMBERS_LIMIT; i++) {
		(void)snprintf(user, sizeof user, "u%u", i);
		assert_true(presence_add(p, &here, user, "", (struct instant){ 1 }));
	}
	assert_false(presence_add(p, &here, "late", "", (struct instant){ 1 }));
	assert_false(presence_add(p, &there, "late", "", (struct instant){ 1 }));
	assert_false(presence_remove(p, &there, "late", ""));
	assert_int_equal(presence_list(p, &there, NULL, NULL), 0);
	assert_true(presence_remove(p, &here, "u0", ""));
	assert_true(presence_add(p, &there, "late", "", (struct instant){ 1 }));
	presence_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_comes_with_the_first_connection_and_goes_with_the_last),
		cmocka_unit_test(those_without_a_name_count_one_by_one),
		cmocka_unit_test(channels_do_not_know_of_each_other),
		cmocka_unit_test(whoever_is_there_is_listed_and_nobody_else),
		cmocka_unit_test(when_it_is_full_nobody_more_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
