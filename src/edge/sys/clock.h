/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CLOCK_H
#define ROOST_CLOCK_H

/* The one clock. Any thread may ask. */

#include "base/instant.h"

/*
 * Wall-clock time that never goes back within one process and never stands
 * still: when the system's clock was set back, this one runs slower (by a
 * sixteenth) until the two agree again; set forward, it follows at once.
 */
struct instant sys_now(void);

/* The system's clock as it is, for what people call the time; it may go back. */
struct instant sys_wall(void);

/* How sys_now() steers, as a value, so that it can be tested without a clock. */
struct clock_state {
	int64_t steady_ns;	/* at the last reading: time since boot, suspension included */
	int64_t told_ns;	/* what was answered then; 0 = never asked */
};

/* The time to tell when the machine's two clocks read so; never less than the last told. */
int64_t clock_steer(struct clock_state *state, int64_t wall_ns, int64_t steady_ns);

#endif
