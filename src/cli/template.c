/* SPDX-License-Identifier: Apache-2.0 */
/* roost template: the templates that servers are declared from. */

#include <stdio.h>
#include <string.h>

#include "cli/apply.h"
#include "cli/show.h"
#include "cli/template_import.h"

static const struct option options[] = {
	{ "--dry-run", 0, NULL, "apply: say what would change, and change nothing" },
	{ "--output", 'o', "FILE",
	  "import: write there, into a new file, instead of to standard output" },
};

static int
list_templates(struct client *client, const struct invocation *in)
{
	static const char *const heads[] = { "TEMPLATE", "TITLE", "VERSION", "FROM", "SERVERS" };
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	struct table table = { .columns = ELEMENTS(heads) };
	int status = client_ask(client, "GET", "/v1/templates", NULL, &answer);
	json_t *template;
	size_t i;

	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	for (i = 0; i < ELEMENTS(heads); i++)
		table_cell(&table, heads[i], COLOUR_QUIET);
	json_array_foreach(list_in(answer.json, "templates"), i, template)
	{
		char version[24], servers[24];

		(void)snprintf(version, sizeof version, "%lld",
			       (long long)json_get_integer(template, "version", 1));
		(void)snprintf(servers, sizeof servers, "%zu",
			       json_array_size(json_object_get(template, "servers")));
		table_cell(&table, json_get_text(template, "template", "?"), COLOUR_NONE);
		table_cell(&table, json_get_text(template, "title", ""), COLOUR_NONE);
		table_cell(&table, version, COLOUR_NONE);
		table_cell(&table, json_get_bool(template, "builtin", false) ? "roost" : "you",
			   COLOUR_NONE);
		table_cell(&table, servers, COLOUR_NONE);
	}
	print_table(&table);
	return EXIT_DONE;
}

static void
print_variable(const json_t *variable)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	const json_t *initial = json_object_get(variable, "default");
	const char *help = json_get_text(variable, "help", NULL);
	CLEANUP(text_freep) char *text = NULL;

	buf_put_text(&b, "  ");
	put_clean(&b, json_get_text(variable, "name", "?"));
	buf_put_text(&b, ": ");
	put_clean(&b, json_get_text(variable, "allowed", ""));
	if (json_get_bool(variable, "required", false)) {
		buf_put_text(&b, "; must be given");
	} else {
		text = json_is_string(initial) ? text_copy(json_string_value(initial))
		       : initial != NULL       ? json_text(initial)
					       : text_copy("");
		buf_put_text(&b, "; default: ");
		put_clean(&b, *text != '\0' ? text : "nothing");
	}
	(void)printf("%s\n", buf_text(&b));
	if (help == NULL)
		return;
	buf_clear(&b);
	put_clean(&b, help);
	(void)printf("      %s\n", buf_text(&b));
}

static int
show_template(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/templates/%s", in->words[1]);
	int status = client_ask(client, "GET", path, NULL, &answer);
	json_t *item;
	size_t i;

	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	(void)printf("%s (version %lld)\n", json_get_text(answer.json, "title", ""),
		     (long long)json_get_integer(answer.json, "version", 1));
	if (json_get_text(answer.json, "description", NULL) != NULL)
		(void)printf("%s\n", json_get_text(answer.json, "description", ""));
	(void)printf("Variables:\n");
	json_array_foreach(list_in(answer.json, "variables"), i, item) print_variable(item);
	json_array_foreach(list_in(answer.json, "accepts"), i, item)(void) printf(
		"Asks that %s be true: %s%s%s\n", json_get_text(item, "variable", "?"),
		json_get_text(item, "title", ""), json_get_text(item, "url", NULL) ? ", " : "",
		json_get_text(item, "url", ""));
	return EXIT_DONE;
}

static int
remove_template(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/templates/%s", in->words[1]);
	int status = client_ask(client, "DELETE", path, NULL, &answer);

	if (status == EXIT_DONE && !invocation_has(in, "--json"))
		(void)printf("%s is removed.\n", in->words[1]);
	return status;
}

static int
apply_template(struct client *client, const struct invocation *in)
{
	(void)client;
	return apply_file(in, in->words[1]);
}

static int
check_template(struct client *client, const struct invocation *in)
{
	(void)client;
	return check_file(in->words[1]);
}

static int
import_egg(struct client *client, const struct invocation *in)
{
	(void)client;
	return template_import(in->words[1], invocation_option(in, "--output"));
}

static const struct {
	const char *word;
	int (*run)(struct client *client, const struct invocation *in);
	const char *needs; /* a second word; or NULL */
	bool asks;	   /* the daemon, by the client made here */
} parts[] = {
	{ "ls", list_templates, NULL, true },	    { "show", show_template, "NAME", true },
	{ "rm", remove_template, "NAME", true },    { "apply", apply_template, "FILE", false },
	{ "check", check_template, "FILE", false }, { "import", import_egg, "FILE", false },
};

static int
run(const struct invocation *in)
{
	const char *word = in->word_count > 0 ? in->words[0] : "ls";
	CLEANUP(client_freep) struct client *client = NULL;

	for (size_t i = 0; i < ELEMENTS(parts); i++) {
		int status = EXIT_DONE;

		if (strcmp(parts[i].word, word) != 0)
			continue;
		if (parts[i].needs != NULL && in->word_count < 2)
			return misused(in, "which one? roost template %s %s", word, parts[i].needs);
		if (parts[i].asks)
			status = client_new(in, &client);
		return status == EXIT_DONE ? parts[i].run(client, in) : status;
	}
	return misused(
		in, "there is no `template %.40s`; there are ls, show, rm, apply, check and import",
		word);
}

const struct command template_command = {
	.name = "template",
	.words = "[ls | show NAME | apply FILE | rm NAME | check FILE | import FILE]",
	.summary = "the templates that servers are declared from",
	.about =
		"A template is a file that says what a game needs: its variables, its declaration, "
		"its files and how it is installed. Some come with roost; `apply` adds one's own, "
		"or changes it, and the servers made from it for their next start. `check` reads "
		"FILE and says what is wrong, without asking roost. `import` makes a template of "
		"an egg "
		"of Pterodactyl or Pelican and says what it left out: its install script above "
		"all, "
		"which needs a container. "
		"`roost apply -f` declares servers from them.",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.most = 2,
	.run = run,
};
