/* SPDX-License-Identifier: Apache-2.0 */
/*
 * describe_templates HEAD - prints docs/templates.md: the hand-written HEAD, then the
 * reference from the tables of core/model. tools/lint.sh compares the page with this.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/template.h"

static const struct {
	const char *word, *help;
} types[] = {
#define VARIABLE_TYPE(name, wire, help) { wire, help },
#include "model/variable_type.def"
};

static const struct {
	const char *word, *help;
} formats[] = {
#define FILE_FORMAT(name, wire, help) { wire, help },
#include "model/file_format.def"
};

static const struct {
	const char *word, *must, *may, *help;
} verbs[] = {
#define INSTALL_VERB(name, wire, must, may, help) { wire, must, may, help },
#include "model/install_verb.def"
};

static _Noreturn void
fail(const char *what)
{
	(void)fprintf(stderr, "describe_templates: %s\n", what);
	exit(1);
}

static void
print_head(const char *path)
{
	FILE *head = fopen(path, "r");
	int c;

	if (head == NULL)
		fail("HEAD cannot be read");
	while ((c = getc(head)) != EOF)
		putchar(c);
	(void)fclose(head);
}

/* Text in a cell of a table: `|` would end it. */
static void
put_cell(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			putchar('\\');
		putchar(*text);
	}
}

static void
print_settings(const struct setting_table *table)
{
	printf("\n| member | what may be written | default | what it is for "
	       "|\n|---|---|---|---|\n");
	for (size_t i = 0; i < table->count; i++) {
		const struct setting *row = &table->rows[i];
		char allowed[400];

		setting_allowed(row, allowed, sizeof allowed);
		printf("| `%s` | ", row->path);
		put_cell(allowed);
		if (row->flags & SETTING_REQUIRED)
			printf(" | required | ");
		else
			printf(row->initial != NULL ? " | `%s` | " : " | | ", row->initial);
		put_cell(row->help);
		printf(" |\n");
	}
}

/* Names with blanks between them as code. */
static void
put_names(const char *names)
{
	while (*names != '\0') {
		int length = (int)strcspn(names, " ");

		printf("`%.*s`%s", length, names, names[length] != '\0' ? " " : "");
		names += length + (names[length] == ' ');
	}
}

static void
print_variables(void)
{
	printf("\n## Reference: variables\n\nBesides, `default` (of the variable's type; one "
	       "without "
	       "is required, but a boolean is `false` and a text nothing), and `between: [least, "
	       "most]`.\n");
	print_settings(template_variable_settings());
	printf("\n| type | how it is written |\n|---|---|\n");
	for (size_t i = 0; i < ELEMENTS(types); i++)
		printf("| `%s` | %s |\n", types[i].word, types[i].help);
}

static void
print_files(void)
{
	printf("\n## Reference: files\n\nBesides, `set`: what is set, by key; values are texts, "
	       "whole "
	       "numbers and booleans, of JSON and YAML any. Groups of JSON and YAML and sections "
	       "of "
	       "INI are objects in it.\n");
	print_settings(prepared_file_settings());
	printf("\n| format | what it is |\n|---|---|\n");
	for (size_t i = 0; i < ELEMENTS(formats); i++)
		printf("| `%s` | %s |\n", formats[i].word, formats[i].help);
}

static void
print_steps(void)
{
	printf("\n## Reference: install\n\nSteps are done in their order, once; again when they or "
	       "the values that they use change. `when: {variable: value, or a list of values}` "
	       "and `unless` say whether one is done. `values: {name: text}` and `pick: {name: "
	       "path}` "
	       "make values for the steps behind; a path is a list of members' names, numbers of "
	       "elements (negative: from the end), and objects that an element must be like.\n\n"
	       "| do | must have | may have | what it does |\n|---|---|---|---|\n");
	for (size_t i = 0; i < ELEMENTS(verbs); i++) {
		printf("| `%s` | ", verbs[i].word);
		put_names(verbs[i].must);
		printf(" | ");
		put_names(verbs[i].may);
		printf(" | %s |\n", verbs[i].help);
	}
	print_settings(install_step_settings());
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		fail("usage: describe_templates HEAD");
	print_head(argv[1]);
	printf("\n## Reference: a template\n\nBesides, `variables`, `server` (members of a "
	       "server's "
	       "declaration, as in [configuration.md](configuration.md#servers)), `files` and "
	       "`install`.\n");
	print_settings(template_settings());
	print_variables();
	print_files();
	print_steps();
	return 0;
}
