/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To the game: connect, replay what the client sent, and look once at what comes
 * back. A game that has just started may still refuse or say "starting, come
 * back"; as long as none of its bytes was passed on, the player need not know,
 * and it is tried again.
 */

#include "relay/thread.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay/sockets.h"
#include "wire/minecraft/frame.h"
#include "wire/minecraft/login.h"

static void
hang_up(struct relay_thread *thread, struct visit *visit)
{
	bool is_readable = visit->up.is_readable, is_hung_up = visit->up.is_hung_up;

	if (visit->backend >= 0)
		(void)close(visit->backend);
	visit->backend = -1;
	lane_drop(&visit->up, &thread->tools);
	visit->up = (struct lane){ .is_readable = is_readable, .is_hung_up = is_hung_up };
	visit->down.is_readable = visit->down.is_hung_up = false;
}

static void
wait_and_dial(struct relay_thread *thread, struct visit *visit, int64_t wait)
{
	visit->state = VISIT_DIALING;
	timers_set(&thread->timers, &visit->timer, thread->now + wait);
}

static void
on_failed(struct relay_thread *thread, struct visit *visit)
{
	struct verdict verdict = verdict_waiting(visit->place->server, visit->greeting->attempt);

	hang_up(thread, visit);
	switch (verdict.is) {
	case VERDICT_TURN_AWAY:
		visit_turn_away(thread, visit, verdict.why);
		break;
	case VERDICT_HOLD:
		visit->greeting->dials = 0;
		wait_again(thread, visit);
		break;
	case VERDICT_LET_IN:
		if (visit->greeting->dials < DIALS_LIMIT) {
			wait_and_dial(thread, visit, DIAL_AGAIN_MS);
			break;
		}
		COUNT(thread, refused_backend);
		visit_turn_away(thread, visit, KICK_UNREACHABLE);
		break;
	}
}

/* What the game reads first, in thread->print: who comes, if it wants to know, and the frames. */
static void
print_replay(struct relay_thread *thread, const struct visit *visit)
{
	const struct greeting *greeting = visit->greeting;

	buf_clear(&thread->print);
	if (visit->place->server->proxy_protocol) {
		struct proxyproto header = { .is_told = true,
					     .source = visit->ip,
					     .source_port = visit->port,
					     .destination = greeting->carried,
					     .destination_port = greeting->carried_port };
		unsigned char bytes[PROXYPROTO_PRINT_LIMIT];

		if (!greeting->is_carried)
			socket_local(visit->client, &header.destination, &header.destination_port);
		buf_put(&thread->print, bytes, proxyproto_print(bytes, &header));
	}
	if (greeting->replayed > 0)
		buf_put(&thread->print, greeting->bytes, greeting->replayed);
}

static void
on_connected(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = visit->greeting;

	visit->state = VISIT_TRYING;
	if (!visit->is_tcp && visit->is_counted_held && !greeting->hold.is_released)
		hold_release(&greeting->hold);
	if (visit->is_tcp || !visit->is_counted_held || greeting->dials > REFUSALS_LIMIT)
		bridge_begin(thread, visit);
	else
		timers_set(&thread->timers, &visit->timer, thread->now + FIRST_FRAME_MS);
}

/* Sending is how we learn that it is connected: mostly it is at once. */
static void
replay(struct relay_thread *thread, struct visit *visit)
{
	const struct buf *print = &thread->print;
	ssize_t sent = 0;
	int result;

	print_replay(thread, visit);
	if (print->length == 0) {
		result = socket_dialled(visit->backend);
		if (result == -EINPROGRESS)
			return;
		if (result < 0) {
			on_failed(thread, visit);
			return;
		}
	} else {
		sent = send(visit->backend, print->data, print->length, MSG_NOSIGNAL);
		if (sent < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ENOTCONN)
				on_failed(thread, visit);
			return;
		}
	}
	if ((size_t)sent < print->length &&
	    !lane_say(&visit->up, visit->backend, &thread->tools, print->data + sent,
		      print->length - (size_t)sent)) {
		on_failed(thread, visit);
		return;
	}
	stat_add(&thread->stats.bytes_up, print->length);
	on_connected(thread, visit);
}

void
dial(struct relay_thread *thread, struct visit *visit)
{
	const struct gate_server *server = visit->place->server;
	int fd;

	ASSERT(visit->backend < 0 && server != NULL);
	visit_unlist(thread, visit);
	visit->state = VISIT_DIALING;
	visit->greeting->dials++;
	if (verdict_wants_spacing(server))
		__atomic_store_n(&visit->place->shared->release_at, thread->now + SPACING_MS,
				 __ATOMIC_RELAXED);
	fd = socket_dial(&server->backend_ip, server->backend.port);
	if (fd < 0) {
		on_failed(thread, visit);
		return;
	}
	visit->backend = fd;
	timers_set(&thread->timers, &visit->timer, thread->now + DIAL_MS);
	if (!thread_watch(thread, fd, (char *)visit + 1,
			  EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)) {
		on_failed(thread, visit);
		return;
	}
	replay(thread, visit);
}

/* Turned away by a game that is not quite there: once more, a little later. */
static void
on_refused(struct relay_thread *thread, struct visit *visit)
{
	bool is_spaced =
		visit->place->server != NULL && verdict_wants_spacing(visit->place->server);

	hang_up(thread, visit);
	wait_and_dial(thread, visit, is_spaced ? SPACING_MS : REFUSED_AGAIN_MS);
}

/* The first bytes of the game, only looked at. */
static void
look_at_first_frame(struct relay_thread *thread, struct visit *visit)
{
	ssize_t n = recv(visit->backend, thread->tools.buffer, RELAY_BUFFER_SIZE, MSG_PEEK);
	char reason[REASON_LIMIT + 1];
	int32_t id = -1; /* and of what is no frame */
	size_t used;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		on_refused(thread, visit);
		return;
	}
	if (frame_id_parse(thread->tools.buffer, (size_t)n, &id) != WIRE_MORE && id != 0) {
		bridge_begin(thread, visit);
		return;
	}
	switch (login_disconnect_parse(thread->tools.buffer, (size_t)n, reason, sizeof reason,
				       &used)) {
	case WIRE_DONE:
		on_refused(thread, visit);
		break;
	case WIRE_MORE: /* its timer lets it through as it is */
		break;
	case WIRE_BAD:
		bridge_begin(thread, visit);
		break;
	}
}

void
on_dial(struct relay_thread *thread, struct visit *visit, bool is_backend)
{
	uint64_t carried = 0;

	if (lane_is_blocked(&visit->down) &&
	    lane_run(&visit->down, -1, visit->client, &thread->tools, &carried) ==
		    LANE_IS_FINISHED) {
		visit_end(thread, visit, NULL);
		return;
	}
	if (!is_backend) {
		/* A player who says goodbye leaves; a tcp client may be done speaking. */
		if (visit->up.is_hung_up && !visit->is_tcp)
			visit_end(thread, visit, NULL);
		return;
	}
	if (visit->backend < 0)
		return;
	if (visit->state == VISIT_DIALING) {
		replay(thread, visit);
		return;
	}
	if (visit->up.rest != NULL && lane_run(&visit->up, -1, visit->backend, &thread->tools,
					       &carried) == LANE_IS_FINISHED) {
		visit->up.is_finished = false;
		on_refused(thread, visit);
		return;
	}
	look_at_first_frame(thread, visit);
}

void
on_dial_timer(struct relay_thread *thread, struct visit *visit)
{
	if (visit->state == VISIT_TRYING)
		bridge_begin(thread, visit);
	else if (visit->backend >= 0)
		on_failed(thread, visit);
	else if (visit->place->server != NULL &&
		 verdict_waiting(visit->place->server, visit->greeting->attempt).is ==
			 VERDICT_LET_IN)
		dial(thread, visit);
	else
		on_failed(thread, visit);
}
