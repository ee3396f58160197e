/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_INSTALL_RUN_H
#define ROOST_INSTALL_RUN_H

/*
 * One program of an installation, waited for: without a shell, in a directory, with an
 * environment of its own (PATH, HOME, LANG), nothing on its standard input, and a session of
 * its own that is ended whole when it ends, is late, or is not wanted any more.
 */

#include <stdatomic.h>

#include "base/instant.h"
#include "base/limits.h"

struct run_order {
	char *const *command;		/* [0] a name on the PATH, or a path */
	const char *directory;
	struct duration within;
	const atomic_bool *cancelled;	/* looked at ten times a second */
	/* Its output, both streams, in whatever pieces. */
	void (*output)(void *argument, const char *bytes, size_t length);
	void *argument;
};

/* 0: it ended with 0. Negative: one sentence; -ENOENT: there is no such program. */
int run_program(const struct run_order *order, char ret_why[static REASON_LIMIT + 1]) must_check;

#endif
