/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_IDLE_H
#define ROOST_IDLE_H

/*
 * When a server that is up should be warned about or put to sleep without
 * anybody wishing it. Pure; counts players as the game tells them and never by
 * sockets, and never sleeps on a count it does not know, unless the game is lost.
 */

#include "keeper/keeper.h"

enum policy_says {
	POLICY_NOTHING,
	POLICY_SHORT,		/* fewer than min_players from now on */
	POLICY_ENOUGH,		/* enough are back */
	POLICY_WARN_SHORT,	/* warn: number, of, left; behind the last one POLICY_SLEEP follows */
	POLICY_WARN_DURATION,	/* warn: number, of, left */
	POLICY_SLEEP		/* cause; idle_for when idle */
};

struct policy_verdict {
	enum policy_says says;
	enum cause cause;
	unsigned number, of;
	struct duration left;
	struct duration idle_for;
};

struct policy_verdict policy_judge(const struct situation *situation);

/* The next instant at which policy_judge() could say something else, all else being equal. */
struct instant policy_due(const struct situation *situation);

/* Is the game's count known, and of after the last join? */
bool policy_count_is_fresh(const struct server_live *live);

#endif
