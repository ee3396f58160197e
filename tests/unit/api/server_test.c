/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"

static json_t *
get(struct api_fixture *f, const char *path)
{
	return api_expect(f, (struct asked){ .path = path }, 200);
}

static json_t *
put(struct api_fixture *f, const char *path, const char *query, const char *body, int status)
{
	return api_expect(
		f, (struct asked){ .method = API_PUT, .path = path, .query = query, .body = body },
		status);
}

static json_t *
post(struct api_fixture *f, const char *path, const char *body, int status)
{
	return api_expect(f, (struct asked){ .method = API_POST, .path = path, .body = body },
			  status);
}

static void
a_server_is_told_as_the_contract_has_it(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *server = get(f, "/v1/servers/survival");
	static const char *const members[] = { "name",	 "game",    "state", "phase",
					       "wanted", "address", "hosts", "players",
					       "run",	 "since",   "reason" };

	for (size_t i = 0; i < ELEMENTS(members); i++)
		assert_non_null(json_object_get(server, members[i]));
	assert_string_equal(json_get_text(server, "state", ""), "asleep");
	assert_string_equal(json_get_text(server, "wanted", ""), "down");
	assert_string_equal(json_get_text(server, "address", ""), "play.example.org");
	assert_true(json_is_null(json_object_get(server, "run")));
	assert_non_null(json_object_get(server, "declaration"));
}

static void
only_an_admin_is_told_what_was_declared(void **state)
{
	struct api_fixture *f = *state;
	struct told told = api_ask(f, (struct asked){ .path = "/v1/servers/survival",
						      .bearer = f->token[ROLE_STAFF] });

	assert_null(json_object_get(told.json, "declaration"));
	told_done(&told);
}

static void
a_wake_is_answered_once_it_is_durable_and_names_the_request_the_feed_tells(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *json = post(f, "/v1/servers/survival/wake", NULL, 202);
	CLEANUP(json_freep) json_t *again = NULL;
	const char *request = json_get_text(json, "request_id", NULL);

	assert_int_equal(strlen(request), ID_TEXT_SIZE - 1);
	assert_non_null(strstr(fixture_last(&f->world, "server.wake_requested"), request));
	assert_string_equal(json_get_text(json_object_get(json, "server"), "state", ""), "waking");
	again = post(f, "/v1/servers/survival/wake", "{\"connection_id\":\"c1\"}", 202);
	assert_string_equal(json_get_text(again, "connection_id", ""), "c1");
	assert_int_equal(fixture_count(&f->world, "server.wake_requested"), 1);
	fixture_run(&f->world, DURATION_S(30));
	json_decref(json);
	json = get(f, "/v1/servers/survival");
	assert_string_equal(json_get_text(json, "state", ""), "ready");
	assert_string_equal(json_get_text(json_object_get(json, "run"), "by", ""), "admin");
}

static void
runs_begin_with_the_one_under_way_and_each_is_told_once(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *json = post(f, "/v1/servers/survival/wake", NULL, 202);
	const json_t *runs;

	fixture_run(&f->world, DURATION_S(30));
	json_decref(json);
	json = get(f, "/v1/servers/survival/runs");
	runs = json_object_get(json, "runs");
	assert_int_equal(json_array_size(runs), 1);
	assert_true(json_is_null(json_object_get(json_array_get(runs, 0), "ended_at")));
	json_decref(json);
	json = post(f, "/v1/servers/survival/sleep", "{\"now\":true}", 202);
	fixture_run(&f->world, DURATION_S(60));
	json_decref(json);
	json = get(f, "/v1/servers/survival/runs");
	runs = json_object_get(json, "runs");
	assert_int_equal(json_array_size(runs), 1);
	assert_true(json_is_string(json_object_get(json_array_get(runs, 0), "ended_at")));
	assert_true(json_is_array(json_object_get(json_array_get(runs, 0), "samples")));
}

static void
a_line_reaches_the_console_and_is_told_to_staff(void **state)
{
	struct api_fixture *f = *state;
	const char *path = "/v1/servers/survival/command";

	json_decref(post(f, path, "{\"line\":\"list\"}", 409));
	json_decref(post(f, "/v1/servers/survival/wake", NULL, 202));
	fixture_run(&f->world, DURATION_S(30));
	json_decref(post(f, path, "{\"line\":\"list\"}", 202));
	assert_non_null(strstr(f->world.said, "list\n"));
	assert_non_null(
		strstr(fixture_last(&f->world, "server.command_sent"), "\"line\":\"list\""));
	json_decref(post(f, path, "{\"line\":\"two\\nlines\"}", 422));
	json_decref(post(f, path, "{\"line\":\"\"}", 422));
}

static void
the_console_tells_its_last_lines_clean(void **state)
{
	struct api_fixture *f = *state;
	struct fact fact = { .kind = FACT_CONSOLE_LINE, .server = "survival" };
	const json_t *lines;
	json_t *json;

	for (int i = 0; i < 700; i++) {
		fact.as.process.line = text_format("line %d\x01", i);
		fixture_note(&f->world, &fact);
	}
	fixture_run(&f->world, DURATION_MS(0));
	json = get(f, "/v1/servers/survival/console");
	lines = json_object_get(json, "lines");
	assert_int_equal(json_array_size(lines), CONSOLE_TAIL_LINES);
	assert_string_equal(json_string_value(json_array_get(lines, CONSOLE_TAIL_LINES - 1)),
			    "line 699?");
	json_decref(json);
	json = api_expect(
		f, (struct asked){ .path = "/v1/servers/survival/console", .query = "limit=2" },
		200);
	assert_int_equal(json_array_size(json_object_get(json, "lines")), 2);
	json_decref(json);
}

static void
declaring_the_same_again_changes_nothing_and_tells_nothing(void **state)
{
	struct api_fixture *f = *state;
	size_t told = fixture_count(&f->world, "server.declared");
	CLEANUP(json_freep) json_t *json = put(f, "/v1/servers/survival", NULL, api_server, 200);

	assert_false(json_get_bool(json, "changed", true));
	assert_int_equal(json_array_size(json_object_get(json, "changes")), 0);
	assert_int_equal(fixture_count(&f->world, "server.declared"), told);
}

static void
a_dry_run_tells_what_would_change_and_changes_nothing(void **state)
{
	struct api_fixture *f = *state;
	static const char changed[] =
		"{\"game\":\"minecraft-java\",\"hosts\":[\"other.example.org\"],"
		"\"local\":{\"command\":[\"x\"],\"directory\":\".\"},"
		"\"address\":\"127.0.0.1:25570\",\"policy\":{\"idle_after\":\"7m\"}}";
	CLEANUP(json_freep)
	json_t *json = put(f, "/v1/servers/survival", "dry_run=true", changed, 200);
	const json_t *changes = json_object_get(json, "changes");
	CLEANUP(json_freep) json_t *server = NULL;

	assert_int_equal(json_array_size(changes), 2);
	assert_string_equal(json_string_value(json_array_get(changes, 0)), "/hosts");
	assert_string_equal(json_string_value(json_array_get(changes, 1)), "/policy/idle_after");
	server = get(f, "/v1/servers/survival");
	assert_string_equal(json_get_text(server, "address", ""), "play.example.org");
	json_decref(json);
	json = put(f, "/v1/servers/survival", NULL, changed, 200);
	assert_string_equal(json_get_text(json_object_get(json, "server"), "address", ""),
			    "other.example.org");
}

static void
a_declaration_that_is_not_right_is_told_with_pointers(void **state)
{
	struct api_fixture *f = *state;
	static const struct {
		const char *path, *body, *pointer;
	} cases[] = {
		{ "/v1/servers/BIG", api_server, "/name" },
		{ "/v1/servers/new", "[]", "" },
		{ "/v1/servers/new", "{\"name\":\"other\"}", "/name" },
		{ "/v1/servers/new", api_server, "/address" }, /* survival's */
		{ "/v1/servers/survival", "{\"game\":\"chess\"}", "/game" },
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		CLEANUP(json_freep) json_t *json = put(f, cases[i].path, NULL, cases[i].body, 422);
		const json_t *errors = json_object_get(json, "errors");
		bool found = false;

		for (size_t e = 0; e < json_array_size(errors); e++)
			found = found ||
				strcmp(json_get_text(json_array_get(errors, e), "pointer", "?"),
				       cases[i].pointer) == 0;
		if (!found)
			fail_msg("%s %s: %s", cases[i].path, cases[i].body, json_text(json));
	}
}

static void
a_server_that_runs_is_not_removed(void **state)
{
	struct api_fixture *f = *state;
	const struct asked remove = { .method = API_DELETE,
				      .path = "/v1/servers/survival",
				      .local = true };

	json_decref(post(f, "/v1/servers/survival/wake", NULL, 202));
	assert_int_equal(api_status(f, remove), 409);
	json_decref(post(f, "/v1/servers/survival/sleep", "{\"now\":true}", 202));
	fixture_run(&f->world, DURATION_S(60));
	assert_int_equal(api_status(f, remove), 204);
	assert_int_equal(api_status(f, remove), 404);
	assert_int_equal(fixture_count(&f->world, "server.removed"), 1);
}

static void
figures_are_told_as_prometheus_reads_them(void **state)
{
	struct api_fixture *f = *state;
	struct told told = api_ask(f, (struct asked){ .path = "/metrics" });

	assert_true(text_starts_with(told.answer.content_type, "text/plain; version=0.0.4"));
	assert_non_null(strstr(told.answer.body, "roost_servers{state=\"asleep\"} 1\n"));
	assert_non_null(strstr(told.answer.body, "roost_players_online{server=\"survival\"} 0\n"));
	assert_non_null(strstr(told.answer.body, "roost_info{version=\"1.2.3\"} 1\n"));
	told_done(&told);
}

static void
a_record_that_takes_no_commits_is_told_by_readyz(void **state)
{
	struct api_fixture *f = *state;
	struct told told;

	f->world.store_is_full = true;
	fixture_wish(&f->world, "survival", WANT_UP);
	fixture_run(&f->world, DURATION_MS(0));
	told = api_ask(f, (struct asked){ .path = "/readyz" });
	assert_int_equal(told.answer.status, 503);
	assert_non_null(strstr(told.answer.body, "the disk is full"));
	told_done(&told);
	/* What changes something is refused with the reason, not left waiting; reading goes on. */
	told = api_ask(f, (struct asked){ .method = API_POST,
					  .path = "/v1/servers/survival/wake",
					  .bearer = f->token[ROLE_ADMIN] });
	assert_int_equal(told.answer.status, 503);
	assert_non_null(strstr(told.answer.body, "the disk is full"));
	told_done(&told);
	json_decref(api_expect(f, (struct asked){ .path = "/v1/servers" }, 200));
	f->world.store_is_full = false;
	fixture_run(&f->world, DURATION_S(60));
	assert_int_equal(api_status(f, (struct asked){ .path = "/readyz" }), 200);
}

static void
a_wish_that_meets_a_full_disk_is_answered_at_once_and_kept(void **state)
{
	struct api_fixture *f = *state;
	struct asked wake = { .method = API_POST,
			      .path = "/v1/servers/survival/wake",
			      .bearer = f->token[ROLE_ADMIN] };
	struct told told;

	f->world.store_is_full = true;
	told = api_ask(f, wake); /* the first that meets it: nobody knows yet */
	assert_int_equal(told.answer.status, 503);
	assert_true(told.answer.retry_after > 0);
	assert_non_null(strstr(told.answer.body, "the disk is full"));
	assert_non_null(strstr(told.answer.body, "has not been done. It is kept"));
	told_done(&told);
	assert_int_equal(fixture_server(&f->world, "survival")->status.state, STATE_ASLEEP);
	f->world.store_is_full = false;
	fixture_run(&f->world, DURATION_S(60));
	assert_int_equal(fixture_server(&f->world, "survival")->status.state, STATE_READY);
	assert_int_equal(fixture_count(&f->world, "server.wake_requested"), 1);
	assert_int_equal(api_status(f, wake), 202);
}

int
main(void)
{
#define WITH_API(test) cmocka_unit_test_setup_teardown(test, api_fixture_new, api_fixture_free)
	const struct CMUnitTest tests[] = {
		WITH_API(a_server_is_told_as_the_contract_has_it),
		WITH_API(only_an_admin_is_told_what_was_declared),
		WITH_API(
			a_wake_is_answered_once_it_is_durable_and_names_the_request_the_feed_tells),
		WITH_API(runs_begin_with_the_one_under_way_and_each_is_told_once),
		WITH_API(a_line_reaches_the_console_and_is_told_to_staff),
		WITH_API(the_console_tells_its_last_lines_clean),
		WITH_API(declaring_the_same_again_changes_nothing_and_tells_nothing),
		WITH_API(a_dry_run_tells_what_would_change_and_changes_nothing),
		WITH_API(a_declaration_that_is_not_right_is_told_with_pointers),
		WITH_API(a_server_that_runs_is_not_removed),
		WITH_API(figures_are_told_as_prometheus_reads_them),
		WITH_API(a_wish_that_meets_a_full_disk_is_answered_at_once_and_kept),
		WITH_API(a_record_that_takes_no_commits_is_told_by_readyz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
