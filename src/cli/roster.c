/* SPDX-License-Identifier: Apache-2.0 */
/* roost roster: who may play, who operates, who is banned; and roost op, for who woke it. */

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cli/show.h"

static const struct option options[] = {
	{ "--reason", 'r', "TEXT", "ban, ban-ip: why; the player reads it" },
	{ "--for", 0, "DURATION",
	  "ban, ban-ip: such as 3d; otherwise it lasts until it is lifted" },
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
	/* Of an address. */
	{ "ban-ip", NULL, true, "Nobody may play from %s on %s.\n" },
	{ "pardon-ip", NULL, false, "Players may come from %s to %s again.\n" },
};

#define LOOK_UP_TRIES 40 /* of 100 ms: so long for the account behind a new name */

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

/* Who said it: by hand (of whom), because of a user, in the game, or for as long as it runs. */
static void
put_by(struct table *table, const json_t *player)
{
	const char *source = json_get_text(player, "source", "");
	const char *by = json_get_text(player, "by", "");

	if (strcmp(source, "game") == 0 || strcmp(by, "game") == 0)
		by = "(in the game)";
	else if (strcmp(source, "run") == 0)
		by = "(until it sleeps)";
	else if (*by == '\0' && json_get_bool(player, "user", false))
		by = "(user)";
	table_cell(table, by, COLOUR_NONE);
}

static void
put_uuid(struct table *table, const json_t *player)
{
	const char *uuid = json_get_text(player, "uuid", "");

	if (json_get_bool(player, "unknown", false))
		table_cell(table, "no such account", COLOUR_BAD);
	else
		table_cell(table, uuid, COLOUR_QUIET);
}

static void
put_end(struct table *table, const json_t *player)
{
	char until[CLOCK_TEXT_SIZE];

	put_by(table, player);
	when_text(player, "until", "", until);
	table_cell(table, until, COLOUR_NONE);
	table_cell(table, json_get_text(player, "reason", ""), COLOUR_NONE);
}

static void
print_addresses(const json_t *roster)
{
	static const char *const heads[] = { "ADDRESS", "WHAT", "BY", "UNTIL", "REASON" };
	struct table table = { .columns = ELEMENTS(heads) };
	const json_t *list = list_in(roster, "addresses");
	json_t *address;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	(void)printf("\n");
	for (i = 0; i < ELEMENTS(heads); i++)
		table_cell(&table, heads[i], COLOUR_QUIET);
	json_array_foreach(list, i, address)
	{
		table_cell(&table, json_get_text(address, "address", "?"), COLOUR_NONE);
		table_cell(&table, "banned", COLOUR_BAD);
		put_end(&table, address);
	}
	print_table(&table);
}

static void
print_trouble(const json_t *roster)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	const char *trouble = json_get_text(roster, "trouble", "");

	if (*trouble == '\0')
		return;
	put_clean(&text, trouble);
	(void)fflush(stdout);
	(void)fprintf(stderr, "roost: %s\n", buf_text(&text));
}

static void
print_roster(const json_t *roster, const char *server)
{
	static const char *const heads[] = { "PLAYER", "WHAT", "BY", "UNTIL", "REASON", "UUID" };
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
		table_cell(&table, json_get_text(player, "name", "?"), COLOUR_NONE);
		put_what(&table, player);
		put_end(&table, player);
		put_uuid(&table, player);
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
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	print_roster(answer.json, in->words[0]);
	print_addresses(answer.json);
	print_trouble(answer.json);
	return EXIT_DONE;
}

static const json_t *
player_in(const json_t *roster, const char *name)
{
	const json_t *list = list_in(roster, "players");
	json_t *player;
	size_t i;

	json_array_foreach(list, i, player)
	{
		if (strcmp(json_get_text(player, "name", ""), name) == 0)
			return player;
	}
	return NULL;
}

/* A name that no account has is most often misspelled: said here, when it is known soon. */
static void
warn_of_unknown(struct client *client, const struct invocation *in)
{
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s/roster", in->words[0]);

	for (unsigned tries = 0; tries < LOOK_UP_TRIES; tries++) {
		CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
		const json_t *player;

		if (client_ask(client, "GET", path, NULL, &answer) != EXIT_DONE)
			return;
		player = player_in(answer.json, in->words[2]);
		if (player == NULL || !json_get_bool(player, "looking", false)) {
			if (player != NULL && json_get_bool(player, "unknown", false))
				(void)fprintf(stderr,
					      "roost: no Minecraft account is called %s; is it "
					      "spelled right?\n",
					      in->words[2]);
			return;
		}
		(void)poll(NULL, 0, 100);
	}
}

static int
change(struct client *client, const struct invocation *in, size_t verb)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *roster = client_path("/v1/servers/%s/roster/", in->words[0]);
	CLEANUP(text_freep) char *addresses = client_path("/v1/servers/%s/addresses", in->words[0]);
	CLEANUP(text_freep) char *player = client_path("%s", in->words[2]);
	CLEANUP(text_freep) char *path = text_format("%s%s", roster, player);
	CLEANUP(json_freep) json_t *body = json_object();
	bool is_player = verbs[verb].field != NULL;
	const char *reason = invocation_option(in, "--reason");
	const char *ban_for = invocation_option(in, "--for");
	int status;

	json_set_bool(body, is_player ? verbs[verb].field : "banned", verbs[verb].value);
	if (!is_player)
		json_set_text(body, "address", in->words[2]);
	if (reason != NULL)
		json_set_text(body, "reason", reason);
	if (ban_for != NULL)
		json_set_text(body, "ban_for", ban_for);
	status = is_player ? client_ask(client, "PUT", path, body, &answer)
			   : client_ask(client, "POST", addresses, body, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	(void)printf(verbs[verb].done, in->words[2], in->words[0]);
	(void)fflush(stdout);
	if (is_player && verbs[verb].value)
		warn_of_unknown(client, in);
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
		return misused(in,
			       "'%s' is none of add, remove, op, deop, ban, pardon, ban-ip and "
			       "pardon-ip",
			       in->words[1]);
	if (in->word_count == 2)
		return misused(in, "whom? Write: roost roster %s %s %s", in->words[0], in->words[1],
			       verbs[verb].field != NULL ? "PLAYER" : "ADDRESS");
	if ((invocation_has(in, "--reason") || invocation_has(in, "--for")) &&
	    (in->word_count < 3 || !text_starts_with(in->words[1], "ban")))
		return misused(in, "--reason and --for belong to ban and ban-ip");
	status = client_new(in, &client);
	if (status != EXIT_DONE)
		return status;
	return in->word_count == 1 ? show(client, in) : change(client, in, verb);
}

const struct command roster_command = {
	.name = "roster",
	.words = "NAME [add|remove|op|deop|ban|pardon PLAYER | ban-ip|pardon-ip ADDRESS]",
	.summary = "show and change who may play, who operates and who is banned",
	.about = "The gate turns away who is banned, and who is not on the list where "
		 "policy.roster is users or listed, before they wake anything. A Minecraft game "
		 "finds it in its own files (whitelist.json, ops.json, banned-players.json, "
		 "banned-ips.json) when it starts, and is told by its console while it runs. What "
		 "is changed in the game is read back. An ADDRESS may be a network, such as "
		 "192.0.2.0/24.",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.least = 1,
	.most = 3,
	.run = run,
};

/* roost op */

static const struct option op_options[] = {
	{ "--chat", 0, NULL, "not now, but by a line that is said in the game's chat" },
};

static int
run_op(const struct invocation *in)
{
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s/op", in->words[0]);
	bool in_chat = invocation_has(in, "--chat");
	int status = client_new(in, &client);

	if (status == EXIT_DONE)
		status = client_ask(client, in_chat ? "POST" : "PUT", path, NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json"))
		print_json(answer.json);
	else if (in_chat)
		(void)printf("Say this in the chat of %s; it counts once:\n%s\n", in->words[0],
			     json_get_text(answer.json, "say", ""));
	else
		(void)printf("%s is an operator of %s until it sleeps.\n",
			     json_get_text(answer.json, "name", "?"), in->words[0]);
	return EXIT_DONE;
}

const struct command op_command = {
	.name = "op",
	.words = "NAME",
	.summary = "become operator of a server that you woke, until it sleeps",
	.about =
		"Where policy.op_tokens is owner, the user who woke a server (or whose name in "
		"the game joined it awake) may operate it for as long as it runs. Your name in the "
		"game has to be known (roost user game-name), or is learned from --chat.",
	.options = op_options,
	.option_count = ELEMENTS(op_options),
	.speaks = true,
	.least = 1,
	.most = 1,
	.run = run_op,
};
