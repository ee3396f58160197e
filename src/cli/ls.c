/* SPDX-License-Identifier: Apache-2.0 */
/* roost ls: all servers as a table. */

#include <stdio.h>
#include <string.h>

#include "cli/sentence.h"
#include "cli/show.h"

static void
put_players(struct table *t, const json_t *server)
{
	const json_t *players = json_object_get(server, "players");
	int64_t online = json_get_integer(players, "online", -1);
	CLEANUP(text_freep) char *text = NULL;

	if (online >= 0 && strcmp(json_get_text(server, "state", ""), "ready") == 0)
		text = text_format("%lld/%lld", (long long)online,
				   (long long)json_get_integer(players, "max", 0));
	table_cell(t, text != NULL ? text : "-", COLOUR_NONE);
}

static void
put_server(struct table *t, const json_t *server)
{
	enum colour colour;
	const char *state = state_words(json_get_text(server, "state", "?"), &colour);
	const char *phase = phase_words(json_get_text(server, "phase", ""));
	char since[DURATION_TEXT_SIZE];
	CLEANUP(text_freep)
	char *both = *phase != '\0' ? text_format("%s: %s", state, phase) : text_copy(state);

	since_text(server, "since", since);
	table_cell(t, json_get_text(server, "name", "?"), COLOUR_NONE);
	table_cell(t, both, colour);
	table_cell(t, since, COLOUR_NONE);
	put_players(t, server);
	table_cell(t, json_get_text(server, "game", ""), COLOUR_NONE);
	table_cell(t, json_get_text(server, "address", ""), COLOUR_NONE);
}

static int
run(const struct invocation *in)
{
	static const char *const heads[] = {
		"NAME", "STATE", "SINCE", "PLAYERS", "GAME", "ADDRESS"
	};
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	struct table table = { .columns = ELEMENTS(heads) };
	int status = client_new(in, &client);
	const json_t *list;
	json_t *server;
	size_t i;

	if (status == EXIT_DONE)
		status = client_ask(client, "GET", "/v1/servers", NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	list = list_in(answer.json, "servers");
	if (json_array_size(list) == 0) {
		(void)printf("No server is declared. Declare one with `roost apply -f FILE`; "
			     "`roost help settings` says what may stand in it.\n");
		return EXIT_DONE;
	}
	for (i = 0; i < ELEMENTS(heads); i++)
		table_cell(&table, heads[i], COLOUR_QUIET);
	json_array_foreach(list, i, server) put_server(&table, server);
	print_table(&table);
	return EXIT_DONE;
}

const struct command ls_command = {
	.name = "ls",
	.words = "",
	.summary = "list the servers and how they are",
	.speaks = true,
	.run = run,
};
