/* SPDX-License-Identifier: Apache-2.0 */
/* Who came and who went, from what games print: patterns, declared or known, and one matcher. */

#include "game/player_line.h"

#include <string.h>

#include "model/line_pattern.h"
#include "model/name.h"

#define HEAD_BRACKETS 4

static const struct known_line {
	enum game game;
	enum player_line_kind kind;
	const char *text;
} known_lines[] = {
#define LINE(game, kind, text) { GAME_##game, PLAYER_LINE_##kind, text },
#include "game/player_line.def"
};

/* Behind the log's head: brackets, then ':' or a word in parentheses. NULL: there is none. */
static const char *
message_of(const char *line)
{
	bool is_info = false;

	for (unsigned i = 0; i < HEAD_BRACKETS && *line == '['; i++) {
		size_t length = strcspn(line + 1, "[]");

		if (line[length + 1] != ']')
			return NULL;
		for (size_t at = 1; at + 4 <= length + 1; at++)
			is_info = is_info || strncmp(line + at, "INFO", 4) == 0;
		line += length + 2;
		if (text_starts_with(line, ": "))
			return is_info ? line + 2 : NULL;
		if (text_starts_with(line, " (") && is_info) {
			line += 2;
			line += strcspn(line, "()");
			return text_starts_with(line, ") ") ? line + 2 : NULL;
		}
		line += *line == ' ';
	}
	return NULL;
}

const char *
player_line_message(const char *line, char plain[static CONSOLE_LINE_LIMIT + 1])
{
	if (*line != '[' && *line != '\033')
		return NULL;
	line_make_plain(line, plain);
	return message_of(plain);
}

/* What the holes took, as it is kept and shown. */
static void
take(const struct line_taken *taken, struct player_line *line)
{
	const struct line_taken *name = &taken[LINE_HOLE_PLAYER];
	const struct line_taken *uuid = &taken[LINE_HOLE_UUID], *why = &taken[LINE_HOLE_REASON];

	if (name->text == NULL)
		name = &taken[LINE_HOLE_PLAYER_SPACED];
	text_clean(line->name, sizeof line->name, name->text, name->length);
	for (size_t i = 0; uuid->text != NULL && i < PLAYER_UUID_SIZE - 1; i++) {
		char c = uuid->text[i];

		line->uuid[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
	}
	if (why->text != NULL)
		text_clean(line->why, sizeof line->why, why->text, why->length);
}

static bool
is_line(enum line_says says, const char *pattern, const char *text, struct player_line *line)
{
	struct line_taken taken[LINE_HOLE_MAX];
	struct line_pattern parsed;
	char why[REASON_LIMIT + 1];

	if (!line_pattern_parse(says, pattern, &parsed, why) ||
	    !line_pattern_match(&parsed, text, taken))
		return false;
	take(taken, line);
	return true;
}

static bool
find_known(enum game game, const char *message, struct player_line *line)
{
	for (size_t i = 0; message != NULL && i < ELEMENTS(known_lines); i++) {
		*line = (struct player_line){ .kind = known_lines[i].kind };
		if (known_lines[i].game == game &&
		    is_line(LINE_SAYS_OWN, known_lines[i].text, message, line) &&
		    player_name_is_valid(line->name))
			return true;
	}
	return false;
}

static bool
find_declared(char *const *patterns, enum line_says says, const char *text,
	      struct player_line *line)
{
	*line = (struct player_line){ .kind = says == LINE_SAYS_LEFT ? PLAYER_LINE_LEFT
								     : PLAYER_LINE_JOINED };
	for (size_t i = 0; patterns != NULL && patterns[i] != NULL; i++) {
		if (is_line(says, patterns[i], text, line))
			return true;
	}
	return false;
}

bool
player_line_parse(const struct server_spec *spec, const char *line, struct player_line *ret_line)
{
	char plain[CONSOLE_LINE_LIMIT + 1];
	struct player_line found;

	if (spec->game == GAME_MINECRAFT_JAVA) {
		if (!find_known(spec->game, player_line_message(line, plain), &found))
			return false;
	} else {
		if (spec->joined_lines == NULL)
			return false;
		line_make_plain(line, plain);
		if (!find_declared(spec->joined_lines, LINE_SAYS_JOINED, plain, &found) &&
		    !find_declared(spec->left_lines, LINE_SAYS_LEFT, plain, &found))
			return false;
	}
	*ret_line = found;
	return true;
}
