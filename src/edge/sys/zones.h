/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SYS_ZONES_H
#define ROOST_SYS_ZONES_H

/*
 * The system's time zones (package tzdata), each read when it is first asked for and kept: new
 * rules take a restart.
 */

#include "port/zones.h"

#define ZONES_DIRECTORY "/usr/share/zoneinfo"	/* the system's */

/* `directory` NULL or "": the system's. Programs take it from TZDIR, as the C library does. */
struct zones_port *sys_zones_new(const char *directory);
void sys_zones_free(struct zones_port *port);

#endif
