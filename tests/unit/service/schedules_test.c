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

static struct zones_port zones = { .find = find };

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
		cmocka_unit_test(the_night_of_a_changed_clock_has_each_time_once),
		cmocka_unit_test(a_command_is_sent_while_the_server_runs_and_told_when_not),
		cmocka_unit_test(a_schedule_begins_when_it_is_declared_and_ends_with_its_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
