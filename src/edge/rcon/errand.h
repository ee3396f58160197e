/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ERRAND_H
#define ROOST_ERRAND_H

/* One line's way to a game and back: look up, connect, sign in, say, hear. */

#include "port/rcon.h"
#include "sys/courier.h"

#define ERRANDS_LIMIT 256	/* lines under way, of all servers together */

struct errand;

struct errand_list {
	uv_loop_t *loop;
	struct courier *courier;
	struct errand *first, *last;	/* in the order they were asked */
	size_t count;
};

/* Exactly one reply goes to the courier. */
void errand_begin(struct errand_list *list, struct ticket ticket,
		  const struct console_order *order);

/* Drop all; nothing is answered. */
void errands_drop(struct errand_list *list);

#endif
