/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "game/game_file.h"

#define NOTCH "069a79f4-44e9-4726-a5be-fca90e38aaf5"
#define HEAD  "[12:34:56] [Server thread/INFO]: "

static json_t *
parse(const char *text)
{
	char why[REASON_LIMIT + 1];
	json_t *list = game_list_parse(text, strlen(text), why);

	assert_non_null(list);
	return list;
}

static void
what_a_game_writes_is_read(void **unused)
{
	static const char text[] =
		"[\n  {\n    \"uuid\": \"" NOTCH "\",\n    \"name\": \"Notch\",\n"
		"    \"created\": \"2026-11-20 21:16:00 +0100\",\n    \"source\": \"Robin\",\n"
		"    \"expires\": \"forever\",\n    \"reason\": \"Lava.\"\n  },\n  17, {}\n]\n";
	json_t *list = parse(text);
	struct game_entry entry;
	char time[GAME_TIME_SIZE];

	(void)unused;
	assert_int_equal(json_array_size(list), 3);
	assert_true(game_list_entry(GAME_LIST_BANNED, list, 0, &entry));
	assert_string_equal(entry.name, "Notch");
	assert_string_equal(entry.uuid, NOTCH);
	assert_string_equal(entry.source, "Robin");
	assert_string_equal(entry.reason, "Lava.");
	assert_false(instant_is_set(entry.expires));
	game_time_text(entry.created, time);
	assert_string_equal(time, "2026-11-20 20:16:00 +0000");
	assert_false(game_list_entry(GAME_LIST_BANNED, list, 1, &entry));
	assert_false(game_list_entry(GAME_LIST_BANNED, list, 2, &entry));
	assert_false(game_list_entry(GAME_LIST_BANNED_IPS, list, 0, &entry));
	json_decref(list);
}

static void
a_file_that_is_no_list_is_said_to_be_none_and_an_empty_one_is_empty(void **unused)
{
	static const char *const wrong[] = { "[", "{}", "[{]", "nothing", "[]]", "\"x\"" };
	char why[REASON_LIMIT + 1];

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		why[0] = '\0';
		assert_null(game_list_parse(wrong[i], strlen(wrong[i]), why));
		assert_true(text_starts_with(why, "is no "));
	}
	json_decref(parse(""));
	json_decref(parse(" \n"));
}

static void
an_edit_leaves_what_it_does_not_speak_of(void **unused)
{
	json_t *list = parse("[{\"uuid\":\"" NOTCH "\",\"name\":\"Notch\",\"level\":2,"
			     "\"mod\":{\"x\":1}},{\"strange\":true},"
			     "{\"name\":\"Gone\",\"uuid\":\"\"}]");
	struct game_edit edits[] = {
		{ .entry = { .name = "notch" }, .set = true },
		{ .entry = { .name = "GONE" }, .set = false },
		{ .entry = { .name = "Robin", .uuid = "b50ad385-829d-3141-a216-7e7d7539ba7f" },
		  .set = true },
		{ .entry = { .name = "NoUuid" }, .set = true },
	};
	json_t *after;
	char *text;

	(void)unused;
	assert_true(game_list_edit(GAME_LIST_OPS, list, edits, ELEMENTS(edits), 3, &text));
	after = parse(text);
	mem_free(text);
	assert_int_equal(json_array_size(after), 3);
	assert_int_equal(json_get_integer(json_array_get(after, 0), "level", 0), 2);
	assert_non_null(json_object_get(json_array_get(after, 0), "mod"));
	assert_true(json_get_bool(json_array_get(after, 1), "strange", false));
	assert_string_equal(json_get_text(json_array_get(after, 2), "name", ""), "Robin");
	assert_int_equal(json_get_integer(json_array_get(after, 2), "level", 0), 3);
	assert_false(game_list_edit(GAME_LIST_OPS, after, edits, ELEMENTS(edits), 3, &text));
	json_decref(after);
	json_decref(list);
}

/* Imported lists of bans are that long, and behind a restore each entry is a stranger's. */
static void
a_list_of_tens_of_thousands_is_edited_in_any_order(void **unused)
{
	const size_t many = 25000;
	struct game_edit *edits = mem_new_array(many, sizeof *edits);
	json_t *list = json_array(), *after;
	char *text;

	(void)unused;
	for (size_t i = 0; i < many; i++) {
		json_t *one = json_object();

		(void)snprintf(edits[i].entry.name, sizeof edits[i].entry.name, "P%zu", i);
		edits[i].set = i % 5 == 0;
		json_set_text(one, "name", edits[i].entry.name);
		assert_int_equal(json_array_append_new(list, one), 0);
	}
	assert_true(game_list_edit(GAME_LIST_OPS, list, edits, many, 4, &text));
	after = parse(text);
	mem_free(text);
	assert_int_equal(json_array_size(after), many / 5);
	json_decref(after);
	for (size_t i = 0; i < many; i += many / 10) { /* from wherever it is looked for */
		struct game_edit again[] = { edits[many - 1], edits[0], edits[i] };

		again[0].set = again[1].set = again[2].set = false;
		assert_true(game_list_edit(GAME_LIST_OPS, list, again, 3, 4, &text));
		after = parse(text);
		mem_free(text);
		assert_int_equal(json_array_size(after), many - (i > 0 ? 3 : 2));
		json_decref(after);
	}
	json_decref(list);
	mem_free(edits);
}

static void
a_ban_is_written_with_its_reason_and_its_end_and_anew_when_they_change(void **unused)
{
	struct game_edit edit = { .entry = { .name = "Notch",
					     .uuid = NOTCH,
					     .reason = "Lava.",
					     .source = "Robin",
					     .expires = { 1700000000000 } },
				  .set = true,
				  .anew = true };
	json_t *none = json_array(), *list;
	struct game_entry entry;
	char *text;

	(void)unused;
	assert_true(game_list_edit(GAME_LIST_BANNED, none, &edit, 1, 4, &text));
	list = parse(text);
	mem_free(text);
	assert_true(game_list_entry(GAME_LIST_BANNED, list, 0, &entry));
	assert_string_equal(entry.reason, "Lava.");
	assert_int_equal(entry.expires.ms, 1700000000000);
	assert_false(game_list_edit(GAME_LIST_BANNED, list, &edit, 1, 4, &text));
	(void)text_put(edit.entry.reason, sizeof edit.entry.reason, "Lava again.");
	edit.entry.expires = NEVER;
	assert_true(game_list_edit(GAME_LIST_BANNED, list, &edit, 1, 4, &text));
	assert_non_null(strstr(text, "Lava again."));
	assert_non_null(strstr(text, "forever"));
	mem_free(text);
	json_decref(list);
	json_decref(none);
}

static void
addresses_are_known_by_themselves(void **unused)
{
	struct game_edit edits[2] = { { .set = true }, { .set = false } };
	json_t *list = parse("[{\"ip\":\"192.0.2.7\",\"reason\":\"x\"},{\"ip\":\"nowhere\"}]");
	struct game_entry entry;
	char *text;

	(void)unused;
	assert_true(ip_parse("2001:db8::7", &edits[0].entry.ip));
	assert_true(ip_parse("192.0.2.7", &edits[1].entry.ip));
	assert_false(game_list_entry(GAME_LIST_BANNED_IPS, list, 1, &entry));
	assert_true(game_list_edit(GAME_LIST_BANNED_IPS, list, edits, 2, 4, &text));
	assert_null(strstr(text, "192.0.2.7"));
	assert_non_null(strstr(text, "2001:db8::7"));
	assert_non_null(strstr(text, "nowhere"));
	mem_free(text);
	json_decref(list);
}

static void
times_are_of_their_zone_and_what_is_no_time_is_none(void **unused)
{
	static const char *const wrong[] = { "",
					     "forever",
					     "2026-02-30 00:00:00 +0000",
					     "2026-11-20 25:00:00 +0000",
					     "2026-11-20",
					     "2026-11-20 21:16:00 +0000x" };
	char text[GAME_TIME_SIZE];

	(void)unused;
	game_time_text((struct instant){ 1700000000000 }, text);
	assert_string_equal(text, "2023-11-14 22:13:20 +0000");
	assert_int_equal(game_time_parse(text).ms, 1700000000000);
	assert_int_equal(game_time_parse("2023-11-14 17:13:20 -0500").ms, 1700000000000);
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_false(instant_is_set(game_time_parse(wrong[i])));
}

static void
properties_tell_whether_accounts_are_checked(void **unused)
{
	static const struct {
		const char *text;
		bool online;
		unsigned level;
	} known[] = {
		{ "", true, 4 },
		{ "online-mode=false", false, 4 },
		{ "#online-mode=false\nx=1\n", true, 4 },
		{ "motd=online-mode=false\r\n online-mode = FALSE \r\nop-permission-level=2\r\n",
		  false, 2 },
		{ "online-mode-x=false\nop-permission-level=7\n", true, 4 },
		{ "online-mode:false", false, 4 },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(known); i++) {
		struct game_properties found;

		game_properties_parse(known[i].text, strlen(known[i].text), &found);
		assert_int_equal(found.online_mode, known[i].online);
		assert_int_equal(found.op_level, known[i].level);
	}
}

static void
lines_of_every_version_are_a_reason_to_look(void **unused)
{
	static const char *const lines[] = {
		HEAD "Banned Griefer: Lava.",
		HEAD "[Robin: Banned Griefer: Lava.]",
		HEAD "Unbanned Griefer",
		HEAD "Made Robin a server operator",
		HEAD "[Rcon: Made Robin no longer a server operator]",
		HEAD "[Robin: Opped Griefer]",
		HEAD "Added Robin to the whitelist",
		HEAD "Removed Robin from the whitelist",
		HEAD "Banned IP 192.0.2.7: spam",
	};
	static const char *const others[] = {
		HEAD "<Robin> Banned Griefer: Lava.",
		HEAD "Robin joined the game",
		"Banned Griefer: Lava.",
		"[x] Banned Griefer",
		HEAD "Saved the game",
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(lines); i++)
		assert_true(game_line_hints(lines[i]));
	for (size_t i = 0; i < ELEMENTS(others); i++)
		assert_false(game_line_hints(others[i]));
}

static void
a_token_is_heard_in_chat_and_from_nobody_else(void **unused)
{
	static const char *const others[] = {
		HEAD "<Robin> !op abcdefgh1234x",
		HEAD "<Robin> !op abcdefgh123",
		HEAD "<Eve> <Robin> !op abcdefgh1234",
		HEAD "Robin !op abcdefgh1234",
		HEAD "<Ro bin> !op abcdefgh1234",
		HEAD "<Robin>  !op abcdefgh1234",
		HEAD "<> !op abcdefgh1234",
		"<Robin> !op abcdefgh1234",
		HEAD "[Server] <Robin> !op abcdefgh1234",
		HEAD "<Robin !op abcdefgh1234",
		HEAD "* Eve <Robin> !op abcdefgh1234",
	};
	struct op_line line;

	(void)unused;
	assert_true(op_line_parse(HEAD "<Robin> !op ABCDefgh1234", &line));
	assert_string_equal(line.name, "Robin");
	assert_string_equal(line.token, "abcdefgh1234");
	assert_true(op_line_parse(HEAD "[Not Secure] <.Kid> !op abcdefgh1234", &line));
	assert_string_equal(line.name, ".Kid");
	for (size_t i = 0; i < ELEMENTS(others); i++)
		assert_false(op_line_parse(others[i], &line));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_game_writes_is_read),
		cmocka_unit_test(
			a_file_that_is_no_list_is_said_to_be_none_and_an_empty_one_is_empty),
		cmocka_unit_test(an_edit_leaves_what_it_does_not_speak_of),
		cmocka_unit_test(a_list_of_tens_of_thousands_is_edited_in_any_order),
		cmocka_unit_test(
			a_ban_is_written_with_its_reason_and_its_end_and_anew_when_they_change),
		cmocka_unit_test(addresses_are_known_by_themselves),
		cmocka_unit_test(times_are_of_their_zone_and_what_is_no_time_is_none),
		cmocka_unit_test(properties_tell_whether_accounts_are_checked),
		cmocka_unit_test(lines_of_every_version_are_a_reason_to_look),
		cmocka_unit_test(a_token_is_heard_in_chat_and_from_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
