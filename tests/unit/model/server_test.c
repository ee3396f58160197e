/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/json.h"
#include "model/server.h"

static struct server_status
full(void)
{
	struct server_status s = {
		.want = WANT_UP,
		.want_cause = CAUSE_JOIN,
		.want_by = "Steve",
		.want_request = "01REQUEST",
		.want_now = true,
		.state = STATE_WAKING,
		.phase = PHASE_STARTING,
		.since = { 1 },
		.phase_since = { 2 },
		.failed_phase = PHASE_SAVING,
		.reason = "a \"reason\"",
		.tail = "one\ntwo",
		.run = { .id = "01RUN",
			 .started_at = { 3 },
			 .ready_at = { 4 },
			 .cause = CAUSE_WEB,
			 .by = "ada",
			 .restarts = 2,
			 .crashes = 1,
			 .address = { "games.example.org", 25570 },
			 .proxy_protocol = true,
			 .days_told = 3 },
		.flow = { .direction = FLOW_UNDOING,
			  .recipe = "local-start-2",
			  .step = 1,
			  .started_at = { 5 },
			  .step_since = { 6 },
			  .deadline = { 7 },
			  .reason = "why",
			  .stuck_told = true },
		.empty_since = { 8 },
		.idle_told = true,
		.duration_warnings = 2,
		.player_warnings = 1,
		.player_warned_at = { 9 },
		.usual_ms = { 100, 200, 300, 0, 0 },
		.last_max = 20,
		.last_protocol = 765,
		.last_version = "1.20.4",
		.last_motd = "{\"text\":\"hello\"}",
		.epoch = 12,
	};

	return s;
}

static void
a_status_is_stored_and_read_back_whole(void **unused)
{
	struct server_status s = full(), back;
	CLEANUP(json_freep) json_t *json = status_json(&s);
	CLEANUP(json_freep) json_t *again = NULL;

	(void)unused;
	assert_true(status_parse(json, &back));
	again = status_json(&back);
	assert_true(json_equal(json, again));
	assert_memory_equal(&s.run, &back.run, sizeof s.run);
	assert_int_equal(back.flow.direction, FLOW_UNDOING);
	assert_int_equal(back.flow.deadline.ms, 7);
	assert_string_equal(back.tail, s.tail);
	assert_int_equal(back.epoch, 12);
}

static void
what_is_absent_is_zero(void **unused)
{
	struct server_status empty = { 0 }, back;
	CLEANUP(json_freep) json_t *json = status_json(&empty);

	(void)unused;
	assert_true(status_parse(json, &back));
	assert_int_equal(back.state, STATE_ASLEEP);
	assert_int_equal(back.flow.direction, FLOW_NONE);
	assert_int_equal(back.epoch, 0);
}

static void
an_unknown_word_is_refused(void **unused)
{
	static const char *const bad[] = {
		"{}",
		"{\"state\":\"flying\"}",
		"{\"state\":\"ready\",\"phase\":\"dreaming\"}",
		"{\"state\":\"ready\",\"want_cause\":\"whim\"}",
		"[]",
	};
	struct server_status back;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		CLEANUP(json_freep) json_t *json = json_loads(bad[i], 0, NULL);

		assert_false(status_parse(json, &back));
	}
}

static void
the_usual_time_is_the_median_of_the_last(void **unused)
{
	struct server_status s = { 0 };

	(void)unused;
	assert_int_equal(server_usual(&s).ms, 0);
	s.usual_ms[0] = 5000;
	assert_int_equal(server_usual(&s).ms, 5000);
	s.usual_ms[1] = 90000;
	s.usual_ms[2] = 4000;
	assert_int_equal(server_usual(&s).ms, 5000);
}

static void
each_restart_of_a_run_has_a_token_of_its_own(void **unused)
{
	struct run run = { .id = "01RUN" };
	char token[RUN_TOKEN_SIZE];

	(void)unused;
	run_token(&run, token);
	assert_string_equal(token, "01RUN");
	run.restarts = 2;
	run_token(&run, token);
	assert_string_equal(token, "01RUN-2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_stored_and_read_back_whole),
		cmocka_unit_test(what_is_absent_is_zero),
		cmocka_unit_test(an_unknown_word_is_refused),
		cmocka_unit_test(the_usual_time_is_the_median_of_the_last),
		cmocka_unit_test(each_restart_of_a_run_has_a_token_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
