/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_STORE_FIXTURE_H
#define ROOST_STORE_FIXTURE_H

/* A store in a directory of its own, asked and answered as the control thread does it. */

#include "store/store_sqlite.h"

struct store_fixture {
	char directory[64];
	char path[96];
	struct sqlite_store_options options;
	struct sqlite_store *store;
	struct reply *replies;		/* in the order of their arrival */
	size_t reply_count;
	uint64_t tickets;
};

/* cmocka set-up and tear-down: *state is a struct store_fixture with a directory and no store. */
int fixture_new(void **state);
int fixture_free(void **state);

void fixture_open(struct store_fixture *f);		/* must succeed */
void fixture_close(struct store_fixture *f);
char *fixture_problem(struct store_fixture *f);		/* must fail; the text */

/* Wait until `count` replies have come since the last fixture_forget(). */
void fixture_wait(struct store_fixture *f, size_t count);
void fixture_forget(struct store_fixture *f);

/* Ask and wait; returns whether it was done. `reason` may be NULL. */
bool fixture_commit(struct store_fixture *f, const struct store_batch *batch,
		    char reason[REASON_LIMIT + 1]);
struct store_rows *fixture_read(struct store_fixture *f, const struct store_query *query);
uint64_t fixture_last(struct store_fixture *f);

/* A batch of `count` events from `first` on, and the document meta/last that says the last one. */
struct store_batch fixture_batch(uint64_t first, size_t count);

/* The record holds 1..last without a gap, and the document agrees; returns last. */
uint64_t fixture_check_whole(struct store_fixture *f);

#endif
