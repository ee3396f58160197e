/* SPDX-License-Identifier: Apache-2.0 */
/* Who may play: asked and changed by the API, shown to the gate, told to the game. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"
#include "gate/verdict.h"

#define ROSTER "/v1/servers/survival/roster"
#define LISTED                                                      \
	"{\"game\":\"minecraft-java\",\"hosts\":[\"a.example\"],"   \
	"\"local\":{\"command\":[\"x\"],\"directory\":\".\"},"      \
	"\"address\":\"127.0.0.1:25570\",\"policy\":{\"roster\":\"" \
	"%s\"}}"

static void
declare(struct api_fixture *f, const char *policy)
{
	CLEANUP(text_freep) char *body = text_format(LISTED, policy);

	json_decref(api_expect(
		f,
		(struct asked){ .method = API_PUT, .path = "/v1/servers/survival", .body = body },
		200));
	fixture_run(&f->world, DURATION_MS(0));
}

static void
put(struct api_fixture *f, const char *player, const char *body, int status)
{
	CLEANUP(text_freep) char *path = text_format(ROSTER "/%s", player);

	json_decref(api_expect(f, (struct asked){ .method = API_PUT, .path = path, .body = body },
			       status));
	fixture_run(&f->world, DURATION_MS(0));
}

static void
user(struct api_fixture *f, const char *name, const char *body)
{
	CLEANUP(text_freep) char *path = text_format("/v1/users/%s", name);
	int status = api_status(f, (struct asked){ .method = API_PUT,
						   .path = path,
						   .body = body,
						   .bearer = f->token[ROLE_ADMIN] });

	assert_in_range(status, 200, 201);
	fixture_run(&f->world, DURATION_MS(0));
}

/* What the gate says to somebody of this name; KICK_MAX: nothing against them. */
static enum kick
at_gate(const struct api_fixture *f, const char *player)
{
	enum kick why = KICK_MAX;

	assert_int_equal(f->world.table->server_count, 1);
	if (verdict_is_welcome(&f->world.table->servers[0], player, NULL, &why))
		assert_int_equal(why, KICK_MAX);
	return why;
}

static void
wake(struct api_fixture *f)
{
	fixture_wish(&f->world, "survival", WANT_UP);
	fixture_run(&f->world, DURATION_S(30));
	assert_int_equal(fixture_server(&f->world, "survival")->status.state, STATE_READY);
}

static void
the_gate_turns_away_who_is_not_listed_where_only_the_listed_may_play(void **state)
{
	struct api_fixture *f = *state;

	assert_int_equal(at_gate(f, "Steve"), KICK_MAX);
	declare(f, "listed");
	assert_int_equal(at_gate(f, "Steve"), KICK_NOT_LISTED);
	put(f, "Steve", "{\"whitelisted\":true}", 200);
	put(f, "Alex", "{\"op\":true}", 200);
	assert_int_equal(at_gate(f, "sTEVE"), KICK_MAX);
	assert_int_equal(at_gate(f, "Alex"), KICK_MAX);
	assert_int_equal(at_gate(f, "Alexa"), KICK_NOT_LISTED);
	put(f, "steve", "{\"whitelisted\":false}", 200);
	assert_int_equal(at_gate(f, "Steve"), KICK_NOT_LISTED);
	declare(f, "open");
	assert_int_equal(at_gate(f, "Steve"), KICK_MAX);
}

static void
a_ban_outlasts_a_restart_and_all_else_that_is_said_of_the_player(void **state)
{
	struct api_fixture *f = *state;
	char text[KICK_TEXT_SIZE];

	put(f, "Griefer",
	    "{\"whitelisted\":true,\"op\":true,\"banned\":true,\"reason\":\"Lava again.\"}", 200);
	assert_non_null(strstr(fixture_last(&f->world, "roster.changed"), "Lava again."));
	assert_int_equal(fixture_count(&f->world, "roster.changed"), 3);
	assert_int_equal(at_gate(f, "griefer"), KICK_BANNED);
	api_fixture_restart(f);
	assert_int_equal(at_gate(f, "Griefer"), KICK_BANNED);
	kick_text(KICK_BANNED,
		  &(struct kick_about){ f->world.table, &f->world.table->servers[0], f->world.now,
					"GRIEFER", NULL },
		  text);
	assert_string_equal(text, "You are banned from survival. Lava again.");
	put(f, "Griefer", "{\"banned\":false}", 200);
	assert_int_equal(at_gate(f, "Griefer"), KICK_MAX);
}

static void
a_ban_for_a_while_ends_by_itself(void **state)
{
	struct api_fixture *f = *state;

	put(f, "Griefer", "{\"banned\":true,\"ban_for\":\"1h\"}", 200);
	fixture_run(&f->world, DURATION_S(3599));
	assert_int_equal(at_gate(f, "Griefer"), KICK_BANNED);
	fixture_run(&f->world, DURATION_S(2));
	assert_int_equal(at_gate(f, "Griefer"), KICK_MAX);
	assert_non_null(strstr(fixture_last(&f->world, "roster.changed"), "\"pardoned\""));
}

static void
users_with_a_game_name_may_play_and_staff_operates(void **state)
{
	struct api_fixture *f = *state;

	user(f, "p", "{\"game_name\":\"Pia\"}");
	declare(f, "users");
	user(f, "s", "{\"game_name\":\"Sam\"}");
	assert_int_equal(at_gate(f, "Pia"), KICK_MAX);
	assert_int_equal(at_gate(f, "Steve"), KICK_NOT_LISTED);
	wake(f);
	assert_string_equal(f->world.said,
			    "whitelist add Pia\nwhitelist add Sam\nop Sam\nwhitelist on\n");
	f->world.said[0] = '\0';
	put(f, "Pia", "{\"op\":true}", 200);
	user(f, "p", "{\"game_name\":\"\"}");
	user(f, "s", "{\"game_name\":\"\"}");
	fixture_run(&f->world, DURATION_S(1));
	assert_string_equal(f->world.said, "op Pia\nwhitelist remove Pia\nwhitelist remove "
					   "Sam\ndeop Sam\n");
	assert_int_equal(at_gate(f, "Sam"), KICK_NOT_LISTED);
	assert_int_equal(at_gate(f, "Pia"), KICK_MAX); /* by hand */
}

static void
a_game_is_told_at_once_while_it_runs_and_else_when_it_is_ready_and_only_once(void **state)
{
	struct api_fixture *f = *state;

	put(f, "Griefer", "{\"banned\":true,\"reason\":\"Lava.\"}", 200);
	put(f, "Steve", "{\"op\":true}", 200);
	assert_string_equal(f->world.said, "");
	api_fixture_restart(f);
	wake(f);
	assert_string_equal(f->world.said, "ban Griefer Lava.\nop Steve\n");
	put(f, "Griefer", "{\"banned\":false}", 200);
	fixture_run(&f->world, DURATION_S(60));
	assert_string_equal(f->world.said, "ban Griefer Lava.\nop Steve\npardon Griefer\n");
	api_fixture_restart(f);
	fixture_run(&f->world, DURATION_S(60));
	assert_string_equal(f->world.said, "ban Griefer Lava.\nop Steve\npardon Griefer\n");
	put(f, "Steve", "{\"op\":true}", 200);
	assert_true(text_ends_with(f->world.said, "pardon Griefer\nop Steve\n"));
}

static void
a_line_that_was_not_taken_is_said_again(void **state)
{
	struct api_fixture *f = *state;

	wake(f);
	f->world.no_console = true;
	put(f, "Griefer", "{\"banned\":true}", 200);
	fixture_run(&f->world, DURATION_S(9));
	f->world.no_console = false;
	f->world.said[0] = '\0';
	fixture_run(&f->world, DURATION_S(12));
	assert_string_equal(f->world.said, "ban Griefer\n");
}

static void
why_somebody_is_banned_is_for_staff_to_read(void **state)
{
	struct api_fixture *f = *state;

	put(f, "Griefer", "{\"banned\":true,\"reason\":\"Lava.\"}", 200);
	for (int role = ROLE_PLAYER; role <= ROLE_ADMIN; role++) {
		struct told told =
			api_ask(f, (struct asked){ .path = ROSTER, .bearer = f->token[role] });
		const json_t *player = json_array_get(json_object_get(told.json, "players"), 0);

		assert_int_equal(told.answer.status, 200);
		assert_string_equal(json_get_text(told.json, "policy", ""), "open");
		assert_string_equal(json_get_text(player, "name", ""), "Griefer");
		assert_true(json_get_bool(player, "banned", false));
		assert_string_equal(json_get_text(player, "reason", "-"),
				    role < ROLE_STAFF ? "-" : "Lava.");
		told_done(&told);
	}
}

static void
what_was_taken_back_leaves_nothing(void **state)
{
	struct api_fixture *f = *state;
	size_t before = f->world.document_count;
	json_t *body;

	wake(f);
	put(f, "Griefer", "{\"banned\":true,\"op\":true}", 200);
	assert_int_equal(api_status(f, (struct asked){ .method = API_DELETE,
						       .path = ROSTER "/GRIEFER",
						       .bearer = f->token[ROLE_STAFF] }),
			 204);
	fixture_run(&f->world, DURATION_S(1));
	assert_true(text_ends_with(f->world.said, "pardon Griefer\ndeop Griefer\n"));
	body = api_expect(f, (struct asked){ .path = ROSTER }, 200);
	assert_int_equal(json_array_size(json_object_get(body, "players")), 0);
	json_decref(body);
	for (size_t i = before; i < f->world.document_count; i++)
		if (f->world.documents[i].kind == DOCUMENT_ROSTER)
			assert_null(f->world.documents[i].body);
}

static void
a_removed_server_takes_its_roster_along(void **state)
{
	struct api_fixture *f = *state;

	put(f, "Griefer", "{\"banned\":true}", 200);
	assert_int_equal(api_status(f, (struct asked){ .method = API_DELETE,
						       .path = "/v1/servers/survival",
						       .bearer = f->token[ROLE_ADMIN] }),
			 204);
	fixture_run(&f->world, DURATION_S(1));
	json_decref(api_expect(f,
			       (struct asked){ .method = API_PUT,
					       .path = "/v1/servers/survival",
					       .body = api_server },
			       201));
	fixture_run(&f->world, DURATION_S(1));
	assert_int_equal(at_gate(f, "Griefer"), KICK_MAX);
}

static void
mistakes_are_refused(void **state)
{
	static const struct {
		const char *player, *body;
		int status;
	} wrong[] = {
		{ "Steve", "{}", 422 },
		{ "Steve", "{\"op\":1}", 422 },
		{ "Steve", "{\"reason\":\"x\"}", 422 },
		{ "Steve", "{\"banned\":false,\"ban_for\":\"1h\"}", 422 },
		{ "Steve", "{\"banned\":true,\"reason\":\"two\\nlines\"}", 422 },
		{ "@a", "{\"op\":true}", 400 },
		{ "a b", "{\"op\":true}", 400 },
		{ "a-name-of-17-xxxx", "{\"op\":true}", 400 },
		{ ".", "{\"op\":true}", 400 },
	};
	struct api_fixture *f = *state;

	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		put(f, wrong[i].player, wrong[i].body, wrong[i].status);
	put(f, ".Bedrock_1", "{\"op\":true}", 200);
	assert_int_equal(fixture_count(&f->world, "roster.changed"), 1);
}

static void
there_is_a_most_of_them(void **state)
{
	struct api_fixture *f = *state;
	char name[PLAYER_NAME_LIMIT + 1];

	for (int i = 0; i <= ROSTER_LIMIT; i++) {
		(void)snprintf(name, sizeof name, "player_%d", i);
		put(f, name, "{\"whitelisted\":true}", i < ROSTER_LIMIT ? 200 : 409);
	}
	put(f, "player_7", "{\"banned\":true}", 200);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, api_fixture_new, api_fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(the_gate_turns_away_who_is_not_listed_where_only_the_listed_may_play),
		IN_WORLD(a_ban_outlasts_a_restart_and_all_else_that_is_said_of_the_player),
		IN_WORLD(a_ban_for_a_while_ends_by_itself),
		IN_WORLD(users_with_a_game_name_may_play_and_staff_operates),
		IN_WORLD(
			a_game_is_told_at_once_while_it_runs_and_else_when_it_is_ready_and_only_once),
		IN_WORLD(a_line_that_was_not_taken_is_said_again),
		IN_WORLD(why_somebody_is_banned_is_for_staff_to_read),
		IN_WORLD(what_was_taken_back_leaves_nothing),
		IN_WORLD(a_removed_server_takes_its_roster_along),
		IN_WORLD(mistakes_are_refused),
		IN_WORLD(there_is_a_most_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
