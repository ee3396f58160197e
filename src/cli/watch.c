/* SPDX-License-Identifier: Apache-2.0 */
/* roost watch: the feed, one sentence a line, until interrupted. */

#include <stdio.h>
#include <string.h>

#include "cli/follow.h"
#include "cli/sentence.h"

static const struct option options[] = {
	{ "--after", 0, "POSITION",
	  "begin behind this place, EPOCH:OFFSET or OFFSET (0 = everything that is kept)" },
	{ "--channel", 0, "CHANNEL,...",
	  "only what is on these: servers, server/NAME, user/NAME, alerts, or one of your own" },
};

struct watching {
	bool json;
};

/* What the daemon says about the place we came back to. */
static void
say_place(const json_t *told)
{
	const char *verdict = json_get_text(told, "verdict", "");

	if (strstr(verdict, "gap") != NULL)
		(void)fprintf(stderr,
			      "roost: some events are missing here: they are no longer kept "
			      "(oldest is %lld)\n",
			      (long long)json_get_integer(told, "oldest", 0));
	else if (strstr(verdict, "epoch") != NULL)
		(void)fprintf(stderr, "roost: this place is not in the present record; it goes on "
				      "from what there is\n");
}

static bool
on_event(void *argument, const char *type, const json_t *event)
{
	const struct watching *w = argument;
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	char when[CLOCK_TEXT_SIZE] = "";
	struct instant t = json_get_instant(event, "time");
	enum colour colour;

	if (strncmp(type, "feed.", 5) == 0) {
		say_place(event);
		return true;
	}
	if (!json_is_object(event))
		return true;
	if (w->json) {
		CLEANUP(text_freep) char *line = json_text(event);

		(void)printf("%s\n", line);
	} else if (sentence_is_worth(event)) {
		if (instant_is_set(t))
			clock_text(t, clock_now(), when);
		colour = sentence_put(&b, event);
		(void)printf("%s%s%s  %s%s%s\n", colour_begin(COLOUR_QUIET), when, colour_end(),
			     colour_begin(colour), buf_text(&b),
			     colour != COLOUR_NONE ? colour_end() : "");
	}
	return fflush(stdout) == 0;
}

static void
on_lost(void *argument)
{
	(void)argument;
	(void)fprintf(stderr, "roost: the connection was lost; trying again\n");
}

/* Of a server that is not there nothing would ever come; its past may still be asked for. */
static int
check_server(struct client *client, const char *name)
{
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s", name);
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };

	return client_ask(client, "GET", path, NULL, &answer);
}

/* "a,b": each a parameter of its own. */
static void
put_channels(struct buf *path, const char *list)
{
	while (*list != '\0') {
		size_t length = strcspn(list, ",");
		CLEANUP(text_freep) char *name = text_copy_n(list, length);
		CLEANUP(text_freep) char *parameter = client_path("channel=%s", name);

		if (length > 0)
			buf_format(path, "%s%s", path->length > strlen("/v1/events?") ? "&" : "",
				   parameter);
		list += length + (list[length] == ',');
	}
}

static char *
path_of(const struct invocation *in)
{
	CLEANUP(buf_deinit) struct buf path = BUF_NULL;
	const char *channels = invocation_option(in, "--channel");
	const char *name = invocation_word(in, 0);

	buf_put_text(&path, "/v1/events?");
	if (channels != NULL)
		put_channels(&path, channels);
	if (name != NULL) {
		CLEANUP(text_freep) char *parameter = client_path("server=%s", name);

		buf_format(&path, "%s%s", path.length > strlen("/v1/events?") ? "&" : "",
			   parameter);
	}
	return buf_take_text(&path);
}

static int
run(const struct invocation *in)
{
	CLEANUP(text_freep) char *path = path_of(in);
	CLEANUP(client_freep) struct client *client = NULL;
	struct watching w = { .json = invocation_has(in, "--json") };
	const struct follower follower = { .on_event = on_event,
					   .on_lost = on_lost,
					   .argument = &w };
	const char *name = invocation_word(in, 0), *after = invocation_option(in, "--after");
	int status = client_new(in, &client);

	if (status == EXIT_DONE && name != NULL && after == NULL)
		status = check_server(client, name);
	return status != EXIT_DONE ? status : follow(client, path, after, &follower);
}

const struct command watch_command = {
	.name = "watch",
	.words = "[NAME]",
	.summary = "follow what happens, to one server or to all",
	.about =
		"Prints a sentence for every event until it is interrupted. A restart of roost is "
		"waited out, and nothing in between is missed. With --json every line is one event "
		"(CloudEvents 1.0).",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.most = 1,
	.run = run,
};
