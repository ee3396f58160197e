/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CLI_H
#define ROOST_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"

/*
 * The command line. Everything but the programs behind `serve`, `practice` and
 * the like is in here; those are handed in, so that the command line needs no
 * part of the daemon.
 */

/* A command whose program is elsewhere. argv[0] is the command's own name. */
struct cli_hook {
	const char *name;	/* NULL ends the table; may be one that `help` does not show */
	int (*run)(int argc, char **argv);
};

struct config;
struct store_spec;

/* What came of trying a store for backups. */
struct store_trial {
	bool works;
	char why[REASON_LIMIT + 1];	/* it does not */
	bool told_time;
	int64_t ahead_s;		/* its clock before ours, seconds; when it told */
};

/* What the command line is lent by parts that it does not include. */
struct cli_parts {
	const struct cli_hook *hooks;
	/* One sentence: are memory and cpu limits kept on this machine? As `serve` would do it. */
	const char *(*limits_note)(bool *ret_kept);
	/* Does the store take, give back and remove what is put into it? Waits, half a minute at most. */
	void (*store_try)(const struct config *config, const struct store_spec *store,
			  struct store_trial *ret_told);
};

/* Exit status: 0 done, 1 refused or failed, 2 wrong usage. */
int cli_main(int argc, char **argv, const struct cli_parts *parts);

#endif
