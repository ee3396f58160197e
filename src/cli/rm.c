/* SPDX-License-Identifier: Apache-2.0 */
/* roost rm: forget a declaration. */

#include <stdio.h>

#include "cli/client.h"

static int
run(const struct invocation *in)
{
	CLEANUP(client_freep) struct client *client = NULL;
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s", in->words[0]);
	int status = client_new(in, &client);

	if (status == EXIT_DONE)
		status = client_ask(client, "DELETE", path, NULL, &answer);
	if (status == EXIT_DONE && !invocation_has(in, "--json"))
		(void)printf("%s is no longer kept. Its files are where they were.\n",
			     in->words[0]);
	return status;
}

const struct command rm_command = {
	.name = "rm",
	.words = "NAME",
	.summary = "forget a server that sleeps; its files stay",
	.about = "A server that the configuration file declares is declared again at the next "
		 "start.",
	.speaks = true,
	.least = 1,
	.most = 1,
	.run = run,
};
