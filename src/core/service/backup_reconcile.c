/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in the stores against what is on record, at start and once a day: a whole archive that
 * no document knows is taken in (so a record that was lost loses no backups), one whose document
 * is there and which is not is told, and what was never finished goes when it is a day old.
 */

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "service/backup_state.h"

#define RECONCILE_EVERY DURATION_S(86400)
#define RECONCILE_AGAIN DURATION_S(3600) /* a store did not answer */
#define LEFTOVER_AFTER	DURATION_S(86400)

static bool
archive_name_is_valid(const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL && strlen(name) < ID_TEXT_SIZE;
}

/* Which item's is it, now or of an earlier try? */
static struct item *
owner_of(const struct lane *lane, const char *archive)
{
	for (size_t i = 0; i < lane->items.count; i++) {
		struct item *item = lane->items.items[i];

		if (strcmp(item->is.archive, archive) == 0)
			return item;
		for (size_t j = 0; j < item->leftover_count; j++)
			if (strcmp(item->leftovers[j], archive) == 0)
				return item;
	}
	return NULL;
}

static void
adopt(struct lane *lane, const char *store, const char *archive)
{
	struct item *item = keyed_find(&lane->items, archive);

	/* Of an earlier try of that one, and come late. */
	if (item != NULL) {
		if (item->leftover_count < ELEMENTS(item->leftovers)) {
			(void)text_put(item->leftovers[item->leftover_count++], ID_TEXT_SIZE,
				       archive);
			item_put(lane, item);
		}
		return;
	}
	if (lane->items.count >= BACKUPS_LIMIT)
		return;
	item = item_new(lane, archive);
	item->is.kind = BACKUP_FOUND;
	item->is.state = BACKUP_COMMITTING; /* so it is looked at, and then verified */
	(void)text_put(item->is.store, sizeof item->is.store, store);
	(void)text_put(item->is.archive, sizeof item->is.archive, archive);
	item->is.made = plane_now(lane->of->plane);
	item_put(lane, item);
}

static const char *
store_at(const struct backups *b, const struct server *server, size_t index)
{
	size_t count = 0;

	for (; b->stores != NULL && b->stores[count] != NULL; count++)
		if (count == index)
			return b->stores[count];
	if (index > count || server == NULL)
		return NULL;
	/* And the server's own, should it not be among them. */
	for (size_t i = 0; i < count; i++)
		if (strcmp(b->stores[i], server->spec->backup.store) == 0)
			return NULL;
	return index == count ? server->spec->backup.store : NULL;
}

static bool
begin_stray(struct backups *b, const char *archive)
{
	struct house *h = &b->house;

	(void)text_put(h->stray, sizeof h->stray, archive);
	return true;
}

/* It is where it should be; one that was gone is read back before it counts again. */
static void
see_again(struct lane *lane, struct item *owner, const struct archive_entry_name *name)
{
	owner->seen = owner->seen || name->is_whole;
	if (!name->is_whole || !owner->is.gone || owner->is.checking)
		return;
	owner->is.gone = false;
	owner->is.checking = true;
	(void)text_put(owner->check_by, sizeof owner->check_by, "policy");
	item_put(lane, owner);
}

/* One page. Returns whether something in it is to be removed first; the list then goes on behind it. */
static bool
take_page(struct backups *b, struct lane *lane, struct instant now)
{
	struct house *h = &b->house;
	const struct archive_answer *a = h->order.answer;
	size_t prefix = strlen(lane->server) + 1;

	for (size_t i = 0; i < a->name_count; i++) {
		const struct archive_entry_name *name = &a->names[i];
		const char *archive = name->name + prefix;
		struct item *owner;

		(void)text_put(h->after, sizeof h->after, name->name);
		if (strlen(name->name) <= prefix || !archive_name_is_valid(archive))
			continue;
		owner = owner_of(lane, archive);
		if (owner != NULL)
			see_again(lane, owner, name);
		else if (name->is_whole)
			adopt(lane, h->order.store, archive);
		else if (instant_reached(now, instant_add(name->modified, LEFTOVER_AFTER)))
			return begin_stray(b, archive);
	}
	h->listed = !a->more;
	return false;
}

/*
 * A disk that is not mounted and a bucket that is not the right one look the same, so it is
 * doubted and kept on record, told once, and read back when it is there again.
 */
static void
gone(struct backups *b, struct lane *lane, struct item *item)
{
	json_t *data;

	item->seen = true;
	if (b->house.order.answer->is_there || item->is.gone)
		return;
	item->is.gone = true;
	(void)text_put(item->is.reason, sizeof item->is.reason, "It is not in its store any more.");
	if (MUTANT(BACKUP_GONE_IS_FAILED))
		item->is.state = BACKUP_FAILED;
	data = item_event(item);
	json_set_text(data, "reason", item->is.reason);
	plane_tell(b->plane, EVENT_BACKUP_FAILED, lane->server, data);
	item_put(lane, item);
}

void
house_heard_reconcile(struct backups *b, struct instant now)
{
	struct house *h = &b->house;
	struct lane *lane = keyed_find(&b->lanes, h->server);
	struct item *item = lane != NULL ? keyed_find(&lane->items, h->id) : NULL;
	bool done = h->order.result == REPLY_DONE;

	if (!done) {
		/* This store is passed over, and looked at again sooner. */
		h->failed = true;
		h->listed = false;
		h->after[0] = h->stray[0] = '\0';
		h->store_at++;
		return;
	}
	switch (h->task) {
	case HOUSE_LIST:
		if (lane != NULL && take_page(b, lane, now))
			return;
		break;
	case HOUSE_GONE:
		if (item != NULL)
			gone(b, lane, item);
		break;
	case HOUSE_SWEEP:
		h->store_at++;
		break;
	case HOUSE_STRAY:
	case HOUSE_IDLE:
	case HOUSE_CHECK:
	case HOUSE_REMOVE:
		break;
	}
	h->stray[0] = '\0';
}

/* Choosing what comes next. */

static void
order_house(struct backups *b, enum house_task task, enum order_kind what, const char *store)
{
	struct house *h = &b->house;

	h->task = task;
	order_begin(&h->order, what);
	(void)text_put(h->order.store, sizeof h->order.store, store);
}

static struct item *
find_unseen(struct lane *lane, const char *store, struct instant began)
{
	for (size_t i = 0; lane != NULL && i < lane->items.count; i++) {
		struct item *item = lane->items.items[i];

		if (item->is.state == BACKUP_GOOD && !item->seen &&
		    strcmp(item->is.store, store) == 0 && item->is.ended_at.ms < began.ms)
			return item;
	}
	return NULL;
}

static const struct server *
server_behind(const struct backups *b, const char *name)
{
	for (size_t i = 0; i < plane_server_count(b->plane); i++) {
		const struct server *server = plane_server_at(b->plane, i);

		if (strcmp(server->spec->name, name) > 0)
			return server;
	}
	return NULL;
}

static bool
next_server(struct backups *b)
{
	struct house *h = &b->house;
	const struct server *server = server_behind(b, h->walk);
	struct lane *lane;

	h->store_at = 0;
	h->after[0] = '\0';
	h->listed = false;
	if (server == NULL) {
		h->sweeping = true;
		return false;
	}
	(void)text_put(h->walk, sizeof h->walk, server->spec->name);
	lane = backup_lane(b, h->walk);
	for (size_t i = 0; i < lane->items.count; i++)
		((struct item *)lane->items.items[i])->seen = false;
	return true;
}

static bool
pick_sweep(struct backups *b, struct instant now)
{
	struct house *h = &b->house;
	const char *store = store_at(b, NULL, h->store_at);

	if (store == NULL) {
		h->running = h->sweeping = false;
		h->due = instant_add(now, h->failed ? RECONCILE_AGAIN : RECONCILE_EVERY);
		for (size_t i = 0; i < b->lanes.count; i++)
			house_retention(b->lanes.items[i]);
		return false;
	}
	order_house(b, HOUSE_SWEEP, ORDER_SWEEP, store);
	h->order.made = (struct instant){ now.ms - LEFTOVER_AFTER.ms };
	return true;
}

static void
pick_list(struct backups *b, struct lane *lane, const char *store)
{
	struct house *h = &b->house;

	(void)text_put(h->server, sizeof h->server, lane->server);
	if (h->stray[0] != '\0') {
		order_house(b, HOUSE_STRAY, ORDER_REMOVE, store);
		house_put_name(&h->order, lane->server, h->stray);
		return;
	}
	order_house(b, HOUSE_LIST, ORDER_LIST, store);
	(void)snprintf(h->order.name, sizeof h->order.name, "%s/", lane->server);
	(void)text_put(h->order.after, sizeof h->order.after, h->after);
}

/* What was not listed: is it really not there? Then the next store of this server. */
static bool
pick_gone(struct backups *b, struct lane *lane, const char *store)
{
	struct house *h = &b->house;
	struct item *item = find_unseen(lane, store, h->began);

	if (item == NULL) {
		h->store_at++;
		h->after[0] = '\0';
		h->listed = false;
		return false;
	}
	item->seen = true;
	(void)text_put(h->server, sizeof h->server, lane->server);
	(void)text_put(h->id, sizeof h->id, item->is.id);
	order_house(b, HOUSE_GONE, ORDER_LOOK, store);
	house_put_name(&h->order, lane->server, item->is.archive);
	return true;
}

bool
house_pick_reconcile(struct backups *b, struct instant now)
{
	struct house *h = &b->house;

	if (!h->running && instant_is_set(h->due) && !instant_reached(now, h->due))
		return false;
	if (!h->running) {
		h->running = true;
		h->failed = h->sweeping = h->listed = false;
		h->began = now;
		h->stray[0] = h->after[0] = h->walk[0] = '\0';
		(void)next_server(b);
	}
	for (;;) {
		const struct server *server = plane_server(b->plane, h->walk);
		const char *store;
		struct lane *lane;

		if (h->sweeping)
			return pick_sweep(b, now);
		store = server != NULL ? store_at(b, server, h->store_at) : NULL;
		if (store == NULL) {
			(void)next_server(b);
			continue;
		}
		lane = backup_lane(b, h->walk);
		if (!h->listed) {
			pick_list(b, lane, store);
			return true;
		}
		if (pick_gone(b, lane, store))
			return true;
	}
}
