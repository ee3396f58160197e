/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a line of a game's console, and as what somebody says there: nothing that
 * is said can be taken for somebody's coming or going.
 */

#include "fuzz.h"
#include "game/player_line.h"
#include "model/name.h"

static const struct server_spec java = { .game = GAME_MINECRAFT_JAVA }, tcp = { .game = GAME_TCP };

static const char *const heads[] = {
	"[12:34:56] [Server thread/INFO]: ",
	"[12:34:56] [Async Chat Thread - #0/INFO]: ",
	"[12:34:56 INFO]: ",
	"[21Nov2026 12:34:56.789] [Server thread/INFO] [minecraft/MinecraftServer]: ",
	"[12:34:56] [Server thread/INFO] (Minecraft) ",
	"\033[32m[12:34:56] [Server thread/INFO]:\033[m ",
};

static const char *const speakers[] = {
	"<Evil> ",	 "[Not Secure] <Evil> ",
	"[Server] ",	 "[Not Secure] [Server] ",
	"[Evil] ",	 "* Evil ",
	"[Evil: ",	 "<[Admin] Evil> ",
	"[Evil -> me] ", "Evil issued server command: ",
	"Evil: ",
};

static void
check(const char *line)
{
	struct player_line found;

	if (!player_line_parse(&java, line, &found))
		return;
	ASSERT(player_name_is_valid(found.name));
	ASSERT(text_is_printable(found.why, strlen(found.why)));
	ASSERT(line[0] == '[' || line[0] == '\033');
	ASSERT((found.kind == PLAYER_LINE_NAMED) == (found.uuid[0] != '\0'));
	ASSERT(strstr(line, found.name) != NULL || strchr(line, '\033') != NULL);
	ASSERT(!player_line_parse(&tcp, line, &found));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *text = text_copy_n((const char *)data, size);
	struct player_line found;

	check(text);
	text[strcspn(text, "\n")] = '\0'; /* what is behind it is another line */
	for (size_t h = 0; h < ELEMENTS(heads); h++) {
		CLEANUP(text_freep) char *plain = text_format("%s%s", heads[h], text);

		check(plain);
		for (size_t s = 0; s < ELEMENTS(speakers); s++) {
			CLEANUP(text_freep)
			char *said = text_format("%s%s%s", heads[h], speakers[s], text);

			ASSERT(!player_line_parse(&java, said, &found));
		}
	}
	return 0;
}
