/* SPDX-License-Identifier: Apache-2.0 */
/* Every route, every method, every role: the whole space is walked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/route.h"
#include "api_fixture.h"

/* A request that each route accepts, and its status then. */
static const struct {
	enum route_name route;
	const char *path, *body;
	int status;
} samples[] = {
	{ ROUTE_healthz, "/healthz", NULL, 200 },
	{ ROUTE_readyz, "/readyz", NULL, 200 },
	{ ROUTE_metrics, "/metrics", NULL, 200 },
	{ ROUTE_openapi, "/openapi.json", NULL, 200 },
	{ ROUTE_session_make, "/v1/session",
	  "{\"name\":\"admin\",\"password\":\"" FIRST_PASSWORD "\"}", 201 },
	{ ROUTE_session_end, "/v1/session", NULL, 409 }, /* there is none: they come with tokens */
	{ ROUTE_me, "/v1/me", NULL, 200 },
	{ ROUTE_me_change, "/v1/me", "{\"game_name\":\"Steve\"}", 200 },
	{ ROUTE_servers, "/v1/servers", NULL, 200 },
	{ ROUTE_server, "/v1/servers/survival", NULL, 200 },
	{ ROUTE_server_put, "/v1/servers/survival", api_server, 200 },
	{ ROUTE_server_delete, "/v1/servers/nothing", NULL, 404 },
	{ ROUTE_schedules_put, "/v1/servers/survival/schedules", "{\"schedules\":[]}", 200 },
	{ ROUTE_wake, "/v1/servers/survival/wake", NULL, 202 },
	{ ROUTE_sleep, "/v1/servers/survival/sleep", "{}", 202 },
	{ ROUTE_install, "/v1/servers/survival/install", "{\"again\":true}", 409 },
	{ ROUTE_install_end, "/v1/servers/survival/install", NULL, 409 },
	{ ROUTE_command, "/v1/servers/nothing/command", "{\"line\":\"list\"}", 404 },
	{ ROUTE_console, "/v1/servers/survival/console", NULL, 200 },
	{ ROUTE_players, "/v1/servers/survival/players", NULL, 200 },
	{ ROUTE_roster, "/v1/servers/survival/roster", NULL, 200 },
	{ ROUTE_roster_put, "/v1/servers/survival/roster/Steve", "{\"op\":true}", 200 },
	{ ROUTE_roster_address, "/v1/servers/survival/addresses", "{\"address\":\"192.0.2.7\"}",
	  200 },
	{ ROUTE_op, "/v1/servers/survival/op", NULL, 409 },
	{ ROUTE_op_token, "/v1/servers/survival/op", NULL, 409 },
	{ ROUTE_roster_delete, "/v1/servers/survival/roster/Steve", NULL, 204 },
	{ ROUTE_sessions, "/v1/servers/survival/sessions", NULL, 200 },
	{ ROUTE_runs, "/v1/servers/survival/runs", NULL, 200 },
	{ ROUTE_backups, "/v1/servers/survival/backups", NULL, 200 },
	{ ROUTE_backup_make, "/v1/servers/survival/backups", NULL, 409 }, /* there is no store */
	{ ROUTE_backup, "/v1/servers/survival/backups/none", NULL, 404 },
	{ ROUTE_backup_put, "/v1/servers/survival/backups/none", "{\"locked\":true}", 409 },
	{ ROUTE_backup_delete, "/v1/servers/survival/backups/none", NULL, 409 },
	{ ROUTE_backup_restore, "/v1/servers/survival/backups/none/restore", "{}", 409 },
	{ ROUTE_backup_check, "/v1/servers/survival/backups/none/check", NULL, 409 },
	{ ROUTE_backup_archive, "/v1/servers/survival/backups/none/archive", NULL, 404 },
	{ ROUTE_events, "/v1/events", NULL, 200 },
	{ ROUTE_socket, "/v1/ws", NULL, 426 },
	{ ROUTE_push, "/v1/push", NULL, 200 },
	{ ROUTE_push_put, "/v1/push",
	  "{\"endpoint\":\"ftp://x\",\"keys\":{\"p256dh\":\"x\",\"auth\":\"x\"}}", 422 },
	{ ROUTE_push_delete, "/v1/push/none", NULL, 404 },
	{ ROUTE_message, "/v1/messages", "{\"channel\":\"chat/a\",\"message\":1}", 202 },
	{ ROUTE_templates, "/v1/templates", NULL, 200 },
	{ ROUTE_template, "/v1/templates/tcp", NULL, 200 },
	{ ROUTE_template_put, "/v1/templates/tcp", "{}", 422 },
	{ ROUTE_template_delete, "/v1/templates/none", NULL, 404 },
	{ ROUTE_users, "/v1/users", NULL, 200 },
	{ ROUTE_user, "/v1/users/p", NULL, 200 },
	{ ROUTE_user_put, "/v1/users/p", "{\"game_name\":\"Alex\"}", 200 },
	{ ROUTE_user_delete, "/v1/users/nobody", NULL, 404 },
	{ ROUTE_tokens, "/v1/tokens", NULL, 200 },
	{ ROUTE_token_make, "/v1/tokens", "{\"label\":\"x\"}", 201 },
	{ ROUTE_token_delete, "/v1/tokens/none", NULL, 404 },
	{ ROUTE_webhooks, "/v1/webhooks", NULL, 200 },
	{ ROUTE_webhook_make, "/v1/webhooks", "{\"url\":\"https://example.org/hook\"}", 201 },
	{ ROUTE_webhook, "/v1/webhooks/none", NULL, 404 },
	{ ROUTE_webhook_put, "/v1/webhooks/none", "{\"label\":\"x\"}", 404 },
	{ ROUTE_webhook_delete, "/v1/webhooks/none", NULL, 404 },
	{ ROUTE_webhook_test, "/v1/webhooks/none/test", NULL, 404 },
	{ ROUTE_webhook_rotate, "/v1/webhooks/none/rotate", NULL, 404 },
	{ ROUTE_webhook_enable, "/v1/webhooks/none/enable", NULL, 404 },
	{ ROUTE_webhook_disable, "/v1/webhooks/none/disable", NULL, 404 },
	{ ROUTE_webhook_dead, "/v1/webhooks/none/dead", NULL, 404 },
	{ ROUTE_webhook_replay, "/v1/webhooks/none/replay", NULL, 404 },
	/* Not answered here but by the edge, which knows the connections. */
	{ ROUTE_connection_post, "/@connections/VFoyGcaIjoECIjw=", "hello", 0 },
	{ ROUTE_connection_get, "/@connections/VFoyGcaIjoECIjw=", NULL, 0 },
	{ ROUTE_connection_end, "/@connections/VFoyGcaIjoECIjw=", NULL, 0 },
};

_Static_assert(ELEMENTS(samples) == ROUTE_MAX, "a route without a sample");

static void
every_route_is_open_to_its_role_and_above_and_to_nobody_below(void **state)
{
	struct api_fixture *f = *state;

	for (size_t i = 0; i < ELEMENTS(samples); i++) {
		const struct route *route = api_route_at(samples[i].route);

		for (int role = ROLE_NOBODY; role < ROLE_MAX; role++) {
			int expected = samples[i].status;
			int status = api_status(f, (struct asked){ .method = route->method,
								   .path = samples[i].path,
								   .body = samples[i].body,
								   .bearer = f->token[role] });

			if (role < (int)route->role)
				expected = role == ROLE_NOBODY && samples[i].path[1] != '@' ? 401
											    : 403;
			if (status != expected)
				fail_msg("%s %s as %s: %d and not %d", method_word(route->method),
					 samples[i].path, role_word((enum role)role), status,
					 expected);
		}
	}
}

static bool
exists(enum api_method method, const char *path, unsigned *ret_methods)
{
	char parameter[ROUTE_PARAMETER_SIZE];

	return api_route_find(method, path, parameter, ret_methods) != ROUTE_MAX;
}

static void
a_method_that_a_path_does_not_know_is_405_and_told_what_it_knows(void **state)
{
	struct api_fixture *f = *state;

	for (size_t i = 0; i < ELEMENTS(samples); i++) {
		for (int method = 0; method < API_METHOD_MAX; method++) {
			unsigned methods;
			struct told told;

			if (exists((enum api_method)method, samples[i].path, &methods))
				continue;
			told = api_ask(f, (struct asked){ .method = (enum api_method)method,
							  .path = samples[i].path });
			assert_int_equal(told.answer.status, 405);
			for (int m = 0; m < API_METHOD_MAX; m++)
				assert_int_equal(strstr(told.answer.allow,
							method_word((enum api_method)m)) != NULL,
						 (methods & (1u << m)) != 0);
			told_done(&told);
		}
	}
}

static void
a_path_that_is_not_there_is_404_for_everybody(void **state)
{
	struct api_fixture *f = *state;
	static const char *const paths[] = { "/",
					     "/v1",
					     "/v1/",
					     "/v1/servers/",
					     "/v1/servers//wake",
					     "/v1/serversx",
					     "/v1/servers/a/b/c",
					     "/healthz/",
					     "/v1/servers/a/wake/",
					     "/v1/users/",
					     "/v2/servers" };

	for (size_t i = 0; i < ELEMENTS(paths); i++) {
		for (int method = 0; method < API_METHOD_MAX; method++) {
			assert_int_equal(
				api_status(f, (struct asked){ .method = (enum api_method)method,
							      .path = paths[i] }),
				404);
			assert_int_equal(
				api_status(f, (struct asked){ .method = (enum api_method)method,
							      .path = paths[i],
							      .local = true }),
				404);
		}
	}
}

static void
a_server_nobody_declared_is_404_on_each_of_its_routes(void **state)
{
	struct api_fixture *f = *state;

	for (int i = 0; i < ROUTE_MAX; i++) {
		const struct route *route = api_route_at((enum route_name)i);
		const char *tail = strstr(route->pattern, "{name}");
		char path[96];

		if (!text_starts_with(route->pattern, "/v1/servers/{name}") ||
		    i == ROUTE_server_put)
			continue;
		(void)snprintf(path, sizeof path, "/v1/servers/nothing%s", tail + 6);
		assert_int_equal(
			api_status(f,
				   (struct asked){
					   .method = route->method,
					   .path = path,
					   .body = i == ROUTE_command ? "{\"line\":\"x\"}"
						   : i == ROUTE_roster_address
							   ? "{\"address\":\"::1\"}"
						   : i == ROUTE_schedules_put ? "{\"schedules\":[]}"
						   : i == ROUTE_backup_put    ? "{\"locked\":true}"
									      : NULL,
					   .local = true }),
			404);
	}
}

/* Whatever a route takes, a member and a parameter it does not know are refused with their place. */
static void
an_unknown_member_or_parameter_is_422_everywhere(void **state)
{
	struct api_fixture *f = *state;

	for (size_t i = 0; i < ELEMENTS(samples); i++) {
		const struct route *route = api_route_at(samples[i].route);
		struct told told;
		const json_t *error;

		if (samples[i].route == ROUTE_server_put || samples[i].path[1] == '@')
			continue;
		told = api_ask(f, (struct asked){ .method = route->method,
						  .path = samples[i].path,
						  .body = "{\"sur~prise/\":1}",
						  .local = true });
		assert_int_equal(told.answer.status, 422);
		error = json_array_get(json_object_get(told.json, "errors"), 0);
		assert_string_equal(json_get_text(error, "pointer", ""), "/sur~0prise~1");
		told_done(&told);
		told = api_ask(f, (struct asked){ .method = route->method,
						  .path = samples[i].path,
						  .body = samples[i].body,
						  .query = "surprise=1",
						  .local = true });
		assert_int_equal(told.answer.status, 422);
		error = json_array_get(json_object_get(told.json, "errors"), 0);
		assert_string_equal(json_get_text(error, "pointer", ""), "?surprise");
		told_done(&told);
	}
}

static void
every_field_refuses_another_type_and_what_is_out_of_bounds(void **state)
{
	struct api_fixture *f = *state;

	for (size_t i = 0; i < field_count(); i++) {
		const struct field *field = field_at(i);
		struct field_errors errors = { .count = 0 };
		CLEANUP(text_freep) char *name = text_format("/%s", field->name);
		CLEANUP(text_freep) char *query = text_format("%s=%%c3%%28", field->name);
		CLEANUP(json_freep) json_t *body = json_object();
		bool found = false;

		if (field->type == TYPE_ANY)
			continue;
		if (field_is_of_query(field)) {
			json_decref(fields_check(field->group, NULL, query, &errors));
			assert_true(errors.count >= 1);
			continue;
		}
		assert_int_equal(json_object_set_new(body, field->name,
						     field->type == TYPE_LIST ? json_real(0.5)
									      : json_array()),
				 0);
		json_decref(fields_check(field->group, body, NULL, &errors));
		for (size_t e = 0; e < errors.count; e++)
			found = found || strcmp(errors.list[e].pointer, name) == 0;
		assert_true(found);
		if (field->most == 0 || (field->type != TYPE_TEXT && field->type != TYPE_SECRET))
			continue;
		{
			CLEANUP(text_freep) char *long_text = mem_new((size_t)field->most + 2);

			memset(long_text, 'a', (size_t)field->most + 1);
			json_set_text(body, field->name, long_text);
			errors.count = 0;
			json_decref(fields_check(field->group, body, NULL, &errors));
			assert_true(errors.count >= 1);
		}
	}
	(void)f;
}

static void
a_body_that_is_not_json_is_told_where(void **state)
{
	struct api_fixture *f = *state;
	static const struct {
		const char *body, *type;
		int status;
	} cases[] = {
		{ "{", NULL, 400 },
		{ "[]", NULL, 422 },
		{ "5", NULL, 422 },
		{ "{\"name\":1,\"password\":\"x\"}", NULL, 422 },
		{ "{\"name\":\"a\",\"name\":\"a\",\"password\":\"x\"}", NULL, 400 },
		{ "{\"name\":\"a\"}", NULL, 422 },
		{ "name=a&password=b", "application/x-www-form-urlencoded", 415 },
		{ "{}", "text/plain", 415 },
		{ "\xff\xfe", NULL, 400 },
		{ "{\"name\":\"admin\",\"password\":\"x\",\"extra\":1}", NULL, 422 },
		{ "{\"name\":\"admin\",\"password\":\"wrong wrong\"}",
		  "application/json; charset=utf-8", 401 },
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++)
		assert_int_equal(api_status(f, (struct asked){ .method = API_POST,
							       .path = "/v1/session",
							       .body = cases[i].body,
							       .content_type = cases[i].type }),
				 cases[i].status);
}

/* Bytes that are not UTF-8, control characters, far too much: each gets an answer. */
static void
hostile_text_in_any_place_is_only_refused(void **state)
{
	struct api_fixture *f = *state;
	char many[600];
	const char *const hostile[] = { "\xff\xfe", "\x01\x1b[31m", "%s%n",
					"\xc3",	    "\xed\xa0\x80", many };

	memset(many, 'a', sizeof many - 1);
	many[sizeof many - 1] = '\0';
	for (size_t i = 0; i < ELEMENTS(hostile); i++) {
		static const char *const paths[] = { "/%s", "/v1/servers/%s", "/v1/servers/%s/wake",
						     "/v1/users/%s", "/v1/tokens/%s" };

		for (size_t p = 0; p < ELEMENTS(paths); p++) {
			CLEANUP(buf_deinit) struct buf path = BUF_NULL;

			buf_put(&path, paths[p], strcspn(paths[p], "%"));
			buf_put_text(&path, hostile[i]);
			buf_put_text(&path, strchr(paths[p], '%') + 2);
			for (int method = 0; method < API_METHOD_MAX; method++)
				assert_true(api_status(f, (struct asked){
								  .method = (enum api_method)method,
								  .path = buf_text(&path),
								  .local = true }) >= 400);
		}
		assert_int_equal(
			api_status(f, (struct asked){ .path = "/v1/me", .bearer = hostile[i] }),
			401);
		assert_int_equal(
			api_status(f, (struct asked){ .path = "/v1/me", .session = hostile[i] }),
			401);
		assert_true(api_status(f, (struct asked){ .path = "/v1/events",
							  .query = hostile[i],
							  .local = true }) >= 400);
		assert_true(api_status(f, (struct asked){ .path = "/v1/events",
							  .local = true,
							  .last_event_id = hostile[i] }) >= 400);
		if (i != 2)
			assert_int_equal(
				api_status(f, (struct asked){ .method = API_POST,
							      .path = "/v1/servers/survival/wake",
							      .connection_id = hostile[i],
							      .local = true }),
				422);
	}
}

static void
the_description_has_every_route_and_no_other(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep)
	json_t *json = api_expect(f, (struct asked){ .path = "/openapi.json" }, 200);
	const json_t *paths = json_object_get(json, "paths");
	size_t operations = 0;
	const char *path;
	json_t *methods;

	assert_string_equal(json_get_text(json, "openapi", ""), "3.1.0");
	json_object_foreach((json_t *)paths, path, methods) operations += json_object_size(methods);
	assert_int_equal(operations, ROUTE_MAX);
	for (int i = 0; i < ROUTE_MAX; i++)
		assert_non_null(json_object_get(paths, api_route_at((enum route_name)i)->pattern));
}

static void
nothing_but_health_is_answered_before_the_record_is_loaded(void **state)
{
	struct api_settings settings = {
		.version = "1", .public_url = "", .data_directory = "/", .base_directory = "/"
	};
	struct api_fixture f = { .token = { NULL } };

	(void)state;
	fixture_start(&f.world);
	f.api = api_new(f.world.plane, &settings);
	for (size_t i = 0; i < ELEMENTS(samples); i++) {
		const struct route *route = api_route_at(samples[i].route);
		struct told told = api_ask(&f, (struct asked){ .method = route->method,
							       .path = samples[i].path,
							       .body = samples[i].body,
							       .local = true });
		if (samples[i].route == ROUTE_healthz || samples[i].route == ROUTE_metrics ||
		    samples[i].route == ROUTE_openapi)
			assert_int_equal(told.answer.status, 200);
		else
			assert_int_equal(told.answer.status, 503);
		told_done(&told);
	}
	api_free(f.api);
	fixture_stop(&f.world);
}

int
main(void)
{
#define WITH_API(test) cmocka_unit_test_setup_teardown(test, api_fixture_new, api_fixture_free)
	const struct CMUnitTest tests[] = {
		WITH_API(every_route_is_open_to_its_role_and_above_and_to_nobody_below),
		WITH_API(a_method_that_a_path_does_not_know_is_405_and_told_what_it_knows),
		WITH_API(a_path_that_is_not_there_is_404_for_everybody),
		WITH_API(a_server_nobody_declared_is_404_on_each_of_its_routes),
		WITH_API(an_unknown_member_or_parameter_is_422_everywhere),
		WITH_API(every_field_refuses_another_type_and_what_is_out_of_bounds),
		WITH_API(a_body_that_is_not_json_is_told_where),
		WITH_API(hostile_text_in_any_place_is_only_refused),
		WITH_API(the_description_has_every_route_and_no_other),
		cmocka_unit_test(nothing_but_health_is_answered_before_the_record_is_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
