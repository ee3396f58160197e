/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PRUNE_H
#define ROOST_PRUNE_H

/*
 * How long the feed remembers. Events go from the oldest on, never out of the
 * middle, and the newest always stays; a reader that comes back for one that has
 * gone is told `gap`.
 */

#include "base/instant.h"
#include "port/store.h"

struct feed_keep {
	struct duration time;	/* 0 = for ever */
	uint64_t events;	/* 0 = any number */
};

/*
 * The offset of the first event that is kept, seen from a page of the oldest; 0 when
 * none of them goes.
 */
uint64_t prune_from(const struct feed_keep *keep, const struct store_rows *oldest,
		    struct instant now) must_check;

#endif
