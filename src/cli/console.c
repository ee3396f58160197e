/* SPDX-License-Identifier: Apache-2.0 */
/* roost console: a server's console, live; a look into it; or one line to it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cli/console_live.h"
#include "cli/show.h"

#define TAIL_DEFAULT 50

static const struct option options[] = {
	{ "--tail", 'n', "N", "begin with so many of the last lines: 0 to 500 (default 50)" },
	{ "--follow", 'f', NULL, "only show what comes: nothing is read from the standard input" },
	{ "--search", 0, "TEXT", "show those of the last lines that hold this text, and leave" },
	{ "--send", 's', "LINE", "send this one line, and leave" },
	{ "--no-color", 0, NULL, "without the game's colours" },
};

static int
send_line(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s/command", in->words[0]);
	CLEANUP(json_freep) json_t *body = json_object();
	const char *line = invocation_option(in, "--send");
	int status;

	if (!text_is_printable(line, strlen(line)))
		return refused("the line must be one line of UTF-8 text; behind its byte %zu it is "
			       "not",
			       text_printable_length(line, strlen(line)));
	json_set_text(body, "line", line);
	status = client_ask(client, "POST", path, body, &answer);
	if (status == EXIT_DONE && invocation_has(in, "--json"))
		print_json(answer.json);
	return status;
}

/* What there is, once. */
static int
look(struct client *client, const struct invocation *in, const struct console_wish *wish)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *base = client_path("/v1/servers/%s/console", wish->name);
	CLEANUP(text_freep) char *search = NULL;
	CLEANUP(text_freep) char *path = NULL;
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	const char *wanted = invocation_option(in, "--search");
	bool limits = wanted == NULL || invocation_has(in, "--tail");
	json_t *line;
	size_t i;
	int status;

	search = wanted != NULL ? client_path("&search=%s", wanted) : text_copy("");
	path = text_format("%s?ansi=%s&tail=%u%s", base, wish->colours ? "true" : "false",
			   limits && wish->tail > 0 ? wish->tail : CONSOLE_TAIL_LINES, search);
	status = client_ask(client, "GET", path, NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	json_array_foreach(list_in(answer.json, "lines"), i, line)
	{
		console_put_line(&text, json_is_string(line) ? json_string_value(line) : "",
				 wish->colours);
		buf_put_byte(&text, '\n');
	}
	print_buf(&text);
	if (json_array_size(list_in(answer.json, "lines")) == 0 && wanted != NULL)
		(void)fprintf(stderr, "roost: none of the last %d lines holds that\n",
			      CONSOLE_TAIL_LINES);
	return EXIT_DONE;
}

/* 0 to CONSOLE_TAIL_LINES in digits. */
static bool
tail_parse(const char *text, unsigned *ret_tail)
{
	size_t length = strlen(text);
	unsigned long tail = strtoul(text, NULL, 10);

	if (length == 0 || length > 3 || strspn(text, "0123456789") != length ||
	    tail > CONSOLE_TAIL_LINES)
		return false;
	*ret_tail = (unsigned)tail;
	return true;
}

static int
run(const struct invocation *in)
{
	CLEANUP(client_freep) struct client *client = NULL;
	struct console_wish wish = { .name = in->words[0],
				     .tail = TAIL_DEFAULT,
				     .only_follow = invocation_has(in, "--follow"),
				     .colours = terminal_has_colour() &&
						!invocation_has(in, "--no-color") };
	const char *tail = invocation_option(in, "--tail");
	int status;

	if (tail != NULL && !tail_parse(tail, &wish.tail))
		return misused(in, "--tail is a number from 0 to %d, not '%.40s'",
			       CONSOLE_TAIL_LINES, tail);
	status = client_new(in, &client);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--send"))
		return send_line(client, in);
	if (invocation_has(in, "--search") || invocation_has(in, "--json"))
		return look(client, in, &wish);
	return console_live(client, &wish);
}

const struct command console_command = {
	.name = "console",
	.words = "NAME",
	.summary = "a server's console: what it says as it comes, and lines to it",
	.about = "At a terminal lines are typed under what is shown, with editing and history "
		 "(arrow "
		 "keys, Ctrl-R to search; ~/.editrc is read); Ctrl-D leaves, and the server stays "
		 "as it "
		 "is. The history is kept in ~/.local/state/roost/console-history (or under "
		 "XDG_STATE_HOME), readable by you alone; a line that begins with a space is left "
		 "out. "
		 "Otherwise each line of the standard input is sent, one after the other, and what "
		 "the "
		 "server says is printed without colours: `echo list | roost console survival`. "
		 "The exit "
		 "status is 1 when one of them was not taken. "
		 "A restart of roost is waited out: it goes on behind the last line shown, and "
		 "says so "
		 "when some are missing. Whatever the game or its players print, nothing but "
		 "colours "
		 "reaches the terminal. What is sent is recorded with who sent it: leave secrets "
		 "out.",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.least = 1,
	.most = 1,
	.run = run,
};
