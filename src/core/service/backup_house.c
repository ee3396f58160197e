/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only touches stores, one thing at a time: what is to be checked again, what is to go,
 * and (backup_reconcile.c) what nobody knows. A store that does not answer is left alone for a
 * while, longer each time.
 */

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "model/retention.h"
#include "service/backup_state.h"

#define PAUSE_MOST 600000

void
house_put_name(struct order *order, const char *server, const char *archive)
{
	(void)snprintf(order->name, sizeof order->name, "%s/%s", server, archive);
}

/* Retention */

static int
by_age(const struct item *a, const struct item *b)
{
	if (a->is.packed_at.ms != b->is.packed_at.ms)
		return a->is.packed_at.ms < b->is.packed_at.ms ? -1 : 1;
	return strcmp(a->is.id, b->is.id);
}

/*
 * Good ones without a doubt, the oldest first. Not those of a time that is still to come: the
 * clock was wrong then, or is now, and by it the newest would be taken for the oldest.
 */
static size_t
collect_good(const struct lane *lane, struct item **good)
{
	struct instant now = plane_now(lane->of->plane);
	size_t count = 0;

	for (size_t i = 0; i < lane->items.count; i++) {
		struct item *item = lane->items.items[i];
		size_t at = count;

		if (item->is.state != BACKUP_GOOD || item->is.reason[0] != '\0' ||
		    (item->is.packed_at.ms > now.ms && !MUTANT(BACKUP_CLOCK_BELIEVED)))
			continue;
		for (; at > 0 && by_age(item, good[at - 1]) < 0; at--)
			good[at] = good[at - 1];
		good[at] = item;
		count++;
	}
	return count;
}

/* No file is left of a world that had some: a disk that is not mounted looks just so. */
bool
house_is_suddenly_empty(const struct lane *lane, const struct archive_answer *a)
{
	for (size_t i = 0; a->files == 0 && i < lane->items.count; i++) {
		const struct item *item = lane->items.items[i];

		if (item->is.state == BACKUP_GOOD && item->is.files > 0)
			return true;
	}
	return false;
}

static void
let_go(struct lane *lane, struct item *item)
{
	json_t *data = json_object();

	item->is.state = BACKUP_REMOVING;
	json_set_text(data, "backup", item->is.id);
	json_set_text(data, "by", "retention");
	plane_tell(lane->of->plane, EVENT_BACKUP_REMOVED, lane->server, data);
	item_put(lane, item);
}

/* Of those that failed the newest are remembered. */
static void
forget_failed(struct lane *lane)
{
	unsigned newer = 0;

	for (size_t i = lane->items.count; i-- > 0;) {
		struct item *item = lane->items.items[i];

		if (item->is.state != BACKUP_FAILED || item->is.kind == BACKUP_FOUND ||
		    item->is.locked)
			continue;
		if (++newer > BACKUP_FAILED_KEPT) {
			item->is.state = BACKUP_REMOVING;
			item_put(lane, item);
		}
	}
}

void
house_retention(struct lane *lane)
{
	const struct server *server = plane_server(lane->of->plane, lane->server);
	struct item **good = mem_new_array(lane->items.count + 1, sizeof(struct item *));
	struct retention_item *items = mem_new_array(lane->items.count + 1, sizeof *items);
	size_t count = collect_good(lane, good);

	for (size_t i = 0; i < count; i++)
		items[i] =
			(struct retention_item){ good[i]->is.packed_at, good[i]->is.locked, false };
	if (server != NULL) {
		const struct backup_spec *spec = &server->spec->backup;

		retention_judge(&(struct retention_keep){ spec->keep.last, spec->keep.daily,
							  spec->keep.weekly },
				items, count);
	}
	for (size_t i = 0; i < count; i++) {
		if ((items[i].goes || MUTANT(BACKUP_CLEARS_FIRST)) &&
		    !restore_needs(lane->of, good[i]))
			let_go(lane, good[i]);
	}
	mem_free(items);
	mem_free(good);
	forget_failed(lane);
}

/* Tasks */

static void
begin(struct backups *b, enum house_task task, enum order_kind what, const struct item *item,
      const char *archive)
{
	struct house *h = &b->house;

	h->task = task;
	order_begin(&h->order, what);
	(void)text_put(h->server, sizeof h->server, item->is.server);
	(void)text_put(h->id, sizeof h->id, item->is.id);
	(void)text_put(h->archive, sizeof h->archive, archive);
	(void)text_put(h->order.store, sizeof h->order.store, item->is.store);
	house_put_name(&h->order, item->is.server, archive);
}

static void
pause(struct house *h, struct instant now)
{
	int64_t delay = 10000;

	for (unsigned i = 0; i < h->pauses && delay < PAUSE_MOST; i++)
		delay *= 2;
	h->pauses++;
	h->pause_until = instant_add(now, DURATION_MS(delay < PAUSE_MOST ? delay : PAUSE_MOST));
}

static void
tell_check(struct lane *lane, const struct item *item, bool whole)
{
	json_t *data = item_event(item);

	json_set_text(data, "by", item->check_by);
	if (!whole)
		json_set_text(data, "reason", item->is.reason);
	plane_tell(lane->of->plane, whole ? EVENT_BACKUP_CHECKED : EVENT_BACKUP_FAILED,
		   lane->server, data);
}

/* One that cannot be read now may be there tomorrow: it is doubted, and not thrown away. */
static void
checked(struct lane *lane, struct item *item, struct instant now)
{
	const struct order *order = &lane->of->house.order;
	bool whole =
		order->result == REPLY_DONE && order->answer->is_there &&
		(item->is.sha256[0] == '\0' || strcmp(item->is.sha256, order->answer->sha256) == 0);

	item->is.checking = false;
	item->is.checked_at = now;
	item->is.gone = order->result == REPLY_DONE && !order->answer->is_there;
	if (whole)
		item->is.reason[0] = '\0';
	else
		(void)text_put(item->is.reason, sizeof item->is.reason,
			       order->result != REPLY_DONE ? order->reason
			       : !order->answer->is_there  ? "It is not in its store any more."
							   : "Another archive is in its place.");
	tell_check(lane, item, whole);
	item_put(lane, item);
}

static void
removed(struct lane *lane, struct item *item)
{
	struct house *h = &lane->of->house;

	if (strcmp(item->is.archive, h->archive) == 0 && item->is.state == BACKUP_REMOVING)
		item->is.archive[0] = '\0';
	for (size_t i = item->leftover_count; i-- > 0;) {
		if (strcmp(item->leftovers[i], h->archive) != 0)
			continue;
		item->leftover_count--;
		memmove(item->leftovers[i], item->leftovers[i + 1],
			(item->leftover_count - i) * sizeof item->leftovers[0]);
	}
	item_put(lane, item);
}

static void
heard(struct backups *b, struct instant now)
{
	struct house *h = &b->house;
	struct lane *lane = keyed_find(&b->lanes, h->server);
	struct item *item = lane != NULL ? keyed_find(&lane->items, h->id) : NULL;
	bool done = h->order.result == REPLY_DONE;

	if (h->task >= HOUSE_LIST) {
		house_heard_reconcile(b, now);
	} else if (h->task == HOUSE_CHECK && item != NULL) {
		checked(lane, item, now);
	} else if (h->task == HOUSE_REMOVE && done && item != NULL) {
		removed(lane, item);
	}
	if (done)
		h->pauses = 0;
	else if (h->task != HOUSE_CHECK)
		pause(h, now);
	h->task = HOUSE_IDLE;
	order_end(&h->order);
}

/* Choosing */

static bool
pick_check(struct backups *b, struct lane *lane)
{
	for (size_t i = 0; i < lane->items.count; i++) {
		struct item *item = lane->items.items[i];

		if (!item->is.checking || item->is.state != BACKUP_GOOD)
			continue;
		begin(b, HOUSE_CHECK, ORDER_VERIFY, item, item->is.archive);
		return true;
	}
	return false;
}

/* Its leftovers, then its archive, then its document. Returns whether an order was begun. */
static bool
pick_remove(struct backups *b, struct lane *lane)
{
	for (size_t i = lane->items.count; i-- > 0;) {
		struct item *item = lane->items.items[i];
		bool goes = item->is.state == BACKUP_REMOVING;

		if (item->leftover_count > 0) {
			begin(b, HOUSE_REMOVE, ORDER_REMOVE, item, item->leftovers[0]);
			return true;
		}
		if (goes && item->is.archive[0] != '\0') {
			begin(b, HOUSE_REMOVE, ORDER_REMOVE, item, item->is.archive);
			return true;
		}
		if (goes && item->hold[0] == '\0')
			item_delete(lane, item);
	}
	return false;
}

static bool
pick(struct backups *b, bool (*one)(struct backups *b, struct lane *lane))
{
	for (size_t i = 0; i < b->lanes.count; i++)
		if (one(b, b->lanes.items[i]))
			return true;
	return false;
}

void
house_decide(struct backups *b, struct instant now)
{
	struct house *h = &b->house;

	if (b->archive == NULL)
		return;
	if (h->order.answered)
		heard(b, now);
	if (!order_is_free(&h->order) || pick(b, pick_check))
		return;
	if (instant_is_set(h->pause_until) && !instant_reached(now, h->pause_until))
		return;
	if (!pick(b, pick_remove))
		(void)house_pick_reconcile(b, now);
}

struct instant
house_due(const struct backups *b)
{
	const struct house *h = &b->house;

	if (b->archive == NULL)
		return NEVER;
	if (!order_is_free(&h->order))
		return order_due(&h->order);
	if (instant_is_set(h->pause_until) && !instant_reached(plane_now(b->plane), h->pause_until))
		return h->pause_until;
	return h->running ? plane_now(b->plane) : h->due;
}
