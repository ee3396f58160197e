/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap whose members know their place, so that any can be taken out. */

#include "relay/timer.h"

#include <limits.h>

void
timers_deinit(struct timers *timers)
{
	mem_free(timers->heap);
	*timers = (struct timers){ 0 };
}

static void
put(struct timers *timers, uint32_t slot, struct timer *timer)
{
	timers->heap[slot] = timer;
	timer->slot = slot + 1;
}

/* Move the timer at `slot` up or down to where it belongs. */
static void
settle(struct timers *timers, uint32_t slot)
{
	struct timer *timer = timers->heap[slot];

	while (slot > 0 && timers->heap[(slot - 1) / 2]->at > timer->at) {
		put(timers, slot, timers->heap[(slot - 1) / 2]);
		slot = (slot - 1) / 2;
	}
	for (;;) {
		uint32_t child = 2 * slot + 1;

		if (child >= timers->count)
			break;
		if (child + 1 < timers->count &&
		    timers->heap[child + 1]->at < timers->heap[child]->at)
			child++;
		if (timers->heap[child]->at >= timer->at)
			break;
		put(timers, slot, timers->heap[child]);
		slot = child;
	}
	put(timers, slot, timer);
}

void
timers_set(struct timers *timers, struct timer *timer, int64_t at)
{
	timer->at = at;
	if (timer->slot == 0) {
		if (timers->count == timers->room) {
			timers->room = timers->room == 0 ? 256 : timers->room * 2;
			timers->heap = mem_resize(timers->heap, timers->room * sizeof(void *));
		}
		put(timers, timers->count++, timer);
	}
	settle(timers, timer->slot - 1);
}

void
timers_clear(struct timers *timers, struct timer *timer)
{
	uint32_t slot = timer->slot;

	if (slot == 0)
		return;
	ASSERT(slot <= timers->count && timers->heap[slot - 1] == timer);
	timer->slot = 0;
	timers->count--;
	if (slot - 1 < timers->count) {
		put(timers, slot - 1, timers->heap[timers->count]);
		settle(timers, slot - 1);
	}
}

struct timer *
timers_take_due(struct timers *timers, int64_t now)
{
	struct timer *timer;

	if (timers->count == 0 || timers->heap[0]->at > now)
		return NULL;
	timer = timers->heap[0];
	timers_clear(timers, timer);
	return timer;
}

int
timers_wait(const struct timers *timers, int64_t now)
{
	int64_t wait;

	if (timers->count == 0)
		return -1;
	wait = timers->heap[0]->at - now;
	return wait <= 0 ? 0 : wait > INT_MAX ? INT_MAX : (int)wait;
}
