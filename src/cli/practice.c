/* SPDX-License-Identifier: Apache-2.0 */
/* roost practice, as the tables know it; the program is edge/practice. */

#include "cli/command.h"

static const struct option options[] = {
#define OPTION(name, word, value, what) { "--" word, 0, value, what },
#include "model/practice_option.def"
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
