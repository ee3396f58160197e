/* SPDX-License-Identifier: Apache-2.0 */
/* A wish, up or down. */

#include "cli/wish.h"

#include <stdio.h>

#include "cli/terminal.h"

int
wish(const struct invocation *in, enum wait_for what, json_t *body)
{
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(json_freep) json_t *owned = body;
	CLEANUP(text_freep)
	char *path = client_path(
		what == WAIT_READY ? "/v1/servers/%s/wake" : "/v1/servers/%s/sleep", in->words[0]);
	bool json = invocation_has(in, "--json");
	int status = client_new(in, &client);

	if (status == EXIT_DONE)
		status = client_ask(client, "POST", path, owned, &answer);
	if (status != EXIT_DONE)
		return status;
	if (invocation_has(in, "--wait"))
		return wait_for_server(client, in->words[0], what, json);
	if (json)
		print_json(answer.json);
	else
		(void)printf("%s is wished %s. `roost status %s` shows how far it is.\n",
			     in->words[0], what == WAIT_READY ? "up" : "down", in->words[0]);
	return EXIT_DONE;
}
