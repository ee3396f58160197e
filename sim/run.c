/* SPDX-License-Identifier: Apache-2.0 */
/* The acts of a run: storm, calm, quiet. */

#include "run.h"

#include <string.h>

#include "backup_sim.h"
#include "push_sim.h"
#include "schedule_sim.h"
#include "session_sim.h"
#include "roster_sim.h"
#include "webhook_sim.h"

#define STORM_LEAST	 60000
#define STORM_MOST	 400000
#define CALM_BEFORE_WISH 40000
#define CALM_AFTER_WISH	 130000
#define QUIET		 420000
#define LOOK_EVERY	 10000
#define CATCH_UP \
	60000 /* webhooks are told of a server in order: one of 250 players after the other */
#define SETTLED_AFTER 1500000 /* pauses between tries may be long behind a storm */
#define DAYS	      (INT64_C(55) * 3600000)

bool
run_for(struct world *w, int64_t ms)
{
	int64_t until = w->now + ms;

	while (w->failure[0] == '\0' && world_step(w, until))
		;
	return w->failure[0] == '\0';
}

static bool
is_everything_asleep(const struct world *w)
{
	for (int i = 0; i < w->server_count; i++) {
		enum state state = w->servers[i].told_state;

		if ((state != STATE_ASLEEP && state != STATE_FAILED) ||
		    provider_sim_alive(w, i) > 0)
			return false;
	}
	return true;
}

static void
begin_calm(struct world *w)
{
	world_trace(w, "calm");
	w->calm = true;
	w->calm_at = w->now;
	if (w->schedules != NULL) {
		schedule_sim_calm(w);
		roost_birth(w); /* it may be dead for long */
	}
	provider_sim_calm(w);
	if (w->webhooks != NULL)
		webhook_sim_calm(w);
	if (w->backup != NULL)
		backup_sim_calm(w);
}

/* A wish in a calm comes true. */
static void
wish_and_see(struct world *w)
{
	unsigned before[SERVERS_MAX];
	bool wished[SERVERS_MAX];

	for (int i = 0; i < w->server_count; i++) {
		/* What is on its way up already may be one that never boots. */
		wished[i] =
			dice_below(&w->plan, 2) == 0 && w->servers[i].told_state != STATE_WAKING;
		before[i] = w->servers[i].readies;
		if (w->servers[i].told_state == STATE_READY)
			before[i]--;
		if (wished[i])
			player_sim_wish(w, i, WANT_UP);
	}
	if (!run_for(w, CALM_AFTER_WISH))
		return;
	for (int i = 0; i < w->server_count; i++) {
		if (wished[i] && w->servers[i].readies == before[i])
			world_fail(w, "s%d was wished up in a calm and did not come", i);
	}
	session_sim_in_calm(w);
	schedule_sim_in_calm(w);
}

static void
play(struct world *w)
{
	if (!run_for(w, dice_between(&w->plan, STORM_LEAST, STORM_MOST)))
		return;
	begin_calm(w);
	if (!run_for(w, CALM_BEFORE_WISH))
		return;
	wish_and_see(w);
	if (w->failure[0] != '\0')
		return;
	world_trace(w, "quiet");
	w->quiet = true;
	player_sim_go_home(w);
	for (int64_t passed = 0; passed < QUIET && !is_everything_asleep(w); passed += LOOK_EVERY) {
		if (!run_for(w, LOOK_EVERY))
			return;
	}
	invariants_after_calm(w);
	invariants_after_quiet(w);
	session_sim_at_end(w);
	if (w->webhooks != NULL && run_for(w, CATCH_UP))
		webhook_sim_after_quiet(w);
	if (w->push != NULL && w->failure[0] == '\0')
		push_sim_after_quiet(w);
	if (w->rosters != NULL && w->failure[0] == '\0')
		roster_sim_after_quiet(w);
	if (w->backup != NULL && run_for(w, SETTLED_AFTER)) {
		backup_check_after_quiet(w);
		if (run_for(w, DAYS))
			backup_check_after_days(w);
	}
}

void
run_end(struct world *w, struct run_result *ret_result)
{
	roost_end(w);
	*ret_result = (struct run_result){
		.hash = w->hash, .turns = w->turns, .crashes = w->crashes, .commits = w->commits
	};
	(void)text_put(ret_result->failure, sizeof ret_result->failure, w->failure);
	for (int i = 0; i < w->server_count; i++) {
		ret_result->readies += w->servers[i].readies;
		ret_result->fails += w->servers[i].fails;
	}
	world_deinit(w);
}

void
run_seed(uint64_t seed, bool trace, struct run_result *ret_result)
{
	static struct world w;

	world_init(&w, seed, trace);
	roost_birth(&w);
	play(&w);
	run_end(&w, ret_result);
}

void
run_begin_plain(struct world *w, bool trace)
{
	world_init(w, 1, trace);
	w->faults = (struct faults){ 0 };
	w->player_count = 0;
	w->heap_count = 0;
	for (; w->server_count > 1; w->server_count--)
		mem_free(w->servers[w->server_count - 1].json);
	roost_birth(w);
}
