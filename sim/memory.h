/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

/*
 * Whose memory is it? While the plane runs, everything allocated is its own and
 * on one list, so that a crash can forget it whole, as a process that dies
 * does, and so that a plane that was freed has nothing left. The linker sends
 * malloc and its kin here (--wrap); under a sanitizer each block is still its
 * own block.
 */

#include <stdbool.h>
#include <stddef.h>

void memory_begin(void);		/* once, before anything else: jansson too */
bool memory_is_planes(bool yes);	/* what is allocated from now on; returns how it was */
void memory_adopt(void *block);		/* give a block of the world to the plane */
void memory_forget(void);		/* the plane's memory is gone */
size_t memory_count(void);		/* blocks of the plane's that are left */

#endif
