/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_CHANCE_H
#define ROOST_PORT_CHANCE_H

/* The one source of chance. */

#include "base/base.h"

struct chance_port {
	void (*fill)(struct chance_port *port, void *bytes, size_t length);
};

#endif
