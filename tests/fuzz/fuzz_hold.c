/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hold under a client that says anything at any time: three bytes of protocol
 * and number of questions, then what the client sends while held and after.
 */

#include "base/limits.h"
#include "fuzz.h"
#include "gate/hold.h"

static size_t
ask(struct hold *hold, unsigned questions)
{
	unsigned char send[HOLD_SEND_LIMIT];
	struct instant now = hold->started_at;
	size_t length, asked = 0;

	while (asked < questions && hold_turn(hold, now, send, &length) == HOLD_GOES_ON) {
		ASSERT(length <= HOLD_SEND_LIMIT);
		asked += length > 0;
		(void)!hold_take_wake(hold, now);
		ASSERT(hold_due(hold).ms > now.ms);
		now = hold_due(hold);
	}
	return asked;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hold_rules rules = { .hold_for = DURATION_S(900), .wake_filter = true };
	struct hold hold;
	size_t used, at = 0, answers = 0, asked;

	if (size < 3)
		return 0;
	rules.protocol = data[0] << 8 | data[1];
	hold_init(&hold, &rules, (struct instant){ 1000 });
	asked = ask(&hold, data[2] & 15);
	data += 3;
	size -= 3;

	unsigned char *copy = fuzz_copy(data, size);

	while (hold_heard(&hold, copy + at, size - at, &used) == HOLD_HEARD_ANSWER) {
		ASSERT(used > 0 && used <= HOLD_ANSWER_LIMIT && used <= size - at);
		at += used;
		answers++;
	}
	ASSERT(answers <= asked);
	hold_release(&hold);
	for (;;) {
		enum drain drain = hold_drain(&hold, copy + at, size - at, &used);

		ASSERT(used <= size - at);
		ASSERT((drain == DRAIN_DROP) == (used > 0));
		if (drain == DRAIN_MORE)
			ASSERT(size - at <= HOLD_ANSWER_LIMIT && !hold_is_drained(&hold));
		if (drain == DRAIN_OVER)
			ASSERT(hold_is_drained(&hold));
		if (drain != DRAIN_DROP)
			break;
		at += used;
	}
	free(copy);
	return 0;
}
