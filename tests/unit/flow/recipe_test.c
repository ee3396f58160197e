/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "flow/recipe.h"

#define NOW ((struct instant){ 1700000000000 })

static unsigned sent, undone;

static void
send(const struct flow_scene *scene, struct ticket ticket)
{
	sent |= 1u << scene->flow->step;
}

static void
undo(const struct flow_scene *scene, struct ticket ticket)
{
	undone |= 1u << scene->flow->step;
}

static enum verdict
judge(const struct flow_scene *scene, const struct reply *reply,
      char reason[static REASON_LIMIT + 1])
{
	if (reply->result == REPLY_REFUSED) {
		(void)text_put(reason, REASON_LIMIT + 1, reply->reason);
		return VERDICT_FAIL;
	}
	return reply->holds == REPLY_NOTHING ? VERDICT_NEXT : VERDICT_AGAIN;
}

static const struct flow_step steps[] = {
	{ "one",
	  PHASE_REQUESTED,
	  send,
	  judge,
	  PHASE_RELEASING,
	  undo,
	  judge,
	  { 100 },
	  { 0 },
	  false },
	{ "two",
	  PHASE_PROVISIONING,
	  send,
	  judge,
	  PHASE_RELEASING,
	  NULL,
	  NULL,
	  { 100 },
	  { 5000 },
	  false },
	{ "three", PHASE_STARTING, send, judge, PHASE_SAVING, undo, judge, { 100 }, { 0 }, false },
};

static const struct recipe recipe = { "three-steps", steps, ELEMENTS(steps) };

static struct flow flow;
static struct flow_scene scene;
static uint64_t last_ticket;

static int
a_new_flow(void **unused)
{
	(void)unused;
	sent = undone = 0;
	last_ticket = 0;
	scene = (struct flow_scene){ .now = NOW };
	flow_begin(&flow, &recipe, 0, NOW, instant_add(NOW, DURATION_S(60)));
	return 0;
}

static enum flow_outcome
answer(enum reply_result result, bool holds)
{
	struct reply reply = { .ticket = flow.ticket, .result = result };

	reply.holds = holds ? REPLY_YES_OR_NO : REPLY_NOTHING;
	return flow_hear(&flow, &recipe, &scene, &reply);
}

static void
ask(void)
{
	flow_saved(&flow, scene.now);
	assert_true(flow_may_ask(&flow, &recipe, scene.now));
	flow_ask(&flow, &recipe, &scene, (struct ticket){ ++last_ticket });
}

static void
it_goes_from_top_to_bottom(void **unused)
{
	(void)unused;
	ask();
	assert_int_equal(answer(REPLY_DONE, false), FLOW_MOVED);
	ask();
	assert_int_equal(answer(REPLY_DONE, false), FLOW_MOVED);
	ask();
	assert_int_equal(answer(REPLY_DONE, false), FLOW_FINISHED);
	assert_int_equal(flow.direction, FLOW_NONE);
	assert_int_equal(sent, 7);
}

static void
nothing_leaves_before_it_is_saved(void **unused)
{
	(void)unused;
	assert_false(flow_may_ask(&flow, &recipe, NOW));
	ask();
	(void)answer(REPLY_DONE, false);
	assert_false(flow_may_ask(&flow, &recipe, NOW));
}

static void
undo_starts_at_the_step_that_failed(void **unused)
{
	(void)unused;
	for (unsigned step = 0; step < recipe.count; step++) {
		(void)a_new_flow(NULL);
		for (unsigned i = 0; i < step; i++) {
			ask();
			(void)answer(REPLY_DONE, false);
		}
		ask();
		assert_int_equal(answer(REPLY_REFUSED, false), FLOW_TURNED);
		assert_int_equal(flow.step, step);
		assert_int_equal(flow.direction, FLOW_UNDOING);
	}
}

static void
a_step_without_undo_is_passed_over(void **unused)
{
	(void)unused;
	flow_begin_undo(&flow, &recipe, 1, NOW, "because");
	flow_saved(&flow, NOW);
	assert_false(flow_may_ask(&flow, &recipe, NOW));
	assert_int_equal(flow_tick(&flow, &recipe, NOW), FLOW_MOVED);
	assert_int_equal(flow.step, 0);
	flow_begin_undo(&flow, &recipe, 2, NOW, "because");
	ask();
	assert_int_equal(answer(REPLY_DONE, false), FLOW_MOVED);
	assert_int_equal(flow.step, 0);
	ask();
	assert_int_equal(answer(REPLY_DONE, false), FLOW_UNDONE);
	assert_int_equal(undone, 5);
}

static void
an_undo_never_gives_up_and_backs_off(void **unused)
{
	int64_t waited = 0;

	(void)unused;
	flow_begin_undo(&flow, &recipe, 0, NOW, "because");
	for (int i = 0; i < 200; i++) {
		ask();
		assert_int_equal(answer(REPLY_REFUSED, false), FLOW_WAITING);
		assert_true(flow.again_at.ms > scene.now.ms);
		assert_true(flow.again_at.ms - scene.now.ms >= waited);
		assert_true(flow.again_at.ms - scene.now.ms <= FLOW_BACK_OFF_MAX.ms);
		waited = flow.again_at.ms - scene.now.ms;
		scene.now = flow.again_at;
	}
	assert_int_equal(flow.direction, FLOW_UNDOING);
	assert_true(instant_reached(scene.now, flow_stuck_at(&flow, &recipe)));
}

static void
no_answer_is_not_a_refusal(void **unused)
{
	(void)unused;
	ask();
	assert_int_equal(answer(REPLY_UNKNOWN, false), FLOW_WAITING);
	assert_int_equal(flow.direction, FLOW_FORWARD);
	scene.now = flow.again_at;
	ask();
	scene.now = instant_add(scene.now, FLOW_ANSWER_WITHIN);
	assert_int_equal(flow_tick(&flow, &recipe, scene.now), FLOW_WAITING);
	assert_int_equal(flow.direction, FLOW_FORWARD);
	assert_int_equal(flow.ticket.v, 0);
}

static void
an_answer_nobody_waits_for_is_dropped(void **unused)
{
	struct reply late = { .ticket = { 77 }, .result = REPLY_REFUSED };

	(void)unused;
	ask();
	assert_int_equal(flow_hear(&flow, &recipe, &scene, &late), FLOW_WAITING);
	assert_int_equal(flow.direction, FLOW_FORWARD);
	assert_int_equal(flow.ticket.v, last_ticket);
}

static void
a_step_and_the_whole_have_deadlines(void **unused)
{
	(void)unused;
	assert_int_equal(flow_tick(&flow, &recipe, instant_add(NOW, DURATION_MS(59999))),
			 FLOW_WAITING);
	assert_int_equal(flow_tick(&flow, &recipe, instant_add(NOW, DURATION_S(60))), FLOW_TURNED);
	flow_begin(&flow, &recipe, 1, NOW, NEVER);
	assert_int_equal(flow_tick(&flow, &recipe, instant_add(NOW, DURATION_MS(4999))),
			 FLOW_WAITING);
	assert_int_equal(flow_tick(&flow, &recipe, instant_add(NOW, DURATION_S(5))), FLOW_TURNED);
}

static void
clocks_count_from_when_the_step_is_durable(void **unused)
{
	struct instant late = instant_add(NOW, DURATION_S(100));

	(void)unused;
	flow_saved(&flow, late);
	assert_int_equal(flow_tick(&flow, &recipe, late), FLOW_WAITING);
	assert_int_equal(flow.deadline.ms, NOW.ms + 160000);
}

static void
a_nudge_asks_at_once(void **unused)
{
	(void)unused;
	ask();
	assert_int_equal(answer(REPLY_DONE, true), FLOW_WAITING);
	assert_false(flow_may_ask(&flow, &recipe, NOW));
	flow_nudge(&flow);
	assert_true(flow_may_ask(&flow, &recipe, NOW));
}

#define TEST(name) cmocka_unit_test_setup(name, a_new_flow)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_goes_from_top_to_bottom),
		TEST(nothing_leaves_before_it_is_saved),
		TEST(undo_starts_at_the_step_that_failed),
		TEST(a_step_without_undo_is_passed_over),
		TEST(an_undo_never_gives_up_and_backs_off),
		TEST(no_answer_is_not_a_refusal),
		TEST(an_answer_nobody_waits_for_is_dropped),
		TEST(a_step_and_the_whole_have_deadlines),
		TEST(clocks_count_from_when_the_step_is_durable),
		TEST(a_nudge_asks_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
