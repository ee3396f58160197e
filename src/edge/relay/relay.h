/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RELAY_H
#define ROOST_RELAY_H

/*
 * The data plane of the gate: it accepts game connections, reads no more of them
 * than `gate/` needs to decide, holds, answers or refuses them by the newest
 * table it was shown, and carries the bytes of those let in. `gate/` decides,
 * the relay carries.
 *
 * It runs threads of its own (one per core), each with its own listening sockets
 * (SO_REUSEPORT), connections and memory. All functions here are for the control
 * thread. Nothing is accepted before the first table was shown; until then
 * players wait in the kernel's queue.
 *
 * Memory is taken at start as address space and touched as it is used: about
 * 200 bytes for a player in the game, under 4 KiB for one who is held.
 */

#include "base/address.h"
#include "base/limits.h"
#include "gate/table.h"
#include "keeper/fact.h"
#include "loop/mailbox.h"
#include "port/gate.h"

struct relay_options {
	const struct endpoint *listen;	/* Minecraft; literal addresses. Copied */
	size_t listen_count;
	unsigned threads;		/* 0 = one per core */
	unsigned connections;		/* most at once; 0 = as many as descriptors allow */
	/*
	 * Facts (KNOCKED HELD RELEASED JOINED LEFT REFUSED) come as letters to this
	 * mailbox and are handed to `deliver` when its reader opens them, so in the
	 * control thread and never inside a call of this header. Facts of one
	 * connection come in order.
	 */
	struct mailbox *mailbox;
	void (*deliver)(void *argument, const struct fact *fact);
	/*
	 * A listener of a `tcp` server could not be opened (it is tried again with
	 * every table): `text` says which, why and what to do. May be NULL.
	 */
	void (*complain)(void *argument, const char *server, const char *text);
	void *argument;
};

struct relay;

/*
 * Bind the listeners and start the threads. On failure nothing is left behind,
 * the result is -errno (-EADDRINUSE: the port is taken) and `ret_reason` is one
 * sentence for people: which endpoint, why, what to do.
 */
int relay_new(const struct relay_options *options, char ret_reason[static REASON_LIMIT + 1],
	      struct relay **ret_relay) must_check;

/*
 * Stop accepting, tell held players why (text for people, may be NULL), end the
 * connections in the game, join the threads. Takes at most about a second. Facts
 * made meanwhile are in the mailbox; the mailbox must outlive this call. NULL is
 * nothing.
 */
void relay_free(struct relay *relay, const char *why);

/* The gate as the control plane sees it; valid until relay_free(). */
struct gate_port *relay_port(struct relay *relay);

/* Same as the port's `show`: takes the reference. */
void relay_show(struct relay *relay, struct gate_table *table);

/* The port that a listener really has (for `:0`); 0 = no such listener. */
uint16_t relay_listen_port(const struct relay *relay, size_t index);

/* Counters since the start, and gauges; one table for struct, code and /metrics. */
struct relay_stats {
#define RELAY_COUNTER(name, metric, labels, help) uint64_t name;
#define RELAY_GAUGE(name, metric, labels, help) uint64_t name;
#include "relay/stats.def"
};

/* Sums over the threads; from any thread. */
void relay_stats(const struct relay *relay, struct relay_stats *ret_stats);

#endif
