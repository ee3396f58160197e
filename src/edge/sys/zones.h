/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SYS_ZONES_H
#define ROOST_SYS_ZONES_H

/*
 * The system's time zones (package tzdata), each read when it is first asked for and kept: new
 * rules take a restart.
 */

#include "port/zones.h"

struct zones_port *sys_zones_new(const char *directory);	/* NULL: the system's */
void sys_zones_free(struct zones_port *port);

#endif
