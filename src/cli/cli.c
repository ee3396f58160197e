/* SPDX-License-Identifier: Apache-2.0 */
/* From argv to a command: find it, check what follows, run it. */

#include "cli/cli.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "model/setting.h"

static const struct command *const commands[] = {
	&serve_command,	 &apply_command,    &ls_command,      &status_command,	&wake_command,
	&sleep_command,	 &watch_command,    &players_command, &roster_command,	&op_command,
	&backup_command, &backups_command,  &restore_command, &console_command, &user_command,
	&token_command,	 &template_command, &webhook_command, &rm_command,	&install_command,
	&doctor_command, &practice_command, &help_command,
};

size_t
command_count(void)
{
	return ELEMENTS(commands);
}

const struct command *
command_at(size_t index)
{
	ASSERT(index < ELEMENTS(commands));
	return commands[index];
}

const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < ELEMENTS(commands); i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

/* What is said may quote a peer: nothing of it may steer the terminal. */
static void
say(const char *format, va_list arguments)
{
	char text[1024], clean[1024];

	(void)vsnprintf(text, sizeof text, format, arguments);
	text_clean(clean, sizeof clean, text, strlen(text));
	(void)fflush(stdout);
	(void)fprintf(stderr, "roost: %s\n", clean);
}

int
refused(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
	return EXIT_REFUSED;
}

int
misused(const struct invocation *invocation, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
	(void)fprintf(stderr, "See `roost help %s`.\n", invocation->command->name);
	return EXIT_MISUSED;
}

static int
unknown_command(const char *name)
{
	const char *names[ELEMENTS(commands)];
	const char *meant;

	for (size_t i = 0; i < ELEMENTS(commands); i++)
		names[i] = commands[i]->name;
	meant = word_suggest(name, names, ELEMENTS(commands));
	(void)refused("there is no command '%.40s'%s%s%s", name,
		      meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "",
		      meant != NULL ? "?" : "");
	(void)fprintf(stderr, "See `roost help`.\n");
	return EXIT_MISUSED;
}

static const struct cli_hook *
hook_find(const struct cli_hook *hooks, const char *name)
{
	for (; hooks != NULL && hooks->name != NULL; hooks++) {
		if (strcmp(hooks->name, name) == 0)
			return hooks;
	}
	return NULL;
}

static bool
asks_for_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return true;
	}
	return false;
}

static int
run(const struct command *command, int argc, char **argv, const struct cli_parts *parts)
{
	struct invocation invocation;
	char why[WHY_SIZE];
	int status = invocation_parse(command, argc, argv, &invocation, why);

	invocation.command = command;
	invocation.parts = parts;
	if (status != EXIT_DONE)
		return misused(&invocation, "%s", why);
	if (invocation.help) {
		print_command_help(command);
		return EXIT_DONE;
	}
	if (command->run == NULL)
		return refused("this build has no `%s`", command->name);
	/* A pipe closed by `head` ends the printing, quietly, like everywhere else. */
	(void)signal(SIGPIPE, SIG_DFL);
	return command->run(&invocation);
}

int
cli_main(int argc, char **argv, const struct cli_parts *parts)
{
	const char *name = argc > 1 ? argv[1] : "help";
	const struct command *command = command_find(name);
	const struct cli_hook *hook = hook_find(parts->hooks, name);

	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
		(void)printf("roost %s\n", ROOST_VERSION);
		return EXIT_DONE;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		print_overview();
		return EXIT_DONE;
	}
	if (hook != NULL && (command == NULL || !asks_for_help(argc - 2, argv + 2)))
		return hook->run(argc - 1, argv + 1);
	if (command == NULL)
		return unknown_command(name);
	return run(command, argc > 2 ? argc - 2 : 0, argv + 2, parts);
}
