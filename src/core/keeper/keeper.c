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
#include "provider/provider.h"

struct deciding {
	const struct situation *s;
	const struct provider *provider;
	struct decision *d;
	struct server_status *next;
};

/* Telling. */

static json_t *
tell(struct deciding *k, enum event_type type)
{
	json_t *data = json_object();

	ASSERT(k->d->telling_count < TELLINGS_LIMIT);
	k->d->tellings[k->d->telling_count++] = (struct telling){ type, data };
	return data;
}

static void
put_text(json_t *data, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_set_text(data, key, text);
}

static void
tell_phase(struct deciding *k)
{
	json_t *data = tell(k, EVENT_SERVER_PHASE_CHANGED);

	json_set_text(data, "state", state_word(k->next->state));
	put_text(data, "phase", phase_word(k->next->phase));
	put_text(data, "run", k->next->run.id);
	put_text(data, "request_id", k->next->want_request);
}

static void
tell_wish(struct deciding *k, enum event_type type)
{
	json_t *data = tell(k, type);

	put_text(data, "by", k->next->want_by);
	put_text(data, "cause", cause_word(k->next->want_cause));
	put_text(data, "request_id", k->next->want_request);
}

/* The one mover. */
static void
become(struct deciding *k, enum state state, enum phase phase)
{
	struct server_status *n = k->next;

	ASSERT(state_may_become(n->state, state));
	if (n->state == state && n->phase == phase)
		return;
	if (n->state != state)
		n->since = k->s->now;
	n->phase_since = k->s->now;
	n->state = state;
	n->phase = phase;
	k->d->save = true;
	tell_phase(k);
}

static void
want(struct deciding *k, enum want wanted, enum cause cause, const char *by)
{
	struct server_status *n = k->next;

	n->want = wanted;
	n->want_cause = cause;
	(void)text_put(n->want_by, sizeof n->want_by, by);
	n->want_request[0] = '\0';
	n->want_now = false;
	k->d->save = true;
}

/* Going up. */

static void
begin_start(struct deciding *k, unsigned step)
{
	flow_begin(&k->next->flow, k->provider->start, step, k->s->now,
		   instant_add(k->s->now, k->s->spec->policy.start_within));
	k->d->save = true;
	become(k, STATE_WAKING, flow_phase(&k->next->flow, k->provider->start));
}

static void
begin_run(struct deciding *k)
{
	struct server_status *n = k->next;

	n->run = (struct run){ .started_at = k->s->now, .cause = n->want_cause };
	(void)text_put(n->run.id, sizeof n->run.id, k->s->fresh_id);
	(void)text_put(n->run.by, sizeof n->run.by, n->want_by);
	n->epoch++;
	n->reason[0] = '\0';
	n->tail[0] = '\0';
	n->failed_phase = PHASE_NONE;
	n->empty_since = NEVER;
	n->idle_told = false;
	n->duration_warnings = 0;
	n->player_warnings = 0;
	n->player_warned_at = NEVER;
	k->d->began = true;
	become(k, STATE_WAKING, PHASE_REQUESTED);
	begin_start(k, 0);
}

static void
remember_usual(struct server_status *n, struct duration took)
{
	memmove(&n->usual_ms[1], &n->usual_ms[0], sizeof n->usual_ms - sizeof n->usual_ms[0]);
	n->usual_ms[0] = took.ms > 0 ? took.ms : 1;
}

static void
became_ready(struct deciding *k)
{
	struct server_status *n = k->next;
	struct duration took = instant_since(k->s->now, n->run.started_at);
	json_t *data;

	if (!instant_is_set(n->run.ready_at)) {
		n->run.ready_at = k->s->now;
		if (n->run.restarts == 0)
			remember_usual(n, took);
	}
	n->empty_since = k->s->now;
	become(k, STATE_READY, PHASE_NONE);
	data = tell(k, EVENT_SERVER_READY);
	json_set_text(data, "run", n->run.id);
	json_set_integer(data, "took_ms", took.ms);
	put_text(data, "request_id", n->want_request);
}

/* Going down. */

static void
end_run(struct deciding *k)
{
	k->d->ended = k->next->run;
	k->next->run = (struct run){ 0 };
	k->d->save = true;
}

static void
wake_if_wanted(struct deciding *k)
{
	if (k->next->want == WANT_UP)
		begin_run(k);
}

static void
fell_asleep(struct deciding *k)
{
	struct run run = k->next->run;
	json_t *data;

	k->next->reason[0] = '\0';
	end_run(k);
	become(k, STATE_ASLEEP, PHASE_NONE);
	data = tell(k, EVENT_SERVER_ASLEEP);
	put_text(data, "run", run.id);
	json_set_integer(data, "lasted_ms", instant_since(k->s->now, run.started_at).ms);
	if (k->next->want == WANT_DOWN)
		put_text(data, "request_id", k->next->want_request);
	wake_if_wanted(k);
}

static void
begin_stop(struct deciding *k, bool announce)
{
	const struct provider *p = k->provider;

	flow_begin(&k->next->flow, p->stop, announce ? p->stop_announce : p->stop_save, k->s->now,
		   NEVER);
	k->d->save = true;
	become(k, STATE_SETTLING, flow_phase(&k->next->flow, p->stop));
}

static void
settle(struct deciding *k)
{
	const struct server_live *live = k->s->live;
	bool somebody = live->online > 0 || live->carried > 0;

	begin_stop(k, k->next->state == STATE_READY && somebody && !k->next->want_now &&
			      provider_can_warn(k->s->spec));
}

static void
cancel_start(struct deciding *k)
{
	if (k->next->flow.direction == FLOW_FORWARD)
		flow_turn(&k->next->flow, k->s->now, "It was told to sleep before it was ready.");
	k->d->save = true;
	if (k->next->flow.direction == FLOW_NONE)
		become(k, STATE_SETTLING, PHASE_RELEASING);
	else
		become(k, STATE_SETTLING, flow_phase(&k->next->flow, k->provider->start));
}

/* Failing. */

static void
fail(struct deciding *k, enum phase phase, const char *reason)
{
	struct server_status *n = k->next;
	json_t *data;

	n->failed_phase = phase;
	(void)text_put(n->reason, sizeof n->reason, reason);
	want(k, WANT_DOWN, CAUSE_NONE, "");
	become(k, STATE_FAILED, PHASE_NONE);
	data = tell(k, EVENT_SERVER_FAILED);
	put_text(data, "phase", phase_word(phase));
	json_set_text(data, "reason", n->reason);
	put_text(data, "run", n->run.id);
	put_text(data, "tail", n->tail);
}

/* The process ended unasked. Returns whether it is to be started again. */
static bool
crashed(struct deciding *k, const struct process_answer *process)
{
	bool again =
		k->next->run.restarts < k->s->spec->policy.restarts && k->next->want == WANT_UP;
	char how[128] = "is gone, as after a restart of the machine";
	json_t *data;

	if (process->is == PROCESS_GONE)
		process_ending(process, how, sizeof how);
	(void)text_put(k->next->tail, sizeof k->next->tail, process->tail);
	k->d->save = true;
	data = tell(k, EVENT_SERVER_CRASHED);
	json_set_text(data, "how", how);
	json_set_bool(data, "restarting", again);
	put_text(data, "run", k->next->run.id);
	put_text(data, "tail", k->next->tail);
	return again;
}

static void
crashed_while_up(struct deciding *k, const struct process_answer *process)
{
	char how[128] = "is gone, as after a restart of the machine", reason[REASON_LIMIT + 1];
	bool again = crashed(k, process);

	k->next->run.ready_at = NEVER;
	flow_begin_undo(&k->next->flow, k->provider->start, k->provider->start_release, k->s->now,
			"it crashed");
	if (again) {
		become(k, STATE_WAKING, PHASE_REQUESTED);
		return;
	}
	if (process->is == PROCESS_GONE)
		process_ending(process, how, sizeof how);
	(void)snprintf(reason, sizeof reason, "The game %s%s", how,
		       k->next->run.restarts > 0 ? ", again after a restart." : ".");
	fail(k, PHASE_NONE, reason);
}

static void
start_turned(struct deciding *k, const struct happening *h, enum phase phase)
{
	bool ended = h->process != NULL && h->process->is != PROCESS_RUNNING;
	char within[DURATION_TEXT_SIZE], reason[REASON_LIMIT + 1];

	k->d->save = true;
	if (ended && crashed(k, h->process)) {
		become(k, STATE_WAKING, PHASE_REQUESTED);
		return;
	}
	duration_text(k->s->spec->policy.start_within, within);
	(void)snprintf(reason, sizeof reason, "It was not ready within %s (start_within).", within);
	fail(k, phase, k->next->flow.reason[0] != '\0' ? k->next->flow.reason : reason);
}

/* Happenings. */

static void
start_again(struct deciding *k)
{
	k->next->run.restarts++;
	begin_start(k, 0);
}

/* It failed to go down and now has: that is asleep, and no failure any more. */
static bool
is_going_down(enum phase failed_phase)
{
	return failed_phase >= PHASE_ANNOUNCING;
}

static void
undone(struct deciding *k)
{
	switch (k->next->state) {
	case STATE_WAKING:
		start_again(k);
		break;
	case STATE_FAILED:
		if (is_going_down(k->next->failed_phase)) {
			fell_asleep(k);
			break;
		}
		end_run(k);
		wake_if_wanted(k);
		break;
	case STATE_SETTLING:
		fell_asleep(k);
		break;
	case STATE_ASLEEP:
	case STATE_READY:
	case STATE_LOST:
	case STATE_MAX:
		ASSERT(false);
	}
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
			become(k, k->next->state, flow_phase(&k->next->flow, recipe));
		break;
	case FLOW_FINISHED:
		if (starting)
			became_ready(k);
		else
			fell_asleep(k);
		break;
	case FLOW_TURNED:
		start_turned(k, h, phase);
		if (k->next->flow.direction == FLOW_NONE)
			undone(k);
		break;
	case FLOW_UNDONE:
		undone(k);
		break;
	}
}

static void
take_wish(struct deciding *k, const struct happening *h)
{
	want(k, h->wish.want, h->wish.cause, h->wish.by);
	(void)text_put(k->next->want_request, sizeof k->next->want_request, h->wish.request_id);
	k->next->want_now = h->wish.now;
	tell_wish(k, h->wish.want == WANT_UP ? EVENT_SERVER_WAKE_REQUESTED
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
			begin_run(k);
		return;
	}
	if (MUTANT(REWAKE_FORGOTTEN) && k->next->state == STATE_SETTLING)
		return;
	take_wish(k, h);
	switch (k->next->state) {
	case STATE_ASLEEP:
		begin_run(k);
		break;
	case STATE_FAILED:
		if (k->next->flow.direction == FLOW_NONE)
			begin_run(k);
		break;
	case STATE_SETTLING:
		if (is_announcing(k))
			begin_start(k, k->provider->start_answering);
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
		cancel_start(k);
		break;
	case STATE_READY:
	case STATE_LOST:
		settle(k);
		break;
	case STATE_SETTLING:
		if (h->wish.now && is_announcing(k))
			begin_stop(k, false);
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
	bool up = k->next->state == STATE_READY || k->next->state == STATE_LOST;

	if (up && h->process->is != PROCESS_RUNNING)
		crashed_while_up(k, h->process);
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

static void
remember_last(struct deciding *k, const struct probe_answer *probe)
{
	struct server_status *n = k->next;

	if (n->last_max == probe->max && n->last_protocol == probe->protocol &&
	    strcmp(n->last_version, probe->version) == 0 && strcmp(n->last_motd, probe->motd) == 0)
		return;
	n->last_max = probe->max;
	n->last_protocol = probe->protocol;
	(void)text_put(n->last_version, sizeof n->last_version, probe->version);
	(void)text_put(n->last_motd, sizeof n->last_motd, probe->motd);
	k->d->save = true;
}

static void
on_time(struct deciding *k)
{
	struct server_status *n = k->next;
	struct situation now = *k->s;
	struct policy_verdict v;
	char left[DURATION_TEXT_SIZE];
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
		(void)snprintf(k->d->say, sizeof k->d->say,
			       "Fewer than %u players are on: warning %u of %u before this server "
			       "goes to sleep.",
			       k->s->spec->policy.min_players, v.number, v.of);
		break;
	case POLICY_WARN_DURATION:
		n->duration_warnings = v.number;
		duration_text(v.left, left);
		(void)snprintf(k->d->say, sizeof k->d->say, "This server goes to sleep in %s.",
			       left);
		break;
	case POLICY_SLEEP:
		if (v.cause == CAUSE_IDLE && !n->idle_told) {
			n->idle_told = true;
			json_set_integer(tell(k, EVENT_SERVER_IDLE), "idle_ms", v.idle_for.ms);
		}
		want(k, WANT_DOWN, v.cause, "policy");
		tell_wish(k, EVENT_SERVER_SLEEP_REQUESTED);
		settle(k);
		return;
	}
	k->d->save = true;
	data = tell(k, EVENT_SERVER_WARNED);
	json_set_text(data, "cause", cause_word(v.cause));
	json_set_text(data, "text", k->d->say);
	json_set_integer(data, "number", v.number);
	json_set_integer(data, "of", v.of);
}

static void
on_answered(struct deciding *k, const struct happening *h)
{
	if (k->next->state != STATE_READY && k->next->state != STATE_LOST)
		return;
	if (k->next->state == STATE_LOST) {
		become(k, STATE_READY, PHASE_NONE);
		json_set_text(tell(k, EVENT_SERVER_FOUND), "run", k->next->run.id);
	}
	count_players(k);
	remember_last(k, h->probe);
	on_time(k);
}

static void
on_silent(struct deciding *k, const struct happening *h)
{
	json_t *data;

	if (k->next->state != STATE_READY || h->silent < LOST_AFTER_SILENT)
		return;
	become(k, STATE_LOST, PHASE_NONE);
	data = tell(k, EVENT_SERVER_LOST);
	json_set_text(data, "reason", h->reason);
	put_text(data, "run", k->next->run.id);
}

/* An undo, or a stop, that does not come to an end: a human is told, and it goes on. */
static void
on_stuck(struct deciding *k)
{
	const struct recipe *recipe = provider_recipe(k->next->flow.recipe);
	enum want wanted = k->next->want;
	enum phase phase = flow_phase(&k->next->flow, recipe);

	k->next->flow.stuck_told = true;
	fail(k, phase,
	     "It does not come to an end and is still being tried; look at its process yourself.");
	k->next->want = wanted;
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
		if (flow_is_stuck(&s->status->flow, s->now))
			on_stuck(&k);
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
	struct instant stuck = NEVER;
	const struct flow *flow = &s->status->flow;

	if (flow->direction != FLOW_NONE && !flow->stuck_told && !instant_is_set(flow->deadline))
		stuck = instant_add(flow->step_since, FLOW_STUCK_AFTER);
	return instant_earlier(stuck, policy_due(s));
}
