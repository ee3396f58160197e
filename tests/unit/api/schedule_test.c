/* SPDX-License-Identifier: Apache-2.0 */
/* A server's schedules by the API: told with what is next, and changed by themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"
#include "wire/zone/zone.h"

#define PATH "/v1/servers/survival/schedules"
#define DAILY                                                                              \
	"{\"schedules\":[{\"cron\":\"0 18 * * *\",\"do\":\"wake\"},{\"cron\":\"@hourly\"," \
	"\"do\":\"command\",\"line\":\"say the word is owl\",\"missed\":\"once\"}]}"

static struct zone *utc;

static const struct zone *
find(struct zones_port *port, const char *name)
{
	(void)port;
	return strcmp(name, "UTC") == 0 ? utc : NULL;
}

static struct zones_port zones = { .find = find };

static int
begin(void **state)
{
	struct api_fixture *f;

	if (api_fixture_new(state) != 0)
		return -1;
	f = *state;
	((struct plane_ports *)(uintptr_t)plane_ports(f->world.plane))->zones = &zones;
	return zone_from_rule("UTC0", &utc) ? 0 : -1;
}

static int
end(void **state)
{
	zone_free(utc);
	return api_fixture_free(state);
}

static json_t *
put(struct api_fixture *f, const char *query, const char *body, int status)
{
	json_t *answer = api_expect(
		f, (struct asked){ .method = API_PUT, .path = PATH, .query = query, .body = body },
		status);

	fixture_run(&f->world, DURATION_MS(0));
	return answer;
}

static json_t *
get(struct api_fixture *f, const char *path)
{
	return api_expect(f, (struct asked){ .path = path }, 200);
}

static const json_t *
schedule(const json_t *in, size_t index)
{
	return json_array_get(json_object_get(in, "schedules"), index);
}

static void
schedules_are_changed_by_themselves_and_told_with_what_is_next(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *before = get(f, "/v1/servers/survival");
	CLEANUP(json_freep) json_t *answer = put(f, NULL, DAILY, 200);
	CLEANUP(json_freep) json_t *again = put(f, NULL, DAILY, 200);
	CLEANUP(json_freep) json_t *after = get(f, "/v1/servers/survival");
	struct instant next = json_get_instant(schedule(after, 0), "next");

	assert_int_equal(json_array_size(json_object_get(before, "schedules")), 0);
	assert_true(json_get_bool(answer, "changed", false));
	assert_false(json_get_bool(again, "changed", true));
	assert_int_equal(json_array_size(json_object_get(after, "schedules")), 2);
	assert_true(json_get_bool(schedule(after, 0), "zone_known", false));
	assert_true(next.ms > f->world.now.ms && next.ms <= f->world.now.ms + 86400000);
	assert_int_equal(next.ms % 86400000, 18 * 3600000);
	assert_string_equal(json_get_text(schedule(after, 1), "line", ""), "say the word is owl");
	assert_string_equal(json_get_text(schedule(after, 1), "missed", ""), "once");
	assert_true(json_is_null(json_object_get(schedule(after, 0), "last")));
	/* The rest of the declaration is as it was. */
	json_object_del(json_object_get(before, "declaration"), "schedules");
	json_object_del(json_object_get(after, "declaration"), "schedules");
	assert_true(json_equal(json_object_get(before, "declaration"),
			       json_object_get(after, "declaration")));
}

static void
a_dry_run_tells_what_would_be_next_and_changes_nothing(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *answer = put(f, "dry_run=true", DAILY, 200);
	CLEANUP(json_freep) json_t *after = get(f, "/v1/servers/survival");

	assert_true(json_get_bool(answer, "dry_run", false));
	assert_true(instant_is_set(json_get_instant(schedule(answer, 1), "next")));
	assert_int_equal(json_array_size(json_object_get(after, "schedules")), 0);
}

static void
players_are_told_when_and_what_but_not_the_line(void **state)
{
	struct api_fixture *f = *state;
	struct told told;

	json_decref(put(f, NULL, DAILY, 200));
	told = api_ask(f, (struct asked){ .path = "/v1/servers/survival",
					  .bearer = f->token[ROLE_PLAYER] });
	assert_int_equal(json_array_size(json_object_get(told.json, "schedules")), 2);
	assert_true(instant_is_set(json_get_instant(schedule(told.json, 1), "next")));
	assert_null(strstr(told.answer.body, "owl"));
	told_done(&told);
	told = api_ask(f, (struct asked){ .path = "/v1/servers/survival",
					  .bearer = f->token[ROLE_STAFF] });
	assert_string_equal(json_get_text(schedule(told.json, 1), "line", ""),
			    "say the word is owl");
	told_done(&told);
	for (enum role role = ROLE_PLAYER; role < ROLE_ADMIN; role++)
		assert_int_equal(api_status(f, (struct asked){ .method = API_PUT,
							       .path = PATH,
							       .body = DAILY,
							       .bearer = f->token[role] }),
				 403);
}

static void
what_is_wrong_is_told_with_its_place_and_nothing_changes(void **state)
{
	static const struct {
		const char *body, *pointer;
	} rows[] = {
		{ "{\"schedules\":[{\"cron\":\"61 * * * *\",\"do\":\"wake\"}]}",
		  "/schedules/0/cron" },
		{ "{\"schedules\":[{\"cron\":\"@daily\",\"do\":\"wake\"},{\"cron\":\"@daily\","
		  "\"zone\":\"Mars/Base\",\"do\":\"wake\"}]}",
		  "/schedules/1/zone" },
		{ "{\"schedules\":[{\"cron\":\"@daily\",\"do\":\"command\"}]}",
		  "/schedules/0/line" },
		{ "{\"schedules\":[{\"cron\":\"@daily\",\"do\":\"dance\"}]}", "/schedules/0/do" },
		{ "{\"schedules\":[{\"cron\":\"@daily\",\"do\":\"wake\",\"x\":1}]}",
		  "/schedules/0/x" },
		{ "{\"schedules\":[7]}", "/schedules/0" },
		{ "{\"schedules\":{}}", "/schedules" },
		{ "{}", "/schedules" },
		{ "{\"schedules\":[],\"motd\":\"x\"}", "/motd" },
	};
	struct api_fixture *f = *state;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		CLEANUP(json_freep) json_t *problem = put(f, NULL, rows[i].body, 422);

		assert_string_equal(
			json_get_text(json_array_get(json_object_get(problem, "errors"), 0),
				      "pointer", ""),
			rows[i].pointer);
	}
	assert_int_equal(api_status(f, (struct asked){ .method = API_PUT,
						       .path = "/v1/servers/nobody/schedules",
						       .bearer = f->token[ROLE_ADMIN],
						       .body = DAILY }),
			 404);
}

static void
a_server_of_a_template_stays_its_template_s(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *server = NULL;

	json_decref(api_expect(f,
			       (struct asked){ .method = API_PUT,
					       .path = "/v1/servers/duel",
					       .body = "{\"template\":\"tcp\",\"variables\":{"
						       "\"program\":\"duel\",\"port\":5601,"
						       "\"public_port\":5600}}" },
			       201));
	fixture_run(&f->world, DURATION_MS(0));
	json_decref(api_expect(f,
			       (struct asked){ .method = API_PUT,
					       .path = "/v1/servers/duel/schedules",
					       .body = DAILY },
			       200));
	fixture_run(&f->world, DURATION_MS(0));
	server = get(f, "/v1/servers/duel");
	assert_int_equal(json_array_size(json_object_get(server, "schedules")), 2);
	assert_string_equal(json_get_text(json_object_get(server, "source"), "template", ""),
			    "tcp");
	assert_int_equal(
		json_array_size(json_object_get(json_object_get(server, "source"), "schedules")),
		2);
	/* And what was written for it says so, when it is written again. */
	{
		CLEANUP(text_freep)
		char *source = json_dumps(json_object_get(server, "source"), JSON_COMPACT);
		CLEANUP(json_freep)
		json_t *same = api_expect(f,
					  (struct asked){ .method = API_PUT,
							  .path = "/v1/servers/duel",
							  .body = source },
					  200);

		assert_false(json_get_bool(same, "changed", true));
	}
}

static void
what_the_configuration_file_declares_is_changed_only_there(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *names = json_pack("[s]", "survival");
	CLEANUP(json_freep) json_t *server = NULL, *problem = NULL;

	api_tell_file_servers(f->api, names);
	problem = put(f, NULL, DAILY, 409);
	assert_non_null(strstr(json_get_text(problem, "detail", ""), "configuration file"));
	server = get(f, "/v1/servers/survival");
	assert_true(json_get_bool(server, "in_file", false));
	assert_int_equal(json_array_size(json_object_get(server, "schedules")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(schedules_are_changed_by_themselves_and_told_with_what_is_next),
		TEST(a_dry_run_tells_what_would_be_next_and_changes_nothing),
		TEST(players_are_told_when_and_what_but_not_the_line),
		TEST(what_is_wrong_is_told_with_its_place_and_nothing_changes),
		TEST(a_server_of_a_template_stays_its_template_s),
		TEST(what_the_configuration_file_declares_is_changed_only_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
