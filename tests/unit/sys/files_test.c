/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.h"

static char place[64];

static int
make_place(void **unused)
{
	(void)unused;
	(void)strcpy(place, "/tmp/roost-files-XXXXXX");
	return mkdtemp(place) == NULL || chdir(place) < 0;
}

static int
drop_place(void **unused)
{
	(void)unused;
	(void)unlink("a/b/c/file");
	(void)unlink("file");
	(void)rmdir("a/b/c");
	(void)rmdir("a/b");
	(void)rmdir("a");
	return chdir("/") < 0 || rmdir(place) < 0;
}

static void
what_is_written_is_read_back_and_is_the_owners_alone(void **unused)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	struct stat found;

	(void)unused;
	for (int care = FILE_SURVIVES_PROCESS; care <= FILE_SURVIVES_POWER; care++) {
		assert_int_equal(file_write(AT_FDCWD, "file", "old", 3, (enum file_care)care), 0);
		assert_int_equal(file_write(AT_FDCWD, "file", "hello", 5, (enum file_care)care), 0);
		assert_int_equal(file_read(AT_FDCWD, "file", 5, &content), 0);
		assert_string_equal(buf_text(&content), "hello");
	}
	assert_int_equal(stat("file", &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
}

static void
a_file_beyond_its_limit_is_refused(void **unused)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;

	(void)unused;
	assert_int_equal(file_write(AT_FDCWD, "file", "hello", 5, FILE_SURVIVES_PROCESS), 0);
	assert_int_equal(file_read(AT_FDCWD, "file", 4, &content), -EFBIG);
	assert_int_equal(file_read(AT_FDCWD, "missing", 4, &content), -ENOENT);
	assert_int_equal(file_read(AT_FDCWD, ".", 4, &content), -EISDIR);
	assert_null(content.data);
}

static void
a_directory_is_made_with_those_above_it(void **unused)
{
	struct stat found;

	(void)unused;
	assert_int_equal(directory_make("a/b/c"), 0);
	assert_int_equal(directory_make("a/b/c"), 0);
	assert_int_equal(stat("a/b/c", &found), 0);
	assert_int_equal(found.st_mode & 0777, 0700);
	assert_int_equal(file_write(AT_FDCWD, "a/b/c/file", "x", 1, FILE_SURVIVES_POWER), 0);
	assert_int_equal(directory_make("a/b/c/file"), -ENOTDIR);
	assert_int_equal(directory_make("a/b/c/file/d"), -ENOTDIR);
}

static void
an_error_names_the_file_and_the_way_out(void **unused)
{
	char text[200];

	(void)unused;
	file_explain(-EACCES, "read", "/etc/shadow", text, sizeof text);
	assert_string_equal(text, "cannot read '/etc/shadow': Permission denied; let the user that "
				  "roost runs as do so (chown or chmod)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back_and_is_the_owners_alone),
		cmocka_unit_test(a_file_beyond_its_limit_is_refused),
		cmocka_unit_test(a_directory_is_made_with_those_above_it),
		cmocka_unit_test(an_error_names_the_file_and_the_way_out),
	};

	return cmocka_run_group_tests(tests, make_place, drop_place);
}
