/* SPDX-License-Identifier: Apache-2.0 */
/* roost help: everything is printed from the commands' rows and the settings tables. */

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/command.h"
#include "model/config.h"
#include "model/schedule.h"
#include "model/store.h"
#include "model/websocket.h"

#define LINE_WIDTH 80

static const struct option options[] = {
	{ "--markdown", 0, NULL, "settings: as docs/configuration.md" },
	{ "--man", 0, NULL, "the manual page, as roff" },
	{ "--bash", 0, NULL, "completion for bash" },
};

/* Text in lines of LINE_WIDTH behind `indent` blanks; the first line begins at `at`. */
static void
print_wrapped(const char *text, unsigned indent, unsigned at)
{
	while (*text != '\0') {
		size_t word = strcspn(text, " ");

		if (at > indent && at + 1 + word > LINE_WIDTH) {
			(void)printf("\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			(void)putchar(' ');
			at++;
		}
		(void)printf("%.*s", (int)word, text);
		at += (unsigned)word;
		text += word;
		text += strspn(text, " ");
	}
	(void)putchar('\n');
}

void
print_usage(const struct command *command)
{
	bool has_options = command_option(command, 0) != NULL;

	(void)printf("usage: roost %s%s%s%s\n", command->name, *command->words != '\0' ? " " : "",
		     command->words, has_options ? " [OPTION ...]" : "");
}

static void
print_option(const struct option *o)
{
	char letter[] = { '-', o->letter, ',', ' ', '\0' };
	CLEANUP(text_freep)
	char *flag =
		text_format("  %s%s%s%s", o->letter != 0 ? letter : "", o->flag,
			    o->argument != NULL ? " " : "", o->argument != NULL ? o->argument : "");
	unsigned at = (unsigned)strlen(flag);

	(void)printf("%s", flag);
	if (at > 24)
		(void)printf("\n%26s", "");
	else
		(void)printf("%*s", (int)(26 - at), "");
	print_wrapped(o->help, 26, 26);
}

void
print_command_help(const struct command *command)
{
	print_usage(command);
	(void)printf("\n");
	(void)printf("roost %s: %s.\n", command->name, command->summary);
	if (command->about != NULL) {
		(void)printf("\n");
		print_wrapped(command->about, 0, 0);
	}
	if (command_option(command, 0) != NULL)
		(void)printf("\n");
	for (size_t i = 0; command_option(command, i) != NULL; i++)
		print_option(command_option(command, i));
}

void
print_overview(void)
{
	(void)printf("usage: roost COMMAND [...]\n\n"
		     "roost keeps game servers that sleep until somebody comes.\n\n");
	for (size_t i = 0; i < command_count(); i++) {
		const struct command *c = command_at(i);

		(void)printf("  %-10s", c->name);
		print_wrapped(c->summary, 12, 12);
	}
	(void)printf(
		"\n`roost help COMMAND` says more about each; `roost help settings` lists every "
		"setting.\n");
}

static void
print_setting(const struct setting *row, bool has_variable)
{
	char allowed[256], variable[SETTING_VARIABLE_SIZE];

	setting_allowed(row, allowed, sizeof allowed);
	setting_variable(row, variable);
	(void)printf("  %s\n      ", row->path);
	print_wrapped(row->help, 6, 6);
	(void)printf("      ");
	print_wrapped(allowed, 6, 6);
	if (row->flags & SETTING_REQUIRED)
		(void)printf("      required\n");
	else if (row->initial != NULL)
		(void)printf("      default: %s\n",
			     *row->initial != '\0' ? row->initial : "(empty)");
	if (has_variable)
		(void)printf("      %s%s%s\n", variable,
			     row->flags & SETTING_SECRET ? ", or a file in the same and _FILE" : "",
			     row->flags & SETTING_RELOAD ? "; SIGHUP is enough to change it" : "");
}

static void
print_cell(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|' || *text == '*' || *text == '<')
			(void)putchar('\\');
		(void)putchar(*text == '\n' ? ' ' : *text);
	}
}

static void
print_row(const struct setting *row, bool has_variable)
{
	char allowed[256], variable[SETTING_VARIABLE_SIZE];

	setting_allowed(row, allowed, sizeof allowed);
	setting_variable(row, variable);
	(void)printf("| `%s` | ", row->path);
	print_cell(row->help);
	(void)printf(" | ");
	print_cell(allowed);
	if (row->flags & SETTING_REQUIRED)
		(void)printf(" | required");
	else if (row->initial == NULL || *row->initial == '\0')
		(void)printf(" | ");
	else
		(void)printf(" | `%s`", row->initial);
	if (has_variable)
		(void)printf(" | `%s`%s | %s", variable,
			     row->flags & SETTING_SECRET ? ", or `_FILE`" : "",
			     row->flags & SETTING_RELOAD ? "reload" : "restart");
	(void)printf(" |\n");
}

static const char markdown_head[] =
	"# Configuration\n\n"
	"This page is printed by `roost help settings --markdown`; change the tables in\n"
	"`src/core/model/`, not the page.\n\n"
	"`roost serve` reads `--config FILE`, else the file that `ROOST_CONFIG` names, else\n"
	"`./roost.yaml`, else nothing: every setting has a default. The file is YAML; JSON is "
	"YAML\n"
	"too. Anchors, aliases, tags and duplicate keys are refused. Over the file comes the\n"
	"environment: every setting has a variable, and a secret may instead lie in the file that\n"
	"the variable with `_FILE` names. An empty variable counts as not set, unless the setting\n"
	"may be empty text. A variable that begins with `ROOST_` and means nothing is refused. "
	"`PORT`, else `SERVER_PORT`, replaces the port of `http.listen`.\n\n"
	"Durations are written `90s`, `15m`, `2h`, `500ms`, `1d`; sizes `512MiB`. Relative paths\n"
	"begin at the directory of the configuration file, those in variables at the working\n"
	"directory. A mistake refuses the start and is told with file, line, path and what is\n"
	"allowed. SIGHUP reads everything again; \"restart\" marks what cannot change without "
	"one.\n\n"
	"## Settings\n\n";

static const char markdown_servers[] =
	"\n## Servers\n\n"
	"Each element of `servers:` (or `ROOST_SERVERS`, or what "
	"`roost apply -f` is given, or the\n"
	"body of `PUT /v1/servers/NAME`) declares one server. "
	"Names, hosts, listeners and addresses\n"
	"belong to one server each. One that names a\n"
	"`template` gives its `variables` besides ([templates.md](templates.md)); "
	"`templates:` is a list of one's own.\n\n";

static const char markdown_schedules[] =
	"\nEach of its `schedules:` is done at set times ([servers.md](servers.md#schedules)):\n\n";

static const char markdown_stores[] =
	"\n## Stores\n\n"
	"Each element of `stores` (or `ROOST_STORES`, the same as YAML) is a place where backups "
	"are kept: a `directory`, or a\n"
	"bucket (`s3`). One named `local` is always there: `backups` in the data directory, unless "
	"you declare another of\n"
	"that name. `roost doctor` tries each of them. A change takes a restart.\n\n";

static const char markdown_endpoints[] =
	"\n## WebSocket endpoints\n\n"
	"Each element of `websocket.endpoints` (or `ROOST_WEBSOCKET_ENDPOINTS`, the same as YAML) "
	"is a "
	"path at which WebSockets\n"
	"are opened, beside `/v1/ws`. Without `routes` its connections speak roost's own protocol; "
	"with routes every\n"
	"message is an integration's, as in API Gateway's WebSocket APIs "
	"([realtime.md](realtime.md)). A change takes a restart.\n\n";

static const char markdown_routes[] =
	"\nEach of its `routes`, by its key (`$connect`, `$disconnect`, `$default`, or what the "
	"expression gives):\n\n";

static void
print_table_of(const struct setting_table *table, bool markdown, bool has_variable)
{
	if (markdown && has_variable)
		(void)printf(
			"| setting | what it is | allowed | default | variable | change takes |\n"
			"|---|---|---|---|---|---|\n");
	else if (markdown)
		(void)printf("| setting | what it is | allowed | default |\n|---|---|---|---|\n");
	for (size_t i = 0; i < table->count; i++) {
		if (markdown)
			print_row(&table->rows[i], has_variable);
		else
			print_setting(&table->rows[i], has_variable);
	}
}

void
print_settings(bool markdown)
{
	(void)printf("%s",
		     markdown ? markdown_head : "Settings (roost.yaml, or the environment):\n");
	print_table_of(config_settings(), markdown, true);
	(void)printf("%s", markdown ? markdown_servers : "\nEach of `servers:`:\n");
	print_table_of(server_settings(), markdown, false);
	(void)printf("%s", markdown ? markdown_schedules : "\nEach of its `schedules`:\n");
	print_table_of(schedule_settings(), markdown, false);
	(void)printf("%s", markdown ? markdown_stores : "\nEach of `stores:`:\n");
	print_table_of(store_settings(), markdown, false);
	(void)printf("%s", markdown ? markdown_endpoints : "\nEach of `websocket.endpoints`:\n");
	print_table_of(websocket_settings(), markdown, false);
	(void)printf("%s", markdown ? markdown_routes : "\nEach of its `routes`, by its key:\n");
	print_table_of(websocket_route_settings(), markdown, false);
}

static int
run(const struct invocation *in)
{
	const char *word = invocation_word(in, 0);
	const struct command *command;

	if (invocation_has(in, "--man")) {
		print_man();
	} else if (invocation_has(in, "--bash")) {
		print_bash_completion();
	} else if (word == NULL) {
		print_overview();
	} else if (strcmp(word, "settings") == 0) {
		print_settings(invocation_has(in, "--markdown"));
	} else if ((command = command_find(word)) != NULL) {
		print_command_help(command);
	} else {
		return misused(in, "there is no command '%.40s'", word);
	}
	return EXIT_DONE;
}

const struct command help_command = {
	.name = "help",
	.words = "[COMMAND | settings]",
	.summary = "say what a command does, or list every setting",
	.options = options,
	.option_count = ELEMENTS(options),
	.most = 1,
	.run = run,
};
