/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ARCHIVE_ORDER_H
#define ROOST_ARCHIVE_ORDER_H

/*
 * One order of port/archive.h under way: a few calls to a store, one after the other, or one
 * piece of work in a worker. For the files that carry orders out; each ends every order with
 * one order_done() or order_refuse().
 */

#include <stdatomic.h>
#include <uv.h>

#include "archive/archive_port.h"
#include "archive/pack.h"
#include "archive/unpack.h"

#define ARCHIVE_STORES_LIMIT 32 /* CONFIG_STORES_LIMIT and the one that is always there */

struct archives;

struct archives_store {
	char *name;
	struct objects_port *port;
	unsigned under_way;	/* of long orders */
};

/* What a world becomes while the store pulls: the archive, and at its end the manifest. */
struct packing {
	struct object_source source;
	struct pack *pack;
	const struct guard *guard;
	struct archive_pack what;	/* copies */
	_Atomic uint64_t expected;	/* bytes, once counted */
	bool counted;
	struct manifest *manifest;
	struct buf text;
};

/* A manifest that comes: parsed, or compared with the one that was to be put. */
struct manifest_reader {
	struct object_reader reader;
	struct manifest *manifest;
	const void *wanted;		/* or NULL */
	size_t wanted_length;
	bool is_same;
};

struct order {
	struct order *next;
	struct archives *archives;
	struct archives_store *store;	/* or NULL */
	struct ticket ticket;		/* its asker's */
	struct ticket inner;		/* the store's, while one of its calls is under way; or 0 */
	bool is_long, waits, is_cancelled;
	void (*begin)(struct order *order);
	void (*then)(struct order *order, struct reply *reply);	/* the store's reply; its contents are freed behind it */
	char *name, *key;
	struct archive_answer *answer;	/* so far */
	struct packing packing;
	struct manifest_reader manifest;
	struct object_bytes bytes;
	struct buf content;		/* what `bytes` lends */
	struct unpack unpack;
	struct object_reader into;	/* a fresh directory, and then `unpack` */
	char *directory;		/* unpack, discard; or NULL */
	struct archive_swap swap;	/* copies */
	uv_work_t work;
	int worked;
	bool is_unsure;			/* it failed, and did something before */
	char why[REASON_LIMIT + 1];
	bool works;
	struct object_entry *entries;	/* list */
	size_t entry_count;
	char *after;
	struct instant before;
	struct object_reader *reader;	/* somebody else's: archive_port_read() */
	archive_read_ended *ended;	/* or NULL: the courier brings a reply */
	void *ended_argument;
};

/* ---- archive_port.c ---- */

const char *archives_by(const struct archives *archives);
const struct guard *archives_guard(const struct archives *archives);

/* Ask the order's store; `then` gets its reply. The key is NAME and what is behind it. */
struct ticket order_call(struct order *order, const char *behind,
			 void (*then)(struct order *order, struct reply *reply));

/* The order ends: with its answer (made when there is none), or without. */
struct archive_answer *order_answer(struct order *order);
void order_done(struct order *order);
void order_refuse(struct order *order, const char *format, ...) printf_like(2, 3);
/* The store said no, or nothing; or the order was cancelled: it ended with that, and true. */
bool order_ends(struct order *order, const struct reply *reply) must_check;

/* Work in a worker; then the order ends, refused with `why` when it returns a negative number. */
void order_work(struct order *order, uv_work_cb work);

/* ---- order_pack.c, order_unpack.c, order_store.c: how each begins, and what it owns ---- */

void order_begin_pack(struct order *order);
void packing_copy(struct packing *packing, const struct archive_pack *pack);
void packing_deinit(struct packing *packing);
void order_begin_commit(struct order *order);

void order_begin_look(struct order *order);
void order_begin_verify(struct order *order);		/* also unpack: with a directory */
void order_begin_swap(struct order *order);
void order_begin_discard(struct order *order);
void manifest_answer(const struct manifest *manifest, struct archive_answer *answer);

void order_begin_read(struct order *order);
void order_begin_remove(struct order *order);
void order_begin_list(struct order *order);
void order_begin_sweep(struct order *order);

#endif
