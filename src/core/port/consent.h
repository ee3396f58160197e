/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_CONSENT_H
#define ROOST_PORT_CONSENT_H

/*
 * Whether the life of a server may go on, as those see it who do something beside it:
 * a world that is being restored keeps its game from starting, a backup that is not
 * verified keeps its machine from being released. The services of the plane are asked
 * (struct plane_service), all of them, again and again until none objects.
 */

#include "port/ticket.h"

enum consent_to {
	CONSENT_RESTORED,	/* to start: nobody is at work on its world */
	CONSENT_PREPARED,	/* to start: its files are in place; behind CONSENT_RESTORED */
	CONSENT_RELEASE,	/* the game has ended; what it leaves may be let go */
	CONSENT_AT_ONCE,	/* to start without being asked the first two, before its run is durable */
	CONSENT_MAX
};

enum consent {
	CONSENT_GIVEN,
	CONSENT_WAITS,		/* ask again; whoever says so tells people what is going on */
	CONSENT_REFUSED		/* with one sentence why: the start fails. A release only waits */
};

struct consent_port {
	/* REPLY_YES_OR_NO, yes when all give it; refused when one refuses. */
	void (*ask)(struct consent_port *port, struct ticket ticket, enum consent_to to,
		    const char *server);
};

#endif
