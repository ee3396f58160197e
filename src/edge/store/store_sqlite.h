/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_STORE_SQLITE_H
#define ROOST_STORE_SQLITE_H

/*
 * The durable record in one SQLite file: port/store.h for one machine.
 *
 * Two threads of its own: one writes (every commit is one transaction and one
 * fsync; commits that wait together are grouped into one), one reads, so that a
 * page of history never waits for a disk. Both are spoken to by mailbox; their
 * answers go as letters to the mailbox of the thread that asked.
 */

#include "keeper/fact.h"
#include "loop/mailbox.h"
#include "port/store.h"

struct sqlite_store;

struct sqlite_store_options {
	const char *path;		/* DATA/roost.db: made when it is not there (mode 0600) */
	struct mailbox *control;	/* of the thread that uses the port */
	/* Called in that thread for each reply, as a FACT_REPLY whose payload it takes over. */
	void (*deliver)(void *argument, const struct fact *fact);
	void *argument;
	int busy_ms;			/* wait for another program's lock; 0 = 2000 */
	unsigned page_limit;		/* for tests: the file grows no larger (pages); 0 = no limit */
};

/*
 * Take the directory's lock (DATA/roost.lock, see data_lock.h), open or make the
 * file, bring it to this version's format, start the threads. On failure returns
 * NULL and *ret_problem is a text for people that says what, why and what to do
 * (the caller frees it); nothing was changed then.
 */
struct sqlite_store *sqlite_store_new(const struct sqlite_store_options *options,
				      char **ret_problem) must_check;

/* Finish what was asked, then stop the threads and close. Replies not yet opened stay in their mailboxes. */
void sqlite_store_free(struct sqlite_store *store);

/* For the plane. Its calls are made in the control thread only. */
struct store_port *sqlite_store_port(struct sqlite_store *store);

/* The record's name, the oldest and the last offset as they were found at start (0 = none). */
const char *sqlite_store_epoch(const struct sqlite_store *store);
uint64_t sqlite_store_first_offset(const struct sqlite_store *store);
uint64_t sqlite_store_last_offset(const struct sqlite_store *store);

/*
 * A read from any thread: `on_rows` is called in the thread that opens `mailbox`.
 * The rows are its to free (rows_free), NULL when the read failed; then `reason`
 * (lent, for people) says why.
 */
typedef void sqlite_store_rows(void *argument, struct store_rows *rows, const char *reason);
void sqlite_store_read(struct sqlite_store *store, const struct store_query *query,
		       struct mailbox *mailbox, sqlite_store_rows *on_rows, void *argument);

#endif
