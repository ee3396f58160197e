/* SPDX-License-Identifier: Apache-2.0 */
/* The hold: see the header. Timers of clients: 30 s without a byte (20 s in 1.7). */

#include "gate/hold.h"

#include "wire/minecraft/login.h"
#include "wire/minecraft/version.h"

#define QUESTION_EVERY	  DURATION_S(10)
#define EMPTY_FRAME_EVERY DURATION_S(8)	 /* 1.7 gives up after 20 s */
#define SILENCE_LIMIT	  DURATION_S(25) /* below every client's read timeout */
#define PATIENCE	  DURATION_S(3)	 /* who is still here then is no scanner */
#define UNANSWERED_LIMIT  64		 /* ten minutes without an answer: a dead peer */

/* Private transaction numbers: games count up from 0, or draw from 2^32. */
#define QUESTIONS_BASE	 0x40000000
#define QUESTIONS_CHANCE 0x3fff0000u /* leaves 65535 questions: a week */

_Static_assert(sizeof(struct hold) <= 48, "a hold is small: there are ten thousand");
_Static_assert(PLUGIN_REQUEST_SIZE <= HOLD_SEND_LIMIT, "the size in the header");

enum hold_method
hold_method_for(int32_t protocol)
{
	if (protocol >= PROTOCOL_1_13)
		return HOLD_BY_QUESTIONS;
	if (protocol >= PROTOCOL_1_7 && protocol <= PROTOCOL_1_12_2)
		return HOLD_BY_EMPTY_FRAMES;
	return HOLD_BY_SILENCE;
}

void
hold_init(struct hold *hold, const struct hold_rules *rules, struct instant now)
{
	enum hold_method method = hold_method_for(rules->protocol);
	struct duration wait = rules->hold_for;

	if (method == HOLD_BY_SILENCE && wait.ms > SILENCE_LIMIT.ms)
		wait = SILENCE_LIMIT;
	*hold = (struct hold){ .started_at = now,
			       .send_at = method == HOLD_BY_SILENCE ? NEVER : now,
			       .until = instant_add(now, wait),
			       .method = (uint8_t)method,
			       .may_wake = !rules->wake_filter };
	hold->first = QUESTIONS_BASE | (int32_t)(rules->chance & QUESTIONS_CHANCE);
	hold->lowest = hold->next = hold->first;
}

struct instant
hold_due(const struct hold *hold)
{
	struct instant due = instant_earlier(hold->until, hold->send_at);

	if (hold->has_woken)
		return due;
	if (hold->may_wake)
		return hold->started_at;
	return instant_earlier(due, instant_add(hold->started_at, PATIENCE));
}

enum hold_turn
hold_turn(struct hold *hold, struct instant now, unsigned char send[static HOLD_SEND_LIMIT],
	  size_t *ret_length)
{
	ASSERT(!hold->is_released);
	*ret_length = 0;
	if (instant_reached(now, hold->until))
		return hold->method == HOLD_BY_SILENCE ? HOLD_CANNOT_WAIT : HOLD_IS_OVER;
	if (!instant_reached(now, hold->send_at))
		return HOLD_GOES_ON;
	if (hold->method == HOLD_BY_EMPTY_FRAMES) {
		send[0] = 0;
		*ret_length = 1;
		hold->send_at = instant_add(now, EMPTY_FRAME_EVERY);
		return HOLD_GOES_ON;
	}
	if (hold->is_answering && hold->next - hold->lowest >= UNANSWERED_LIMIT)
		return HOLD_PEER_IS_DEAD;
	if (hold->next - hold->first > UINT16_MAX - 1)
		return HOLD_IS_OVER;
	login_plugin_request_print(send, hold->next++);
	*ret_length = PLUGIN_REQUEST_SIZE;
	hold->send_at = instant_add(now, QUESTION_EVERY);
	return HOLD_GOES_ON;
}

enum hold_heard
hold_heard(struct hold *hold, const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct plugin_response response;
	size_t used;
	enum wire_result result;

	ASSERT(!hold->is_released);
	if (hold->method != HOLD_BY_QUESTIONS)
		return length == 0 ? HOLD_HEARD_MORE : HOLD_HEARD_VIOLATION;
	result = login_plugin_response_parse(bytes, length, &response, &used);
	if (result == WIRE_MORE)
		return HOLD_HEARD_MORE;
	if (result == WIRE_BAD || response.transaction < hold->lowest ||
	    response.transaction >= hold->next)
		return HOLD_HEARD_VIOLATION;
	/* A client answers in order: what it left out it will not answer. */
	hold->lowest = response.transaction + 1;
	hold->is_answering = true;
	hold->may_wake = true;
	*ret_used = used;
	return HOLD_HEARD_ANSWER;
}

bool
hold_take_wake(struct hold *hold, struct instant now)
{
	if (hold->has_woken)
		return false;
	if (!hold->may_wake && instant_since(now, hold->started_at).ms < PATIENCE.ms)
		return false;
	hold->may_wake = true;
	hold->has_woken = true;
	return true;
}

void
hold_release(struct hold *hold)
{
	hold->is_released = true;
	hold->send_at = NEVER;
}

void
hold_resume(struct hold *hold, struct instant now)
{
	ASSERT(hold->is_released);
	hold->is_released = false;
	hold->send_at = hold->method == HOLD_BY_SILENCE ? NEVER : now;
}

bool
hold_is_drained(const struct hold *hold)
{
	return hold->lowest == hold->next;
}

enum drain
hold_drain(struct hold *hold, const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct plugin_response response;
	size_t used;
	enum wire_result result;

	ASSERT(hold->is_released);
	*ret_used = 0;
	if (hold_is_drained(hold))
		return DRAIN_OVER;
	result = login_plugin_response_parse(bytes, length, &response, &used);
	if (result == WIRE_MORE)
		return DRAIN_MORE;
	if (result == WIRE_BAD || response.transaction < hold->first ||
	    response.transaction >= hold->next) {
		hold->lowest = hold->next;
		return DRAIN_OVER;
	}
	if (response.transaction >= hold->lowest)
		hold->lowest = response.transaction + 1;
	*ret_used = used;
	return DRAIN_DROP;
}
