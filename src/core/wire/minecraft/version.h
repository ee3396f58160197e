/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MINECRAFT_VERSION_H
#define ROOST_MINECRAFT_VERSION_H

/*
 * Protocol numbers of the Java Edition. They are compared as ranges: a number
 * that nobody knows yet is newer than all, and has the newest layout.
 */

#include "base/base.h"

enum {
	PROTOCOL_UNKNOWN = -1,		/* by convention of tools that only look */
	PROTOCOL_1_7 = 4,
	PROTOCOL_1_7_6 = 5,
	PROTOCOL_1_8 = 47,
	PROTOCOL_1_12_2 = 340,
	PROTOCOL_1_13 = 393,		/* login plugin requests; below it, none */
	PROTOCOL_1_16 = 735,
	PROTOCOL_1_19 = 759,
	PROTOCOL_1_19_1 = 760,
	PROTOCOL_1_19_3 = 761,
	PROTOCOL_1_20_2 = 764,		/* the configuration state */
	PROTOCOL_1_20_3 = 765,
	PROTOCOL_1_20_5 = 766,
	PROTOCOL_1_21_2 = 768,
	PROTOCOL_NEWEST = 776,
	PROTOCOL_SNAPSHOT = 0x40000000	/* snapshots set this bit */
};

/* "1.20.4", or NULL for a number that is no release we know. */
const char *version_name(int32_t protocol);

/* The number of a snapshot is taken as newest. Everything else is itself. */
int32_t version_layout(int32_t protocol);

#endif
