/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_RCON_H
#define ROOST_PORT_RCON_H

/* Commands to a game over the network, where its declaration has `rcon`. */

#include "model/spec.h"
#include "port/process.h"
#include "port/ticket.h"

/* A line for the game's console. What is pointed to is copied. */
struct console_order {
	const struct server_spec *spec;
	const char *token;	/* of the run, as in port/process.h */
	const char *line;
};

struct rcon_port {
	/*
	 * Sign in, send the line, hear the answer, whose lines come as
	 * FACT_CONSOLE_LINE before the reply. Lines to one address keep their order.
	 * REPLY_DONE, also when the game hung up on it, as it does when it stops;
	 * refused when it was not sent (nothing listens, the password is wrong);
	 * unknown when it was sent and nothing came.
	 */
	void (*say)(struct rcon_port *port, struct ticket ticket,
		    const struct console_order *order);
};

/*
 * To the game's console, whichever it has: by RCON when it is declared and there
 * is such a port (`rcon` may be NULL), else to its standard input.
 */
void console_say(struct process_port *process, struct rcon_port *rcon, struct ticket ticket,
		 const struct console_order *order);

#endif
