/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fixture.h"

#define SURVIVAL(policy)                                                                    \
	"{\"name\": \"survival\", \"game\": \"minecraft-java\", \"provider\": \"local\","   \
	" \"local\": {\"command\": [\"java\"], \"directory\": \"survival\"},"               \
	" \"address\": \"127.0.0.1:25570\", \"stop\": {\"console\": \"stop\", \"within\": " \
	"\"60s\"},"                                                                         \
	" \"policy\": {\"idle_after\": \"15m\", \"grace\": \"5m\", \"start_within\": "      \
	"\"10m\"" policy "}}"

static const char survival[] = SURVIVAL("");

static int
start(void **state)
{
	struct fixture *f = mem_new(sizeof *f);

	f->boot = DURATION_S(20);
	fixture_start(f);
	fixture_declare(f, survival);
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

static enum state
state_of(struct fixture *f)
{
	return fixture_server(f, "survival")->status.state;
}

static void
a_wish_wakes_a_server_and_a_wish_puts_it_to_sleep(void **state)
{
	struct fixture *f = *state;

	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(1));
	assert_int_equal(state_of(f), STATE_WAKING);
	assert_non_null(fixture_running(f));
	fixture_run(f, DURATION_S(20));
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(f->table->servers[0].state, STATE_READY);
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(5));
	assert_int_equal(state_of(f), STATE_ASLEEP);
	assert_null(fixture_running(f));
	assert_int_equal(f->process_count, 0);
	assert_int_equal(fixture_count(f, "server.ready"), 1);
	assert_int_equal(fixture_count(f, "server.asleep"), 1);
	assert_int_equal(f->told, f->event_count);
}

static void
wake(struct fixture *f)
{
	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(25));
	assert_int_equal(state_of(f), STATE_READY);
}

static void
a_knock_wakes_and_says_who(void **state)
{
	struct fixture *f = *state;

	fixture_knock(f, "survival", 1);
	fixture_run(f, DURATION_S(1));
	assert_int_equal(state_of(f), STATE_WAKING);
	assert_non_null(strstr(fixture_last(f, "server.wake_requested"), "\"by\":\"Steve\""));
	assert_non_null(strstr(fixture_last(f, "server.wake_requested"), "\"cause\":\"join\""));
	assert_int_equal(fixture_count(f, "player.knocked"), 1);
}

static void
a_join_costs_one_commit_before_the_process_starts(void **state)
{
	struct fixture *f = *state;
	size_t before = f->commits;

	fixture_knock(f, "survival", 1);
	fixture_turn_until_started(f);
	assert_int_equal(f->commits, before + 1);
}

static void
two_wishes_at_once_make_one_run(void **state)
{
	struct fixture *f = *state;

	fixture_knock(f, "survival", 1);
	fixture_knock(f, "survival", 2);
	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(1));
	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(25));
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(f->process_count, 1);
	assert_int_equal(fixture_server(f, "survival")->status.epoch, 1);
	assert_int_equal(fixture_count(f, "server.ready"), 1);
}

static void
a_server_with_wake_on_never_is_not_woken_by_a_knock(void **state)
{
	struct fixture *f = *state;

	fixture_declare(f, SURVIVAL(", \"wake_on\": \"never\""));
	fixture_knock(f, "survival", 1);
	fixture_run(f, DURATION_S(1));
	assert_int_equal(state_of(f), STATE_ASLEEP);
}

static void
a_server_nobody_ever_joined_falls_asleep(void **state)
{
	struct fixture *f = *state;

	wake(f);
	fixture_run(f, DURATION_S(20 * 60 - 10));
	assert_int_equal(state_of(f), STATE_READY);
	fixture_run(f, DURATION_S(40));
	assert_int_equal(state_of(f), STATE_ASLEEP);
	assert_int_equal(fixture_count(f, "server.idle"), 1);
	assert_non_null(strstr(fixture_last(f, "server.sleep_requested"), "\"cause\":\"idle\""));
}

static void
a_server_with_a_player_does_not_fall_asleep(void **state)
{
	struct fixture *f = *state;

	wake(f);
	f->online = 1;
	fixture_run(f, DURATION_S(3600));
	assert_int_equal(state_of(f), STATE_READY);
	f->online = 0;
	fixture_run(f, DURATION_S(15 * 60 - 10));
	assert_int_equal(state_of(f), STATE_READY);
	fixture_run(f, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_ASLEEP);
}

static void
idleness_is_counted_on_after_a_restart_of_roost(void **state)
{
	struct fixture *f = *state;

	wake(f);
	fixture_run(f, DURATION_S(19 * 60));
	fixture_restart(f);
	fixture_run(f, DURATION_S(90));
	assert_int_equal(state_of(f), STATE_ASLEEP);
}

/* What a run is counted by is its own: no file, address or counter of the one before. */
static void
a_new_run_inherits_neither_idleness_nor_warnings(void **state)
{
	struct fixture *f = *state;

	fixture_declare(f, SURVIVAL(", \"min_players\": 4, \"warning_every\": \"90s\""));
	for (int run = 0; run < 2; run++) {
		f->said[0] = '\0';
		wake(f);
		f->online = 1;
		fixture_run(f, DURATION_S(300 + 80));
		assert_int_equal(state_of(f), STATE_READY);
		assert_null(strstr(f->said, "Warning"));
		fixture_run(f, DURATION_S(120));
		assert_non_null(strstr(f->said, "Warning 1 of 3"));
		fixture_run(f, DURATION_S(300));
		assert_non_null(strstr(f->said, "Warning 3 of 3"));
		assert_int_equal(state_of(f), STATE_ASLEEP);
		fixture_run(f, DURATION_S(86400));
	}
	fixture_declare(f, SURVIVAL(""));
	f->online = 0;
	for (int run = 0; run < 2; run++) {
		wake(f);
		fixture_run(f, DURATION_S(19 * 60));
		assert_int_equal(state_of(f), STATE_READY);
		fixture_run(f, DURATION_S(90));
		assert_int_equal(state_of(f), STATE_ASLEEP);
		fixture_run(f, DURATION_S(86400));
	}
}

static void
a_running_server_is_found_again_after_a_restart(void **state)
{
	struct fixture *f = *state;

	wake(f);
	fixture_restart(f);
	fixture_run(f, DURATION_S(10));
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(f->process_count, 1);
	assert_int_equal(fixture_count(f, "server.found"), 1);
	assert_int_equal(fixture_count(f, "roost.started"), 2);
	assert_int_equal(fixture_server(f, "survival")->status.run.restarts, 0);
}

static void
a_waking_server_still_wakes_after_a_restart_of_roost(void **state)
{
	struct fixture *f = *state;

	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(3));
	fixture_restart(f);
	fixture_run(f, DURATION_S(20));
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(f->process_count, 1);
}

static void
a_crash_is_told_and_the_server_started_once_more(void **state)
{
	struct fixture *f = *state;

	wake(f);
	fixture_running(f)->exit_status = 3;
	fixture_end(f);
	fixture_run(f, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(fixture_count(f, "server.crashed"), 1);
	assert_non_null(strstr(fixture_last(f, "server.crashed"), "exit status 3"));
	assert_non_null(strstr(fixture_last(f, "server.crashed"), "last words"));
	fixture_end(f);
	fixture_run(f, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_FAILED);
	assert_non_null(strstr(fixture_last(f, "server.failed"), "last words"));
	assert_int_equal(f->process_count, 0);
	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_READY);
}

static void
a_crash_long_after_another_is_the_first_again(void **state)
{
	struct fixture *f = *state;

	wake(f);
	for (unsigned i = 0; i < 3; i++) {
		fixture_end(f);
		fixture_run(f, DURATION_S(630));
		assert_int_equal(state_of(f), STATE_READY);
	}
	fixture_end(f);
	fixture_run(f, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_READY);
	fixture_end(f);
	fixture_run(f, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_FAILED);
}

static void
how_long_a_start_took_is_counted_from_its_own_beginning(void **state)
{
	struct fixture *f = *state;
	json_t *data;

	wake(f);
	fixture_run(f, DURATION_S(600));
	fixture_end(f);
	fixture_run(f, DURATION_S(30));
	assert_int_equal(fixture_count(f, "server.ready"), 2);
	data = json_loads(fixture_last(f, "server.ready"), 0, NULL);
	assert_in_range(json_get_integer(data, "took_ms", 0), 20000, 30000);
	json_decref(data);
}

static void
a_server_that_was_up_is_up_again_after_the_machine_restarted(void **state)
{
	struct fixture *f = *state;

	wake(f);
	fixture_restart_machine(f);
	fixture_run(f, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(fixture_count(f, "server.crashed"), 1);
	assert_non_null(strstr(fixture_last(f, "server.crashed"), "the machine was restarted"));
	assert_non_null(strstr(fixture_last(f, "server.crashed"), "\"restarting\":true"));
	assert_null(strstr(fixture_last(f, "server.crashed"), "-1"));
	fixture_restart_machine(f);
	fixture_run(f, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_FAILED);
	assert_non_null(strstr(fixture_last(f, "server.failed"), "the machine was restarted"));
}

static void
a_waking_server_still_wakes_after_the_machine_restarted(void **state)
{
	struct fixture *f = *state;

	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(3));
	fixture_restart_machine(f);
	fixture_run(f, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(f->process_count, 1);
	assert_int_equal(fixture_count(f, "server.crashed"), 1);
}

static void
a_settling_server_is_asleep_after_the_machine_restarted(void **state)
{
	struct fixture *f = *state;

	wake(f);
	f->stubborn = true;
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(3));
	assert_int_equal(state_of(f), STATE_SETTLING);
	fixture_restart_machine(f);
	fixture_run(f, DURATION_S(10));
	assert_int_equal(state_of(f), STATE_ASLEEP);
	assert_int_equal(fixture_count(f, "server.crashed"), 0);
}

static void
a_game_without_a_console_is_stopped_by_a_signal(void **state)
{
	struct fixture *f = *state;

	wake(f);
	f->no_console = true;
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(3));
	assert_int_equal(state_of(f), STATE_ASLEEP);
}

static void
a_wanted_stop_is_not_a_crash(void **state)
{
	struct fixture *f = *state;

	wake(f);
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(30));
	assert_int_equal(fixture_count(f, "server.crashed"), 0);
	assert_int_equal(fixture_count(f, "server.failed"), 0);
}

static void
a_start_that_takes_too_long_fails_and_is_undone(void **state)
{
	struct fixture *f = *state;

	f->boot = DURATION_S(3600);
	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(610));
	assert_int_equal(state_of(f), STATE_FAILED);
	assert_non_null(strstr(fixture_last(f, "server.failed"), "10 min"));
	assert_int_equal(f->process_count, 0);
	assert_int_equal(fixture_server(f, "survival")->status.want, WANT_DOWN);
}

static void
a_game_that_ignores_its_stop_is_ended(void **state)
{
	struct fixture *f = *state;

	wake(f);
	f->stubborn = true;
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(55));
	assert_int_equal(state_of(f), STATE_SETTLING);
	fixture_run(f, DURATION_S(10));
	assert_int_equal(state_of(f), STATE_ASLEEP);
	assert_int_equal(f->process_count, 0);
}

static void
a_join_while_it_settles_wakes_it_again(void **state)
{
	struct fixture *f = *state;

	wake(f);
	f->stubborn = true;
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(10));
	fixture_knock(f, "survival", 7);
	fixture_run(f, DURATION_S(1));
	assert_int_equal(state_of(f), STATE_SETTLING);
	f->stubborn = false;
	fixture_end(f);
	fixture_run(f, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(fixture_server(f, "survival")->status.epoch, 2);
}

static void
a_join_while_players_are_told_keeps_it_up(void **state)
{
	struct fixture *f = *state;

	wake(f);
	f->online = 1;
	fixture_run(f, DURATION_S(10));
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(1));
	assert_int_equal(fixture_server(f, "survival")->status.phase, PHASE_ANNOUNCING);
	assert_non_null(strstr(f->said, "say This server goes to sleep in 10 seconds."));
	fixture_knock(f, "survival", 7);
	fixture_run(f, DURATION_S(2));
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(fixture_server(f, "survival")->status.epoch, 1);
	assert_null(strstr(f->said, "stop"));
}

static void
nothing_is_done_or_told_while_the_disk_is_full(void **state)
{
	struct fixture *f = *state;
	const char *reason;
	size_t told = f->told;

	f->store_is_full = true;
	fixture_knock(f, "survival", 1);
	fixture_run(f, DURATION_S(120));
	assert_int_equal(state_of(f), STATE_ASLEEP);
	assert_int_equal(f->process_count, 0);
	assert_int_equal(f->told, told);
	assert_false(plane_is_durable(f->plane, &reason));
	assert_non_null(strstr(reason, "disk is full"));
	f->store_is_full = false;
	fixture_run(f, DURATION_S(60));
	assert_true(plane_is_durable(f->plane, &reason));
	assert_int_equal(state_of(f), STATE_READY);
}

static void
a_game_that_answers_no_more_is_lost_and_found(void **state)
{
	struct fixture *f = *state;

	wake(f);
	f->mute = true;
	fixture_run(f, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_LOST);
	assert_int_equal(fixture_count(f, "server.lost"), 1);
	assert_string_not_equal(fixture_server(f, "survival")->status.reason, "");
	f->mute = false;
	fixture_run(f, DURATION_S(10));
	assert_int_equal(state_of(f), STATE_READY);
	assert_string_equal(fixture_server(f, "survival")->status.reason, "");
}

static void
a_longest_duration_is_announced_and_kept(void **state)
{
	struct fixture *f = *state;

	fixture_declare(f, SURVIVAL(", \"max_duration\": \"30m\""));
	wake(f);
	f->online = 2;
	fixture_run(f, DURATION_S(14 * 60));
	assert_int_equal(fixture_count(f, "server.warned"), 0);
	fixture_run(f, DURATION_S(2 * 60));
	assert_int_equal(fixture_count(f, "server.warned"), 1);
	assert_non_null(strstr(f->said, "say This server goes to sleep in 15 minutes."));
	fixture_run(f, DURATION_S(13 * 60 + 30));
	assert_int_equal(fixture_count(f, "server.warned"), 3);
	assert_non_null(strstr(f->said, "say This server goes to sleep in 5 minutes."));
	assert_non_null(strstr(f->said, "say This server goes to sleep in 1 minute."));
	fixture_run(f, DURATION_S(90));
	assert_int_equal(state_of(f), STATE_ASLEEP);
	assert_non_null(strstr(fixture_last(f, "server.sleep_requested"), "max_duration"));
}

static void
too_few_players_are_warned_and_the_warnings_reset(void **state)
{
	struct fixture *f = *state;

	fixture_declare(f, SURVIVAL(", \"min_players\": 4, \"warning_every\": \"90s\""));
	wake(f);
	f->online = 3;
	fixture_run(f, DURATION_S(300 + 200));
	assert_int_equal(fixture_count(f, "server.warned"), 2);
	assert_non_null(strstr(f->said,
			       "say Warning 1 of 3: 3 of the 4 players this server needs "
			       "are on. With fewer than 4 it goes to sleep in 3 minutes.\n"));
	assert_non_null(strstr(f->said, "it goes to sleep in 90 seconds.\n"));
	f->online = 4;
	fixture_run(f, DURATION_S(60));
	f->said[0] = '\0';
	f->online = 1;
	fixture_run(f, DURATION_S(190));
	assert_int_equal(fixture_count(f, "server.warned"), 4);
	assert_non_null(strstr(f->said, "Warning 1 of 3: 1 of the 4"));
	assert_int_equal(state_of(f), STATE_READY);
	f->said[0] = '\0';
	fixture_run(f, DURATION_S(120));
	assert_non_null(strstr(f->said, "Warning 3 of 3: fewer than 4 players are on, so this "
					"server goes to sleep now.\n"));
	assert_int_equal(state_of(f), STATE_ASLEEP);
	assert_non_null(strstr(fixture_last(f, "server.sleep_requested"), "min_players"));
}

static void
a_server_that_needs_one_player_says_that_nobody_is_on(void **state)
{
	struct fixture *f = *state;

	fixture_declare(f, SURVIVAL(", \"min_players\": 1, \"warning_every\": \"90s\""));
	wake(f);
	fixture_run(f, DURATION_S(300 + 200));
	assert_non_null(strstr(f->said, "say Warning 1 of 3: nobody is on. Without a player this "
					"server goes to sleep in 3 minutes.\n"));
	fixture_run(f, DURATION_S(100));
	assert_non_null(strstr(f->said, "say Warning 3 of 3: nobody is on, so this server goes to "
					"sleep now.\n"));
}

static void
a_crash_begins_the_longest_duration_and_its_warnings_anew(void **state)
{
	struct fixture *f = *state;

	fixture_declare(f, SURVIVAL(", \"max_duration\": \"30m\""));
	wake(f);
	f->online = 2;
	fixture_run(f, DURATION_S(16 * 60));
	assert_int_equal(fixture_count(f, "server.warned"), 1);
	fixture_end(f);
	fixture_run(f, DURATION_S(10 * 60));
	assert_int_equal(fixture_count(f, "server.warned"), 1);
	fixture_run(f, DURATION_S(6 * 60));
	assert_int_equal(fixture_count(f, "server.warned"), 2);
	assert_non_null(strstr(fixture_last(f, "server.warned"), "15 minutes"));
}

static void
a_sleep_wish_while_waking_undoes_the_start(void **state)
{
	struct fixture *f = *state;

	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(5));
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(5));
	assert_int_equal(state_of(f), STATE_ASLEEP);
	assert_int_equal(f->process_count, 0);
	assert_int_equal(fixture_count(f, "server.failed"), 0);
}

static void
what_nobody_owns_is_reaped(void **state)
{
	struct fixture *f = *state;

	f->processes[f->process_count++] =
		(struct fixture_process){ .token = "01ORPHAN", .running = true };
	f->stubborn = true;
	fixture_run(f, DURATION_S(120));
	assert_int_equal(f->process_count, 0);
}

static void
only_a_server_at_rest_is_removed(void **state)
{
	struct fixture *f = *state;

	wake(f);
	assert_false(plane_remove(f->plane, "survival", "test"));
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(30));
	assert_true(plane_remove(f->plane, "survival", "test"));
	assert_null(plane_server(f->plane, "survival"));
	fixture_run(f, DURATION_S(1));
	assert_int_equal(f->table->server_count, 0);
	fixture_restart(f);
	assert_int_equal(plane_server_count(f->plane), 0);
}

static void
declaring_the_same_again_changes_nothing(void **state)
{
	struct fixture *f = *state;
	CLEANUP(json_freep) json_t *document = json_loads(survival, 0, NULL);
	struct spec_error error;
	struct server_spec *spec;

	assert_int_equal(spec_parse(document, "/srv", &error, 1, &spec), 0);
	assert_false(plane_declare(f->plane, spec, "test"));
	assert_int_equal(fixture_count(f, "server.declared"), 1);
}

static void
a_short_connection_is_no_player(void **state)
{
	struct fixture *f = *state;
	struct fact fact = { .kind = FACT_JOINED, .server = "survival" };

	wake(f);
	fact.as.player.connection = 9;
	(void)text_put(fact.as.player.player, sizeof fact.as.player.player, "Alex");
	fixture_note(f, &fact);
	fixture_run(f, DURATION_S(1));
	fact.kind = FACT_LEFT;
	fixture_note(f, &fact);
	fixture_run(f, DURATION_S(5));
	assert_int_equal(fixture_count(f, "player.joined"), 0);
	fact.kind = FACT_JOINED;
	fact.as.player.connection = 10;
	fixture_note(f, &fact);
	fixture_run(f, DURATION_S(3));
	assert_int_equal(fixture_count(f, "player.joined"), 1);
	assert_int_equal(fixture_server(f, "survival")->live.player_count, 1);
	fact.kind = FACT_LEFT;
	fixture_note(f, &fact);
	fixture_run(f, DURATION_S(1));
	assert_int_equal(fixture_server(f, "survival")->live.player_count, 0);
	fixture_run(f, DURATION_S(10));
	assert_int_equal(fixture_count(f, "player.left"), 1);
}

static void
a_run_is_written_down(void **state)
{
	struct fixture *f = *state;
	size_t runs = 0;

	wake(f);
	fixture_run(f, DURATION_S(600));
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(30));
	for (size_t i = 0; i < f->document_count; i++) {
		if (f->documents[i].kind != DOCUMENT_RUN)
			continue;
		runs++;
		assert_non_null(strstr(f->documents[i].body, "\"samples\":[{"));
		assert_null(strstr(f->documents[i].body, "\"ended_at\":null"));
	}
	assert_int_equal(runs, 1);
}

static size_t
count_runs(const struct fixture *f)
{
	size_t runs = 0;

	for (size_t i = 0; i < f->document_count; i++)
		runs += f->documents[i].kind == DOCUMENT_RUN && f->documents[i].body != NULL;
	return runs;
}

static void
runs_are_kept_up_to_a_limit_and_go_with_their_server(void **state)
{
	struct fixture *f = *state;

	f->boot = DURATION_S(0);
	for (unsigned i = 0; i < RUNS_KEPT_LIMIT + 3; i++) {
		fixture_wish(f, "survival", WANT_UP);
		fixture_run(f, DURATION_S(2));
		fixture_wish(f, "survival", WANT_DOWN);
		fixture_run(f, DURATION_S(3));
		assert_int_equal(state_of(f), STATE_ASLEEP);
	}
	assert_int_equal(count_runs(f), RUNS_KEPT_LIMIT);
	assert_true(plane_remove(f->plane, "survival", "test"));
	fixture_run(f, DURATION_S(1));
	assert_int_equal(count_runs(f), 0);
}

static void
a_new_address_is_for_the_next_start(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *moved = text_copy(survival);

	memcpy(strstr(moved, "25570"), "25599", 5);
	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(60));
	fixture_declare(f, moved);
	fixture_run(f, DURATION_S(60));
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(f->asked_port, 25570);
	assert_int_equal(f->table->servers[0].backend.port, 25570);
	fixture_restart(f);
	fixture_run(f, DURATION_S(60));
	assert_int_equal(f->asked_port, 25570);
	assert_int_equal(f->table->servers[0].backend.port, 25570);
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(120));
	assert_int_equal(f->table->servers[0].backend.port, 25599);
	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(60));
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(f->asked_port, 25599);
	assert_int_equal(fixture_count(f, "server.lost"), 0);
}

static void
a_game_started_again_within_a_run_is_where_it_is_declared_now(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *moved = text_copy(survival);

	memcpy(strstr(moved, "25570"), "25599", 5);
	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(60));
	fixture_declare(f, moved);
	fixture_end(f);
	fixture_run(f, DURATION_S(60));
	assert_int_equal(fixture_count(f, "server.crashed"), 1);
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(f->asked_port, 25599);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wish_wakes_a_server_and_a_wish_puts_it_to_sleep),
		TEST(a_knock_wakes_and_says_who),
		TEST(a_join_costs_one_commit_before_the_process_starts),
		TEST(two_wishes_at_once_make_one_run),
		TEST(a_server_with_wake_on_never_is_not_woken_by_a_knock),
		TEST(a_server_nobody_ever_joined_falls_asleep),
		TEST(a_server_with_a_player_does_not_fall_asleep),
		TEST(idleness_is_counted_on_after_a_restart_of_roost),
		TEST(a_new_run_inherits_neither_idleness_nor_warnings),
		TEST(a_running_server_is_found_again_after_a_restart),
		TEST(a_waking_server_still_wakes_after_a_restart_of_roost),
		TEST(a_crash_is_told_and_the_server_started_once_more),
		TEST(a_crash_long_after_another_is_the_first_again),
		TEST(how_long_a_start_took_is_counted_from_its_own_beginning),
		TEST(a_server_that_was_up_is_up_again_after_the_machine_restarted),
		TEST(a_waking_server_still_wakes_after_the_machine_restarted),
		TEST(a_settling_server_is_asleep_after_the_machine_restarted),
		TEST(a_game_without_a_console_is_stopped_by_a_signal),
		TEST(a_wanted_stop_is_not_a_crash),
		TEST(a_start_that_takes_too_long_fails_and_is_undone),
		TEST(a_game_that_ignores_its_stop_is_ended),
		TEST(a_join_while_it_settles_wakes_it_again),
		TEST(a_join_while_players_are_told_keeps_it_up),
		TEST(nothing_is_done_or_told_while_the_disk_is_full),
		TEST(a_game_that_answers_no_more_is_lost_and_found),
		TEST(a_longest_duration_is_announced_and_kept),
		TEST(too_few_players_are_warned_and_the_warnings_reset),
		TEST(a_server_that_needs_one_player_says_that_nobody_is_on),
		TEST(a_crash_begins_the_longest_duration_and_its_warnings_anew),
		TEST(a_sleep_wish_while_waking_undoes_the_start),
		TEST(what_nobody_owns_is_reaped),
		TEST(only_a_server_at_rest_is_removed),
		TEST(declaring_the_same_again_changes_nothing),
		TEST(a_short_connection_is_no_player),
		TEST(a_run_is_written_down),
		TEST(a_new_address_is_for_the_next_start),
		TEST(a_game_started_again_within_a_run_is_where_it_is_declared_now),
		TEST(runs_are_kept_up_to_a_limit_and_go_with_their_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
