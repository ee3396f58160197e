/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RELAY_TIMER_H
#define ROOST_RELAY_TIMER_H

/*
 * The deadlines of one thread: a binary heap over timers embedded elsewhere.
 * Times are milliseconds of the monotonic clock.
 */

#include "base/base.h"

struct timer {
	int64_t at;
	uint32_t slot;		/* place in the heap + 1; 0 = not set */
	uint8_t kind;		/* the owner's word for what it is embedded in */
};

struct timers {
	struct timer **heap;
	uint32_t count, room;
};

void timers_deinit(struct timers *timers);
void timers_set(struct timers *timers, struct timer *timer, int64_t at);	/* again: moves it */
void timers_clear(struct timers *timers, struct timer *timer);			/* unset: nothing */

/* A timer whose time has come, now unset; NULL = none. */
struct timer *timers_take_due(struct timers *timers, int64_t now);

/* Milliseconds until the next one, for epoll_wait(): -1 = none. */
int timers_wait(const struct timers *timers, int64_t now);

static inline bool
timer_is_set(const struct timer *timer)
{
	return timer->slot != 0;
}

#endif
