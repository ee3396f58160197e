/* SPDX-License-Identifier: Apache-2.0 */
/* The port: a list of lines under way. See the header. */

#include "rcon/rcon_port.h"

#include "rcon/errand.h"

struct rcons {
	struct rcon_port port;
	struct errand_list list;
};

static void
say(struct rcon_port *port, struct ticket ticket, const struct console_order *order)
{
	struct rcons *rcons = CONTAINER_OF(port, struct rcons, port);

	errand_begin(&rcons->list, ticket, order);
}

struct rcon_port *
rcon_port_new(uv_loop_t *loop, courier_deliver *deliver, void *argument)
{
	struct rcons *rcons = mem_new(sizeof *rcons);

	rcons->port.say = say;
	rcons->list.loop = loop;
	rcons->list.courier = courier_new(loop, deliver, argument);
	return &rcons->port;
}

void
rcon_port_free(struct rcon_port *port)
{
	struct rcons *rcons;

	if (port == NULL)
		return;
	rcons = CONTAINER_OF(port, struct rcons, port);
	errands_drop(&rcons->list);
	courier_free(rcons->list.courier);
	mem_free(rcons);
}
