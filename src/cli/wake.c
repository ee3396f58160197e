/* SPDX-License-Identifier: Apache-2.0 */
/* roost wake: wish a server up. */

#include "cli/wish.h"

static const struct option options[] = {
	{ "--wait", 'w', NULL, "stay until it is ready, showing the phases as they pass" },
};

static int
run(const struct invocation *in)
{
	return wish(in, WAIT_READY, json_object());
}

const struct command wake_command = {
	.name = "wake",
	.words = "NAME",
	.summary = "wake a server",
	.about =
		"Repeating a wish is harmless. With --wait the exit status is 0 once the server is "
		"ready, and 1 when it failed or somebody sent it back to sleep.",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.least = 1,
	.most = 1,
	.run = run,
};
