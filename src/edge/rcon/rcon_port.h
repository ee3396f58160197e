/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RCON_PORT_H
#define ROOST_RCON_PORT_H

/*
 * port/rcon.h over the network, on the control thread's loop: a connection for
 * each line, one at a time to an address. All of a line's way, from waiting for
 * those before it to the end of its answer, has one deadline. The password's file
 * is read each time; others than its owner may not be able to read it. At most
 * ERRANDS_LIMIT lines are under way; more are refused.
 */

#include "port/rcon.h"
#include "sys/courier.h"

struct rcon_port *rcon_port_new(uv_loop_t *loop, courier_deliver *deliver, void *argument)
	must_check;

/* Lines under way are dropped. Run the loop until it has no handles left. NULL is nothing. */
void rcon_port_free(struct rcon_port *port);

#endif
