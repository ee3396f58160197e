/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes: subjects whose event was not taken. A lane keeps no event while it waits;
 * when its time comes it reads the record behind its offset, sends one event after the
 * other, and is gone when it owes nothing.
 */

#include <string.h>

#include "service/webhook_state.h"

#define LANE_EVENTS  8	 /* read ahead */
#define LANE_ROWS    200 /* looked at in one question */
#define SAVED_WITHIN DURATION_S(1)

struct lane *
lane_new(struct hook *hook, const char *subject, uint64_t offset)
{
	struct lane *lane = mem_new(sizeof *lane);

	(void)text_put(lane->subject, sizeof lane->subject, subject);
	lane->hook = hook;
	lane->offset = offset;
	lane->owes_to = offset;
	lane->saved = offset;
	lane->changed = true;
	keyed_add(&hook->lanes, lane);
	return lane;
}

void
lane_free(struct lane *lane)
{
	if (lane->read.v != 0)
		plane_forget(lane->hook->of->plane, lane->read);
	(void)keyed_remove(&lane->hook->lanes, lane->subject);
	page_deinit(&lane->ahead);
	mem_free(lane);
}

void
lane_remove(struct lane *lane)
{
	char key[128];

	lane_key(lane, key);
	plane_delete(lane->hook->of->plane, DOCUMENT_LANE, key);
	lane_free(lane);
}

/* By the schedule, a little sooner or later than others, and not before the receiver wants it. */
struct instant
lane_next_try(struct lane *lane, struct duration retry_after)
{
	const struct webhooks *webhooks = lane->hook->of;
	struct chance_port *chance = plane_ports(webhooks->plane)->chance;
	struct duration wait = webhooks->settings.waits[lane->attempt - 1];
	uint32_t random;

	chance->fill(chance, &random, sizeof random);
	wait.ms += (int64_t)((double)wait.ms * ((double)(random % 2001) - 1000) / 10000);
	if (wait.ms < retry_after.ms)
		wait = retry_after;
	return instant_add(plane_now(webhooks->plane), wait);
}

void
lane_taken(struct lane *lane, uint64_t offset)
{
	struct instant now = plane_now(lane->hook->of->plane);

	lane->offset = offset;
	lane->changed = lane->changed || lane->attempt > 0;
	lane->attempt = 0;
	lane->next_at = now;
	if (!instant_is_set(lane->save_at))
		lane->save_at = instant_add(now, SAVED_WITHIN);
}

void
lane_failed(struct lane *lane, const struct delivery *delivery)
{
	struct hook *hook = lane->hook;

	lane->changed = true;
	lane->attempt++;
	if (lane->attempt <= hook->of->settings.wait_count) {
		lane->next_at = lane_next_try(lane, delivery->retry_after);
		page_clear(&lane->ahead);
		return;
	}
	/* The first of what is ahead is the one that failed. */
	hook->of->figures.dead++;
	for (size_t i = 0; i < lane->ahead.count; i++) {
		if (lane->ahead.events[i].offset == delivery->offset)
			dead_put(hook, &lane->ahead.events[i], lane->attempt, &delivery->tried);
	}
	lane->offset = delivery->offset;
	lane->attempt = 0;
	lane->next_at = plane_now(hook->of->plane);
}

void
lanes_decide(struct hook *hook)
{
	for (size_t i = hook->lanes.count; i > 0; i--) {
		struct lane *lane = hook->lanes.items[i - 1];

		if (lane->offset >= lane->owes_to && !lane->flies && lane->read.v == 0)
			lane_remove(lane);
	}
}

/* Lanes that are flying or asking. */
static unsigned
busy(const struct hook *hook)
{
	unsigned count = 0;

	for (size_t i = 0; i < hook->lanes.count; i++) {
		const struct lane *lane = hook->lanes.items[i];

		count += lane->flies || lane->read.v != 0;
	}
	return count;
}

static void
on_rows(void *argument, const struct reply *reply)
{
	struct lane *lane = argument;
	struct hook *hook = lane->hook;
	const struct store_rows *rows = reply->as.rows;
	uint64_t looked_to = lane->owes_to;

	lane->read = (struct ticket){ 0 };
	hook_wake(hook);
	if (reply->result != REPLY_DONE || reply->holds != REPLY_ROWS) {
		lane->next_at = instant_add(plane_now(hook->of->plane), DURATION_S(1));
		return;
	}
	if (rows->first <= lane->owes_to)
		hook_note_missed(hook, lane->offset, rows->first);
	else
		hook_note_missed(hook, lane->offset, lane->owes_to + 1);
	for (size_t i = 0; i < rows->event_count && lane->ahead.count < LANE_EVENTS; i++) {
		const struct store_event *e = &rows->events[i];

		if (e->offset > lane->owes_to)
			break;
		if (strcmp(e->subject, lane->subject) == 0 &&
		    webhook_filter_passes(&hook->is.filter, e))
			page_add(&lane->ahead, e);
	}
	if (lane->ahead.count > 0)
		return;
	/* Nothing of it up to there. */
	if (rows->more && rows->event_count > 0 &&
	    rows->events[rows->event_count - 1].offset < looked_to)
		looked_to = rows->events[rows->event_count - 1].offset;
	lane->offset = looked_to;
	lane->attempt = 0;
}

static void
read_ahead(struct lane *lane)
{
	struct plane *plane = lane->hook->of->plane;
	struct store_port *store = plane_ports(plane)->store;
	struct store_query query = { .what = STORE_EVENTS,
				     .after = lane->offset,
				     .audience = ROLE_ADMIN,
				     .limit = lane->subject[0] != '\0' ? 2 * LANE_EVENTS
								       : LANE_ROWS };

	(void)text_put(query.subject, sizeof query.subject, lane->subject);
	lane->read = plane_expect(plane, on_rows, lane);
	store->read(store, lane->read, &query);
}

/* The first event ahead that is still to be sent. */
static const struct store_event *
head_of(struct lane *lane)
{
	for (size_t i = 0; i < lane->ahead.count; i++) {
		if (lane->ahead.events[i].offset > lane->offset)
			return &lane->ahead.events[i];
	}
	page_clear(&lane->ahead);
	return NULL;
}

static void
lane_act(struct lane *lane)
{
	const struct store_event *event = head_of(lane);

	if (event == NULL) {
		if (lane->offset < lane->owes_to)
			read_ahead(lane);
		return;
	}
	lane->flies = true;
	delivery_send_event(delivery_new(lane->hook, DELIVERY_LANE, event), event);
}

/* Of those whose time has come, the one that waits longest. */
static struct lane *
most_due(const struct hook *hook)
{
	struct instant now = plane_now(hook->of->plane);
	struct lane *first = NULL;

	for (size_t i = 0; i < hook->lanes.count; i++) {
		struct lane *lane = hook->lanes.items[i];

		if (!lane->flies && lane->read.v == 0 && instant_reached(now, lane->next_at) &&
		    lane->offset < lane->owes_to &&
		    (first == NULL || lane->next_at.ms < first->next_at.ms))
			first = lane;
	}
	return first;
}

void
lanes_act(struct hook *hook, unsigned most)
{
	for (unsigned i = busy(hook); i < most; i++) {
		struct lane *lane = most_due(hook);

		if (lane == NULL)
			return;
		lane_act(lane);
	}
}

void
lanes_save(struct hook *hook)
{
	struct instant now = plane_now(hook->of->plane);

	for (size_t i = 0; i < hook->lanes.count; i++) {
		struct lane *lane = hook->lanes.items[i];

		if (lane->changed || instant_reached(now, lane->save_at))
			lane_save(lane);
	}
}

void
lanes_forget_ahead(struct hook *hook)
{
	for (size_t i = 0; i < hook->lanes.count; i++) {
		struct lane *lane = hook->lanes.items[i];

		if (!lane->flies)
			page_clear(&lane->ahead);
	}
}

uint64_t
lanes_need(struct hook *hook)
{
	uint64_t oldest = UINT64_MAX;

	for (size_t i = 0; i < hook->lanes.count; i++) {
		struct lane *lane = hook->lanes.items[i];

		if (lane->saved + 1 < oldest)
			oldest = lane->saved + 1;
	}
	return oldest;
}

/* What is due already is sent as soon as something else has come back: that wakes us. */
struct instant
lanes_due(const struct hook *hook)
{
	struct instant now = plane_now(hook->of->plane), due = NEVER;

	for (size_t i = 0; i < hook->lanes.count; i++) {
		const struct lane *lane = hook->lanes.items[i];

		if (!lane->flies && lane->read.v == 0 && !instant_reached(now, lane->next_at))
			due = instant_earlier(due, lane->next_at);
		due = instant_earlier(due, lane->save_at);
	}
	return due;
}
