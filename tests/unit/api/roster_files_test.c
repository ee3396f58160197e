/* SPDX-License-Identifier: Apache-2.0 */
/* A game's own lists: written before it starts, and read back. The directory is the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"
#include "gate/verdict.h"
#include "game/game_file.h"

#define ROSTER "/v1/servers/survival/roster"
#define HEAD   "[12:34:56] [Server thread/INFO]: "
#define ROBIN  "{\"uuid\":\"069a79f4-44e9-4726-a5be-fca90e38aaf5\",\"name\":\"Robin\"}"

enum { WHITELIST, OPS, BANNED, IPS, PROPERTIES };

struct yard {
	struct files_port port;
	struct http_port http;
	struct api_fixture *f;
	char *files[FILES_AT_ONCE]; /* NULL: there is none */
	const char *broken;	    /* why nothing can be read */
	const char *accounts;	    /* what is answered about them; NULL: 503 */
	unsigned reads, writes, questions;
};

static struct yard yard;

static void
set_file(int file, const char *text)
{
	mem_free(yard.files[file]);
	yard.files[file] = text_copy(text);
}

static void
refuse(struct ticket ticket)
{
	struct reply reply = { .ticket = ticket, .result = REPLY_REFUSED };

	(void)text_put(reply.reason, sizeof reply.reason, yard.broken);
	fixture_reply(&yard.f->world, reply);
}

static void
read_files(struct files_port *port, struct ticket ticket, const char *directory,
	   const char *const *names, size_t count)
{
	struct reply reply = { .ticket = ticket, .holds = REPLY_FILES };

	(void)port;
	assert_string_equal(directory, "/srv");
	assert_string_equal(names[PROPERTIES], "server.properties");
	yard.reads++;
	if (yard.broken != NULL) {
		refuse(ticket);
		return;
	}
	reply.as.files = mem_new(sizeof *reply.as.files);
	*reply.as.files = (struct files_answer){ .is_there = true, .count = count };
	for (size_t i = 0; i < count; i++) {
		if (yard.files[i] == NULL)
			continue;
		reply.as.files->files[i] =
			(struct file_text){ true, text_copy(yard.files[i]), strlen(yard.files[i]) };
	}
	fixture_reply(&yard.f->world, reply);
}

static void
write_files(struct files_port *port, struct ticket ticket, const struct files_order *order)
{
	struct reply reply = { .ticket = ticket, .holds = REPLY_YES_OR_NO, .as.yes = true };

	(void)port;
	yard.writes++;
	assert_null(fixture_running(&yard.f->world));
	for (size_t i = 0; i < order->count; i++)
		reply.as.yes = reply.as.yes && text_equal(order->files[i].was->text, yard.files[i]);
	for (size_t i = 0; reply.as.yes && i < order->count; i++)
		if (order->files[i].text != NULL)
			set_file((int)i, order->files[i].text);
	fixture_reply(&yard.f->world, reply);
}

static void
send_question(struct http_port *port, struct ticket ticket, const struct http_order *order)
{
	struct reply reply = { .ticket = ticket, .holds = REPLY_HTTP };

	(void)port;
	yard.questions++;
	assert_string_equal(order->url, "https://profiles.example.org/bulk");
	reply.as.http = mem_new(sizeof *reply.as.http);
	reply.as.http->status = yard.accounts != NULL ? 200 : 503;
	reply.as.http->body = text_copy(yard.accounts != NULL ? yard.accounts : "");
	reply.as.http->body_length = strlen(reply.as.http->body);
	fixture_reply(&yard.f->world, reply);
}

static int
begin(void **state)
{
	struct api_fixture *f;

	assert_int_equal(api_fixture_new(state), 0);
	f = *state;
	yard = (struct yard){ .port = { read_files, write_files },
			      .http = { send_question },
			      .f = f };
	set_file(PROPERTIES, "online-mode=false\n");
	f->world.files = &yard.port;
	f->world.http = &yard.http;
	api_fixture_restart(f);
	return 0;
}

static int
end(void **state)
{
	int r = api_fixture_free(state);

	for (int i = 0; i < FILES_AT_ONCE; i++)
		set_file(i, NULL);
	return r;
}

static void
declare(struct api_fixture *f, const char *policy)
{
	CLEANUP(text_freep)
	char *body = text_format("{\"game\":\"minecraft-java\",\"hosts\":[\"a.example\"],"
				 "\"local\":{\"command\":[\"x\"],\"directory\":\".\"},"
				 "\"address\":\"127.0.0.1:25570\",\"policy\":{%s}}",
				 policy);

	json_decref(api_expect(
		f,
		(struct asked){ .method = API_PUT, .path = "/v1/servers/survival", .body = body },
		200));
	fixture_run(&f->world, DURATION_MS(0));
}

static void
put(struct api_fixture *f, const char *player, const char *body)
{
	CLEANUP(text_freep) char *path = text_format(ROSTER "/%s", player);

	json_decref(api_expect(f, (struct asked){ .method = API_PUT, .path = path, .body = body },
			       200));
	fixture_run(&f->world, DURATION_MS(0));
}

static enum state
state_of(struct api_fixture *f)
{
	return fixture_server(&f->world, "survival")->status.state;
}

static void
wake(struct api_fixture *f)
{
	fixture_wish(&f->world, "survival", WANT_UP);
	fixture_run(&f->world, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_READY);
}

static void
sleep_again(struct api_fixture *f)
{
	fixture_wish(&f->world, "survival", WANT_DOWN);
	fixture_run(&f->world, DURATION_S(60));
	assert_int_equal(state_of(f), STATE_ASLEEP);
}

static void
console(struct api_fixture *f, const char *line)
{
	struct fact fact = { .kind = FACT_CONSOLE_LINE, .server = "survival" };
	const struct server *server = fixture_server(&f->world, "survival");

	run_token(&server->status.run, fact.as.process.token);
	fact.as.process.line = text_copy(line);
	fixture_note(&f->world, &fact);
	fixture_run(&f->world, DURATION_S(5));
}

/* What is on record of a player; "" = nothing. */
static const char *
standing(struct api_fixture *f, const char *name, char text[static 96])
{
	json_t *body = api_expect(f, (struct asked){ .path = ROSTER }, 200), *player;
	size_t i;

	text[0] = '\0';
	json_array_foreach(json_object_get(body, "players"), i, player)
	{
		if (strcmp(json_get_text(player, "name", ""), name) == 0)
			(void)snprintf(text, 96, "%s%s%s%s%s",
				       json_get_bool(player, "whitelisted", false) ? "plays " : "",
				       json_get_bool(player, "op", false) ? "op " : "",
				       json_get_bool(player, "banned", false) ? "banned " : "",
				       json_get_text(player, "source", ""),
				       json_get_bool(player, "unknown", false) ? " unknown" : "");
	}
	json_decref(body);
	return text;
}

static void
a_game_starts_once_its_files_say_who_may_play(void **state)
{
	struct api_fixture *f = *state;

	put(f, "Notch", "{\"op\":true}");
	put(f, "Griefer", "{\"banned\":true,\"reason\":\"Lava.\"}");
	wake(f);
	assert_non_null(strstr(yard.files[OPS], "b50ad385-829d-3141-a216-7e7d7539ba7f"));
	assert_non_null(strstr(yard.files[BANNED], "Lava."));
	assert_null(yard.files[WHITELIST]);
	fixture_run(&f->world, DURATION_S(20));
	assert_string_equal(f->world.said, ""); /* it knows already */
	sleep_again(f);
	put(f, "Notch", "{\"op\":false}");
	fixture_run(&f->world, DURATION_S(1));
	assert_null(strstr(yard.files[OPS], "Notch"));
}

static void
what_is_in_the_files_and_not_known_is_taken_over_and_left_there(void **state)
{
	struct api_fixture *f = *state;
	char text[96];

	set_file(WHITELIST, "[" ROBIN ",{\"odd\":1}]");
	set_file(BANNED, "[{\"name\":\"Griefer\",\"reason\":\"Lava.\",\"source\":\"Robin\"}]");
	set_file(IPS, "[{\"ip\":\"192.0.2.7\"}]");
	put(f, "Notch", "{\"whitelisted\":true}");
	wake(f);
	assert_string_equal(standing(f, "Robin", text), "plays game");
	assert_string_equal(standing(f, "Griefer", text), "banned game");
	assert_non_null(strstr(yard.files[WHITELIST], "\"odd\""));
	assert_non_null(strstr(yard.files[WHITELIST], "Robin"));
	assert_non_null(strstr(yard.files[WHITELIST], "Notch"));
	assert_int_equal(fixture_count(&f->world, "roster.changed"), 4);
	assert_non_null(strstr(f->world.events[f->world.event_count - 1].data, "run"));
	api_fixture_restart(f);
	fixture_run(&f->world, DURATION_S(20));
	assert_string_equal(standing(f, "Griefer", text), "banned game");
	assert_int_equal(fixture_count(&f->world, "roster.changed"), 4);
	assert_string_equal(f->world.said, "");
}

static void
what_an_operator_does_in_the_game_is_read_back_at_once_and_undone_by_nobody(void **state)
{
	struct api_fixture *f = *state;
	char text[96];
	enum kick why;

	put(f, "Robin", "{\"op\":true}");
	wake(f);
	set_file(BANNED, "[{\"name\":\"Griefer\",\"uuid\":\"\",\"reason\":\"Lava.\",\"source\":"
			 "\"Robin\",\"expires\":\"forever\"}]");
	console(f, HEAD "[Robin: Banned Griefer: Lava.]");
	assert_string_equal(standing(f, "Griefer", text), "banned game");
	assert_non_null(strstr(fixture_last(&f->world, "roster.changed"), "\"by\":\"game\""));
	assert_non_null(strstr(fixture_last(&f->world, "roster.changed"), "\"source\":\"Robin\""));
	assert_false(verdict_is_welcome(&f->world.table->servers[0], "Griefer", NULL, &why));
	set_file(OPS, "[]");
	console(f, HEAD "Made Robin no longer a server operator");
	assert_string_equal(standing(f, "Robin", text), "");
	assert_string_equal(f->world.said, "");
	sleep_again(f);
	set_file(BANNED, "[]"); /* by hand, while it sleeps */
	wake(f);
	assert_string_equal(standing(f, "Griefer", text), "");
	assert_true(verdict_is_welcome(&f->world.table->servers[0], "Griefer", NULL, &why));
}

static void
a_line_of_the_console_proves_nothing(void **state)
{
	struct api_fixture *f = *state;
	unsigned reads;
	char text[96];

	put(f, "Robin", "{\"op\":true}");
	wake(f);
	reads = yard.reads;
	console(f, HEAD "<Eve> Made Robin no longer a server operator");
	assert_int_equal(yard.reads, reads);
	console(f, HEAD "Made Robin no longer a server operator");
	assert_int_equal(yard.reads, reads + 1);
	assert_string_equal(standing(f, "Robin", text), "op hand");
	for (int i = 0; i < 50; i++) {
		struct fact fact = { .kind = FACT_CONSOLE_LINE, .server = "survival" };

		fact.as.process.line = text_copy(HEAD "Banned Robin: x");
		fixture_note(&f->world, &fact);
		fixture_run(&f->world, DURATION_MS(100));
	}
	assert_in_range(yard.reads, reads + 2, reads + 6);
	assert_string_equal(standing(f, "Robin", text), "op hand");
}

static void
what_the_game_may_not_have_taken_is_no_change_in_it(void **state)
{
	struct api_fixture *f = *state;
	char text[96];

	set_file(OPS, "[]");
	wake(f);
	put(f, "Robin", "{\"op\":true}"); /* a game that does not know him: nothing comes of it */
	fixture_run(&f->world, DURATION_S(60));
	assert_string_equal(f->world.said, "op Robin\n");
	assert_string_equal(standing(f, "Robin", text), "op hand");
	api_fixture_restart(f);
	console(f, HEAD "Added Steve to the whitelist");
	assert_string_equal(standing(f, "Robin", text), "op hand");
	sleep_again(f);
	assert_non_null(strstr(yard.files[OPS], "Robin"));
	assert_string_equal(standing(f, "Robin", text), "op hand");
}

static void
a_file_that_is_no_list_keeps_a_closed_server_from_starting(void **state)
{
	struct api_fixture *f = *state;

	set_file(WHITELIST, "[{");
	declare(f, "\"roster\":\"listed\"");
	fixture_wish(&f->world, "survival", WANT_UP);
	fixture_run(&f->world, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_FAILED);
	assert_non_null(strstr(fixture_last(&f->world, "server.failed"), "whitelist.json"));
	assert_non_null(strstr(fixture_last(&f->world, "server.failed"), "mend it"));
	assert_string_equal(yard.files[WHITELIST], "[{");
	set_file(WHITELIST, NULL);
	wake(f);
}

static void
an_open_server_starts_all_the_same_and_somebody_is_told(void **state)
{
	struct api_fixture *f = *state;

	put(f, "Griefer", "{\"banned\":true}");
	yard.broken = "cannot read '/srv/ops.json': permission denied";
	wake(f);
	assert_int_equal(fixture_count(&f->world, "roster.failed"), 1);
	assert_non_null(strstr(fixture_last(&f->world, "roster.failed"), "permission denied"));
}

static void
files_that_are_not_there_any_more_lift_no_ban(void **state)
{
	struct api_fixture *f = *state;
	char text[96];

	put(f, "Griefer", "{\"banned\":true}");
	wake(f);
	sleep_again(f);
	set_file(BANNED, NULL);
	wake(f);
	assert_string_equal(standing(f, "Griefer", text), "banned hand");
	assert_non_null(strstr(yard.files[BANNED], "Griefer"));
	sleep_again(f);
	set_file(BANNED, ""); /* the game was killed while it wrote */
	wake(f);
	assert_string_equal(standing(f, "Griefer", text), "banned hand");
}

static void
what_a_restored_backup_says_does_not_count(void **state)
{
	struct api_fixture *f = *state;
	char text[96];

	put(f, "Griefer", "{\"banned\":true}");
	wake(f);
	sleep_again(f);
	set_file(BANNED, "[]");
	set_file(OPS, "[{\"name\":\"Old\",\"uuid\":\"\",\"level\":4}]");
	plane_tell(f->world.plane, EVENT_RESTORE_FINISHED, "survival", json_object());
	fixture_run(&f->world, DURATION_S(1));
	assert_string_equal(standing(f, "Griefer", text), "banned hand");
	assert_string_equal(standing(f, "Old", text), "");
	assert_non_null(strstr(yard.files[BANNED], "Griefer"));
	assert_null(strstr(yard.files[OPS], "Old"));
	wake(f);
	assert_string_equal(standing(f, "Old", text), "");
}

static void
accounts_are_looked_up_once_and_a_name_that_is_none_is_said(void **state)
{
	struct api_fixture *f = *state;
	char text[96];

	set_file(PROPERTIES, "online-mode=true\n");
	yard.accounts = "[{\"id\":\"069a79f444e94726a5befca90e38aaf5\",\"name\":\"Notch\"}]";
	put(f, "notch", "{\"op\":true}");
	put(f, "Nobody_x", "{\"whitelisted\":true}");
	put(f, ".Bedrock", "{\"whitelisted\":true}");
	wake(f);
	assert_non_null(strstr(yard.files[OPS], "069a79f4-44e9-4726-a5be-fca90e38aaf5"));
	assert_string_equal(standing(f, "Nobody_x", text), "plays hand unknown");
	assert_int_equal(fixture_count(&f->world, "roster.unknown"), 1);
	assert_non_null(strstr(fixture_last(&f->world, "roster.unknown"), "Nobody_x"));
	assert_string_equal(f->world.said, "whitelist add .Bedrock\nwhitelist add Nobody_x\n");
	assert_in_range(yard.questions, 1, 2);
	api_fixture_restart(f);
	sleep_again(f);
	wake(f);
	assert_in_range(yard.questions, 1, 2);
}

static void
where_nobody_answers_about_accounts_the_game_is_told_by_name(void **state)
{
	struct api_fixture *f = *state;

	set_file(PROPERTIES, "online-mode=true\n");
	put(f, "Notch", "{\"op\":true}");
	wake(f);
	assert_null(yard.files[OPS]);
	assert_string_equal(f->world.said, "op Notch\n");
	assert_in_range(yard.questions, 1, 4);
}

static void
addresses_are_banned_at_the_gate_and_in_the_game(void **state)
{
	struct api_fixture *f = *state;
	const struct gate_server *server;
	struct asked asked = { .method = API_POST, .path = "/v1/servers/survival/addresses" };
	struct ip ip;
	enum kick why = KICK_MAX;

	asked.body = "{\"address\":\"192.0.2.0/24\",\"reason\":\"Spam.\"}";
	json_decref(api_expect(f, asked, 200));
	asked.body = "{\"address\":\"2001:db8::7\"}";
	json_decref(api_expect(f, asked, 200));
	asked.body = "{\"address\":\"nowhere\"}";
	json_decref(api_expect(f, asked, 422));
	fixture_run(&f->world, DURATION_MS(0));
	server = &f->world.table->servers[0];
	assert_true(ip_parse("192.0.2.200", &ip));
	assert_false(verdict_is_welcome(server, "Steve", &ip, &why));
	assert_int_equal(why, KICK_BANNED_ADDRESS);
	assert_true(ip_parse("192.0.3.200", &ip));
	assert_true(verdict_is_welcome(server, "Steve", &ip, &why));
	wake(f);
	assert_non_null(strstr(yard.files[IPS], "2001:db8::7"));
	assert_null(strstr(yard.files[IPS], "192.0.2"));
	asked.body = "{\"address\":\"2001:DB8:0::7\",\"banned\":false}";
	json_decref(api_expect(f, asked, 200));
	fixture_run(&f->world, DURATION_S(1));
	assert_string_equal(f->world.said, "pardon-ip 2001:db8::7\n");
	set_file(IPS, "[{\"ip\":\"198.51.100.9\"}]");
	console(f, HEAD "Banned IP 198.51.100.9: x");
	assert_true(ip_parse("198.51.100.9", &ip));
	assert_false(verdict_is_welcome(&f->world.table->servers[0], "Steve", &ip, &why));
}

/* Op tokens. */

static int
ask_op(struct api_fixture *f, enum role who, enum api_method method)
{
	return api_status(f, (struct asked){ .method = method,
					     .path = "/v1/servers/survival/op",
					     .bearer = f->token[who] });
}

static void
wake_as(struct api_fixture *f, enum role who)
{
	assert_int_equal(api_status(f, (struct asked){ .method = API_POST,
						       .path = "/v1/servers/survival/wake",
						       .bearer = f->token[who] }),
			 202);
	fixture_run(&f->world, DURATION_S(30));
	assert_int_equal(state_of(f), STATE_READY);
}

static void
who_woke_it_operates_it_until_it_sleeps(void **state)
{
	struct api_fixture *f = *state;
	char text[96];

	assert_int_equal(ask_op(f, ROLE_PLAYER, API_PUT), 409); /* off */
	declare(f, "\"op_tokens\":\"owner\"");
	assert_int_equal(ask_op(f, ROLE_PLAYER, API_PUT), 409); /* it sleeps */
	wake_as(f, ROLE_PLAYER);
	assert_int_equal(fixture_count(&f->world, "user.op_offered"), 1);
	assert_int_equal(ask_op(f, ROLE_STAFF, API_PUT), 403);
	assert_int_equal(ask_op(f, ROLE_PLAYER, API_PUT), 409); /* no game name */
	assert_int_equal(api_status(f, (struct asked){ .method = API_PUT,
						       .path = "/v1/me",
						       .body = "{\"game_name\":\"Pia\"}",
						       .bearer = f->token[ROLE_PLAYER] }),
			 200);
	assert_int_equal(ask_op(f, ROLE_PLAYER, API_PUT), 200);
	fixture_run(&f->world, DURATION_S(1));
	assert_string_equal(f->world.said, "op Pia\n");
	assert_string_equal(standing(f, "Pia", text), "op run");
	set_file(OPS, "[{\"uuid\":\"\",\"name\":\"Pia\",\"level\":4}]");
	sleep_again(f);
	assert_string_equal(standing(f, "Pia", text), "");
	assert_null(strstr(yard.files[OPS], "Pia"));
	assert_non_null(strstr(fixture_last(&f->world, "roster.changed"), "deopped"));
	assert_int_equal(ask_op(f, ROLE_PLAYER, API_PUT), 409);
}

static void
token_of(struct api_fixture *f, char token[static OP_TOKEN_SIZE])
{
	json_t *body = api_expect(f,
				  (struct asked){ .method = API_POST,
						  .path = "/v1/servers/survival/op",
						  .bearer = f->token[ROLE_PLAYER] },
				  201);

	(void)text_put(token, OP_TOKEN_SIZE, json_get_text(body, "token", ""));
	json_decref(body);
	assert_int_equal(strlen(token), OP_TOKEN_SIZE - 1);
}

static void
say(struct api_fixture *f, const char *name, const char *token)
{
	CLEANUP(text_freep) char *line = text_format(HEAD "<%s> !op %s", name, token);

	console(f, line);
}

static void
a_token_said_in_chat_makes_operator_once_and_is_nowhere_on_record(void **state)
{
	struct api_fixture *f = *state;
	char text[96], token[OP_TOKEN_SIZE], old[OP_TOKEN_SIZE];

	declare(f, "\"op_tokens\":\"owner\"");
	wake_as(f, ROLE_PLAYER);
	token_of(f, old);
	token_of(f, token);
	for (size_t i = 0; i < f->world.document_count; i++)
		if (f->world.documents[i].body != NULL)
			assert_null(strstr(f->world.documents[i].body, token));
	say(f, "Pia", old);
	assert_string_equal(f->world.said, "");
	fixture_run(&f->world, DURATION_S(60));
	api_fixture_restart(f);
	say(f, "Pia", token);
	fixture_run(&f->world, DURATION_S(1));
	assert_string_equal(f->world.said, "op Pia\n");
	assert_string_equal(standing(f, "Pia", text), "op run");
	say(f, "Eve", token);
	assert_string_equal(standing(f, "Eve", text), "");
}

static void
tries_are_few_and_the_owner_s_name_is_his_own(void **state)
{
	struct api_fixture *f = *state;
	char text[96], token[OP_TOKEN_SIZE];

	assert_int_equal(api_status(f, (struct asked){ .method = API_PUT,
						       .path = "/v1/me",
						       .body = "{\"game_name\":\"Pia\"}",
						       .bearer = f->token[ROLE_PLAYER] }),
			 200);
	declare(f, "\"op_tokens\":\"owner\"");
	wake_as(f, ROLE_PLAYER);
	token_of(f, token);
	say(f, "Eve", token);
	assert_string_equal(standing(f, "Eve", text), "");
	for (int i = 0; i < 10; i++) {
		struct fact fact = { .kind = FACT_CONSOLE_LINE, .server = "survival" };

		fact.as.process.line = text_copy(HEAD "<Eve> !op 000000000000");
		fixture_note(&f->world, &fact);
	}
	fixture_run(&f->world, DURATION_MS(10));
	say(f, "Pia", token); /* too many were tried just now */
	assert_string_equal(standing(f, "Pia", text), "");
	fixture_run(&f->world, DURATION_S(60));
	say(f, "pia", token);
	assert_string_equal(standing(f, "pia", text), "op run");
}

#define IN_YARD(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_YARD(a_game_starts_once_its_files_say_who_may_play),
		IN_YARD(what_is_in_the_files_and_not_known_is_taken_over_and_left_there),
		IN_YARD(what_an_operator_does_in_the_game_is_read_back_at_once_and_undone_by_nobody),
		IN_YARD(a_line_of_the_console_proves_nothing),
		IN_YARD(what_the_game_may_not_have_taken_is_no_change_in_it),
		IN_YARD(a_file_that_is_no_list_keeps_a_closed_server_from_starting),
		IN_YARD(an_open_server_starts_all_the_same_and_somebody_is_told),
		IN_YARD(files_that_are_not_there_any_more_lift_no_ban),
		IN_YARD(what_a_restored_backup_says_does_not_count),
		IN_YARD(accounts_are_looked_up_once_and_a_name_that_is_none_is_said),
		IN_YARD(where_nobody_answers_about_accounts_the_game_is_told_by_name),
		IN_YARD(addresses_are_banned_at_the_gate_and_in_the_game),
		IN_YARD(who_woke_it_operates_it_until_it_sleeps),
		IN_YARD(a_token_said_in_chat_makes_operator_once_and_is_nowhere_on_record),
		IN_YARD(tries_are_few_and_the_owner_s_name_is_his_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
