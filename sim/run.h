/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

/* One seed: a storm, a calm in which everything must reach its wish, and quiet. */

#include "world.h"

struct run_result {
	char failure[512];		/* "" = everything held */
	uint64_t hash;
	unsigned readies, fails;	/* wakes that came to an end, well or not */
	unsigned turns, crashes, commits;
};

void run_seed(uint64_t seed, bool trace, struct run_result *ret_result);

/* For scenarios: a world without faults, players or operators, and one server. */
void run_begin_plain(struct world *w, bool trace);
/* Pass time; false once something failed. */
bool run_for(struct world *w, int64_t ms);
void run_end(struct world *w, struct run_result *ret_result);

#endif
