/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_KNOCKS_H
#define ROOST_KNOCKS_H

/*
 * Who has spoken before: the one thing a datagram of an unknown game can show.
 * A client that wants to play says so again and again until it is answered; a
 * scanner, or a flood from forged addresses, speaks once from each. Nothing of
 * what they said is kept, so that the table is of fixed size, allocated once;
 * when a row of it is full, who spoke longest ago is forgotten.
 *
 * Not locked: one for each thread.
 */

#include "base/instant.h"

#define KNOCKS_DEFAULT 16384	/* 24 bytes each: 384 KiB */

struct knocks;

struct knocks *knocks_new(size_t count, uint64_t seed) must_check;
void knocks_free(struct knocks *knocks);

/*
 * Hear `who` (any number that stands for them). True when they were first heard
 * at least `after` ago and never silent for `within` since.
 */
bool knocks_hear(struct knocks *knocks, uint64_t who, struct instant now, struct duration after,
		 struct duration within);

/* Were they last heard less than `within` ago? */
bool knocks_know(const struct knocks *knocks, uint64_t who, struct instant now,
		 struct duration within);

#endif
