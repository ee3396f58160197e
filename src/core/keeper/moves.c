/* SPDX-License-Identifier: Apache-2.0 */
/* The moves of the keeper: see the header. */

#include "keeper/moves.h"

#include <stdio.h>
#include <string.h>

#define RAN_WELL DURATION_S(600) /* ready for this long: earlier crashes are forgotten */

/* Telling. */

json_t *
move_tell(struct deciding *k, enum event_type type)
{
	json_t *data = json_object();

	ASSERT(k->d->telling_count < TELLINGS_LIMIT);
	k->d->tellings[k->d->telling_count++] = (struct telling){ type, data };
	return data;
}

void
move_put_text(json_t *data, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_set_text(data, key, text);
}

static void
tell_phase(struct deciding *k)
{
	json_t *data = move_tell(k, EVENT_SERVER_PHASE_CHANGED);

	json_set_text(data, "state", state_word(k->next->state));
	move_put_text(data, "phase", phase_word(k->next->phase));
	move_put_text(data, "run", k->next->run.id);
	move_put_text(data, "request_id", k->next->want_request);
}

void
move_tell_wish(struct deciding *k, enum event_type type)
{
	json_t *data = move_tell(k, type);

	move_put_text(data, "by", k->next->want_by);
	move_put_text(data, "cause", cause_word(k->next->want_cause));
	move_put_text(data, "request_id", k->next->want_request);
}

/* The one mover. */
void
move_become(struct deciding *k, enum state state, enum phase phase)
{
	struct server_status *n = k->next;

	ASSERT(state_may_become(n->state, state));
	if (n->state == state && n->phase == phase)
		return;
	if (n->state != state)
		n->since = k->s->now;
	n->phase_since = k->s->now;
	if (n->state == STATE_LOST && state != STATE_FAILED)
		n->reason[0] = '\0'; /* why it could not be reached */
	n->state = state;
	n->phase = phase;
	k->d->save = true;
	tell_phase(k);
}

void
move_want(struct deciding *k, enum want wanted, enum cause cause, const char *by)
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
start_at(struct deciding *k, unsigned step)
{
	flow_begin(&k->next->flow, k->provider->start, step, k->s->now,
		   instant_add(k->s->now, k->s->spec->policy.start_within));
	k->d->save = true;
	move_become(k, STATE_WAKING, flow_phase(&k->next->flow, k->provider->start));
}

static void
start(struct deciding *k)
{
	k->next->run.address = k->s->spec->address;
	k->next->run.proxy_protocol = k->s->spec->proxy_protocol;
	start_at(k, k->s->consented ? k->provider->start_consented : 0);
}

void
move_start_answering(struct deciding *k)
{
	start_at(k, k->provider->start_answering);
}

void
move_begin_run(struct deciding *k)
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
	move_become(k, STATE_WAKING, PHASE_REQUESTED);
	start(k);
}

static void
remember_usual(struct server_status *n, struct duration took)
{
	memmove(&n->usual_ms[1], &n->usual_ms[0], sizeof n->usual_ms - sizeof n->usual_ms[0]);
	n->usual_ms[0] = took.ms > 0 ? took.ms : 1;
}

void
move_ready(struct deciding *k)
{
	struct server_status *n = k->next;
	/* Of this waking: a run that crashed, or was called back from sleep, began long before. */
	struct duration took = instant_since(k->s->now, n->since);
	json_t *data;

	if (!instant_is_set(n->run.ready_at)) {
		n->run.ready_at = k->s->now;
		n->duration_warnings = 0; /* after a crash everything counts anew */
		n->player_warnings = 0;
		n->player_warned_at = NEVER;
		if (n->run.restarts == 0)
			remember_usual(n, instant_since(k->s->now, n->run.started_at));
	}
	n->empty_since = k->s->now;
	move_become(k, STATE_READY, PHASE_NONE);
	data = move_tell(k, EVENT_SERVER_READY);
	json_set_text(data, "run", n->run.id);
	json_set_integer(data, "took_ms", took.ms);
	move_put_text(data, "request_id", n->want_request);
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
		move_begin_run(k);
}

void
move_asleep(struct deciding *k)
{
	struct run run = k->next->run;
	json_t *data;

	k->next->reason[0] = '\0';
	end_run(k);
	move_become(k, STATE_ASLEEP, PHASE_NONE);
	data = move_tell(k, EVENT_SERVER_ASLEEP);
	move_put_text(data, "run", run.id);
	json_set_integer(data, "lasted_ms", instant_since(k->s->now, run.started_at).ms);
	if (k->next->want == WANT_DOWN)
		move_put_text(data, "request_id", k->next->want_request);
	wake_if_wanted(k);
}

void
move_stop(struct deciding *k, bool announce)
{
	const struct provider *p = k->provider;

	flow_begin(&k->next->flow, p->stop, announce ? p->stop_announce : p->stop_save, k->s->now,
		   NEVER);
	k->d->save = true;
	move_become(k, STATE_SETTLING, flow_phase(&k->next->flow, p->stop));
}

void
move_settle(struct deciding *k)
{
	const struct server_live *live = k->s->live;
	bool somebody = live->online > 0 || live->carried > 0;

	move_stop(k, k->next->state == STATE_READY && somebody && !k->next->want_now &&
			     provider_can_warn(k->s->spec));
}

void
move_cancel_start(struct deciding *k)
{
	if (k->next->flow.direction == FLOW_FORWARD)
		flow_turn(&k->next->flow, k->s->now, "It was told to sleep before it was ready.");
	k->d->save = true;
	if (k->next->flow.direction == FLOW_NONE)
		move_become(k, STATE_SETTLING, PHASE_RELEASING);
	else
		move_become(k, STATE_SETTLING, flow_phase(&k->next->flow, k->provider->start));
}

/* Failing. */

void
move_fail(struct deciding *k, enum phase phase, const char *reason)
{
	struct server_status *n = k->next;
	json_t *data;

	n->failed_phase = phase;
	(void)text_put(n->reason, sizeof n->reason, reason);
	move_want(k, WANT_DOWN, CAUSE_NONE, "");
	move_become(k, STATE_FAILED, PHASE_NONE);
	data = move_tell(k, EVENT_SERVER_FAILED);
	move_put_text(data, "phase", phase_word(phase));
	json_set_text(data, "reason", n->reason);
	move_put_text(data, "run", n->run.id);
	move_put_text(data, "tail", n->tail);
}

/* The process ended unasked. Returns whether it is to be started again. */
static bool
crashed(struct deciding *k, const struct process_answer *process)
{
	struct run *run = &k->next->run;
	char how[128];
	json_t *data;
	bool again;

	/* A crash on Monday and one on Friday are no reason to give up. */
	if (instant_is_set(run->ready_at) &&
	    instant_since(k->s->now, run->ready_at).ms >= RAN_WELL.ms)
		run->crashes = 0;
	again = run->crashes < k->s->spec->policy.restarts && k->next->want == WANT_UP;
	if (again)
		run->crashes++;
	process_ending(process, how, sizeof how);
	(void)text_put(k->next->tail, sizeof k->next->tail, process->tail);
	k->d->save = true;
	data = move_tell(k, EVENT_SERVER_CRASHED);
	json_set_text(data, "how", how);
	json_set_bool(data, "restarting", again);
	move_put_text(data, "run", k->next->run.id);
	move_put_text(data, "tail", k->next->tail);
	return again;
}

void
move_crashed(struct deciding *k, const struct process_answer *process)
{
	char how[128], reason[REASON_LIMIT + 1];
	bool again = crashed(k, process);

	k->next->run.ready_at = NEVER;
	flow_begin_undo(&k->next->flow, k->provider->start, k->provider->start_release, k->s->now,
			"it crashed");
	if (again) {
		move_become(k, STATE_WAKING, PHASE_REQUESTED);
		return;
	}
	process_ending(process, how, sizeof how);
	(void)snprintf(reason, sizeof reason, "The game %s%s", how,
		       k->next->run.crashes > 0 ? ", again after a restart." : ".");
	move_fail(k, PHASE_NONE, reason);
}

void
move_start_turned(struct deciding *k, const struct happening *h, enum phase phase)
{
	bool ended = h->process != NULL && h->process->is != PROCESS_RUNNING;
	char within[DURATION_TEXT_SIZE], reason[REASON_LIMIT + 1];

	k->d->save = true;
	if (ended && crashed(k, h->process)) {
		move_become(k, STATE_WAKING, PHASE_REQUESTED);
		return;
	}
	duration_text(k->s->spec->policy.start_within, within);
	(void)snprintf(reason, sizeof reason, "It was not ready within %s (start_within).", within);
	move_fail(k, phase, k->next->flow.reason[0] != '\0' ? k->next->flow.reason : reason);
}

static void
start_again(struct deciding *k)
{
	k->next->run.restarts++;
	start(k);
}

/* It failed to go down and now has: that is asleep, and no failure any more. */
static bool
is_going_down(enum phase failed_phase)
{
	return failed_phase >= PHASE_ANNOUNCING;
}

void
move_undone(struct deciding *k)
{
	switch (k->next->state) {
	case STATE_WAKING:
		start_again(k);
		break;
	case STATE_FAILED:
		if (is_going_down(k->next->failed_phase)) {
			move_asleep(k);
			break;
		}
		end_run(k);
		wake_if_wanted(k);
		break;
	case STATE_SETTLING:
		move_asleep(k);
		break;
	case STATE_ASLEEP:
	case STATE_READY:
	case STATE_LOST:
	case STATE_MAX:
		ASSERT(false);
	}
}
