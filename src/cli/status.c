/* SPDX-License-Identifier: Apache-2.0 */
/* roost status: one server in full; without a name, all as `ls` has them. */

#include <stdio.h>
#include <string.h>

#include "cli/sentence.h"
#include "cli/show.h"
#include "model/schedule.h"

static void
put_line(struct buf *b, const char *label, const char *text)
{
	if (*text == '\0')
		return;
	buf_format(b, "  %-10s ", label);
	put_clean(b, text);
	buf_put_byte(b, '\n');
}

static void
put_list(struct buf *b, const char *label, const json_t *list)
{
	CLEANUP(buf_deinit) struct buf all = BUF_NULL;
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *text = json_is_object(item) ? json_get_text(item, "name", "?")
							: json_string_value(item);

		buf_format(&all, "%s%s", i == 0 ? "" : ", ", text != NULL ? text : "?");
	}
	put_line(b, label, buf_text(&all));
}

static void
put_state(struct buf *b, const json_t *server)
{
	enum colour colour;
	const char *state = state_words(json_get_text(server, "state", "?"), &colour);
	const char *phase = phase_words(json_get_text(server, "phase", ""));
	char since[DURATION_TEXT_SIZE], usual[DURATION_TEXT_SIZE];
	int64_t usual_ms = json_get_integer(server, "usual_ms", 0);

	since_text(server, "since", since);
	put_clean(b, json_get_text(server, "name", "?"));
	buf_format(b, "  %s", colour_begin(colour));
	put_clean(b, state);
	if (*phase != '\0') {
		buf_put_text(b, ": ");
		put_clean(b, phase);
	}
	buf_put_text(b, colour != COLOUR_NONE ? colour_end() : "");
	if (*since != '\0')
		buf_format(b, ", for %s", since);
	buf_put_byte(b, '\n');
	if (usual_ms > 0) {
		duration_text((struct duration){ usual_ms }, usual);
		put_line(b, "wakes in", usual);
	}
}

static void
put_players(struct buf *b, const json_t *server)
{
	const json_t *players = json_object_get(server, "players");
	int64_t held = json_get_integer(server, "held", 0);
	CLEANUP(text_freep) char *text = NULL;

	if (strcmp(json_get_text(server, "state", ""), "ready") == 0) {
		text = text_format("%lld of %lld",
				   (long long)json_get_integer(players, "online", 0),
				   (long long)json_get_integer(players, "max", 0));
		put_line(b, "players", text);
		put_list(b, "on", json_object_get(players, "names"));
	}
	if (held > 0) {
		CLEANUP(text_freep)
		char *waiting = text_format("%lld at the gate", (long long)held);

		put_line(b, "held", waiting);
	}
}

/* What the run takes, and when it ends if nobody comes. */
static void
put_live(struct buf *b, const json_t *server)
{
	int64_t bytes = json_get_integer(server, "memory_bytes", 0);
	int64_t millis = json_get_integer(server, "cpu_millis", 0);
	const char *why = json_get_text(server, "sleeps_why", "");
	char when[CLOCK_TEXT_SIZE];
	CLEANUP(text_freep) char *load = NULL;
	CLEANUP(text_freep) char *sleeps = NULL;

	if (bytes > 0) {
		load = text_format("%lld MiB, %lld.%lld cores", (long long)(bytes >> 20),
				   (long long)(millis / 1000), (long long)(millis % 1000 / 100));
		put_line(b, "takes", load);
	}
	when_text(server, "sleeps_at", "", when);
	if (*when != '\0') {
		sleeps = text_format("at %s%s", when,
				     strcmp(why, "idle") == 0 ? ", if nobody comes" : "");
		put_line(b, "sleeps", sleeps);
	}
}

/* "at 18:00:00", "on 2026-11-27 18:00:00". */
static void
put_next(struct buf *b, const json_t *server)
{
	const json_t *next = json_object_get(server, "next");
	const char *what = json_get_text(next, "do", "");
	enum schedule_verb verb;
	CLEANUP(text_freep) char *text = NULL;
	char when[CLOCK_TEXT_SIZE];

	when_text(next, "at", "", when);
	if (*when == '\0')
		return;
	text = text_format("%s %s %s",
			   schedule_verb_parse(what, &verb) ? schedule_verb_for_people(verb) : what,
			   strlen(when) > sizeof "18:00:00" ? "on" : "at", when);
	put_line(b, "next", text);
}

/* "0 18 * * fri, Europe/Paris: wakes on 2026-11-27 18:00:00". */
static void
put_schedule(struct buf *b, const json_t *schedule, const char *label)
{
	const char *zone = json_get_text(schedule, "zone", "");
	const char *what = json_get_text(schedule, "do", ""), *on;
	CLEANUP(text_freep) char *text = NULL;
	enum schedule_verb verb;
	char when[CLOCK_TEXT_SIZE];

	when_text(schedule, "next", "", when);
	on = strlen(when) > sizeof "18:00:00" ? "on " : "at ";
	if (schedule_verb_parse(what, &verb))
		what = schedule_verb_for_people(verb);
	if (!json_get_bool(schedule, "zone_known", true))
		text = text_format("%s, %s: never, as roost's machine does not know this time zone "
				   "(`roost doctor` says how to mend it)",
				   json_get_text(schedule, "cron", ""), zone);
	else
		text = text_format("%s, %s: %s %s%s", json_get_text(schedule, "cron", ""), zone,
				   what, *when != '\0' ? on : "", when);
	put_line(b, label, text);
}

static void
put_schedules(struct buf *b, const json_t *server)
{
	json_t *schedule;
	size_t i;

	json_array_foreach(json_object_get(server, "schedules"), i, schedule)
		put_schedule(b, schedule, i == 0 ? "schedules" : "");
}

static void
put_run(struct buf *b, const json_t *server)
{
	const json_t *run = json_object_get(server, "run");
	const char *by = json_get_text(run, "by", "");
	char since[CLOCK_TEXT_SIZE];
	CLEANUP(text_freep) char *text = NULL;

	if (!json_is_object(run) || *json_get_text(run, "id", "") == '\0')
		return;
	when_text(run, "started_at", "?", since);
	/* Over roost's own socket nobody has a name. */
	if (*by == '\0' || strcmp(by, "local") == 0)
		text = text_format("since %s", since);
	else
		text = text_format("since %s, woken by %s", since, by);
	put_line(b, "run", text);
}

/* The last output of a server that failed, as it was. */
static void
put_tail(struct buf *b, const char *tail)
{
	while (*tail != '\0') {
		size_t length = strcspn(tail, "\n");
		CLEANUP(text_freep) char *line = text_copy_n(tail, length);

		buf_put_text(b, "  | ");
		put_clean(b, line);
		buf_put_byte(b, '\n');
		tail += length + (tail[length] == '\n');
	}
}

static void
put_server(struct buf *b, const json_t *server)
{
	put_state(b, server);
	put_line(b, "reason", json_get_text(server, "reason", ""));
	put_line(b, "game", json_get_text(server, "game", ""));
	put_line(b, "version", json_get_text(server, "version", ""));
	put_line(b, "wanted", json_get_text(server, "wanted", ""));
	put_line(b, "address", json_get_text(server, "address", ""));
	put_list(b, "hosts", json_object_get(server, "hosts"));
	put_players(b, server);
	put_run(b, server);
	put_live(b, server);
	put_next(b, server);
	put_schedules(b, server);
	put_tail(b, json_get_text(server, "tail", ""));
}

static int
run(const struct invocation *in)
{
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = NULL;
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	int status;

	if (in->word_count == 0)
		return ls_command.run(in);
	status = client_new(in, &client);
	if (status != EXIT_DONE)
		return status;
	path = client_path("/v1/servers/%s", in->words[0]);
	status = client_ask(client, "GET", path, NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	put_server(&b, answer.json);
	print_buf(&b);
	return EXIT_DONE;
}

const struct command status_command = {
	.name = "status",
	.words = "[NAME]",
	.summary = "show one server in full, or all of them",
	.speaks = true,
	.most = 1,
	.run = run,
};
