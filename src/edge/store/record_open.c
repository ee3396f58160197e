/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening the record. The care is in what is refused before anything is
 * changed: a file that is not ours or is newer must come out as it went in.
 */

#include "store/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

static const char *const migrations[] = {
#define MIGRATION(format, text) [(format)-1] = text,
#include "store/migrations.def"
};

int
record_format(void)
{
	return (int)ELEMENTS(migrations);
}

static int
fail(const struct record *record, int result, char **ret_problem)
{
	*ret_problem = record_problem(record, result);
	return -1;
}

static int
run_text(struct record *record, const char *sql, char **ret_problem)
{
	int result = sqlite3_exec(record->db, sql, NULL, NULL, NULL);

	return result == SQLITE_OK ? 0 : fail(record, result, ret_problem);
}

static int
ask_number(struct record *record, const char *sql, int64_t *ret_number, char **ret_problem)
{
	sqlite3_stmt *statement = NULL;
	int result = sqlite3_prepare_v2(record->db, sql, -1, &statement, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	if (result != SQLITE_ROW) {
		(void)sqlite3_finalize(statement);
		return fail(record, result, ret_problem);
	}
	*ret_number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return 0;
}

/* SQLite would make the file readable for all; and its own words for why not help nobody. */
static int
prepare_file(const char *path, char **ret_problem)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	struct stat s;

	if (fd < 0) {
		*ret_problem = text_format("cannot open %s as user %u: %s; check its owner and "
					   "permissions",
					   path, (unsigned)geteuid(), strerror(errno));
		return -1;
	}
	if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) {
		*ret_problem = text_format("%s is not a regular file; move it away", path);
		(void)close(fd);
		return -1;
	}
	if ((s.st_mode & 077) != 0)
		(void)fchmod(fd, 0600); /* it holds hashes of passwords */
	(void)close(fd);
	return 0;
}

static int
open_connection(struct record *record, const struct record_options *options, char **ret_problem)
{
	int result;

	*record = (struct record){ .path = text_copy(options->path) };
	result = sqlite3_open_v2(options->path, &record->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (result != SQLITE_OK)
		return fail(record, result, ret_problem);
	(void)sqlite3_extended_result_codes(record->db, 1);
	(void)sqlite3_busy_timeout(record->db, options->busy_ms > 0 ? options->busy_ms : 2000);
	(void)sqlite3_db_config(record->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return 0;
}

/* Is it ours, or nobody's yet? Reads only. */
static int
check_owner(struct record *record, int64_t *ret_format, char **ret_problem)
{
	int64_t application = 0, tables = 0;

	if (ask_number(record, "PRAGMA application_id", &application, ret_problem) != 0 ||
	    ask_number(record, "PRAGMA user_version", ret_format, ret_problem) != 0 ||
	    ask_number(record, "SELECT count(*) FROM sqlite_schema", &tables, ret_problem) != 0)
		return -1;
	if (application == 0 && tables == 0 && *ret_format == 0)
		return 0;
	if (application != RECORD_APPLICATION) {
		*ret_problem = text_format("%s is the database of another program; set `data` to "
					   "another directory, or move the file away",
					   record->path);
		return -1;
	}
	if (*ret_format > record_format()) {
		*ret_problem =
			text_format("%s was made by a newer roost (format %lld, this one knows "
				    "%d); start the newer "
				    "roost, or put a backup from before the upgrade in its place",
				    record->path, (long long)*ret_format, record_format());
		return -1;
	}
	return 0;
}

/* 26 characters of Crockford's base 32: the name of this record, never used again. */
static void
make_epoch(char epoch[static ID_TEXT_SIZE])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned char random[ID_TEXT_SIZE - 1];

	randombytes_buf(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		epoch[i] = digits[random[i] % 32];
	epoch[ID_TEXT_SIZE - 1] = '\0';
}

static int
migrate_one(struct record *record, int64_t format, char **ret_problem)
{
	CLEANUP(text_freep)
	char *mark = text_format("PRAGMA user_version = %lld; PRAGMA application_id = %d",
				 (long long)format + 1, RECORD_APPLICATION);
	char epoch[ID_TEXT_SIZE];

	if (run_text(record, migrations[format], ret_problem) != 0 ||
	    run_text(record, mark, ret_problem) != 0)
		return -1;
	if (format > 0)
		return 0;
	make_epoch(epoch);
	text_freep(&mark);
	mark = text_format("INSERT INTO record (one, epoch, made_at) VALUES (1, '%s', "
			   "CAST(strftime('%%s', 'now') AS INTEGER) * 1000)",
			   epoch);
	return run_text(record, mark, ret_problem);
}

static int
migrate(struct record *record, int64_t format, char **ret_problem)
{
	if (format >= record_format())
		return 0;
	if (run_text(record, "BEGIN IMMEDIATE", ret_problem) != 0)
		return -1;
	for (; format < record_format(); format++) {
		if (migrate_one(record, format, ret_problem) != 0) {
			(void)sqlite3_exec(record->db, "ROLLBACK", NULL, NULL, NULL);
			return -1;
		}
	}
	return run_text(record, "COMMIT", ret_problem);
}

static int
read_epoch(struct record *record, char **ret_problem)
{
	sqlite3_stmt *statement = record_statement(record, QUERY_RECORD);
	int result = sqlite3_step(statement);

	if (result != SQLITE_ROW) {
		(void)sqlite3_reset(statement);
		return fail(record, result == SQLITE_DONE ? SQLITE_CORRUPT : result, ret_problem);
	}
	(void)text_put(record->epoch, sizeof record->epoch,
		       (const char *)sqlite3_column_text(statement, 0));
	(void)sqlite3_reset(statement);
	return 0;
}

static int
on_wal_grown(void *argument, sqlite3 *db, const char *name, int pages)
{
	struct record *record = argument;

	(void)db;
	(void)name;
	record->wal_pages = pages;
	return SQLITE_OK;
}

static int
ready_writer(struct record *record, const struct record_options *options, char **ret_problem)
{
	int64_t format = 0, first = 0, last = 0;

	if (check_owner(record, &format, ret_problem) != 0)
		return -1;
	if (options->page_limit > 0) {
		CLEANUP(text_freep)
		char *limit = text_format("PRAGMA max_page_count = %u", options->page_limit);

		if (run_text(record, limit, ret_problem) != 0)
			return -1;
	}
	if (run_text(record,
		     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		     "PRAGMA wal_autocheckpoint = 0; PRAGMA trusted_schema = OFF",
		     ret_problem) != 0 ||
	    migrate(record, format, ret_problem) != 0 || record_prepare(record, ret_problem) != 0 ||
	    read_epoch(record, ret_problem) != 0 ||
	    ask_number(record, "SELECT coalesce(min(number), 0) FROM events", &first,
		       ret_problem) != 0 ||
	    ask_number(record, "SELECT coalesce(max(number), 0) FROM events", &last, ret_problem) !=
		    0)
		return -1;
	(void)sqlite3_wal_hook(record->db, on_wal_grown, record);
	record->first = (uint64_t)first;
	record->last = (uint64_t)last;
	return 0;
}

int
record_open_writer(struct record *record, const struct record_options *options, char **ret_problem)
{
	*record = RECORD_NULL;
	if (prepare_file(options->path, ret_problem) != 0)
		return -1;
	if (open_connection(record, options, ret_problem) != 0 ||
	    ready_writer(record, options, ret_problem) != 0) {
		record_close(record);
		return -1;
	}
	return 0;
}

int
record_open_reader(struct record *record, const struct record_options *options, char **ret_problem)
{
	if (open_connection(record, options, ret_problem) != 0 ||
	    run_text(record, "PRAGMA query_only = ON; PRAGMA synchronous = FULL", ret_problem) !=
		    0 ||
	    record_prepare(record, ret_problem) != 0 || read_epoch(record, ret_problem) != 0) {
		record_close(record);
		return -1;
	}
	return 0;
}
