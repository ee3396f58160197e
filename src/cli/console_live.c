/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live console. What makes it hard is that three things happen at once (lines come,
 * a line is typed, the connection goes and comes back) and none may disturb the others:
 * so one place waits for all of them, and everything shown goes through show().
 */

#include "cli/console_live.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/client_socket.h"
#include "cli/prompt.h"
#include "cli/terminal.h"
#include "wire/ansi.h"

#define FIRST_PAUSE_MS	 250
#define LONGEST_PAUSE_MS 5000
#define QUIET_MS	 60000	/* roost pings every 25 s: beyond this it is gone */
#define SPEAK_EVERY_MS	 120000 /* pings of WebSocket do not keep it open, messages do */
#define LINGER_MS	 700	/* after the last line of a script: what the game says to it */
#define LINGER_MOST_MS	 5000
#define AGAIN_MS	 1000 /* between two tries of a line that came too soon */
#define LINE_LIMIT	 1000 /* bytes, as the API takes them */
#define SUBSCRIBE_ID	 0

struct live {
	struct client *client;
	const struct console_wish *wish;
	struct client_socket *socket; /* NULL: lost */
	struct prompt *prompt;	      /* NULL: no terminal, or nothing is read */
	bool listening;		      /* subscribed, and the tail was shown */
	bool ended, refused, lost_told, began;
	int64_t last;					  /* number of the last line shown */
	int64_t serial;					  /* of the last command */
	bool waits;					  /* for the answer to it */
	char *said;					  /* that command, to say it again */
	struct instant try_at, say_at, spoke_at, told_at; /* NEVER: not */
	int pause;
	struct buf input; /* of a script, not yet said */
	bool input_over;
	struct instant over_at;
};

/* --- showing ---------------------------------------------------------------------------------- */

void
console_put_line(struct buf *to, const char *line, bool colours)
{
	char shown[ANSI_LINE_SIZE];

	if (colours)
		(void)ansi_keep(shown, sizeof shown, line, strlen(line));
	else
		ansi_strip(shown, sizeof shown, line, strlen(line));
	buf_put_text(to, shown);
}

static void
show(struct live *live, const char *text, bool colours)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	console_put_line(&b, text, colours);
	if (live->prompt != NULL) {
		prompt_print(live->prompt, buf_text(&b));
	} else {
		(void)printf("%s\n", buf_text(&b));
		(void)fflush(stdout);
	}
}

/* What roost has to say itself: between the lines on a terminal, else apart from them. */
static void tell(struct live *live, const char *format, ...) printf_like(2, 3);

static void
tell(struct live *live, const char *format, ...)
{
	char text[1024], line[1100];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	(void)snprintf(line, sizeof line, "roost: %s", text);
	if (live->prompt != NULL) {
		(void)snprintf(line, sizeof line, "\033[2mroost: %s", text);
		show(live, line, live->wish->colours);
		return;
	}
	text_clean(text, sizeof text, line, strlen(line));
	(void)fprintf(stderr, "%s\n", text);
}

static void
show_line(struct live *live, int64_t number, const char *line, const char *ansi)
{
	if (number <= live->last)
		return;
	live->last = number;
	live->told_at = clock_now();
	show(live, live->wish->colours && ansi != NULL ? ansi : line, live->wish->colours);
}

/* --- the connection --------------------------------------------------------------------------- */

static void
end(struct live *live, const char *why)
{
	tell(live, "%s", why);
	live->refused = live->ended = true;
}

static void
lose(struct live *live)
{
	client_socket_free(TAKE(live->socket));
	live->listening = false;
	live->try_at = clock_now();
	if (!live->waits)
		return;
	live->waits = false;
	tell(live,
	     "the connection was lost before an answer came: '%.200s' may or may not have "
	     "reached the game",
	     live->said);
	live->refused = true;
}

static bool
say(struct live *live, json_t *message)
{
	bool said = live->socket != NULL && client_socket_say(live->socket, message);

	json_decref(message);
	live->spoke_at = clock_now();
	if (!said && live->socket != NULL)
		lose(live);
	return said;
}

static void
subscribe(struct live *live)
{
	CLEANUP(text_freep) char *channel = text_format("console/%s", live->wish->name);

	(void)say(live, json_pack("{s:s, s:i, s:[s]}", "action", "subscribe", "id", SUBSCRIBE_ID,
				  "channels", channel));
}

static void
connect_again(struct live *live)
{
	char problem[SOCKET_PROBLEM_SIZE];
	int status;

	live->try_at = NEVER;
	live->socket = client_socket_open(live->client, problem, &status);
	if (live->socket != NULL) {
		live->spoke_at = clock_now();
		subscribe(live);
		return;
	}
	if (!live->began || (status >= 400 && status < 500)) {
		end(live, problem);
		return;
	}
	if (!live->lost_told)
		tell(live, "the connection was lost; trying again");
	live->lost_told = true;
	live->try_at = instant_add(clock_now(), DURATION_MS(live->pause));
	live->pause = live->pause * 2 < LONGEST_PAUSE_MS ? live->pause * 2 : LONGEST_PAUSE_MS;
}

/* --- what was said before --------------------------------------------------------------------- */

static void
show_tail(struct live *live, const json_t *json)
{
	const json_t *lines = json_object_get(json, "lines");
	const json_t *numbers = json_object_get(json, "numbers");
	int64_t next = json_get_integer(json, "next", 0);
	size_t i;
	json_t *line;

	if (json_get_bool(json, "gap", false))
		tell(live, "some lines are missing here: they came while there was no connection, "
			   "and are no longer kept");
	if (next <= live->last)
		live->last = next - 1; /* it counts anew */
	json_array_foreach(lines, i, line)
	{
		const char *text = json_string_value(line);

		if (text != NULL)
			show_line(live, json_integer_value(json_array_get(numbers, i)), text, text);
	}
}

/* Lines are live from here on; what was before is asked for. */
static void
begin(struct live *live)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *base = client_path("/v1/servers/%s/console", live->wish->name);
	CLEANUP(text_freep) char *path = NULL;

	if (live->last > 0)
		path = text_format("%s?ansi=true&after=%lld", base, (long long)live->last);
	else
		path = text_format("%s?ansi=true&tail=%u", base,
				   live->wish->tail > 0 ? live->wish->tail : 1);
	client_call(live->client, "GET", path, NULL, &answer);
	if (!answer_is_good(&answer)) {
		if (answer.status >= 400 && answer.status < 500)
			end(live, answer.problem);
		else
			lose(live);
		return;
	}
	if (live->lost_told)
		tell(live, "connected again");
	live->lost_told = false;
	live->pause = FIRST_PAUSE_MS;
	if (live->last == 0 && live->wish->tail == 0)
		live->last = json_get_integer(answer.json, "next", 1) - 1;
	else
		show_tail(live, answer.json);
	live->began = live->listening = true;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void
on_answer(struct live *live, const json_t *message)
{
	const json_t *problem = json_object_get(message, "problem");
	const char *detail = json_get_text(problem, "detail", "roost refused it");
	const json_t *wrong = json_array_get(json_object_get(problem, "errors"), 0);
	bool good = json_get_bool(message, "ok", false);
	int64_t id = json_get_integer(message, "id", -1);

	if (id == SUBSCRIBE_ID) {
		if (good)
			begin(live);
		else
			end(live, detail);
		return;
	}
	if (!live->waits || id != live->serial)
		return;
	live->waits = false;
	live->told_at = clock_now();
	if (good)
		return;
	if (json_get_integer(message, "status", 0) == 429 && live->prompt == NULL) {
		live->say_at = instant_add(clock_now(), DURATION_MS(AGAIN_MS));
		return;
	}
	live->refused = true;
	tell(live, "%.400s%s%.200s", detail, wrong != NULL ? ": the line " : "",
	     json_get_text(wrong, "detail", ""));
}

static void
on_message(void *argument, const json_t *message)
{
	struct live *live = argument;
	const char *type = json_get_text(message, "type", "");

	if (live->ended)
		return;
	if (strcmp(type, "answer") == 0)
		on_answer(live, message);
	else if (strcmp(type, "console") == 0 && live->listening)
		show_line(live, json_get_integer(message, "number", 0),
			  json_get_text(message, "line", ""), json_get_text(message, "ansi", NULL));
}

/* --- commands --------------------------------------------------------------------------------- */

static void
say_again(struct live *live)
{
	live->say_at = NEVER;
	live->waits = say(live, json_pack("{s:s, s:I, s:s, s:s}", "action", "command", "id",
					  (json_int_t)++live->serial, "server", live->wish->name,
					  "line", live->said));
}

static void
command(struct live *live, const char *line)
{
	size_t length = strlen(line), printable = text_printable_length(line, length);

	if (length == 0)
		return;
	if (length > LINE_LIMIT)
		tell(live, "the line was not sent: it has more than %d bytes", LINE_LIMIT);
	else if (printable < length)
		tell(live, "the line was not sent: behind its byte %zu is what is no text",
		     printable);
	if (length > LINE_LIMIT || printable < length) {
		live->refused = true;
		return;
	}
	if (!live->listening) {
		tell(live, "there is no connection just now; the line was not sent");
		live->refused = true;
		return;
	}
	mem_free(live->said);
	live->said = text_copy(line);
	say_again(live);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static int
watch_fd(void *argument)
{
	const struct live *live = argument;

	return live->socket != NULL ? client_socket_fd(live->socket) : -1;
}

static void
sooner(struct instant *at, struct instant other)
{
	if (instant_is_set(other) && (!instant_is_set(*at) || other.ms < at->ms))
		*at = other;
}

static struct instant
lingers_until(const struct live *live)
{
	struct instant quiet, most = instant_add(live->over_at, DURATION_MS(LINGER_MOST_MS));

	if (live->serial == 0)
		return live->over_at;
	quiet = instant_add(live->told_at.ms > live->over_at.ms ? live->told_at : live->over_at,
			    DURATION_MS(LINGER_MS));
	return quiet.ms < most.ms ? quiet : most;
}

static bool
is_done(const struct live *live)
{
	return live->input_over && live->input.length == 0 && !live->waits &&
	       !instant_is_set(live->say_at);
}

static int
patience(void *argument)
{
	const struct live *live = argument;
	struct instant at = live->try_at, now = clock_now();

	sooner(&at, live->say_at);
	if (live->socket != NULL) {
		sooner(&at, instant_add(client_socket_alive(live->socket), DURATION_MS(QUIET_MS)));
		sooner(&at, instant_add(live->spoke_at, DURATION_MS(SPEAK_EVERY_MS)));
	}
	if (is_done(live) && live->listening)
		sooner(&at, lingers_until(live));
	if (!instant_is_set(at))
		return -1;
	return at.ms <= now.ms ? 0 : (int)(at.ms - now.ms);
}

static bool
has_passed(struct instant at)
{
	return instant_is_set(at) && instant_reached(clock_now(), at);
}

static bool
on_event(void *argument)
{
	struct live *live = argument;

	if (live->socket != NULL && !client_socket_read(live->socket, on_message, live) &&
	    !live->ended)
		lose(live);
	if (live->socket != NULL &&
	    has_passed(instant_add(client_socket_alive(live->socket), DURATION_MS(QUIET_MS))))
		lose(live);
	if (live->socket != NULL &&
	    has_passed(instant_add(live->spoke_at, DURATION_MS(SPEAK_EVERY_MS))))
		(void)say(live, json_pack("{s:s}", "action", "ping"));
	if (has_passed(live->try_at) && live->socket == NULL)
		connect_again(live);
	if (has_passed(live->say_at) && live->listening)
		say_again(live);
	return !live->ended;
}

/* --- a terminal ------------------------------------------------------------------------------- */

static void
talk_at_terminal(struct live *live)
{
	char *line;

	while (!live->ended && (line = prompt_read(live->prompt)) != NULL) {
		command(live, line);
		mem_free(line);
	}
	/* A line that was refused was told, and typed again or not: that is no failure of the whole. */
	if (!live->ended)
		live->refused = false;
}

/* --- anything else ---------------------------------------------------------------------------- */

/* The first line of the input, when there is a whole one and nothing is in its way. */
static void
next_of_script(struct live *live)
{
	while (live->listening && !live->waits && !instant_is_set(live->say_at) &&
	       live->input.length > 0) {
		const char *stop = memchr(live->input.data, '\n', live->input.length);
		size_t length = stop != NULL ? (size_t)(stop - (const char *)live->input.data)
					     : live->input.length;
		CLEANUP(text_freep) char *line = NULL;

		if (stop == NULL && !live->input_over && length <= LINE_LIMIT + 1)
			return;
		line = text_copy_n((const char *)live->input.data, length);
		buf_drop(&live->input, length + (stop != NULL));
		line[strcspn(line, "\r")] = '\0';
		command(live, line);
	}
}

static void
read_input(struct live *live)
{
	char bytes[4096];
	ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);

	if (got > 0) {
		buf_put(&live->input, bytes, (size_t)got);
		return;
	}
	live->input_over = true;
	live->over_at = clock_now();
}

static void
talk_by_input(struct live *live)
{
	live->input_over = false;
	while (on_event(live)) {
		bool reads = !live->wish->only_follow && !live->input_over && live->listening &&
			     live->input.length < sizeof(char[65536]);
		struct pollfd polls[2] = { { .fd = reads ? STDIN_FILENO : -1, .events = POLLIN },
					   { .fd = watch_fd(live), .events = POLLIN } };

		next_of_script(live);
		if (is_done(live) && live->listening && has_passed(lingers_until(live)))
			return;
		if (poll(polls, 2, patience(live)) > 0 && polls[0].revents != 0)
			read_input(live);
	}
}

int
console_live(struct client *client, const struct console_wish *wish)
{
	struct live live = { .client = client, .wish = wish, .pause = FIRST_PAUSE_MS };
	const struct prompt_watch watch = { watch_fd, patience, on_event, &live };
	CLEANUP(text_freep) char *text = text_format("%s> ", wish->name);

	live.try_at = clock_now();
	/* Refused at once, or connected: before anything is drawn. */
	(void)on_event(&live);
	if (!live.ended && !wish->only_follow && terminal_is_tty(STDIN_FILENO) &&
	    terminal_is_tty(STDOUT_FILENO))
		live.prompt = prompt_new(text, &watch);
	if (live.prompt != NULL)
		talk_at_terminal(&live);
	else if (!live.ended)
		talk_by_input(&live);
	prompt_free(live.prompt);
	client_socket_free(live.socket);
	buf_deinit(&live.input);
	mem_free(live.said);
	return live.refused ? EXIT_REFUSED : EXIT_DONE;
}
