/* SPDX-License-Identifier: Apache-2.0 */
/* Templates by the API, and the servers that are made from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"

#define TEMPLATE(version, motd)                                                          \
	"{\"template\":\"blocks\",\"title\":\"Blocks\",\"version\":" #version            \
	",\"variables\":[{\"name\":\"port\",\"type\":\"port\",\"default\":25600},"       \
	"{\"name\":\"players\",\"type\":\"number\",\"default\":20,\"between\":[1,100]}," \
	"{\"name\":\"motd\",\"default\":\"" motd "\"},"                                  \
	"{\"name\":\"eula\",\"type\":\"boolean\"}],"                                     \
	"\"server\":{\"game\":\"minecraft-java\",\"address\":\"127.0.0.1:${port}\","     \
	"\"max_players\":\"${players}\",\"motd\":\"${motd}\","                           \
	"\"local\":{\"command\":[\"java\"],\"directory\":\"worlds/${name}\"}},"          \
	"\"files\":[{\"path\":\"server.properties\",\"format\":\"properties\","          \
	"\"set\":{\"motd\":\"${motd}\"}}],"                                              \
	"\"install\":[{\"do\":\"accept\",\"variable\":\"eula\",\"title\":\"The licence\"}]}"

static json_t *
put(struct api_fixture *f, const char *path, const char *query, const char *body, int status)
{
	json_t *answer = api_expect(
		f, (struct asked){ .method = API_PUT, .path = path, .query = query, .body = body },
		status);

	fixture_run(&f->world, DURATION_MS(0));
	return answer;
}

static json_t *
get(struct api_fixture *f, const char *path)
{
	return api_expect(f, (struct asked){ .method = API_GET, .path = path }, 200);
}

static int
take_away(struct api_fixture *f, const char *path)
{
	int status = api_status(f, (struct asked){ .method = API_DELETE,
						   .path = path,
						   .bearer = f->token[ROLE_ADMIN] });

	fixture_run(&f->world, DURATION_MS(0));
	return status;
}

static void
assert_error(const json_t *answer, const char *pointer, const char *says)
{
	const json_t *error = json_array_get(json_object_get(answer, "errors"), 0);

	assert_string_equal(json_get_text(error, "pointer", "none"), pointer);
	assert_non_null(strstr(json_get_text(error, "detail", ""), says));
}

static int64_t
given(struct api_fixture *f, const char *server, const char *variable)
{
	CLEANUP(text_freep) char *path = text_format("/v1/servers/%s", server);
	CLEANUP(json_freep) json_t *is = get(f, path);

	return json_get_integer(json_object_get(json_object_get(is, "source"), "variables"),
				variable, -1);
}

static void
a_server_is_made_from_a_template_and_shown_as_it_was_written(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *made = NULL;
	CLEANUP(json_freep) json_t *again = NULL;
	CLEANUP(json_freep) json_t *is = NULL;
	const json_t *source, *declaration;
	const char *body =
		"{\"template\":\"blocks\",\"variables\":{\"eula\":true,\"players\":\"30\"},"
		"\"hosts\":[\"one.example\"]}";

	json_decref(put(f, "/v1/templates/blocks", NULL, TEMPLATE(1, "Hi"), 201));
	made = put(f, "/v1/servers/one", NULL, body, 201);
	again = put(f, "/v1/servers/one", NULL, body, 200);
	assert_false(json_get_bool(again, "changed", true));
	is = get(f, "/v1/servers/one");
	source = json_object_get(is, "source");
	declaration = json_object_get(is, "declaration");
	assert_string_equal(json_get_text(source, "template", ""), "blocks");
	assert_string_equal(json_get_text(json_object_get(source, "variables"), "players", ""),
			    "30");
	assert_int_equal(json_get_integer(declaration, "max_players", 0), 30);
	assert_string_equal(json_get_text(declaration, "address", ""), "127.0.0.1:25600");
	assert_false(json_get_bool(json_object_get(is, "template"), "outdated", true));
}

static void
ports_that_nobody_chose_are_free_ones_and_stay(void **state)
{
	struct api_fixture *f = *state;
	const char *body = "{\"template\":\"blocks\",\"variables\":{\"eula\":true}}";

	json_decref(put(f, "/v1/templates/blocks", NULL, TEMPLATE(1, "Hi"), 201));
	json_decref(put(f, "/v1/servers/one", NULL, body, 201));
	json_decref(put(f, "/v1/servers/two", NULL, body, 201));
	assert_int_equal(given(f, "one", "port"), 25600);
	assert_int_equal(given(f, "two", "port"), 25601);
	assert_int_equal(take_away(f, "/v1/servers/one"), 204);
	json_decref(put(f, "/v1/servers/two", NULL, body, 200));
	assert_int_equal(given(f, "two", "port"), 25601);
}

static void
what_is_wrong_is_told_at_the_variable(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *licence = NULL;
	CLEANUP(json_freep) json_t *bounds = NULL;
	CLEANUP(json_freep) json_t *taken = NULL;
	CLEANUP(json_freep) json_t *unknown = NULL;

	json_decref(put(f, "/v1/templates/blocks", NULL, TEMPLATE(1, "Hi"), 201));
	licence = put(f, "/v1/servers/one", NULL, "{\"template\":\"blocks\"}", 422);
	assert_error(licence, "/variables/eula", "accepted");
	bounds =
		put(f, "/v1/servers/one", NULL,
		    "{\"template\":\"blocks\",\"variables\":{\"eula\":true,\"players\":101}}", 422);
	assert_error(bounds, "/variables/players", "1 to 100");
	taken = put(f, "/v1/servers/one", NULL,
		    "{\"template\":\"blocks\",\"variables\":{\"eula\":true,\"port\":25570}}", 422);
	assert_error(taken, "/variables/port", "survival");
	unknown = put(f, "/v1/servers/one", NULL, "{\"template\":\"block\"}", 422);
	assert_error(unknown, "/template", "no template");
}

static void
a_template_that_changes_changes_its_servers(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *dry = NULL;
	CLEANUP(json_freep) json_t *changed = NULL;
	CLEANUP(json_freep) json_t *same = NULL;
	CLEANUP(json_freep) json_t *is = NULL;
	const json_t *server;

	json_decref(put(f, "/v1/templates/blocks", NULL, TEMPLATE(1, "Hi"), 201));
	json_decref(put(f, "/v1/servers/one", NULL,
			"{\"template\":\"blocks\",\"variables\":{\"eula\":true}}", 201));
	dry = put(f, "/v1/templates/blocks", "dry_run=true", TEMPLATE(2, "Hello"), 200);
	changed = put(f, "/v1/templates/blocks", NULL, TEMPLATE(2, "Hello"), 200);
	same = put(f, "/v1/templates/blocks", NULL, TEMPLATE(2, "Hello"), 200);
	server = json_array_get(json_object_get(changed, "servers"), 0);
	assert_string_equal(json_get_text(server, "name", ""), "one");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(server, "changes"), 0)), "/motd");
	assert_true(
		json_equal(json_object_get(dry, "servers"), json_object_get(changed, "servers")));
	assert_false(json_get_bool(same, "changed", true));
	is = get(f, "/v1/servers/one");
	assert_string_equal(json_get_text(json_object_get(is, "declaration"), "motd", ""), "Hello");
	assert_int_equal(json_get_integer(json_object_get(is, "template"), "version", 0), 2);
}

static void
a_template_that_would_break_a_server_is_refused(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *refused = NULL;

	json_decref(put(f, "/v1/templates/blocks", NULL, TEMPLATE(1, "Hi"), 201));
	json_decref(put(f, "/v1/servers/one", NULL,
			"{\"template\":\"blocks\",\"variables\":{\"eula\":true,\"players\":50}}",
			201));
	refused = put(f, "/v1/templates/blocks", NULL,
		      "{\"template\":\"blocks\",\"title\":\"Less\",\"server\":{\"game\":"
		      "\"minecraft-java\","
		      "\"address\":\"127.0.0.1:1\",\"local\":{\"command\":[\"x\"]}}}",
		      422);
	assert_error(refused, "", "one");
	assert_int_equal(given(f, "one", "players"), 50);
}

static void
a_template_in_use_is_not_removed_and_one_of_roosts_never(void **state)
{
	struct api_fixture *f = *state;

	json_decref(put(f, "/v1/templates/blocks", NULL, TEMPLATE(1, "Hi"), 201));
	json_decref(put(f, "/v1/servers/one", NULL,
			"{\"template\":\"blocks\",\"variables\":{\"eula\":true}}", 201));
	assert_int_equal(take_away(f, "/v1/templates/blocks"), 409);
	assert_int_equal(take_away(f, "/v1/servers/one"), 204);
	assert_int_equal(take_away(f, "/v1/templates/blocks"), 204);
	assert_int_equal(take_away(f, "/v1/templates/blocks"), 404);
	assert_int_equal(take_away(f, "/v1/templates/tcp"), 409);
}

static void
templates_and_their_servers_outlive_roost(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *before = NULL;
	CLEANUP(json_freep) json_t *after = NULL;
	CLEANUP(json_freep) json_t *template = NULL;

	json_decref(put(f, "/v1/templates/blocks", NULL, TEMPLATE(3, "Hi"), 201));
	json_decref(put(f, "/v1/servers/one", NULL,
			"{\"template\":\"blocks\",\"variables\":{\"eula\":true}}", 201));
	before = get(f, "/v1/servers/one");
	api_fixture_restart(f);
	after = get(f, "/v1/servers/one");
	template = get(f, "/v1/templates/blocks");
	assert_true(json_equal(json_object_get(before, "declaration"),
			       json_object_get(after, "declaration")));
	assert_int_equal(json_get_integer(template, "version", 0), 3);
	assert_int_equal(json_array_size(json_object_get(template, "servers")), 1);
	assert_int_equal(json_array_size(json_object_get(template, "accepts")), 1);
	assert_false(json_get_bool(template, "builtin", true));
}

static void
a_declaration_taken_as_it_stands_is_its_templates_no_longer(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *before = NULL;
	CLEANUP(json_freep) json_t *after = NULL;
	CLEANUP(text_freep) char *body = NULL;

	json_decref(put(f, "/v1/templates/blocks", NULL, TEMPLATE(1, "Hi"), 201));
	json_decref(put(f, "/v1/servers/one", NULL,
			"{\"template\":\"blocks\",\"variables\":{\"eula\":true}}", 201));
	before = get(f, "/v1/servers/one");
	body = json_text(json_object_get(before, "declaration"));
	json_decref(put(f, "/v1/servers/one", NULL, body, 200));
	after = get(f, "/v1/servers/one");
	assert_null(json_object_get(after, "source"));
	assert_int_equal(take_away(f, "/v1/templates/blocks"), 204);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, api_fixture_new, api_fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(a_server_is_made_from_a_template_and_shown_as_it_was_written),
		WITH(ports_that_nobody_chose_are_free_ones_and_stay),
		WITH(what_is_wrong_is_told_at_the_variable),
		WITH(a_template_that_changes_changes_its_servers),
		WITH(a_template_that_would_break_a_server_is_refused),
		WITH(a_template_in_use_is_not_removed_and_one_of_roosts_never),
		WITH(templates_and_their_servers_outlive_roost),
		WITH(a_declaration_taken_as_it_stands_is_its_templates_no_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
