/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CONSOLE_H
#define ROOST_CONSOLE_H

/*
 * The last lines of each server's console: those that came while roost ran, and of
 * a game that went on meanwhile those that its supervisor kept. At most
 * CONSOLE_TAIL_LINES and CONSOLE_TAIL_BYTES a server, each line cut to CONSOLE_LINE_LIMIT
 * bytes and cleaned. Each has a number, which only grows (wire/supervise/backlog.h). They
 * are not events and not stored.
 */

#include "base/json.h"
#include "base/limits.h"

struct consoles;

struct consoles *consoles_new(void) must_check;
void consoles_free(struct consoles *consoles);

struct console_said {
	const char *server;
	const char *line;
	const char *styled;	/* with its colours (wire/ansi.h); NULL: it has none */
	int64_t place;		/* as its supervisor numbers it; 0: not */
	bool past;		/* told again, or from when roost was away */
};

/*
 * Returns the line's number and *ret_line and *ret_styled (or NULL) as they are kept; 0
 * when it was not kept: roost has it already.
 */
int64_t consoles_add(struct consoles *consoles, const struct console_said *said,
		     const char **ret_line, const char **ret_styled);
void consoles_forget(struct consoles *consoles, const char *server);

struct console_question {
	size_t limit;		/* the newest so many */
	int64_t after;		/* of those behind this number; 0: of all */
	const char *search;	/* of those that hold this text, in whichever case (of ASCII); NULL: any */
	bool ansi;		/* with their colours */
};

/*
 * What is asked for, oldest first: members `lines`, `numbers` (of each of them), `next`
 * (greater than all there were) and, with `after`, `gap`: were there lines behind it, or may
 * have been, that are not kept, or that `limit` leaves out?
 */
json_t *consoles_answer(const struct consoles *consoles, const char *server,
			const struct console_question *question) must_check;

#endif
