/* SPDX-License-Identifier: Apache-2.0 */
/* roost webhook: who is told what happens, over HTTP. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/show.h"

static const struct option options[] = {
	{ "--label", 'l', "LABEL", "add: what it is for; commands take it in place of the ID" },
	{ "--types", 't', "LIST",
	  "add: only events of these types, separated by commas; server. means all that begin so" },
	{ "--servers", 's', "LIST", "add: only events about these servers" },
	{ "--channels", 'c', "LIST", "add: only events on these channels, such as alerts" },
	{ "--role", 'r', "ROLE", "add: told what a user of this role may read (default: staff)" },
	{ "--drop-old", 0, NULL, "rotate: the old secret became known and is worthless at once" },
	{ "--skip", 0, NULL, "enable: what happened meanwhile is not told" },
};

static json_t *
split(const char *text)
{
	json_t *list = json_array();

	while (*text != '\0') {
		size_t length = strcspn(text, ",");

		if (length > 0)
			json_array_append_new(list, json_stringn(text, length));
		text += length + (text[length] == ',');
	}
	return list;
}

static const char *
condition(const json_t *webhook, enum colour *ret_colour)
{
	*ret_colour = COLOUR_BAD;
	if (!json_get_bool(webhook, "enabled", false)) {
		const char *reason = json_get_text(webhook, "reason", NULL);

		if (reason == NULL)
			*ret_colour = COLOUR_QUIET;
		return reason != NULL ? "given up" : "off";
	}
	if (json_is_string(json_object_get(webhook, "failing_since")))
		return "failing";
	*ret_colour = COLOUR_GOOD;
	return json_get_integer(webhook, "behind", 0) > 0 ? "catching up" : "well";
}

static int
list_webhooks(struct client *client, const struct invocation *in)
{
	static const char *const heads[] = { "ID", "LABEL", "STATE", "BEHIND", "URL" };
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	struct table table = { .columns = ELEMENTS(heads) };
	int status = client_ask(client, "GET", "/v1/webhooks", NULL, &answer);
	json_t *webhook;
	size_t i;

	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	for (i = 0; i < ELEMENTS(heads); i++)
		table_cell(&table, heads[i], COLOUR_QUIET);
	json_array_foreach(list_in(answer.json, "webhooks"), i, webhook)
	{
		enum colour colour;
		const char *is = condition(webhook, &colour);
		char behind[24];

		(void)snprintf(behind, sizeof behind, "%lld",
			       (long long)json_get_integer(webhook, "behind", 0));
		table_cell(&table, json_get_text(webhook, "id", "?"), COLOUR_NONE);
		table_cell(&table, json_get_text(webhook, "label", ""), COLOUR_NONE);
		table_cell(&table, is, colour);
		table_cell(&table, behind, COLOUR_NONE);
		table_cell(&table, json_get_text(webhook, "url", ""), COLOUR_NONE);
	}
	print_table(&table);
	return EXIT_DONE;
}

/* The secret alone on standard output, so that it can be put into a file. */
static void
print_secret(const json_t *webhook, const char *keep)
{
	(void)printf("%s\n", json_get_text(webhook, "secret", "?"));
	(void)fflush(stdout);
	if (terminal_is_tty(STDERR_FILENO))
		(void)fprintf(stderr,
			      "Keep it: it is shown this once. The receiver checks with it that a "
			      "message is from roost%s.\n",
			      keep);
}

static int
add_webhook(struct client *client, const struct invocation *in)
{
	static const char *const lists[][2] = { { "--types", "types" },
						{ "--servers", "servers" },
						{ "--channels", "channels" } };
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(json_freep) json_t *body = json_object();
	int status;

	json_set_text(body, "url", in->words[1]);
	if (invocation_has(in, "--label"))
		json_set_text(body, "label", invocation_option(in, "--label"));
	if (invocation_has(in, "--role"))
		json_set_text(body, "role", invocation_option(in, "--role"));
	for (size_t i = 0; i < ELEMENTS(lists); i++) {
		if (invocation_has(in, lists[i][0]))
			json_object_set_new(body, lists[i][1],
					    split(invocation_option(in, lists[i][0])));
	}
	status = client_ask(client, "POST", "/v1/webhooks", body, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json"))
		print_json(answer.json);
	else
		print_secret(answer.json, "; `roost webhook test` tries it out");
	return EXIT_DONE;
}

/* The path of the one that is named by its id or by its label; NULL: said why not. */
static char *
path_of(struct client *client, const struct invocation *in, const char *rest)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = NULL;
	const char *name = in->words[1], *found = NULL;
	json_t *webhook;
	size_t i, count = 0;

	if (client_ask(client, "GET", "/v1/webhooks", NULL, &answer) != EXIT_DONE)
		return NULL;
	json_array_foreach(list_in(answer.json, "webhooks"), i, webhook)
	{
		const char *id = json_get_text(webhook, "id", "");

		if (strcmp(id, name) != 0 && strcmp(json_get_text(webhook, "label", ""), name) != 0)
			continue;
		found = id;
		count++;
	}
	if (count != 1) {
		(void)refused(count == 0
				      ? "there is no webhook '%.64s'; `roost webhook ls` shows "
					"those there are"
				      : "more than one webhook is called '%.64s'; name it by its "
					"ID (`roost webhook ls`)",
			      name);
		return NULL;
	}
	path = client_path("/v1/webhooks/%s", found);
	return text_format("%s%s", path, rest);
}

static int
ask(struct client *client, const struct invocation *in, const char *method, const char *rest,
    struct answer *answer)
{
	CLEANUP(json_freep) json_t *body = NULL;
	CLEANUP(text_freep) char *path = path_of(client, in, rest);

	if (path == NULL)
		return EXIT_REFUSED;
	if (invocation_has(in, "--drop-old") && strcmp(rest, "/rotate") == 0)
		body = json_pack("{s:b}", "drop_old", 1);
	if (invocation_has(in, "--skip") && strcmp(rest, "/enable") == 0)
		body = json_pack("{s:b}", "skip", 1);
	if (in->word_count > 2 && strcmp(rest, "/replay") == 0) {
		char *end;
		long long offset = strtoll(in->words[2], &end, 10);

		if (*end != '\0' || offset < 1)
			return misused(in,
				       "'%.40s' is no OFFSET; `roost webhook dead ID` lists them",
				       in->words[2]);
		body = json_pack("{s:I}", "offset", (json_int_t)offset);
	}
	return client_ask(client, method, path, body, answer);
}

static void
print_list(const char *title, const json_t *list)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	for (size_t i = 0; i < json_array_size(list); i++) {
		buf_put_text(&b, i > 0 ? ", " : "");
		put_clean(&b, json_string_value(json_array_get(list, i)));
	}
	(void)printf("%-10s %s\n", title, b.length > 0 ? buf_text(&b) : "all");
}

static void
print_line(const char *title, const char *text)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	put_clean(&b, text);
	(void)printf("%-10s %s\n", title, buf_text(&b));
}

static void
print_webhook(const json_t *w)
{
	char made[CLOCK_TEXT_SIZE], failing[CLOCK_TEXT_SIZE];
	enum colour colour;
	const char *is = condition(w, &colour);

	when_text(w, "created_at", "", made);
	when_text(w, "failing_since", "", failing);
	print_line("id", json_get_text(w, "id", ""));
	print_line("label", json_get_text(w, "label", ""));
	print_line("url", json_get_text(w, "url", ""));
	(void)printf("%-10s %s%s%s\n", "state", colour_begin(colour), is, colour_end());
	if (json_get_text(w, "reason", NULL) != NULL)
		print_line("because", json_get_text(w, "reason", ""));
	if (failing[0] != '\0')
		print_line("failing", failing);
	(void)printf("%-10s %lld events; %lld servers or users are tried again\n", "behind",
		     (long long)json_get_integer(w, "behind", 0),
		     (long long)json_get_integer(w, "waiting", 0));
	print_line("role", json_get_text(w, "role", ""));
	print_list("channels", json_object_get(w, "channels"));
	print_list("types", json_object_get(w, "types"));
	print_list("servers", json_object_get(w, "servers"));
	print_line("made", made);
	print_line("by", json_get_text(w, "owner", ""));
}

static int
show_webhook(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	int status = ask(client, in, "GET", "", &answer);

	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json"))
		print_json(answer.json);
	else
		print_webhook(answer.json);
	return EXIT_DONE;
}

static int
remove_webhook(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	int status = ask(client, in, "DELETE", "", &answer);

	if (status == EXIT_DONE && !invocation_has(in, "--json"))
		(void)printf("%s is removed and is told nothing more.\n", in->words[1]);
	return status;
}

static int
test_webhook(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	int status = ask(client, in, "POST", "/test", &answer);
	bool taken;

	if (status != EXIT_DONE)
		return status;
	taken = json_get_bool(answer.json, "taken", false);
	if (invocation_has(in, "--json"))
		print_json(answer.json);
	else if (taken)
		(void)printf("It was taken: the receiver answered %lld.\n",
			     (long long)json_get_integer(answer.json, "status", 0));
	else
		return refused("it was not taken: %s", json_get_text(answer.json, "reason", "?"));
	return taken ? EXIT_DONE : EXIT_REFUSED;
}

static int
rotate_webhook(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	int status = ask(client, in, "POST", "/rotate", &answer);

	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json"))
		print_json(answer.json);
	else
		print_secret(answer.json, invocation_has(in, "--drop-old")
						  ? ""
						  : "; for a day the old one signs too");
	return EXIT_DONE;
}

static int
switch_webhook(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	bool on = strcmp(in->words[0], "enable") == 0;
	int status = ask(client, in, "POST", on ? "/enable" : "/disable", &answer);

	if (status == EXIT_DONE && !invocation_has(in, "--json"))
		(void)printf(
			on ? "%s is on; what waits is tried now.\n"
			   : "%s is off; what happens meanwhile is told when it is on again.\n",
			in->words[1]);
	return status;
}

static int
list_dead(struct client *client, const struct invocation *in)
{
	static const char *const heads[] = { "OFFSET", "EVENT", "ABOUT", "TRIES", "LAST", "WHY" };
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	struct table table = { .columns = ELEMENTS(heads) };
	int status = ask(client, in, "GET", "/dead", &answer);
	json_t *letter;
	size_t i;

	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	for (i = 0; i < ELEMENTS(heads); i++)
		table_cell(&table, heads[i], COLOUR_QUIET);
	json_array_foreach(list_in(answer.json, "dead"), i, letter)
	{
		char offset[24], tries[24], last[CLOCK_TEXT_SIZE];

		(void)snprintf(offset, sizeof offset, "%lld",
			       (long long)json_get_integer(letter, "offset", 0));
		(void)snprintf(tries, sizeof tries, "%lld",
			       (long long)json_get_integer(letter, "attempts", 0));
		when_text(letter, "at", "", last);
		table_cell(&table, offset, COLOUR_NONE);
		table_cell(&table, json_get_text(letter, "type", ""), COLOUR_NONE);
		table_cell(&table, json_get_text(letter, "subject", ""), COLOUR_NONE);
		table_cell(&table, tries, COLOUR_NONE);
		table_cell(&table, last, COLOUR_NONE);
		table_cell(&table, json_get_text(letter, "reason", ""), COLOUR_NONE);
	}
	print_table(&table);
	if (json_get_bool(answer.json, "more", false))
		(void)printf("There are more; the API pages through them.\n");
	return EXIT_DONE;
}

static int
replay_webhook(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	int status = ask(client, in, "POST", "/replay", &answer);

	if (status == EXIT_DONE && !invocation_has(in, "--json"))
		(void)printf("They are sent again, oldest first, until one is not taken; `roost "
			     "webhook dead %s` shows what is left.\n",
			     in->words[1]);
	return status;
}

static const struct {
	const char *word;
	int (*run)(struct client *client, const struct invocation *in);
	const char *needs; /* a second word; or NULL */
} parts[] = {
	{ "ls", list_webhooks, NULL },	    { "add", add_webhook, "URL" },
	{ "show", show_webhook, "ID" },	    { "rm", remove_webhook, "ID" },
	{ "test", test_webhook, "ID" },	    { "rotate", rotate_webhook, "ID" },
	{ "enable", switch_webhook, "ID" }, { "disable", switch_webhook, "ID" },
	{ "dead", list_dead, "ID" },	    { "replay", replay_webhook, "ID" },
};

static int
run(const struct invocation *in)
{
	const char *word = in->word_count > 0 ? in->words[0] : "ls";
	CLEANUP(client_freep) struct client *client = NULL;
	int status;

	for (size_t i = 0; i < ELEMENTS(parts); i++) {
		if (strcmp(parts[i].word, word) != 0)
			continue;
		if (parts[i].needs != NULL && in->word_count < 2)
			return misused(in, "which one? roost webhook %s %s%s", word, parts[i].needs,
				       strcmp(word, "add") == 0 ? "" : " (`roost webhook ls`)");
		status = client_new(in, &client);
		return status == EXIT_DONE ? parts[i].run(client, in) : status;
	}
	return misused(in,
		       "there is no `webhook %.40s`; there are ls, add, show, rm, test, rotate, "
		       "enable, disable, dead and replay",
		       word);
}

const struct command webhook_command = {
	.name = "webhook",
	.words = "[ls | add URL | show ID | rm ID | test ID | rotate ID | enable ID | disable ID | "
		 "dead ID | replay ID [OFFSET]]",
	.summary = "have another server told what happens",
	.about = "Every event is POSTed to URL, signed (Standard Webhooks), in order for each "
		 "server, and again until it is taken. `add` prints the secret that the receiver "
		 "checks the signature with, this once. What could not be delivered is listed by "
		 "`dead` and sent again by `replay`. An ID may also be a label.",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.most = 3,
	.run = run,
};
