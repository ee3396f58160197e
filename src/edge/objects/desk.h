/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_OBJECTS_DESK_H
#define ROOST_OBJECTS_DESK_H

/*
 * port/objects.h for stores that block: orders wait in a queue, a few threads carry them out
 * one by one, and replies are handed over in the loop's thread.
 */

#include <stdatomic.h>

#include "port/objects.h"
#include "sys/courier.h"

struct job;

/* A store, carried out in a worker thread; several at a time. Each makes one reply. */
struct desk_store {
	void (*put)(struct desk_store *store, struct job *job);
	void (*get)(struct desk_store *store, struct job *job);
	void (*head)(struct desk_store *store, struct job *job);
	void (*list)(struct desk_store *store, struct job *job);
	void (*remove)(struct desk_store *store, struct job *job);
	void (*sweep)(struct desk_store *store, struct job *job);
	void (*free)(struct desk_store *store);
};

/* One order. What its sort does not need is empty. */
struct job {
	struct job *next;
	void (*run)(struct desk_store *store, struct job *job);
	struct desk *desk;
	struct ticket ticket;
	char *key;			/* or prefix */
	struct object_source *source;
	uint64_t expected;
	bool only_new;
	uint64_t offset, length;
	struct object_reader *reader;
	char *path, *after;
	unsigned limit;
	struct instant before;
	atomic_bool cancelled;
	struct reply reply;		/* what the store makes */
};

/* Takes over the store. `loop` and `argument` outlive the port. */
struct objects_port *desk_port_new(uv_loop_t *loop, struct desk_store *store,
				   courier_deliver *deliver, void *argument) must_check;

/*
 * What is under way is cancelled and waited for (as long as one read takes); nothing more is
 * replied. Run the loop until it has no handles left.
 */
void desk_port_free(struct objects_port *port);

/* ---- for stores ---- */

struct desk_store *desk_store(struct objects_port *port);

void job_refuse(struct job *job, const char *format, ...) printf_like(2, 3);
void job_unknown(struct job *job, const char *format, ...) printf_like(2, 3);
struct object_answer *job_done(struct job *job, enum object_is is);	/* to be filled in */

/* Pull from the order's source: -ECANCELED when nobody wants it any more. `why` is in the source. */
ptrdiff_t job_read(struct job *job, void *bytes, size_t size) must_check;

/* Hand the content to the order's reader, or write it to its path; and reply. */
void job_take(struct job *job, struct object_source *content);

/* Wait; false when it was cancelled meanwhile. */
bool job_wait(struct job *job, struct duration wait) must_check;

#endif
