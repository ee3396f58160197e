/* SPDX-License-Identifier: Apache-2.0 */
/* One program: the daemon, the command line, and what they start again as. */

#include <stddef.h>

#include "cli/cli.h"
#include "daemon.h"
#include "practice/practice.h"
#include "process/process_port.h"
#include "process/supervise.h"
#include "stores.h"

int
main(int argc, char **argv)
{
	static const struct cli_hook hooks[] = { { "serve", daemon_main },
						 { "practice", practice_main },
						 { "supervise", supervise_main },
						 { NULL, NULL } };

	static const struct cli_parts parts = { .hooks = hooks,
						.limits_note = process_limits_note,
						.store_try = store_try };

	return cli_main(argc, argv, &parts);
}
