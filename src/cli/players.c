/* SPDX-License-Identifier: Apache-2.0 */
/* roost players: who is on. */

#include <stdio.h>

#include "cli/show.h"

static int
run(const struct invocation *in)
{
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s/players", in->words[0]);
	struct table table = { .columns = 2 };
	int status = client_new(in, &client);
	const json_t *list;
	json_t *player;
	size_t i;

	if (status == EXIT_DONE)
		status = client_ask(client, "GET", path, NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	list = list_in(answer.json, "players");
	if (json_array_size(list) == 0) {
		(void)printf("Nobody is on %s.\n", in->words[0]);
		return EXIT_DONE;
	}
	table_cell(&table, "PLAYER", COLOUR_QUIET);
	table_cell(&table, "SINCE", COLOUR_QUIET);
	json_array_foreach(list, i, player)
	{
		char since[CLOCK_TEXT_SIZE];

		when_text(player, "since", "", since);
		table_cell(&table,
			   json_is_string(player) ? json_string_value(player)
						  : json_get_text(player, "name", "?"),
			   COLOUR_NONE);
		table_cell(&table, since, COLOUR_NONE);
	}
	print_table(&table);
	return EXIT_DONE;
}

const struct command players_command = {
	.name = "players",
	.words = "NAME",
	.summary = "show who is on a server",
	.speaks = true,
	.least = 1,
	.most = 1,
	.run = run,
};
