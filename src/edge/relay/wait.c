/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Held players. The hold itself is gate/hold.h's; here its bytes are sent, what
 * comes is shown to it, its deadlines are kept, and what happens is told. A
 * player who leaves is forgotten at once; the wake goes on.
 */

#include "relay/thread.h"

#include <string.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "sys/chance.h"

void
wait_over(struct relay_thread *thread, struct visit *visit, const char *why)
{
	ASSERT(visit->is_counted_held);
	visit->is_counted_held = false;
	(void)__atomic_sub_fetch(&visit->place->shared->held, 1, __ATOMIC_RELAXED);
	stat_add(&thread->stats.held, (uint64_t)-1);
	if (why != NULL)
		tell(thread, visit, FACT_RELEASED, why);
	else
		COUNT(thread, hold_joined);
}

bool
wake_is_granted(struct relay_thread *thread, struct place *place, const struct ip *ip,
		uint64_t attempt)
{
	struct shared_server *shared = place->shared;

	if (place->server->state == STATE_WAKING || place->server->state == STATE_READY)
		return true;
	if (__atomic_load_n(&shared->asked_attempt, __ATOMIC_RELAXED) >= attempt)
		return true;
	if (!thread_admits(thread, ip, ADMIT_WAKE))
		return false;
	__atomic_store_n(&shared->asked_attempt, attempt, __ATOMIC_RELAXED);
	return true;
}

static void
knock(struct relay_thread *thread, struct visit *visit)
{
	if (visit->place->server == NULL || !visit->place->server->wake_on_join)
		return;
	if (!wake_is_granted(thread, visit->place, &visit->ip, visit->greeting->attempt)) {
		COUNT(thread, refused_rate);
		visit_turn_away(thread, visit, KICK_TOO_FAST);
		return;
	}
	COUNT(thread, wakes);
	tell(thread, visit, FACT_KNOCKED, NULL);
}

/* What is due now: a filler, the wake, or the end of patience. */
static void
go_on(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = visit->greeting;
	struct instant now = { thread->now };
	unsigned char bytes[HOLD_SEND_LIMIT];
	size_t length = 0;

	switch (hold_turn(&greeting->hold, now, bytes, &length)) {
	case HOLD_GOES_ON:
		break;
	case HOLD_IS_OVER:
		visit_turn_away(thread, visit, KICK_STILL_WAKING);
		return;
	case HOLD_CANNOT_WAIT:
		visit_turn_away(thread, visit, KICK_COME_AGAIN);
		return;
	case HOLD_PEER_IS_DEAD:
		visit_end(thread, visit, "stopped answering");
		return;
	}
	if (length > 0 && !lane_say(&visit->down, visit->client, &thread->tools, bytes, length)) {
		visit_end(thread, visit, NULL);
		return;
	}
	if (hold_take_wake(&greeting->hold, now))
		knock(thread, visit);
	if (visit->state == VISIT_HELD)
		timers_set(&thread->timers, &visit->timer, hold_due(&greeting->hold).ms);
}

static void
tcp_go_on(struct relay_thread *thread, struct visit *visit)
{
	if (thread->now >= visit->greeting->held_until)
		visit_turn_away(thread, visit, KICK_STILL_WAKING);
	else
		timers_set(&thread->timers, &visit->timer, visit->greeting->held_until);
}

static void
start_hold(struct relay_thread *thread, struct visit *visit)
{
	const struct gate_server *server = visit->place->server;
	struct hold_rules rules = { .protocol = visit->greeting->protocol,
				    .wake_filter = server->wake_filter,
				    .hold_for = server->hold_for };

	sys_chance()->fill(sys_chance(), &rules.chance, sizeof rules.chance);
	hold_init(&visit->greeting->hold, &rules, (struct instant){ thread->now });
	go_on(thread, visit);
}

static void
enter(struct relay_thread *thread, struct visit *visit)
{
	visit_unlist(thread, visit);
	visit->state = VISIT_HELD;
	visit_list_add(&visit->place->held, visit);
}

void
wait_begin(struct relay_thread *thread, struct visit *visit)
{
	enter(thread, visit);
	visit->began_at = thread->now;
	visit->is_counted_held = true;
	stat_add(&thread->stats.held, 1);
	tell(thread, visit, FACT_HELD, NULL);
	if (visit->is_tcp) {
		visit->greeting->held_until = thread->now + visit->place->server->hold_for.ms;
		tcp_go_on(thread, visit);
		if (visit->state == VISIT_HELD)
			knock(thread, visit);
	} else {
		start_hold(thread, visit);
	}
	if (visit->state == VISIT_HELD)
		on_held(thread, visit);
}

void
wait_again(struct relay_thread *thread, struct visit *visit)
{
	if (!visit->is_counted_held) {
		visit->greeting->attempt = visit->place->server->attempt;
		(void)__atomic_add_fetch(&visit->place->shared->held, 1, __ATOMIC_RELAXED);
		wait_begin(thread, visit);
		return;
	}
	if (!visit->is_tcp && visit->greeting->hold.is_released)
		hold_resume(&visit->greeting->hold, (struct instant){ thread->now });
	enter(thread, visit);
	on_held_timer(thread, visit);
}

/* Look at whole answers; what is not whole stays. False: ended. */
static bool
hear(struct relay_thread *thread, struct visit *visit)
{
	struct greeting *greeting = visit->greeting;

	while (greeting->length > greeting->replayed) {
		unsigned char *bytes = greeting->bytes + greeting->replayed;
		size_t length = greeting->length - greeting->replayed, used = 0;

		switch (hold_heard(&greeting->hold, bytes, length, &used)) {
		case HOLD_HEARD_ANSWER:
			greeting->length -= (uint32_t)used;
			memmove(bytes, bytes + used, length - used);
			continue;
		case HOLD_HEARD_MORE:
			return true;
		case HOLD_HEARD_VIOLATION:
			COUNT(thread, refused_bytes);
			visit_end(thread, visit, "sent what no waiting client sends");
			return false;
		}
	}
	return true;
}

static void
hear_all(struct relay_thread *thread, struct visit *visit)
{
	size_t limit = visit->greeting->replayed + HOLD_ANSWER_LIMIT;

	while (hear(thread, visit)) {
		switch (visit_read(thread, visit, limit)) {
		case VISIT_READ_SOME:
			continue;
		case VISIT_READ_NOTHING:
			if (hold_take_wake(&visit->greeting->hold, (struct instant){ thread->now }))
				knock(thread, visit);
			return;
		case VISIT_READ_END:
		case VISIT_READ_FULL:
			visit_end(thread, visit, NULL);
			return;
		}
	}
}

void
on_held(struct relay_thread *thread, struct visit *visit)
{
	uint64_t carried = 0;
	unsigned char byte;

	if (lane_is_blocked(&visit->down) &&
	    lane_run(&visit->down, -1, visit->client, &thread->tools, &carried) ==
		    LANE_IS_FINISHED) {
		visit_end(thread, visit, NULL);
	} else if (!visit->is_tcp) {
		hear_all(thread, visit);
	} else if (visit->up.is_hung_up) {
		visit_end(thread, visit, NULL);
	} else if (recv(visit->client, &byte, 1, MSG_PEEK) < 0 && errno != EAGAIN) {
		visit_end(thread, visit, NULL);
	}
}

void
on_held_timer(struct relay_thread *thread, struct visit *visit)
{
	if (visit->is_tcp)
		tcp_go_on(thread, visit);
	else
		go_on(thread, visit);
}

void
wait_judge(struct relay_thread *thread, struct visit *visit)
{
	const struct gate_server *server = visit->place->server;
	struct verdict verdict = verdict_waiting(server, visit->greeting->attempt);
	enum kick why;

	if (server != NULL && !verdict_is_welcome(server, visit->player, &visit->ip, &why))
		visit_turn_away(thread, visit, why);
	else if (verdict.is == VERDICT_TURN_AWAY)
		visit_turn_away(thread, visit, verdict.why);
}
