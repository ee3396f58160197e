/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An endpoint's part in the turn: settle what has come back, move the cursor, store;
 * and when that is durable, read on and send.
 */

#include <string.h>

#include "base/mutant.h"
#include "service/webhook_state.h"

#define PAGE_EVENTS  32
#define PAGE_ROWS    200
#define SAVED_WITHIN DURATION_S(1) /* so much is sent again after a crash, at most */
#define SAVED_EVENTS 256	   /* passed over without being sent */
#define DEAD_IN_ROW  5
#define FAILING_LONG DURATION_S(5 * 86400)

static struct store_event *
page_event(struct hook *hook, uint64_t offset, enum entry_is **ret_entry)
{
	for (size_t i = 0; i < hook->page.count; i++) {
		if (hook->page.events[i].offset == offset) {
			*ret_entry = &hook->page.entries[i];
			return &hook->page.events[i];
		}
	}
	return NULL;
}

/* The endpoint works again, or once more does not. */
static void
account(struct hook *hook, const struct delivery *d, bool dead)
{
	struct webhook *w = &hook->is;
	struct instant now = plane_now(hook->of->plane);
	CLEANUP(text_freep) char *reason = NULL;

	if (d->tried.taken) {
		hook->changed = hook->changed || instant_is_set(w->failing_since);
		w->failing_since = NEVER;
		w->dead_in_row = 0;
		return;
	}
	if (!instant_is_set(w->failing_since) || dead)
		hook->changed = true;
	if (!instant_is_set(w->failing_since))
		w->failing_since = now;
	w->dead_in_row += dead;
	if (d->gone)
		hook_disable(hook, "it answered 410: it wants no more");
	else if (w->dead_in_row >= DEAD_IN_ROW ||
		 instant_since(now, w->failing_since).ms >= FAILING_LONG.ms) {
		reason = text_format("it takes nothing any more; at last: %s", d->tried.reason);
		hook_disable(hook, reason);
	}
}

/* Its subject is tried again by itself from here on. Tells whether the event is dead. */
static bool
settle_failure(struct hook *hook, struct lane *lane, const struct delivery *d)
{
	uint64_t before = lane->offset;

	if (d->gone)
		return false;
	lane_failed(lane, d);
	return lane->offset != before;
}

static void
settle_page(struct hook *hook, const struct delivery *d)
{
	enum entry_is *entry;
	struct store_event *event = page_event(hook, d->offset, &entry);
	struct lane *lane;

	if (event == NULL)
		return;
	*entry = ENTRY_SETTLED;
	if (d->tried.taken) {
		account(hook, d, false);
		return;
	}
	lane = lane_new(hook, d->subject, d->offset - 1);
	lane->owes_to = d->offset;
	lane->next_at = plane_now(hook->of->plane);
	page_add(&lane->ahead, event);
	account(hook, d, settle_failure(hook, lane, d));
}

static void
settle_lane(struct hook *hook, const struct delivery *d)
{
	struct lane *lane = keyed_find(&hook->lanes, d->subject);

	if (lane == NULL)
		return;
	lane->flies = false;
	if (d->tried.taken) {
		lane_taken(lane, d->offset);
		account(hook, d, false);
	} else {
		account(hook, d, settle_failure(hook, lane, d));
	}
}

static void
settle(struct hook *hook, const struct delivery *d)
{
	struct webhook_figures *figures = &hook->of->figures;

	if (d->tried.taken)
		figures->taken++;
	else
		figures->failed++;
	switch (d->of) {
	case DELIVERY_PAGE:
		settle_page(hook, d);
		break;
	case DELIVERY_LANE:
		settle_lane(hook, d);
		break;
	case DELIVERY_REPLAY:
		replay_settle(hook, d);
		if (d->tried.taken || d->gone)
			account(hook, d, false);
		break;
	case DELIVERY_TEST:
		break;
	}
}

static void
settle_all(struct hook *hook)
{
	struct delivery *next;

	for (struct delivery *d = hook->deliveries; d != NULL; d = next) {
		next = d->next;
		if (!d->answered)
			continue;
		settle(hook, d);
		delivery_free(d);
	}
}

/* What is not wanted, and what a lane sends, is done with here. */
static void
leave_to_lanes(struct hook *hook)
{
	for (size_t i = 0; i < hook->page.count; i++) {
		const struct store_event *e = &hook->page.events[i];
		struct lane *lane;

		if (hook->page.entries[i] != ENTRY_WAITS)
			continue;
		lane = keyed_find(&hook->lanes, e->subject);
		if (lane != NULL && !MUTANT(WEBHOOK_OVERTAKES)) {
			if (lane->owes_to < e->offset)
				lane->owes_to = e->offset;
			hook->page.entries[i] = ENTRY_SETTLED;
		} else if (!webhook_filter_passes(&hook->is.filter, e)) {
			hook->page.entries[i] = ENTRY_SETTLED;
		}
	}
}

/* Before the first entry that is not settled; SIZE_MAX: all are. */
static size_t
first_open(const struct hook *hook)
{
	for (size_t i = 0; i < hook->page.count; i++) {
		if (hook->page.entries[i] != ENTRY_SETTLED)
			return i;
	}
	return SIZE_MAX;
}

static void
move_cursor(struct hook *hook)
{
	size_t open = first_open(hook);
	bool sent = hook->page.count > 0;
	uint64_t to = open != SIZE_MAX ? hook->page.events[open].offset - 1 : hook->looked_to;

	if (open == SIZE_MAX)
		page_clear(&hook->page);
	else if (MUTANT(WEBHOOK_CURSOR_FIRST) && hook->page.entries[open] == ENTRY_FLIES)
		to = hook->page.events[open].offset;
	if (to == hook->is.cursor)
		return;
	hook->is.cursor = to;
	if ((sent && open == SIZE_MAX) || to - hook->saved_cursor >= SAVED_EVENTS)
		hook->changed = true;
	else if (sent && !instant_is_set(hook->save_at))
		hook->save_at = instant_add(plane_now(hook->of->plane), SAVED_WITHIN);
}

/* What an endpoint that is on has still to be told is not forgotten. */
uint64_t
webhooks_needs(const struct plane_service *service)
{
	const struct webhooks *webhooks = CONTAINER_OF(service, const struct webhooks, service);
	uint64_t oldest = UINT64_MAX;

	for (size_t i = 0; i < webhooks->hooks.count && !MUTANT(WEBHOOK_NOT_WAITED_FOR); i++) {
		struct hook *hook = webhooks->hooks.items[i];
		uint64_t lanes = lanes_need(hook);

		if (!hook->is.enabled)
			continue;
		if (hook->is.cursor > hook->saved_cursor) {
			hook->changed = true;
			hook_wake(hook);
		}
		if (hook->saved_cursor + 1 < oldest)
			oldest = hook->saved_cursor + 1;
		if (lanes < oldest)
			oldest = lanes;
	}
	return oldest != UINT64_MAX ? oldest : 0;
}

void
hook_note_missed(struct hook *hook, uint64_t offset, uint64_t first)
{
	if (first <= offset + 1)
		return;
	if (hook->missed_from == 0 || offset + 1 < hook->missed_from)
		hook->missed_from = offset + 1;
	if (first - 1 > hook->missed_to)
		hook->missed_to = first - 1;
}

static void
tell_missed(struct hook *hook)
{
	json_t *data = json_object();

	json_set_text(data, "id", hook->is.id);
	json_set_text(data, "label", hook->is.label);
	json_set_text(data, "owner", hook->is.owner);
	json_set_integer(data, "from", (int64_t)hook->missed_from);
	json_set_integer(data, "to", (int64_t)hook->missed_to);
	plane_tell(hook->of->plane, EVENT_WEBHOOK_MISSED, "", data);
	hook->missed_from = hook->missed_to = 0;
	hook->changed = true;
}

static struct instant
hook_decide(struct hook *hook, struct instant now)
{
	struct instant due;

	deliveries_expire(hook);
	settle_all(hook);
	if (hook->missed_to != 0)
		tell_missed(hook);
	if (hook->is.enabled) {
		lanes_decide(hook);
		leave_to_lanes(hook);
		move_cursor(hook);
		replay_decide(hook);
	} else {
		hook_halt(hook);
	}
	lanes_save(hook);
	if (hook->changed || instant_reached(now, hook->save_at))
		hook_save(hook);
	if (instant_reached(now, hook->again_at))
		hook->again_at = NEVER;
	due = instant_earlier(hook->save_at, deliveries_due(hook));
	/* What is sent once this is durable is looked for by then. */
	if (hook->page.count > 0 || hook->lanes.count > 0 || hook->is.replay_to != 0)
		due = instant_earlier(due, delivery_deadline(hook, now));
	if (!hook->is.enabled)
		return due;
	return instant_earlier(instant_earlier(due, hook->again_at), lanes_due(hook));
}

struct instant
webhooks_decide(struct plane_service *service, struct instant now)
{
	struct webhooks *webhooks = CONTAINER_OF(service, struct webhooks, service);
	struct instant due = NEVER;

	for (size_t i = 0; i < webhooks->hooks.count; i++)
		due = instant_earlier(due, hook_decide(webhooks->hooks.items[i], now));
	return due;
}

/* Reading. */

static void
on_page(void *argument, const struct reply *reply)
{
	struct hook *hook = argument;
	const struct store_rows *rows = reply->as.rows;

	hook->read = (struct ticket){ 0 };
	hook_wake(hook);
	if (reply->result != REPLY_DONE || reply->holds != REPLY_ROWS) {
		hook->again_at = instant_add(plane_now(hook->of->plane), DURATION_S(1));
		return;
	}
	hook_note_missed(hook, hook->looked_to, rows->first);
	for (size_t i = 0; i < rows->event_count && hook->page.count < PAGE_EVENTS; i++) {
		const struct store_event *e = &rows->events[i];

		hook->looked_to = e->offset;
		if (webhook_filter_passes(&hook->is.filter, e))
			page_add(&hook->page, e);
	}
}

static void
read_on(struct hook *hook)
{
	struct plane *plane = hook->of->plane;
	struct store_port *store = plane_ports(plane)->store;
	struct store_query query = { .what = STORE_EVENTS,
				     .after = hook->looked_to,
				     .audience = ROLE_ADMIN,
				     .limit = PAGE_ROWS };

	if (hook->page.count > 0 || hook->read.v != 0 || instant_is_set(hook->again_at) ||
	    hook->looked_to >= plane_last_offset(plane))
		return;
	hook->read = plane_expect(plane, on_page, hook);
	store->read(store, hook->read, &query);
}

/* When nothing is in memory, what is told now need not be read to be passed over. */
void
webhooks_told(struct plane_service *service, const struct store_event *events, size_t count)
{
	struct webhooks *webhooks = CONTAINER_OF(service, struct webhooks, service);

	for (size_t i = 0; i < webhooks->hooks.count; i++) {
		struct hook *hook = webhooks->hooks.items[i];

		if (hook->page.count > 0 || hook->read.v != 0 || !hook->is.enabled)
			continue;
		for (size_t j = 0; j < count && hook->looked_to + 1 == events[j].offset; j++) {
			if (webhook_filter_passes(&hook->is.filter, &events[j]))
				break;
			hook->looked_to = events[j].offset;
		}
	}
}

/* Sending. */

/* Is an earlier event of its subject still on its way? */
static bool
is_behind(const struct hook *hook, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (hook->page.entries[i] != ENTRY_SETTLED &&
		    strcmp(hook->page.events[i].subject, hook->page.events[index].subject) == 0)
			return true;
	}
	return false;
}

static void
send_page(struct hook *hook, unsigned most)
{
	unsigned flying = hook_flying(hook, DELIVERY_PAGE);

	for (size_t i = 0; i < hook->page.count && flying < most; i++) {
		const struct store_event *e = &hook->page.events[i];

		/* What fails needs a lane: there is room for one for each that flies. */
		if (hook->lanes.count + flying >= WEBHOOK_LANES_LIMIT)
			return;
		if (hook->page.entries[i] != ENTRY_WAITS || is_behind(hook, i) ||
		    (keyed_find(&hook->lanes, e->subject) != NULL && !MUTANT(WEBHOOK_OVERTAKES)))
			continue;
		hook->page.entries[i] = ENTRY_FLIES;
		flying++;
		delivery_send_event(delivery_new(hook, DELIVERY_PAGE, e), e);
	}
}

void
webhooks_act(struct plane_service *service, struct instant now)
{
	struct webhooks *webhooks = CONTAINER_OF(service, struct webhooks, service);

	(void)now;
	for (size_t i = 0; i < webhooks->hooks.count; i++) {
		struct hook *hook = webhooks->hooks.items[i];
		unsigned most = hook_may_send(hook);

		if (!hook->is.enabled)
			continue;
		read_on(hook);
		lanes_act(hook, most / 2);
		send_page(hook, most - most / 2);
		replay_act(hook);
	}
}
