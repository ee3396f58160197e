/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CONSOLE_H
#define ROOST_CONSOLE_H

/*
 * A game's output as lines that people can be shown: colours and cursor
 * movements taken out, what a carriage return overwrites dropped, the rest
 * printable UTF-8. A line of more than CONSOLE_LINE_LIMIT bytes is told in parts, each
 * behind the first with CONSOLE_REST in front: a player may write a line so long that a
 * part of it begins as the game's own lines do, and is not to be believed.
 */

#include "base/limits.h"
#include "base/base.h"

/* One line, without its newline and without colours; `to` is always terminated (wire/ansi.h). */
void console_clean(char *to, size_t size, const char *from, size_t length);

#define CONSOLE_REST "\xe2\x80\xa6 " /* … and a space */

/* Cuts a stream into lines. All zero is an empty one. */
struct console_splitter {
	size_t length;
	bool is_rest; /* of a line that was told in part */
	char pending[CONSOLE_LINE_LIMIT];
};

/* `styled`: the same with its colours, as ansi_keep() leaves it; NULL when it has none. */
typedef void console_line(void *argument, const char *line, const char *styled);

/* Calls back once for each line finished, cleaned. */
void console_split(struct console_splitter *splitter, const char *bytes, size_t length,
		   console_line *line, void *argument);
/* What came since the last newline, if anything, as a line: when the output has ended. */
void console_flush(struct console_splitter *splitter, console_line *line, void *argument);
/* Does what came since the last newline hold `text`? A prompt has no newline. */
bool console_pending_has(const struct console_splitter *splitter, const char *text);

/* Append a line to a text of at most TAIL_LINES_LIMIT lines, older ones falling off. */
void console_tail_add(char tail[static TAIL_TEXT_LIMIT], const char *line);

#endif
