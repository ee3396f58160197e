/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wall clock, steered. Timers of the whole program are instants of it, so it
 * may neither repeat an hour (they would fire twice) nor stand still for one
 * (they would not fire at all) when somebody sets the machine's clock back.
 */

#include "sys/clock.h"

#include <pthread.h>
#include <time.h>

#define SLOWER_BY 16 /* one part in so many is given up while ahead of the wall */

int64_t
clock_steer(struct clock_state *state, int64_t wall_ns, int64_t steady_ns)
{
	int64_t passed = steady_ns - state->steady_ns;
	int64_t told, ahead;

	if (state->told_ns == 0 || passed < 0)
		passed = 0;
	told = state->told_ns + passed;
	ahead = told - wall_ns;
	if (state->told_ns == 0 || ahead <= 0)
		told = wall_ns;
	else
		told -= ahead < passed / SLOWER_BY ? ahead : passed / SLOWER_BY;
	state->steady_ns = steady_ns;
	state->told_ns = told;
	return told;
}

static int64_t
read_clock(clockid_t which)
{
	struct timespec t;

	ASSERT(clock_gettime(which, &t) == 0);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct instant
sys_now(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct clock_state state;
	int64_t told;

	ASSERT(pthread_mutex_lock(&lock) == 0);
	told = clock_steer(&state, read_clock(CLOCK_REALTIME), read_clock(CLOCK_BOOTTIME));
	ASSERT(pthread_mutex_unlock(&lock) == 0);
	return (struct instant){ told / 1000000 };
}

struct instant
sys_wall(void)
{
	return (struct instant){ read_clock(CLOCK_REALTIME) / 1000000 };
}
