/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_DATAGRAM_SIM_H
#define SIM_DATAGRAM_SIM_H

/*
 * What comes to games over datagrams: players, who say the same until they are
 * answered, and floods from forged addresses, each of which speaks once. Judged by
 * the gate's own code: no flood wakes anything, and every player is held who may be.
 */

#include "gate/datagram.h"

struct world;

struct datagram_sim {
	struct datagram_gate gate;
	struct buf answer;
	uint32_t forged;		/* addresses so far */
};

void datagram_sim_init(struct world *w);
void datagram_sim_deinit(struct world *w);

/* A player's first words, until the gate has made up its mind. */
struct verdict datagram_sim_come(struct world *w, const struct gate_server *server,
				 uint64_t connection, unsigned held) must_check;

/* A flood, at every server that takes datagrams. */
void datagram_sim_flood(struct world *w);

#endif
