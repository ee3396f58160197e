/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MOVES_H
#define ROOST_MOVES_H

/*
 * The moves a decision is made of. Each writes the next status, begins or turns
 * the recipe that brings it about, and tells what it means. Only move_become()
 * changes a state, and it asserts the table of states.
 */

#include "keeper/keeper.h"
#include "provider/provider.h"

/* A decision being made. */
struct deciding {
	const struct situation *s;
	const struct provider *provider;
	struct decision *d;
	struct server_status *next;	/* of `d` */
};

/* One more event; returns its data, to be filled. */
json_t *move_tell(struct deciding *k, enum event_type type);
void move_tell_wish(struct deciding *k, enum event_type type);
void move_put_text(json_t *data, const char *key, const char *text);	/* nothing when "" */

void move_become(struct deciding *k, enum state state, enum phase phase);
void move_want(struct deciding *k, enum want wanted, enum cause cause, const char *by);

/* Going up. */
void move_begin_run(struct deciding *k);
void move_start_answering(struct deciding *k);	/* the start recipe, from where the game is waited for */
void move_ready(struct deciding *k);

/* Going down. */
void move_settle(struct deciding *k);			/* players are told first, when there are any */
void move_stop(struct deciding *k, bool announce);
void move_cancel_start(struct deciding *k);
void move_asleep(struct deciding *k);			/* and up again, when that is wanted */

/* Failing. */
void move_fail(struct deciding *k, enum phase phase, const char *reason);
void move_crashed(struct deciding *k, const struct process_answer *process);
void move_start_turned(struct deciding *k, const struct happening *happening, enum phase phase);
void move_undone(struct deciding *k);			/* nothing is left of what failed */

#endif
