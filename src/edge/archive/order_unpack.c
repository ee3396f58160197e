/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading archives: the manifest first, which says whether there is one, then every byte
 * against it. And putting what came of it in its place.
 */

#include <errno.h>
#include <string.h>

#include "archive/order.h"
#include "archive/swap.h"
#include "archive/tree.h"

/* Of what an archive lacks the first, for people. */
static void
put_missed(const struct manifest_entry *entry, char to[static REASON_LIMIT + 1])
{
	CLEANUP(text_freep) char *whole = text_format("%s: %s", entry->path, entry->text);

	text_clean(to, REASON_LIMIT + 1, whole, strlen(whole));
}

void
manifest_answer(const struct manifest *manifest, struct archive_answer *answer)
{
	answer->is_there = true;
	answer->files = 0;
	for (size_t i = manifest->count; i-- > 0;) {
		answer->files += manifest->entries[i].kind == MANIFEST_FILE;
		if (manifest->entries[i].kind == MANIFEST_MISSED)
			put_missed(&manifest->entries[i], answer->missed_first);
	}
	answer->bytes = manifest->bytes;
	answer->size = manifest->archive_size;
	answer->changed_count = manifest->changed_count;
	answer->missed_count = manifest->missed_count;
	memcpy(answer->sha256, manifest->archive_sha256, sizeof answer->sha256);
	answer->made = manifest->made;
	(void)text_put(answer->server, sizeof answer->server, manifest->server);
	(void)text_put(answer->game, sizeof answer->game, manifest->game);
}

/* In the thread of the store: parsing may take a while. */
static int
on_manifest(struct object_reader *reader, struct object_source *content)
{
	struct manifest_reader *me = CONTAINER_OF(reader, struct manifest_reader, reader);
	struct object_memory memory;
	int r;

	object_memory_init(&memory, MANIFEST_LIMIT);
	r = memory.reader.take(&memory.reader, content);
	if (r < 0)
		(void)text_put(reader->why, sizeof reader->why, memory.reader.why);
	else
		me->manifest =
			manifest_parse(memory.content.data, memory.content.length, reader->why);
	object_memory_deinit(&memory);
	return r < 0 ? r : me->manifest == NULL ? -EBADMSG : 0;
}

static void
get_manifest(struct order *order, void (*then)(struct order *order, struct reply *reply))
{
	struct ticket ticket = order_call(order, ".manifest", then);
	const struct object_get get = { .key = order->key, .reader = &order->manifest.reader };

	order->manifest.reader.take = on_manifest;
	order->store->port->get(order->store->port, ticket, &get);
}

/* Is there an archive? Otherwise the order ended, with the answer that there is none. */
static bool
has_manifest(struct order *order, const struct reply *reply)
{
	struct archive_answer *answer;

	if (order_ends(order, reply))
		return false;
	answer = order_answer(order);
	if (reply->as.object->is == OBJECT_IS_DONE) {
		manifest_answer(order->manifest.manifest, answer);
		return true;
	}
	order_done(order);
	return false;
}

static void
on_looked(struct order *order, struct reply *reply)
{
	if (has_manifest(order, reply))
		order_done(order);
}

void
order_begin_look(struct order *order)
{
	get_manifest(order, on_looked);
}

/* ---- verify, unpack ---- */

/* In the thread of the store. What an attempt before left in the directory goes first. */
static int
on_archive(struct object_reader *reader, struct object_source *content)
{
	struct order *order = CONTAINER_OF(reader, struct order, into);
	int r = 0;

	if (order->directory != NULL)
		r = tree_remove(order->directory, reader->why);
	if (r < 0)
		return r;
	r = unpack_from(&order->unpack, content);
	if (r < 0)
		(void)text_put(reader->why, sizeof reader->why, order->unpack.reader.why);
	return r;
}

static void
on_read(struct order *order, struct reply *reply)
{
	/* What was read to its end is right, also when it was given up meanwhile. */
	if (reply->result == REPLY_DONE && reply->as.object->is == OBJECT_IS_DONE)
		order_done(order);
	else if (!order_ends(order, reply))
		order_refuse(order,
			     "the manifest of '%.80s' is in the store, but the archive itself is "
			     "not",
			     order->name);
}

static void
on_manifest_got(struct order *order, struct reply *reply)
{
	struct object_get get = { .reader = &order->into };
	struct ticket ticket;

	if (!has_manifest(order, reply))
		return;
	unpack_init(&order->unpack, order->manifest.manifest, order->directory);
	order->unpack.is_marked = true;
	order->into.take = on_archive;
	ticket = order_call(order, ".tar.zst", on_read);
	get.key = order->key;
	order->store->port->get(order->store->port, ticket, &get);
}

void
order_begin_verify(struct order *order)
{
	get_manifest(order, on_manifest_got);
}

/* ---- read: the archive's own bytes, for somebody else ---- */

static void
on_brought(struct order *order, struct reply *reply)
{
	if (reply->result == REPLY_DONE && reply->as.object->is == OBJECT_IS_DONE)
		order_done(order);
	else if (!order_ends(order, reply))
		order_refuse(order, "the archive is not in the store '%.60s' any more",
			     order->store->name);
}

void
order_begin_read(struct order *order)
{
	struct ticket ticket = order_call(order, ".tar.zst", on_brought);
	const struct object_get get = { .key = order->key, .reader = order->reader };

	order->store->port->get(order->store->port, ticket, &get);
}

/* ---- swap, discard: in libuv's workers ---- */

static void
swap_work(uv_work_t *work)
{
	struct order *order = CONTAINER_OF(work, struct order, work);

	if (!guard_allows(archives_guard(order->archives), order->swap.root, order->swap.paths,
			  order->why))
		order->worked = -EPERM;
	else
		order->worked = swap_run(&order->swap, &order->is_unsure, order->why);
}

void
order_begin_swap(struct order *order)
{
	order_work(order, swap_work);
}

static void
discard_work(uv_work_t *work)
{
	struct order *order = CONTAINER_OF(work, struct order, work);

	order->worked = tree_remove(order->directory, order->why);
}

void
order_begin_discard(struct order *order)
{
	order_work(order, discard_work);
}
