/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ADMIT_H
#define ROOST_ADMIT_H

/*
 * Who may ask how often: token buckets for each peer (an IPv4 address, an IPv6
 * /64) in a table of fixed size that is allocated once. When it is full, the
 * peer of a row whose buckets are fullest is forgotten, for that loses least: a
 * crowd of new addresses does not wash out who asks too often.
 *
 * Not locked: one table for each thread that admits. `now` may be of any clock.
 */

#include "gate/table.h"

enum admit_what {
	ADMIT_CONNECTION,
	ADMIT_STATUS,
	ADMIT_LOGIN,
	ADMIT_WAKE,
	ADMIT_WHAT_MAX
};

#define ADMIT_PEERS_DEFAULT 16384	/* 32 bytes each: 512 KiB a table */

struct admit;

/* `peers` is rounded up to a power of two, at least 16. `seed` is chance: rows cannot be aimed at. */
struct admit *admit_new(size_t peers, uint64_t seed) must_check;
void admit_free(struct admit *admit);

/* Take one token. False: not now, and nothing was taken. */
bool admit_take(struct admit *admit, const struct gate_limits *limits, const struct ip *ip,
		enum admit_what what, struct instant now) must_check;

/* "too many logins from one address": a reason for the record. */
const char *admit_refusal(enum admit_what what);

#endif
