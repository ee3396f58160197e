/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows from what. One function for each kind of happening, each a
 * switch over the states; one mover, which asserts that the table of states
 * allows the move. What makes it hard is that a wish may come in any state: it
 * is stored at once, and acted on when what is under way has come to its end.
 */

#include "keeper/keeper.h"

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "keeper/idle.h"
#include "keeper/moves.h"

#define DAY DURATION_S(86400)

static bool
is_up(const struct server_status *status)
{
	return status->state == STATE_READY || status->state == STATE_LOST;
}

static void
on_flow(struct deciding *k, const struct happening *h)
{
	const struct recipe *recipe;
	bool starting = text_equal(k->s->status->flow.recipe, k->provider->start->name);
	enum phase phase = k->s->status->phase;

	k->next->flow = *h->moved;
	k->d->save = k->d->save || h->flow != FLOW_WAITING;
	switch (h->flow) {
	case FLOW_WAITING:
		break;
	case FLOW_MOVED:
		recipe = provider_recipe(k->next->flow.recipe);
		if (k->next->state != STATE_FAILED &&
		    (k->next->state != STATE_WAKING || h->moved->direction == FLOW_FORWARD))
			move_become(k, k->next->state, flow_phase(&k->next->flow, recipe));
		break;
	case FLOW_FINISHED:
		if (starting)
			move_ready(k);
		else
			move_asleep(k);
		break;
	case FLOW_TURNED:
		move_start_turned(k, h, phase);
		if (k->next->flow.direction == FLOW_NONE)
			move_undone(k);
		break;
	case FLOW_UNDONE:
		move_undone(k);
		break;
	}
}

static void
take_wish(struct deciding *k, const struct happening *h)
{
	move_want(k, h->wish.want, h->wish.cause, h->wish.by);
	(void)text_put(k->next->want_request, sizeof k->next->want_request, h->wish.request_id);
	k->next->want_now = h->wish.now;
	move_tell_wish(k, h->wish.want == WANT_UP ? EVENT_SERVER_WAKE_REQUESTED
						  : EVENT_SERVER_SLEEP_REQUESTED);
}

static bool
is_announcing(const struct deciding *k)
{
	const struct flow *flow = &k->next->flow;

	return flow->direction == FLOW_FORWARD && flow->step == k->provider->stop_announce &&
	       text_equal(flow->recipe, k->provider->stop->name);
}

static void
on_wish_up(struct deciding *k, const struct happening *h)
{
	if (h->wish.cause == CAUSE_JOIN && k->s->spec->policy.wake_on == WAKE_ON_NEVER)
		return;
	if (k->next->want == WANT_UP) {
		if (MUTANT(TWO_RUNS) && k->next->state == STATE_WAKING)
			move_begin_run(k);
		return;
	}
	if (MUTANT(REWAKE_FORGOTTEN) && k->next->state == STATE_SETTLING)
		return;
	take_wish(k, h);
	switch (k->next->state) {
	case STATE_ASLEEP:
		move_begin_run(k);
		break;
	case STATE_FAILED:
		if (k->next->flow.direction == FLOW_NONE)
			move_begin_run(k);
		break;
	case STATE_SETTLING:
		if (is_announcing(k))
			move_start_answering(k);
		break;
	case STATE_WAKING:
	case STATE_READY:
	case STATE_LOST:
		break;
	case STATE_MAX:
		ASSERT(false);
	}
}

static void
on_wish_down(struct deciding *k, const struct happening *h)
{
	bool hurry = h->wish.now && !k->next->want_now;

	if (k->next->want == WANT_DOWN && !(hurry && is_announcing(k)))
		return;
	take_wish(k, h);
	switch (k->next->state) {
	case STATE_WAKING:
		move_cancel_start(k);
		break;
	case STATE_READY:
	case STATE_LOST:
		move_settle(k);
		break;
	case STATE_SETTLING:
		if (h->wish.now && is_announcing(k))
			move_stop(k, false);
		break;
	case STATE_ASLEEP:
	case STATE_FAILED:
		break;
	case STATE_MAX:
		ASSERT(false);
	}
}

static void
on_looked(struct deciding *k, const struct happening *h)
{
	if (is_up(k->next) && h->process->is != PROCESS_RUNNING)
		move_crashed(k, h->process);
}

static void
count_players(struct deciding *k)
{
	struct server_status *n = k->next;
	bool empty = k->s->live->online == 0;

	if (empty == instant_is_set(n->empty_since) && !MUTANT(IDLE_IN_MEMORY))
		return;
	n->empty_since = empty ? k->s->now : NEVER;
	n->idle_told = false;
	k->d->save = true;
}

/* What the game said of itself, for when it sleeps. A MOTD that changes with every answer is kept
   once a run, or each of them would cost a commit. */
static void
remember_last(struct deciding *k, const struct happening *h)
{
	const struct probe_answer *probe = h->probe;
	struct server_status *n = k->next;
	bool new_motd = h->first && strcmp(n->last_motd, probe->motd) != 0;

	if (n->last_max == probe->max && n->last_protocol == probe->protocol &&
	    strcmp(n->last_version, probe->version) == 0 && !new_motd)
		return;
	n->last_max = probe->max;
	n->last_protocol = probe->protocol;
	(void)text_put(n->last_version, sizeof n->last_version, probe->version);
	(void)text_put(n->last_motd, sizeof n->last_motd, probe->motd);
	k->d->save = true;
}

static void
say_short(struct deciding *k, const struct policy_verdict *v)
{
	unsigned least = k->s->spec->policy.min_players;
	char left[DURATION_WORDS_SIZE], *say = k->d->say;
	size_t size = sizeof k->d->say;

	duration_words(v->left, left);
	if (least == 1 && v->number < v->of)
		(void)snprintf(say, size,
			       "Warning %u of %u: nobody is on. Without a player this server goes "
			       "to sleep in %s.",
			       v->number, v->of, left);
	else if (least == 1)
		(void)snprintf(say, size,
			       "Warning %u of %u: nobody is on, so this server goes to sleep now.",
			       v->number, v->of);
	else if (v->number < v->of)
		(void)snprintf(say, size,
			       "Warning %u of %u: %u of the %u players this server needs are on. "
			       "With fewer than %u it goes to sleep in %s.",
			       v->number, v->of, k->s->live->online, least, least, left);
	else
		(void)snprintf(say, size,
			       "Warning %u of %u: fewer than %u players are on, so this server "
			       "goes to sleep now.",
			       v->number, v->of, least);
}

static void
on_time(struct deciding *k)
{
	struct server_status *n = k->next;
	struct situation now = *k->s;
	struct policy_verdict v;
	char left[DURATION_WORDS_SIZE];
	json_t *data;

	now.status = n;
	v = policy_judge(&now);
	switch (v.says) {
	case POLICY_NOTHING:
		return;
	case POLICY_SHORT:
	case POLICY_ENOUGH:
		n->player_warned_at = v.says == POLICY_SHORT ? k->s->now : NEVER;
		n->player_warnings = 0;
		k->d->save = true;
		return;
	case POLICY_WARN_SHORT:
		n->player_warnings = v.number;
		n->player_warned_at = k->s->now;
		say_short(k, &v);
		break;
	case POLICY_WARN_DURATION:
		n->duration_warnings = v.number;
		duration_words(v.left, left);
		(void)snprintf(k->d->say, sizeof k->d->say, "This server goes to sleep in %s.",
			       left);
		break;
	case POLICY_SLEEP:
		if (v.cause == CAUSE_IDLE && !n->idle_told) {
			n->idle_told = true;
			json_set_integer(move_tell(k, EVENT_SERVER_IDLE), "idle_ms", v.idle_for.ms);
		}
		move_want(k, WANT_DOWN, v.cause, "policy");
		move_tell_wish(k, EVENT_SERVER_SLEEP_REQUESTED);
		move_settle(k);
		return;
	}
	k->d->save = true;
	data = move_tell(k, EVENT_SERVER_WARNED);
	json_set_text(data, "cause", cause_word(v.cause));
	json_set_text(data, "text", k->d->say);
	json_set_integer(data, "number", v.number);
	json_set_integer(data, "of", v.of);
}

/* Once for each whole day of a run; days that passed while roost was down are told as one. */
static void
tell_long_run(struct deciding *k)
{
	struct run *run = &k->next->run;
	int64_t days = instant_since(k->s->now, run->started_at).ms / DAY.ms;
	json_t *data;

	if (!is_up(k->next) || days <= (int64_t)run->days_told)
		return;
	run->days_told = (unsigned)days;
	k->d->save = true;
	data = move_tell(k, EVENT_SERVER_RUNNING_LONG);
	json_set_text(data, "run", run->id);
	json_set_integer(data, "days", days);
}

static void
on_answered(struct deciding *k, const struct happening *h)
{
	if (!is_up(k->next))
		return;
	if (k->next->state == STATE_LOST) {
		move_become(k, STATE_READY, PHASE_NONE);
		json_set_text(move_tell(k, EVENT_SERVER_FOUND), "run", k->next->run.id);
	}
	count_players(k);
	remember_last(k, h);
}

static void
on_silent(struct deciding *k, const struct happening *h)
{
	json_t *data;

	if (k->next->state != STATE_READY || h->silent < LOST_AFTER_SILENT)
		return;
	move_become(k, STATE_LOST, PHASE_NONE);
	(void)text_put(k->next->reason, sizeof k->next->reason, h->reason);
	data = move_tell(k, EVENT_SERVER_LOST);
	json_set_text(data, "reason", h->reason);
	move_put_text(data, "run", k->next->run.id);
}

/* An undo, or a stop, that does not come to an end: a human is told, and it goes on. */
static void
on_stuck(struct deciding *k)
{
	const struct recipe *recipe = provider_recipe(k->next->flow.recipe);
	enum want wanted = k->next->want;
	enum phase phase = flow_phase(&k->next->flow, recipe);

	k->next->flow.stuck_told = true;
	move_fail(k, phase,
		  "It does not come to an end and is still being tried; look at its process "
		  "yourself.");
	k->next->want = wanted;
}

static struct instant
stuck_at(const struct server_status *status)
{
	if (status->flow.direction == FLOW_NONE)
		return NEVER;
	return flow_stuck_at(&status->flow, provider_recipe(status->flow.recipe));
}

void
keeper_decide(const struct situation *s, const struct happening *h, struct decision *ret_decision)
{
	struct deciding k = { s, provider_get(s->spec->provider), ret_decision,
			      &ret_decision->next };

	ret_decision->next = *s->status;
	ret_decision->save = false;
	ret_decision->telling_count = 0;
	ret_decision->say[0] = '\0';
	ret_decision->began = false;
	ret_decision->ended.id[0] = '\0';
	switch (h->kind) {
	case HAPPENED_WISH:
		if (h->wish.want == WANT_UP)
			on_wish_up(&k, h);
		else
			on_wish_down(&k, h);
		break;
	case HAPPENED_FLOW:
		on_flow(&k, h);
		break;
	case HAPPENED_LOOKED:
		on_looked(&k, h);
		break;
	case HAPPENED_ANSWERED:
		on_answered(&k, h);
		break;
	case HAPPENED_SILENT:
		on_silent(&k, h);
		break;
	case HAPPENED_TIME:
		if (instant_reached(s->now, stuck_at(s->status)))
			on_stuck(&k);
		tell_long_run(&k);
		on_time(&k);
		break;
	case HAPPENED_MAX:
		ASSERT(false);
	}
}

void
decision_deinit(struct decision *decision)
{
	for (size_t i = 0; i < decision->telling_count; i++)
		json_decref(decision->tellings[i].data);
	decision->telling_count = 0;
}

struct instant
keeper_due(const struct situation *s)
{
	struct instant stuck = stuck_at(s->status), day = NEVER;
	const struct run *run = &s->status->run;

	if (is_up(s->status))
		day = instant_add(run->started_at,
				  DURATION_MS(DAY.ms * ((int64_t)run->days_told + 1)));
	return instant_earlier(instant_earlier(stuck, day), policy_due(s));
}
