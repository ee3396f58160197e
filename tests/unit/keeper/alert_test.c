/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fixture.h"
#include "keeper/disk.h"

#define GIB ((int64_t)1 << 30)
#define DAY DURATION_S(86400)

static int
start(void **state)
{
	struct fixture *f = mem_new(sizeof *f);

	fixture_start(f);
	fixture_declare(f,
			"{\"name\":\"survival\",\"game\":\"minecraft-java\",\"provider\":\"local\","
			"\"local\":{\"command\":[\"game\"]},\"address\":\"127.0.0.1:25570\","
			"\"policy\":{\"idle_after\":\"0\"}}");
	*state = f;
	return 0;
}

static int
stop(void **state)
{
	fixture_stop(*state);
	mem_free(*state);
	return 0;
}

static void
note_disk(struct fixture *f, int64_t free, int64_t size)
{
	struct fact fact = { .kind = FACT_DISK, .as.disk = { free, size } };

	fixture_note(f, &fact);
	fixture_run(f, DURATION_S(1));
}

static void
a_disk_is_low_under_a_tenth_or_a_gibibyte_whichever_is_less(void **unused)
{
	(void)unused;
	assert_int_equal(disk_low_below(5 * GIB), GIB / 2);
	assert_int_equal(disk_low_below(10 * GIB), GIB);
	assert_int_equal(disk_low_below(4000 * GIB), GIB);
	assert_false(disk_is_low(false, GIB, 100 * GIB));
	assert_true(disk_is_low(false, GIB - 1, 100 * GIB));
	assert_true(disk_is_low(true, GIB + GIB / 2 - 1, 100 * GIB));
	assert_false(disk_is_low(true, GIB + GIB / 2, 100 * GIB));
	assert_false(disk_is_low(false, 0, 0)); /* a file system that tells no size */
}

static void
a_low_disk_is_told_once_and_again_only_after_it_recovered(void **state)
{
	struct fixture *f = *state;

	note_disk(f, 20 * GIB, 100 * GIB);
	assert_int_equal(fixture_count(f, "disk.low"), 0);
	for (int i = 0; i < 3; i++)
		note_disk(f, GIB / 2, 100 * GIB);
	note_disk(f, GIB + 1, 100 * GIB);
	note_disk(f, GIB / 2, 100 * GIB);
	assert_int_equal(fixture_count(f, "disk.low"), 1);
	assert_non_null(strstr(fixture_last(f, "disk.low"), "\"below_bytes\":1073741824"));
	assert_int_equal(fixture_count(f, "disk.recovered"), 0);
	note_disk(f, 2 * GIB, 100 * GIB);
	note_disk(f, 2 * GIB, 100 * GIB);
	assert_int_equal(fixture_count(f, "disk.recovered"), 1);
	note_disk(f, GIB / 2, 100 * GIB);
	assert_int_equal(fixture_count(f, "disk.low"), 2);
}

static void
a_restart_of_roost_tells_a_low_disk_no_second_time(void **state)
{
	struct fixture *f = *state;

	note_disk(f, GIB / 2, 100 * GIB);
	fixture_restart(f);
	note_disk(f, GIB / 2, 100 * GIB);
	assert_int_equal(fixture_count(f, "disk.low"), 1);
	note_disk(f, 2 * GIB, 100 * GIB);
	assert_int_equal(fixture_count(f, "disk.recovered"), 1);
}

static void
a_run_longer_than_a_day_is_told_once_a_day(void **state)
{
	struct fixture *f = *state;

	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_MS(DAY.ms - 1000));
	assert_int_equal(fixture_count(f, "server.running_long"), 0);
	fixture_run(f, DURATION_S(10));
	assert_int_equal(fixture_count(f, "server.running_long"), 1);
	assert_non_null(strstr(fixture_last(f, "server.running_long"), "\"days\":1"));
	fixture_restart(f);
	fixture_run(f, DURATION_MS(DAY.ms - 30000));
	assert_int_equal(fixture_count(f, "server.running_long"), 1);
	fixture_run(f, DURATION_S(60));
	assert_int_equal(fixture_count(f, "server.running_long"), 2);
	assert_non_null(strstr(fixture_last(f, "server.running_long"), "\"days\":2"));
	/* Its next run begins anew. */
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(60));
	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(3600));
	assert_int_equal(fixture_count(f, "server.running_long"), 2);
}

static void
every_alert_is_for_people_who_can_do_something(void **unused)
{
	enum event_type type;

	(void)unused;
	assert_true(event_parse("server.failed", &type) && event_is_alert(type));
	assert_true(event_parse("disk.low", &type) && event_is_alert(type));
	assert_true(event_parse("server.ready", &type) && !event_is_alert(type));
	/* Whoever may read the channel `alerts` may read every alert: see feed/channel.h. */
	for (unsigned i = 0; i < EVENT_MAX; i++)
		assert_true(!event_is_alert(i) || event_audience(i) <= ROLE_STAFF);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_is_low_under_a_tenth_or_a_gibibyte_whichever_is_less),
		TEST(a_low_disk_is_told_once_and_again_only_after_it_recovered),
		TEST(a_restart_of_roost_tells_a_low_disk_no_second_time),
		TEST(a_run_longer_than_a_day_is_told_once_a_day),
		cmocka_unit_test(every_alert_is_for_people_who_can_do_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
