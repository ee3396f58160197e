/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_VERDICT_H
#define ROOST_VERDICT_H

/*
 * What becomes of somebody who wants to play on a server, by how the server is:
 * asked once when they arrive, and again for everybody who is held whenever a
 * newer table has come.
 */

#include "gate/status.h"
#include "gate/table.h"

struct verdict {
	enum {
		VERDICT_LET_IN,
		VERDICT_HOLD,
		VERDICT_TURN_AWAY	/* `why` says what to tell them */
	} is;
	enum kick why;
	/*
	 * VERDICT_HOLD: the wake that the hold belongs to. Its failure, or that of a
	 * later one, ends the hold; an earlier failure is not this player's.
	 */
	uint64_t attempt;
};

/*
 * May somebody of this name come at all, as the server's roster says? Asked before
 * anything else, so that who may not wakes nothing and waits for nothing. The name
 * is what their client claims: it keeps out who is honest about it, and no more
 * than that is needed here, for the game asks for proof (online mode) and knows
 * bans by UUID. Where it does not (offline mode), a name is all that there is. `ip` is
 * where they come from, as far as the gate can see; NULL: not known.
 */
bool verdict_is_welcome(const struct gate_server *server, const char *player,
			const struct ip *ip, enum kick *ret_why) must_check;

/* `held`: how many are held for the server already. */
struct verdict verdict_arriving(const struct gate_server *server, unsigned held);

/* `server` NULL: it is not in the table any more. `attempt` as verdict_arriving() said. */
struct verdict verdict_waiting(const struct gate_server *server, uint64_t attempt);

/*
 * What to tell a player whose wait is over, when `why` is KICK_STILL_WAKING or
 * KICK_COME_AGAIN: these speak of a server that wakes, which it may not be
 * doing. Every other `why` comes back as it is. `server` may be NULL.
 */
enum kick verdict_waited(const struct gate_server *server, enum kick why);

/*
 * Does the game see every player come from one address that its own throttle
 * counts? Spigot and Paper refuse a second connection within 4 s from any
 * address but 127.0.0.1 itself. True: let held players in one at a time.
 */
bool verdict_wants_spacing(const struct gate_server *server);

#endif
