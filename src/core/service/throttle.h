/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_THROTTLE_H
#define ROOST_THROTTLE_H

/*
 * How often something may be tried by each of many: a burst, then one more each
 * interval (the generic cell rate algorithm, ITU-T I.371: one instant for each
 * key). Bounded: when all places are taken, the key nearest to its rest goes.
 */

#include "base/instant.h"
#include "base/limits.h"

#define THROTTLE_KEY_SIZE 120	/* a digest or a user, and a server */

struct throttle {
	struct throttle_place {
		char key[THROTTLE_KEY_SIZE];
		struct instant rested;	/* when all of its burst is there again; NEVER = free */
	} places[THROTTLE_KEYS_LIMIT];
	struct duration interval;
	int64_t burst;
};

void throttle_init(struct throttle *t, struct duration interval, int64_t burst);

/* Take one try. Returns 0, or how long to wait when there is none left. */
struct duration throttle_take(struct throttle *t, const char *key, struct instant now);

/* Give one back: it was no failure after all. */
void throttle_give_back(struct throttle *t, const char *key, struct instant now);

#endif
