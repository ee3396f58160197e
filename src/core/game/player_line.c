/* SPDX-License-Identifier: Apache-2.0 */
/* Who came and who went, from what games print: a table of patterns and one matcher. */

#include "game/player_line.h"

#include <string.h>

#include "model/name.h"

#define HEAD_BRACKETS 4

static const struct pattern {
	enum game game;
	enum player_line_kind kind;
	const char *text;
} patterns[] = {
#define LINE(game, kind, text) { GAME_##game, PLAYER_LINE_##kind, text },
#include "game/player_line.def"
};

/* 8-4-4-4-12 hexadecimal digits; 0: it is none. */
static size_t
uuid_take(const char *text, char uuid[static PLAYER_UUID_SIZE])
{
	for (size_t i = 0; i < PLAYER_UUID_SIZE - 1; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
		char c = text[i];

		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (is_dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return 0;
		uuid[i] = c;
	}
	uuid[PLAYER_UUID_SIZE - 1] = '\0';
	return PLAYER_UUID_SIZE - 1;
}

/* Up to what the pattern goes on with, or to the end; 0: it does not come. */
static size_t
any_length(const char *text, const char *rest)
{
	size_t literal = strcspn(rest, "{");

	if (literal == 0)
		return strlen(text);
	for (size_t i = 1; text[0] != '\0' && text[i] != '\0'; i++) {
		if (strncmp(text + i, rest, literal) == 0)
			return i;
	}
	return 0;
}

static size_t
field_take(const char *field, const char *text, struct player_line *line)
{
	const char *rest = strchr(field, '}') + 1;
	size_t length;

	if (text_starts_with(field, "{uuid}"))
		return uuid_take(text, line->uuid);
	if (text_starts_with(field, "{any}")) {
		length = any_length(text, rest);
		if (*rest == '\0' && line->kind == PLAYER_LINE_LEFT)
			text_clean(line->why, sizeof line->why, text, length);
		return length;
	}
	length = player_name_length(text);
	memcpy(line->name, text, length);
	line->name[length] = '\0';
	return length;
}

static bool
matches(const struct pattern *pattern, const char *text, struct player_line *line)
{
	const char *p = pattern->text;

	*line = (struct player_line){ .kind = pattern->kind };
	while (*p != '\0') {
		size_t length = 1;

		if (*p == '{') {
			length = field_take(p, text, line);
			if (length == 0)
				return false;
			p = strchr(p, '}') + 1;
		} else if (*p++ != *text) {
			return false;
		}
		text += length;
	}
	return *text == '\0';
}

/* Without sequences of a terminal: ESC [ ... letter. Cut to the room there is. */
static void
strip_colours(const char *line, char plain[static CONSOLE_LINE_LIMIT + 1])
{
	size_t length = 0;

	while (*line != '\0' && length < CONSOLE_LINE_LIMIT) {
		if (line[0] == '\033' && line[1] == '[') {
			line += 2;
			line += strspn(line, "0123456789;?");
			line += *line != '\0';
		} else {
			plain[length++] = *line++;
		}
	}
	plain[length] = '\0';
	plain[strcspn(plain, "\r\n")] = '\0';
}

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
	strip_colours(line, plain);
	return message_of(plain);
}

bool
player_line_parse(enum game game, const char *line, struct player_line *ret_line)
{
	char plain[CONSOLE_LINE_LIMIT + 1];
	struct player_line found;
	const char *message = player_line_message(line, plain);

	for (size_t i = 0; message != NULL && i < ELEMENTS(patterns); i++) {
		if (patterns[i].game != game || !matches(&patterns[i], message, &found))
			continue;
		*ret_line = found;
		return true;
	}
	return false;
}
