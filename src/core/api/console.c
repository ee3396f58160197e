/* SPDX-License-Identifier: Apache-2.0 */
/* The last lines of consoles: a circle of lines for each server that has said something. */

#include "api/console.h"

#include <string.h>

#include "service/keyed.h"

struct console {
	char server[SERVER_NAME_LIMIT + 1];
	char *lines[CONSOLE_TAIL_LINES]; /* line n at n % CONSOLE_TAIL_LINES */
	size_t first, end;		 /* lines first..end-1 are held */
	size_t bytes;
};

struct consoles {
	struct keyed list;
};

struct consoles *
consoles_new(void)
{
	return mem_new(sizeof(struct consoles));
}

static void
console_free(struct console *console)
{
	if (console == NULL)
		return;
	for (size_t i = 0; i < CONSOLE_TAIL_LINES; i++)
		mem_free(console->lines[i]);
	mem_free(console);
}

void
consoles_free(struct consoles *consoles)
{
	if (consoles == NULL)
		return;
	for (size_t i = 0; i < consoles->list.count; i++)
		console_free(consoles->list.items[i]);
	keyed_deinit(&consoles->list);
	mem_free(consoles);
}

void
consoles_forget(struct consoles *consoles, const char *server)
{
	console_free(keyed_remove(&consoles->list, server));
}

static void
drop_first(struct console *console)
{
	char **line = &console->lines[console->first++ % CONSOLE_TAIL_LINES];

	console->bytes -= strlen(*line);
	mem_free(TAKE(*line));
}

static struct console *
console_for(struct consoles *consoles, const char *server)
{
	struct console *console = keyed_find(&consoles->list, server);

	if (console != NULL || consoles->list.count >= SERVERS_LIMIT)
		return console;
	console = mem_new(sizeof *console);
	(void)text_put(console->server, sizeof console->server, server);
	keyed_add(&consoles->list, console);
	return console;
}

void
consoles_add(struct consoles *consoles, const char *server, const char *line)
{
	struct console *console = console_for(consoles, server);
	char clean[CONSOLE_LINE_LIMIT + 1];

	if (console == NULL)
		return;
	text_clean(clean, sizeof clean, line, strlen(line));
	while (console->end - console->first >= CONSOLE_TAIL_LINES)
		drop_first(console);
	console->lines[console->end++ % CONSOLE_TAIL_LINES] = text_copy(clean);
	console->bytes += strlen(clean);
	while (console->bytes > CONSOLE_TAIL_BYTES)
		drop_first(console);
}

json_t *
consoles_lines(const struct consoles *consoles, const char *server, size_t limit)
{
	const struct console *console = keyed_find(&consoles->list, server);
	json_t *lines = json_array();
	size_t from;

	if (console == NULL)
		return lines;
	from = console->end - console->first > limit ? console->end - limit : console->first;
	for (size_t n = from; n < console->end; n++)
		ASSERT(json_array_append_new(
			       lines, json_string(console->lines[n % CONSOLE_TAIL_LINES])) == 0);
	return lines;
}

uint64_t
consoles_next(const struct consoles *consoles, const char *server)
{
	const struct console *console = keyed_find(&consoles->list, server);

	return console != NULL ? console->end : 0;
}
