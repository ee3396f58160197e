/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HTTP_WHEEL_H
#define ROOST_HTTP_WHEEL_H

/*
 * Deadlines by the thousand, each moved often and reached seldom: a ring of
 * lists, one for each tick. Setting and clearing cost a few pointers whatever
 * their number (a sorted list of timers is what made other servers slow).
 * A deadline is noticed at most one tick late. Time is an argument.
 */

#include "base/base.h"

#define WHEEL_SLOTS 256

struct wheel_entry {
	struct wheel_entry *next, *previous;	/* NULL: not set */
	uint64_t deadline;			/* ms */
};

struct wheel {
	struct wheel_entry slots[WHEEL_SLOTS];	/* heads */
	uint64_t tick_ms;
	uint64_t turned_to;			/* ticks done */
	size_t count;
};

typedef void wheel_reached(void *argument, struct wheel_entry *entry);

void wheel_init(struct wheel *wheel, uint64_t tick_ms, uint64_t now);
void wheel_set(struct wheel *wheel, struct wheel_entry *entry, uint64_t deadline);
void wheel_clear(struct wheel *wheel, struct wheel_entry *entry);

/* Call `reached` for every entry whose deadline has come; the entry is cleared before. */
void wheel_turn(struct wheel *wheel, uint64_t now, wheel_reached *reached, void *argument);

#endif
