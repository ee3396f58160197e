/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PROMPT_H
#define ROOST_PROMPT_H

/*
 * A line being typed at a terminal, while other lines come and are shown above it:
 * editing and history are libedit's (emacs' keys, or as ~/.editrc says; Ctrl-R searches).
 * History is kept in STATE/roost/console-history (mode 0600), where STATE is
 * XDG_STATE_HOME or ~/.local/state; a line that begins with a space is not.
 */

#include "base/base.h"

struct prompt;

/* What else is waited for while a line is typed. */
struct prompt_watch {
	int (*fd)(void *argument);		/* to be readable; -1: nothing */
	int (*patience)(void *argument);	/* ms until on_event is called in any case */
	bool (*on_event)(void *argument);	/* readable, or time has passed. False: leave */
	void *argument;
};

/* NULL when this terminal cannot be used so (TERM is dumb). */
struct prompt *prompt_new(const char *text, const struct prompt_watch *watch) must_check;

/* The terminal is as it was before. */
void prompt_free(struct prompt *prompt);

/*
 * The next line that was typed, without its newline; the caller frees. NULL: Ctrl-D on an
 * empty line, the terminal is gone, or on_event said so.
 */
char *prompt_read(struct prompt *prompt) must_check;

/* A line above the one being typed. It must not steer the terminal. */
void prompt_print(struct prompt *prompt, const char *line);

#endif
