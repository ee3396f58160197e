/* SPDX-License-Identifier: Apache-2.0 */
/* Making an archive: the world into the store, and later its manifest beside it. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "archive/order.h"
#include "archive/walk.h"

void
packing_copy(struct packing *packing, const struct archive_pack *pack)
{
	char **paths = NULL;
	size_t count = 0;

	while (pack->paths != NULL && pack->paths[count] != NULL)
		count++;
	if (count > 0)
		paths = mem_new_array(count + 1, sizeof *paths);
	for (size_t i = 0; i < count; i++)
		paths[i] = text_copy(pack->paths[i]);
	packing->what = (struct archive_pack){ .root = text_copy(pack->root),
					       .paths = paths,
					       .server = text_copy(pack->server),
					       .game = text_copy(pack->game),
					       .made = pack->made };
}

void
packing_deinit(struct packing *packing)
{
	pack_free(packing->pack);
	mem_free((char *)packing->what.root);
	mem_free((char *)packing->what.server);
	mem_free((char *)packing->what.game);
	texts_free((char **)packing->what.paths);
	manifest_free(packing->manifest);
	buf_deinit(&packing->text);
}

static size_t
path_count(const struct packing *packing)
{
	size_t count = 0;

	while (packing->what.paths != NULL && packing->what.paths[count] != NULL)
		count++;
	return count;
}

/* How much there is to do, for those who watch. What cannot be walked, packing will tell. */
static void
count_bytes(struct packing *packing)
{
	char why[REASON_LIMIT + 1];
	struct walk *walk = walk_new(packing->what.root, (const char *const *)packing->what.paths,
				     path_count(packing), why);
	struct walk_step step;
	uint64_t bytes = 0;

	while (walk != NULL && walk_next(walk, &step, why) > 0)
		if (step.is_there && S_ISREG(step.is.st_mode))
			bytes += (uint64_t)step.is.st_size;
	walk_free(walk);
	atomic_store(&packing->expected, bytes);
}

/* In the thread of the store. */
static ptrdiff_t
packing_read(struct object_source *source, void *bytes, size_t size)
{
	struct packing *packing = CONTAINER_OF(source, struct packing, source);
	struct object_source *from = pack_source(packing->pack);
	ptrdiff_t got;

	if (!packing->counted) {
		if (!guard_allows(packing->guard, packing->what.root, packing->what.paths,
				  source->why))
			return -EPERM;
		count_bytes(packing);
	}
	packing->counted = true;
	got = from->read(from, bytes, size);
	if (got < 0)
		(void)text_put(source->why, sizeof source->why, from->why);
	if (got == 0) {
		packing->manifest = pack_take_manifest(packing->pack);
		manifest_print(packing->manifest, &packing->text);
	}
	return got;
}

static void
packing_end(struct object_source *source)
{
	struct object_source *from =
		pack_source(CONTAINER_OF(source, struct packing, source)->pack);

	from->end(from);
}

static void
on_packed(struct order *order, struct reply *reply)
{
	struct packing *packing = &order->packing;
	struct archive_answer *answer;

	if (order_ends(order, reply))
		return;
	ASSERT(packing->manifest != NULL); /* a store reads to the end before it says done */
	answer = order_answer(order);
	manifest_answer(packing->manifest, answer);
	answer->manifest_length = packing->text.length;
	answer->manifest = buf_take_text(&packing->text);
	order_done(order);
}

static void
on_free_name(struct order *order, struct reply *reply)
{
	struct packing *packing = &order->packing;
	const struct pack_options options = { .root = packing->what.root,
					      .paths = (const char *const *)packing->what.paths,
					      .path_count = path_count(packing),
					      .by = archives_by(order->archives),
					      .server = packing->what.server,
					      .game = packing->what.game,
					      .made = packing->what.made };
	struct object_put put = { .source = &packing->source };
	struct ticket ticket;

	if (order_ends(order, reply))
		return;
	if (reply->as.object->is != OBJECT_IS_NONE) {
		order_refuse(order,
			     "there is an archive named '%.100s' already, and it is not replaced",
			     order->name);
		return;
	}
	packing->pack = pack_new(&options, order->why);
	if (packing->pack == NULL) {
		order_refuse(order, "%s", order->why);
		return;
	}
	packing->guard = archives_guard(order->archives);
	packing->source.read = packing_read;
	packing->source.end = packing_end;
	ticket = order_call(order, ".tar.zst", on_packed);
	put.key = order->key;
	order->store->port->put(order->store->port, ticket, &put);
}

void
order_begin_pack(struct order *order)
{
	struct ticket ticket = order_call(order, ".manifest", on_free_name);

	order->store->port->head(order->store->port, ticket, order->key);
}

/* ---- commit ---- */

static void
on_compared(struct order *order, struct reply *reply)
{
	if (order_ends(order, reply))
		return;
	if (reply->as.object->is == OBJECT_IS_DONE && order->manifest.is_same)
		order_done(order);
	else
		order_refuse(order, "there is another archive named '%.100s' already", order->name);
}

/* As long as it brings what was wanted; a NULL manifest is all that is kept of it. */
static int
on_compare(struct object_reader *reader, struct object_source *content)
{
	struct manifest_reader *me = CONTAINER_OF(reader, struct manifest_reader, reader);
	const char *wanted = me->wanted;
	size_t left = me->wanted_length;
	char chunk[16384];
	ptrdiff_t got;

	me->is_same = true;
	while ((got = content->read(content, chunk, sizeof chunk)) > 0 && me->is_same) {
		me->is_same = (size_t)got <= left && memcmp(wanted, chunk, (size_t)got) == 0;
		if (!me->is_same)
			return 0;
		wanted += got;
		left -= (size_t)got;
	}
	if (got < 0)
		(void)text_put(reader->why, sizeof reader->why, content->why);
	me->is_same = me->is_same && left == 0;
	return (int)got;
}

static void
on_committed(struct order *order, struct reply *reply)
{
	struct object_get get = { .reader = &order->manifest.reader };
	struct ticket ticket;

	/* What is done is done, also when it was given up meanwhile. */
	if (reply->result == REPLY_DONE && reply->as.object->is == OBJECT_IS_DONE) {
		order_done(order);
		return;
	}
	if (order_ends(order, reply))
		return;
	order->manifest.reader.take = on_compare;
	order->manifest.wanted = order->content.data;
	order->manifest.wanted_length = order->content.length;
	ticket = order_call(order, ".manifest", on_compared);
	get.key = order->key;
	order->store->port->get(order->store->port, ticket, &get);
}

void
order_begin_commit(struct order *order)
{
	struct ticket ticket = order_call(order, ".manifest", on_committed);
	const struct object_put put = { .key = order->key,
					.source = &order->bytes.source,
					.expected = order->content.length,
					.only_new = true };

	object_bytes_init(&order->bytes, order->content.data, order->content.length);
	order->store->port->put(order->store->port, ticket, &put);
}
