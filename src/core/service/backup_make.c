/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of one backup: hold, pack, commit, verify. Hard is what comes between: the game
 * ends or somebody wants it, roost dies, the store says nothing. Each ends in one of three
 * ways: it goes on, it is begun again under a fresh name, or it has failed and says why.
 */

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "model/spec_backup.h"
#include "service/backup_state.h"

#define STEP_AGAIN    DURATION_S(10)
#define STEP_TRIES    3
#define LOOK_EVERY    DURATION_S(15) /* has the server come to rest? not all of it is told */
#define BEGUN_MOST    10	     /* what nobody waits for is begun no more often */
#define BACK_OFF_MOST 600000

static void
tell(struct lane *lane, const struct item *item, enum event_type type, json_t *data)
{
	if (item->is.kind != BACKUP_FOUND)
		plane_tell(lane->of->plane, type, lane->server, data);
	else
		json_decref(data);
}

/* What is in the store of this try is to be removed, sooner or later. */
static void
leave_archive(struct item *item)
{
	if (item->is.archive[0] != '\0' && item->is.kind != BACKUP_FOUND &&
	    item->leftover_count < ELEMENTS(item->leftovers))
		(void)text_put(item->leftovers[item->leftover_count++], ID_TEXT_SIZE,
			       item->is.archive);
	if (item->is.kind != BACKUP_FOUND)
		item->is.archive[0] = '\0';
}

static void
leave_work(struct lane *lane, struct item *item)
{
	if (lane->at_work != item)
		return;
	order_end(&lane->order);
	mem_free(item->manifest);
	item->manifest = NULL;
	item->why_stop[0] = '\0';
	item->stop_for_good = false;
	item->tries = 0;
	lane->at_work = NULL;
	still_give_up(lane);
}

/* Ends without having come to anything. */

void
item_drop(struct lane *lane, struct item *item, const char *why)
{
	json_t *data;

	if (item->told) {
		data = item_event(item);
		json_set_text(data, "reason", why);
		tell(lane, item, EVENT_BACKUP_CANCELLED, data);
	}
	leave_work(lane, item);
	leave_archive(item);
	item->told = false;
	item->is.state = BACKUP_REMOVING;
	item->again_at = NEVER;
	(void)text_put(item->is.reason, sizeof item->is.reason, why);
	item_put(lane, item);
}

static void
tell_failed(struct lane *lane, const struct item *item, const char *why, bool retrying)
{
	json_t *data = item_event(item);

	json_set_text(data, "reason", why);
	json_set_bool(data, "retrying", retrying);
	json_set_bool(data, "released", item->is.released);
	plane_tell(lane->of->plane, EVENT_BACKUP_FAILED, lane->server, data);
}

void
item_fail(struct lane *lane, struct item *item, const char *why)
{
	char reason[REASON_LIMIT + 1];

	(void)text_put(reason, sizeof reason, why);
	leave_work(lane, item);
	leave_archive(item);
	item->is.state = BACKUP_FAILED;
	item->is.ended_at = plane_now(lane->of->plane);
	item->again_at = NEVER;
	(void)text_put(item->is.reason, sizeof item->is.reason, reason);
	tell_failed(lane, item, reason, false);
	item_put(lane, item);
}

/* Back to where it waits, to be begun again. */
static void
retreat(struct lane *lane, struct item *item, struct instant again_at, const char *why)
{
	char reason[REASON_LIMIT + 1];

	(void)text_put(reason, sizeof reason, why);
	leave_work(lane, item);
	leave_archive(item);
	item->is.state = BACKUP_WAITING;
	item->again_at = again_at;
	(void)text_put(item->is.reason, sizeof item->is.reason, reason);
	if (item->is.kind != BACKUP_SLEEP && item->is.attempts >= BEGUN_MOST)
		item_fail(lane, item, reason);
	else
		item_put(lane, item);
}

/* A try has failed. A sleep waits, so it is tried again, and people are told once. */
static void
fail_try(struct lane *lane, struct item *item, const char *why)
{
	int64_t delay = 5000;
	struct instant again_at;

	if (item->is.kind != BACKUP_SLEEP) {
		item_fail(lane, item, why);
		return;
	}
	for (unsigned i = 1; i < item->is.attempts && delay < BACK_OFF_MOST; i++)
		delay *= 2;
	again_at = instant_add(plane_now(lane->of->plane),
			       DURATION_MS(delay < BACK_OFF_MOST ? delay : BACK_OFF_MOST));
	if (!item->alerted)
		tell_failed(lane, item, why, true);
	item->alerted = true;
	retreat(lane, item, again_at, why);
}

void
make_stop(struct item *item, bool for_good, const char *why)
{
	if (item->why_stop[0] == '\0')
		(void)text_put(item->why_stop, sizeof item->why_stop, why);
	item->stop_for_good = item->stop_for_good || for_good;
}

/* What was under way has ended because it was to. */
static void
stopped(struct lane *lane, struct item *item)
{
	char why[REASON_LIMIT + 1];

	(void)text_put(why, sizeof why, item->why_stop);
	if (item->is.released)
		item_fail(lane, item, why);
	else if (item->stop_for_good)
		item_drop(lane, item, why);
	else
		retreat(lane, item, NEVER, why);
}

/* Steps */

static struct order *
order_for(struct lane *lane, const struct item *item, enum order_kind what)
{
	struct order *order = &lane->order;

	order_begin(order, what);
	(void)text_put(order->store, sizeof order->store, item->is.store);
	house_put_name(order, lane->server, item->is.archive);
	return order;
}

static void
begin_pack(struct lane *lane, struct item *item, const struct server_spec *spec, struct instant now)
{
	struct order *order = order_for(lane, item, ORDER_PACK);

	item->is.state = BACKUP_PACKING;
	item->is.packed_at = now;
	order->root = text_copy(spec->local.directory);
	order->paths = item->is.paths != NULL ? texts_copy(item->is.paths) : NULL;
	(void)text_put(order->server, sizeof order->server, lane->server);
	order->game = spec->game;
	order->made = now;
	item_put(lane, item);
}

static void
begin_verify(struct lane *lane, struct item *item)
{
	item->is.state = BACKUP_VERIFYING;
	item->tries = 0;
	(void)order_for(lane, item, ORDER_VERIFY);
	item_put(lane, item);
}

static void
take_facts(struct item *item, const struct archive_answer *a)
{
	item->is.files = a->files;
	item->is.bytes = a->bytes;
	item->is.size = a->size;
	item->is.changed = (unsigned)a->changed_count;
	item->is.missed = (unsigned)a->missed_count;
	(void)text_put(item->is.missed_first, sizeof item->is.missed_first, a->missed_first);
	(void)text_put(item->is.sha256, sizeof item->is.sha256, a->sha256);
	if (!instant_is_set(item->is.packed_at))
		item->is.packed_at = a->made;
}

static void
become_good(struct lane *lane, struct item *item, struct instant now)
{
	json_t *data = item_event(item);

	leave_work(lane, item);
	item->is.state = BACKUP_GOOD;
	item->is.ended_at = item->is.checked_at = now;
	item->is.reason[0] = '\0';
	json_set_integer(data, "files", (int64_t)item->is.files);
	json_set_integer(data, "bytes", (int64_t)item->is.bytes);
	json_set_integer(data, "size", (int64_t)item->is.size);
	json_set_integer(data, "missed", item->is.missed);
	json_set_integer(data, "took_ms", instant_since(now, item->is.made).ms);
	tell(lane, item, EVENT_BACKUP_FINISHED, data);
	item_put(lane, item);
	house_retention(lane);
}

/* Is this still the run whose world is copied online, and on? */
static bool
is_run_on(const struct lane *lane, const struct item *item)
{
	const struct server *server = plane_server(lane->of->plane, lane->server);

	return server != NULL && strcmp(server->status.run.id, item->is.run) == 0 &&
	       (server->status.state == STATE_READY || server->status.state == STATE_LOST);
}

static void
packed(struct lane *lane, struct item *item)
{
	struct order *order = &lane->order;
	struct archive_answer *a = order->answer;

	if (order->result == REPLY_DONE && item->why_stop[0] == '\0' &&
	    house_is_suddenly_empty(lane, a)) {
		fail_try(lane, item,
			 "There is not one file in it, and there were in the backups "
			 "before: is its disk mounted?");
		return;
	}
	if (order->result == REPLY_DONE && a->manifest != NULL &&
	    (item->is.at_rest || is_run_on(lane, item)) && !item->stop_for_good) {
		take_facts(item, a);
		item->manifest = TAKE(a->manifest);
		item->manifest_length = a->manifest_length;
		item->why_stop[0] = '\0';
		order_end(order);
		item->is.state = BACKUP_COMMITTING;
		item->tries = 0;
		order = order_for(lane, item, ORDER_COMMIT);
		order->manifest = text_copy_n(item->manifest, item->manifest_length);
		order->manifest_length = item->manifest_length;
		if (MUTANT(BACKUP_UNVERIFIED)) {
			become_good(lane, item, plane_now(lane->of->plane));
			return;
		}
		item_put(lane, item);
	} else if (item->why_stop[0] != '\0') {
		stopped(lane, item);
	} else if (order->result == REPLY_DONE) {
		retreat(lane, item, NEVER, "The game ended while its world was copied.");
	} else {
		fail_try(lane, item, order->reason);
	}
}

/* The manifest was put, or somebody says that there is one, or nothing is known. */
static void
committed(struct lane *lane, struct item *item, struct instant now)
{
	struct order *order = &lane->order;
	bool looked = order->what == ORDER_LOOK;
	bool is_ours =
		order->result == REPLY_DONE && order->answer->is_there &&
		(item->is.sha256[0] == '\0' || strcmp(order->answer->sha256, item->is.sha256) == 0);
	char reason[REASON_LIMIT + 1];

	(void)text_put(reason, sizeof reason, order->reason);
	if (looked && is_ours)
		take_facts(item, order->answer);
	if ((!looked && order->result == REPLY_DONE) || (looked && is_ours)) {
		order_end(order);
		begin_verify(lane, item);
	} else if (looked && order->result == REPLY_DONE && item->manifest == NULL) {
		if (item->is.kind == BACKUP_FOUND)
			item_drop(lane, item, "It is not there any more.");
		else
			retreat(lane, item, NEVER, "roost was restarted while it was made.");
	} else if (++item->tries > STEP_TRIES) {
		fail_try(lane, item, reason[0] != '\0' ? reason : "Its manifest was not taken.");
	} else {
		order_end(order);
		item->again_at = instant_add(now, looked ? STEP_AGAIN : DURATION_MS(0));
	}
}

/*
 * That a game took its saving back behind the copy shows that it was there, and still, all the
 * while. Of one that ended nobody knows when it did, and what it wrote at its end.
 */
static void
judge_held(struct lane *lane, struct item *item, struct instant now)
{
	switch (still_is_held(lane, item)) {
	case HELD_NO_MORE:
		take_facts(item, lane->order.answer);
		become_good(lane, item, now);
		break;
	case HELD_STILL:
		break; /* it is told so; then */
	case HELD_BY_NOBODY:
		retreat(lane, item, NEVER, "The game ended while its world was copied.");
		break;
	}
}

static void
verified(struct lane *lane, struct item *item, struct instant now)
{
	struct order *order = &lane->order;
	const struct archive_answer *a = order->answer;
	char reason[REASON_LIMIT + 1];

	if (order->result == REPLY_DONE && a->is_there &&
	    (item->is.sha256[0] == '\0' || strcmp(a->sha256, item->is.sha256) == 0)) {
		judge_held(lane, item, now);
		return;
	}
	(void)text_put(reason, sizeof reason,
		       order->result == REPLY_DONE
			       ? "It was stored, and is not there when it is read back."
			       : order->reason);
	if (order->result != REPLY_DONE && ++item->tries <= STEP_TRIES) {
		order_end(order);
		item->again_at = instant_add(now, STEP_AGAIN);
		return;
	}
	fail_try(lane, item, reason);
}

/* Nothing is under way for its step: behind a restart, or it is tried again. */
static void
step_again(struct lane *lane, struct item *item, struct instant now)
{
	struct order *order;

	if (instant_is_set(item->again_at) && !instant_reached(now, item->again_at))
		return;
	item->again_at = NEVER;
	if (item->is.state == BACKUP_VERIFYING) {
		(void)order_for(lane, item, ORDER_VERIFY);
	} else if (item->manifest == NULL || item->tries % 2 == 1) {
		(void)order_for(lane, item, ORDER_LOOK);
	} else {
		order = order_for(lane, item, ORDER_COMMIT);
		order->manifest = text_copy_n(item->manifest, item->manifest_length);
		order->manifest_length = item->manifest_length;
	}
}

static void
hold_on(struct lane *lane, struct item *item, struct instant now)
{
	const struct server *server = plane_server(lane->of->plane, lane->server);
	char why[REASON_LIMIT + 1] = "";

	if (item->why_stop[0] == '\0' && !is_run_on(lane, item))
		make_stop(item, false, "The game ended before its world was copied.");
	if (item->why_stop[0] != '\0') {
		stopped(lane, item);
		return;
	}
	switch (still_decide(lane, now, why)) {
	case HOLD_GOES_ON:
		break;
	case HOLD_STILL:
		begin_pack(lane, item, server->spec, now);
		break;
	case HOLD_FAILED:
		fail_try(lane, item, why);
		break;
	}
}

void
make_decide(struct lane *lane, struct instant now)
{
	struct item *item = lane->at_work;
	struct order *order = &lane->order;

	if (item == NULL)
		return;
	if (item->is.state == BACKUP_HOLDING) {
		hold_on(lane, item, now);
		return;
	}
	if (item->is.state == BACKUP_PACKING && !item->is.at_rest && !is_run_on(lane, item))
		make_stop(item, false, "The game ended while its world was copied.");
	if (item->why_stop[0] != '\0' && (item->is.state == BACKUP_PACKING || item->stop_for_good))
		order_cancel(order);
	if (order_is_free(order)) {
		if (item->why_stop[0] != '\0' && item->stop_for_good)
			stopped(lane, item);
		else
			step_again(lane, item, now);
	} else if (order->answered && item->is.state == BACKUP_PACKING) {
		packed(lane, item);
	} else if (order->answered && item->why_stop[0] != '\0' && item->stop_for_good) {
		stopped(lane, item);
	} else if (order->answered && item->is.state == BACKUP_COMMITTING) {
		committed(lane, item, now);
	} else if (order->answered && item->is.state == BACKUP_VERIFYING) {
		verified(lane, item, now);
	}
}

/* Choosing */

static bool
is_any_held(const struct lane *lane)
{
	for (size_t i = 0; i < lane->items.count; i++)
		if (((const struct item *)lane->items.items[i])->hold[0] != '\0')
			return true;
	return false;
}

static void
begin(struct lane *lane, struct item *item, const struct server *server, struct instant now)
{
	const struct server_spec *spec = server->spec;
	struct backup_talk talk;
	json_t *data;

	lane->at_work = item;
	item->tries = 0;
	item->again_at = NEVER;
	if (MUTANT(BACKUP_CLEARS_FIRST))
		house_retention(lane);
	if (item->is.attempts++ == 0)
		(void)text_put(item->is.archive, sizeof item->is.archive, item->is.id);
	else
		plane_new_id(lane->of->plane, item->is.archive);
	(void)text_put(item->is.store, sizeof item->is.store, spec->backup.store);
	texts_free(item->is.paths);
	item->is.paths = spec->backup.paths != NULL && spec->backup.paths[0] != NULL
				 ? texts_copy(spec->backup.paths)
				 : NULL;
	(void)text_put(item->is.run, sizeof item->is.run, server->status.run.id);
	item->is.reason[0] = '\0';
	if (!item->told) {
		data = item_event(item);
		tell(lane, item, EVENT_BACKUP_STARTED, data);
		item->told = true;
	}
	if (item->is.at_rest || spec->backup.online == BACKUP_ONLINE_AS_IS) {
		begin_pack(lane, item, spec, now);
		return;
	}
	run_token(&server->status.run, item->hold);
	(void)!spec_backup_talk(spec, &talk);
	mem_free(item->resume);
	item->resume = text_copy(talk.resume);
	item->is.state = BACKUP_HOLDING;
	lane->hold_step = HOLD_BEGIN;
	item_put(lane, item);
}

/* Why it cannot be made now, for people; NULL: it can, and `at_rest` is set. */
static const char *
why_not(const struct lane *lane, struct item *item, const struct server *server)
{
	const struct server_status *s = &server->status;
	struct backup_talk talk;

	item->is.at_rest = lane_rests(lane, server) || MUTANT(BACKUP_AT_REST_ANYWAY);
	if (item->is.at_rest)
		return s->want == WANT_DOWN || MUTANT(BACKUP_AT_REST_ANYWAY) ? NULL
									     : "It is waking.";
	if (item->is.kind == BACKUP_SLEEP)
		return "It waits for the game to end.";
	if (s->state != STATE_READY)
		return "It waits until the server is up, or asleep.";
	if (server->spec->backup.online == BACKUP_ONLINE_NO)
		return "It runs, and backup.online is no: it is copied when it sleeps next.";
	if (server->spec->backup.online == BACKUP_ONLINE_AUTO &&
	    !spec_backup_talk(server->spec, &talk))
		return "It runs, and roost knows no commands that hold its saving (backup.online): "
		       "it is copied when it sleeps next.";
	if (still_may_hear_late(lane, plane_now(lane->of->plane)))
		return "The game has still to say that it has saved, for the last try.";
	return is_any_held(lane) ? "Its saving is still held from the last try." : NULL;
}

static bool
is_step_without_world(const struct item *item)
{
	return item->is.state == BACKUP_COMMITTING || item->is.state == BACKUP_VERIFYING;
}

static unsigned
lanes_at_work(const struct backups *b)
{
	unsigned count = 0;

	for (size_t i = 0; i < b->lanes.count; i++) {
		const struct lane *lane = b->lanes.items[i];

		count += lane->at_work != NULL || !order_is_free(&lane->order);
	}
	return count;
}

/* Those a sleep waits for first, then what is already half done, then the oldest. */
static unsigned
rank(const struct item *item)
{
	if (item->is.kind == BACKUP_SLEEP)
		return 0;
	return is_step_without_world(item) ? 1 : 2;
}

void
make_pick(struct lane *lane, struct instant now)
{
	const struct server *server = plane_server(lane->of->plane, lane->server);
	struct item *best = NULL;

	if (lane->at_work != NULL || !order_is_free(&lane->order) || restore_is_busy(lane) ||
	    lane->of->archive == NULL || server == NULL)
		return;
	for (size_t i = 0; i < lane->items.count; i++) {
		struct item *item = lane->items.items[i];
		const char *why = NULL;

		if (item->is.state != BACKUP_WAITING && !is_step_without_world(item))
			continue;
		if (instant_is_set(item->again_at) && !instant_reached(now, item->again_at))
			continue;
		if (item->is.state == BACKUP_WAITING)
			why = why_not(lane, item, server);
		if (why != NULL && strcmp(why, item->is.reason) != 0) {
			(void)text_put(item->is.reason, sizeof item->is.reason, why);
			item_put(lane, item);
		}
		if (why == NULL && (best == NULL || rank(item) < rank(best)))
			best = item;
	}
	if (best == NULL || lanes_at_work(lane->of) >= BACKUP_LANES_AT_ONCE)
		return;
	if (best->is.state == BACKUP_WAITING)
		begin(lane, best, server, now);
	else
		lane->at_work = best;
}

struct instant
make_due(const struct lane *lane)
{
	struct instant due = order_due(&lane->order);

	if (!instant_reached(plane_now(lane->of->plane), lane->late_until))
		due = instant_earlier(due, lane->late_until);

	for (size_t i = 0; i < lane->items.count; i++) {
		const struct item *item = lane->items.items[i];

		due = instant_earlier(due, item->again_at);
		if (item->is.state == BACKUP_WAITING || is_step_without_world(item))
			due = instant_earlier(due,
					      instant_add(plane_now(lane->of->plane), LOOK_EVERY));
	}
	return due;
}
