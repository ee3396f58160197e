/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policies. Everything they remember is in the status, so that a restart of
 * roost continues the same countdowns.
 */

#include "keeper/idle.h"

#include "base/mutant.h"

#define JOIN_SETTLES DURATION_S(2) /* a player who just went in may not be counted yet */

/* How long before the end players are warned, most distant first. */
static const struct duration duration_marks[] = { { 900000 }, { 300000 }, { 60000 } };

bool
policy_count_is_fresh(const struct server_live *live)
{
	if (MUTANT(SLEEP_ON_UNKNOWN))
		return true;
	return live->players_known && (!instant_is_set(live->joined_at) ||
				       live->asked_at.ms >= live->joined_at.ms + JOIN_SETTLES.ms);
}

static struct instant
after_grace(const struct situation *s)
{
	return instant_add(s->status->run.ready_at, s->spec->policy.grace);
}

static struct instant
later(struct instant a, struct instant b)
{
	return a.ms > b.ms ? a : b;
}

static struct instant
idle_at(const struct situation *s)
{
	const struct policy *policy = &s->spec->policy;
	struct instant from = s->status->empty_since;

	if (policy->idle_after.ms == 0)
		return NEVER;
	if (s->status->state == STATE_LOST)
		return instant_add(later(s->status->since, after_grace(s)), policy->idle_after);
	if (!instant_is_set(from) || s->live->held > 0)
		return NEVER;
	return instant_add(later(from, after_grace(s)), policy->idle_after);
}

static struct instant
duration_end(const struct situation *s)
{
	if (s->spec->policy.max_duration.ms == 0)
		return NEVER;
	return instant_add(s->status->run.ready_at, s->spec->policy.max_duration);
}

/* Marks that are not longer than the whole. */
static size_t
first_mark(const struct situation *s)
{
	size_t i = 0;

	while (i < ELEMENTS(duration_marks) &&
	       duration_marks[i].ms >= s->spec->policy.max_duration.ms)
		i++;
	return i;
}

static struct policy_verdict
judge_duration(const struct situation *s)
{
	struct instant end = duration_end(s);
	size_t first = first_mark(s), due = first;

	if (!instant_is_set(end))
		return (struct policy_verdict){ 0 };
	if (instant_reached(s->now, end))
		return (struct policy_verdict){ .says = POLICY_SLEEP, .cause = CAUSE_MAX_DURATION };
	while (due < ELEMENTS(duration_marks) && s->now.ms >= end.ms - duration_marks[due].ms)
		due++;
	if (due == first || due - first <= s->status->duration_warnings)
		return (struct policy_verdict){ 0 };
	return (struct policy_verdict){ .says = POLICY_WARN_DURATION,
					.cause = CAUSE_MAX_DURATION,
					.number = (unsigned)(due - first),
					.of = (unsigned)(ELEMENTS(duration_marks) - first),
					.left = instant_since(end, s->now) };
}

static struct instant
duration_due(const struct situation *s)
{
	struct instant end = duration_end(s);
	size_t mark = first_mark(s) + s->status->duration_warnings;

	if (!instant_is_set(end) || mark >= ELEMENTS(duration_marks))
		return end;
	return (struct instant){ end.ms - duration_marks[mark].ms };
}

static bool
is_short(const struct situation *s)
{
	return s->live->online < s->spec->policy.min_players;
}

static struct policy_verdict
judge_shortage(const struct situation *s)
{
	const struct policy *policy = &s->spec->policy;
	struct instant since = s->status->player_warned_at;
	unsigned given = s->status->player_warnings;

	if (policy->min_players == 0 || s->status->state != STATE_READY ||
	    !policy_count_is_fresh(s->live) || s->now.ms < after_grace(s).ms)
		return (struct policy_verdict){ 0 };
	if (!is_short(s))
		return (struct policy_verdict){ .says = instant_is_set(since) ? POLICY_ENOUGH
									      : POLICY_NOTHING };
	if (!instant_is_set(since))
		return (struct policy_verdict){ .says = POLICY_SHORT };
	if (given >= policy->warnings && given > 0)
		return (struct policy_verdict){ .says = POLICY_SLEEP, .cause = CAUSE_MIN_PLAYERS };
	if (!instant_reached(s->now, instant_add(since, policy->warning_every)))
		return (struct policy_verdict){ 0 };
	if (policy->warnings == 0)
		return (struct policy_verdict){ .says = POLICY_SLEEP, .cause = CAUSE_MIN_PLAYERS };
	return (struct policy_verdict){ .says = POLICY_WARN_SHORT,
					.cause = CAUSE_MIN_PLAYERS,
					.number = given + 1,
					.of = policy->warnings,
					.left = DURATION_MS(policy->warning_every.ms *
							    (policy->warnings - given - 1)) };
}

static struct instant
shortage_due(const struct situation *s)
{
	if (s->spec->policy.min_players == 0 || s->status->state != STATE_READY)
		return NEVER;
	if (s->now.ms < after_grace(s).ms)
		return after_grace(s);
	if (!instant_is_set(s->status->player_warned_at) || !policy_count_is_fresh(s->live))
		return NEVER;
	return instant_add(s->status->player_warned_at, s->spec->policy.warning_every);
}

static bool
is_up(const struct situation *s)
{
	return s->status->state == STATE_READY || s->status->state == STATE_LOST;
}

struct policy_verdict
policy_judge(const struct situation *s)
{
	struct policy_verdict verdict = { 0 };
	struct instant idle;

	if (!is_up(s))
		return verdict;
	verdict = judge_duration(s);
	if (verdict.says == POLICY_NOTHING)
		verdict = judge_shortage(s);
	if (verdict.says != POLICY_NOTHING)
		return verdict;
	idle = idle_at(s);
	if (!instant_reached(s->now, idle))
		return verdict;
	if (s->status->state == STATE_READY && !policy_count_is_fresh(s->live))
		return verdict;
	if (s->status->state == STATE_READY && s->live->online > 0)
		return verdict;
	return (struct policy_verdict){
		.says = POLICY_SLEEP,
		.cause = CAUSE_IDLE,
		.idle_for = instant_since(s->now, instant_is_set(s->status->empty_since)
							  ? s->status->empty_since
							  : s->status->since),
	};
}

struct instant
policy_due(const struct situation *s)
{
	struct instant idle;

	if (!is_up(s))
		return NEVER;
	idle = idle_at(s);
	/* Past it: only a fresh answer of the game can change anything, and that comes by itself. */
	if (instant_reached(s->now, idle))
		idle = NEVER;
	return instant_earlier(idle, instant_earlier(duration_due(s), shortage_due(s)));
}
