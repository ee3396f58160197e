/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CONSOLE_LIVE_H
#define ROOST_CONSOLE_LIVE_H

/*
 * A server's console as it comes, and lines to it: typed at a terminal under what is
 * shown, or read from the standard input. A lost connection is made again, and goes on
 * behind the last line shown.
 */

#include "cli/client.h"

struct console_wish {
	const char *name;
	unsigned tail;		/* lines shown first */
	bool only_follow;	/* nothing is read */
	bool colours;
};

/* Until the input ends or the daemon refuses. EXIT_DONE, or EXIT_REFUSED when a line was not taken. */
int console_live(struct client *client, const struct console_wish *wish) must_check;

/* One line as it may be shown: nothing of it steers a terminal; colours only when `colours`. */
void console_put_line(struct buf *to, const char *line, bool colours);

#endif
