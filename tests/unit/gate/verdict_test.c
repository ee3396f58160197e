/* SPDX-License-Identifier: Apache-2.0 */
/* Every state of a server, for who arrives and for who waits. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gate/verdict.h"

static struct gate_server
server_in(enum state state)
{
	return (struct gate_server){ .state = state,
				     .attempt = 7,
				     .wake_on_join = true,
				     .hold_queue = 3,
				     .backend_resolved = true };
}

static void
who_arrives_is_let_in_only_when_ready_and_held_else(void **unused)
{
	for (int state = 0; state < STATE_MAX; state++) {
		struct gate_server server = server_in((enum state)state);
		struct verdict verdict = verdict_arriving(&server, 0);

		assert_int_equal(verdict.is, state == STATE_READY ? VERDICT_LET_IN : VERDICT_HOLD);
	}
}

static void
a_hold_belongs_to_the_wake_that_is_under_way_or_to_the_next(void **unused)
{
	static const uint64_t attempts[STATE_MAX] = {
		[STATE_ASLEEP] = 8,   [STATE_WAKING] = 7, [STATE_READY] = 0,
		[STATE_SETTLING] = 8, [STATE_FAILED] = 8, [STATE_LOST] = 7,
	};

	for (int state = 0; state < STATE_MAX; state++) {
		struct gate_server server = server_in((enum state)state);

		assert_int_equal(verdict_arriving(&server, 0).attempt, attempts[state]);
	}
}

static void
a_server_that_joins_may_not_wake_turns_away_but_holds_while_it_wakes(void **unused)
{
	for (int state = 0; state < STATE_MAX; state++) {
		struct gate_server server = server_in((enum state)state);
		struct verdict verdict;

		server.wake_on_join = false;
		verdict = verdict_arriving(&server, 0);
		if (state == STATE_READY) {
			assert_int_equal(verdict.is, VERDICT_LET_IN);
		} else if (state == STATE_WAKING || state == STATE_LOST) {
			assert_int_equal(verdict.is, VERDICT_HOLD);
		} else {
			assert_int_equal(verdict.is, VERDICT_TURN_AWAY);
			assert_int_equal(verdict.why, KICK_NOT_WOKEN);
		}
	}
}

static void
a_full_queue_turns_away_whatever_the_state_but_ready(void **unused)
{
	for (int state = 0; state < STATE_MAX; state++) {
		struct gate_server server = server_in((enum state)state);

		assert_int_equal(verdict_arriving(&server, 2).is == VERDICT_TURN_AWAY, false);
		assert_int_equal(verdict_arriving(&server, 3).is == VERDICT_TURN_AWAY,
				 state != STATE_READY);
	}
}

static void
only_the_failure_of_its_own_wake_or_a_later_one_ends_a_hold(void **unused)
{
	struct gate_server server = server_in(STATE_FAILED);

	assert_int_equal(verdict_waiting(&server, 8).is, VERDICT_HOLD);
	assert_int_equal(verdict_waiting(&server, 7).is, VERDICT_TURN_AWAY);
	assert_int_equal(verdict_waiting(&server, 7).why, KICK_FAILED);
	assert_int_equal(verdict_waiting(&server, 6).why, KICK_FAILED);
}

static void
who_waits_is_let_in_when_ready_and_told_when_the_server_is_gone(void **unused)
{
	for (int state = 0; state < STATE_MAX; state++) {
		struct gate_server server = server_in((enum state)state);

		assert_int_equal(verdict_waiting(&server, 8).is,
				 state == STATE_READY ? VERDICT_LET_IN : VERDICT_HOLD);
		server.backend_resolved = false;
		assert_int_equal(verdict_waiting(&server, 8).is, VERDICT_HOLD);
	}
	assert_int_equal(verdict_waiting(NULL, 8).why, KICK_CHANGED);
}

static void
the_end_of_a_wait_is_told_by_how_the_server_is(void **unused)
{
	static const enum kick told[STATE_MAX] = {
		[STATE_ASLEEP] = KICK_STILL_WAKING, [STATE_WAKING] = KICK_STILL_WAKING,
		[STATE_READY] = KICK_UNREACHABLE,   [STATE_SETTLING] = KICK_STILL_SETTLING,
		[STATE_FAILED] = KICK_STILL_WAKING, [STATE_LOST] = KICK_UNREACHABLE,
	};

	for (int state = 0; state < STATE_MAX; state++) {
		struct gate_server server = server_in((enum state)state);

		assert_int_equal(verdict_waited(&server, KICK_STILL_WAKING), told[state]);
		assert_int_equal(verdict_waited(&server, KICK_FAILED), KICK_FAILED);
	}
	assert_int_equal(verdict_waited(NULL, KICK_UNKNOWN_HOST), KICK_UNKNOWN_HOST);
}

static void
spacing_is_for_minecraft_behind_an_address_that_its_throttle_counts(void **unused)
{
	static const struct {
		const char *ip;
		bool wants;
	} backends[] = { { "127.0.0.1", false },
			 { "127.1.2.3", false },
			 { "::1", true },
			 { "192.0.2.1", true },
			 { "2001:db8::1", true } };

	for (size_t i = 0; i < ELEMENTS(backends); i++) {
		struct gate_server server = server_in(STATE_READY);

		assert_true(ip_parse(backends[i].ip, &server.backend_ip));
		assert_int_equal(verdict_wants_spacing(&server), backends[i].wants);
		server.proxy_protocol = true;
		assert_false(verdict_wants_spacing(&server));
		server.proxy_protocol = false;
		server.game = GAME_TCP;
		assert_false(verdict_wants_spacing(&server));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_arrives_is_let_in_only_when_ready_and_held_else),
		cmocka_unit_test(a_hold_belongs_to_the_wake_that_is_under_way_or_to_the_next),
		cmocka_unit_test(
			a_server_that_joins_may_not_wake_turns_away_but_holds_while_it_wakes),
		cmocka_unit_test(a_full_queue_turns_away_whatever_the_state_but_ready),
		cmocka_unit_test(only_the_failure_of_its_own_wake_or_a_later_one_ends_a_hold),
		cmocka_unit_test(the_end_of_a_wait_is_told_by_how_the_server_is),
		cmocka_unit_test(who_waits_is_let_in_when_ready_and_told_when_the_server_is_gone),
		cmocka_unit_test(
			spacing_is_for_minecraft_behind_an_address_that_its_throttle_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
