/* SPDX-License-Identifier: Apache-2.0 */
/* Three switches over the state of a server; a new state is a compile error here. */

#include "gate/verdict.h"

static struct verdict
let_in(void)
{
	return (struct verdict){ .is = VERDICT_LET_IN };
}

static struct verdict
turn_away(enum kick why)
{
	return (struct verdict){ .is = VERDICT_TURN_AWAY, .why = why };
}

static struct verdict
hold_for_attempt(uint64_t attempt)
{
	return (struct verdict){ .is = VERDICT_HOLD, .attempt = attempt };
}

bool
verdict_is_welcome(const struct gate_server *server, const char *player, const struct ip *ip,
		   enum kick *ret_why)
{
	const struct gate_roster_player *known = gate_roster_find(server->roster, player);
	unsigned flags = known != NULL ? known->flags : 0;

	if (flags & ROSTER_BANNED) {
		*ret_why = KICK_BANNED;
		return false;
	}
	if (gate_roster_network_of(server->roster, ip) != NULL) {
		*ret_why = KICK_BANNED_ADDRESS;
		return false;
	}
	if (server->roster_policy != ROSTER_OPEN && (flags & (ROSTER_MAY_PLAY | ROSTER_OP)) == 0) {
		*ret_why = KICK_NOT_LISTED;
		return false;
	}
	return true;
}

struct verdict
verdict_arriving(const struct gate_server *server, unsigned held)
{
	if (server->state == STATE_READY && server->backend_resolved)
		return let_in();
	if (held >= server->hold_queue)
		return turn_away(KICK_QUEUE_FULL);
	switch (server->state) {
	case STATE_READY: /* its address is being looked up */
	case STATE_WAKING:
	case STATE_LOST:
		return hold_for_attempt(server->attempt);
	case STATE_ASLEEP:
	case STATE_SETTLING:
	case STATE_FAILED:
		if (!server->wake_on_join)
			return turn_away(KICK_NOT_WOKEN);
		return hold_for_attempt(server->attempt + 1);
	case STATE_MAX:
		break;
	}
	ASSERT(!"a state");
	return turn_away(KICK_CHANGED);
}

struct verdict
verdict_waiting(const struct gate_server *server, uint64_t attempt)
{
	if (server == NULL)
		return turn_away(KICK_CHANGED);
	switch (server->state) {
	case STATE_READY:
		return server->backend_resolved ? let_in() : hold_for_attempt(attempt);
	case STATE_FAILED:
		if (server->attempt >= attempt)
			return turn_away(KICK_FAILED);
		return hold_for_attempt(attempt);
	case STATE_ASLEEP:
	case STATE_SETTLING:
		if (!server->wake_on_join)
			return turn_away(KICK_NOT_WOKEN);
		return hold_for_attempt(attempt);
	case STATE_WAKING:
	case STATE_LOST:
		return hold_for_attempt(attempt);
	case STATE_MAX:
		break;
	}
	ASSERT(!"a state");
	return turn_away(KICK_CHANGED);
}

enum kick
verdict_waited(const struct gate_server *server, enum kick why)
{
	if (server == NULL || (why != KICK_STILL_WAKING && why != KICK_COME_AGAIN))
		return why;
	switch (server->state) {
	case STATE_READY: /* its address is being looked up */
	case STATE_LOST:
		return KICK_UNREACHABLE;
	case STATE_SETTLING:
		return KICK_STILL_SETTLING;
	case STATE_ASLEEP:
	case STATE_WAKING:
	case STATE_FAILED:
		return why;
	case STATE_MAX:
		break;
	}
	ASSERT(!"a state");
	return why;
}

bool
verdict_wants_spacing(const struct gate_server *server)
{
	const struct ip *ip = &server->backend_ip;

	/* To all of 127.0.0.0/8 we come from 127.0.0.1; ::1 is throttled like any other. */
	return server->game == GAME_MINECRAFT_JAVA && !server->proxy_protocol &&
	       !(ip_is_v4(ip) && ip->bytes[12] == 127);
}
