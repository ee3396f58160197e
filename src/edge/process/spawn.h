/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SPAWN_H
#define ROOST_SPAWN_H

/*
 * Supervisors: started ahead of need, so that a player who joins waits for the
 * game only. One spare waits for its order; it ends by itself when roost does.
 */

#include <uv.h>

#include "wire/supervise/order.h"

struct spawner;

struct spawner *spawner_new(uv_loop_t *loop) must_check;
/* The spare goes, supervisors with an order stay. Run the loop until it has no handles left. */
void spawner_free(struct spawner *spawner);

/*
 * Hand an order, the run's folder and its lock to a supervisor. Returns a socket
 * to it (the answer to the order has serial 1), or -errno. The lock is held by
 * the supervisor from then on; the caller closes its own descriptors. A new
 * spare is started a moment later.
 */
int spawner_send(struct spawner *spawner, const struct supervise_order *order, int folder,
		 int lock) must_check;

/*
 * Our environment without what is roost's alone (its settings and secrets, what
 * systemd told it): the list is the caller's (mem_free), the texts are not. Room
 * for `more` entries and the NULL is behind the *ret_count entries.
 */
char **spawn_environment(size_t more, size_t *ret_count) must_check;


#endif
