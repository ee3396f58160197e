/* SPDX-License-Identifier: Apache-2.0 */
/* roost console: the last lines of a server's output, and a line sent to it. */

#include <string.h>

#include "cli/show.h"

static const struct option options[] = {
	{ "--send", 's', "LINE", "send this line to the server's console instead" },
	{ "--lines", 'n', "N", "how many of the last lines to show, at most 500 (default 50)" },
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
		return refused("the line must be one line of UTF-8 text");
	json_set_text(body, "line", line);
	status = client_ask(client, "POST", path, body, &answer);
	if (status == EXIT_DONE && invocation_has(in, "--json"))
		print_json(answer.json);
	return status;
}

static void
print_line(const json_t *line)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	const char *text =
		json_is_string(line) ? json_string_value(line) : json_get_text(line, "line", "");

	put_clean(&b, text);
	buf_put_byte(&b, '\n');
	print_buf(&b);
}

static int
run(const struct invocation *in)
{
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *format = NULL;
	CLEANUP(text_freep) char *path = NULL;
	const char *lines = invocation_option(in, "--lines");
	int status = client_new(in, &client);
	json_t *line;
	size_t i;

	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--send"))
		return send_line(client, in);
	format = client_path("/v1/servers/%s/console?limit=", in->words[0]);
	path = text_format("%s%.12s", format, lines != NULL ? lines : "50");
	status = client_ask(client, "GET", path, NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	json_array_foreach(list_in(answer.json, "lines"), i, line) print_line(line);
	return EXIT_DONE;
}

const struct command console_command = {
	.name = "console",
	.words = "NAME",
	.summary = "show a server's last output, or send a line to its console",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.least = 1,
	.most = 1,
	.run = run,
};
