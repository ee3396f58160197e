/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of eight, as a processor's cache has them: see gate/admit.c, which is built alike. */

#include "gate/knocks.h"

#define ROW	     8
#define KNOCKS_LEAST 16

struct knock {
	uint64_t who; /* 0 = free */
	int64_t first_ms, last_ms;
};

struct knocks {
	uint64_t seed;
	size_t row_mask;
	struct knock knocks[];
};

struct knocks *
knocks_new(size_t count, uint64_t seed)
{
	size_t room = KNOCKS_LEAST;
	struct knocks *knocks;

	while (room < count)
		room *= 2;
	knocks = mem_new(sizeof *knocks + room * sizeof knocks->knocks[0]);
	knocks->seed = seed;
	knocks->row_mask = room / ROW - 1;
	return knocks;
}

void
knocks_free(struct knocks *knocks)
{
	mem_free(knocks);
}

/* The finalizer of SplitMix64: every bit of the input moves every bit of the output. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static size_t
row_of(const struct knocks *knocks, uint64_t who)
{
	return (mix(mix(who ^ knocks->seed) + knocks->seed) & knocks->row_mask) * ROW;
}

bool
knocks_know(const struct knocks *knocks, uint64_t who, struct instant now, struct duration within)
{
	const struct knock *row = &knocks->knocks[row_of(knocks, who)];

	for (const struct knock *knock = row; knock < row + ROW; knock++)
		if (knock->who == who && who != 0)
			return now.ms - knock->last_ms < within.ms;
	return false;
}

bool
knocks_hear(struct knocks *knocks, uint64_t who, struct instant now, struct duration after,
	    struct duration within)
{
	struct knock *row = &knocks->knocks[row_of(knocks, who)], *oldest = row;

	for (struct knock *knock = row; knock < row + ROW; knock++) {
		if (knock->who == who && who != 0) {
			if (now.ms - knock->last_ms >= within.ms)
				knock->first_ms = now.ms;
			knock->last_ms = now.ms;
			return now.ms - knock->first_ms >= after.ms;
		}
		if (oldest->who != 0 && (knock->who == 0 || knock->last_ms < oldest->last_ms))
			oldest = knock;
	}
	*oldest = (struct knock){ who, now.ms, now.ms };
	return after.ms <= 0;
}
