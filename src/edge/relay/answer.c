/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server list: answered at once and in every state, from what was made once
 * for the table; while the game runs, with its own answer for the client's own
 * protocol. A client that does not take its answer is waited for, not buffered
 * for twice.
 */

#include "relay/thread.h"

#include <string.h>

#include "wire/minecraft/status.h"

static bool
is_good(const struct status_answer *answer, bool is_fresh, struct instant now)
{
	return is_fresh && !instant_reached(now, answer->good_until);
}

/* The gate's own answer, made for this moment. */
static const struct status_answer *
own_answer(struct relay_thread *thread, struct place *place)
{
	struct status_answer *answer = place == NULL ? &thread->nobody : &place->answer;
	bool *is_fresh = place == NULL ? &thread->is_nobody_fresh : &place->is_answer_fresh;
	struct instant now = thread_wall(thread);

	if (!is_good(answer, *is_fresh, now)) {
		status_answer_make(answer, thread->table, place == NULL ? NULL : place->server,
				   now);
		*is_fresh = true;
	}
	return answer;
}

/* False: ended. */
static bool
say(struct relay_thread *thread, struct visit *visit, const void *bytes, size_t length)
{
	if (lane_say(&visit->down, visit->client, &thread->tools, bytes, length))
		return true;
	visit_end(thread, visit, NULL);
	return false;
}

/* `frame` NULL: the game has not answered. False: ended. */
static bool
answer(struct relay_thread *thread, struct visit *visit, const struct buf *frame)
{
	COUNT(thread, status_answers);
	if (frame == NULL || frame->length == 0) {
		buf_clear(&thread->print);
		status_answer_print(own_answer(thread, visit->place), visit->greeting->protocol,
				    &thread->print);
		frame = &thread->print;
	}
	return say(thread, visit, frame->data, frame->length);
}

/* False: ended, or the answer comes later. */
static bool
on_request(struct relay_thread *thread, struct visit *visit)
{
	const struct buf *frame = NULL;

	if (visit->greeting->was_answered) {
		visit_end(thread, visit, NULL);
		return false;
	}
	visit->greeting->was_answered = true;
	switch (fetch_status(thread, visit, &frame)) {
	case FETCH_IS_COMING:
		return false;
	case FETCH_IS_HERE:
	case FETCH_IS_NOT:
		break;
	}
	return answer(thread, visit, frame);
}

/* The last thing that happens: most clients close as soon as they have it. */
static void
on_ping(struct relay_thread *thread, struct visit *visit, int64_t payload)
{
	unsigned char pong[PONG_SIZE];

	pong_print(pong, payload);
	if (!say(thread, visit, pong, sizeof pong))
		return;
	if (lane_is_blocked(&visit->down))
		visit_linger(thread, visit);
	else
		visit_end(thread, visit, NULL);
}

/* Did the client take all that was said? False: not yet, or ended. */
static bool
has_taken(struct relay_thread *thread, struct visit *visit)
{
	uint64_t carried = 0;

	if (!lane_is_blocked(&visit->down))
		return true;
	if (lane_run(&visit->down, -1, visit->client, &thread->tools, &carried) ==
	    LANE_IS_FINISHED) {
		visit_end(thread, visit, NULL);
		return false;
	}
	return !lane_is_blocked(&visit->down);
}

/* One packet of those that have come. False: none is whole, or the visit has ended or waits. */
static bool
take_packet(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = visit->greeting;
	struct status_packet packet;
	size_t used;

	switch (status_packet_parse(greeting->bytes, greeting->length, &packet, &used)) {
	case WIRE_MORE:
		return false;
	case WIRE_BAD:
		COUNT(thread, refused_bytes);
		visit_end(thread, visit, NULL);
		return false;
	case WIRE_DONE:
		break;
	}
	greeting->length -= (uint32_t)used;
	memmove(greeting->bytes, greeting->bytes + used, greeting->length);
	if (packet.is == STATUS_REQUEST)
		return on_request(thread, visit);
	on_ping(thread, visit, packet.payload);
	return false;
}

void
status_go_on(struct relay_thread *thread, struct visit *visit)
{
	for (;;) {
		if (visit->state != VISIT_STATUS || visit->greeting->fetch != NULL ||
		    !has_taken(thread, visit))
			return;
		if (take_packet(thread, visit))
			continue;
		if (visit->state != VISIT_STATUS || visit->greeting->fetch != NULL)
			return;
		switch (visit_read(thread, visit, STATUS_PACKET_LIMIT * 2)) {
		case VISIT_READ_SOME:
			break;
		case VISIT_READ_NOTHING:
			return;
		case VISIT_READ_END:
		case VISIT_READ_FULL:
			visit_end(thread, visit, NULL);
			return;
		}
	}
}

void
on_fetched(struct relay_thread *thread, struct visit *visit, const struct buf *frame)
{
	if (answer(thread, visit, frame))
		status_go_on(thread, visit);
}

void
status_answer_legacy(struct relay_thread *thread, struct visit *visit,
		     const struct gate_server *server, enum legacy_kind kind)
{
	COUNT(thread, status_answers);
	buf_clear(&thread->print);
	status_legacy_print(&thread->print, kind, thread->table, server, thread_wall(thread));
	visit_say_last(thread, visit, thread->print.data, thread->print.length);
}
