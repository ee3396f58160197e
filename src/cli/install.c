/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost install: carry out the steps of a server's template, and stay until they are done. The
 * stream is opened first, so that the event that ends it cannot be missed; how far it is, is
 * asked for once a second.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/follow.h"
#include "cli/sentence.h"
#include "cli/terminal.h"

struct installing {
	struct client *client;
	const struct invocation *in;
	const char *name;
	char *path, *server_path;
	bool live; /* redraw one line */
	char shown[REASON_LIMIT + 64];
	int status;
};

static const struct option options[] = {
	{ "--again", 0, NULL,
	  "anew, also when it was installed: a version that is `latest` is looked up again" },
	{ "--cancel", 0, NULL, "give up an installation that goes on" },
};

static void
show(struct installing *i, const char *text)
{
	if (strcmp(i->shown, text) == 0)
		return;
	(void)text_put(i->shown, sizeof i->shown, text);
	if (i->live)
		(void)printf("\r\033[K%s", text);
	else if (!invocation_has(i->in, "--json"))
		(void)printf("%s\n", text);
	(void)fflush(stdout);
}

static void
show_progress(struct installing *i, const json_t *progress)
{
	CLEANUP(buf_deinit) struct buf line = BUF_NULL;

	put_install_progress(&line, progress, i->live);
	show(i, buf_text(&line));
}

static bool
on_second(void *argument)
{
	struct installing *i = argument;
	struct answer answer;

	client_call(i->client, "GET", i->server_path, NULL, &answer);
	if (answer_is_good(&answer) && json_is_object(json_object_get(answer.json, "install")))
		show_progress(i, json_object_get(answer.json, "install"));
	answer_deinit(&answer);
	return true;
}

static bool
on_open(void *argument, bool again)
{
	struct installing *i = argument;
	CLEANUP(json_freep) json_t *body = json_object();
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };

	if (again)
		return true;
	json_set_bool(body, "again", invocation_has(i->in, "--again"));
	i->status = client_ask(i->client, "POST", i->path, body, &answer);
	return i->status == EXIT_DONE;
}

static void
finish(struct installing *i, const json_t *event, bool failed)
{
	const json_t *data = json_object_get(event, "data");
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;

	if (i->live)
		(void)fputs("\r\033[K", stdout);
	if (failed) {
		put_clean(&text, json_get_text(data, "reason", "no reason was told"));
		i->status = refused("%s is not installed. %s", i->name, buf_text(&text));
		return;
	}
	i->status = EXIT_DONE;
	if (invocation_has(i->in, "--json")) {
		print_json(event);
		return;
	}
	put_clean(&text, json_get_text(data, "note", ""));
	(void)printf("%s%s is installed.%s%s%s\n", colour_begin(COLOUR_GOOD), i->name, colour_end(),
		     text.length > 0 ? " " : "", buf_text(&text));
}

static bool
on_event(void *argument, const char *type, const json_t *event)
{
	bool failed = strcmp(type, "install.failed") == 0;

	if (!failed && strcmp(type, "install.finished") != 0)
		return true;
	finish(argument, event, failed);
	return false;
}

static int
cancel(struct installing *i)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	int status = client_ask(i->client, "DELETE", i->path, NULL, &answer);

	if (status == EXIT_DONE)
		(void)printf("The installation of %s is being given up.\n", i->name);
	return status;
}

static int
run(const struct invocation *in)
{
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s/install", in->words[0]);
	CLEANUP(text_freep) char *server_path = client_path("/v1/servers/%s", in->words[0]);
	CLEANUP(text_freep) char *events = client_path("/v1/events?server=%s", in->words[0]);
	struct installing i = { .in = in,
				.name = in->words[0],
				.path = path,
				.server_path = server_path,
				.live = !invocation_has(in, "--json") &&
					terminal_is_tty(STDOUT_FILENO) };
	const struct follower follower = { on_open, on_event, on_second, NULL, &i };
	int status = client_new(in, &client);

	i.client = client;
	if (status == EXIT_DONE && invocation_has(in, "--cancel"))
		return cancel(&i);
	if (status == EXIT_DONE)
		status = follow(client, events, NULL, &follower);
	return status == EXIT_DONE ? i.status : status;
}

const struct command install_command = {
	.name = "install",
	.words = "NAME",
	.summary = "install a sleeping server's game, as its template says",
	.about = "A server that was never installed is installed when it first wakes; this is for "
		 "doing it before, or anew. What was installed is not downloaded again without "
		 "--again, and a world is never touched. Everything that is done stands in "
		 ".roost/install.log in the server's directory.",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.least = 1,
	.most = 1,
	.run = run,
};
