/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recipe engine. What makes it hard is not the walk but what may happen
 * between two steps: an answer lost, late or doubled, a crash, a change of
 * mind. Each rule in the header answers one of these.
 */

#include "flow/recipe.h"

#include <string.h>

#include "base/mutant.h"

/* A position is new: nothing of the old one's waiting holds. */
static void
arrive(struct flow *flow, struct instant now)
{
	flow->attempt = 0;
	flow->step_since = now;
	flow->again_at = NEVER;
	flow->stuck_told = false;
	flow->look = false;
	flow->refused = false;
	flow->saved = MUTANT(SEND_THEN_SAVE);
	flow->ticket = (struct ticket){ 0 };
	flow->asked_at = NEVER;
}

void
flow_begin(struct flow *flow, const struct recipe *recipe, unsigned step, struct instant now,
	   struct instant deadline)
{
	ASSERT(step < recipe->count);
	*flow = (struct flow){
		.direction = FLOW_FORWARD, .step = step, .started_at = now, .deadline = deadline
	};
	ASSERT(text_put(flow->recipe, sizeof flow->recipe, recipe->name));
	arrive(flow, now);
}

void
flow_begin_undo(struct flow *flow, const struct recipe *recipe, unsigned step, struct instant now,
		const char *reason)
{
	flow_begin(flow, recipe, step, now, NEVER);
	flow->direction = FLOW_UNDOING;
	(void)text_put(flow->reason, sizeof flow->reason, reason);
}

void
flow_turn(struct flow *flow, struct instant now, const char *reason)
{
	ASSERT(flow->direction == FLOW_FORWARD);
	flow->direction = FLOW_UNDOING;
	flow->deadline = NEVER;
	(void)text_put(flow->reason, sizeof flow->reason, reason);
	if (MUTANT(UNDO_COMPLETED_ONLY) && flow->step > 0)
		flow->step--;
	else if (MUTANT(UNDO_COMPLETED_ONLY))
		flow->direction = FLOW_NONE;
	arrive(flow, now);
}

void
flow_saved(struct flow *flow, struct instant now)
{
	int64_t late = now.ms - flow->step_since.ms;

	if (flow->direction == FLOW_NONE || flow->saved)
		return;
	flow->saved = true;
	if (late <= 0)
		return;
	flow->step_since = now;
	if (instant_is_set(flow->deadline))
		flow->deadline.ms += late;
}

static const struct flow_step *
current(const struct flow *flow, const struct recipe *recipe)
{
	ASSERT(flow->direction != FLOW_NONE && flow->step < recipe->count);
	return &recipe->steps[flow->step];
}

enum phase
flow_phase(const struct flow *flow, const struct recipe *recipe)
{
	const struct flow_step *step = current(flow, recipe);

	return flow->direction == FLOW_UNDOING ? step->undo_phase : step->phase;
}

static struct instant
step_deadline(const struct flow *flow, const struct recipe *recipe)
{
	const struct flow_step *step = current(flow, recipe);
	struct instant own = NEVER;

	if (flow->direction != FLOW_FORWARD)
		return NEVER;
	if (step->within.ms > 0)
		own = instant_add(flow->step_since, step->within);
	if (step->waits_for_others)
		return own;
	return instant_earlier(own, flow->deadline);
}

struct instant
flow_due(const struct flow *flow, const struct recipe *recipe)
{
	struct instant due;

	if (flow->direction == FLOW_NONE)
		return NEVER;
	due = step_deadline(flow, recipe);
	if (flow->ticket.v != 0)
		return instant_earlier(due, instant_add(flow->asked_at, FLOW_ANSWER_WITHIN));
	if (flow->saved)
		due = instant_earlier(due, instant_is_set(flow->again_at) ? flow->again_at
									  : flow->step_since);
	return due;
}

/* How long until the next try: patient where waiting is the work, backing off where it failed. */
static struct duration
back_off(const struct flow *flow, const struct recipe *recipe, bool unanswered)
{
	bool work = flow->direction == FLOW_FORWARD && !unanswered;
	int64_t delay = work ? current(flow, recipe)->every.ms : 50;
	unsigned doublings = work ? flow->attempt / 512 : flow->attempt;

	while (doublings-- > 0 && delay < FLOW_BACK_OFF_MAX.ms)
		delay *= 2;
	return DURATION_MS(delay < FLOW_BACK_OFF_MAX.ms ? delay : FLOW_BACK_OFF_MAX.ms);
}

static enum flow_outcome
again(struct flow *flow, const struct recipe *recipe, struct instant now, bool unanswered)
{
	flow->again_at = instant_add(now, back_off(flow, recipe, unanswered));
	if (flow->look)
		flow->again_at = now;
	flow->attempt++;
	return FLOW_WAITING;
}

static enum flow_outcome
next(struct flow *flow, const struct recipe *recipe, struct instant now)
{
	if (flow->direction == FLOW_FORWARD) {
		if (current(flow, recipe)->waits_for_others && instant_is_set(flow->deadline))
			flow->deadline.ms += now.ms - flow->step_since.ms;
		if (flow->step + 1 == recipe->count) {
			*flow = (struct flow){ 0 };
			return FLOW_FINISHED;
		}
		flow->step++;
	} else {
		while (flow->step > 0 && recipe->steps[flow->step - 1].undo == NULL)
			flow->step--;
		if (flow->step == 0) {
			*flow = (struct flow){ 0 };
			return FLOW_UNDONE;
		}
		flow->step--;
	}
	arrive(flow, now);
	return FLOW_MOVED;
}

enum flow_outcome
flow_tick(struct flow *flow, const struct recipe *recipe, struct instant now)
{
	if (flow->direction == FLOW_NONE)
		return FLOW_WAITING;
	if (instant_reached(now, step_deadline(flow, recipe))) {
		flow_turn(flow, now, "");
		return FLOW_TURNED;
	}
	if (flow->direction == FLOW_UNDOING && current(flow, recipe)->undo == NULL)
		return next(flow, recipe, now);
	if (flow->ticket.v != 0 &&
	    instant_reached(now, instant_add(flow->asked_at, FLOW_ANSWER_WITHIN))) {
		flow->ticket = (struct ticket){ 0 };
		if (MUTANT(TIMEOUT_IS_REFUSAL) && flow->direction == FLOW_FORWARD) {
			flow_turn(flow, now, "no answer");
			return FLOW_TURNED;
		}
		return again(flow, recipe, now, true);
	}
	return FLOW_WAITING;
}

bool
flow_may_ask(const struct flow *flow, const struct recipe *recipe, struct instant now)
{
	if (flow->direction == FLOW_NONE || !flow->saved || flow->ticket.v != 0)
		return false;
	if (flow->direction == FLOW_UNDOING && current(flow, recipe)->undo == NULL)
		return false;
	return !instant_is_set(flow->again_at) || now.ms >= flow->again_at.ms;
}

void
flow_ask(struct flow *flow, const struct recipe *recipe, struct flow_scene *scene,
	 struct ticket ticket)
{
	const struct flow_step *step = current(flow, recipe);

	ASSERT(flow_may_ask(flow, recipe, scene->now));
	flow->ticket = ticket;
	flow->asked_at = scene->now;
	flow->again_at = NEVER;
	scene->flow = flow;
	(flow->direction == FLOW_UNDOING ? step->undo : step->send)(scene, ticket);
}

static enum flow_outcome
undone_outcome(struct flow *flow, const struct recipe *recipe, struct instant now,
	       enum verdict verdict)
{
	if (verdict == VERDICT_NEXT || MUTANT(UNDO_GIVES_UP))
		return next(flow, recipe, now);
	return again(flow, recipe, now, false);
}

enum flow_outcome
flow_hear(struct flow *flow, const struct recipe *recipe, struct flow_scene *scene,
	  const struct reply *reply)
{
	const struct flow_step *step;
	char reason[REASON_LIMIT + 1] = "";
	enum verdict verdict;
	bool undoing = flow->direction == FLOW_UNDOING;

	if (flow->direction == FLOW_NONE || flow->ticket.v == 0 ||
	    (reply->ticket.v != flow->ticket.v && !MUTANT(STALE_TICKET)))
		return FLOW_WAITING;
	step = current(flow, recipe);
	flow->ticket = (struct ticket){ 0 };
	flow->refused = reply->result == REPLY_REFUSED;
	if (reply->result == REPLY_UNKNOWN) {
		if (MUTANT(TIMEOUT_IS_REFUSAL) && !undoing) {
			flow_turn(flow, scene->now, reply->reason);
			return FLOW_TURNED;
		}
		return again(flow, recipe, scene->now, true);
	}
	scene->flow = flow;
	verdict = (undoing ? step->undone : step->judge)(scene, reply, reason);
	flow->look = flow->look && reply->holds != REPLY_PROCESS && !step->waits_for_others;
	if (undoing)
		return undone_outcome(flow, recipe, scene->now, verdict);
	switch (verdict) {
	case VERDICT_NEXT:
		return next(flow, recipe, scene->now);
	case VERDICT_AGAIN:
		return again(flow, recipe, scene->now, false);
	case VERDICT_FAIL:
		break;
	}
	flow_turn(flow, scene->now, reason);
	return FLOW_TURNED;
}

void
flow_nudge(struct flow *flow)
{
	if (flow->direction == FLOW_NONE)
		return;
	flow->look = true;
	if (flow->ticket.v == 0)
		flow->again_at = NEVER;
}

struct instant
flow_stuck_at(const struct flow *flow, const struct recipe *recipe)
{
	if (flow->direction == FLOW_NONE || flow->stuck_told || instant_is_set(flow->deadline))
		return NEVER;
	if (flow->direction == FLOW_FORWARD && current(flow, recipe)->waits_for_others)
		return NEVER;
	return instant_add(flow->step_since, FLOW_STUCK_AFTER);
}
