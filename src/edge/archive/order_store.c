/* SPDX-License-Identifier: Apache-2.0 */
/* What is done with archives in a store without reading them: removing, listing, sweeping. */

#include <stdlib.h>
#include <string.h>

#include "archive/order.h"

/* ---- remove: the manifest first; from then on it is a leftover ---- */

static void
on_removed(struct order *order, struct reply *reply)
{
	if (reply->result == REPLY_DONE)
		order_done(order);
	else
		(void)!order_ends(order, reply);
}

static void
on_manifest_removed(struct order *order, struct reply *reply)
{
	struct ticket ticket;

	if (order_ends(order, reply))
		return;
	ticket = order_call(order, ".tar.zst", on_removed);
	order->store->port->remove(order->store->port, ticket, order->key);
}

void
order_begin_remove(struct order *order)
{
	struct ticket ticket = order_call(order, ".manifest", on_manifest_removed);

	order->store->port->remove(order->store->port, ticket, order->key);
}

/* ---- list: all keys below the prefix, two to a name ---- */

static const char *const endings[] = { ".manifest", ".tar.zst" };

/* 0: of a manifest, 1: of an archive, -1: of something else; the name without its ending. */
static int
name_of(const struct object_entry *entry, char ret_name[static OBJECT_KEY_LIMIT + 1])
{
	for (int i = 0; i < (int)ELEMENTS(endings); i++) {
		if (!text_ends_with(entry->key, endings[i]))
			continue;
		(void)text_put(ret_name, OBJECT_KEY_LIMIT + 1, entry->key);
		ret_name[strlen(entry->key) - strlen(endings[i])] = '\0';
		return i;
	}
	return -1;
}

static int
compare_names(const void *a, const void *b)
{
	const struct archive_entry_name *p = a, *q = b;

	return strcmp(p->name, q->name);
}

/* One for each key of ours, sorted, so that those of one name are neighbours. */
static size_t
take_names(const struct order *order, struct archive_entry_name *names)
{
	size_t count = 0;

	for (size_t i = 0; i < order->entry_count; i++) {
		struct archive_entry_name one = { .modified = order->entries[i].modified };
		int which = name_of(&order->entries[i], one.name);

		if (which < 0 || !object_key_is_valid(one.name))
			continue;
		one.is_whole = which == 0;
		one.size = which == 1 ? order->entries[i].size : 0;
		names[count++] = one;
	}
	if (count > 0)
		qsort(names, count, sizeof *names, compare_names);
	return count;
}

static size_t
join_pairs(struct archive_entry_name *names, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || strcmp(names[kept - 1].name, names[i].name) != 0) {
			names[kept++] = names[i];
			continue;
		}
		names[kept - 1].is_whole |= names[i].is_whole;
		names[kept - 1].size += names[i].size;
		if (names[kept - 1].modified.ms < names[i].modified.ms)
			names[kept - 1].modified = names[i].modified;
	}
	return kept;
}

static void
list_done(struct order *order)
{
	struct archive_answer *answer = order_answer(order);
	struct archive_entry_name *names = mem_new_array(order->entry_count + 1, sizeof *names);
	size_t count = join_pairs(names, take_names(order, names)), first = 0;

	while (order->after != NULL && first < count &&
	       strcmp(names[first].name, order->after) <= 0)
		first++;
	count -= first;
	answer->is_there = true;
	answer->more = count > OBJECTS_PAGE_LIMIT;
	answer->name_count = answer->more ? OBJECTS_PAGE_LIMIT : count;
	if (answer->name_count > 0)
		memmove(names, names + first, answer->name_count * sizeof *names);
	answer->names = names;
	order_done(order);
}

static void list_more(struct order *order);

static void
on_page(struct order *order, struct reply *reply)
{
	const struct object_answer *page = reply->as.object;

	if (order_ends(order, reply))
		return;
	if (order->entry_count + page->entry_count > OBJECTS_NAMES_LIMIT) {
		order_refuse(order, "there are more than %d objects in the store '%.60s'",
			     OBJECTS_NAMES_LIMIT, order->store->name);
		return;
	}
	if (page->entry_count > 0) {
		order->entries =
			mem_resize(order->entries, (order->entry_count + page->entry_count) *
							   sizeof *order->entries);
		memcpy(order->entries + order->entry_count, page->entries,
		       page->entry_count * sizeof *order->entries);
		order->entry_count += page->entry_count;
	}
	if (page->more && page->entry_count > 0)
		list_more(order);
	else
		list_done(order);
}

static void
list_more(struct order *order)
{
	struct ticket ticket = order_call(order, "", on_page);
	const struct object_list list = {
		.prefix = order->key,
		.after = order->entry_count > 0 ? order->entries[order->entry_count - 1].key : NULL,
		.limit = OBJECTS_PAGE_LIMIT
	};

	order->store->port->list(order->store->port, ticket, &list);
}

void
order_begin_list(struct order *order)
{
	list_more(order);
}

/* ---- sweep ---- */

void
order_begin_sweep(struct order *order)
{
	struct ticket ticket = order_call(order, "", on_removed);

	order->store->port->sweep(order->store->port, ticket, order->before);
}
