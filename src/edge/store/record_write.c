/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing: one transaction, all or nothing. After any failure the transaction
 * is rolled back, so that what was refused can be asked for again.
 */

#include "store/record.h"

#include <string.h>

static void
bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	(void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static int
run_bound(sqlite3_stmt *statement)
{
	int result = sqlite3_step(statement);

	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

static int
put_document(struct record *record, const struct store_document *d)
{
	sqlite3_stmt *statement = record_statement(record, d->body != NULL ? QUERY_DOCUMENT_PUT
									   : QUERY_DOCUMENT_DELETE);

	bind_text(statement, 1, document_kind_word(d->kind));
	bind_text(statement, 2, d->key);
	if (d->body != NULL)
		bind_text(statement, 3, d->body);
	return run_bound(statement);
}

static int
prune(struct record *record, const struct store_prune *p)
{
	CLEANUP(text_freep) char *upper = text_format("%s" RECORD_LAST_TEXT, p->prefix);
	sqlite3_stmt *statement = record_statement(record, QUERY_DOCUMENTS_PRUNE);

	bind_text(statement, 1, document_kind_word(p->kind));
	bind_text(statement, 2, p->prefix);
	bind_text(statement, 3, upper);
	(void)sqlite3_bind_int64(statement, 4, p->keep);
	return run_bound(statement);
}

/* The newest stays: the numbers go on from it. */
static int
prune_events(struct record *record, uint64_t oldest_kept)
{
	sqlite3_stmt *statement = record_statement(record, QUERY_EVENTS_PRUNE);

	(void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)oldest_kept);
	return run_bound(statement);
}

static int
add_event(struct record *record, const struct store_event *e)
{
	sqlite3_stmt *statement = record_statement(record, QUERY_EVENT_ADD);
	const char *dot = strchr(e->type, '.');
	int family = dot != NULL ? (int)(dot - e->type) + 1 : -1;

	(void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)e->offset);
	(void)sqlite3_bind_int64(statement, 2, e->time.ms);
	bind_text(statement, 3, e->type);
	(void)sqlite3_bind_text(statement, 4, e->type, family, SQLITE_STATIC);
	bind_text(statement, 5, e->subject);
	(void)sqlite3_bind_int64(statement, 6, e->audience);
	bind_text(statement, 7, e->data != NULL ? e->data : "{}");
	return run_bound(statement);
}

/* The record never has a gap, whatever the caller believes. */
static bool
goes_on(const struct store_batch *batch, uint64_t *last, char reason[static REASON_LIMIT + 1])
{
	for (size_t i = 0; i < batch->event_count; i++) {
		if (batch->events[i].offset != *last + 1) {
			CLEANUP(text_freep)
			char *text = text_format(
				"the record ends at event %llu, so the next is %llu and not %llu; "
				"nothing was written",
				(unsigned long long)*last, (unsigned long long)*last + 1,
				(unsigned long long)batch->events[i].offset);

			(void)text_put(reason, REASON_LIMIT + 1, text);
			return false;
		}
		(*last)++;
	}
	return true;
}

static int
apply(struct record *record, const struct store_batch *batch)
{
	int result = SQLITE_OK;

	for (size_t i = 0; result == SQLITE_OK && i < batch->document_count; i++)
		result = put_document(record, &batch->documents[i]);
	for (size_t i = 0; result == SQLITE_OK && i < batch->prune_count; i++)
		result = prune(record, &batch->prunes[i]);
	for (size_t i = 0; result == SQLITE_OK && i < batch->event_count; i++)
		result = add_event(record, &batch->events[i]);
	if (result == SQLITE_OK && batch->oldest_kept > 0)
		result = prune_events(record, batch->oldest_kept);
	return result;
}

static int
give_up(struct record *record, int result, char reason[static REASON_LIMIT + 1])
{
	CLEANUP(text_freep) char *problem = record_problem(record, result);

	(void)text_put(reason, REASON_LIMIT + 1, problem);
	if (!sqlite3_get_autocommit(record->db))
		(void)record_run(record, QUERY_ROLLBACK);
	return -1;
}

int
record_commit(struct record *record, const struct store_batch *const *batches, size_t count,
	      char reason[static REASON_LIMIT + 1])
{
	uint64_t last = record->last;
	int result;

	for (size_t i = 0; i < count; i++) {
		if (!goes_on(batches[i], &last, reason))
			return RECORD_GAP;
	}
	result = record_run(record, QUERY_BEGIN);
	for (size_t i = 0; result == SQLITE_OK && i < count; i++)
		result = apply(record, batches[i]);
	if (result == SQLITE_OK)
		result = record_run(record, QUERY_COMMIT);
	if (result != SQLITE_OK)
		return give_up(record, result, reason);
	record->last = last;
	return 0;
}
