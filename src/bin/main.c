/* SPDX-License-Identifier: Apache-2.0 */
/* One program: the daemon, the command line, and what they start again as. */

#include <string.h>

#include "daemon.h"
#include "practice/practice.h"
#include "process/supervise.h"

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} programs[] = { { "serve", daemon_main },
			 { "supervise", supervise_main },
			 { "practice", practice_main } };

	for (size_t i = 0; i < ELEMENTS(programs) && argc > 1; i++)
		if (strcmp(argv[1], programs[i].name) == 0)
			return programs[i].run(argc - 1, argv + 1);
	return 2;
}
