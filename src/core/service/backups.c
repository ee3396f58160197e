/* SPDX-License-Identifier: Apache-2.0 */
/* Backups as a service of the plane: what is wished, and one lane after the other in each turn. */

#include "service/backups.h"

#include <stdio.h>
#include <string.h>

#include "service/backup_state.h"

#define NOT_AT_ONCE DURATION_MS(200) /* what is due and could not go on yet is looked at again */

/* Lanes and items */

struct lane *
backup_lane(struct backups *b, const char *server)
{
	struct lane *lane = keyed_find(&b->lanes, server);

	if (lane != NULL)
		return lane;
	lane = mem_new(sizeof *lane);
	(void)text_put(lane->server, sizeof lane->server, server);
	lane->of = b;
	lane->order.of = b;
	keyed_add(&b->lanes, lane);
	return lane;
}

struct item *
backup_item(const struct backups *b, const char *server, const char *id)
{
	const struct lane *lane = keyed_find(&b->lanes, server);

	return lane != NULL ? keyed_find(&lane->items, id) : NULL;
}

struct item *
item_new(struct lane *lane, const char *id)
{
	struct item *item = mem_new(sizeof *item);

	(void)text_put(item->is.id, sizeof item->is.id, id);
	(void)text_put(item->is.server, sizeof item->is.server, lane->server);
	keyed_add(&lane->items, item);
	return item;
}

void
item_free(struct item *item)
{
	if (item == NULL)
		return;
	texts_free(item->is.paths);
	mem_free(item->manifest);
	mem_free(item->resume);
	mem_free(item);
}

static void
lane_free(struct lane *lane)
{
	order_deinit(&lane->order);
	for (size_t i = 0; i < lane->items.count; i++)
		item_free(lane->items.items[i]);
	keyed_deinit(&lane->items);
	mem_free(lane->restore.root);
	texts_free(lane->restore.paths);
	mem_free(lane);
}

/* The turn */

static struct instant
decide_lane(struct lane *lane, struct instant now)
{
	struct instant due;

	if (lane->may_start > 0)
		lane->may_start--;
	order_tick(&lane->order, now);
	gate_decide(lane, now);
	make_decide(lane, now);
	restore_decide(lane, now);
	make_pick(lane, now);
	still_resume(lane, now);
	due = instant_earlier(make_due(lane), gate_due(lane));
	due = instant_earlier(due, restore_due(lane));
	due = instant_earlier(due, lane->may_start > 0 ? now : NEVER);
	return instant_earlier(due, still_due(lane));
}

static struct instant
decide(struct plane_service *service, struct instant now)
{
	struct backups *b = CONTAINER_OF(service, struct backups, service);
	struct instant due = NEVER;

	if (b->archive == NULL)
		return NEVER;
	order_tick(&b->house.order, now);
	for (size_t i = 0; i < b->lanes.count; i++)
		due = instant_earlier(due, decide_lane(b->lanes.items[i], now));
	house_decide(b, now);
	due = instant_earlier(due, house_due(b));
	return instant_reached(now, due) ? instant_add(now, NOT_AT_ONCE) : due;
}

static void
act(struct plane_service *service, struct instant now)
{
	struct backups *b = CONTAINER_OF(service, struct backups, service);

	if (b->archive == NULL)
		return;
	for (size_t i = 0; i < b->lanes.count; i++) {
		struct lane *lane = b->lanes.items[i];

		order_act(&lane->order, now);
		voice_act(lane, now);
	}
	order_act(&b->house.order, now);
}

static void
on_line(struct plane_service *service, const char *server, const char *line)
{
	struct backups *b = CONTAINER_OF(service, struct backups, service);
	struct lane *lane = keyed_find(&b->lanes, server);

	if (lane != NULL)
		still_line(lane, line);
}

static enum consent
on_consent(struct plane_service *service, enum consent_to to, const char *server,
	   char ret_reason[static REASON_LIMIT + 1])
{
	(void)ret_reason;
	return gate_consent(CONTAINER_OF(service, struct backups, service), to, server);
}

/* What events tell is looked up when something is decided. */
static void
told(struct plane_service *service, const struct store_event *events, size_t count)
{
	(void)service;
	(void)events;
	(void)count;
}

struct backups *
backups_new(struct plane *plane)
{
	struct backups *b = mem_new(sizeof *b);

	b->plane = plane;
	b->archive = plane_ports(plane)->archive;
	b->house.order.of = b;
	b->service = (struct plane_service){
		.decide = decide, .act = act, .told = told, .line = on_line, .consent = on_consent
	};
	return b;
}

void
backups_free(struct backups *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->lanes.count; i++)
		lane_free(b->lanes.items[i]);
	order_deinit(&b->house.order);
	keyed_deinit(&b->lanes);
	texts_free(b->stores);
	mem_free(b);
}

void
backups_set_stores(struct backups *b, char *const *names)
{
	texts_free(b->stores);
	b->stores = texts_copy(names);
}

/* What was under way when roost ended is begun again, with a fresh name where its end is not known. */
static void
resume(struct lane *lane, struct item *item)
{
	if (item->hold[0] != '\0') {
		lane->hold_step = HOLD_SAVES; /* as far as it may have come */
		(void)text_put(lane->late_of, sizeof lane->late_of, item->hold);
		lane->listening = true;
		still_give_up(lane);
	}
	if (item->is.state != BACKUP_HOLDING && item->is.state != BACKUP_PACKING)
		return;
	item->is.state = BACKUP_WAITING;
	if (item->is.archive[0] != '\0' && item->leftover_count < ELEMENTS(item->leftovers))
		(void)text_put(item->leftovers[item->leftover_count++], ID_TEXT_SIZE,
			       item->is.archive);
	item->is.archive[0] = '\0';
	item_put(lane, item);
}

void
backups_load(struct backups *b)
{
	plane_each_loaded(b->plane, DOCUMENT_BACKUP, backup_document_loaded, b);
	plane_each_loaded(b->plane, DOCUMENT_RESTORE, restore_document_loaded, b);
	for (size_t i = 0; i < b->lanes.count; i++) {
		struct lane *lane = b->lanes.items[i];

		for (size_t j = 0; j < lane->items.count; j++)
			resume(lane, lane->items.items[j]);
	}
	plane_add_service(b->plane, &b->service);
}

/* Asking */

size_t
backups_count(const struct backups *b, const char *server)
{
	const struct lane *lane = keyed_find(&b->lanes, server);

	return lane != NULL ? lane->items.count : 0;
}

const struct backup *
backups_at(const struct backups *b, const char *server, size_t index)
{
	const struct lane *lane = keyed_find(&b->lanes, server);

	ASSERT(lane != NULL && index < lane->items.count);
	return &((const struct item *)lane->items.items[index])->is;
}

const struct backup *
backups_find(const struct backups *b, const char *server, const char *id)
{
	const struct item *item = backup_item(b, server, id);

	return item != NULL ? &item->is : NULL;
}

bool
backups_restoring(const struct backups *b, const char *server, struct restore *ret_restore)
{
	static const char *const words[] = { NULL, "unpacking", "swapping", "clearing away" };
	const struct lane *lane = keyed_find(&b->lanes, server);
	const struct restoring *r;

	if (lane == NULL)
		return false;
	r = &lane->restore;
	if (r->step == RESTORE_NONE && r->aside_count == 0)
		return false;
	*ret_restore = (struct restore){ .made = r->made,
					 .step = words[r->step],
					 .kept = (unsigned)r->aside_count };
	(void)text_put(ret_restore->server, sizeof ret_restore->server, server);
	(void)text_put(ret_restore->id, sizeof ret_restore->id, r->id);
	(void)text_put(ret_restore->from, sizeof ret_restore->from, r->from);
	(void)text_put(ret_restore->backup, sizeof ret_restore->backup, r->backup);
	return true;
}

bool
backups_progress(const struct backups *b, const char *server, const char *id,
		 struct archive_progress *ret_progress)
{
	for (size_t i = 0; b->archive != NULL && i < b->lanes.count; i++) {
		const struct lane *lane = b->lanes.items[i];
		bool makes = lane->at_work != NULL && strcmp(lane->server, server) == 0 &&
			     strcmp(lane->at_work->is.id, id) == 0;
		bool restores = lane->restore.step == RESTORE_UNPACKING &&
				strcmp(lane->restore.from, server) == 0 &&
				strcmp(lane->restore.backup, id) == 0;

		if ((makes || restores) && lane->order.ticket.v != 0)
			return b->archive->progress(b->archive, lane->order.ticket, ret_progress);
	}
	if (b->house.task == HOUSE_CHECK && b->house.order.ticket.v != 0 &&
	    strcmp(b->house.server, server) == 0 && strcmp(b->house.id, id) == 0)
		return b->archive->progress(b->archive, b->house.order.ticket, ret_progress);
	return false;
}
