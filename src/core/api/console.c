/* SPDX-License-Identifier: Apache-2.0 */
/* The last lines of consoles: a backlog for each server that has said something. */

#include "api/console.h"

#include <string.h>
#include <strings.h>

#include "service/keyed.h"
#include "wire/ansi.h"
#include "wire/supervise/backlog.h"

struct console {
	char server[SERVER_NAME_LIMIT + 1];
	struct backlog backlog;
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
	backlog_deinit(&console->backlog);
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

/* The number of a line, 0: it is held already, or was. */
static int64_t
number_for(struct backlog *backlog, const struct console_said *said)
{
	if (said->place <= backlog->last && said->past)
		return 0;
	/* The first that is heard of a console: what was before is not known. */
	if (backlog->last == 0 && said->place > 0)
		backlog->lost = said->place - 1;
	/* One that roost adds; or a clock was set back between two runs. */
	return said->place > backlog->last ? said->place : backlog->last + 1;
}

int64_t
consoles_add(struct consoles *consoles, const struct console_said *said, const char **ret_line,
	     const char **ret_styled)
{
	struct console *console = console_for(consoles, said->server);
	char clean[CONSOLE_LINE_LIMIT + 1], styled[ANSI_LINE_SIZE];
	const struct backlog_line *kept;
	bool has_colour;
	int64_t number;

	if (console == NULL)
		return 0;
	number = number_for(&console->backlog, said);
	if (number == 0)
		return 0;
	text_clean(clean, sizeof clean, said->line, strlen(said->line));
	has_colour = said->styled != NULL &&
		     ansi_keep(styled, sizeof styled, said->styled, strlen(said->styled));
	backlog_add(&console->backlog, number, clean, has_colour ? styled : NULL);
	kept = backlog_at(&console->backlog, backlog_count(&console->backlog) - 1);
	*ret_line = kept->line;
	*ret_styled = kept->styled;
	return number;
}

/* --- questions -------------------------------------------------------------------------------- */

static bool
is_meant(const struct backlog_line *line, const struct console_question *question)
{
	return line->place > question->after &&
	       (question->search == NULL || strcasestr(line->line, question->search) != NULL);
}

/* From where on there are at most `limit` lines that are meant; are there others before? */
static size_t
begin_at(const struct backlog *backlog, const struct console_question *question, bool *ret_more)
{
	size_t n = backlog_count(backlog), found = 0;

	while (n > 0 && found < question->limit)
		found += is_meant(backlog_at(backlog, --n), question);
	*ret_more = false;
	for (size_t before = n; before > 0 && !*ret_more; before--)
		*ret_more = is_meant(backlog_at(backlog, before - 1), question);
	return n;
}

json_t *
consoles_answer(const struct consoles *consoles, const char *server,
		const struct console_question *question)
{
	static const struct backlog nothing;
	const struct console *console = keyed_find(&consoles->list, server);
	const struct backlog *backlog = console != NULL ? &console->backlog : &nothing;
	json_t *answer = json_object(), *lines = json_array(), *numbers = json_array();
	bool more;

	for (size_t n = begin_at(backlog, question, &more); n < backlog_count(backlog); n++) {
		const struct backlog_line *line = backlog_at(backlog, n);

		if (!is_meant(line, question))
			continue;
		ASSERT(json_array_append_new(lines,
					     json_string(question->ansi && line->styled != NULL
								 ? line->styled
								 : line->line)) == 0);
		ASSERT(json_array_append_new(numbers, json_integer(line->place)) == 0);
	}
	ASSERT(json_object_set_new(answer, "lines", lines) == 0);
	ASSERT(json_object_set_new(answer, "numbers", numbers) == 0);
	json_set_integer(answer, "next", backlog->last + 1);
	if (question->after > 0)
		json_set_bool(answer, "gap",
			      more || question->after < backlog->lost ||
				      question->after > backlog->last);
	return answer;
}
