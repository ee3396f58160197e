/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PLAYER_LINE_H
#define ROOST_PLAYER_LINE_H

/*
 * A line of a game's console that tells of somebody coming or going: as the declaration
 * says (joined_lines, left_lines), or of Minecraft (Java) as roost knows. What players
 * write is on the same console, so only a whole line is believed, and of Minecraft a whole
 * message right behind the log's own head: `[12:00:00] [Server thread/INFO]: `, Paper's
 * `[12:00:00 INFO]: `, Forge's third bracket, Fabric's `(Minecraft) `. Chat has `<NAME> `,
 * `[Not Secure] `, `[Server] `, `* ` or the like where a name would have to be.
 */

#include "base/limits.h"
#include "model/spec.h"

#define PLAYER_UUID_SIZE 37	/* 36 characters, in lower case, and its end */

enum player_line_kind {
	PLAYER_LINE_NAMED,	/* whose UUID is known now; not on yet */
	PLAYER_LINE_JOINED,
	PLAYER_LINE_LEFT
};

struct player_line {
	enum player_line_kind kind;
	char name[PLAYER_NAME_LIMIT + 1];	/* printable; longer ones are cut */
	char uuid[PLAYER_UUID_SIZE];	/* "" = not told */
	char why[100];			/* LEFT: as the game has it, cleaned and cut; or "" */
};

/* False: it tells nothing of the kind. Colours (ANSI) in it are passed over. */
bool player_line_parse(const struct server_spec *spec, const char *line,
		       struct player_line *ret_line) must_check;

/* The message behind Minecraft's own head, without colours, in `plain`; NULL: the line has no such head. */
const char *player_line_message(const char *line, char plain[static CONSOLE_LINE_LIMIT + 1]) must_check;

#endif
