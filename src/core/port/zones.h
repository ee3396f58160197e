/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_ZONES_H
#define ROOST_PORT_ZONES_H

/* Wall clocks: what this machine's shows, and the time zones that are known here. */

#include "base/instant.h"

struct zone; /* wire/zone/zone.h */

struct zones_port {
	/*
	 * The zone of that name, or NULL: there is none, or what there is cannot be read. "UTC"
	 * always is. The port's, and the same as long as it lives; answered at once (a small file
	 * is read, once).
	 */
	const struct zone *(*find)(struct zones_port *port, const char *name);

	/*
	 * What the machine's clock shows when the plane's is at `now`. They differ after it was
	 * set back: the plane's, which timers go by, only runs slower then. NULL: they are one.
	 */
	struct instant (*clock)(struct zones_port *port, struct instant now);
};

#endif
