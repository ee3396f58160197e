/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for a server. What is true is asked each time the stream opens, so
 * nothing that happened before or between two connections is missed; events
 * only say when to look closer. On a terminal one line is redrawn every second;
 * elsewhere each phase is a line.
 */

#include "cli/wait.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/follow.h"
#include "cli/sentence.h"

struct waiting {
	struct client *client;
	const char *name;
	char *path;
	enum wait_for what;
	bool json, live; /* live: redraw one line */
	json_t *server;	 /* as last seen */
	struct instant started;
	struct duration usual;
	char phase[64];
	char install[REASON_LIMIT + 1]; /* how far its installation is; "" = there is none */
	bool lost;
	int status;
};

enum waited
waited(enum wait_for what, const json_t *server)
{
	const char *state = json_get_text(server, "state", "");
	const char *wanted = json_get_text(server, "wanted", "");
	bool up = strcmp(wanted, "up") == 0;

	if (what == WAIT_READY) {
		if (strcmp(state, "ready") == 0)
			return WAITED_DONE;
		if (!up && strcmp(state, "failed") == 0)
			return WAITED_FAILED;
		return up ? WAITED_ON : WAITED_REVERSED;
	}
	if (strcmp(state, "asleep") == 0)
		return WAITED_DONE;
	if (up)
		return WAITED_REVERSED;
	return strcmp(state, "failed") == 0 ? WAITED_FAILED : WAITED_ON;
}

static void
clear_line(const struct waiting *w)
{
	if (w->live)
		(void)fputs("\r\033[K", stdout);
}

static void
draw(struct waiting *w)
{
	struct instant now = clock_now();
	char elapsed[DURATION_TEXT_SIZE], usual[DURATION_TEXT_SIZE];

	if (!w->live)
		return;
	duration_text(instant_since(now, w->started), elapsed);
	clear_line(w);
	(void)printf("%s%s%s  %s  %s", colour_begin(COLOUR_BUSY), w->name, colour_end(),
		     w->lost		     ? "roost is being waited for"
		     : w->install[0] != '\0' ? w->install
					     : w->phase,
		     elapsed);
	if (w->usual.ms > 0 && w->what == WAIT_READY) {
		duration_text(w->usual, usual);
		(void)printf(" (usually %s)", usual);
	}
	(void)fflush(stdout);
}

/* The phase changed, or was seen for the first time: in a file or pipe, that is a line. */
static void
note_phase(struct waiting *w, const char *state, const char *phase)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	enum colour colour;
	const char *words = phase_words(phase);

	put_clean(&b, *words != '\0' ? words : state_words(state, &colour));
	if (strcmp(w->phase, buf_text(&b)) != 0) {
		(void)text_put(w->phase, sizeof w->phase, buf_text(&b));
		if (!w->live && !w->json) {
			(void)printf("%s: %s\n", w->name, w->phase);
			(void)fflush(stdout);
		}
	}
	draw(w);
}

/* Which step of an installation, which is a line too; a terminal is shown how much of it. */
static void
note_install(struct waiting *w)
{
	const json_t *install = json_object_get(w->server, "install");
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	if (json_is_object(install))
		put_install_progress(&b, install, w->live);
	if (b.length > 0 && !w->live && !w->json && strcmp(w->install, buf_text(&b)) != 0) {
		(void)printf("%s: %s\n", w->name, buf_text(&b));
		(void)fflush(stdout);
	}
	(void)text_put(w->install, sizeof w->install, b.length > 0 ? buf_text(&b) : "");
}

static int
finish(struct waiting *w, enum waited how)
{
	char elapsed[DURATION_TEXT_SIZE];
	CLEANUP(buf_deinit) struct buf reason = BUF_NULL;

	duration_text(instant_since(clock_now(), w->started), elapsed);
	clear_line(w);
	if (w->json)
		print_json(w->server);
	if (how == WAITED_DONE) {
		if (!w->json)
			(void)printf("%s%s is %s%s (%s)\n", colour_begin(COLOUR_GOOD), w->name,
				     w->what == WAIT_READY ? "ready" : "asleep", colour_end(),
				     elapsed);
		return EXIT_DONE;
	}
	if (how == WAITED_REVERSED)
		return refused("%s: somebody wished the opposite in the meantime; it is %s",
			       w->name, json_get_text(w->server, "state", "?"));
	put_clean(&reason, json_get_text(w->server, "reason", "no reason was told"));
	if (reason.length > 0 && reason.data[reason.length - 1] == '.')
		reason.length--; /* ours follows */
	return refused("%s failed: %s%s `roost status %s` shows its last output", w->name,
		       buf_text(&reason), text_ends_with(buf_text(&reason), ".") ? "" : ".",
		       w->name);
}

/* Ask what is true now. False when the wait is over. */
static bool
look(struct waiting *w)
{
	struct answer answer;
	enum waited how;

	client_call(w->client, "GET", w->path, NULL, &answer);
	if (answer.status == 404) {
		clear_line(w);
		w->status = refused("%s", answer.problem);
		answer_deinit(&answer);
		return false;
	}
	if (!answer_is_good(&answer) || !json_is_object(answer.json)) {
		answer_deinit(&answer);
		return true;
	}
	json_decref(w->server);
	w->server = answer.json;
	w->usual.ms = json_get_integer(w->server, "usual_ms", 0);
	how = waited(w->what, w->server);
	if (how == WAITED_ON) {
		note_install(w);
		note_phase(w, json_get_text(w->server, "state", ""),
			   json_get_text(w->server, "phase", ""));
		return true;
	}
	w->status = finish(w, how);
	return false;
}

static bool
on_open(void *argument, bool again)
{
	struct waiting *w = argument;

	(void)again;
	w->lost = false;
	return look(w);
}

static bool
on_event(void *argument, const char *type, const json_t *event)
{
	struct waiting *w = argument;
	const json_t *data = json_object_get(event, "data");

	if (strcmp(type, "server.phase_changed") == 0 &&
	    *json_get_text(data, "phase", "") != '\0') {
		note_phase(w, json_get_text(data, "state", ""), json_get_text(data, "phase", ""));
		return true;
	}
	/* Anything else about the server may be the end of the wait. */
	return text_starts_with(type, "server.") || text_starts_with(type, "install.") ? look(w)
										       : true;
}

static bool
on_second(void *argument)
{
	struct waiting *w = argument;

	if (w->install[0] != '\0' && !w->lost)
		return look(w);
	draw(w);
	return true;
}

static void
on_lost(void *argument)
{
	struct waiting *w = argument;

	w->lost = true;
	if (!w->live && !w->json)
		(void)fprintf(stderr,
			      "roost: the connection was lost; waiting for roost to be back\n");
	draw(w);
}

int
wait_for_server(struct client *client, const char *name, enum wait_for what, bool json)
{
	struct waiting w = {
		.client = client,
		.name = name,
		.path = client_path("/v1/servers/%s", name),
		.what = what,
		.json = json,
		.live = !json && terminal_is_tty(STDOUT_FILENO),
		.started = clock_now(),
	};
	const struct follower follower = { on_open, on_event, on_second, on_lost, &w };
	CLEANUP(text_freep) char *events = client_path("/v1/events?server=%s", name);
	int status = follow(client, events, NULL, &follower);

	if (status == EXIT_DONE)
		status = w.status;
	json_decref(w.server);
	mem_free(w.path);
	return status;
}
