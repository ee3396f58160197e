/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SYS_CHANCE_H
#define ROOST_SYS_CHANCE_H

/* The system's chance: getrandom(2) through libsodium. Any thread may ask. */

#include "port/chance.h"

/* One for the whole program; never freed. */
struct chance_port *sys_chance(void);

#endif
