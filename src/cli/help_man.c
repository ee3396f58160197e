/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page as roff (man(7)), from the same rows as `help`. */

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "model/config.h"

/* Text as roff takes it: no control line, no escape, hyphens that can be copied. */
static void
put(const char *text)
{
	if (*text == '.' || *text == '\'')
		(void)fputs("\\&", stdout);
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			(void)fputs("\\e", stdout);
		else if (*text == '-')
			(void)fputs("\\-", stdout);
		else if (*text == '`')
			(void)fputs("\\(cq", stdout);
		else
			(void)putchar(*text);
	}
}

static void
put_option(const struct option *o)
{
	(void)fputs(".TP\n\\fB", stdout);
	if (o->letter != 0)
		(void)printf("\\-%c\\fR, \\fB", o->letter);
	put(o->flag);
	(void)fputs("\\fR", stdout);
	if (o->argument != NULL) {
		(void)fputs(" \\fI", stdout);
		put(o->argument);
		(void)fputs("\\fR", stdout);
	}
	(void)putchar('\n');
	put(o->help);
	(void)putchar('\n');
}

static void
put_command(const struct command *c)
{
	(void)fputs(".SS \"roost ", stdout);
	put(c->name);
	if (*c->words != '\0') {
		(void)putchar(' ');
		put(c->words);
	}
	(void)fputs("\"\n", stdout);
	put(c->summary);
	(void)fputs(".\n", stdout);
	if (c->about != NULL) {
		(void)fputs(".PP\n", stdout);
		put(c->about);
		(void)putchar('\n');
	}
	for (size_t i = 0; i < c->option_count; i++)
		put_option(&c->options[i]);
}

static void
put_common(void)
{
	const struct command *c = &ls_command;

	ASSERT(c->speaks);
	(void)fputs(".SH OPTIONS OF COMMANDS THAT SPEAK TO THE DAEMON\n", stdout);
	for (size_t i = c->option_count; command_option(c, i) != NULL; i++)
		put_option(command_option(c, i));
}

static void
put_settings(const struct setting_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct setting *row = &table->rows[i];
		char allowed[256];

		setting_allowed(row, allowed, sizeof allowed);
		(void)fputs(".TP\n\\fB", stdout);
		put(row->path);
		(void)fputs("\\fR\n", stdout);
		put(row->help);
		(void)fputs(".\n", stdout);
		put(allowed);
		if (row->initial != NULL && *row->initial != '\0') {
			(void)fputs("; default ", stdout);
			put(row->initial);
		}
		(void)fputs(".\n", stdout);
	}
}

void
print_man(void)
{
	(void)printf(".TH ROOST 1 \"\" \"roost %s\" \"roost\"\n", ROOST_VERSION);
	(void)fputs(
		".SH NAME\nroost \\- keep game servers that sleep until somebody comes\n"
		".SH SYNOPSIS\n.B roost\n.I COMMAND\n[...]\n"
		".SH DESCRIPTION\n"
		"A player knocks at the gate; the server is woken; the player is held until it is "
		"ready. When the last player has been gone long enough, the server sleeps again.\n"
		".SH COMMANDS\n",
		stdout);
	for (size_t i = 0; i < command_count(); i++)
		put_command(command_at(i));
	put_common();
	(void)fputs(
		".SH EXIT STATUS\n0 done; 1 refused or failed, with one line on standard error; "
		"2 wrong usage.\n"
		".SH SETTINGS\nIn the configuration file, or in the environment as ROOST_ and the "
		"path in capitals with underscores.\n",
		stdout);
	put_settings(config_settings());
	(void)fputs(".SH SETTINGS OF A SERVER\n", stdout);
	put_settings(server_settings());
}
