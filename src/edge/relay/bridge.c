/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the game: two lanes and nothing to decide. There is no idle deadline; a
 * peer that vanished is noticed by TCP itself. Only when one side has said that
 * it is done is the other expected to say something within a minute.
 *
 * After a hold the lane to the game begins a little later: first the client's
 * answers to our own questions are taken out.
 */

#include "relay/thread.h"

#include <string.h>

/* True: nothing of ours is in what the client sends from here on. */
static bool
drain(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = visit->greeting;
	bool is_over = false;

	while (!is_over) {
		size_t used = 0;

		switch (hold_drain(&greeting->hold, greeting->bytes, greeting->length, &used)) {
		case DRAIN_DROP:
			greeting->length -= (uint32_t)used;
			memmove(greeting->bytes, greeting->bytes + used, greeting->length);
			continue;
		case DRAIN_OVER:
			is_over = true;
			continue;
		case DRAIN_MORE:
			break;
		}
		switch (visit_read(thread, visit, HOLD_ANSWER_LIMIT)) {
		case VISIT_READ_SOME:
			break;
		case VISIT_READ_NOTHING:
			return false;
		case VISIT_READ_END:
			visit->up.has_ended = true;
			is_over = true;
			break;
		case VISIT_READ_FULL:
			is_over = true;
			break;
		}
	}
	return true;
}

/* Pass on what was read while draining, and splice from here. False: ended. */
static bool
drained(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = visit->greeting;

	visit->is_draining = false;
	stat_add(&thread->stats.bytes_up, greeting->length);
	if (greeting->length > 0 && !lane_say(&visit->up, visit->backend, &thread->tools,
					      greeting->bytes, greeting->length)) {
		visit_end(thread, visit, "the game closed the connection");
		return false;
	}
	greeting_drop(thread, visit);
	return true;
}

void
bridge_begin(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = visit->greeting;
	bool was_held = !visit->is_tcp && greeting->hold.is_released;

	if (visit->is_counted_held)
		wait_over(thread, visit, NULL);
	tell(thread, visit, FACT_JOINED, NULL);
	timers_clear(&thread->timers, &visit->timer);
	visit->state = VISIT_BRIDGED;
	visit->began_at = thread->now;
	COUNT(thread, bridged_total);
	stat_add(&thread->stats.bridged, 1);
	if (was_held) {
		greeting->length -= greeting->replayed;
		memmove(greeting->bytes, greeting->bytes + greeting->replayed, greeting->length);
		greeting->handshake = greeting->replayed = 0;
		visit->is_draining = true;
	} else {
		greeting_drop(thread, visit);
	}
	bridge_run(thread, visit);
}

void
bridge_over(struct relay_thread *thread, struct visit *visit, const char *why)
{
	stat_add(&thread->stats.bridged, (uint64_t)-1);
	tell(thread, visit, FACT_LEFT, why);
}

/* Both directions are done: the client may still have to read the last of it. */
static void
finish(struct relay_thread *thread, struct visit *visit)
{
	if (visit->up.has_ended) {
		visit_end(thread, visit, NULL);
		return;
	}
	bridge_over(thread, visit, NULL);
	visit_linger(thread, visit);
}

/* One side has ended: the other has a minute from its last byte. */
static void
watch_half_closed(struct relay_thread *thread, struct visit *visit, uint64_t carried)
{
	if (carried > 0)
		visit->has_moved = true;
	if (!timer_is_set(&visit->timer)) {
		visit->has_moved = false;
		timers_set(&thread->timers, &visit->timer, thread->now + HALF_CLOSED_MS);
	}
}

static bool
run(struct relay_thread *thread, struct visit *visit, bool is_up, uint64_t *carried)
{
	struct lane *lane = is_up ? &visit->up : &visit->down;
	int from = is_up ? visit->client : visit->backend;
	int to = is_up ? visit->backend : visit->client;

	switch (lane_run(lane, from, to, &thread->tools, carried)) {
	case LANE_WAITS:
		break;
	case LANE_IS_HUNGRY:
		thread_feed(thread, visit, false);
		break;
	case LANE_IS_STARVED:
		thread_feed(thread, visit, true);
		break;
	case LANE_IS_FINISHED:
		return true;
	}
	return false;
}

void
bridge_run(struct relay_thread *thread, struct visit *visit)
{
	uint64_t up = 0, down = 0;
	bool up_is_over = false, down_is_over;

	if (visit->is_draining && drain(thread, visit) && !drained(thread, visit))
		return;
	if (!visit->is_draining || lane_is_blocked(&visit->up))
		up_is_over = run(thread, visit, true, &up);
	down_is_over = run(thread, visit, false, &down);
	/* Who is gone without a word takes no more bytes either. */
	if (visit->up.is_reset && !down_is_over) {
		lane_drop(&visit->down, &thread->tools);
		visit->down.is_finished = down_is_over = true;
	}
	if (visit->down.is_reset && !up_is_over && !visit->is_draining) {
		lane_drop(&visit->up, &thread->tools);
		visit->up.is_finished = up_is_over = true;
	}
	stat_add(&thread->stats.bytes_up, up);
	stat_add(&thread->stats.bytes_down, down);
	if (up_is_over && down_is_over)
		finish(thread, visit);
	else if (up_is_over || down_is_over)
		watch_half_closed(thread, visit, up + down);
}

void
on_bridge_timer(struct relay_thread *thread, struct visit *visit)
{
	if (!visit->has_moved) {
		visit_end(thread, visit, "nothing came after one side had closed");
		return;
	}
	visit->has_moved = false;
	timers_set(&thread->timers, &visit->timer, thread->now + HALF_CLOSED_MS);
}
