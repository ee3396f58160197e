/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk of orders: who waits, who is under way, whose reply a store's is. All of it in the
 * loop's thread; what takes long is in the threads of the stores and in libuv's workers.
 */

#include "archive/archive_port.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "archive/order.h"

struct archives {
	struct archive_port port;
	struct courier *courier;
	uv_loop_t *loop;
	char *by;
	struct guard *guard;
	struct archives_store stores[ARCHIVE_STORES_LIMIT];
	size_t store_count;
	struct order *orders; /* in the order they came */
	uint64_t last_inner;
	unsigned working; /* in libuv's workers */
	bool is_closing;
};

static struct archives *
archives_of(struct archive_port *port)
{
	return CONTAINER_OF(port, struct archives, port);
}

const char *
archives_by(const struct archives *archives)
{
	return archives->by;
}

const struct guard *
archives_guard(const struct archives *archives)
{
	return archives->guard;
}

struct guard *
archive_port_guard(struct archive_port *port)
{
	return archives_of(port)->guard;
}

/* ---- one order's end ---- */

static void
order_free(struct order *order)
{
	packing_deinit(&order->packing);
	manifest_free(order->manifest.manifest);
	archive_answer_free(order->answer);
	buf_deinit(&order->content);
	mem_free(order->name);
	mem_free(order->key);
	mem_free(order->directory);
	mem_free((char *)order->swap.root);
	mem_free((char *)order->swap.fresh);
	mem_free((char *)order->swap.aside);
	texts_free((char **)order->swap.paths);
	mem_free(order->entries);
	mem_free(order->after);
	mem_free(order);
}

static void begin_waiting(struct archives *me);

static void
order_reply(struct order *order, struct reply *reply)
{
	struct archives *me = order->archives;
	struct order **at = &me->orders;

	ASSERT(order->inner.v == 0 && !order->works);
	reply->ticket = order->ticket;
	if (order->ended != NULL) {
		order->ended(order->ended_argument,
			     reply->result == REPLY_DONE ? NULL : reply->reason);
		reply_deinit(reply);
	} else {
		courier_reply(me->courier, reply);
	}
	while (*at != order)
		at = &(*at)->next;
	*at = order->next;
	if (order->is_long && !order->waits)
		order->store->under_way--;
	order_free(order);
	begin_waiting(me);
}

struct archive_answer *
order_answer(struct order *order)
{
	if (order->answer == NULL)
		order->answer = mem_new(sizeof *order->answer);
	return order->answer;
}

void
order_done(struct order *order)
{
	struct reply reply = { .result = REPLY_DONE, .holds = REPLY_ARCHIVE };

	(void)order_answer(order);
	reply.as.archive = TAKE(order->answer);
	order_reply(order, &reply);
}

void
order_refuse(struct order *order, const char *format, ...)
{
	struct reply reply = { .result = REPLY_REFUSED };
	char reason[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(reason, sizeof reason, format, args);
	va_end(args);
	(void)text_put(reply.reason, sizeof reply.reason, reason);
	order_reply(order, &reply);
}

bool
order_ends(struct order *order, const struct reply *reply)
{
	struct reply same = { .result = reply->result };

	if (reply->result == REPLY_DONE && !order->is_cancelled)
		return false;
	if (reply->result == REPLY_DONE) {
		order_refuse(order, "it was given up");
		return true;
	}
	(void)text_put(same.reason, sizeof same.reason, reply->reason);
	order_reply(order, &same);
	return true;
}

/* ---- steps ---- */

struct ticket
order_call(struct order *order, const char *behind,
	   void (*then)(struct order *order, struct reply *reply))
{
	ASSERT(order->inner.v == 0 && order->store != NULL);
	mem_free(order->key);
	order->key = text_format("%s%s", order->name, behind);
	order->then = then;
	order->inner = (struct ticket){ ++order->archives->last_inner };
	return order->inner;
}

void
archive_port_on_fact(void *argument, const struct fact *fact)
{
	struct archives *me = archives_of(argument);
	struct reply reply = fact->as.reply;

	ASSERT(fact->kind == FACT_REPLY);
	for (struct order *order = me->orders; order != NULL; order = order->next) {
		if (order->inner.v != reply.ticket.v)
			continue;
		order->inner.v = 0;
		order->then(order, &reply);
		break;
	}
	reply_deinit(&reply);
}

/* What did something before it failed did not "not happen": it is to be finished. */
static void
order_failed(struct order *order)
{
	struct reply reply = { .result = order->is_unsure ? REPLY_UNKNOWN : REPLY_REFUSED };

	(void)text_put(reply.reason, sizeof reply.reason, order->why);
	order_reply(order, &reply);
}

static void
on_worked(uv_work_t *work, int status)
{
	struct order *order = CONTAINER_OF(work, struct order, work);
	struct archives *me = order->archives;

	order->works = false;
	me->working--;
	if (me->is_closing) {
		order_free(order);
		if (me->working == 0)
			mem_free(me);
	} else if (status == UV_ECANCELED) {
		order_refuse(order, "it was given up before it began");
	} else if (order->worked < 0) {
		order_failed(order);
	} else {
		order_done(order);
	}
}

void
order_work(struct order *order, uv_work_cb work)
{
	order->works = true;
	order->archives->working++;
	ASSERT(uv_queue_work(order->archives->loop, &order->work, work, on_worked) == 0);
}

/* ---- beginning ---- */

static void
begin(struct order *order)
{
	order->waits = false;
	if (order->is_long)
		order->store->under_way++;
	order->begin(order);
}

static void
begin_waiting(struct archives *me)
{
	struct order *order = me->orders;

	while (order != NULL && !(order->waits && order->store->under_way < ARCHIVES_AT_ONCE_LIMIT))
		order = order->next;
	if (order != NULL)
		begin(order); /* it does not end in here: replies come later */
}

static struct archives_store *
find_store(struct archives *me, const char *name)
{
	for (size_t i = 0; i < me->store_count; i++)
		if (text_equal(me->stores[i].name, name))
			return &me->stores[i];
	return NULL;
}

static struct order *
order_new(struct archives *me, struct ticket ticket, void (*begin_it)(struct order *order))
{
	struct order *order = mem_new(sizeof *order);
	struct order **last = &me->orders;

	order->archives = me;
	order->ticket = ticket;
	order->begin = begin_it;
	while (*last != NULL)
		last = &(*last)->next;
	*last = order;
	return order;
}

/* An order to a store; NULL when there is none of that name, which is said. */
static struct order *
order_to(struct archives *me, struct ticket ticket, const char *store, const char *name,
	 void (*begin_it)(struct order *order))
{
	struct archives_store *found = find_store(me, store);
	struct order *order;

	if (found == NULL) {
		courier_refuse(me->courier, ticket,
			       "there is no store named '%.60s' in the configuration", store);
		return NULL;
	}
	order = order_new(me, ticket, begin_it);
	order->store = found;
	order->name = text_copy(name);
	return order;
}

static void
begin_long(struct order *order)
{
	order->is_long = order->waits = true;
	if (order->store->under_way < ARCHIVES_AT_ONCE_LIMIT)
		begin(order);
}

/* ---- what is ordered ---- */

static void
order_pack(struct archive_port *port, struct ticket ticket, const struct archive_pack *pack)
{
	struct order *order =
		order_to(archives_of(port), ticket, pack->store, pack->name, order_begin_pack);

	if (order == NULL)
		return;
	packing_copy(&order->packing, pack);
	begin_long(order);
}

static void
order_commit(struct archive_port *port, struct ticket ticket, const char *store, const char *name,
	     const char *manifest, size_t length)
{
	struct order *order = order_to(archives_of(port), ticket, store, name, order_begin_commit);

	if (order == NULL)
		return;
	buf_put(&order->content, manifest, length);
	begin(order);
}

static void
order_look(struct archive_port *port, struct ticket ticket, const char *store, const char *name)
{
	struct order *order = order_to(archives_of(port), ticket, store, name, order_begin_look);

	if (order != NULL)
		begin(order);
}

static void
order_verify(struct archive_port *port, struct ticket ticket, const char *store, const char *name)
{
	struct order *order = order_to(archives_of(port), ticket, store, name, order_begin_verify);

	if (order != NULL)
		begin_long(order);
}

static void
order_unpack(struct archive_port *port, struct ticket ticket, const char *store, const char *name,
	     const char *directory)
{
	struct order *order = order_to(archives_of(port), ticket, store, name, order_begin_verify);

	if (order == NULL)
		return;
	order->directory = text_copy(directory);
	begin_long(order);
}

static void
order_swap(struct archive_port *port, struct ticket ticket, const struct archive_swap *swap)
{
	struct order *order = order_new(archives_of(port), ticket, order_begin_swap);
	char **paths = NULL;
	size_t count = 0;

	while (swap->paths != NULL && swap->paths[count] != NULL)
		count++;
	if (count > 0)
		paths = mem_new_array(count + 1, sizeof *paths);
	for (size_t i = 0; i < count; i++)
		paths[i] = text_copy(swap->paths[i]);
	order->swap = (struct archive_swap){ .root = text_copy(swap->root),
					     .paths = paths,
					     .fresh = text_copy(swap->fresh),
					     .aside = text_copy(swap->aside) };
	begin(order);
}

static void
order_discard(struct archive_port *port, struct ticket ticket, const char *directory)
{
	struct order *order = order_new(archives_of(port), ticket, order_begin_discard);

	order->directory = text_copy(directory);
	begin(order);
}

static void
order_remove(struct archive_port *port, struct ticket ticket, const char *store, const char *name)
{
	struct order *order = order_to(archives_of(port), ticket, store, name, order_begin_remove);

	if (order != NULL)
		begin(order);
}

static void
order_list(struct archive_port *port, struct ticket ticket, const char *store, const char *prefix,
	   const char *after)
{
	struct order *order = order_to(archives_of(port), ticket, store, prefix, order_begin_list);

	if (order == NULL)
		return;
	order->after = text_copy(after);
	begin(order);
}

static void
order_sweep(struct archive_port *port, struct ticket ticket, const char *store,
	    struct instant before)
{
	struct order *order = order_to(archives_of(port), ticket, store, "", order_begin_sweep);

	if (order == NULL)
		return;
	order->before = before;
	begin(order);
}

bool
archive_port_read(struct archive_port *port, const char *store, const char *name,
		  struct object_reader *reader, archive_read_ended *ended, void *argument)
{
	struct archives *me = archives_of(port);
	struct order *order;

	if (find_store(me, store) == NULL)
		return false;
	order = order_to(me, (struct ticket){ 0 }, store, name, order_begin_read);
	order->reader = reader;
	order->ended = ended;
	order->ended_argument = argument;
	begin(order);
	return true;
}

static struct order *
find_order(struct archives *me, struct ticket ticket)
{
	struct order *order = me->orders;

	while (order != NULL && (order->ended != NULL || order->ticket.v != ticket.v))
		order = order->next;
	return order;
}

static void
order_cancel(struct archive_port *port, struct ticket ticket)
{
	struct order *order = find_order(archives_of(port), ticket);

	if (order == NULL)
		return;
	order->is_cancelled = true;
	if (order->waits)
		order_refuse(order, "it was given up before it began");
	else if (order->works)
		(void)uv_cancel((uv_req_t *)&order->work);
	else if (order->inner.v != 0)
		order->store->port->cancel(order->store->port, order->inner);
}

static bool
order_progress(struct archive_port *port, struct ticket ticket,
	       struct archive_progress *ret_progress)
{
	const struct order *order = find_order(archives_of(port), ticket);
	struct pack_progress packed;

	if (order == NULL)
		return false;
	*ret_progress = (struct archive_progress){ .bytes = atomic_load(&order->unpack.bytes) };
	if (order->packing.pack != NULL) {
		packed = pack_progress(order->packing.pack);
		ret_progress->files = packed.files;
		ret_progress->bytes = packed.bytes;
		ret_progress->bytes_expected = atomic_load(&order->packing.expected);
	} else if (order->answer != NULL) {
		ret_progress->bytes_expected = order->answer->bytes;
	}
	return true;
}

/* ---- beginning and end ---- */

struct archive_port *
archive_port_new(uv_loop_t *loop, const char *by, courier_deliver *deliver, void *argument)
{
	struct archives *me = mem_new(sizeof *me);

	me->port = (struct archive_port){ .pack = order_pack,
					  .commit = order_commit,
					  .look = order_look,
					  .verify = order_verify,
					  .unpack = order_unpack,
					  .swap = order_swap,
					  .discard = order_discard,
					  .remove = order_remove,
					  .list = order_list,
					  .sweep = order_sweep,
					  .cancel = order_cancel,
					  .progress = order_progress };
	me->courier = courier_new(loop, deliver, argument);
	me->loop = loop;
	me->by = text_copy(by);
	me->guard = guard_new();
	return &me->port;
}

void
archive_port_add(struct archive_port *port, const char *name, struct objects_port *store)
{
	struct archives *me = archives_of(port);

	ASSERT(me->store_count < ARCHIVE_STORES_LIMIT && find_store(me, name) == NULL);
	me->stores[me->store_count++] =
		(struct archives_store){ .name = text_copy(name), .port = store };
}

struct objects_port *
archive_port_store(struct archive_port *port, const char *name)
{
	struct archives_store *store = find_store(archives_of(port), name);

	return store != NULL ? store->port : NULL;
}

const char *
archive_port_store_name(struct archive_port *port, size_t index)
{
	struct archives *me = archives_of(port);

	return index < me->store_count ? me->stores[index].name : NULL;
}

void
archive_port_free(struct archive_port *port)
{
	struct archives *me;
	struct order *order, *next;

	if (port == NULL)
		return;
	me = archives_of(port);
	me->is_closing = true;
	for (order = me->orders; order != NULL; order = next) {
		next = order->next;
		if (order->ended != NULL)
			order->ended(order->ended_argument, "roost is stopping");
		if (order->works)
			(void)uv_cancel((uv_req_t *)&order->work);
		else
			order_free(order);
	}
	for (size_t i = 0; i < me->store_count; i++)
		mem_free(me->stores[i].name);
	mem_free(me->by);
	guard_free(me->guard);
	courier_free(me->courier);
	if (me->working == 0)
		mem_free(me);
}
