/* SPDX-License-Identifier: Apache-2.0 */
/* roost serve, as the tables know it; the program is bin/daemon.c. */

#include "cli/command.h"

static const struct option options[] = {
	{ "--config", 'c', "FILE",
	  "the configuration (default: ROOST_CONFIG, or ./roost.yaml when there is one)" },
};

const struct command serve_command = {
	.name = "serve",
	.words = "",
	.summary = "run the daemon",
	.about =
		"Keeps the declared servers, answers at the gate, and serves the page and the API, "
		"until SIGTERM or SIGINT; the games go on without it and are found again at the "
		"next "
		"start. SIGHUP reads the configuration again and says what needs a restart. A "
		"mistake "
		"in the configuration refuses the start with file, line, and what is allowed; "
		"`roost "
		"help settings` has every setting.",
	.options = options,
	.option_count = ELEMENTS(options),
};
