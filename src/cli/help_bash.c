/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for bash, from the same rows as `help`. Names of servers are asked of the daemon. */

#include <stdio.h>
#include <string.h>

#include "cli/command.h"

/* The words of "[ls | add NAME | rm NAME]" that are written as they are: those in small letters. */
static void
put_words(const char *text)
{
	while (*text != '\0') {
		size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz");

		if (length > 1 &&
		    (text[length] == ' ' || text[length] == '\0' || text[length] == ']'))
			(void)printf(" %.*s", (int)length, text);
		text += length > 0 ? length : strcspn(text, "abcdefghijklmnopqrstuvwxyz");
	}
}

static void
put_command(const struct command *c)
{
	(void)printf("\t%s) words='", c->name);
	for (size_t i = 0; command_option(c, i) != NULL; i++)
		(void)printf("%s%s", i == 0 ? "" : " ", command_option(c, i)->flag);
	put_words(c->words);
	(void)fputs("'", stdout);
	if (c->speaks &&
	    (text_starts_with(c->words, "NAME") || text_starts_with(c->words, "[NAME")))
		(void)fputs(" names=yes", stdout);
	(void)fputs(" ;;\n", stdout);
}

void
print_bash_completion(void)
{
	(void)fputs(
		"# bash completion for roost; printed by `roost help --bash`.\n"
		"_roost() {\n"
		"\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\tlocal words='' names=\n"
		"\tcase $previous in\n"
		"\t-f|--file|--config|--password-file) COMPREPLY=($(compgen -f -- \"$current\")); "
		"return ;;\n"
		"\t--role) COMPREPLY=($(compgen -W 'player staff admin' -- \"$current\")); return "
		";;\n"
		"\tesac\n"
		"\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		"\t\twords='",
		stdout);
	for (size_t i = 0; i < command_count(); i++)
		(void)printf("%s%s", i == 0 ? "" : " ", command_at(i)->name);
	(void)fputs("'\n\telse case ${COMP_WORDS[1]} in\n", stdout);
	for (size_t i = 0; i < command_count(); i++)
		put_command(command_at(i));
	(void)fputs("\tesac; fi\n"
		    "\tif [ -n \"$names\" ]; then\n"
		    "\t\twords=\"$words $(roost ls 2>/dev/null | sed -n '2,$s/ .*//p')\"\n"
		    "\tfi\n"
		    "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
		    "}\n"
		    "complete -F _roost roost\n",
		    stdout);
}
