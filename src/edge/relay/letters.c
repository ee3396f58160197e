/* SPDX-License-Identifier: Apache-2.0 */
/* What the control thread says to a relay thread: a newer table, listeners, who must go, stop. */

#include <sys/epoll.h>
#include <unistd.h>

#include "relay/thread.h"

struct order {
	struct letter letter;
	struct snapshot *snapshot;
	struct shared_server *server;
	char *text;
	uint64_t number;
	int fd;
	bool is_datagrams;
};

static struct order *
order_new(void)
{
	return mem_new(sizeof(struct order));
}

static void
on_snapshot(void *reader, struct letter *letter)
{
	struct order *order = CONTAINER_OF(letter, struct order, letter);

	places_update(reader, order->snapshot);
	mem_free(order);
}

void
post_snapshot(struct relay_thread *thread, struct snapshot *snapshot)
{
	struct order *order = order_new();

	order->snapshot = snapshot_ref(snapshot);
	mailbox_post(thread->mailbox, &order->letter, on_snapshot);
}

static void
on_listen(void *reader, struct letter *letter)
{
	struct order *order = CONTAINER_OF(letter, struct order, letter);
	struct relay_thread *thread = reader;
	struct listening *listening = mem_new(sizeof *listening);

	listening->watched = WATCHED_LISTENER;
	listening->fd = order->fd;
	listening->is_datagrams = order->is_datagrams;
	if (listening->is_datagrams && thread->guests == NULL)
		thread->guests = guests_new(thread);
	listening->number = order->number;
	if (order->server != NULL) {
		listening->place = place_get(thread, order->server);
		listening->place->users++;
		shared_unref(order->server);
	}
	listening->next = thread->listeners;
	thread->listeners = listening;
	ASSERT(thread_watch(thread, listening->fd, listening, EPOLLIN));
	mem_free(order);
}

void
post_listener(struct relay_thread *thread, int fd, bool is_datagrams, uint64_t number,
	      struct shared_server *server)
{
	struct order *order = order_new();

	order->fd = fd;
	order->is_datagrams = is_datagrams;
	order->number = number;
	order->server = server;
	if (server != NULL)
		(void)__atomic_add_fetch(&server->references, 1, __ATOMIC_RELAXED);
	mailbox_post(thread->mailbox, &order->letter, on_listen);
}

/* Close those of `number`; 0 = all. Their memory stays until the end of the turn. */
static void
unlisten(struct relay_thread *thread, uint64_t number)
{
	for (struct listening *listening = thread->listeners; listening != NULL;
	     listening = listening->next) {
		if (listening->is_closed || (number != 0 && listening->number != number))
			continue;
		listening->is_closed = true;
		thread->has_closed_listener = true;
		if (listening->is_datagrams) {
			guests_leave(thread, listening, "the gate does not serve this any more");
			post_forget(thread, listening->fd);
		}
		(void)close(listening->fd);
		if (listening->place != NULL)
			place_leave(thread, TAKE(listening->place));
	}
}

void
listeners_bury(struct relay_thread *thread)
{
	struct listening **at = &thread->listeners;

	while (*at != NULL) {
		struct listening *listening = *at;

		if (!listening->is_closed) {
			at = &listening->next;
			continue;
		}
		*at = listening->next;
		mem_free(listening);
	}
	thread->has_closed_listener = false;
}

static void
on_unlisten(void *reader, struct letter *letter)
{
	struct order *order = CONTAINER_OF(letter, struct order, letter);

	unlisten(reader, order->number);
	mem_free(order);
}

void
post_unlisten(struct relay_thread *thread, uint64_t number)
{
	struct order *order = order_new();

	order->number = number;
	mailbox_post(thread->mailbox, &order->letter, on_unlisten);
}

static void
on_drop(void *reader, struct letter *letter)
{
	struct order *order = CONTAINER_OF(letter, struct order, letter);
	struct relay_thread *thread = reader;
	struct visit *visit = slab_at(&thread->visits, order->number & 0xffff);
	struct guest *guest = guest_by_id(thread, order->number);

	if (guest != NULL)
		guest_end(thread, guest, order->text);
	if (visit != NULL && visit->id == order->number && visit->state != VISIT_FREE &&
	    visit->state != VISIT_ENDED && visit->state != VISIT_LINGERING)
		visit_turn_away_text(thread, visit, order->text, order->text);
	mem_free(order->text);
	mem_free(order);
}

void
post_drop(struct relay_thread *thread, uint64_t connection, const char *why)
{
	struct order *order = order_new();

	order->number = connection;
	order->text = text_copy(why == NULL ? "" : why);
	mailbox_post(thread->mailbox, &order->letter, on_drop);
}

static void
on_stop(void *reader, struct letter *letter)
{
	struct order *order = CONTAINER_OF(letter, struct order, letter);
	struct relay_thread *thread = reader;

	unlisten(thread, 0);
	thread->is_stopping = true;
	for (uint32_t i = 0; i < thread->visits.used_to; i++) {
		struct visit *visit = slab_at(&thread->visits, i);

		if (visit->state == VISIT_FREE || visit->state == VISIT_ENDED ||
		    visit->state == VISIT_LINGERING)
			continue;
		if (order->text != NULL)
			visit_turn_away_text(thread, visit, "the gate is closing", order->text);
		else
			visit_turn_away(thread, visit, KICK_CLOSING);
	}
	mem_free(order->text);
	mem_free(order);
}

void
post_stop(struct relay_thread *thread, const char *why)
{
	struct order *order = order_new();

	order->text = text_copy(why);
	mailbox_post(thread->mailbox, &order->letter, on_stop);
}
