/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CONSOLE_H
#define ROOST_CONSOLE_H

/*
 * The last lines of each server's console, as far as they came while roost ran.
 * At most CONSOLE_TAIL_LINES and CONSOLE_TAIL_BYTES a server, each line cut to CONSOLE_LINE_LIMIT bytes and
 * cleaned to printable UTF-8. They are not events and not stored.
 */

#include "base/json.h"
#include "base/limits.h"

struct consoles;

struct consoles *consoles_new(void) must_check;
void consoles_free(struct consoles *consoles);

void consoles_add(struct consoles *consoles, const char *server, const char *line);
void consoles_forget(struct consoles *consoles, const char *server);

/* The newest `limit` lines, oldest first. */
json_t *consoles_lines(const struct consoles *consoles, const char *server, size_t limit)
	must_check;

/* The number of the server's next line; its lines count from 0, since this roost began. */
uint64_t consoles_next(const struct consoles *consoles, const char *server);

#endif
