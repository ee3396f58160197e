/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "keeper/idle.h"
#include "keeper/keeper.h"
#include "provider/provider.h"

#define NOW ((struct instant){ 1700000000000 })

/* A server in one state as it could be stored: with or without a recipe under way, wanted or not. */
struct case_ {
	struct server_spec spec;
	struct server_status status;
	struct server_live live;
};

enum flow_case { WITHOUT_FLOW, STARTING, UNDOING, STOPPING, FLOW_CASES };

static void
make(struct case_ *c, enum state state, enum want want, enum flow_case flow)
{
	const struct provider *local = provider_get(PROVIDER_LOCAL);

	memset(c, 0, sizeof *c);
	c->spec.policy.start_within = DURATION_S(600);
	c->spec.policy.restarts = 1;
	(void)text_put(c->spec.name, sizeof c->spec.name, "survival");
	c->status.state = state;
	c->status.want = want;
	c->status.since = NOW;
	if (state != STATE_ASLEEP) {
		(void)text_put(c->status.run.id, sizeof c->status.run.id, "01RUN");
		c->status.run.started_at = NOW;
	}
	if (state == STATE_READY || state == STATE_LOST)
		c->status.run.ready_at = NOW;
	if (flow == STARTING)
		flow_begin(&c->status.flow, local->start, local->start_answering, NOW, NEVER);
	if (flow == UNDOING)
		flow_begin_undo(&c->status.flow, local->start, 0, NOW, "because");
	if (flow == STOPPING)
		flow_begin(&c->status.flow, local->stop, local->stop_announce, NOW, NEVER);
}

/* Which recipes a state can be stored with. */
static bool
can_be(enum state state, enum want want, enum flow_case flow)
{
	switch (state) {
	case STATE_ASLEEP:
		return flow == WITHOUT_FLOW && want == WANT_DOWN;
	case STATE_WAKING:
		return want == WANT_UP && (flow == STARTING || flow == UNDOING);
	case STATE_READY:
	case STATE_LOST:
		return flow == WITHOUT_FLOW && want == WANT_UP;
	case STATE_SETTLING:
		return flow == UNDOING || flow == STOPPING;
	case STATE_FAILED:
		return flow != STARTING && !(flow == WITHOUT_FLOW && want == WANT_UP);
	case STATE_MAX:
		break;
	}
	return false;
}

/* What can happen to a server that is kept so. */
static bool
can_happen(const struct case_ *c, const struct happening *h)
{
	bool forward = c->status.flow.direction == FLOW_FORWARD;
	bool starting = strcmp(c->status.flow.recipe, "local-start-2") == 0;

	if (h->kind != HAPPENED_FLOW)
		return true;
	switch (h->flow) {
	case FLOW_WAITING:
		return false;
	case FLOW_MOVED:
		return c->status.flow.direction != FLOW_NONE;
	case FLOW_FINISHED:
		return forward;
	case FLOW_TURNED:
		return forward && starting;
	case FLOW_UNDONE:
		return c->status.flow.direction == FLOW_UNDOING;
	}
	return false;
}

static struct process_answer gone = { .is = PROCESS_GONE, .exit_status = 1, .tail = "last words" };
static struct process_answer none = { .is = PROCESS_NONE };
static struct process_answer running = { .is = PROCESS_RUNNING };
static struct probe_answer nobody = { .max = 20 };
static struct flow over; /* direction NONE */

static size_t
make_happenings(const struct case_ *c, struct flow *moved, struct happening *list)
{
	size_t count = 0;

	*moved = c->status.flow;
	if (moved->direction == FLOW_FORWARD && moved->step == 0)
		moved->step++;
	for (int i = 0; i < 8; i++)
		list[count++] =
			(struct happening){ .kind = HAPPENED_WISH,
					    .wish = { .want = i & 1 ? WANT_UP : WANT_DOWN,
						      .now = (i & 2) != 0,
						      .cause = i & 4 ? CAUSE_JOIN : CAUSE_API,
						      .by = "ada",
						      .request_id = "" } };
	list[count++] =
		(struct happening){ .kind = HAPPENED_FLOW, .flow = FLOW_MOVED, .moved = moved };
	list[count++] =
		(struct happening){ .kind = HAPPENED_FLOW, .flow = FLOW_FINISHED, .moved = &over };
	list[count++] =
		(struct happening){ .kind = HAPPENED_FLOW, .flow = FLOW_UNDONE, .moved = &over };
	list[count++] =
		(struct happening){ .kind = HAPPENED_FLOW, .flow = FLOW_TURNED, .moved = moved };
	list[count++] = (struct happening){
		.kind = HAPPENED_FLOW, .flow = FLOW_TURNED, .moved = moved, .process = &gone
	};
	list[count++] = (struct happening){ .kind = HAPPENED_LOOKED, .process = &gone };
	list[count++] = (struct happening){ .kind = HAPPENED_LOOKED, .process = &none };
	list[count++] = (struct happening){ .kind = HAPPENED_LOOKED, .process = &running };
	list[count++] = (struct happening){ .kind = HAPPENED_ANSWERED, .probe = &nobody };
	list[count++] =
		(struct happening){ .kind = HAPPENED_SILENT, .silent = 3, .reason = "no answer" };
	list[count++] = (struct happening){ .kind = HAPPENED_TIME };
	return count;
}

static void
check(const struct case_ *c, const struct happening *h, unsigned restarts)
{
	struct situation s = { &c->spec, &c->status, &c->live, NOW, "01FRESH", true };
	struct decision *d = mem_new(sizeof *d);
	enum state before = c->status.state;

	keeper_decide(&s, h, d);
	/* Every step on the way is in the table of states: each is told, in order. */
	for (size_t i = 0; i < d->telling_count; i++) {
		enum state told;

		if (d->tellings[i].type != EVENT_SERVER_PHASE_CHANGED)
			continue;
		assert_true(state_parse(json_get_text(d->tellings[i].data, "state", ""), &told));
		assert_true(state_may_become(before, told));
		before = told;
	}
	assert_int_equal(before, d->next.state);
	/* What changed is saved, and what is saved fits together. */
	if (d->next.state != c->status.state || d->next.want != c->status.want)
		assert_true(d->save);
	assert_true(d->telling_count == 0 || d->save);
	switch (d->next.state) {
	case STATE_ASLEEP:
		assert_int_equal(d->next.want, WANT_DOWN);
		assert_int_equal(d->next.flow.direction, FLOW_NONE);
		assert_string_equal(d->next.run.id, "");
		break;
	case STATE_WAKING:
		assert_int_equal(d->next.want, WANT_UP);
		assert_int_not_equal(d->next.flow.direction, FLOW_NONE);
		break;
	case STATE_READY:
	case STATE_LOST:
		assert_int_equal(d->next.want, WANT_UP);
		assert_int_equal(d->next.flow.direction, FLOW_NONE);
		break;
	case STATE_SETTLING:
		assert_int_not_equal(d->next.flow.direction, FLOW_NONE);
		break;
	case STATE_FAILED:
		assert_string_not_equal(d->next.reason, c->status.state == STATE_FAILED ? "?" : "");
		break;
	case STATE_MAX:
		fail();
	}
	decision_deinit(d);
	mem_free(d);
}

static void
every_state_and_every_happening_lead_to_a_legal_state(void **unused)
{
	struct happening list[32];
	struct flow moved;
	size_t walked = 0;

	(void)unused;
	for (unsigned i = 0; i < STATE_MAX * 2 * FLOW_CASES * 2; i++) {
		struct case_ *c = mem_new(sizeof *c);
		enum state state = (enum state)(i / 2 / FLOW_CASES / 2);
		enum flow_case flow = (enum flow_case)(i / 2 / 2 % FLOW_CASES);
		enum want want = i / 2 % 2 ? WANT_UP : WANT_DOWN;

		make(c, state, want, flow);
		c->status.run.restarts = c->status.run.crashes = i % 2;
		for (size_t j = 0, n = make_happenings(c, &moved, list); j < n; j++) {
			if (!can_be(state, want, flow) || !can_happen(c, &list[j]))
				continue;
			check(c, &list[j], i % 2);
			walked++;
		}
		mem_free(c);
	}
	assert_true(walked > 250);
}

static struct decision *
decide(struct case_ *c, const struct happening *h)
{
	struct situation s = { &c->spec, &c->status, &c->live, NOW, "01FRESH", true };
	struct decision *d = mem_new(sizeof *d);

	keeper_decide(&s, h, d);
	return d;
}

static void
done(struct decision *d)
{
	decision_deinit(d);
	mem_free(d);
}

static void
a_knock_starts_a_stopped_server(void **unused)
{
	struct case_ c;
	struct decision *d;

	(void)unused;
	make(&c, STATE_ASLEEP, WANT_DOWN, WITHOUT_FLOW);
	d = decide(&c, &(struct happening){ .kind = HAPPENED_WISH,
					    .wish = { WANT_UP, CAUSE_JOIN, "Steve", "", false } });
	assert_int_equal(d->next.state, STATE_WAKING);
	assert_string_equal(d->next.run.id, "01FRESH");
	assert_string_equal(d->next.flow.recipe, "local-start-2");
	assert_int_equal(d->next.epoch, 1);
	assert_true(d->began);
	done(d);
}

static void
a_wish_that_changes_nothing_saves_nothing(void **unused)
{
	struct case_ c;
	struct decision *d;

	(void)unused;
	make(&c, STATE_READY, WANT_UP, WITHOUT_FLOW);
	d = decide(&c, &(struct happening){ .kind = HAPPENED_WISH,
					    .wish = { WANT_UP, CAUSE_API, "ada", "", false } });
	assert_false(d->save);
	assert_int_equal(d->telling_count, 0);
	done(d);
}

static void
a_failure_is_left_by_the_next_wake_and_not_by_time(void **unused)
{
	struct case_ c;
	struct decision *d;

	(void)unused;
	make(&c, STATE_FAILED, WANT_DOWN, WITHOUT_FLOW);
	d = decide(&c, &(struct happening){ .kind = HAPPENED_TIME });
	assert_int_equal(d->next.state, STATE_FAILED);
	done(d);
	d = decide(&c, &(struct happening){ .kind = HAPPENED_WISH,
					    .wish = { WANT_UP, CAUSE_API, "ada", "", false } });
	assert_int_equal(d->next.state, STATE_WAKING);
	done(d);
}

static void
a_stop_that_does_not_end_is_told_once_and_goes_on(void **unused)
{
	struct case_ c;
	struct decision *d;

	(void)unused;
	make(&c, STATE_SETTLING, WANT_DOWN, STOPPING);
	c.status.flow.step_since.ms -= FLOW_STUCK_AFTER.ms;
	d = decide(&c, &(struct happening){ .kind = HAPPENED_TIME });
	assert_int_equal(d->next.state, STATE_FAILED);
	assert_int_equal(d->next.flow.direction, FLOW_FORWARD);
	c.status = d->next;
	done(d);
	d = decide(&c, &(struct happening){ .kind = HAPPENED_TIME });
	assert_int_equal(d->telling_count, 0);
	done(d);
	d = decide(&c, &(struct happening){
			       .kind = HAPPENED_FLOW, .flow = FLOW_FINISHED, .moved = &over });
	assert_int_equal(d->next.state, STATE_ASLEEP);
	done(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_and_every_happening_lead_to_a_legal_state),
		cmocka_unit_test(a_knock_starts_a_stopped_server),
		cmocka_unit_test(a_wish_that_changes_nothing_saves_nothing),
		cmocka_unit_test(a_failure_is_left_by_the_next_wake_and_not_by_time),
		cmocka_unit_test(a_stop_that_does_not_end_is_told_once_and_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
