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
	int at = 5;

	(void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)after);
	(void)sqlite3_bind_int64(statement, 2, (sqlite3_int64)before);
	(void)sqlite3_bind_int64(statement, 3, query->audience);
	(void)sqlite3_bind_text(statement, 4, query->user, -1, SQLITE_TRANSIENT);
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

/* Events in the order asked for. One more than the limit are looked for, to know whether there is more. */
struct walk {
	struct store_event *events;
	size_t count;
};

static void
walk_deinit(struct walk *walk)
{
	for (size_t i = 0; i < walk->count; i++)
		mem_free(walk->events[i].data);
	mem_free(walk->events);
	*walk = (struct walk){ .count = 0 };
}

static int
walk_read(struct record *record, const struct store_query *query, struct walk *walk)
{
	sqlite3_stmt *statement = bind_events(record, query);
	size_t room = 0;
	int result;

	while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
		if (walk->count == room) {
			room = room > 0 ? 2 * room : 16;
			walk->events = mem_resize(walk->events, room * sizeof *walk->events);
		}
		walk->events[walk->count++] = event_of(statement);
	}
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

/* Two walks become one of at most `most`: what is in both comes once. Both are used up. */
static struct walk
walk_merge(struct walk *a, struct walk *b, bool newest_first, size_t most)
{
	struct walk to = { .events = mem_new_array(a->count + b->count + 1, sizeof *to.events) };
	size_t i = 0, j = 0;

	while (to.count < most && (i < a->count || j < b->count)) {
		uint64_t left = i < a->count ? a->events[i].offset : 0;
		uint64_t right = j < b->count ? b->events[j].offset : 0;
		bool is_left = right == 0 || (left != 0 && newest_first == (left > right));
		struct store_event *e;

		if (left == right) {
			mem_free(b->events[j++].data);
			is_left = true;
		}
		e = is_left ? &a->events[i++] : &b->events[j++];
		to.events[to.count++] = *e;
		e->data = NULL;
	}
	for (; i < a->count; i++)
		mem_free(a->events[i].data);
	for (; j < b->count; j++)
		mem_free(b->events[j].data);
	mem_free(a->events);
	mem_free(b->events);
	*a = *b = (struct walk){ .count = 0 };
	return to;
}

static bool
both_subjects(char *text, size_t size, const char *other)
{
	if (text[0] == '\0')
		return text_put(text, size, other);
	return other[0] == '\0' || strcmp(text, other) == 0;
}

/* Both filters as one, in `text` (of a type that ends in a dot: all below it); false: nothing fits both. */
static bool
both_types(char *text, size_t size, const char *other)
{
	size_t length = strlen(text), other_length = strlen(other);

	if (length > 0 && text[length - 1] == '.' && strncmp(text, other, length) == 0)
		length = 0;
	if (length == 0)
		return text_put(text, size, other);
	if (other_length > 0 && other[other_length - 1] == '.')
		return strncmp(text, other, other_length) == 0;
	return other_length == 0 || strcmp(text, other) == 0;
}

/* One choice of the question, looked for no further than what is found already. */
static bool
choice_query(const struct store_query *query, size_t choice, const struct walk *found,
	     struct store_query *ret_one)
{
	*ret_one = *query;
	ret_one->choice_count = 0;
	if (found->count > limit_of(query)) {
		uint64_t last = found->events[found->count - 1].offset;

		if (query->newest_first)
			ret_one->after = last;
		else
			ret_one->before = last;
	}
	return both_subjects(ret_one->subject, sizeof ret_one->subject,
			     query->choices[choice].subject) &&
	       both_types(ret_one->type, sizeof ret_one->type, query->choices[choice].type);
}

static int
walk_choices(struct record *record, const struct store_query *query, struct walk *walk)
{
	int result = SQLITE_OK;

	for (size_t i = 0; i < query->choice_count && result == SQLITE_OK; i++) {
		CLEANUP(walk_deinit) struct walk more = { .count = 0 };
		struct store_query one;

		if (!choice_query(query, i, walk, &one))
			continue;
		result = walk_read(record, &one, &more);
		*walk = walk_merge(walk, &more, query->newest_first, limit_of(query) + 1u);
	}
	return result;
}

static int
read_events(struct record *record, const struct store_query *query, struct store_rows *rows)
{
	CLEANUP(walk_deinit) struct walk walk = { .count = 0 };
	int result = query->choice_count > 0 ? walk_choices(record, query, &walk)
					     : walk_read(record, query, &walk);

	if (walk.count > limit_of(query)) {
		rows->more = true;
		mem_free(walk.events[--walk.count].data);
	}
	rows->event_count = walk.count;
	rows->events = TAKE(walk.events);
	walk.count = 0;
	return result;
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
