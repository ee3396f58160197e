/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PROBE_PORT_H
#define ROOST_PROBE_PORT_H

/*
 * port/probe.h over the network, on the control thread's loop. Names are looked
 * up in libuv's workers; every question has one deadline for all of it; an
 * answer beyond PROBE_REPLY_LIMIT bytes is no game's answer.
 */

#include "port/probe.h"
#include "sys/courier.h"

struct probe_port *probe_port_new(uv_loop_t *loop, courier_deliver *deliver, void *argument)
	must_check;

/* Questions under way are dropped. Run the loop until it has no handles left. */
void probe_port_free(struct probe_port *port);

#endif
