/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store_fixture.h"

static sqlite3 *
open_beside(const struct store_fixture *f, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void
assert_refused_because(struct store_fixture *f, const char *what)
{
	CLEANUP(text_freep) char *problem = fixture_problem(f);

	if (strstr(problem, what) == NULL)
		fail_msg("'%s' does not say '%s'", problem, what);
	assert_true(strlen(problem) < 400);
}

static void
a_lock_of_another_program_refuses_the_commit_which_works_once_it_is_gone(void **state)
{
	struct store_fixture *f = *state;
	struct store_batch batch = fixture_batch(1, 2);
	char reason[REASON_LIMIT + 1];
	sqlite3 *other;

	fixture_open(f);
	other = open_beside(f, "BEGIN IMMEDIATE");
	assert_false(fixture_commit(f, &batch, reason));
	assert_non_null(strstr(reason, "locked by another program"));
	assert_true(fixture_check_whole(f) == 0);
	(void)sqlite3_close(other);
	assert_true(fixture_commit(f, &batch, NULL));
	assert_true(fixture_check_whole(f) == 2);
	batch_deinit(&batch);
}

static void
a_full_disk_refuses_commits_and_loses_nothing(void **state)
{
	struct store_fixture *f = *state;
	char reason[REASON_LIMIT + 1];
	uint64_t last = 0;
	bool done;

	f->options.page_limit = 40;
	fixture_open(f);
	do {
		struct store_batch batch = fixture_batch(last + 1, 50);

		done = fixture_commit(f, &batch, reason);
		if (done)
			last += 50;
		batch_deinit(&batch);
		assert_true(last < 100000);
	} while (done);
	assert_true(last > 0);
	assert_non_null(strstr(reason, "no room left"));
	assert_true(fixture_check_whole(f) == last);
	fixture_close(f);
	f->options.page_limit = 0;
	fixture_open(f);
	{
		struct store_batch batch = fixture_batch(last + 1, 50);

		assert_true(fixture_commit(f, &batch, NULL));
		batch_deinit(&batch);
	}
	assert_true(fixture_check_whole(f) == last + 50);
}

static void
two_roosts_do_not_share_a_directory(void **state)
{
	struct store_fixture *f = *state;
	char pid[32];

	fixture_open(f);
	(void)snprintf(pid, sizeof pid, "process %ld", (long)getpid());
	assert_refused_because(f, pid);
	fixture_close(f);
	fixture_open(f);
}

static void
a_newer_file_is_refused_and_left_as_it_is(void **state)
{
	struct store_fixture *f = *state;

	fixture_open(f);
	fixture_close(f);
	(void)sqlite3_close(open_beside(f, "PRAGMA user_version = 7"));
	assert_refused_because(f, "made by a newer roost (format 7, this one knows 1)");
	(void)sqlite3_close(open_beside(f, "PRAGMA user_version = 1"));
	fixture_open(f);
}

static void
a_file_of_another_program_is_refused_and_left_as_it_is(void **state)
{
	struct store_fixture *f = *state;
	struct stat before, after;

	(void)sqlite3_close(open_beside(f, "CREATE TABLE theirs (x)"));
	assert_int_equal(stat(f->path, &before), 0);
	assert_refused_because(f, "another program");
	assert_int_equal(stat(f->path, &after), 0);
	assert_true(before.st_size == after.st_size && before.st_mtime == after.st_mtime);
}

static void
a_file_that_is_no_database_is_refused(void **state)
{
	struct store_fixture *f = *state;
	FILE *file = fopen(f->path, "w");

	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		(void)fprintf(file, "dear diary %d\n", i);
	(void)fclose(file);
	assert_refused_because(f, "is not a roost database");
}

static void
a_directory_in_the_place_of_the_file_is_refused(void **state)
{
	struct store_fixture *f = *state;

	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_refused_because(f, "roost.db");
}

static void
a_missing_directory_is_told(void **state)
{
	struct store_fixture *f = *state;

	f->options.path = "/tmp/roost-there-is-no-such-directory/roost.db";
	assert_refused_because(f, "does not exist; make it (mkdir -p");
}

/* Root may write anywhere, so these are asked as another user. */
static void
ask_as_nobody(struct store_fixture *f, const char *what)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		char *problem = NULL;

		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(9);
		if (sqlite_store_new(&f->options, &problem) != NULL)
			_exit(1);
		_exit(strstr(problem, what) != NULL ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
a_directory_that_cannot_be_written_is_told(void **state)
{
	struct store_fixture *f = *state;

	assert_int_equal(chmod(f->directory, 0500), 0);
	ask_as_nobody(f, "cannot be written by user");
	assert_int_equal(chmod(f->directory, 0700), 0);
}

static void
a_file_that_cannot_be_read_or_written_is_told(void **state)
{
	struct store_fixture *f = *state;
	char lock[128];

	fixture_open(f);
	fixture_close(f);
	(void)snprintf(lock, sizeof lock, "%s/roost.lock", f->directory);
	assert_int_equal(unlink(lock), 0);
	assert_int_equal(chmod(f->directory, 0777), 0);
	assert_int_equal(chmod(f->path, 0400), 0);
	ask_as_nobody(f, "Permission denied; check its owner");
	(void)unlink(lock);
}

/* The child tells each acknowledged offset through a pipe, and is killed at any moment. */
static void
commit_until_killed(struct store_fixture *f, int pipe_out)
{
	fixture_open(f);
	for (uint64_t last = sqlite_store_last_offset(f->store);;) {
		size_t count = 1 + (size_t)(last % 4);
		struct store_batch batch = fixture_batch(last + 1, count);

		if (!fixture_commit(f, &batch, NULL))
			_exit(1);
		batch_deinit(&batch);
		last += count;
		if (write(pipe_out, &last, sizeof last) != sizeof last)
			_exit(2);
	}
}

static uint64_t
kill_after(struct store_fixture *f, long microseconds)
{
	struct timespec pause = { .tv_nsec = microseconds * 1000 };
	uint64_t acknowledged = 0, offset;
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	if (child == 0) {
		(void)close(fds[0]);
		commit_until_killed(f, fds[1]);
	}
	(void)close(fds[1]);
	(void)nanosleep(&pause, NULL);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (read(fds[0], &offset, sizeof offset) == sizeof offset)
		acknowledged = offset;
	(void)close(fds[0]);
	return acknowledged;
}

static void
kill_9_at_any_moment_loses_no_acknowledged_commit_and_leaves_no_gap(void **state)
{
	struct store_fixture *f = *state;
	uint64_t most = 0;

	for (long i = 0; i < 25; i++) {
		uint64_t acknowledged = kill_after(f, 2000 + i * i * 150);
		uint64_t last;

		fixture_open(f);
		last = fixture_check_whole(f);
		assert_true(last >= acknowledged && last >= most);
		most = last;
		fixture_close(f);
	}
	assert_true(most > 0);
}

int
main(void)
{
#define IN_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, fixture_new, fixture_free)
	const struct CMUnitTest tests[] = {
		IN_A_DIRECTORY(
			a_lock_of_another_program_refuses_the_commit_which_works_once_it_is_gone),
		IN_A_DIRECTORY(a_full_disk_refuses_commits_and_loses_nothing),
		IN_A_DIRECTORY(two_roosts_do_not_share_a_directory),
		IN_A_DIRECTORY(a_newer_file_is_refused_and_left_as_it_is),
		IN_A_DIRECTORY(a_file_of_another_program_is_refused_and_left_as_it_is),
		IN_A_DIRECTORY(a_file_that_is_no_database_is_refused),
		IN_A_DIRECTORY(a_directory_in_the_place_of_the_file_is_refused),
		IN_A_DIRECTORY(a_missing_directory_is_told),
		IN_A_DIRECTORY(a_directory_that_cannot_be_written_is_told),
		IN_A_DIRECTORY(a_file_that_cannot_be_read_or_written_is_told),
		IN_A_DIRECTORY(kill_9_at_any_moment_loses_no_acknowledged_commit_and_leaves_no_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
