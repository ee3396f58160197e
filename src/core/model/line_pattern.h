/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_LINE_PATTERN_H
#define ROOST_LINE_PATTERN_H

/*
 * A line of a game's console as a declaration describes it: text that stands there as it
 * is, and holes: {player}, {time}, ... (line_hole.def), and {*} for anything, also nothing.
 *
 * It is compared with the whole line, for players write on the same console: what would be
 * found anywhere in a line could be said by anybody. And it is compared once, from the left:
 * a hole ends where the text behind it stands first, the last one where the line ends with
 * that text, and no other way is tried. So no line costs more than its length times that of
 * the pattern, whoever wrote the one or the other, and what a pattern takes for a name is
 * seen from the pattern alone. Nothing can be escaped: for braces of the line's own there
 * is {*}.
 */

#include "base/base.h"
#include "base/limits.h"

enum line_hole {
#define HOLE(name, word, in) LINE_HOLE_##name,
#include "model/line_hole.def"
	LINE_HOLE_MAX
};

/* What a pattern is for, which says what holes it may have. */
enum line_says {
	LINE_SAYS_JOINED,	/* a player's name must be in it; as in the next */
	LINE_SAYS_LEFT,
	LINE_SAYS_SAVED,
	LINE_SAYS_OWN,		/* one of roost's own: game/player_line.def */
	LINE_SAYS_MAX
};

struct line_part {
	enum line_hole hole;	/* LINE_HOLE_MAX: it is text */
	const char *text;	/* lent from the pattern's */
	size_t length;
};

/* Text and holes take turns; two holes never stand side by side. */
struct line_pattern {
	struct line_part parts[2 * LINE_HOLES_LIMIT + 1];
	size_t count;
};

/* What a hole has taken of a line; text NULL: the pattern has no such hole. */
struct line_taken {
	const char *text;
	size_t length;
};

/* False with what is wrong, to be read behind the name of the setting. `text` outlives the pattern. */
bool line_pattern_parse(enum line_says says, const char *text, struct line_pattern *ret_pattern,
			char ret_why[static REASON_LIMIT + 1]) must_check;

/* Is it this line? Only then is anything taken. */
bool line_pattern_match(const struct line_pattern *pattern, const char *line,
			struct line_taken ret_taken[static LINE_HOLE_MAX]) must_check;

/* Without sequences of a terminal (ESC [ ... letter), and up to the end of the line. */
void line_make_plain(const char *line, char ret_plain[static CONSOLE_LINE_LIMIT + 1]);

#endif
