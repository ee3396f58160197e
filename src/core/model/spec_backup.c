/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a declaration says of backups. Hard is only one thing: to know the game's word that it
 * has saved from a player's who writes the same, for both stand on one console.
 */

#include <string.h>

#include "model/line_pattern.h"
#include "model/setting.h"
#include "model/spec_backup.h"

static const char *const saved_lines[] = { "Saved the game", "Saved the world" };

bool
spec_backup_talk(const struct server_spec *spec, struct backup_talk *ret_talk)
{
	const struct backup_spec *b = &spec->backup;
	bool is_java = spec->game == GAME_MINECRAFT_JAVA;

	*ret_talk = (struct backup_talk){ b->hold_command, b->save_command, b->resume_command };
	if (is_java && b->hold_command == NULL && b->resume_command == NULL) {
		ret_talk->hold = "save-off";
		ret_talk->resume = "save-on";
	}
	if (is_java && b->save_command == NULL)
		ret_talk->save = "save-all flush";
	return ret_talk->hold != NULL || ret_talk->save != NULL;
}

/*
 * Does the line end with this message, and is what stands before it the head of a log:
 * `[12:00:00] [Server thread/INFO]: `, `[12:00:00 INFO]: `, also with `(Minecraft) `? By RCON
 * there is no head. Chat has `<NAME> `, `* NAME ` or `[Server] ` in between.
 */
static bool
is_message(const char *plain, const char *message)
{
	size_t length = strlen(plain), own = strlen(message);
	const char *at, *head_end;

	if (length < own || strcmp(plain + length - own, message) != 0)
		return false;
	at = plain + length - own;
	if (at == plain)
		return true;
	if (*plain != '[')
		return false;
	head_end = strstr(plain, "]: ");
	if (head_end != NULL && head_end + 3 == at)
		return true;
	head_end = strstr(plain, "] (Minecraft) ");
	return head_end != NULL && head_end + strlen("] (Minecraft) ") == at;
}

static bool
is_declared_line(const char *saved_line, const char *plain)
{
	struct line_taken taken[LINE_HOLE_MAX];
	struct line_pattern pattern;
	char why[REASON_LIMIT + 1];

	return line_pattern_parse(LINE_SAYS_SAVED, saved_line, &pattern, why) &&
	       line_pattern_match(&pattern, plain, taken);
}

bool
spec_backup_is_saved(const struct server_spec *spec, const char *line)
{
	char plain[CONSOLE_LINE_LIMIT + 1];

	line_make_plain(line, plain);
	if (spec->backup.saved_line != NULL)
		return is_declared_line(spec->backup.saved_line, plain);
	for (size_t i = 0; spec->game == GAME_MINECRAFT_JAVA && i < ELEMENTS(saved_lines); i++) {
		if (is_message(plain, saved_lines[i]))
			return true;
	}
	return false;
}

/* Relative, nothing empty, "." or ".." in it, and not what roost itself keeps there. */
static bool
path_is_valid(const char *path)
{
	const char *part = path;

	if (strcmp(path, ".roost") == 0 || text_starts_with(path, ".roost/"))
		return false;
	for (;;) {
		size_t length = strcspn(part, "/");

		if (length == 0 || (length == 1 && part[0] == '.') ||
		    (length == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		if (part[length] == '\0')
			return true;
		part += length + 1;
	}
}

static void
check_paths(char **paths, struct complaints *complaints)
{
	for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
		CLEANUP(text_freep) char *pointer = text_format("/backup/paths/%zu", i);
		size_t length = strlen(paths[i]);

		if (length > 1 && paths[i][length - 1] == '/')
			paths[i][--length] = '\0';
		if (length > ARCHIVE_PATH_LIMIT || !path_is_valid(paths[i]))
			complain(complaints, pointer,
				 "not a path inside local.directory; expected such as world or "
				 "plugins/Essentials, without . and .. in it");
	}
}

void
spec_backup_check(struct server_spec *spec, struct complaints *complaints)
{
	const struct backup_spec *b = &spec->backup;

	check_paths(b->paths, complaints);
	if ((b->hold_command == NULL) != (b->resume_command == NULL))
		complain(complaints,
			 b->hold_command == NULL ? "/backup/hold_command"
						 : "/backup/resume_command",
			 "is missing: what holds its saving and what lets it go on belong "
			 "together");
	if (b->save_command != NULL && b->saved_line == NULL && spec->game != GAME_MINECRAFT_JAVA)
		complain(complaints, "/backup/saved_line",
			 "is missing: how is it known that %.100s is done?", b->save_command);
	if (b->saved_line != NULL && b->save_command == NULL && spec->game != GAME_MINECRAFT_JAVA)
		complain(complaints, "/backup/save_command",
			 "is missing: what makes it say that it has saved?");
}
