/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_GATE_H
#define ROOST_PORT_GATE_H

/*
 * The gate, as the control plane sees it: it shows the gate a table (which host
 * leads where and how each server is), and the gate tells facts back. The gate
 * answers status, holds, refuses and releases by that table alone, without
 * asking; so players are served while the control plane is busy or restarting.
 */

#include <stdint.h>

struct gate_table;	/* gate/table.h */

struct gate_port {
	/* Takes one reference to the table; the gate drops it when a newer one came. */
	void (*show)(struct gate_port *port, struct gate_table *table);
	/* Reject one live or held connection, e.g. when a player is banned. Text for people. */
	void (*drop)(struct gate_port *port, uint64_t connection, const char *why);
};

#endif
