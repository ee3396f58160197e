/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate says to people: every state, every form of client. */

#include "../wire/bytes.h"

#include <stdio.h>

#include "base/json.h"
#include "gate/status.h"
#include "wire/minecraft/component.h"
#include "wire/minecraft/status.h"
#include "wire/minecraft/version.h"

#define NOW ((struct instant){ 1795209360000 })

static struct gate_table *
table_with(enum state state)
{
	struct gate_table *table = gate_table_new(1);
	struct gate_server *server = &table->servers[0];

	(void)text_put(server->name, sizeof server->name, "survival");
	server->state = state;
	server->phase = state == STATE_WAKING	  ? PHASE_STARTING
			: state == STATE_SETTLING ? PHASE_SAVING
						  : PHASE_NONE;
	server->wake_on_join = true;
	server->waking_since = state == STATE_WAKING ? (struct instant){ NOW.ms - 40000 } : NEVER;
	server->usual = DURATION_S(120);
	server->online = 3;
	server->max = 20;
	server->last_protocol = -1;
	return table;
}

/* The JSON that a client of `protocol` is shown. */
static json_t *
shown(const struct gate_table *table, const struct gate_server *server, int32_t protocol)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	const char *text;
	size_t length, used;
	json_t *json;

	status_print(&printed, table, server, protocol, NOW);
	assert_int_equal(status_response_parse(printed.data, printed.length, &text, &length, &used),
			 WIRE_DONE);
	assert_int_equal(used, printed.length);
	json = json_loadb(text, length, 0, NULL);
	assert_non_null(json);
	return json;
}

static char *
shown_text(const json_t *json)
{
	struct buf flat = BUF_NULL;

	component_flatten(json_object_get(json, "description"), &flat, 4096);
	return buf_take_text(&flat);
}

static const char *const lines[] = {
	[STATE_ASLEEP] = "survival\nAsleep. Join to wake it up.",
	[STATE_WAKING] = "survival\nWaking up: Starting the game (40 s, usually 2 min)",
	[STATE_READY] = "survival",
	[STATE_SETTLING] = "survival\nGoing to sleep: Saving the world",
	[STATE_FAILED] = "survival\nFailed. Join to try again.",
	[STATE_LOST] = "survival\nOut of reach just now.",
};

static void
every_state_is_shown_to_every_version_with_its_own_number(void **unused)
{
	static const int32_t protocols[] = { 4,	  5,   47,  340, 393, 404, 754,	       762,
					     765, 767, 774, 776, 777, 0,   0x40000100, INT32_MAX };

	(void)unused;
	for (unsigned state = 0; state < STATE_MAX; state++) {
		struct gate_table *table = table_with((enum state)state);

		for (size_t i = 0; i < ELEMENTS(protocols); i++) {
			CLEANUP(json_freep)
			json_t *json = shown(table, &table->servers[0], protocols[i]);
			CLEANUP(text_freep) char *text = shown_text(json);
			const json_t *players = json_object_get(json, "players");

			assert_int_equal(
				json_get_integer(json_object_get(json, "version"), "protocol", -7),
				protocols[i]);
			assert_int_equal(json_get_integer(players, "max", -7), 20);
			assert_int_equal(json_get_integer(players, "online", -7),
					 state == STATE_READY ? 3 : 0);
			assert_string_equal(text, lines[state]);
			assert_null(json_object_get(json, "favicon"));
		}
		gate_table_unref(table);
	}
}

static void
a_client_without_a_number_is_told_the_last_known_one(void **unused)
{
	struct gate_table *table = table_with(STATE_ASLEEP);
	CLEANUP(json_freep) json_t *never = shown(table, &table->servers[0], -1);
	CLEANUP(json_freep) json_t *known = NULL;

	(void)unused;
	assert_int_equal(json_get_integer(json_object_get(never, "version"), "protocol", -7),
			 PROTOCOL_NEWEST);
	table->servers[0].last_protocol = 763;
	(void)text_put(table->servers[0].last_version, 64, "Paper \"1.20.1\"");
	known = shown(table, &table->servers[0], -1);
	assert_int_equal(json_get_integer(json_object_get(known, "version"), "protocol", -7), 763);
	assert_string_equal(json_get_text(json_object_get(known, "version"), "name", ""),
			    "Paper \"1.20.1\"");
	gate_table_unref(table);
}

static void
a_ready_game_speaks_for_itself(void **unused)
{
	struct gate_table *table = table_with(STATE_READY);
	CLEANUP(json_freep) json_t *json = NULL;

	(void)unused;
	table->servers[0].status_json = text_copy("{\"version\":{\"protocol\":763},\"x\":1}");
	json = shown(table, &table->servers[0], 47);
	assert_int_equal(json_get_integer(json, "x", 0), 1);
	assert_int_equal(json_get_integer(json_object_get(json, "version"), "protocol", 0), 763);
	/* ... and only while it is ready. */
	table->servers[0].state = STATE_ASLEEP;
	json_decref(json);
	json = shown(table, &table->servers[0], 47);
	assert_null(json_object_get(json, "x"));
	gate_table_unref(table);
}

static void
assert_game_says(const struct gate_server *server, const char *json, const char *expected)
{
	CLEANUP(buf_deinit) struct buf to = BUF_NULL;

	status_game_answer_put(&to, server, json, strlen(json));
	assert_string_equal(buf_text(&to), expected);
}

static void
a_games_own_icon_counts_before_the_declared_one(void **unused)
{
	struct gate_server server = { .favicon = NULL };
	CLEANUP(text_freep) char *icon = text_copy("data:,a"), *large = NULL;
	CLEANUP(text_freep) char *own = mem_new(STATUS_TEXT_LIMIT);

	(void)unused;
	assert_game_says(&server, "{\"x\":1}", "{\"x\":1}");
	server.favicon = icon;
	assert_game_says(&server, "{\"x\":1}", "{\"x\":1,\"favicon\":\"data:,a\"}");
	assert_game_says(&server, "{\"x\":1} \r\n", "{\"x\":1,\"favicon\":\"data:,a\"}");
	assert_game_says(&server, "{\"favicon\" : \"data:,b\"}", "{\"favicon\" : \"data:,b\"}");
	assert_game_says(&server, "{\"x\":\"\\\"favicon\\\":\"}",
			 "{\"x\":\"\\\"favicon\\\":\",\"favicon\":\"data:,a\"}");
	/* What is no object, or would grow too long, is left as it is. */
	assert_game_says(&server, "{}", "{}");
	assert_game_says(&server, "", "");
	assert_game_says(&server, "\"x\"", "\"x\"");
	memset(own, 'x', STATUS_TEXT_LIMIT - 16);
	large = text_format("{\"a\":\"%s\"}", own);
	assert_game_says(&server, large, large);
}

static void
the_owners_words_come_first_then_the_games_then_the_name(void **unused)
{
	struct gate_table *table = table_with(STATE_FAILED);
	struct gate_server *server = &table->servers[0];
	CLEANUP(json_freep) json_t *last = NULL, *two_lines = NULL, *own = NULL, *broken = NULL;
	CLEANUP(text_freep) char *last_text = NULL, *two_text = NULL, *own_text = NULL;

	(void)unused;
	server->last_motd = text_copy("{\"text\":\"The \",\"extra\":[{\"text\":\"Game\"}]}");
	last = shown(table, server, 47);
	last_text = shown_text(last);
	assert_string_equal(last_text, "The Game\nFailed. Join to try again.");
	mem_free(server->last_motd);
	server->last_motd = text_copy("\"One\\nTwo\"");
	two_lines = shown(table, server, 47);
	two_text = shown_text(two_lines);
	assert_string_equal(two_text, "One\nFailed. Join to try again.");
	server->motd = text_copy("My \"own\"\nwords");
	own = shown(table, server, 47);
	own_text = shown_text(own);
	assert_string_equal(own_text, "My \"own\"\nFailed. Join to try again.");
	mem_free(server->motd);
	server->motd = NULL;
	mem_free(server->last_motd);
	server->last_motd = text_copy("}broken");
	broken = shown(table, server, 47);
	gate_table_unref(table);
}

static void
the_picture_is_shown_when_it_fits(void **unused)
{
	struct gate_table *table = table_with(STATE_ASLEEP);
	struct gate_server *server = &table->servers[0];
	CLEANUP(json_freep) json_t *fits = NULL, *does_not = NULL;

	(void)unused;
	server->favicon = text_copy("data:image/png;base64,AAAA");
	fits = shown(table, server, 47);
	assert_string_equal(json_get_text(fits, "favicon", ""), server->favicon);
	mem_free(server->favicon);
	server->favicon = mem_new(STATUS_TEXT_LIMIT + 1);
	memset(server->favicon, 'A', STATUS_TEXT_LIMIT);
	does_not = shown(table, server, 47);
	assert_null(json_object_get(does_not, "favicon"));
	gate_table_unref(table);
}

static void
a_host_that_is_nobodys_has_its_own_answer(void **unused)
{
	struct gate_table *table = gate_table_new(0);
	CLEANUP(json_freep) json_t *plain = shown(table, NULL, 765), *own = NULL;
	CLEANUP(text_freep) char *plain_text = shown_text(plain), *own_text = NULL;
	char kick[KICK_TEXT_SIZE];

	(void)unused;
	assert_string_equal(plain_text, "There is no server at this address.");
	assert_int_equal(json_get_integer(json_object_get(plain, "version"), "protocol", 0), 765);
	table->unknown_host = text_copy("Go away");
	own = shown(table, NULL, 765);
	own_text = shown_text(own);
	assert_string_equal(own_text, "Go away");
	kick_text(KICK_UNKNOWN_HOST, &(struct kick_about){ table, NULL, NOW, NULL, NULL }, kick);
	assert_string_equal(kick, "Go away");
	gate_table_unref(table);
}

static void
a_made_answer_says_until_when_it_is_good(void **unused)
{
	struct status_answer answer = STATUS_ANSWER_NULL;

	(void)unused;
	for (unsigned state = 0; state < STATE_MAX; state++) {
		struct gate_table *table = table_with((enum state)state);

		status_answer_make(&answer, table, &table->servers[0], NOW);
		assert_true(answer.good_until.ms > NOW.ms);
		if (state == STATE_WAKING)
			assert_true(answer.good_until.ms <= NOW.ms + 1000);
		gate_table_unref(table);
	}
	status_answer_deinit(&answer);
}

/* The text of a legacy answer as ASCII; NUL becomes '|', anything else '?'. */
static void
legacy_text(const struct buf *printed, char text[static 300])
{
	size_t units = (size_t)(printed->data[1] << 8 | printed->data[2]);

	assert_int_equal(printed->data[0], 0xff);
	assert_int_equal(printed->length, 3 + 2 * units);
	for (size_t i = 0; i < units; i++) {
		unsigned char high = printed->data[3 + 2 * i], low = printed->data[4 + 2 * i];

		text[i] = high != 0 || low > 0x7e ? '?' : low == 0 ? '|' : (char)low;
	}
	text[units] = '\0';
}

static void
every_state_is_shown_to_old_clients(void **unused)
{
	static const char *const texts[] = {
		[STATE_ASLEEP] = "survival: Asleep. Join to wake it up.",
		[STATE_WAKING] = "survival: Waking up: Starting the game (40 s, usually 2 min)",
		[STATE_READY] = "survival",
		[STATE_SETTLING] = "survival: Going to sleep: Saving the world",
		[STATE_FAILED] = "survival: Failed. Join to try again.",
		[STATE_LOST] = "survival: Out of reach just now.",
	};

	(void)unused;
	for (unsigned state = 0; state < STATE_MAX; state++) {
		struct gate_table *table = table_with((enum state)state);

		for (unsigned kind = LEGACY_1_3; kind <= LEGACY_1_6; kind++) {
			CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
			char text[300], want[300];
			unsigned online = state == STATE_READY ? 3 : 0;

			status_legacy_print(&printed, (enum legacy_kind)kind, table,
					    &table->servers[0], NOW);
			legacy_text(&printed, text);
			(void)snprintf(want, sizeof want,
				       kind == LEGACY_1_3 ? "%s?%u?20" : "?1|127|1.7+|%s|%u|20",
				       texts[state], online);
			assert_string_equal(text, want);
		}
		gate_table_unref(table);
	}
}

static void
a_ready_game_is_shown_to_old_clients_by_its_own_words(void **unused)
{
	static const struct {
		const char *motd, *last_motd, *text;
	} known[] = { { NULL, NULL, "survival" },
		      { NULL, "{\"text\":\"The \",\"extra\":[\"Game\\nTwo\"]}", "The Game" },
		      { NULL, "broken", "survival" },
		      { "", NULL, "survival" },
		      { "Mine\nTwo", NULL, "Mine" },
		      { "Mine\nTwo", "\"x\"", "x" } };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(known); i++) {
		CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
		struct gate_table *table = table_with(STATE_READY);
		char text[300], want[300];

		table->servers[0].motd = text_copy(known[i].motd);
		table->servers[0].last_motd = text_copy(known[i].last_motd);
		status_legacy_print(&printed, LEGACY_1_6, table, &table->servers[0], NOW);
		legacy_text(&printed, text);
		(void)snprintf(want, sizeof want, "?1|127|1.7+|%s|3|20", known[i].text);
		assert_string_equal(text, want);
		gate_table_unref(table);
	}
}

static void
a_kick_says_what_is_and_what_to_do(void **unused)
{
	struct gate_table *table = table_with(STATE_WAKING);
	struct gate_server *server = &table->servers[0];
	char text[KICK_TEXT_SIZE];

	(void)unused;
	kick_text(KICK_STILL_WAKING, &(struct kick_about){ table, server, NOW, NULL, NULL }, text);
	assert_string_equal(text, "survival is still starting (for 40 s now, usually 2 min). It "
				  "goes on without you: please join again in a minute.");
	kick_text(KICK_COME_AGAIN, &(struct kick_about){ table, server, NOW, NULL, NULL }, text);
	assert_string_equal(text, "survival is waking up for you; that usually takes 2 min. Your "
				  "version of Minecraft cannot wait here, so please join again in "
				  "half a minute.");
	server->usual = DURATION_MS(0);
	kick_text(KICK_STILL_WAKING, &(struct kick_about){ table, server, NOW, NULL, NULL }, text);
	assert_string_equal(text, "survival is still starting (for 40 s now). It goes on without "
				  "you: please join again in a minute.");
	(void)text_put(server->reason, sizeof server->reason, "It said {name} [and] ended.");
	kick_text(KICK_FAILED, &(struct kick_about){ table, server, NOW, NULL, NULL }, text);
	assert_string_equal(text, "survival could not start. It said {name} [and] ended.\nJoin "
				  "again to have another try. If that does not help, tell whoever "
				  "looks after the server.");
	gate_table_unref(table);
}

static void
every_kick_has_words_for_any_server_and_none(void **unused)
{
	struct gate_table *table = table_with(STATE_FAILED);
	char text[KICK_TEXT_SIZE];

	(void)unused;
	memset(table->servers[0].reason, 'r', REASON_LIMIT);
	for (unsigned kick = 0; kick < KICK_MAX; kick++) {
		assert_true(strlen(kick_reason((enum kick)kick)) > 0);
		kick_text((enum kick)kick, &(struct kick_about){ table, NULL, NOW, NULL, NULL },
			  text);
		assert_true(strlen(text) > 20);
		kick_text((enum kick)kick,
			  &(struct kick_about){ table, &table->servers[0], NOW, NULL, NULL }, text);
		assert_null(strpbrk(text, "{}[]"));
	}
	gate_table_unref(table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_is_shown_to_every_version_with_its_own_number),
		cmocka_unit_test(a_client_without_a_number_is_told_the_last_known_one),
		cmocka_unit_test(a_ready_game_speaks_for_itself),
		cmocka_unit_test(a_games_own_icon_counts_before_the_declared_one),
		cmocka_unit_test(the_owners_words_come_first_then_the_games_then_the_name),
		cmocka_unit_test(the_picture_is_shown_when_it_fits),
		cmocka_unit_test(a_host_that_is_nobodys_has_its_own_answer),
		cmocka_unit_test(a_made_answer_says_until_when_it_is_good),
		cmocka_unit_test(every_state_is_shown_to_old_clients),
		cmocka_unit_test(a_ready_game_is_shown_to_old_clients_by_its_own_words),
		cmocka_unit_test(a_kick_says_what_is_and_what_to_do),
		cmocka_unit_test(every_kick_has_words_for_any_server_and_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
