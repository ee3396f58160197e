/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The game's own list as a witness of who plays. It is the weakest: vanilla names twelve at
 * most, hides whom it is told to, and answers from some seconds ago; plugins put lines of
 * their own there. So it is heard only where nothing better can be: of a game whose console
 * tells nothing of players, and of what may have been missed while roost was away.
 */

#include <string.h>

#include "base/mutant.h"
#include "keeper/plane_inside.h"

#define LIST_IS_OLD  DURATION_S(6) /* vanilla makes it anew each 5 s */
#define MISSED_LISTS 2		   /* whole lists without a player until he is off */
#define EMPTY_LISTS  4 /* answers that nobody is on, until that is so whoever says else */
#define ODD_LISTS    3 /* that name others than play, until the list is not believed */
#define ASK_AGAIN    DURATION_S(10)

/* Does it name everybody, and nothing that cannot be a player? */
static bool
is_whole(const struct probe_answer *probe)
{
	return probe->name_count == probe->online && !probe->odd_names;
}

static bool
is_named(const struct probe_answer *probe, const char *name)
{
	for (size_t i = 0; i < probe->name_count; i++) {
		if (strcmp(probe->names[i], name) == 0)
			return true;
	}
	return false;
}

/* Nothing was missed of a console that tells of players. */
static bool
console_knows(const struct kept *kept)
{
	return kept->console_tells && !kept->lines_missed && !MUTANT(LIST_IS_BELIEVED);
}

/* Of those a better witness has spoken for, and who were on for so long when it was asked: is one not named? */
static bool
leaves_out(const struct kept *kept, const struct probe_answer *probe, struct duration on_for)
{
	struct instant asked_at = kept->server.live.asked_at;

	for (size_t i = 0; i < kept->session_count; i++) {
		const struct session *s = &kept->sessions[i];

		if (!instant_is_set(s->left_at) && !s->unsure && s->by != WITNESS_LIST &&
		    (on_for.ms == 0 || asked_at.ms >= instant_add(s->since, on_for).ms) &&
		    !is_named(probe, s->name))
			return true;
	}
	return false;
}

/* Does it leave out somebody who is on, and name somebody who is not? */
static bool
is_odd(struct kept *kept, const struct probe_answer *probe)
{
	bool has_stranger = false;

	for (size_t i = 0; i < probe->name_count; i++)
		has_stranger = has_stranger || session_find(kept, probe->names[i], "") == NULL;
	return has_stranger && leaves_out(kept, probe, LIST_IS_OLD);
}

/* May what it says change anything? */
static bool
is_believed(struct kept *kept, const struct probe_answer *probe)
{
	bool odd = is_odd(kept, probe), lied = kept->list_lies;

	if (odd)
		kept->list_odd++;
	else
		kept->list_odd = 0;
	if (kept->list_odd >= ODD_LISTS)
		kept->list_lies = true;
	else if (!odd && probe->name_count > 0 && console_knows(kept))
		kept->list_lies = false;
	kept->sessions_changed = kept->sessions_changed || lied != kept->list_lies;
	return (!odd && !kept->list_lies) || MUTANT(LIST_IS_BELIEVED);
}

static void
check(struct plane *plane, struct kept *kept, struct session *s, bool named)
{
	struct instant asked_at = kept->server.live.asked_at;

	if (named) {
		if (!instant_is_set(s->left_at) ||
		    asked_at.ms > instant_add(s->left_at, LIST_IS_OLD).ms)
			session_stay(plane, kept, s);
		return;
	}
	if (instant_is_set(s->left_at) || s->by != WITNESS_LIST ||
	    asked_at.ms <= instant_add(s->sure_at, LIST_IS_OLD).ms)
		return;
	if (++s->missed >= MISSED_LISTS)
		session_leave(plane, kept, s, "no longer in the game's list");
}

/* A line of the console may be lost. That nobody at all is on is not said by mistake. */
static void
check_empty(struct plane *plane, struct kept *kept, const struct probe_answer *probe)
{
	struct instant asked_at = kept->server.live.asked_at;

	for (size_t i = 0; i < kept->session_count; i++) {
		struct session *s = &kept->sessions[i];

		if (probe->online > 0) {
			s->missed = 0;
			continue;
		}
		if (!instant_is_set(s->left_at) && s->connection == 0 &&
		    asked_at.ms > instant_add(s->sure_at, LIST_IS_OLD).ms &&
		    ++s->missed >= EMPTY_LISTS)
			session_leave(plane, kept, s, "the game says that nobody is on");
	}
}

/* Twice: a console that is about to be heard may know better. */
static void
enter_strangers(struct plane *plane, struct kept *kept, const struct probe_answer *probe)
{
	kept->list_strangers++;
	for (size_t i = 0; kept->list_strangers > 1 && i < probe->name_count; i++) {
		if (session_find(kept, probe->names[i], "") == NULL)
			session_enter(plane, kept, probe->names[i], WITNESS_LIST);
	}
}

bool
session_listed(struct plane *plane, struct kept *kept, const struct probe_answer *probe)
{
	bool whole = is_whole(probe), believed;

	if (!session_follow_run(plane, kept))
		return true;
	believed = is_believed(kept, probe);
	if (console_knows(kept)) {
		check_empty(plane, kept, probe);
		return false;
	}
	for (size_t i = 0; believed && i < kept->session_count; i++) {
		struct session *s = &kept->sessions[i];
		bool named = is_named(probe, s->name);

		if (named || whole)
			check(plane, kept, s, named);
	}
	if (believed && whole && !leaves_out(kept, probe, DURATION_S(0)))
		enter_strangers(plane, kept, probe);
	else
		kept->list_strangers = 0;
	return believed;
}

/*
 * Nobody was heard to leave, and the game counts as many as are thought to be on: they
 * are. A game that does not answer is asked on; its run ends if it never does.
 */
void
session_decide_unsure(struct plane *plane, struct kept *kept)
{
	const struct server_live *live = &kept->server.live;
	/* Of a game that is not asked, `online` is what is to be decided here. */
	unsigned told = spec_is_counted_by_lines(kept->server.spec) ? live->carried : live->online;
	bool has_room = told >= session_count_on(kept) || console_knows(kept);

	kept->unsure_until = NEVER;
	for (size_t i = 0; i < kept->session_count; i++) {
		struct session *s = &kept->sessions[i];

		if (!s->unsure || instant_is_set(s->left_at))
			continue;
		if (!live->players_known)
			kept->unsure_until = instant_add(plane->now, ASK_AGAIN);
		else if (has_room)
			session_stay(plane, kept, s);
		else
			session_leave(plane, kept, s, "not seen again since roost was restarted");
	}
}
