/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RELAY_PIPES_H
#define ROOST_RELAY_PIPES_H

/*
 * Pipes for splice(), shared by the connections of one thread. A direction has
 * one only while bytes are in it: two descriptors and 2.4 KB of kernel memory
 * for each connection would be the price of dedicated ones.
 */

#include "base/base.h"
#include "base/limits.h"

struct pipe_pair {
	int in, out;		/* written to; read from */
	size_t bytes;		/* in it now */
	struct pipe_pair *next;
};

struct pipes {
	struct pipe_pair pairs[RELAY_PIPES_LIMIT];
	struct pipe_pair *free;
	unsigned made;
};

/* NULL when there is none left, or no descriptor for one: then copy. */
struct pipe_pair *pipes_take(struct pipes *pipes) must_check;
/* One that is not empty is emptied by closing it. */
void pipes_give(struct pipes *pipes, struct pipe_pair *pair);
void pipes_deinit(struct pipes *pipes);

#endif
