/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../keeper/fixture.h"
#include "service/schedules.h"
#include "wire/zone/zone.h"

static struct zone *paris;

static const struct zone *
find(struct zones_port *port, const char *name)
{
	(void)port;
	return strcmp(name, "Europe/Paris") == 0 ? paris : NULL;
}

static int64_t set_by; /* how far the machine's clock was set from the plane's */

static struct instant
clock_shows(struct zones_port *port, struct instant now)
{
	(void)port;
	return instant_add(now, DURATION_MS(set_by));
}

static struct zones_port zones = { .find = find, .clock = clock_shows };

struct scene {
	struct fixture world;
	struct schedules *schedules;
};

static void
born(struct scene *s)
{
	((struct plane_ports *)(uintptr_t)plane_ports(s->world.plane))->zones = &zones;
	s->schedules = schedules_new(s->world.plane);
	schedules_load(s->schedules);
	fixture_run(&s->world, DURATION_MS(0));
}

static void
declare(struct scene *s, const char *schedules)
{
	CLEANUP(text_freep)
	char *json =
		text_format("{\"name\":\"duel\",\"game\":\"tcp\",\"listen\":\"127.0.0.1:5600\","
			    "\"address\":\"127.0.0.1:5601\",\"local\":{\"command\":\"duel\"},"
			    "\"schedules\":%s}",
			    schedules);

	fixture_declare(&s->world, json);
	fixture_run(&s->world, DURATION_MS(10));
}

static void
set_clock(struct scene *s, const char *text)
{
	assert_true(instant_parse(text, &s->world.now));
	s->world.due = s->world.now;
}

static void
start(struct scene *s, const char *at)
{
	memset(s, 0, sizeof *s);
	set_by = 0;
	assert_true(zone_from_rule("CET-1CEST,M3.5.0,M10.5.0/3", &paris));
	set_clock(s, at);
	s->world.boot = DURATION_S(2);
	fixture_start(&s->world);
	set_clock(s, at);
	born(s);
}

/* roost dies, and is there again at that time. */
static void
die_until(struct scene *s, const char *at)
{
	set_clock(s, at);
	fixture_restart(&s->world);
	schedules_unload(s->schedules);
	born(s);
}

static void
end(struct scene *s)
{
	fixture_stop(&s->world);
	schedules_unload(s->schedules);
	zone_free(paris);
}

static size_t
wakes(const struct scene *s)
{
	return fixture_count(&s->world, "server.wake_requested");
}

static size_t
sleeps(const struct scene *s)
{
	return fixture_count(&s->world, "server.sleep_requested");
}

static size_t
skips(const struct scene *s)
{
	return fixture_count(&s->world, "server.schedule_skipped");
}

#define FRIDAY "[{\"cron\":\"0 18 * * fri\",\"zone\":\"Europe/Paris\",\"do\":\"wake\"}]"

static void
a_server_is_woken_at_its_time_by_its_zones_clock(void **unused)
{
	enum schedule_verb verb;
	struct instant at;
	char text[INSTANT_TEXT_SIZE];
	struct scene s;

	(void)unused;
	start(&s, "2026-11-27T16:00:00Z");
	declare(&s, FRIDAY);
	assert_true(schedules_next(s.schedules, "duel", &at, &verb));
	instant_text(at, text);
	assert_string_equal(text, "2026-11-27T17:00:00.000Z");
	assert_int_equal(verb, SCHEDULE_WAKE);
	fixture_run(&s.world, DURATION_S(3599));
	assert_int_equal(wakes(&s), 0);
	fixture_run(&s.world, DURATION_S(2));
	assert_int_equal(wakes(&s), 1);
	assert_non_null(
		strstr(fixture_last(&s.world, "server.wake_requested"), "\"by\":\"schedule\""));
	assert_non_null(
		strstr(fixture_last(&s.world, "server.wake_requested"), "\"cause\":\"schedule\""));
	fixture_run(&s.world, DURATION_S(60));
	assert_int_equal(fixture_server(&s.world, "duel")->status.state, STATE_READY);
	assert_int_equal(wakes(&s), 1);
	end(&s);
}

static void
a_time_is_not_repeated_by_a_restart_and_not_forgotten(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, "2026-11-27T16:59:00Z");
	declare(&s, "[{\"cron\":\"0 18 * * *\",\"zone\":\"Europe/Paris\",\"do\":\"wake\"},"
		    "{\"cron\":\"5 18 * * *\",\"zone\":\"Europe/Paris\",\"do\":\"sleep\"}]");
	fixture_run(&s.world, DURATION_S(90));
	assert_int_equal(wakes(&s), 1);
	die_until(&s, "2026-11-27T17:01:00Z");
	fixture_run(&s.world, DURATION_S(30));
	assert_int_equal(wakes(&s), 1);
	assert_int_equal(sleeps(&s), 0);
	/* Within a minute is in time. */
	die_until(&s, "2026-11-27T17:05:59Z");
	fixture_run(&s.world, DURATION_S(90));
	assert_int_equal(sleeps(&s), 1);
	assert_int_equal(skips(&s), 0);
	end(&s);
}

static void
what_was_missed_is_done_once_or_skipped_as_declared(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, "2026-11-20T12:00:00Z");
	declare(&s, "[{\"cron\":\"0 18 * * *\",\"zone\":\"Europe/Paris\",\"do\":\"wake\"}]");
	die_until(&s, "2026-11-23T12:00:00Z");
	fixture_run(&s.world, DURATION_S(60));
	assert_int_equal(wakes(&s), 0);
	assert_int_equal(skips(&s), 1);
	declare(&s, "[{\"cron\":\"0 18 * * *\",\"zone\":\"Europe/Paris\",\"do\":\"wake\","
		    "\"missed\":\"once\"}]");
	fixture_run(&s.world, DURATION_S(60));
	assert_int_equal(wakes(&s), 0);
	die_until(&s, "2026-11-26T12:00:00Z");
	fixture_run(&s.world, DURATION_S(60));
	assert_int_equal(wakes(&s), 1);
	assert_int_equal(skips(&s), 1);
	die_until(&s, "2026-11-26T12:30:00Z");
	fixture_run(&s.world, DURATION_S(60));
	assert_int_equal(wakes(&s), 1);
	end(&s);
}

static void
a_clock_that_jumps_neither_repeats_nor_stops_a_schedule(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, "2026-11-27T16:59:00Z");
	declare(&s, "[{\"cron\":\"0 18 * * *\",\"zone\":\"Europe/Paris\",\"do\":\"wake\"},"
		    "{\"cron\":\"30 18 * * *\",\"zone\":\"Europe/Paris\",\"do\":\"sleep\","
		    "\"missed\":\"once\"}]");
	fixture_run(&s.world, DURATION_S(120));
	assert_int_equal(wakes(&s), 1);
	/* Forth, over the second: it was missed. */
	set_clock(&s, "2026-11-27T18:30:00Z");
	fixture_run(&s.world, DURATION_S(60));
	assert_int_equal(sleeps(&s), 1);
	/* Back by an hour and a half: neither comes again. */
	set_clock(&s, "2026-11-27T16:59:50Z");
	fixture_run(&s.world, DURATION_S(2400));
	assert_int_equal(wakes(&s), 1);
	assert_int_equal(sleeps(&s), 1);
	/* Back by more: a new time. */
	set_clock(&s, "2026-11-20T16:59:50Z");
	fixture_run(&s.world, DURATION_S(60));
	assert_int_equal(wakes(&s), 2);
	end(&s);
}

#define DAILY                                                                  \
	"[{\"cron\":\"0 18 * * *\",\"zone\":\"Europe/Paris\",\"do\":\"wake\"," \
	"\"missed\":\"once\"}]"

/* The timers' clock never goes back; the machine's does. */
static void
schedules_go_by_the_machines_clock_and_not_by_that_of_timers(void **unused)
{
	enum schedule_verb verb;
	struct instant at;
	char text[INSTANT_TEXT_SIZE];
	struct scene s;

	(void)unused;
	start(&s, "2026-11-27T16:30:00Z");
	declare(&s, DAILY);
	/* Set back by five hours: 18:00 by the timers is not 18:00. */
	set_by = INT64_C(-5) * 3600 * 1000;
	fixture_run(&s.world, DURATION_S(3600));
	assert_int_equal(wakes(&s), 0);
	assert_true(schedules_next(s.schedules, "duel", &at, &verb));
	instant_text(at, text);
	assert_string_equal(text, "2026-11-27T17:00:00.000Z");
	fixture_run(&s.world, DURATION_S(4 * 3600 + 1700));
	assert_int_equal(wakes(&s), 0);
	fixture_run(&s.world, DURATION_S(200));
	assert_int_equal(wakes(&s), 1);
	end(&s);
}

static void
a_clock_set_back_a_little_repeats_nothing_and_goes_on_behind(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, "2026-11-27T16:59:00Z");
	declare(&s, DAILY);
	fixture_run(&s.world, DURATION_S(120));
	assert_int_equal(wakes(&s), 1);
	for (int minutes = 1; minutes < 180; minutes += 20) {
		set_by = INT64_C(-60000) * minutes;
		fixture_run(&s.world, DURATION_S(60));
		assert_int_equal(wakes(&s), 1);
	}
	fixture_run(&s.world, DURATION_S(6 * 3600));
	assert_int_equal(wakes(&s), 1);
	fixture_run(&s.world, DURATION_S(24 * 3600));
	assert_int_equal(wakes(&s), 2);
	end(&s);
}

/* As of a machine without a battery for its clock, until it has asked the network. */
static void
what_was_done_is_not_done_again_when_a_wrong_clock_is_put_right(void **unused)
{
	static const char *const wrong[] = { "1970-01-01T00:00:10Z", "2026-11-20T12:00:00Z",
					     "2026-11-27T12:00:00Z" };
	struct scene s;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		start(&s, "2026-11-27T16:59:00Z");
		declare(&s, DAILY);
		fixture_run(&s.world, DURATION_S(120));
		assert_int_equal(wakes(&s), 1);
		die_until(&s, wrong[i]);
		fixture_run(&s.world, DURATION_S(300));
		assert_int_equal(wakes(&s), 1);
		set_clock(&s, "2026-11-27T17:02:00Z");
		fixture_run(&s.world, DURATION_S(300));
		assert_int_equal(wakes(&s), 1);
		/* And dead once more meanwhile. */
		die_until(&s, wrong[i]);
		fixture_run(&s.world, DURATION_S(60));
		die_until(&s, "2026-11-27T17:10:00Z");
		fixture_run(&s.world, DURATION_S(60));
		assert_int_equal(wakes(&s), 1);
		/* The next one comes. */
		set_clock(&s, "2026-11-28T16:59:00Z");
		fixture_run(&s.world, DURATION_S(120));
		assert_int_equal(wakes(&s), 2);
		assert_int_equal(skips(&s), 0);
		end(&s);
	}
}

static void
what_is_declared_before_the_clock_is_set_misses_nothing(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, "1970-01-01T00:00:10Z");
	declare(&s, DAILY);
	fixture_run(&s.world, DURATION_S(60));
	set_clock(&s, "2026-11-27T12:00:00Z");
	fixture_run(&s.world, DURATION_S(120));
	assert_int_equal(wakes(&s), 0);
	assert_int_equal(skips(&s), 0);
	fixture_run(&s.world, DURATION_S(6 * 3600));
	assert_int_equal(wakes(&s), 1);
	end(&s);
}

static void
a_leap_of_a_year_fires_each_schedule_once_at_most(void **unused)
{
	struct schedule_view view;
	char text[INSTANT_TEXT_SIZE];
	struct scene s;
	size_t before;

	(void)unused;
	start(&s, "2026-11-27T12:00:00Z");
	declare(&s, "[{\"cron\":\"* * * * * *\",\"zone\":\"Europe/Paris\",\"do\":\"command\","
		    "\"line\":\"list\",\"missed\":\"once\"},"
		    "{\"cron\":\"*/7 * * * *\",\"zone\":\"Europe/Paris\",\"do\":\"wake\"},"
		    "{\"cron\":\"0 18 * * *\",\"zone\":\"Europe/Paris\",\"do\":\"sleep\","
		    "\"missed\":\"once\"}]");
	fixture_run(&s.world, DURATION_MS(500));
	before = skips(&s);
	set_clock(&s, "2027-11-27T12:05:00Z");
	fixture_run(&s.world, DURATION_MS(900));
	assert_int_equal(wakes(&s), 0);
	/* It does not run: the line, once; and the wake that was missed, told once. */
	assert_int_equal(skips(&s), before + 2);
	schedules_view(s.schedules, "duel", &fixture_server(&s.world, "duel")->spec->schedules[2],
		       &view);
	instant_text(view.last, text);
	assert_string_equal(text, "2027-11-26T17:00:00.000Z");
	assert_true(view.done);
	end(&s);
}

/* Whatever order they stand in, the last that was due is what counts. */
static void
what_was_missed_is_caught_up_with_in_the_order_of_its_times(void **unused)
{
	static const char *const orders[] = {
		"[{\"cron\":\"0 18 * * "
		"fri\",\"do\":\"wake\",\"missed\":\"once\",\"zone\":\"Europe/Paris\"},"
		"{\"cron\":\"0 23 * * "
		"sun\",\"do\":\"sleep\",\"missed\":\"once\",\"zone\":\"Europe/Paris\"}]",
		"[{\"cron\":\"0 23 * * "
		"sun\",\"do\":\"sleep\",\"missed\":\"once\",\"zone\":\"Europe/Paris\"},"
		"{\"cron\":\"0 18 * * "
		"fri\",\"do\":\"wake\",\"missed\":\"once\",\"zone\":\"Europe/Paris\"}]",
	};
	struct scene s;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(orders); i++) {
		start(&s, "2026-11-26T12:00:00Z");
		declare(&s, orders[i]);
		die_until(&s, "2026-11-30T12:00:00Z");
		fixture_run(&s.world, DURATION_S(60));
		assert_int_equal(fixture_server(&s.world, "duel")->status.want, WANT_DOWN);
		die_until(&s, "2026-12-05T12:00:00Z");
		fixture_run(&s.world, DURATION_S(60));
		assert_int_equal(fixture_server(&s.world, "duel")->status.want, WANT_UP);
		end(&s);
	}
}

static void
it_is_told_how_it_stands_with_each_schedule(void **unused)
{
	const struct server_spec *spec;
	struct schedule_view view;
	char text[INSTANT_TEXT_SIZE];
	struct scene s;

	(void)unused;
	start(&s, "2026-11-27T16:59:00Z");
	declare(&s, "[{\"cron\":\"0 18 * * *\",\"zone\":\"Europe/Paris\",\"do\":\"wake\"},"
		    "{\"cron\":\"0 18 * * *\",\"zone\":\"Mars/Base\",\"do\":\"sleep\"}]");
	spec = fixture_server(&s.world, "duel")->spec;
	schedules_view(s.schedules, "duel", &spec->schedules[0], &view);
	assert_true(view.is_zone_known);
	assert_false(instant_is_set(view.last));
	fixture_run(&s.world, DURATION_S(90));
	schedules_view(s.schedules, "duel", &spec->schedules[0], &view);
	instant_text(view.next, text);
	assert_string_equal(text, "2026-11-28T17:00:00.000Z");
	instant_text(view.last, text);
	assert_string_equal(text, "2026-11-27T17:00:00.000Z");
	assert_true(view.done);
	schedules_view(s.schedules, "duel", &spec->schedules[1], &view);
	assert_false(view.is_zone_known);
	assert_false(instant_is_set(view.next));
	/* Of one that is only thought of. */
	schedules_view(s.schedules, "nobody", &spec->schedules[0], &view);
	instant_text(view.next, text);
	assert_string_equal(text, "2026-11-28T17:00:00.000Z");
	end(&s);
}

static void
the_night_of_a_changed_clock_has_each_time_once(void **unused)
{
	struct scene s;

	(void)unused;
	/* 03:00 becomes 02:00 at 01:00 UTC. */
	start(&s, "2026-10-24T23:59:00Z");
	declare(&s, "[{\"cron\":\"30 2 * * *\",\"zone\":\"Europe/Paris\",\"do\":\"wake\"},"
		    "{\"cron\":\"40 2 * * *\",\"zone\":\"Europe/Paris\",\"do\":\"sleep\"}]");
	fixture_run(&s.world, DURATION_S(3 * 3600));
	assert_int_equal(wakes(&s), 1);
	assert_int_equal(sleeps(&s), 1);
	set_clock(&s, "2027-03-28T00:58:00Z");
	fixture_run(&s.world, DURATION_S(30));
	assert_int_equal(skips(&s), 2);
	/* 02:00 becomes 03:00 at 01:00 UTC: both at once, in the order they stand in. */
	fixture_run(&s.world, DURATION_S(3600));
	assert_int_equal(wakes(&s), 2);
	assert_int_equal(sleeps(&s), 2);
	assert_int_equal(skips(&s), 2);
	end(&s);
}

static void
a_command_is_sent_while_the_server_runs_and_told_when_not(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, "2026-11-27T12:00:00Z");
	declare(&s, "[{\"cron\":\"*/5 * * * *\",\"zone\":\"Europe/Paris\",\"do\":\"command\","
		    "\"line\":\"say hello\"}]");
	fixture_run(&s.world, DURATION_S(301));
	assert_int_equal(fixture_count(&s.world, "server.command_sent"), 0);
	assert_int_equal(skips(&s), 1);
	assert_non_null(strstr(fixture_last(&s.world, "server.schedule_skipped"), "does not run"));
	fixture_wish(&s.world, "duel", WANT_UP);
	s.world.online = 1;
	fixture_run(&s.world, DURATION_S(300));
	assert_int_equal(fixture_count(&s.world, "server.command_sent"), 1);
	assert_non_null(strstr(s.world.said, "say hello\n"));
	assert_non_null(
		strstr(fixture_last(&s.world, "server.command_sent"), "\"by\":\"schedule\""));
	end(&s);
}

static void
a_schedule_begins_when_it_is_declared_and_ends_with_its_server(void **unused)
{
	enum schedule_verb verb;
	struct instant at;
	struct scene s;

	(void)unused;
	start(&s, "2026-11-27T17:00:10Z");
	declare(&s, "[{\"cron\":\"0 18 * * *\",\"zone\":\"Europe/Paris\",\"do\":\"wake\","
		    "\"missed\":\"once\"}]");
	fixture_run(&s.world, DURATION_S(120));
	assert_int_equal(wakes(&s), 0);
	assert_true(schedules_next(s.schedules, "duel", &at, &verb));
	assert_true(plane_remove(s.world.plane, "duel", "ada"));
	s.world.due = s.world.now;
	fixture_run(&s.world, DURATION_S(60));
	assert_false(schedules_next(s.schedules, "duel", &at, &verb));
	for (size_t i = 0; i < s.world.document_count; i++)
		assert_true(s.world.documents[i].kind != DOCUMENT_SCHEDULE ||
			    s.world.documents[i].body == NULL);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_is_woken_at_its_time_by_its_zones_clock),
		cmocka_unit_test(a_time_is_not_repeated_by_a_restart_and_not_forgotten),
		cmocka_unit_test(what_was_missed_is_done_once_or_skipped_as_declared),
		cmocka_unit_test(a_clock_that_jumps_neither_repeats_nor_stops_a_schedule),
		cmocka_unit_test(schedules_go_by_the_machines_clock_and_not_by_that_of_timers),
		cmocka_unit_test(a_clock_set_back_a_little_repeats_nothing_and_goes_on_behind),
		cmocka_unit_test(what_was_done_is_not_done_again_when_a_wrong_clock_is_put_right),
		cmocka_unit_test(what_is_declared_before_the_clock_is_set_misses_nothing),
		cmocka_unit_test(a_leap_of_a_year_fires_each_schedule_once_at_most),
		cmocka_unit_test(what_was_missed_is_caught_up_with_in_the_order_of_its_times),
		cmocka_unit_test(it_is_told_how_it_stands_with_each_schedule),
		cmocka_unit_test(the_night_of_a_changed_clock_has_each_time_once),
		cmocka_unit_test(a_command_is_sent_while_the_server_runs_and_told_when_not),
		cmocka_unit_test(a_schedule_begins_when_it_is_declared_and_ends_with_its_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
