/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading: a question becomes one statement along one index, and the rows and
 * the bounds told with them are of one moment (one read transaction).
 */

#include "store/record.h"

#include <string.h>

static void
put_column(char *to, size_t size, sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	(void)text_put(to, size, text != NULL ? text : "");
}

static char *
copy_column(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text_copy_n(text != NULL ? text : "",
			   (size_t)sqlite3_column_bytes(statement, column));
}

static unsigned
limit_of(const struct store_query *query)
{
	if (query->limit == 0 || query->limit > EVENTS_PAGE_LIMIT)
		return EVENTS_PAGE_LIMIT;
	return query->limit;
}

static int
read_bounds(struct record *record, struct store_rows *rows)
{
	sqlite3_stmt *statement = record_statement(record, QUERY_BOUNDS);
	int result = sqlite3_step(statement);

	if (result == SQLITE_ROW) {
		rows->first = (uint64_t)sqlite3_column_int64(statement, 0);
		rows->last = (uint64_t)sqlite3_column_int64(statement, 1);
		result = SQLITE_OK;
	}
	(void)sqlite3_reset(statement);
	(void)text_put(rows->epoch, sizeof rows->epoch, record->epoch);
	return result;
}

static sqlite3_stmt *
bind_documents(struct record *record, const struct store_query *query, const char *upper)
{
	const char *after = query->after_key;
	sqlite3_stmt *statement = record_statement(
		record, query->newest_first ? QUERY_DOCUMENTS_DOWN : QUERY_DOCUMENTS);

	if (query->newest_first && after[0] == '\0')
		after = upper;
	(void)sqlite3_bind_text(statement, 1, document_kind_word(query->kind), -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(statement, 2, query->prefix, -1, SQLITE_TRANSIENT);
	(void)sqlite3_bind_text(statement, 3, upper, -1, SQLITE_TRANSIENT);
	(void)sqlite3_bind_text(statement, 4, after, -1, SQLITE_TRANSIENT);
	(void)sqlite3_bind_int64(statement, 5, (sqlite3_int64)limit_of(query) + 1);
	return statement;
}

static int
read_documents(struct record *record, const struct store_query *query, struct store_rows *rows)
{
	CLEANUP(text_freep) char *upper = text_format("%s" RECORD_LAST_TEXT, query->prefix);
	sqlite3_stmt *statement = bind_documents(record, query, upper);
	unsigned limit = limit_of(query);
	size_t room = 0;
	int result;

	while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
		if (rows->document_count == limit) {
			rows->more = true;
			result = SQLITE_DONE;
			break;
		}
		if (rows->document_count == room) {
			room = room > 0 ? 2 * room : 16;
			rows->documents =
				mem_resize(rows->documents, room * sizeof *rows->documents);
		}
		rows->documents[rows->document_count++] =
			(struct store_document){ .kind = query->kind,
						 .key = copy_column(statement, 0),
						 .body = copy_column(statement, 1) };
	}
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

static enum query
events_query(const struct store_query *query)
{
	size_t length = strlen(query->type);
	bool family = length > 0 && query->type[length - 1] == '.';
	int type = length == 0 ? 0 : family ? 2 : 1;
	static const enum query by_filter[2][3][2] = {
		{ { QUERY_EVENTS, QUERY_EVENTS_DOWN },
		  { QUERY_EVENTS_TYPE, QUERY_EVENTS_TYPE_DOWN },
		  { QUERY_EVENTS_FAMILY, QUERY_EVENTS_FAMILY_DOWN } },
		{ { QUERY_EVENTS_SUBJECT, QUERY_EVENTS_SUBJECT_DOWN },
		  { QUERY_EVENTS_SUBJECT_TYPE, QUERY_EVENTS_SUBJECT_TYPE_DOWN },
		  { QUERY_EVENTS_SUBJECT_FAMILY, QUERY_EVENTS_SUBJECT_FAMILY_DOWN } },
	};

	return by_filter[query->subject[0] != '\0'][type][query->newest_first];
}

static sqlite3_stmt *
bind_events(struct record *record, const struct store_query *query)
{
	sqlite3_stmt *statement = record_statement(record, events_query(query));
	uint64_t after = query->after < INT64_MAX ? query->after : INT64_MAX;
	uint64_t before =
		query->before > 0 && query->before < INT64_MAX ? query->before : INT64_MAX;
	int at = 4;

	(void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)after);
	(void)sqlite3_bind_int64(statement, 2, (sqlite3_int64)before);
	(void)sqlite3_bind_int64(statement, 3, query->audience);
	if (query->subject[0] != '\0')
		(void)sqlite3_bind_text(statement, at++, query->subject, -1, SQLITE_TRANSIENT);
	if (query->type[0] != '\0')
		(void)sqlite3_bind_text(statement, at++, query->type, -1, SQLITE_TRANSIENT);
	(void)sqlite3_bind_int64(statement, at, (sqlite3_int64)limit_of(query) + 1);
	return statement;
}

static struct store_event
event_of(sqlite3_stmt *statement)
{
	struct store_event e = {
		.offset = (uint64_t)sqlite3_column_int64(statement, 0),
		.time = { sqlite3_column_int64(statement, 1) },
		.audience = (unsigned)sqlite3_column_int(statement, 4),
		.data = copy_column(statement, 5),
	};

	put_column(e.type, sizeof e.type, statement, 2);
	put_column(e.subject, sizeof e.subject, statement, 3);
	return e;
}

static int
read_events(struct record *record, const struct store_query *query, struct store_rows *rows)
{
	sqlite3_stmt *statement = bind_events(record, query);
	unsigned limit = limit_of(query);
	size_t room = 0;
	int result;

	while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
		if (rows->event_count == limit) {
			rows->more = true;
			result = SQLITE_DONE;
			break;
		}
		if (rows->event_count == room) {
			room = room > 0 ? 2 * room : 16;
			rows->events = mem_resize(rows->events, room * sizeof *rows->events);
		}
		rows->events[rows->event_count++] = event_of(statement);
	}
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

static int
read_what(struct record *record, const struct store_query *query, struct store_rows *rows)
{
	int result = record_run(record, QUERY_BEGIN_READ);

	if (result == SQLITE_OK)
		result = read_bounds(record, rows);
	if (result != SQLITE_OK)
		return result;
	switch (query->what) {
	case STORE_DOCUMENTS:
		return read_documents(record, query, rows);
	case STORE_EVENTS:
		return read_events(record, query, rows);
	case STORE_BOUNDS:
		return SQLITE_OK;
	}
	return SQLITE_MISUSE;
}

struct store_rows *
record_read(struct record *record, const struct store_query *query,
	    char reason[static REASON_LIMIT + 1])
{
	struct store_rows *rows = mem_new(sizeof *rows);
	int result = read_what(record, query, rows);

	if (result != SQLITE_OK) {
		CLEANUP(text_freep) char *problem = record_problem(record, result);

		(void)text_put(reason, REASON_LIMIT + 1, problem);
		rows_free(rows);
		rows = NULL;
	}
	if (!sqlite3_get_autocommit(record->db))
		(void)record_run(record, QUERY_ROLLBACK);
	return rows;
}
