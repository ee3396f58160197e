/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_COMMAND_H
#define ROOST_COMMAND_H

/*
 * A command as a value: what it is called, what it takes, what it does. Usage,
 * `roost help`, `--help` and the man page are printed from these rows; the
 * arguments are checked against them before `run` is called.
 */

#include "base/base.h"

enum exit_status {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,
	EXIT_MISUSED = 2
};

struct option {
	const char *flag;	/* "--wait" */
	char letter;		/* 'f' for -f, or 0 */
	const char *argument;	/* "FILE"; NULL = takes none */
	const char *help;
};

struct invocation;
struct cli_parts;	/* cli/cli.h */

struct command {
	const char *name;
	const char *words;		/* what follows the name: "NAME", "[NAME]", "add NAME | ..." */
	const char *summary;		/* one line, no full stop */
	const char *about;		/* paragraphs of text, or NULL */
	const struct option *options;
	size_t option_count;
	bool speaks;			/* to the daemon: also takes --url, --token, --config, --json */
	unsigned least, most;		/* number of words */
	int (*run)(const struct invocation *invocation);	/* NULL: a hook runs it */
};

#define WORDS_LIMIT   64
#define OPTIONS_LIMIT 24

/* The arguments of one call. All text is argv's. */
struct invocation {
	const struct command *command;
	const char *words[WORDS_LIMIT];
	size_t word_count;
	const char *values[OPTIONS_LIMIT];	/* of option i of the command, common ones behind */
	bool help;			/* --help was among them */
	const struct cli_parts *parts;
};

/* All commands in the order `help` shows them. */
size_t command_count(void);
const struct command *command_at(size_t index);
const struct command *command_find(const char *name);	/* NULL: none */

/* The options of a command, its own and then the common ones; NULL behind the last. */
const struct option *command_option(const struct command *command, size_t index);

/*
 * Check arguments (without the command's name). EXIT_DONE, or EXIT_MISUSED with
 * a sentence in `why`.
 */
#define WHY_SIZE 256
int invocation_parse(const struct command *command, int argc, char **argv,
		     struct invocation *ret_invocation, char why[static WHY_SIZE]);

/* The value of `--flag`: NULL when not given, "" when it takes none. */
const char *invocation_option(const struct invocation *invocation, const char *flag);
bool invocation_has(const struct invocation *invocation, const char *flag);
const char *invocation_word(const struct invocation *invocation, size_t index);	/* or NULL */

/* One line on stderr: what, why, what to do. Return the exit status. */
int refused(const char *format, ...) printf_like(1, 2);
int misused(const struct invocation *invocation, const char *format, ...) printf_like(2, 3);

/* Printed from the rows: help.c, help_man.c, help_bash.c. */
void print_usage(const struct command *command);
void print_command_help(const struct command *command);
void print_overview(void);
void print_man(void);
void print_bash_completion(void);
void print_settings(bool markdown);

extern const struct command serve_command, apply_command, rm_command, install_command, ls_command, status_command, wake_command,
	sleep_command, watch_command, players_command, roster_command, op_command, backup_command, backups_command, restore_command,
	console_command, user_command,
	token_command, template_command, webhook_command, doctor_command, practice_command, help_command;

#endif
