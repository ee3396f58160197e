/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `roost practice`, from model/practice_option.def, which the command line prints too. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/quantity.h"
#include "practice/inner.h"

#define DEFAULT_PORT	 25570
#define COUNT_MAX	 100000
#define WORLD_PATH_LIMIT 4000 /* bytes; a file's name comes behind it */

enum option_name {
#define OPTION(name, word, argument, what) OPTION_##name,
#include "model/practice_option.def"
	OPTION_MAX_NAME
};

static const struct {
	const char *word, *argument, *what;
} options[] = {
#define OPTION(name, word, argument, what) [OPTION_##name] = { word, argument, what },
#include "model/practice_option.def"
};

static void
print_help(void)
{
	printf("roost practice - a stand-in for a game server. It is not a game.\n\n"
	       "usage: roost practice [OPTION...]\n\n");
	for (size_t i = 0; i < ELEMENTS(options); i++) {
		CLEANUP(text_freep)
		char *form = text_format("--%s%s%s", options[i].word,
					 options[i].argument != NULL ? " " : "",
					 options[i].argument != NULL ? options[i].argument : "");

		printf("  %-24s %s\n", form, options[i].what);
	}
	printf("\nIts console and its log are a vanilla server's: `help` there tells the commands. "
	       "Who may\n"
	       "play is in whitelist.json, ops.json, banned-players.json and banned-ips.json where "
	       "it is\n"
	       "started; white-list=true in server.properties lets in only whom the first names.\n"
	       "Ends with 0 when stopped, 1 when it could not run, 3 after a crash.\n");
}

static bool
count_parse(const char *text, unsigned *ret_count)
{
	char *end;
	unsigned long count = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || count > COUNT_MAX)
		return false;
	*ret_count = (unsigned)count;
	return true;
}

static bool
motd_parse(const char *text, const char **ret_motd)
{
	*ret_motd = text;
	return strlen(text) < MOTD_LIMIT;
}

/* long: one case an option. */
static bool
option_take(enum option_name name, const char *text, struct practice_options *to)
{
	switch (name) {
	case OPTION_LISTEN:
		return endpoint_parse(text, &to->listen);
	case OPTION_BOOT:
		return duration_parse(text, &to->boot);
	case OPTION_STAY:
		return duration_parse(text, &to->stay);
	case OPTION_CRASH_AFTER:
		return duration_parse(text, &to->crash_after);
	case OPTION_SLOW_STOP:
		return duration_parse(text, &to->slow_stop);
	case OPTION_PLAYERS:
		return count_parse(text, &to->players);
	case OPTION_MAX:
		return count_parse(text, &to->max);
	case OPTION_MEMORY:
		return size_parse(text, &to->memory);
	case OPTION_MOTD:
		return motd_parse(text, &to->motd);
	case OPTION_OPEN_EARLY:
		to->open_early = true;
		return true;
	case OPTION_FAIL_BOOT:
		to->fail_boot = true;
		return true;
	case OPTION_IGNORE_STOP:
		to->ignore_stop = true;
		return true;
	case OPTION_PROXY_PROTOCOL:
		to->proxy_protocol = true;
		return true;
	case OPTION_TCP:
		to->tcp = true;
		return true;
	case OPTION_WORLD:
		to->world = text;
		return *text != '\0' && strlen(text) < WORLD_PATH_LIMIT;
	case OPTION_SLOW_SAVE:
		return duration_parse(text, &to->slow_save);
	case OPTION_NEVER_SAVES:
		to->never_saves = true;
		return true;
	case OPTION_FAIL_SAVES:
		to->fail_saves = true;
		return true;
	case OPTION_HIDE_PLAYERS:
		to->hide_players = true;
		return true;
	case OPTION_HELP:
	case OPTION_MAX_NAME:
		break;
	}
	return false;
}

static bool
port_from_environment(struct practice_options *to)
{
	const char *port = getenv("SERVER_PORT");
	unsigned number;

	if (port == NULL || *port == '\0')
		return true;
	if (!count_parse(port, &number) || number == 0 || number > UINT16_MAX) {
		fprintf(stderr, "roost practice: SERVER_PORT is \"%s\", and should be a port\n",
			port);
		return false;
	}
	to->listen.port = (uint16_t)number;
	return true;
}

int
practice_options_parse(int argc, char **argv, struct practice_options *ret_options)
{
	struct option known[ELEMENTS(options) + 1] = { 0 };
	struct practice_options parsed = { .listen = { "127.0.0.1", DEFAULT_PORT },
					   .crash_after = { -1 },
					   .max = 20,
					   .motd = "roost practice" };
	int name;

	for (size_t i = 0; i < ELEMENTS(options); i++) {
		known[i].name = options[i].word;
		known[i].has_arg = options[i].argument != NULL ? required_argument : no_argument;
		known[i].val = (int)i;
	}
	if (!port_from_environment(&parsed))
		return 2;
	optind = 1;
	while ((name = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (name == OPTION_HELP) {
			print_help();
			return 0;
		}
		if (name == '?') {
			fprintf(stderr, "See `roost practice --help`.\n");
			return 2;
		}
		if (!option_take((enum option_name)name, optarg, &parsed)) {
			fprintf(stderr, "roost practice: --%s does not take \"%s\", but a %s\n",
				options[name].word, optarg, options[name].argument);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr,
			"roost practice: \"%s\" is no option. See `roost practice --help`.\n",
			argv[optind]);
		return 2;
	}
	*ret_options = parsed;
	return -1;
}
