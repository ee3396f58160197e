/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zones and cron expressions against the C library's own localtime: offsets at many instants
 * of real zones, and due times against a search that walks every minute.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/civil.h"
#include "service/schedule_time.h"

static const char *const names[] = { "Europe/Paris",   "America/New_York", "Australia/Lord_Howe",
				     "Europe/Dublin",  "America/Santiago", "Africa/Casablanca",
				     "Asia/Kathmandu", "Pacific/Apia",	   "America/Sao_Paulo",
				     "Asia/Tehran",    "Antarctica/Troll", "UTC" };

static struct zone *
zone_named(const char *name)
{
	CLEANUP(text_freep) char *path = text_format("/usr/share/zoneinfo/%s", name);
	static unsigned char bytes[ZONE_FILE_LIMIT];
	FILE *file = fopen(path, "rb");
	struct zone *zone = NULL;
	size_t length;

	if (file == NULL)
		fail_msg("%s: not there (package tzdata)", path);
	length = fread(bytes, 1, sizeof bytes, file);
	(void)fclose(file);
	assert_true(zone_parse(bytes, length, &zone));
	/* No part of it is one. */
	for (size_t cut = 0; cut < length; cut++) {
		struct zone *part = NULL;

		assert_false(zone_parse(bytes, cut, &part));
	}
	return zone;
}

static struct zone *
zone_by_rule(const char *rule)
{
	struct zone *zone = NULL;

	if (!zone_from_rule(rule, &zone))
		fail_msg("%s is refused", rule);
	return zone;
}

static void
use_zone(const char *name)
{
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
}

static int64_t
libc_offset(int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	assert_non_null(localtime_r(&t, &tm));
	return tm.tm_gmtoff;
}

static void
a_zones_offsets_are_those_of_the_c_library(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(names); i++) {
		CLEANUP(zone_freep) struct zone *zone = zone_named(names[i]);
		struct zone_span span;

		use_zone(names[i]);
		/* 1930 to 2100, at odd steps of about four days. */
		for (int64_t at = -1262304000; at < INT64_C(4102444800); at += 345601) {
			zone_span_at(zone, at, &span);
			if (span.offset != libc_offset(at))
				fail_msg("%s at %lld: %d", names[i], (long long)at, span.offset);
			assert_true(span.from <= at && at < span.until);
		}
		/* Spans join, and at their ends the library agrees too. */
		for (int64_t at = 0; at < INT64_C(4102444800); at = span.until) {
			zone_span_at(zone, at, &span);
			assert_int_equal(span.offset, libc_offset(at));
			if (span.until == INT64_MAX)
				break;
			assert_int_equal(span.offset, libc_offset(span.until - 1));
			assert_true(span.offset != libc_offset(span.until));
		}
	}
}

static struct cron
cron_of_text(const char *text)
{
	char why[CRON_WHY_SIZE];
	struct cron cron;

	if (!cron_parse(text, &cron, why))
		fail_msg("'%s' is refused: %s", text, why);
	return cron;
}

/* Is the minute that the clock shows one that the expression means? */
static bool
shows(const struct cron *cron, int64_t shown)
{
	int64_t at;

	return cron_first(cron, shown, shown + 60, &at);
}

/* By the definition: the first minute whose clock shows what was not shown before, and matches. */
static int64_t
search(const struct cron *cron, int64_t after, int64_t before)
{
	int64_t high = INT64_MIN;

	for (int64_t at = after - 2 * DAY_SECONDS; at < before; at += 60) {
		int64_t shown = at + libc_offset(at);
		bool due = false;

		if (cron->every_hour)
			due = shows(cron, shown);
		else if (high == INT64_MIN)
			due = false;
		else
			for (int64_t c = high + 60; c <= shown; c += 60)
				due = due || shows(cron, c);
		high = shown > high ? shown : high;
		if (due && at > after)
			return at;
	}
	return 0;
}

static void
due_times_are_those_that_a_search_by_the_minute_finds(void **unused)
{
	static const char *const texts[] = { "30 2 * * *", "0 18 * * fri",  "*/7 1-3 * * *",
					     "15 * * * *", "0 0 1 * *",	    "59 23 * * sun",
					     "0 3 * * *",  "30 1,2 */2 * *" };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(names); i++) {
		CLEANUP(zone_freep) struct zone *zone = zone_named(names[i]);
		struct zone_span span;

		use_zone(names[i]);
		/* Around each change of the clocks in four years. */
		for (int64_t at = 1704067200; at < 1830297600; at = span.until) {
			zone_span_at(zone, at, &span);
			if (span.until >= 1830297600)
				break;
			for (size_t j = 0; j < ELEMENTS(texts); j++) {
				struct cron cron = cron_of_text(texts[j]);
				int64_t t = span.until - 5 * 3600, end = span.until + 5 * 3600;

				while (t < end) {
					int64_t next =
						cron_next(&cron, zone, (struct instant){ t * 1000 })
							.ms /
						1000;
					int64_t expected = search(&cron, t, end);

					if (expected == 0)
						assert_true(next >= end);
					else if (expected != next)
						fail_msg("%s '%s' after %lld: %lld, not %lld",
							 names[i], texts[j], (long long)t,
							 (long long)next, (long long)expected);
					t = next;
				}
			}
		}
	}
}

static void
next_is(const char *zone_name, const char *text, const char *after, const char *expected)
{
	CLEANUP(zone_freep) struct zone *zone = zone_named(zone_name);
	struct cron cron = cron_of_text(text);
	char found[INSTANT_TEXT_SIZE];
	struct instant from;

	assert_true(instant_parse(after, &from));
	instant_text(cron_next(&cron, zone, from), found);
	assert_string_equal(found, expected);
}

static void
a_time_that_the_clock_leaps_over_comes_at_the_leap(void **unused)
{
	(void)unused;
	/* Paris, 2026-03-29: 02:00 becomes 03:00. */
	next_is("Europe/Paris", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00.000Z");
	next_is("Europe/Paris", "30 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00.000Z");
	next_is("America/New_York", "30 2 * * *", "2026-03-08T00:00:00Z",
		"2026-03-08T07:00:00.000Z");
	/* Lord Howe, 2026-10-04: 02:00 becomes 02:30. */
	next_is("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T00:00:00Z",
		"2026-10-03T15:30:00.000Z");
	/* Every ten minutes of that hour: all at once, and once. */
	next_is("Europe/Paris", "*/10 2 * * *", "2026-03-29T00:59:59Z", "2026-03-29T01:00:00.000Z");
	next_is("Europe/Paris", "*/10 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00.000Z");
}

static void
a_time_that_the_clock_shows_twice_comes_once(void **unused)
{
	(void)unused;
	/* Paris, 2026-10-25: 03:00 becomes 02:00. */
	next_is("Europe/Paris", "30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00.000Z");
	next_is("Europe/Paris", "30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00.000Z");
	next_is("America/New_York", "30 1 * * *", "2026-11-01T05:30:00Z",
		"2026-11-02T06:30:00.000Z");
	/* Lord Howe, 2026-04-05: 02:00 becomes 01:30. */
	next_is("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T00:00:00Z",
		"2026-04-04T14:45:00.000Z");
	next_is("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T14:45:00Z",
		"2026-04-05T15:15:00.000Z");
	/* What goes by the minutes goes on. */
	next_is("Europe/Paris", "30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00.000Z");
	next_is("Europe/Paris", "30 * * * *", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00.000Z");
}

static void
expressions_mean_what_vixie_crons_do(void **unused)
{
	(void)unused;
	next_is("UTC", "0 18 * * fri", "2026-11-21T00:00:00Z", "2026-11-27T18:00:00.000Z");
	next_is("UTC", "0 12 13 * fri", "2026-11-21T00:00:00Z", "2026-11-27T12:00:00.000Z");
	next_is("UTC", "0 12 13 * fri", "2026-12-12T00:00:00Z", "2026-12-13T12:00:00.000Z");
	next_is("UTC", "0 12 */13 * fri", "2026-11-28T00:00:00Z", "2027-01-01T12:00:00.000Z");
	next_is("UTC", "0 0 29 2 *", "2026-11-21T00:00:00Z", "2028-02-29T00:00:00.000Z");
	next_is("UTC", "0 0 29 2 */7", "2026-11-21T00:00:00Z", "2032-02-29T00:00:00.000Z");
	next_is("UTC", "*/15 * * * * *", "2026-11-21T00:00:14.999Z", "2026-11-21T00:00:15.000Z");
	next_is("UTC", "*/15 * * * * *", "2026-11-21T00:00:15Z", "2026-11-21T00:00:30.000Z");
	next_is("UTC", "@weekly", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00.000Z");
	next_is("UTC", "0 9 * * fri-sun", "2026-11-22T09:00:00Z", "2026-11-27T09:00:00.000Z");
	next_is("UTC", "5,10-12/2 4 1 JAN,Jul 7", "2026-11-21T00:00:00Z",
		"2027-01-01T04:05:00.000Z");
	next_is("UTC", "59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00.000Z");
}

static void
what_is_no_expression_is_refused_with_a_sentence(void **unused)
{
	static const char *const wrong[] = {
		"",
		"* * * *",
		"* * * * * * *",
		"60 * * * *",
		"* 24 * * *",
		"* * 0 * *",
		"* * 32 * *",
		"* * * 13 * ",
		"* * * * 8",
		"5/2 * * * *",
		"10-5 * * * *",
		"*/0 * * * *",
		"1, * * * *",
		",1 * * * *",
		"1-2-3 * * * *",
		"a * * * *",
		"* * * * friday",
		"@reboot",
		"@",
		"0 0 30 2 *",
		"0 0 31 4,6,9 *",
		"-1 * * * *",
		"99999999999 * * * *",
		"* * ? * *",
	};
	char why[CRON_WHY_SIZE];
	struct cron cron;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		why[0] = '\0';
		if (cron_parse(wrong[i], &cron, why))
			fail_msg("'%s' is taken", wrong[i]);
		assert_true(strlen(why) > 10);
	}
}

static void
rules_are_read_and_wrong_ones_refused(void **unused)
{
	static const char *const right[] = { "UTC0", "<+0330>-3:30", "EST5EDT,0/0,J365/25",
					     "IST-1GMT0,M10.5.0,M3.5.0/1",
					     "<-02>2<-01>,M3.5.0/-1,M10.5.0/0" };
	static const char *const wrong[] = { "",
					     "UT0",
					     "UTC",
					     "UTC25",
					     "CET-1CEST",
					     "CET-1CEST,M3.5.0",
					     "CET-1CEST,M0.5.0,M10.5.0",
					     "CET-1CEST,M3.6.0,M10.5.0",
					     "CET-1CEST,J0,J1",
					     "CET-1CEST,366,1",
					     "<+1-1",
					     "CET-1CEST,M3.5.0,M10.5.0x",
					     "CET-1CEST,M3.5.0/168,M10.5.0" };
	struct zone_span span;
	struct zone *zone;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(right); i++)
		zone_free(zone_by_rule(right[i]));
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		if (zone_from_rule(wrong[i], &zone))
			fail_msg("%s is taken", wrong[i]);
	/* RFC 9636 §3.3.1: daylight saving time all year. */
	zone = zone_by_rule("EST5EDT,0/0,J365/25");
	for (int64_t at = 1700000000; at < 1800000000; at += 86400) {
		zone_span_at(zone, at, &span);
		assert_int_equal(span.offset, -4 * 3600);
	}
	zone_free(zone);
}

static void
names_that_leave_the_directory_are_refused(void **unused)
{
	(void)unused;
	assert_true(zone_name_is_valid("Europe/Paris"));
	assert_true(zone_name_is_valid("America/Argentina/Buenos_Aires"));
	assert_true(zone_name_is_valid("Etc/GMT+5"));
	assert_false(zone_name_is_valid(""));
	assert_false(zone_name_is_valid("/etc/passwd"));
	assert_false(zone_name_is_valid("../../etc/passwd"));
	assert_false(zone_name_is_valid("Europe/../../x"));
	assert_false(zone_name_is_valid("Europe/"));
	assert_false(zone_name_is_valid("Europe//Paris"));
	assert_false(zone_name_is_valid("."));
	assert_false(zone_name_is_valid("a b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zones_offsets_are_those_of_the_c_library),
		cmocka_unit_test(due_times_are_those_that_a_search_by_the_minute_finds),
		cmocka_unit_test(a_time_that_the_clock_leaps_over_comes_at_the_leap),
		cmocka_unit_test(a_time_that_the_clock_shows_twice_comes_once),
		cmocka_unit_test(expressions_mean_what_vixie_crons_do),
		cmocka_unit_test(what_is_no_expression_is_refused_with_a_sentence),
		cmocka_unit_test(rules_are_read_and_wrong_ones_refused),
		cmocka_unit_test(names_that_leave_the_directory_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
