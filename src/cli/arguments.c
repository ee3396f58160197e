/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments against a command's rows. `--flag value`, `--flag=value`, `-f value`;
 * `--` ends the options. Values that hold secrets are never repeated.
 */

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "model/setting.h"
#include "model/spec.h"

static const struct option common[] = {
	{ "--url", 0, "URL", "the daemon's address when it is on another machine (ROOST_URL)" },
	{ "--token", 0, "TOKEN",
	  "a token for it; better in ROOST_TOKEN or ROOST_TOKEN_FILE, which others cannot see" },
	{ "--config", 0, "FILE", "the configuration of the daemon on this machine (ROOST_CONFIG)" },
	{ "--json", 0, NULL, "print JSON for programs" },
};

const struct option *
command_option(const struct command *command, size_t index)
{
	if (index < command->option_count)
		return &command->options[index];
	index -= command->option_count;
	return command->speaks && index < ELEMENTS(common) ? &common[index] : NULL;
}

static size_t
option_count(const struct command *command)
{
	return command->option_count + (command->speaks ? ELEMENTS(common) : 0);
}

/* The index of the option that `text` of `length` bytes names, or option_count(). */
static size_t
find_flag(const struct command *command, const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < option_count(command); i++) {
		const struct option *o = command_option(command, i);

		if (strlen(o->flag) == length && strncmp(o->flag, text, length) == 0)
			break;
		if (length == 2 && text[0] == '-' && o->letter != 0 && o->letter == text[1])
			break;
	}
	return i;
}

static int
unknown_flag(const struct command *command, const char *text, size_t length, char why[WHY_SIZE])
{
	const char *flags[OPTIONS_LIMIT];
	size_t count = option_count(command);
	CLEANUP(text_freep) char *flag = text_copy_n(text, length);
	const char *meant;

	for (size_t i = 0; i < count; i++)
		flags[i] = command_option(command, i)->flag;
	meant = word_suggest(flag, flags, count);
	(void)snprintf(why, WHY_SIZE, "there is no option %.60s%s%s%s", flag,
		       meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "",
		       meant != NULL ? "?" : "");
	return EXIT_MISUSED;
}

/* One option at argv[*at]; moves *at over its value. */
static int
parse_option(int argc, char **argv, int *at, struct invocation *in, char why[WHY_SIZE])
{
	const char *text = argv[*at];
	size_t length = strcspn(text, "=");
	size_t i = find_flag(in->command, text, length);
	const struct option *o;

	if (i == option_count(in->command))
		return unknown_flag(in->command, text, length, why);
	o = command_option(in->command, i);
	if (o->argument == NULL) {
		if (text[length] == '=') {
			(void)snprintf(why, WHY_SIZE, "%s takes no value", o->flag);
			return EXIT_MISUSED;
		}
		in->values[i] = "";
		return EXIT_DONE;
	}
	if (text[length] == '=') {
		in->values[i] = text + length + 1;
	} else if (*at + 1 < argc) {
		in->values[i] = argv[++*at];
	} else {
		(void)snprintf(why, WHY_SIZE, "%s needs a value: %s %s", o->flag, o->flag,
			       o->argument);
		return EXIT_MISUSED;
	}
	return EXIT_DONE;
}

/* A command about a server: what could not be one's name never reaches a path. */
static int
check_name(const struct invocation *in, char why[WHY_SIZE])
{
	const char *words = in->command->words;

	if (in->word_count == 0 || (strcmp(words, "NAME") != 0 && strcmp(words, "[NAME]") != 0) ||
	    server_name_is_valid(in->words[0]))
		return EXIT_DONE;
	(void)snprintf(why, WHY_SIZE,
		       "'%.60s' cannot be a server's name: that is 1 to %d of a-z, 0-9 and '-'",
		       in->words[0], SERVER_NAME_LIMIT);
	return EXIT_MISUSED;
}

static int
check_words(const struct invocation *in, char why[WHY_SIZE])
{
	const struct command *c = in->command;

	if (in->help)
		return EXIT_DONE;
	if (in->word_count >= c->least && in->word_count <= c->most)
		return check_name(in, why);
	if (in->word_count < c->least)
		(void)snprintf(why, WHY_SIZE, "something is missing: roost %s %s", c->name,
			       c->words);
	else
		(void)snprintf(why, WHY_SIZE, "'%.60s' is too much: roost %s %s",
			       in->words[c->most], c->name, c->words);
	return EXIT_MISUSED;
}

int
invocation_parse(const struct command *command, int argc, char **argv,
		 struct invocation *ret_invocation, char why[static WHY_SIZE])
{
	struct invocation in = { .command = command };
	bool options = true;

	ASSERT(option_count(command) <= OPTIONS_LIMIT && command->most < WORDS_LIMIT);
	for (int i = 0; i < argc; i++) {
		int status;

		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options &&
			   (strcmp(argv[i], "--help") == 0 || (strcmp(argv[i], "-h") == 0))) {
			in.help = true;
		} else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
			status = parse_option(argc, argv, &i, &in, why);
			if (status != EXIT_DONE)
				return status;
		} else if (in.word_count < WORDS_LIMIT) {
			in.words[in.word_count++] = argv[i];
		}
	}
	*ret_invocation = in;
	return check_words(&in, why);
}

const char *
invocation_option(const struct invocation *invocation, const char *flag)
{
	size_t i = find_flag(invocation->command, flag, strlen(flag));

	ASSERT(i < OPTIONS_LIMIT);
	return invocation->values[i];
}

bool
invocation_has(const struct invocation *invocation, const char *flag)
{
	return invocation_option(invocation, flag) != NULL;
}

const char *
invocation_word(const struct invocation *invocation, size_t index)
{
	return index < invocation->word_count ? invocation->words[index] : NULL;
}
