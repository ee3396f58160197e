/* SPDX-License-Identifier: Apache-2.0 */
/* roost sleep: wish a server down. */

#include "cli/wish.h"

static const struct option options[] = {
	{ "--wait", 'w', NULL, "stay until it is asleep, showing the phases as they pass" },
	{ "--now", 0, NULL,
	  "without announcing it to the players first; the world is still saved" },
};

static int
run(const struct invocation *in)
{
	json_t *body = json_object();

	if (invocation_has(in, "--now"))
		json_set_bool(body, "now", true);
	return wish(in, WAIT_ASLEEP, body);
}

const struct command sleep_command = {
	.name = "sleep",
	.words = "NAME",
	.summary = "send a server to sleep",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.least = 1,
	.most = 1,
	.run = run,
};
