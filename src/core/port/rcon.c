/* SPDX-License-Identifier: Apache-2.0 */
/* Which way a line goes to a game's console. */

#include "port/rcon.h"

void
console_say(struct process_port *process, struct rcon_port *rcon, struct ticket ticket,
	    const struct console_order *order)
{
	if (rcon != NULL && order->spec->rcon.address.port != 0)
		rcon->say(rcon, ticket, order);
	else
		process->say(process, ticket, order->token, order->line);
}
