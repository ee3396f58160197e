/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: its statements, and what its failures mean to people. */

#include "store/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	int parameters;
	const char *text;
} queries[] = {
#define QUERY(name, parameters, text) [QUERY_##name] = { parameters, text },
#include "store/queries.def"
};

_Static_assert(ELEMENTS(queries) == QUERY_MAX, "a query without a row");

const char *
query_text(enum query query)
{
	ASSERT(query < QUERY_MAX);
	return queries[query].text;
}

char *
record_problem(const struct record *record, int result)
{
	const char *path = record->path;

	switch (result & 0xff) {
	case SQLITE_FULL:
		return text_format("no room left on the disk of %s; free some, nothing was lost",
				   path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return text_format(
			"%s is locked by another program (a backup, or a database tool?); "
			"close it",
			path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return text_format(
			"%s or its directory cannot be written; check owner, permissions "
			"and mount",
			path);
	case SQLITE_CANTOPEN:
		return text_format("%s cannot be opened: %s", path,
				   strerror(sqlite3_system_errno(record->db)));
	case SQLITE_NOTADB:
		return text_format("%s is not a roost database; move it away, or set `data` to "
				   "another directory",
				   path);
	case SQLITE_CORRUPT:
		return text_format("%s is damaged (%s); put a backup in its place", path,
				   sqlite3_errmsg(record->db));
	case SQLITE_IOERR:
		return text_format("the disk of %s reports an error (%s); check the disk", path,
				   strerror(sqlite3_system_errno(record->db)));
	default:
		return text_format("%s: %s", path, sqlite3_errmsg(record->db));
	}
}

static void
check_parameters(sqlite3_stmt *statement, const char *text, int parameters)
{
	int count = sqlite3_bind_parameter_count(statement);

	if (count != parameters)
		fprintf(stderr, "roost: wrong parameter count: %s\n", text);
	ASSERT(count == parameters);
	for (int i = 1; i <= count; i++) {
		const char *name = sqlite3_bind_parameter_name(statement, i);
		char wanted[16];

		(void)snprintf(wanted, sizeof wanted, "$%d", i);
		ASSERT(text_equal(name, wanted));
	}
}

int
record_prepare(struct record *record, char **ret_problem)
{
	for (size_t i = 0; i < QUERY_MAX; i++) {
		int result =
			sqlite3_prepare_v3(record->db, queries[i].text, -1,
					   SQLITE_PREPARE_PERSISTENT, &record->statements[i], NULL);

		if (result != SQLITE_OK) {
			*ret_problem = record_problem(record, result);
			return -1;
		}
		check_parameters(record->statements[i], queries[i].text, queries[i].parameters);
	}
	return 0;
}

void
record_checkpoint(struct record *record)
{
	(void)sqlite3_wal_checkpoint_v2(record->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

void
record_close(struct record *record)
{
	for (size_t i = 0; i < QUERY_MAX; i++)
		(void)sqlite3_finalize(record->statements[i]);
	(void)sqlite3_close_v2(record->db);
	mem_free(record->path);
	*record = RECORD_NULL;
}

sqlite3_stmt *
record_statement(struct record *record, enum query query)
{
	sqlite3_stmt *statement = record->statements[query];

	ASSERT(statement != NULL);
	(void)sqlite3_reset(statement);
	return statement;
}

int
record_run(struct record *record, enum query query)
{
	sqlite3_stmt *statement = record_statement(record, query);
	int result = sqlite3_step(statement);

	(void)sqlite3_reset(statement);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}
