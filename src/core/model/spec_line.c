/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the game's console that tell something: what of them may be declared. */

#include "model/spec_line.h"

#include "model/line_pattern.h"

/* Bedrock's own; its names may have blanks. */
static const char bedrock_joined[] =
	"[{time} INFO] Player connected: {player with spaces}, xuid:{*}";
static const char bedrock_left[] =
	"[{time} INFO] Player disconnected: {player with spaces}, xuid:{*}";

static char **
list_of(const char *line)
{
	char **list = mem_new_array(2, sizeof *list);

	list[0] = text_copy(line);
	return list;
}

/* An empty list is none. */
static void
drop_empty(char ***lines)
{
	if (*lines == NULL || (*lines)[0] != NULL)
		return;
	texts_free(*lines);
	*lines = NULL;
}

static void
check_list(char *const *lines, const char *name, enum line_says says, struct complaints *complaints)
{
	for (size_t i = 0; lines != NULL && lines[i] != NULL; i++) {
		CLEANUP(text_freep) char *pointer = text_format("/%s/%zu", name, i);
		struct line_pattern pattern;
		char why[REASON_LIMIT + 1];

		if (!line_pattern_parse(says, lines[i], &pattern, why))
			complain(complaints, pointer, "%s", why);
	}
}

static void
check_saved(const struct server_spec *spec, struct complaints *complaints)
{
	struct line_pattern pattern;
	char why[REASON_LIMIT + 1];

	if (spec->backup.saved_line != NULL &&
	    !line_pattern_parse(LINE_SAYS_SAVED, spec->backup.saved_line, &pattern, why))
		complain(complaints, "/backup/saved_line", "%s", why);
}

void
spec_lines_check(struct server_spec *spec, struct complaints *complaints)
{
	check_saved(spec, complaints);
	drop_empty(&spec->joined_lines);
	drop_empty(&spec->left_lines);
	if (spec->game == GAME_MINECRAFT_JAVA) {
		if (spec->joined_lines != NULL || spec->left_lines != NULL)
			complain(complaints,
				 spec->joined_lines != NULL ? "/joined_lines" : "/left_lines",
				 "roost knows what minecraft-java prints; leave it out");
		return;
	}
	if (spec->game == GAME_MINECRAFT_BEDROCK && spec->joined_lines == NULL &&
	    spec->left_lines == NULL) {
		spec->joined_lines = list_of(bedrock_joined);
		spec->left_lines = list_of(bedrock_left);
	}
	if (spec->joined_lines != NULL && spec->left_lines == NULL)
		complain(complaints, "/left_lines",
			 "is missing: of whom it is heard that they joined, it must be heard that "
			 "they left");
	if (spec->left_lines != NULL && spec->joined_lines == NULL)
		complain(complaints, "/joined_lines",
			 "is missing: who leaves must have been heard to join");
	check_list(spec->joined_lines, "joined_lines", LINE_SAYS_JOINED, complaints);
	check_list(spec->left_lines, "left_lines", LINE_SAYS_LEFT, complaints);
}
