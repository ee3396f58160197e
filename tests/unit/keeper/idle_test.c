/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keeper/idle.h"

#define READY_AT ((struct instant){ 1700000000000 })

static struct server_spec spec;
static struct server_status status;
static struct server_live live;

static int
a_ready_empty_server(void **unused)
{
	(void)unused;
	spec = (struct server_spec){ .policy = { .idle_after = DURATION_S(900),
						 .grace = DURATION_S(300),
						 .warnings = 3,
						 .warning_every = DURATION_S(90) } };
	status = (struct server_status){ .state = STATE_READY,
					 .since = READY_AT,
					 .empty_since = READY_AT,
					 .run = { .ready_at = READY_AT } };
	live = (struct server_live){ .players_known = true, .asked_at = READY_AT };
	return 0;
}

static struct policy_verdict
judge_at(int64_t seconds)
{
	struct situation s = { &spec, &status, &live, instant_add(READY_AT, DURATION_S(seconds)),
			       "",    true };

	return policy_judge(&s);
}

static int64_t
due_at(int64_t seconds)
{
	struct situation s = { &spec, &status, &live, instant_add(READY_AT, DURATION_S(seconds)),
			       "",    true };
	struct instant due = policy_due(&s);

	return instant_is_set(due) ? (due.ms - READY_AT.ms) / 1000 : -1;
}

static void
idleness_counts_after_the_grace(void **unused)
{
	(void)unused;
	assert_int_equal(due_at(0), 1200);
	assert_int_equal(judge_at(1199).says, POLICY_NOTHING);
	assert_int_equal(judge_at(1200).says, POLICY_SLEEP);
	assert_int_equal(judge_at(1200).cause, CAUSE_IDLE);
	status.empty_since = instant_add(READY_AT, DURATION_S(1000));
	assert_int_equal(judge_at(1899).says, POLICY_NOTHING);
	assert_int_equal(judge_at(1900).says, POLICY_SLEEP);
}

static void
never_is_never(void **unused)
{
	(void)unused;
	spec.policy.idle_after = DURATION_S(0);
	assert_int_equal(judge_at(1000000).says, POLICY_NOTHING);
	assert_int_equal(due_at(0), -1);
}

static void
an_unknown_count_keeps_it_awake(void **unused)
{
	(void)unused;
	live.players_known = false;
	assert_int_equal(judge_at(5000).says, POLICY_NOTHING);
	live.players_known = true;
	live.joined_at = instant_add(READY_AT, DURATION_S(4999));
	assert_int_equal(judge_at(5000).says, POLICY_NOTHING);
	live.asked_at = instant_add(READY_AT, DURATION_S(5001));
	assert_int_equal(judge_at(5001).says, POLICY_SLEEP);
}

static void
a_lost_game_falls_asleep_without_a_count(void **unused)
{
	(void)unused;
	live.players_known = false;
	status.state = STATE_LOST;
	status.since = instant_add(READY_AT, DURATION_S(1000));
	assert_int_equal(judge_at(1899).says, POLICY_NOTHING);
	assert_int_equal(judge_at(1900).says, POLICY_SLEEP);
}

static void
a_held_player_keeps_it_awake(void **unused)
{
	(void)unused;
	live.held = 1;
	assert_int_equal(judge_at(5000).says, POLICY_NOTHING);
}

static void
a_longest_duration_is_warned_of_at_each_mark(void **unused)
{
	(void)unused;
	live.online = 3;
	status.empty_since = NEVER;
	spec.policy.max_duration = DURATION_S(1200);
	assert_int_equal(due_at(0), 300);
	assert_int_equal(judge_at(299).says, POLICY_NOTHING);
	assert_int_equal(judge_at(300).says, POLICY_WARN_DURATION);
	assert_int_equal(judge_at(300).of, 3);
	status.duration_warnings = 1;
	assert_int_equal(judge_at(899).says, POLICY_NOTHING);
	assert_int_equal(due_at(300), 900);
	/* Two marks passed while nobody looked: one warning, with the time that is left. */
	assert_int_equal(judge_at(1150).number, 3);
	assert_int_equal(judge_at(1150).left.ms, 50000);
	status.duration_warnings = 3;
	assert_int_equal(due_at(1150), 1200);
	assert_int_equal(judge_at(1200).says, POLICY_SLEEP);
	assert_int_equal(judge_at(1200).cause, CAUSE_MAX_DURATION);
}

static void
a_short_longest_duration_has_fewer_marks(void **unused)
{
	(void)unused;
	spec.policy.max_duration = DURATION_S(60);
	assert_int_equal(judge_at(59).says, POLICY_NOTHING);
	assert_int_equal(judge_at(60).says, POLICY_SLEEP);
	spec.policy.max_duration = DURATION_S(90);
	assert_int_equal(judge_at(30).says, POLICY_WARN_DURATION);
	assert_int_equal(judge_at(30).of, 1);
}

static void
too_few_players_are_counted_after_the_grace(void **unused)
{
	(void)unused;
	spec.policy.min_players = 4;
	status.empty_since = NEVER;
	live.online = 3;
	assert_int_equal(judge_at(299).says, POLICY_NOTHING);
	assert_int_equal(judge_at(300).says, POLICY_SHORT);
	status.player_warned_at = instant_add(READY_AT, DURATION_S(300));
	assert_int_equal(judge_at(389).says, POLICY_NOTHING);
	assert_int_equal(judge_at(390).says, POLICY_WARN_SHORT);
	status.player_warnings = 3;
	assert_int_equal(judge_at(390).says, POLICY_SLEEP);
	assert_int_equal(judge_at(390).cause, CAUSE_MIN_PLAYERS);
	live.online = 4;
	assert_int_equal(judge_at(390).says, POLICY_ENOUGH);
}

static void
what_is_not_up_has_no_policy(void **unused)
{
	(void)unused;
	for (enum state state = 0; state < STATE_MAX; state++) {
		status.state = state;
		if (state == STATE_READY || state == STATE_LOST)
			continue;
		assert_int_equal(judge_at(1000000).says, POLICY_NOTHING);
		assert_int_equal(due_at(0), -1);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, a_ready_empty_server)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(idleness_counts_after_the_grace),
		TEST(never_is_never),
		TEST(an_unknown_count_keeps_it_awake),
		TEST(a_lost_game_falls_asleep_without_a_count),
		TEST(a_held_player_keeps_it_awake),
		TEST(a_longest_duration_is_warned_of_at_each_mark),
		TEST(a_short_longest_duration_has_fewer_marks),
		TEST(too_few_players_are_counted_after_the_grace),
		TEST(what_is_not_up_has_no_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
