/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_DICE_H
#define SIM_DICE_H

/*
 * Chance from one seed, in a stream for each part of the world, so that a new
 * fault here does not reshuffle everything there. SplitMix64 (Steele, Lea,
 * Flood 2014).
 */

#include <stdbool.h>
#include <stdint.h>

struct dice { uint64_t state; };

static inline uint64_t
dice_next(struct dice *d)
{
	uint64_t z = (d->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline struct dice
dice_of(uint64_t seed, uint64_t stream)
{
	struct dice d = { seed * 0x2545f4914f6cdd1du + stream };

	d.state = dice_next(&d) ^ stream;
	return d;
}

/* 0 .. n-1 */
static inline unsigned
dice_below(struct dice *d, unsigned n)
{
	return (unsigned)((dice_next(d) >> 33) % n);
}

static inline int64_t
dice_between(struct dice *d, int64_t low, int64_t high)
{
	return low + (int64_t)(dice_next(d) >> 1) % (high - low + 1);
}

/* True `n` times in 1024. Throws nothing when it cannot be true. */
static inline bool
dice_hits(struct dice *d, unsigned n)
{
	return n > 0 && dice_below(d, 1024) < n;
}

#endif
