/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RELAY_LANE_H
#define ROOST_RELAY_LANE_H

/*
 * One direction of a carried connection: bytes come from one socket and go to
 * another. Both are non-blocking and watched edge-triggered, so a lane remembers
 * that its source may have more until it saw that it has not.
 *
 * Packets are copied through one buffer of the thread; only a lane whose
 * destination is full keeps bytes of its own. A lane that fills large reads one
 * after another is bulk and is spliced through a pipe, until it is small again.
 */

#include "relay/pipes.h"
#include "relay/slab.h"

struct rest {
	uint32_t from, to;
	unsigned char bytes[RELAY_BUFFER_SIZE];
};

struct lane {
	struct rest *rest;		/* read, not yet written; NULL = nothing */
	struct pipe_pair *pipe;		/* the same, while bulk */
	uint8_t large_reads;		/* in a row */
	uint8_t small_runs;		/* in a row, while bulk */
	bool is_bulk : 1;
	bool is_readable : 1;		/* the source may have bytes */
	bool is_hung_up : 1;		/* its end or an error is behind what can be read */
	bool has_ended : 1;		/* its end was read */
	bool is_reset : 1;		/* the source is gone: nothing can be written to it either */
	bool is_finished : 1;		/* the end was passed on, or the destination is gone */
};

/* What the lanes of one thread share. */
struct lane_tools {
	unsigned char *buffer;		/* RELAY_BUFFER_SIZE */
	struct slab rests;		/* of struct rest */
	struct pipes pipes;
};

void lane_tools_init(struct lane_tools *tools);
void lane_tools_deinit(struct lane_tools *tools);

enum lane_now {
	LANE_WAITS,		/* for an event of its source or destination */
	LANE_IS_HUNGRY,		/* there is more; let others have their turn first */
	LANE_IS_STARVED,	/* no rest is left in the thread: again when one is given back */
	LANE_IS_FINISHED
};

/* Carry what can be carried, up to a fair share; adds the bytes written to `*carried`. */
enum lane_now lane_run(struct lane *lane, int from, int to, struct lane_tools *tools,
		       uint64_t *carried) must_check;

/*
 * Write bytes of our own into the lane, behind what is in it. False when the
 * destination is gone or no memory is left for what it does not take now.
 */
bool lane_say(struct lane *lane, int to, struct lane_tools *tools, const void *bytes,
	      size_t length) must_check;

/* Are there bytes that the destination has not taken? */
static inline bool
lane_is_blocked(const struct lane *lane)
{
	return lane->rest != NULL || lane->pipe != NULL;
}

/* Let go of what it holds. */
void lane_drop(struct lane *lane, struct lane_tools *tools);

#endif
