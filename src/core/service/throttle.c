/* SPDX-License-Identifier: Apache-2.0 */
/* How often something may be tried: see the header. */

#include "service/throttle.h"

#include <string.h>

void
throttle_init(struct throttle *t, struct duration interval, int64_t burst)
{
	ASSERT(interval.ms > 0 && burst > 0);
	*t = (struct throttle){ .interval = interval, .burst = burst };
}

/* The key's place, or the one that is free or nearest to its rest. */
static struct throttle_place *
place_for(struct throttle *t, const char *key)
{
	struct throttle_place *best = &t->places[0];

	for (size_t i = 0; i < THROTTLE_KEYS_LIMIT; i++) {
		if (strncmp(t->places[i].key, key, THROTTLE_KEY_SIZE - 1) == 0)
			return &t->places[i];
		if (t->places[i].rested.ms < best->rested.ms)
			best = &t->places[i];
	}
	best->rested = NEVER;
	(void)text_put(best->key, sizeof best->key, key);
	return best;
}

struct duration
throttle_take(struct throttle *t, const char *key, struct instant now)
{
	struct throttle_place *place = place_for(t, key);
	int64_t rested = place->rested.ms > now.ms ? place->rested.ms : now.ms;
	int64_t wait = rested + t->interval.ms - (now.ms + t->burst * t->interval.ms);

	if (wait > 0)
		return DURATION_MS(wait);
	place->rested.ms = rested + t->interval.ms;
	return DURATION_MS(0);
}

void
throttle_give_back(struct throttle *t, const char *key, struct instant now)
{
	struct throttle_place *place = place_for(t, key);

	if (place->rested.ms > now.ms)
		place->rested.ms -= t->interval.ms;
}
