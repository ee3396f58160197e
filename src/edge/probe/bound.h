/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PROBE_BOUND_H
#define ROOST_PROBE_BOUND_H

/*
 * Has a run's game its UDP port? A game over datagrams that answers no query is
 * ready when it has: nothing else of it can be seen from outside. Looks through
 * /proc (some milliseconds on a busy machine), so it is for a worker thread.
 */

#include "base/address.h"

enum bound {
	BOUND_NOT,	/* nobody has it */
	BOUND,		/* a process of the run has it */
	BOUND_STRANGER	/* another program has it */
};

/*
 * A process is of the run when it, or one it descends from, carries the run's
 * mark in its environment. Where no owner can be seen (another user's, to an
 * unprivileged roost) it counts as the run's: before the start the port was free.
 * A name for a host stands for every address.
 */
enum bound bound_look(const struct endpoint *address, const char *token);

#endif
