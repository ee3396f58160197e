/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

/* Short stories with a name, written by hand: what a seed once found, kept when seeds rot. */

#include "run.h"

struct scenario {
	const char *name;
	void (*play)(struct world *w);
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

void scenario_run(const struct scenario *scenario, bool trace, struct run_result *ret_result);

#endif
