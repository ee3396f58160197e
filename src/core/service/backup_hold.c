/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A game that runs is brought to hold still: it saves no more by itself, has written
 * everything and said so. That its saving is held is on record before it is told so; whoever finds
 * that record with nobody at work lets it go again, until the game took it or its run is over.
 */

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "model/spec_backup.h"
#include "service/backup_state.h"

#define RESUME_EVERY DURATION_S(5)
#define LATE_LEAST \
	DURATION_S(30) /* behind a save that nobody heard the end of, no other is asked for */

static bool
take_answer(struct voice *v, enum voice_says says)
{
	if (!v->answered || v->says != says)
		return false;
	v->answered = false;
	return true;
}

static enum hold_is
say_save(struct lane *lane, const struct server *server, const struct backup_talk *talk,
	 struct instant now)
{
	if (talk->save == NULL)
		return HOLD_STILL;
	lane->hold_step = HOLD_SAVES;
	lane->saved = lane->listening = false;
	(void)text_put(lane->late_of, sizeof lane->late_of, lane->at_work->hold);
	lane->hold_until = instant_add(now, server->spec->backup.save_within);
	voice_say(lane, VOICE_SAVE, lane->at_work->hold, talk->save);
	return HOLD_GOES_ON;
}

static enum hold_is
begin(struct lane *lane, const struct server *server, const struct backup_talk *talk,
      struct instant now)
{
	if (!voice_is_free(&lane->voice))
		return HOLD_GOES_ON;
	if (talk->hold == NULL)
		return say_save(lane, server, talk, now);
	lane->hold_step = HOLD_HOLDS;
	voice_say(lane, VOICE_HOLD, lane->at_work->hold, talk->hold);
	return HOLD_GOES_ON;
}

static enum hold_is
holds(struct lane *lane, const struct server *server, const struct backup_talk *talk,
      struct instant now, char why[static REASON_LIMIT + 1])
{
	struct voice *v = &lane->voice;

	if (!take_answer(v, VOICE_HOLD))
		return HOLD_GOES_ON;
	if (v->result == REPLY_DONE)
		return say_save(lane, server, talk, now);
	if (v->result == REPLY_REFUSED)
		lane->at_work->hold[0] = '\0'; /* it did not happen */
	(void)snprintf(why, REASON_LIMIT + 1, "The game did not take \"%.60s\": %.140s", talk->hold,
		       v->reason);
	return HOLD_FAILED;
}

static enum hold_is
saves(struct lane *lane, const struct server *server, const struct backup_talk *talk,
      struct instant now, char why[static REASON_LIMIT + 1])
{
	struct voice *v = &lane->voice;
	char within[DURATION_TEXT_SIZE];

	if (take_answer(v, VOICE_SAVE) && v->result == REPLY_REFUSED) {
		(void)snprintf(why, REASON_LIMIT + 1, "The game did not take \"%.60s\": %.140s",
			       talk->save, v->reason);
		return HOLD_FAILED;
	}
	if ((lane->saved || MUTANT(BACKUP_UNSAVED)) && voice_is_free(v))
		return HOLD_STILL;
	if (!instant_reached(now, lane->hold_until))
		return HOLD_GOES_ON;
	duration_text(server->spec->backup.save_within, within);
	(void)snprintf(why, REASON_LIMIT + 1,
		       "The game did not say within %s (backup.save_within) that it had saved "
		       "everything.",
		       within);
	return HOLD_FAILED;
}

enum hold_is
still_decide(struct lane *lane, struct instant now, char why[static REASON_LIMIT + 1])
{
	const struct server *server = plane_server(lane->of->plane, lane->server);
	struct backup_talk talk;
	enum hold_is is = HOLD_GOES_ON;

	if (!spec_backup_talk(server->spec, &talk)) {
		(void)text_put(why, REASON_LIMIT + 1,
			       "Its declaration has no more commands that hold its saving.");
		return HOLD_FAILED;
	}
	switch (lane->hold_step) {
	case HOLD_BEGIN:
		is = begin(lane, server, &talk, now);
		break;
	case HOLD_HOLDS:
		is = holds(lane, server, &talk, now, why);
		break;
	case HOLD_SAVES:
		is = saves(lane, server, &talk, now, why);
		break;
	case HOLD_DONE:
		is = HOLD_STILL;
		break;
	}
	if (is == HOLD_STILL)
		lane->hold_step = HOLD_DONE;
	return is;
}

void
still_give_up(struct lane *lane)
{
	const struct server *server = plane_server(lane->of->plane, lane->server);
	struct duration late = LATE_LEAST;

	if (server != NULL && 2 * server->spec->backup.save_within.ms > late.ms)
		late.ms = 2 * server->spec->backup.save_within.ms;
	if (lane->hold_step == HOLD_SAVES && !lane->saved)
		lane->late_until = instant_add(plane_now(lane->of->plane), late);
	lane->hold_step = HOLD_DONE;
}

void
still_line(struct lane *lane, const char *line)
{
	const struct server *server;

	if (!lane->listening || lane->saved)
		return;
	server = plane_server(lane->of->plane, lane->server);
	if (server == NULL || !spec_backup_is_saved(server->spec, line))
		return;
	lane->saved = true;
	lane->listening = false;
	lane->late_until = NEVER;
	plane_wake_service(lane->of->plane, &lane->of->service);
}

/* Letting go. */

static struct item *
find_held(const struct lane *lane)
{
	for (size_t i = 0; i < lane->items.count; i++) {
		struct item *item = lane->items.items[i];
		bool is_needed =
			item == lane->at_work && item->why_stop[0] == '\0' &&
			(item->is.state == BACKUP_HOLDING || item->is.state == BACKUP_PACKING);

		if (item->hold[0] != '\0' && !is_needed)
			return item;
	}
	return NULL;
}

static bool
run_goes_on(const struct server *server, const char *token)
{
	char now[RUN_TOKEN_SIZE];

	if (server == NULL || server->status.run.id[0] == '\0')
		return false;
	run_token(&server->status.run, now);
	return strcmp(now, token) == 0;
}

/* Its process is known to be gone: what waits for an answer of it waits for nothing. */
static bool
has_ended(const struct server *server)
{
	const struct server_status *s = &server->status;

	return s->state == STATE_SETTLING &&
	       (s->phase == PHASE_BACKING_UP || s->phase == PHASE_RELEASING);
}

enum held_is
still_is_held(const struct lane *lane, const struct item *item)
{
	const struct server *server = plane_server(lane->of->plane, lane->server);

	if (item->hold[0] == '\0')
		return HELD_NO_MORE;
	return run_goes_on(server, item->hold) && !has_ended(server) ? HELD_STILL : HELD_BY_NOBODY;
}

/* Whether its game lived until the copy was made is for make_decide() to judge by the hold. */
static bool
is_to_be_judged(const struct item *item)
{
	return item->is.state == BACKUP_COMMITTING || item->is.state == BACKUP_VERIFYING;
}

void
still_resume(struct lane *lane, struct instant now)
{
	const struct server *server = plane_server(lane->of->plane, lane->server);
	struct item *item = find_held(lane);
	struct voice *v = &lane->voice;
	bool taken = take_answer(v, VOICE_RESUME) && v->result == REPLY_DONE;

	if (item == NULL)
		return;
	if (v->answered)
		v->answered = false; /* of a step that was given up */
	if (v->saying || v->to_say)
		return;
	if (!taken && MUTANT(BACKUP_HOLD_FORGOTTEN))
		taken = true;
	if (!taken && is_to_be_judged(item) && !run_goes_on(server, item->hold))
		return;
	if (taken || !run_goes_on(server, item->hold) || item->resume == NULL) {
		item->hold[0] = '\0';
		v->again_at = NEVER;
		item_put(lane, item);
		return;
	}
	if (instant_is_set(v->again_at) && !instant_reached(now, v->again_at))
		return;
	v->again_at = instant_add(now, RESUME_EVERY);
	voice_say(lane, VOICE_RESUME, item->hold, item->resume);
}

bool
still_may_hear_late(const struct lane *lane, struct instant now)
{
	return instant_is_set(lane->late_until) && !instant_reached(now, lane->late_until) &&
	       run_goes_on(plane_server(lane->of->plane, lane->server), lane->late_of);
}

struct instant
still_due(const struct lane *lane)
{
	struct instant due = voice_due(&lane->voice);

	if (lane->hold_step == HOLD_SAVES)
		due = instant_earlier(due, lane->hold_until);
	return due;
}
