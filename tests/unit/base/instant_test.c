/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"

static void
an_instant_is_printed_and_read_back(void **unused)
{
	char text[INSTANT_TEXT_SIZE];
	struct instant t;

	(void)unused;
	for (int64_t ms = 0; ms < 4102444800000; ms += 86399999) {
		instant_text((struct instant){ ms }, text);
		assert_true(instant_parse(text, &t));
		assert_int_equal(t.ms, ms);
	}
	instant_text((struct instant){ 1795209360123 }, text);
	assert_string_equal(text, "2026-11-20T21:16:00.123Z");
}

static void
what_is_not_written_as_an_instant_is_none(void **unused)
{
	static const char *const bad[] = {
		"",
		"-006-01-01T00:00:00Z",
		"2026-+1-01T00:00:00Z",
		" 026-01-01T00:00:00Z",
		"2026-1-01T00:00:00Z",
		"2026-01-01T00:00:-1Z",
		"2026-01-01t00:00:00Z",
		"2026-01-01T00:00:00",
		"2026-01-01T00:00:00+00:00",
		"2026-02-29T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z",
	};
	struct instant t;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		if (instant_parse(bad[i], &t))
			fail_msg("%s was taken", bad[i]);
	}
	assert_true(instant_parse("2028-02-29T23:59:60.5Z", &t));
}

static void
a_duration_is_written_as_people_write_it(void **unused)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = { { "0", 0 },	{ "90s", 90000 }, { "15m", 900000 },
		     { "2h", 7200000 }, { "500ms", 500 }, { "1d", 86400000 } };
	static const char *const bad[] = { "", "s", "90", "-5s", "1.5h", "5 m", "99999999999999d" };
	char text[DURATION_TEXT_SIZE];
	struct duration d;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(good); i++) {
		assert_true(duration_parse(good[i].text, &d));
		assert_int_equal(d.ms, good[i].ms);
		duration_setting(d, text);
		assert_true(duration_parse(text, &d));
		assert_int_equal(d.ms, good[i].ms);
	}
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_false(duration_parse(bad[i], &d));
}

static void
players_are_told_a_duration_in_one_unit(void **unused)
{
	static const struct {
		int64_t ms;
		const char *text;
	} told[] = {
		{ 0, "0 seconds" },	   { 1000, "1 second" },     { 49600, "50 seconds" },
		{ 60000, "1 minute" },	   { 90000, "90 seconds" },  { 180000, "3 minutes" },
		{ 899400, "15 minutes" },  { 900000, "15 minutes" }, { 3600000, "1 hour" },
		{ 5400000, "90 minutes" }, { 7200000, "2 hours" },
	};
	char text[DURATION_WORDS_SIZE];

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(told); i++) {
		duration_words(DURATION_MS(told[i].ms), text);
		assert_string_equal(text, told[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_written_as_an_instant_is_none),
		cmocka_unit_test(an_instant_is_printed_and_read_back),
		cmocka_unit_test(a_duration_is_written_as_people_write_it),
		cmocka_unit_test(players_are_told_a_duration_in_one_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
