/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_PUBLISH_H
#define ROOST_PORT_PUBLISH_H

/* Telling those who listen now. What is told here is already durable. */

#include "port/store.h"

struct publish_port {
	/* In order, no gaps. The events are copied. */
	void (*events)(struct publish_port *port, const struct store_event *events, size_t count);
};

#endif
