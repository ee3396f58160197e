/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "game/player_line.h"
#include "model/spec.h"

static const struct server_spec java = { .game = GAME_MINECRAFT_JAVA }, tcp = { .game = GAME_TCP };

#define UUID "069a79f4-44e9-4726-a5be-fca90e38aaf5"

static const char *const heads[] = {
	"[12:34:56] [Server thread/INFO]: ",
	"[12:34:56 INFO]: ",
	"[12:34:56] [User Authenticator #1/INFO]: ",
	"[12:34:56] [Server thread/INFO] (Minecraft) ",
	"[21Nov2026 12:34:56.789] [Server thread/INFO] [net.minecraft.server.Main/]: ",
	"\033[0;32m[12:34:56 INFO]: \033[0m",
};

static const struct {
	const char *message;
	enum player_line_kind kind;
	const char *name, *uuid, *why;
} told[] = {
	{ "UUID of player Alice is " UUID, PLAYER_LINE_NAMED, "Alice", UUID, "" },
	{ "Alice[/127.0.0.1:40000] logged in with entity id 7 at (1.5, 64.0, -3.5)",
	  PLAYER_LINE_JOINED, "Alice", "", "" },
	{ "Alice[/[2001:db8::1]:40000] logged in with entity id 7 at ([world]1.5, 64.0, 2)",
	  PLAYER_LINE_JOINED, "Alice", "", "" },
	{ "Alice[IP hidden] logged in with entity id 7 at (0, 0, 0)", PLAYER_LINE_JOINED, "Alice",
	  "", "" },
	{ "Alice joined the game", PLAYER_LINE_JOINED, "Alice", "", "" },
	{ ".Bedrock_Kid joined the game", PLAYER_LINE_JOINED, ".Bedrock_Kid", "", "" },
	{ "Alice left the game", PLAYER_LINE_LEFT, "Alice", "", "" },
	{ "Alice lost connection: Timed out", PLAYER_LINE_LEFT, "Alice", "", "Timed out" },
	{ "Alice lost connection: ", PLAYER_LINE_LEFT, "Alice", "", "" },
	{ "Alice lost connection: Kicked by an operator", PLAYER_LINE_LEFT, "Alice", "",
	  "Kicked by an operator" },
	{ "Alice lost connection: Internal Exception: java.io.IOException", PLAYER_LINE_LEFT,
	  "Alice", "", "Internal Exception: java.io.IOException" },
};

static void
what_games_print_is_understood_behind_every_head(void **unused)
{
	(void)unused;
	for (size_t h = 0; h < ELEMENTS(heads); h++) {
		for (size_t i = 0; i < ELEMENTS(told); i++) {
			CLEANUP(text_freep)
			char *line = text_format("%s%s", heads[h], told[i].message);
			struct player_line found;

			assert_true(player_line_parse(&java, line, &found));
			assert_int_equal(found.kind, told[i].kind);
			assert_string_equal(found.name, told[i].name);
			assert_string_equal(found.uuid, told[i].uuid);
			assert_string_equal(found.why, told[i].why);
			assert_false(player_line_parse(&tcp, line, &found));
		}
	}
}

/* Hosting defect B7: every reason ends a session, and addresses are of any family (see `told`). */
static void
chat_that_looks_like_it_is_not_believed(void **unused)
{
	static const char *const before[] = { "<Mallory> ",
					      "[Not Secure] <Mallory> ",
					      "[Mallory] ",
					      "[Server] ",
					      "[Not Secure] [Server] ",
					      "* Mallory ",
					      "Mallory: ",
					      "Mallory whispers to you: ",
					      "[Mallory: ",
					      "Mallory issued server command: /me ",
					      "Mallory has made the advancement ",
					      "Villager died: ",
					      "[12:34:56] [Server thread/INFO]: ",
					      "[12:34:56 INFO]: ",
					      " " };

	(void)unused;
	for (size_t h = 0; h < ELEMENTS(heads); h++) {
		for (size_t b = 0; b < ELEMENTS(before); b++) {
			for (size_t i = 0; i < ELEMENTS(told); i++) {
				CLEANUP(text_freep)
				char *line =
					text_format("%s%s%s", heads[h], before[b], told[i].message);
				struct player_line found;

				assert_false(player_line_parse(&java, line, &found));
			}
		}
	}
}

static void
no_head_or_another_level_is_not_believed(void **unused)
{
	static const char *const lines[] = {
		"",
		"[",
		"[]",
		"[INFO]",
		"[INFO]: ",
		"[INFO]:Alice joined the game",
		"Alice joined the game",
		"[12:00:00] [Server thread/WARN]: Alice joined the game",
		"[12:00:00] Alice joined the game",
		"[12:00:00 INFO]: Alice joined the game!",
		"[12:00:00 INFO]: Alice joined the game ",
		"[12:00:00 INFO]: Alice  joined the game",
		"[12:00:00 INFO]: ALongerNameThan16 joined the game",
		"[12:00:00 INFO]: . joined the game",
		"[12:00:00 INFO]:  joined the game",
		"[12:00:00 INFO]: Alice (/127.0.0.1:5) lost connection: Disconnected",
		"[12:00:00 INFO]: UUID of player Alice is 069a79f4-44e9-4726-a5be-fca90e38aaf",
		"[12:00:00 INFO]: UUID of player Alice is 069a79f4x44e9-4726-a5be-fca90e38aaf5",
	};
	struct player_line found;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(lines); i++)
		assert_false(player_line_parse(&java, lines[i], &found));
}

static void
no_beginning_of_a_line_is_a_line_of_its_own(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(told); i++) {
		CLEANUP(text_freep) char *line = text_format("%s%s", heads[0], told[i].message);
		struct player_line found;
		size_t length = strlen(line);

		/* The free text at an end may be shorter; a name, a UUID or a word may not. */
		if (strstr(line, "logged in") != NULL || strstr(line, "lost connection") != NULL)
			length = (size_t)(strstr(line, strstr(line, "logged in") != NULL
							       ? "entity id "
							       : "connection: ") -
					  line) +
				 strlen("entity id ");
		for (size_t cut = 0; cut < length; cut++) {
			CLEANUP(text_freep) char *part = text_copy_n(line, cut);

			assert_false(player_line_parse(&java, part, &found));
		}
	}
}

static void
a_declared_line_tells_of_any_game(void **unused)
{
	static char *joined[] = { "{time} {player} joins", "+ {player with spaces} +", NULL };
	static char *left[] = { "{time} {player} goes ({reason})", NULL };
	const struct server_spec spec = { .game = GAME_UDP,
					  .joined_lines = joined,
					  .left_lines = left };
	struct player_line found;

	(void)unused;
	assert_true(player_line_parse(&spec, "1 robin joins", &found));
	assert_int_equal(found.kind, PLAYER_LINE_JOINED);
	assert_string_equal(found.name, "robin");
	assert_true(player_line_parse(&spec, "\033[1m+ the robin +\033[m\r\n", &found));
	assert_string_equal(found.name, "the robin");
	assert_true(player_line_parse(&spec, "1 robin goes (it is late)", &found));
	assert_int_equal(found.kind, PLAYER_LINE_LEFT);
	assert_string_equal(found.why, "it is late");
	assert_false(player_line_parse(&spec, "robin joins", &found));
	assert_false(player_line_parse(&spec, "[12:00:00 INFO]: robin joined the game", &found));
}

static void
a_name_is_cut_and_printable(void **unused)
{
	static char *joined[] = { "{player} joins", NULL }, *left[] = { "{player} goes", NULL };
	const struct server_spec spec = { .game = GAME_TCP,
					  .joined_lines = joined,
					  .left_lines = left };
	struct player_line found;

	(void)unused;
	assert_true(
		player_line_parse(&spec, "0123456789012345678901234567890123456789 joins", &found));
	assert_string_equal(found.name, "01234567890123456789012345678901");
	assert_true(
		player_line_parse(&spec, "0123456789012345678901234567890\xc3\xa9 joins", &found));
	assert_string_equal(found.name, "0123456789012345678901234567890");
	assert_true(player_line_parse(&spec, "a\xff\x01 goes", &found));
	assert_string_equal(found.name, "a??");
}

static void
bedrock_is_known_and_minecraft_needs_no_telling(void **unused)
{
	CLEANUP(json_freep)
	json_t *document =
		json_pack("{s:s,s:s,s:s,s:{s:[s]}}", "name", "b", "game", "minecraft-bedrock",
			  "address", "127.0.0.1:1", "local", "command", "x");
	struct server_spec *spec;
	struct spec_error error;
	struct player_line found;

	(void)unused;
	assert_int_equal(spec_parse(document, "/", &error, 1, &spec), 0);
	assert_true(player_line_parse(spec,
				      "[2026-11-21 12:00:00:123 INFO] Player connected: The Robin, "
				      "xuid: 2535",
				      &found));
	assert_int_equal(found.kind, PLAYER_LINE_JOINED);
	assert_string_equal(found.name, "The Robin");
	assert_true(player_line_parse(spec,
				      "[2026-11-21 12:00:00:123 INFO] Player disconnected: The "
				      "Robin, xuid: 2535, pfid: 1",
				      &found));
	assert_int_equal(found.kind, PLAYER_LINE_LEFT);
	spec_free(spec);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_games_print_is_understood_behind_every_head),
		cmocka_unit_test(chat_that_looks_like_it_is_not_believed),
		cmocka_unit_test(no_head_or_another_level_is_not_believed),
		cmocka_unit_test(a_declared_line_tells_of_any_game),
		cmocka_unit_test(a_name_is_cut_and_printable),
		cmocka_unit_test(bedrock_is_known_and_minecraft_needs_no_telling),
		cmocka_unit_test(no_beginning_of_a_line_is_a_line_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
