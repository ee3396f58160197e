/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection's life: accepted, sent from state to state by the others, ended.
 * There is one way to end (visit_end) and it may come from deep inside: whoever
 * calls something that may end a visit looks at its state before going on.
 */

#include "relay/thread.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate/verdict.h"
#include "wire/minecraft/legacy.h"
#include "wire/minecraft/login.h"

#define LINGER_READS 16 /* a flood while it lingers is not worth waiting for */

void
visit_list_add(struct visit_list *list, struct visit *visit)
{
	ASSERT(!visit->is_listed);
	visit->is_listed = true;
	visit->next = NULL;
	visit->previous = list->last;
	if (list->last != NULL)
		list->last->next = visit;
	else
		list->first = visit;
	list->last = visit;
	list->count++;
}

void
visit_list_remove(struct visit_list *list, struct visit *visit)
{
	ASSERT(visit->is_listed && list->count > 0);
	visit->is_listed = false;
	if (visit->next != NULL)
		visit->next->previous = visit->previous;
	else
		list->last = visit->previous;
	if (visit->previous != NULL)
		visit->previous->next = visit->next;
	else
		list->first = visit->next;
	list->count--;
}

void
visit_unlist(struct relay_thread *thread, struct visit *visit)
{
	if (!visit->is_listed)
		return;
	if (visit->state == VISIT_HELD)
		visit_list_remove(&visit->place->held, visit);
	else
		visit_list_remove(&thread->unfinished, visit);
}

void
visit_to(struct relay_thread *thread, struct visit *visit, struct place *place)
{
	ASSERT(visit->place == NULL && place != NULL);
	place->users++;
	visit->place = place;
}

static struct slab *
room_slab(struct relay_thread *thread, uint32_t room)
{
	return room == SMALL_GREETING	 ? &thread->small
	       : room == MIDDLE_GREETING ? &thread->middle
					 : &thread->large;
}

void
greeting_drop(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = TAKE(visit->greeting);

	if (greeting == NULL)
		return;
	ASSERT(greeting->fetch == NULL);
	if (greeting->bytes != NULL)
		slab_give_cold(room_slab(thread, greeting->room), greeting->bytes);
	slab_give(&thread->greetings, greeting);
}

/* More room for what comes. False: there is none. */
static bool
grow(struct relay_thread *thread, struct greeting *greeting)
{
	uint32_t room = greeting->room == 0		   ? SMALL_GREETING
			: greeting->room == SMALL_GREETING ? MIDDLE_GREETING
							   : LARGE_GREETING;
	unsigned char *bytes;

	if (greeting->room == LARGE_GREETING)
		return false;
	bytes = slab_take(room_slab(thread, room));
	if (bytes == NULL)
		return false;
	if (greeting->bytes != NULL) {
		memcpy(bytes, greeting->bytes, greeting->length);
		slab_give_cold(room_slab(thread, greeting->room), greeting->bytes);
	}
	greeting->bytes = bytes;
	greeting->room = room;
	return true;
}

enum visit_read
visit_read(struct relay_thread *thread, struct visit *visit, size_t limit)
{
	struct greeting *greeting = visit->greeting;
	size_t room;
	ssize_t n;

	if (!visit->up.is_readable)
		return VISIT_READ_NOTHING;
	if (greeting->length >= limit)
		return VISIT_READ_FULL;
	if (greeting->length == greeting->room && !grow(thread, greeting))
		return VISIT_READ_FULL;
	room = (greeting->room < limit ? greeting->room : limit) - greeting->length;
	n = recv(visit->client, greeting->bytes + greeting->length, room, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		visit->up.is_readable = false;
		return VISIT_READ_NOTHING;
	}
	if (n <= 0)
		return VISIT_READ_END;
	if ((size_t)n < room && !visit->up.is_hung_up)
		visit->up.is_readable = false;
	greeting->length += (uint32_t)n;
	return VISIT_READ_SOME;
}

static struct visit *
visit_new(struct relay_thread *thread, int fd)
{
	struct greeting *greeting = slab_take(&thread->greetings);
	struct visit *visit = greeting == NULL ? NULL : slab_take(&thread->visits);

	if (visit == NULL) {
		if (greeting != NULL)
			slab_give(&thread->greetings, greeting);
		return NULL;
	}
	*greeting = (struct greeting){ .protocol = -1 };
	*visit = (struct visit){ .watched = WATCHED_VISIT,
				 .state = VISIT_GREETING,
				 .client = fd,
				 .backend = -1,
				 .timer.kind = TIMER_VISIT,
				 .greeting = greeting,
				 .began_at = thread->now };
	/* 53 bits, so that it is itself in JSON: thread, (0: a visit), serial, place. */
	visit->id = (uint64_t)thread->index << 47 |
		    (uint64_t)(++thread->serial & 0x3fffffff) << 16 |
		    slab_index(&thread->visits, visit);
	return visit;
}

/* Too many have not said what they want: the one who has dawdled longest goes. */
static void
evict(struct relay_thread *thread)
{
	unsigned limit = thread->table->limits.half_open / thread->relay->thread_count;

	if (thread->table->limits.half_open == 0 ||
	    thread->unfinished.count <= (limit == 0 ? 1 : limit))
		return;
	COUNT(thread, refused_evicted);
	visit_end(thread, thread->unfinished.first, NULL);
}

static bool
comes_from_proxy(const struct relay_thread *thread, const struct ip *ip)
{
	for (size_t i = 0; i < thread->table->proxy_from_count; i++) {
		if (network_holds(&thread->table->proxy_from[i], ip))
			return true;
	}
	return false;
}

void
visit_accept(struct relay_thread *thread, int fd, const struct ip *ip, uint16_t port,
	     struct place *place)
{
	bool is_proxied = comes_from_proxy(thread, ip);
	struct visit *visit;

	COUNT(thread, accepted);
	if (!is_proxied && !thread_admits(thread, ip, ADMIT_CONNECTION)) {
		COUNT(thread, refused_rate);
		(void)close(fd);
		return;
	}
	visit = visit_new(thread, fd);
	if (visit == NULL) {
		COUNT(thread, refused_full);
		(void)close(fd);
		return;
	}
	stat_add(&thread->stats.connections, 1);
	(void)__atomic_add_fetch(&thread->relay->connections, 1, __ATOMIC_RELAXED);
	if (!thread_watch(thread, fd, visit, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)) {
		COUNT(thread, refused_full);
		visit_end(thread, visit, NULL);
		return;
	}
	visit->ip = *ip;
	visit->port = port;
	visit->greeting->is_proxied = is_proxied;
	visit->greeting->deadline = thread->now + thread->table->limits.handshake_within.ms;
	timers_set(&thread->timers, &visit->timer, visit->greeting->deadline);
	visit_list_add(&thread->unfinished, visit);
	evict(thread);
	if (place != NULL && visit->state == VISIT_GREETING) {
		visit->is_tcp = true;
		visit->state = VISIT_FIRST_BYTES;
		visit_to(thread, visit, place);
		first_bytes(thread, visit);
	}
}

void
visit_end(struct relay_thread *thread, struct visit *visit, const char *why)
{
	ASSERT(visit->state != VISIT_FREE && visit->state != VISIT_ENDED);
	if (visit->is_counted_held) {
		COUNT(thread, hold_cancelled);
		wait_over(thread, visit, why == NULL ? "left" : why);
	}
	if (visit->state == VISIT_BRIDGED)
		bridge_over(thread, visit, why);
	visit_unlist(thread, visit);
	timers_clear(&thread->timers, &visit->timer);
	fetch_forget(thread, visit);
	lane_drop(&visit->up, &thread->tools);
	lane_drop(&visit->down, &thread->tools);
	greeting_drop(thread, visit);
	if (visit->place != NULL)
		place_leave(thread, TAKE(visit->place));
	if (visit->backend >= 0)
		(void)close(visit->backend);
	(void)close(visit->client);
	stat_add(&thread->stats.connections, (uint64_t)-1);
	(void)__atomic_sub_fetch(&thread->relay->connections, 1, __ATOMIC_RELAXED);
	visit->state = VISIT_ENDED;
	visit->next = thread->ended;
	thread->ended = visit;
}

/* Flush, say that it was all, and wait until the client says so too. */
static void
linger(struct relay_thread *thread, struct visit *visit)
{
	uint64_t carried = 0;
	ssize_t n;

	if (!visit->down.is_finished &&
	    lane_run(&visit->down, -1, visit->client, &thread->tools, &carried) != LANE_IS_FINISHED)
		return;
	for (int i = 0; i < LINGER_READS; i++) {
		n = recv(visit->client, thread->tools.buffer, RELAY_BUFFER_SIZE, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			break;
	}
	visit_end(thread, visit, NULL);
}

void
visit_linger(struct relay_thread *thread, struct visit *visit)
{
	visit_unlist(thread, visit);
	fetch_forget(thread, visit);
	lane_drop(&visit->up, &thread->tools);
	if (visit->backend >= 0)
		(void)close(visit->backend);
	visit->backend = -1;
	visit->state = VISIT_LINGERING;
	visit->down.is_readable = false;
	visit->down.has_ended = true;
	timers_set(&thread->timers, &visit->timer, thread->now + LINGER_MS);
	linger(thread, visit);
}

void
visit_say_last(struct relay_thread *thread, struct visit *visit, const void *bytes, size_t length)
{
	if (lane_say(&visit->down, visit->client, &thread->tools, bytes, length))
		visit_linger(thread, visit);
	else
		visit_end(thread, visit, NULL);
}

static void
turn_away(struct relay_thread *thread, struct visit *visit, const char *reason, const char *text)
{
	bool was_bridged = visit->state == VISIT_BRIDGED;
	bool can_read = !was_bridged && !visit->is_tcp && visit->state != VISIT_LINGERING &&
			(visit->is_legacy ||
			 (visit->greeting->handshake > 0 && visit->state != VISIT_STATUS));

	if (visit->is_counted_held)
		wait_over(thread, visit, reason);
	else if (!was_bridged && (can_read || visit->is_tcp))
		tell(thread, visit, FACT_REFUSED, reason);
	if (!can_read) {
		visit_end(thread, visit, reason);
		return;
	}
	buf_clear(&thread->print);
	if (visit->is_legacy)
		legacy_kick_print(&thread->print, text);
	else
		login_disconnect_print(&thread->print, text);
	visit_say_last(thread, visit, thread->print.data, thread->print.length);
}

void
visit_turn_away(struct relay_thread *thread, struct visit *visit, enum kick why)
{
	const struct gate_server *server = visit->place == NULL ? NULL : visit->place->server;
	char text[KICK_TEXT_SIZE];

	if (visit->is_counted_held && (why == KICK_STILL_WAKING || why == KICK_COME_AGAIN))
		COUNT(thread, hold_timed_out);
	else if (visit->is_counted_held)
		COUNT(thread, hold_failed);
	why = verdict_waited(server, why);
	kick_text(why,
		  &(struct kick_about){ thread->table, server, thread_wall(thread), visit->player,
					&visit->ip },
		  text);
	turn_away(thread, visit, kick_reason(why), text);
}

void
visit_turn_away_text(struct relay_thread *thread, struct visit *visit, const char *reason,
		     const char *text)
{
	if (visit->is_counted_held)
		COUNT(thread, hold_cancelled);
	turn_away(thread, visit, reason, text);
}

void
on_visit(struct relay_thread *thread, struct visit *visit, bool is_backend, uint32_t events)
{
	struct lane *lane = is_backend ? &visit->down : &visit->up;

	if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
		lane->is_readable = true;
	if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
		lane->is_hung_up = true;
	switch ((enum visit_state)visit->state) {
	case VISIT_GREETING:
	case VISIT_LOGIN:
		greet(thread, visit);
		break;
	case VISIT_STATUS:
		status_go_on(thread, visit);
		break;
	case VISIT_FIRST_BYTES:
		first_bytes(thread, visit);
		break;
	case VISIT_HELD:
		on_held(thread, visit);
		break;
	case VISIT_DIALING:
	case VISIT_TRYING:
		on_dial(thread, visit, is_backend);
		break;
	case VISIT_BRIDGED:
		bridge_run(thread, visit);
		break;
	case VISIT_LINGERING:
		linger(thread, visit);
		break;
	case VISIT_FREE:
	case VISIT_ENDED:
		break;
	}
}

void
on_visit_timer(struct relay_thread *thread, struct visit *visit)
{
	switch ((enum visit_state)visit->state) {
	case VISIT_GREETING:
	case VISIT_LOGIN:
	case VISIT_STATUS:
	case VISIT_FIRST_BYTES:
		on_greeting_timer(thread, visit);
		break;
	case VISIT_HELD:
		on_held_timer(thread, visit);
		break;
	case VISIT_DIALING:
	case VISIT_TRYING:
		on_dial_timer(thread, visit);
		break;
	case VISIT_BRIDGED:
		on_bridge_timer(thread, visit);
		break;
	case VISIT_LINGERING:
		visit_end(thread, visit, NULL);
		break;
	case VISIT_FREE:
	case VISIT_ENDED:
		break;
	}
}
