/* SPDX-License-Identifier: Apache-2.0 */
/* The hold: what is sent when, what a client may say, and what reaches the game. */

#include "../wire/bytes.h"

#include "gate/hold.h"
#include "wire/minecraft/login.h"

#define START 1000000

static struct instant
at(int64_t ms)
{
	return (struct instant){ START + ms };
}

static struct hold
held(int32_t protocol, bool filter, int64_t seconds)
{
	struct hold_rules rules = { .protocol = protocol,
				    .wake_filter = filter,
				    .hold_for = DURATION_S(seconds),
				    .chance = 0xdeadbeef };
	struct hold hold;

	hold_init(&hold, &rules, at(0));
	return hold;
}

static size_t
sent_at(struct hold *hold, int64_t ms)
{
	unsigned char send[HOLD_SEND_LIMIT];
	size_t length;

	assert_int_equal(hold_turn(hold, at(ms), send, &length), HOLD_GOES_ON);
	return length;
}

static struct packet
answer(int32_t transaction)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	struct packet packet;

	login_plugin_response_print(&printed, transaction, false);
	memcpy(packet.bytes, printed.data, printed.length);
	packet.length = printed.length;
	return packet;
}

static enum hold_heard
heard(struct hold *hold, int32_t transaction)
{
	struct packet packet = answer(transaction);
	size_t used = 0;
	enum hold_heard result = hold_heard(hold, packet.bytes, packet.length, &used);

	if (result == HOLD_HEARD_ANSWER)
		assert_int_equal(used, packet.length);
	return result;
}

static void
the_method_follows_the_protocol(void **unused)
{
	static const struct {
		int32_t protocol;
		enum hold_method method;
	} known[] = { { -1, HOLD_BY_SILENCE },		{ 3, HOLD_BY_SILENCE },
		      { 4, HOLD_BY_EMPTY_FRAMES },	{ 47, HOLD_BY_EMPTY_FRAMES },
		      { 340, HOLD_BY_EMPTY_FRAMES },	{ 341, HOLD_BY_SILENCE },
		      { 392, HOLD_BY_SILENCE },		{ 393, HOLD_BY_QUESTIONS },
		      { 776, HOLD_BY_QUESTIONS },	{ 100000, HOLD_BY_QUESTIONS },
		      { 0x40000001, HOLD_BY_QUESTIONS } };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(known); i++)
		assert_int_equal(hold_method_for(known[i].protocol), known[i].method);
}

/* Drive a hold by its own due times only, and note every moment at which something is sent. */
static void
no_client_waits_longer_than_its_timeout_for_a_byte(void **unused)
{
	static const struct {
		int32_t protocol;
		int64_t timeout_ms;
	} known[] = { { 4, 20000 }, { 47, 30000 }, { 340, 30000 }, { 393, 30000 }, { 767, 30000 } };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(known); i++) {
		struct hold hold = held(known[i].protocol, true, 600);
		unsigned char send[HOLD_SEND_LIMIT];
		int64_t last = 0, now = 0;
		size_t length;

		while (hold_turn(&hold, at(now), send, &length) == HOLD_GOES_ON) {
			(void)!hold_take_wake(&hold, at(now));
			if (length > 0)
				last = now;
			assert_true(now - last <= known[i].timeout_ms / 2);
			assert_true(hold_due(&hold).ms > at(now).ms);
			now = hold_due(&hold).ms - START;
		}
		assert_int_equal(now, 600000);
	}
}

static void
a_question_is_asked_at_once_and_then_each_ten_seconds(void **unused)
{
	struct hold hold = held(767, true, 600);

	(void)unused;
	assert_int_equal(sent_at(&hold, 0), PLUGIN_REQUEST_SIZE);
	assert_int_equal(sent_at(&hold, 9999), 0);
	assert_int_equal(sent_at(&hold, 10000), PLUGIN_REQUEST_SIZE);
	assert_int_equal(hold.next - hold.first, 2);
}

static void
an_unholdable_client_is_told_before_it_gives_up(void **unused)
{
	struct hold hold = held(391, true, 600);
	unsigned char send[HOLD_SEND_LIMIT];
	size_t length;

	(void)unused;
	assert_int_equal(sent_at(&hold, 0), 0);
	assert_int_equal(sent_at(&hold, 24999), 0);
	assert_int_equal(hold_turn(&hold, at(25000), send, &length), HOLD_CANNOT_WAIT);
}

static void
a_hold_ends_when_its_time_is_over(void **unused)
{
	struct hold hold = held(767, true, 5);
	unsigned char send[HOLD_SEND_LIMIT];
	size_t length;

	(void)unused;
	assert_int_equal(sent_at(&hold, 4999), PLUGIN_REQUEST_SIZE);
	assert_int_equal(hold_turn(&hold, at(5000), send, &length), HOLD_IS_OVER);
}

static void
the_first_answer_wakes_once(void **unused)
{
	struct hold hold = held(767, true, 600);

	(void)unused;
	assert_false(hold_take_wake(&hold, at(0)));
	(void)sent_at(&hold, 0);
	assert_false(hold_take_wake(&hold, at(100)));
	assert_int_equal(heard(&hold, hold.first), HOLD_HEARD_ANSWER);
	assert_true(hold_take_wake(&hold, at(100)));
	assert_false(hold_take_wake(&hold, at(100)));
	assert_false(hold_take_wake(&hold, at(100000)));
}

static void
who_is_still_there_after_three_seconds_wakes(void **unused)
{
	static const int32_t protocols[] = { -1, 4, 47, 340, 392, 393, 776 };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(protocols); i++) {
		struct hold hold = held(protocols[i], true, 600);

		(void)sent_at(&hold, 0);
		assert_false(hold_take_wake(&hold, at(2999)));
		assert_int_equal(hold_due(&hold).ms, at(3000).ms);
		assert_true(hold_take_wake(&hold, at(3000)));
		assert_false(hold_take_wake(&hold, at(3000)));
	}
}

static void
without_the_filter_a_join_wakes_at_once(void **unused)
{
	struct hold hold = held(767, false, 600);

	(void)unused;
	assert_true(hold_take_wake(&hold, at(0)));
	assert_false(hold_take_wake(&hold, at(0)));
}

static void
only_an_answer_to_an_open_question_is_allowed(void **unused)
{
	struct hold hold = held(767, true, 600);

	(void)unused;
	assert_int_equal(heard(&hold, hold.first), HOLD_HEARD_VIOLATION);
	(void)sent_at(&hold, 0);
	assert_int_equal(heard(&hold, hold.first - 1), HOLD_HEARD_VIOLATION);
	assert_int_equal(heard(&hold, hold.first + 1), HOLD_HEARD_VIOLATION);
	assert_int_equal(heard(&hold, 0), HOLD_HEARD_VIOLATION);
	assert_int_equal(heard(&hold, hold.first), HOLD_HEARD_ANSWER);
	assert_int_equal(heard(&hold, hold.first), HOLD_HEARD_VIOLATION);
}

static void
anything_else_a_held_client_says_is_a_violation(void **unused)
{
	static const char *const wrong[] = { "00", "01 00", "02 03", "07 00", "ff ff ff", "ff 10" };
	struct packet answered = hex("03 02 00 00");
	struct hold old = held(47, true, 600);
	size_t used;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		struct hold hold = held(767, true, 600);
		struct packet packet = hex(wrong[i]);

		(void)sent_at(&hold, 0);
		assert_int_equal(hold_heard(&hold, packet.bytes, packet.length, &used),
				 HOLD_HEARD_VIOLATION);
	}
	assert_int_equal(hold_heard(&old, answered.bytes, 1, &used), HOLD_HEARD_VIOLATION);
}

static void
an_answer_may_come_byte_by_byte(void **unused)
{
	struct hold hold = held(767, true, 600);
	struct packet packet;
	size_t used;

	(void)unused;
	(void)sent_at(&hold, 0);
	packet = answer(hold.first);
	for (size_t length = 0; length < packet.length; length++)
		assert_int_equal(hold_heard(&hold, packet.bytes, length, &used), HOLD_HEARD_MORE);
	assert_int_equal(hold_heard(&hold, packet.bytes, packet.length, &used), HOLD_HEARD_ANSWER);
}

static void
a_peer_that_stopped_answering_is_dead_and_a_silent_one_is_not(void **unused)
{
	struct hold silent = held(767, true, 3600), lively = held(767, true, 3600);
	unsigned char send[HOLD_SEND_LIMIT];
	size_t length;

	(void)unused;
	(void)sent_at(&lively, 0);
	assert_int_equal(heard(&lively, lively.first), HOLD_HEARD_ANSWER);
	for (int64_t i = 1; i <= 64; i++)
		assert_int_equal(sent_at(&lively, i * 10000), PLUGIN_REQUEST_SIZE);
	assert_int_equal(hold_turn(&lively, at(650000), send, &length), HOLD_PEER_IS_DEAD);
	for (int64_t i = 0; i < 300; i++)
		assert_int_equal(sent_at(&silent, i * 10000), PLUGIN_REQUEST_SIZE);
}

static void
two_holds_do_not_share_their_numbers(void **unused)
{
	struct hold_rules rules = { .protocol = 767, .hold_for = DURATION_S(600) };
	struct hold one, other;

	(void)unused;
	hold_init(&one, &rules, at(0));
	rules.chance = 0x12345678;
	hold_init(&other, &rules, at(0));
	assert_true(one.first != other.first);
	assert_true(one.first >= 0x40000000 && other.first >= 0x40000000);
	rules.chance = UINT32_MAX;
	hold_init(&other, &rules, at(0));
	assert_true(other.first + 65535 > other.first);
}

/*
 * After the release: for every number of questions, of answers heard before and
 * after, and every split of what comes, exactly the game's bytes are forwarded.
 */
static void
drain_walk(unsigned questions, unsigned before, unsigned after, size_t split)
{
	struct hold hold = held(767, true, 600);
	CLEANUP(buf_deinit) struct buf stream = BUF_NULL;
	static const unsigned char game[] = { 0x03, 0x01, 0xaa, 0xbb };
	size_t available = split, at_byte = 0, used;

	for (unsigned i = 0; i < questions; i++)
		(void)sent_at(&hold, (int64_t)i * 10000);
	for (unsigned i = 0; i < before; i++)
		assert_int_equal(heard(&hold, hold.first + (int32_t)i), HOLD_HEARD_ANSWER);
	hold_release(&hold);
	for (unsigned i = before; i < before + after; i++)
		login_plugin_response_print(&stream, hold.first + (int32_t)i, false);
	size_t ours = stream.length;

	buf_put(&stream, game, sizeof game);
	if (available > stream.length)
		available = stream.length;
	for (;;) {
		enum drain drain =
			hold_drain(&hold, stream.data + at_byte, available - at_byte, &used);

		at_byte += used;
		if (drain == DRAIN_OVER)
			break;
		if (drain == DRAIN_MORE) {
			assert_true(available < stream.length);
			available = stream.length;
		}
	}
	assert_int_equal(at_byte, ours);
	assert_true(hold_is_drained(&hold));
}

static void
no_answer_of_ours_reaches_the_game_and_nothing_of_the_clients_is_lost(void **unused)
{
	(void)unused;
	for (unsigned questions = 0; questions < 5; questions++)
		for (unsigned before = 0; before <= questions; before++)
			for (unsigned after = 0; after <= questions - before; after++)
				for (size_t split = 0; split < 45; split++)
					drain_walk(questions, before, after, split);
}

static void
the_games_own_questions_are_answered_through(void **unused)
{
	struct hold hold = held(767, true, 600);
	struct packet theirs = answer(0);
	size_t used;

	(void)unused;
	(void)sent_at(&hold, 0);
	hold_release(&hold);
	assert_false(hold_is_drained(&hold));
	assert_int_equal(hold_drain(&hold, theirs.bytes, theirs.length, &used), DRAIN_OVER);
	assert_int_equal(used, 0);
}

static void
a_hold_that_goes_on_after_a_release_asks_at_once_and_takes_old_answers(void **unused)
{
	struct hold hold = held(767, true, 600);
	int32_t first;

	(void)unused;
	assert_int_equal(sent_at(&hold, 0), PLUGIN_REQUEST_SIZE);
	first = hold.lowest;
	hold_release(&hold);
	hold_resume(&hold, at(2000));
	assert_int_equal(hold_due(&hold).ms, at(2000).ms);
	assert_int_equal(sent_at(&hold, 2000), PLUGIN_REQUEST_SIZE);
	assert_int_equal(heard(&hold, first), HOLD_HEARD_ANSWER);
	assert_int_equal(heard(&hold, first + 1), HOLD_HEARD_ANSWER);
	assert_int_equal(heard(&hold, first + 2), HOLD_HEARD_VIOLATION);
}

static void
an_old_client_has_nothing_to_drain(void **unused)
{
	struct hold hold = held(47, true, 600);
	size_t used;

	(void)unused;
	(void)sent_at(&hold, 0);
	hold_release(&hold);
	assert_true(hold_is_drained(&hold));
	assert_int_equal(hold_drain(&hold, NULL, 0, &used), DRAIN_OVER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_method_follows_the_protocol),
		cmocka_unit_test(no_client_waits_longer_than_its_timeout_for_a_byte),
		cmocka_unit_test(a_question_is_asked_at_once_and_then_each_ten_seconds),
		cmocka_unit_test(an_unholdable_client_is_told_before_it_gives_up),
		cmocka_unit_test(a_hold_ends_when_its_time_is_over),
		cmocka_unit_test(the_first_answer_wakes_once),
		cmocka_unit_test(who_is_still_there_after_three_seconds_wakes),
		cmocka_unit_test(without_the_filter_a_join_wakes_at_once),
		cmocka_unit_test(only_an_answer_to_an_open_question_is_allowed),
		cmocka_unit_test(anything_else_a_held_client_says_is_a_violation),
		cmocka_unit_test(an_answer_may_come_byte_by_byte),
		cmocka_unit_test(a_peer_that_stopped_answering_is_dead_and_a_silent_one_is_not),
		cmocka_unit_test(two_holds_do_not_share_their_numbers),
		cmocka_unit_test(
			no_answer_of_ours_reaches_the_game_and_nothing_of_the_clients_is_lost),
		cmocka_unit_test(the_games_own_questions_are_answered_through),
		cmocka_unit_test(
			a_hold_that_goes_on_after_a_release_asks_at_once_and_takes_old_answers),
		cmocka_unit_test(an_old_client_has_nothing_to_drain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
