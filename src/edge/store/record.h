/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RECORD_H
#define ROOST_RECORD_H

/*
 * One connection to the record's SQLite file, with every statement prepared. Not
 * locked: one thread uses it at a time. SQLite's own result codes do not leave
 * this folder; failures come as text for people.
 */

#include <sqlite3.h>

#include "base/base.h"
#include "port/store.h"

#define RECORD_APPLICATION 0x526f7374	/* "Rost", in the file's header: it is ours */

/* Behind every key there is: U+10FFFF, the last code point, in UTF-8. */
#define RECORD_LAST_TEXT "\xf4\x8f\xbf\xbf"

enum query {
#define QUERY(name, parameters, text) QUERY_##name,
#include "store/queries.def"
	QUERY_MAX
};

/* The format this program writes: the last row of migrations.def. */
int record_format(void);

struct record {
	sqlite3 *db;
	sqlite3_stmt *statements[QUERY_MAX];
	char epoch[ID_TEXT_SIZE];
	uint64_t first;		/* writer: the oldest offset when it was opened; 0 = none */
	uint64_t last;		/* writer: the last offset that is durable */
	int wal_pages;		/* writer: pages waiting to be moved into the file */
	char *path;
};

#define RECORD_NULL ((struct record){ 0 })

struct record_options {
	const char *path;
	int busy_ms;
	unsigned page_limit;	/* 0 = none */
};

/*
 * The record must stay where it is until record_close().
 * Open for writing: made and brought to this format when needed; a file of
 * another program, of a newer roost, or that cannot be read or written is
 * refused unchanged. Returns 0, or -1 with *ret_problem.
 */
int record_open_writer(struct record *record, const struct record_options *options,
		       char **ret_problem) must_check;

/* Open a file that a writer has opened before, for reading. */
int record_open_reader(struct record *record, const struct record_options *options,
		       char **ret_problem) must_check;

void record_close(struct record *record);

/*
 * Write batches as one transaction. Returns 0; or, with nothing written and
 * `reason` filled in, RECORD_GAP when the events do not go on from record->last
 * without a gap, or -1 when the machine failed.
 */
#define RECORD_GAP 1
int record_commit(struct record *record, const struct store_batch *const *batches, size_t count,
		  char reason[static REASON_LIMIT + 1]) must_check;

/*
 * Move what waits in the log into the file, as far as readers allow; from any
 * connection, beside its writer. Not needed for durability.
 */
void record_checkpoint(struct record *record);

/* Answer a query; NULL with `reason` when it failed. The rows are the caller's. */
struct store_rows *record_read(struct record *record, const struct store_query *query,
			       char reason[static REASON_LIMIT + 1]) must_check;

/* For this folder: prepare and check every statement. */
int record_prepare(struct record *record, char **ret_problem) must_check;

/* A prepared statement, reset; and the text for people about the last failure. */
sqlite3_stmt *record_statement(struct record *record, enum query query);
int record_run(struct record *record, enum query query);	/* a statement without rows */
char *record_problem(const struct record *record, int result) must_check;
const char *query_text(enum query query);

#endif
