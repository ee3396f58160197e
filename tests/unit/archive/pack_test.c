/* SPDX-License-Identifier: Apache-2.0 */
/* Real directories, packed, verified and unpacked; and every way an archive can be wrong. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/pack.h"
#include "archive/unpack.h"
#include "sys/files.h"

/* A directory of its own for each test, with a world in it. */
struct fixture {
	char directory[64], *world, *copy;
	struct buf archive;
	struct manifest *manifest;
	char why[REASON_LIMIT + 1];
};

static int
remove_one(const char *path, const struct stat *is, int type, struct FTW *where)
{
	(void)is;
	(void)type;
	(void)where;
	return remove(path);
}

static void
put_file(const char *world, const char *path, const void *bytes, size_t length)
{
	CLEANUP(text_freep) char *whole = text_format("%s/%s", world, path);

	assert_int_equal(file_write(AT_FDCWD, whole, bytes, length, FILE_SURVIVES_PROCESS), 0);
}

static void
put_directory(const char *world, const char *path)
{
	CLEANUP(text_freep) char *whole = text_format("%s/%s", world, path);

	assert_int_equal(directory_make(whole), 0);
}

/* Bytes that zstd cannot make much of. */
static unsigned char *
noise(size_t length)
{
	unsigned char *bytes = mem_new(length);
	uint32_t state = 1;

	for (size_t i = 0; i < length; i++) {
		state = state * 1664525u + 1013904223u;
		bytes[i] = (unsigned char)(state >> 24);
	}
	return bytes;
}

#define LARGE ((size_t)3000000)

static int
set_up(void **state)
{
	struct fixture *f = mem_new(sizeof *f);
	unsigned char *bytes = noise(LARGE);

	(void)snprintf(f->directory, sizeof f->directory, "/tmp/roost-pack-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	f->world = text_format("%s/world", f->directory);
	f->copy = text_format("%s/copy", f->directory);
	put_directory(f->world, "region/deep/er");
	put_directory(f->world, "empty");
	put_file(f->world, "level.dat", "level", 5);
	put_file(f->world, "nothing", "", 0);
	put_file(f->world, "region/r.0.0.mca", bytes, LARGE);
	put_file(f->world, "region/deep/er/odd\xff name\n", "odd", 3);
	memset(bytes, 0, 70000);
	put_file(f->world, "zeros", bytes, 70000);
	mem_free(bytes);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	(void)nftw(f->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	manifest_free(f->manifest);
	buf_deinit(&f->archive);
	mem_free(f->world);
	mem_free(f->copy);
	mem_free(f);
	return 0;
}

static struct pack *
begin(struct fixture *f, const char *const *paths, size_t count)
{
	const struct pack_options options = { .root = f->world,
					      .paths = paths,
					      .path_count = count,
					      .by = "roost/test",
					      .server = "survival",
					      .game = "tcp",
					      .made = { 1763670000000 } };

	return pack_new(&options, f->why);
}

/* Pull it to the end, a few bytes at a time; what came is in f->archive. */
static ptrdiff_t
pull(struct fixture *f, struct pack *pack, size_t step)
{
	struct object_source *source = pack_source(pack);
	ptrdiff_t got;

	do {
		buf_reserve(&f->archive, step);
		got = source->read(source, f->archive.data + f->archive.length, step);
		if (got > 0)
			f->archive.length += (size_t)got;
	} while (got > 0);
	return got;
}

static void
pack_paths(struct fixture *f, const char *const *paths, size_t count)
{
	struct pack *pack = begin(f, paths, count);

	assert_non_null(pack);
	if (pull(f, pack, 10007) < 0)
		fail_msg("%s", pack_source(pack)->why);
	f->manifest = pack_take_manifest(pack);
	pack_free(pack);
}

static int
unpack_bytes(struct fixture *f, const void *bytes, size_t length, const char *directory)
{
	struct object_bytes source;
	struct unpack unpack;
	int r;

	object_bytes_init(&source, bytes, length);
	unpack_init(&unpack, f->manifest, directory);
	r = unpack_from(&unpack, &source.source);
	(void)text_put(f->why, sizeof f->why, unpack.reader.why);
	return r;
}

static int
unpack_to(struct fixture *f, const char *directory)
{
	return unpack_bytes(f, f->archive.data, f->archive.length, directory);
}

static void
assert_same_file(const struct fixture *f, const char *path)
{
	CLEANUP(text_freep) char *from = text_format("%s/%s", f->world, path);
	CLEANUP(text_freep) char *to = text_format("%s/%s", f->copy, path);
	CLEANUP(buf_deinit) struct buf a = BUF_NULL, b = BUF_NULL;
	struct stat is, was;

	assert_int_equal(file_read(AT_FDCWD, from, 1 << 24, &a), 0);
	assert_int_equal(file_read(AT_FDCWD, to, 1 << 24, &b), 0);
	assert_int_equal(a.length, b.length);
	if (a.length > 0)
		assert_memory_equal(a.data, b.data, a.length);
	assert_int_equal(stat(from, &was), 0);
	assert_int_equal(stat(to, &is), 0);
	assert_int_equal(is.st_mode, was.st_mode);
	assert_int_equal(is.st_mtim.tv_sec, was.st_mtim.tv_sec);
	assert_int_equal(is.st_mtim.tv_nsec / 1000000, was.st_mtim.tv_nsec / 1000000);
}

static bool
is_there(const char *path)
{
	struct stat is;

	return lstat(path, &is) == 0;
}

static const struct manifest_entry *
entry_of(const struct fixture *f, const char *path)
{
	for (size_t i = 0; i < f->manifest->count; i++)
		if (strcmp(f->manifest->entries[i].path, path) == 0)
			return &f->manifest->entries[i];
	fail_msg("no entry %s", path);
	return NULL;
}

static void
make_link(const struct fixture *f, const char *target, const char *path)
{
	CLEANUP(text_freep) char *whole = text_format("%s/%s", f->world, path);

	assert_int_equal(symlink(target, whole), 0);
}

/* ---- */

static void
a_world_comes_back_byte_for_byte(void **state)
{
	struct fixture *f = *state;
	static const char *const files[] = { "level.dat", "nothing", "region/r.0.0.mca", "zeros",
					     "region/deep/er/odd\xff name\n" };
	CLEANUP(text_freep) char *link = text_format("%s/region/latest", f->copy);
	CLEANUP(text_freep) char *closed = text_format("%s/region/deep", f->world);
	CLEANUP(text_freep) char *empty = text_format("%s/empty", f->copy);
	char target[64] = "";
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;

	make_link(f, "../level.dat", "region/latest");
	assert_int_equal(chmod(closed, 0555), 0);
	pack_paths(f, NULL, 0);
	assert_int_equal(f->manifest->missed_count, 0);
	assert_int_equal(f->manifest->changed_count, 0);
	assert_int_equal(f->manifest->archive_size, f->archive.length);
	assert_int_equal(f->manifest->bytes, LARGE + 5 + 3 + 70000);

	/* The manifest as it is kept in the store. */
	manifest_print(f->manifest, &printed);
	manifest_free(TAKE(f->manifest));
	f->manifest = manifest_parse(printed.data, printed.length, f->why);
	assert_non_null(f->manifest);

	assert_int_equal(unpack_to(f, NULL), 0);
	if (unpack_to(f, f->copy) < 0)
		fail_msg("%s", f->why);
	for (size_t i = 0; i < ELEMENTS(files); i++)
		assert_same_file(f, files[i]);
	assert_true(is_there(empty));
	assert_int_equal(readlink(link, target, sizeof target - 1), 12);
	assert_string_equal(target, "../level.dat");
	assert_int_equal(chmod(closed, 0755), 0);
}

static void
declared_paths_are_packed_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	static const char *const paths[] = { "region/deep", "level.dat", "region/deep/er",
					     "region/r.0.0.mca", "not-there/a" };

	pack_paths(f, paths, ELEMENTS(paths));
	assert_int_equal(f->manifest->count, 7);
	assert_int_equal(entry_of(f, "region")->kind, MANIFEST_DIRECTORY);
	assert_int_equal(entry_of(f, "not-there")->kind, MANIFEST_MISSED);
	assert_int_equal(unpack_to(f, f->copy), 0);
	assert_same_file(f, "level.dat");
	assert_same_file(f, "region/r.0.0.mca");
}

static void
what_leads_out_or_has_no_content_is_missed_and_said(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *pipe_path = text_format("%s/pipe", f->world);

	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	make_link(f, "/etc", "etc");
	make_link(f, "..", "up");
	pack_paths(f, NULL, 0);
	assert_int_equal(f->manifest->missed_count, 3);
	assert_non_null(strstr(entry_of(f, "pipe")->text, "pipe"));
	assert_non_null(strstr(entry_of(f, "etc")->text, "leads out"));
	assert_non_null(strstr(entry_of(f, "up")->text, "leads out"));
	assert_int_equal(unpack_to(f, f->copy), 0);
}

/* An archive of a world that is elsewhere would count as good, and have nothing in it. */
static void
a_declared_path_is_never_followed_out_and_then_there_is_no_archive(void **state)
{
	struct fixture *f = *state;
	static const char *const paths[][2] = { { "etc/hostname", "level.dat" },
						{ "etc", "level.dat" } };

	make_link(f, "/etc", "etc");
	for (size_t i = 0; i < ELEMENTS(paths); i++) {
		struct pack *pack = begin(f, paths[i], 2);

		assert_true(pull(f, pack, 4096) < 0);
		assert_non_null(strstr(pack_source(pack)->why, "'etc"));
		assert_non_null(strstr(pack_source(pack)->why, "a link out of the directory"));
		pack_free(pack);
		f->archive.length = 0;
	}
}

/* Two names of one file are two files; of a file with holes its bytes come back. */
static void
files_with_two_names_holes_and_any_time_come_back(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *first = text_format("%s/level.dat", f->world);
	CLEANUP(text_freep) char *second = text_format("%s/level.dat_old", f->world);
	CLEANUP(text_freep) char *holes = text_format("%s/holes", f->world);
	static const int64_t times[] = { -5000000000, -1, 0, 9000000000, 300000000000, INT32_MAX };
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	char name[16];

	assert_int_equal(link(first, second), 0);
	put_file(f->world, "holes", "end", 3);
	assert_int_equal(truncate(holes, 50000000), 0);
	for (unsigned i = 0; i < ELEMENTS(times); i++) {
		const struct timespec both[2] = { { times[i], 0 }, { times[i], 999999999 } };
		CLEANUP(text_freep) char *path = NULL;

		(void)snprintf(name, sizeof name, "time%u", i);
		put_file(f->world, name, "x", 1);
		path = text_format("%s/%s", f->world, name);
		assert_int_equal(utimensat(AT_FDCWD, path, both, 0), 0);
	}
	pack_paths(f, NULL, 0);
	manifest_print(f->manifest, &printed);
	manifest_free(TAKE(f->manifest));
	f->manifest = manifest_parse(printed.data, printed.length, f->why);
	if (f->manifest == NULL || unpack_to(f, f->copy) < 0)
		fail_msg("%s", f->why);
	assert_same_file(f, "level.dat");
	assert_same_file(f, "level.dat_old");
	assert_int_equal(entry_of(f, "holes")->size, 50000000);
	for (unsigned i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof name, "time%u", i);
		assert_same_file(f, name);
	}
}

static void
paths_that_leave_the_directory_are_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[] = { "/etc", "..", "a/../..", "" };

	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		assert_null(begin(f, &bad[i], 1));
		assert_non_null(strstr(f->why, "not a path below"));
	}
}

#define HUGE ((size_t)40000000) /* more than zstd takes in before anything comes out */

/* Pull only until the huge file is being read. */
static void
pull_into_the_huge_file(struct fixture *f, struct pack *pack)
{
	struct object_source *source = pack_source(pack);
	ptrdiff_t got;

	buf_reserve(&f->archive, HUGE);
	do {
		got = source->read(source, f->archive.data + f->archive.length, 4096);
		assert_true(got > 0);
		f->archive.length += (size_t)got;
	} while (pack_progress(pack).bytes < LARGE);
	assert_true(pack_progress(pack).bytes < HUGE);
}

static void
put_huge(const struct fixture *f)
{
	unsigned char *bytes = noise(HUGE);

	put_file(f->world, "region/huge", bytes, HUGE);
	mem_free(bytes);
}

static void
a_file_that_changes_while_it_is_read_is_marked(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *large = text_format("%s/region/huge", f->world);
	static const char *const changes[] = { "shorter", "longer", "rewritten" };

	for (size_t i = 0; i < ELEMENTS(changes); i++) {
		struct pack *pack = begin(f, NULL, 0);
		FILE *file;

		put_huge(f);
		pull_into_the_huge_file(f, pack);
		file = fopen(large, i == 1 ? "a" : "r+");
		if (i == 0)
			assert_int_equal(truncate(large, (off_t)(HUGE / 2)), 0);
		assert_int_equal(fputs("changed", file), 1);
		assert_int_equal(fclose(file), 0);
		assert_int_equal(pull(f, pack, 4096), 0);
		f->manifest = pack_take_manifest(pack);
		assert_int_equal(f->manifest->changed_count, 1);
		assert_true(entry_of(f, "region/huge")->changed);
		assert_int_equal(unpack_to(f, NULL), 0); /* and it is an archive all the same */
		pack_free(pack);
		manifest_free(TAKE(f->manifest));
		f->archive.length = 0;
	}
}

static void
a_file_that_cannot_be_read_fails_the_whole(void **state)
{
	struct fixture *f = *state;
	char *closed;
	struct pack *pack;

	if (geteuid() == 0)
		skip(); /* root reads everything */
	closed = text_format("%s/level.dat", f->world);
	assert_int_equal(chmod(closed, 0), 0);
	mem_free(closed);
	pack = begin(f, NULL, 0);
	assert_true(pull(f, pack, 4096) < 0);
	assert_non_null(strstr(pack_source(pack)->why, "level.dat"));
	pack_free(pack);
}

static void
a_pack_may_be_given_up_at_any_time(void **state)
{
	struct fixture *f = *state;
	struct pack *pack = begin(f, NULL, 0);

	put_huge(f);
	pull_into_the_huge_file(f, pack);
	pack_free(pack);
	pack_free(begin(f, NULL, 0));
}

static void
a_cut_or_damaged_archive_is_noticed_and_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	static const char *const paths[] = { "level.dat", "region/deep", "zeros" };
	size_t length;

	pack_paths(f, paths, ELEMENTS(paths));
	length = f->archive.length;
	for (size_t cut = 0; cut < length; cut++)
		assert_true(unpack_bytes(f, f->archive.data, cut, NULL) < 0);
	for (size_t at = 0; at < length; at++) {
		f->archive.data[at] ^= 0x10;
		assert_int_equal(unpack_to(f, NULL), -EBADMSG);
		f->archive.data[at] ^= 0x10;
	}
	assert_int_equal(unpack_bytes(f, f->archive.data, length - 1, f->copy), -EBADMSG);
	assert_false(is_there(f->copy));
	buf_put(&f->archive, "more", 4);
	assert_int_equal(unpack_to(f, f->copy), -EBADMSG);
	assert_false(is_there(f->copy));
}

static void
an_archive_makes_only_what_its_manifest_lists(void **state)
{
	struct fixture *f = *state;
	struct manifest_entry *entry;
	char digest[DIGEST_TEXT_SIZE];

	pack_paths(f, NULL, 0);
	entry = (struct manifest_entry *)entry_of(f, "level.dat");
	(void)text_put(digest, sizeof digest, entry->sha256);
	entry->sha256[0] ^= 1;
	assert_int_equal(unpack_to(f, f->copy), -EBADMSG);
	assert_non_null(strstr(f->why, "'level.dat'"));
	(void)text_put(entry->sha256, sizeof digest, digest);
	entry->size++;
	assert_int_equal(unpack_to(f, f->copy), -EBADMSG);
	entry->size--;
	entry->path[0] = 'k';
	assert_int_equal(unpack_to(f, f->copy), -EBADMSG);
	entry->path[0] = 'l';
	entry->kind = MANIFEST_DIRECTORY;
	assert_int_equal(unpack_to(f, f->copy), -EBADMSG);
	entry->kind = MANIFEST_FILE;
	f->manifest->count--;
	assert_int_equal(unpack_to(f, f->copy), -EBADMSG);
	f->manifest->count++;
	assert_false(is_there(f->copy));
	assert_int_equal(unpack_to(f, f->copy), 0);
}

static void
a_directory_that_is_there_is_not_touched(void **state)
{
	struct fixture *f = *state;

	pack_paths(f, NULL, 0);
	assert_int_equal(unpack_to(f, f->world), -EEXIST);
	assert_int_equal(unpack_to(f, f->copy), 0);
	assert_same_file(f, "level.dat");
	assert_int_equal(unpack_to(f, f->copy), -EEXIST);
	assert_same_file(f, "level.dat");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_world_comes_back_byte_for_byte),
		TEST(declared_paths_are_packed_and_nothing_else),
		TEST(what_leads_out_or_has_no_content_is_missed_and_said),
		TEST(a_declared_path_is_never_followed_out_and_then_there_is_no_archive),
		TEST(files_with_two_names_holes_and_any_time_come_back),
		TEST(paths_that_leave_the_directory_are_refused),
		TEST(a_file_that_changes_while_it_is_read_is_marked),
		TEST(a_file_that_cannot_be_read_fails_the_whole),
		TEST(a_pack_may_be_given_up_at_any_time),
		TEST(a_cut_or_damaged_archive_is_noticed_and_leaves_nothing),
		TEST(an_archive_makes_only_what_its_manifest_lists),
		TEST(a_directory_that_is_there_is_not_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
