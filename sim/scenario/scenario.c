/* SPDX-License-Identifier: Apache-2.0 */
/* The named scenarios. Each sets the faults it needs, and says what must be so. */

#include "scenario/scenario.h"

#include <string.h>

static void
expect(struct world *w, bool holds, const char *what)
{
	if (!holds)
		world_fail(w, "%s", what);
}

static enum state
state(const struct world *w)
{
	return w->servers[0].told_state;
}

static void
a_wish_wakes_and_a_wish_puts_to_sleep(struct world *w)
{
	run_for(w, 1000);
	player_sim_wish(w, 0, WANT_UP);
	run_for(w, 10000);
	expect(w, state(w) == STATE_READY, "it is not ready");
	player_sim_wish(w, 0, WANT_DOWN);
	run_for(w, 30000);
	expect(w, state(w) == STATE_ASLEEP, "it is not asleep");
	expect(w, provider_sim_alive(w, 0) == 0, "something runs");
}

/* A kill at each of the first turns of a wake: it still comes, once. */
static void
killed_in_each_turn_of_a_wake(struct world *w)
{
	for (unsigned turns = 0; turns < 25; turns++) {
		unsigned until;

		run_for(w, 1000);
		player_sim_wish(w, 0, WANT_UP);
		until = w->turns + turns;
		while (w->turns < until && w->failure[0] == '\0')
			world_step(w, w->now + 60000);
		if (w->plane != NULL)
			roost_kill(w);
		run_for(w, 21000);
		player_sim_wish(w, 0, WANT_UP);
		run_for(w, 30000);
		expect(w, state(w) == STATE_READY, "it is not ready");
		expect(w, provider_sim_alive(w, 0) == 1, "it does not run once");
		player_sim_wish(w, 0, WANT_DOWN);
		run_for(w, 60000);
		expect(w, state(w) == STATE_ASLEEP, "it is not asleep");
	}
}

/* kill -9 at every single call the plane makes on its way up and down again. */
static void
killed_at_each_call(struct world *w)
{
	for (unsigned calls = 1; calls < 70; calls++) {
		run_for(w, 1000);
		w->crash_in = calls;
		player_sim_wish(w, 0, WANT_UP);
		run_for(w, 4000);
		player_sim_wish(w, 0, WANT_DOWN);
		run_for(w, 30000);
		w->crash_in = 0;
		run_for(w,
			20000); /* it may have been killed just now, and what is wished then is not heard */
		player_sim_wish(w, 0, WANT_UP);
		run_for(w, 20000);
		expect(w, state(w) == STATE_READY, "it is not ready");
		expect(w, provider_sim_alive(w, 0) == 1, "it does not run once");
		player_sim_wish(w, 0, WANT_DOWN);
		run_for(w, 60000);
		expect(w, state(w) == STATE_ASLEEP, "it is not asleep");
	}
}

static void
a_start_that_lands_after_roost_died_is_reaped(struct world *w)
{
	run_for(w, 1000);
	player_sim_wish(w, 0, WANT_UP);
	while (provider_sim_alive(w, 0) == 0 && w->failure[0] == '\0')
		world_step(w, w->now + 60000);
	/* As if the record had been put back to before the wake: nobody owns what runs. */
	roost_kill(w);
	for (size_t i = 0; i < w->document_count; i++) {
		if (w->documents[i].kind == DOCUMENT_STATUS) {
			mem_free(w->documents[i].body);
			w->documents[i].body = NULL;
		}
	}
	w->servers[0].stored_run[0] = '\0';
	w->servers[0].stored_up = false;
	w->servers[0].want_known = false;
	w->servers[0].stored_state = w->servers[0].told_state = STATE_ASLEEP;
	run_for(w, 120000);
	expect(w, provider_sim_alive(w, 0) == 0, "it was not reaped");
}

static void
a_full_disk_delays_and_loses_nothing(struct world *w)
{
	run_for(w, 1000);
	w->faults.store_refuse = 1024;
	player_sim_wish(w, 0, WANT_UP);
	run_for(w, 60000);
	expect(w, provider_sim_alive(w, 0) == 0, "it was started and nothing stored");
	w->faults.store_refuse = 0;
	run_for(w, 30000);
	expect(w, state(w) == STATE_READY, "it is not ready");
}

static void
a_machine_that_restarts_brings_its_servers_up_again(struct world *w)
{
	struct sim_server *s = &w->servers[0];

	run_for(w, 1000);
	player_sim_wish(w, 0, WANT_UP);
	run_for(w, 10000);
	expect(w, state(w) == STATE_READY, "it is not ready");
	roost_machine(w);
	run_for(w, 40000);
	expect(w, s->crashes == 1, "no crash was told");
	expect(w, strstr(s->told_how, "the machine was restarted") != NULL, "the text is another");
	expect(w, state(w) == (s->policy.restarts > 0 ? STATE_READY : STATE_FAILED),
	       "it is not what its policy says");
	expect(w, provider_sim_alive(w, 0) == (s->policy.restarts > 0), "it does not run once");
}

static void
a_game_without_a_console_is_signalled_and_not_killed(struct world *w)
{
	w->faults.no_console = 1024;
	run_for(w, 1000);
	player_sim_wish(w, 0, WANT_UP);
	run_for(w, 10000);
	expect(w, state(w) == STATE_READY, "it is not ready");
	player_sim_wish(w, 0, WANT_DOWN);
	run_for(w, 10000);
	expect(w, state(w) == STATE_ASLEEP, "it is not asleep, within half of what it has");
}

/* Nothing but a wish puts it to sleep. Before the first turn, which declares it. */
static void
make_endless(struct world *w)
{
	CLEANUP(json_freep) json_t *document = json_loads(w->servers[0].json, 0, NULL);
	json_t *policy = json_object_get(document, "policy");

	json_set_text(policy, "idle_after", "0");
	json_set_text(policy, "max_duration", "0");
	json_set_integer(policy, "min_players", 0);
	mem_free(w->servers[0].json);
	w->servers[0].json = json_text(document);
}

/* Three days, through deaths of roost: each day is told once. */
static void
a_long_run_is_told_once_a_day(struct world *w)
{
	make_endless(w);
	run_for(w, 1000);
	player_sim_wish(w, 0, WANT_UP);
	for (unsigned i = 0; i < 19; i++) {
		run_for(w, 4 * 3600000);
		if (i % 3 == 1 && w->plane != NULL)
			roost_kill(w);
	}
	expect(w, state(w) == STATE_READY, "it is not ready");
	expect(w, w->servers[0].long_told == 3, "three days were not told three times");
}

/* And no run is forgotten that need not be; a kill now and then changes nothing about it. */
static void
the_newest_runs_are_kept(struct world *w)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < RUNS_KEPT_LIMIT + 8; i++) {
		run_for(w, 1000);
		player_sim_wish(w, 0, WANT_UP);
		run_for(w, 10000);
		expect(w, state(w) == STATE_READY, "it is not ready");
		if (i % 50 == 49) {
			roost_kill(w);
			run_for(w, 30000);
		}
		player_sim_wish(w, 0, WANT_DOWN);
		run_for(w, 30000);
		expect(w, state(w) == STATE_ASLEEP, "it is not asleep");
	}
	for (size_t i = 0; i < w->document_count; i++)
		kept += w->documents[i].kind == DOCUMENT_RUN && w->documents[i].body != NULL;
	expect(w, kept == RUNS_KEPT_LIMIT, "another number of runs is kept");
	expect(w, w->runs_pruned == 8, "another number of runs was forgotten");
}

const struct scenario scenarios[] = {
	{ "a wish wakes and a wish puts to sleep", a_wish_wakes_and_a_wish_puts_to_sleep },
	{ "killed in each turn of a wake", killed_in_each_turn_of_a_wake },
	{ "killed at each call of a wake and a sleep", killed_at_each_call },
	{ "a start that lands after roost died is reaped",
	  a_start_that_lands_after_roost_died_is_reaped },
	{ "a full disk delays and loses nothing", a_full_disk_delays_and_loses_nothing },
	{ "a machine that restarts brings its servers up again",
	  a_machine_that_restarts_brings_its_servers_up_again },
	{ "a game without a console is signalled and not killed",
	  a_game_without_a_console_is_signalled_and_not_killed },
	{ "the newest runs are kept", the_newest_runs_are_kept },
	{ "a long run is told once a day", a_long_run_is_told_once_a_day },
};

const size_t scenario_count = ELEMENTS(scenarios);

void
scenario_run(const struct scenario *scenario, bool trace, struct run_result *ret_result)
{
	static struct world w;

	run_begin_plain(&w, trace);
	scenario->play(&w);
	run_end(&w, ret_result);
}
