/* SPDX-License-Identifier: Apache-2.0 */
/* roost practice, as the tables know it; the program is edge/practice. */

#include "cli/command.h"

static const struct option options[] = {
	{ "--listen", 0, "HOST:PORT", "where it listens (default: 127.0.0.1:25570)" },
	{ "--boot", 0, "DURATION", "how long it takes until it answers (default: 20s)" },
	{ "--players", 0, "N", "how many made-up players are on" },
	{ "--crash-after", 0, "DURATION", "end unasked after this long" },
};

const struct command practice_command = {
	.name = "practice",
	.words = "",
	.summary = "a stand-in for a Minecraft server, to try roost out; it is not a game",
	.about =
		"Answers status pings and logins of every version, takes its time to start, stops "
		"on "
		"the line `stop`, and holds who logs in until they leave. There is no world in it.",
	.options = options,
	.option_count = ELEMENTS(options),
};
