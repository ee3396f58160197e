/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The game's own status answer, asked for each protocol that a client comes
 * with, because a game may answer differently to each (that is how it says which
 * versions it takes). One question at a time for a (server, protocol), told again
 * for two seconds; a game that does not answer in one is answered for.
 */

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay/sockets.h"
#include "relay/thread.h"
#include "wire/minecraft/status.h"

#define FETCHES_A_PLACE 4 /* at once: made-up protocols must not become a crowd at the game */

static struct fetched *
remembered(struct place *place, int32_t protocol)
{
	for (size_t i = 0; i < FETCHED_COUNT; i++) {
		if (place->fetched[i].at != 0 && place->fetched[i].protocol == protocol)
			return &place->fetched[i];
	}
	return NULL;
}

static struct fetched *
oldest(struct place *place)
{
	struct fetched *found = &place->fetched[0];

	for (size_t i = 1; i < FETCHED_COUNT; i++) {
		if (place->fetched[i].at < found->at)
			found = &place->fetched[i];
	}
	return found;
}

static struct fetch *
under_way(const struct relay_thread *thread, const struct place *place, int32_t protocol,
	  unsigned *ret_count)
{
	struct fetch *found = NULL;

	*ret_count = 0;
	for (struct fetch *fetch = thread->fetching; fetch != NULL; fetch = fetch->next) {
		if (fetch->place != place)
			continue;
		++*ret_count;
		if (fetch->protocol == protocol)
			found = fetch;
	}
	return found;
}

static struct fetch *
free_fetch(struct relay_thread *thread)
{
	for (size_t i = 0; i < RELAY_FETCHES_LIMIT; i++) {
		if (thread->fetches[i].is_free)
			return &thread->fetches[i];
	}
	return NULL;
}

static void
print_question(struct fetch *fetch)
{
	const struct gate_server *server = fetch->place->server;
	const char *host = server->backend.host[0] == '\0' ? "localhost" : server->backend.host;

	buf_clear(&fetch->out);
	if (server->proxy_protocol) {
		unsigned char header[PROXYPROTO_PRINT_LIMIT];
		struct proxyproto local = { .is_told = false };

		buf_put(&fetch->out, header, proxyproto_print(header, &local));
	}
	status_request_print(&fetch->out, fetch->protocol, host, server->backend.port);
}

static struct fetch *
start(struct relay_thread *thread, struct place *place, int32_t protocol)
{
	struct fetch *fetch = free_fetch(thread);
	int fd;

	if (fetch == NULL)
		return NULL;
	fd = socket_dial(&place->server->backend_ip, place->server->backend.port);
	if (fd < 0)
		return NULL;
	if (!thread_watch(thread, fd, fetch, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)) {
		(void)close(fd);
		return NULL;
	}
	COUNT(thread, status_fetches);
	fetch->is_free = false;
	fetch->fd = fd;
	fetch->protocol = protocol;
	fetch->place = place;
	fetch->sent = 0;
	fetch->waiting = NULL;
	place->users++;
	buf_clear(&fetch->in);
	print_question(fetch);
	fetch->next = thread->fetching;
	thread->fetching = fetch;
	timers_set(&thread->timers, &fetch->timer, thread->now + FETCH_MS);
	return fetch;
}

enum fetch_now
fetch_status(struct relay_thread *thread, struct visit *visit, const struct buf **ret_frame)
{
	struct place *place = visit->place;
	int32_t protocol = visit->greeting->protocol;
	struct fetched *known;
	struct fetch *fetch;
	unsigned count;

	if (place == NULL || place->server == NULL || place->server->state != STATE_READY ||
	    !place->server->backend_resolved)
		return FETCH_IS_NOT;
	known = remembered(place, protocol);
	if (known != NULL && thread->now - known->at < FETCHED_MS) {
		*ret_frame = &known->frame;
		return known->frame.length > 0 ? FETCH_IS_HERE : FETCH_IS_NOT;
	}
	fetch = under_way(thread, place, protocol, &count);
	if (fetch == NULL && count < FETCHES_A_PLACE)
		fetch = start(thread, place, protocol);
	if (fetch == NULL)
		return FETCH_IS_NOT;
	visit->greeting->fetch = fetch;
	visit->greeting->next_waiting = fetch->waiting;
	fetch->waiting = visit;
	return FETCH_IS_COMING;
}

void
fetch_forget(struct relay_thread *thread, struct visit *visit)
{
	struct fetch *fetch;

	if (visit->greeting == NULL || visit->greeting->fetch == NULL)
		return;
	fetch = TAKE(visit->greeting->fetch);
	for (struct visit **at = &fetch->waiting; *at != NULL;
	     at = &(*at)->greeting->next_waiting) {
		if (*at == visit) {
			*at = visit->greeting->next_waiting;
			return;
		}
	}
}

static void
remember(struct relay_thread *thread, struct fetch *fetch, size_t length)
{
	struct fetched *fetched = remembered(fetch->place, fetch->protocol);

	if (fetched == NULL)
		fetched = oldest(fetch->place);
	fetched->protocol = fetch->protocol;
	fetched->at = thread->now;
	buf_deinit(&fetched->frame);
	buf_put(&fetched->frame, fetch->in.data, length);
}

/* It is over: with a whole answer of `length` bytes, or without one (0). */
static void
finish(struct relay_thread *thread, struct fetch *fetch, size_t length)
{
	struct fetch **at = &thread->fetching;
	struct buf frame = BUF_NULL;
	struct visit *visit;

	remember(thread, fetch, length);
	while (*at != fetch)
		at = &(*at)->next;
	*at = fetch->next;
	timers_clear(&thread->timers, &fetch->timer);
	(void)close(fetch->fd);
	buf_put(&frame, fetch->in.data, length);
	buf_deinit(&fetch->in);
	while ((visit = fetch->waiting) != NULL) {
		fetch->waiting = visit->greeting->next_waiting;
		visit->greeting->fetch = NULL;
		on_fetched(thread, visit, length > 0 ? &frame : NULL);
	}
	buf_deinit(&frame);
	fetch->is_free = true;
	place_leave(thread, TAKE(fetch->place));
}

void
fetch_end(struct relay_thread *thread, struct fetch *fetch)
{
	finish(thread, fetch, 0);
}

/* False: no use going on. */
static bool
send_question(struct fetch *fetch)
{
	while (fetch->sent < fetch->out.length) {
		ssize_t n = send(fetch->fd, fetch->out.data + fetch->sent,
				 fetch->out.length - fetch->sent, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		fetch->sent += (size_t)n;
	}
	return true;
}

/* What no client would take is answered for by us. */
static void
finish_answered(struct relay_thread *thread, struct fetch *fetch, const char *json, size_t length)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	struct buf frame = BUF_NULL;

	if (length <= STATUS_TEXT_LIMIT) {
		status_game_answer_put(&text, fetch->place->server, json, length);
		status_response_print(&frame, buf_text(&text), text.length);
	}
	buf_deinit(&fetch->in); /* `json` was in it */
	fetch->in = frame;
	finish(thread, fetch, fetch->in.length);
}

void
on_fetch(struct relay_thread *thread, struct fetch *fetch)
{
	const char *json;
	size_t length, used;
	ssize_t n;

	if (fetch->is_free)
		return;
	if (!send_question(fetch)) {
		finish(thread, fetch, 0);
		return;
	}
	for (;;) {
		n = recv(fetch->fd, thread->tools.buffer, RELAY_BUFFER_SIZE, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			break;
		buf_put(&fetch->in, thread->tools.buffer, (size_t)n);
		switch (status_response_parse(fetch->in.data, fetch->in.length, &json, &length,
					      &used)) {
		case WIRE_MORE:
			continue;
		case WIRE_DONE:
			finish_answered(thread, fetch, json, length);
			return;
		case WIRE_BAD:
			break;
		}
		break;
	}
	finish(thread, fetch, 0);
}

void
fetches_end(struct relay_thread *thread)
{
	while (thread->fetching != NULL)
		finish(thread, thread->fetching, 0);
	for (size_t i = 0; i < RELAY_FETCHES_LIMIT; i++)
		buf_deinit(&thread->fetches[i].out);
}
