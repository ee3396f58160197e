/* SPDX-License-Identifier: Apache-2.0 */
/* roost roster: who may play, who operates, who is banned. */

#include <stdio.h>
#include <string.h>

#include "cli/show.h"

static const struct option options[] = {
	{ "--reason", 'r', "TEXT", "ban: why; the player reads it" },
	{ "--for", 0, "DURATION", "ban: such as 3d; otherwise it lasts until it is lifted" },
};

/* What is done to a player: the field and its value. */
static const struct {
	const char *word, *field;
	bool value;
	const char *done;
} verbs[] = {
	{ "add", "whitelisted", true, "%s may play on %s now.\n" },
	{ "remove", "whitelisted", false, "%s is off the list of %s.\n" },
	{ "op", "op", true, "%s is an operator of %s now.\n" },
	{ "deop", "op", false, "%s is no operator of %s any more.\n" },
	{ "ban", "banned", true, "%s is banned from %s.\n" },
	{ "pardon", "banned", false, "%s is not banned from %s any more.\n" },
};

static void
put_what(struct table *table, const json_t *player)
{
	char text[64];

	(void)snprintf(text, sizeof text, "%s%s%s",
		       json_get_bool(player, "banned", false) ? "banned " : "",
		       json_get_bool(player, "op", false) ? "operator " : "",
		       json_get_bool(player, "whitelisted", false) ? "may play" : "");
	table_cell(table, text, json_get_bool(player, "banned", false) ? COLOUR_BAD : COLOUR_NONE);
}

static void
print_roster(const json_t *roster, const char *server)
{
	static const char *const heads[] = { "PLAYER", "WHAT", "BY", "UNTIL", "REASON" };
	struct table table = { .columns = ELEMENTS(heads) };
	const json_t *list = list_in(roster, "players");
	const char *policy = json_get_text(roster, "policy", "");
	json_t *player;
	size_t i;

	(void)printf("%s\n", strcmp(policy, "open") == 0 ? "Anybody may play who is not banned."
			     : strcmp(policy, "users") == 0
				     ? "Users with a game name may play, and whoever is added."
				     : "Only who is added may play.");
	if (json_array_size(list) == 0) {
		(void)printf("Nobody is on the roster of %s. Add somebody with: roost roster %s "
			     "add PLAYER\n",
			     server, server);
		return;
	}
	for (i = 0; i < ELEMENTS(heads); i++)
		table_cell(&table, heads[i], COLOUR_QUIET);
	json_array_foreach(list, i, player)
	{
		char until[CLOCK_TEXT_SIZE];

		when_text(player, "until", "", until);
		table_cell(&table, json_get_text(player, "name", "?"), COLOUR_NONE);
		put_what(&table, player);
		table_cell(&table,
			   json_get_text(player, "by",
					 json_get_bool(player, "user", false) ? "(user)" : ""),
			   COLOUR_NONE);
		table_cell(&table, until, COLOUR_NONE);
		table_cell(&table, json_get_text(player, "reason", ""), COLOUR_NONE);
	}
	print_table(&table);
}

static int
show(struct client *client, const struct invocation *in)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s/roster", in->words[0]);
	int status = client_ask(client, "GET", path, NULL, &answer);

	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json"))
		print_json(answer.json);
	else
		print_roster(answer.json, in->words[0]);
	return EXIT_DONE;
}

static int
change(struct client *client, const struct invocation *in, size_t verb)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *roster = client_path("/v1/servers/%s/roster/", in->words[0]);
	CLEANUP(text_freep) char *player = client_path("%s", in->words[2]);
	CLEANUP(text_freep) char *path = text_format("%s%s", roster, player);
	CLEANUP(json_freep) json_t *body = json_object();
	const char *reason = invocation_option(in, "--reason");
	const char *ban_for = invocation_option(in, "--for");
	int status;

	json_set_bool(body, verbs[verb].field, verbs[verb].value);
	if (reason != NULL)
		json_set_text(body, "reason", reason);
	if (ban_for != NULL)
		json_set_text(body, "ban_for", ban_for);
	status = client_ask(client, "PUT", path, body, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	(void)printf(verbs[verb].done, in->words[2], in->words[0]);
	return EXIT_DONE;
}

static int
run(const struct invocation *in)
{
	CLEANUP(client_freep) struct client *client = NULL;
	size_t verb = 0;
	int status;

	while (in->word_count > 1 && verb < ELEMENTS(verbs) &&
	       strcmp(verbs[verb].word, in->words[1]) != 0)
		verb++;
	if (verb == ELEMENTS(verbs))
		return misused(in, "'%s' is none of add, remove, op, deop, ban and pardon",
			       in->words[1]);
	if (in->word_count == 2)
		return misused(in, "whom? Write: roost roster %s %s PLAYER", in->words[0],
			       in->words[1]);
	if ((invocation_has(in, "--reason") || invocation_has(in, "--for")) &&
	    (in->word_count < 3 || strcmp(in->words[1], "ban") != 0))
		return misused(in, "--reason and --for belong to ban");
	status = client_new(in, &client);
	if (status != EXIT_DONE)
		return status;
	return in->word_count == 1 ? show(client, in) : change(client, in, verb);
}

const struct command roster_command = {
	.name = "roster",
	.words = "NAME [add|remove|op|deop|ban|pardon PLAYER]",
	.summary = "show and change who may play, who operates and who is banned",
	.about = "The gate turns away who is banned, and who is not on the list where "
		 "policy.roster is users or listed, before they wake anything. A Minecraft game is "
		 "told by its console: at once while it runs, else when it is ready next.",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.least = 1,
	.most = 3,
	.run = run,
};
