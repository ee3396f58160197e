/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_PROBE_H
#define ROOST_PORT_PROBE_H

/* Asking a game itself: is it there, how many are on, who. */

#include "model/spec.h"
#include "port/ticket.h"

struct probe_port {
	/*
	 * minecraft-java: a status ping, `protocol` in its handshake (-1 when none is
	 * known), PROXY v2 LOCAL before it when `proxy_protocol`. tcp: does the port
	 * accept? Answers REPLY_PROBE, or refused with the reason (connection
	 * refused, no answer within `within`, not a game's answer).
	 */
	void (*ask)(struct probe_port *port, struct ticket ticket, enum game game,
		    const struct endpoint *address, int protocol, bool proxy_protocol,
		    struct duration within);
};

#endif
