/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worlds exchanged, with the process killed before each of its changes to the file system in
 * turn; and directories removed. The linker puts the functions below before those of libc.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/swap.h"
#include "archive/tree.h"
#include "sys/files.h"

/* ---- killed before the n-th change ---- */

#define KILLED	99
#define NEVER_n UINT32_MAX

static unsigned left = NEVER_n;
static bool fails; /* it is not killed there: from then on nothing can be changed */

/* Does this change fail? */
static bool
count(void)
{
	if (left == NEVER_n || left > 0) {
		left -= left != NEVER_n;
		return false;
	}
	if (!fails)
		_exit(KILLED);
	errno = EIO;
	return true;
}

int __real_renameat(int from, const char *name, int to, const char *other);
int __wrap_renameat(int from, const char *name, int to, const char *other);
int __real_mkdirat(int at, const char *name, mode_t mode);
int __wrap_mkdirat(int at, const char *name, mode_t mode);
int __real_unlinkat(int at, const char *name, int flags);
int __wrap_unlinkat(int at, const char *name, int flags);
int __real_openat(int at, const char *name, int flags, ...);
int __wrap_openat(int at, const char *name, int flags, ...);

int
__wrap_renameat(int from, const char *name, int to, const char *other)
{
	return count() ? -1 : __real_renameat(from, name, to, other);
}

int
__wrap_mkdirat(int at, const char *name, mode_t mode)
{
	return count() ? -1 : __real_mkdirat(at, name, mode);
}

int
__wrap_unlinkat(int at, const char *name, int flags)
{
	return count() ? -1 : __real_unlinkat(at, name, flags);
}

int
__wrap_openat(int at, const char *name, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	if ((flags & O_CREAT) == 0)
		return __real_openat(at, name, flags);
	if (count())
		return -1;
	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return __real_openat(at, name, flags, mode);
}

/* Run it in a process of its own that is killed before its change number `n`: was it? */
static bool
is_killed(unsigned n, int (*run)(const void *order, char *why), const void *order)
{
	char why[REASON_LIMIT + 1] = "";
	pid_t child = fork();
	int status;

	if (child == 0) {
		left = n;
		if (run(order, why) == 0)
			_exit(0);
		(void)fprintf(stderr, "%s\n", why);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != KILLED)
		assert_int_equal(WEXITSTATUS(status), 0);
	return WEXITSTATUS(status) == KILLED;
}

static int
run_swap(const void *order, char *why)
{
	bool begun;

	return swap_run(order, &begun, why);
}

static int
run_remove(const void *order, char *why)
{
	return tree_remove(order, why);
}

/* ---- worlds ---- */

struct fixture {
	char directory[64];
	char *root, *fresh, *aside;
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
put(const char *root, const char *path, const char *text)
{
	CLEANUP(text_freep) char *whole = text_format("%s/%s", root, path);
	CLEANUP(text_freep) char *above = text_copy_n(whole, (size_t)(strrchr(whole, '/') - whole));

	assert_int_equal(directory_make(above), 0);
	assert_int_equal(file_write(AT_FDCWD, whole, text, strlen(text), FILE_SURVIVES_PROCESS), 0);
}

/* The content of a file; "" when there is none. Valid until the next call. */
static const char *
get(const char *root, const char *path)
{
	static char text[64];
	CLEANUP(text_freep) char *whole = text_format("%s/%s", root, path);
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;

	text[0] = '\0';
	if (file_read(AT_FDCWD, whole, sizeof text, &content) == 0)
		(void)text_put(text, sizeof text, buf_text(&content));
	return text;
}

static int
set_up(void **state)
{
	struct fixture *f = mem_new(sizeof *f);

	/* Where syncing costs nothing, if there is such a place: it is done a thousand times. */
	(void)snprintf(f->directory, sizeof f->directory, "/dev/shm/roost-swap-XXXXXX");
	if (mkdtemp(f->directory) == NULL)
		(void)snprintf(f->directory, sizeof f->directory, "/tmp/roost-swap-XXXXXX");
	if (access(f->directory, F_OK) < 0)
		assert_non_null(mkdtemp(f->directory));
	f->root = text_format("%s/world", f->directory);
	f->fresh = text_format("%s/.roost/fresh", f->root);
	f->aside = text_format("%s/.roost/aside", f->root);
	*state = f;
	return 0;
}

/* Old: both, gone, deep/both, deep/gone. New: both, new, deep/both, other/new. */
static void
put_worlds(const struct fixture *f)
{
	static const char *const old[] = { "both", "gone", "deep/both", "deep/gone" };
	static const char *const new[] = { "both", "new", "deep/both", "other/new" };
	int fd;

	(void)nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(mkdir(f->root, 0700), 0);
	assert_int_equal(tree_make(f->fresh, &fd), 0);
	assert_int_equal(tree_mark(fd), 0);
	(void)close(fd);
	for (size_t i = 0; i < ELEMENTS(old); i++)
		put(f->root, old[i], "old");
	put(f->root, "kept/beside", "old");
	for (size_t i = 0; i < ELEMENTS(new); i++)
		put(f->fresh, new[i], "new");
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	(void)nftw(f->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(f->root);
	mem_free(f->fresh);
	mem_free(f->aside);
	mem_free(f);
	return 0;
}

/* Nothing of either world is lost, wherever the cut was: it is here, or where it waits. */
static void
assert_nothing_is_lost(const struct fixture *f)
{
	static const char *const old[] = { "both", "gone", "deep/both", "deep/gone" };
	static const char *const new[] = { "both", "new", "deep/both", "other/new" };

	for (size_t i = 0; i < ELEMENTS(old); i++)
		assert_true(strcmp(get(f->root, old[i]), "old") == 0 ||
			    strcmp(get(f->aside, old[i]), "old") == 0);
	for (size_t i = 0; i < ELEMENTS(new); i++)
		assert_true(strcmp(get(f->root, new[i]), "new") == 0 ||
			    strcmp(get(f->fresh, new[i]), "new") == 0);
}

static void
assert_changed(const struct fixture *f, bool all)
{
	assert_string_equal(get(f->root, "both"), "new");
	assert_string_equal(get(f->root, "new"), "new");
	assert_string_equal(get(f->root, "deep/both"), "new");
	assert_string_equal(get(f->root, "other/new"), "new");
	assert_string_equal(get(f->root, "gone"), "");
	assert_string_equal(get(f->root, "deep/gone"), "");
	assert_string_equal(get(f->root, "kept/beside"), all ? "" : "old");
	assert_string_equal(get(f->aside, "both"), "old");
	assert_string_equal(get(f->aside, "gone"), "old");
	assert_string_equal(get(f->aside, "deep/both"), "old");
	assert_string_equal(get(f->aside, "deep/gone"), "old");
	assert_string_equal(get(f->aside, "new"), "");
}

static void
walk_every_cut(const struct fixture *f, const struct archive_swap *order, bool all)
{
	unsigned first = 0;

	for (bool killed = true; killed; first++) {
		/* And the second try is killed as well, at each of its changes. */
		for (unsigned second = 0; killed; second++) {
			put_worlds(f);
			killed = is_killed(first, run_swap, order);
			assert_nothing_is_lost(f);
			if (!killed || !is_killed(second, run_swap, order))
				break;
			assert_nothing_is_lost(f);
		}
		assert_false(is_killed(NEVER_n, run_swap, order));
		assert_changed(f, all);
	}
	assert_true(first > 10);
	assert_false(is_killed(NEVER_n, run_swap, order)); /* once more: nothing happens */
	assert_changed(f, all);
}

static void
declared_paths_are_exchanged_wherever_it_was_cut(void **state)
{
	struct fixture *f = *state;
	char *paths[] = {
		"other", "new", "gone", "deep/gone", "deep/both", "both", "nowhere", NULL
	};
	const struct archive_swap order = { f->root, paths, f->fresh, f->aside };

	walk_every_cut(f, &order, false);
}

static void
a_whole_world_is_exchanged_wherever_it_was_cut(void **state)
{
	struct fixture *f = *state;
	const struct archive_swap order = { f->root, NULL, f->fresh, f->aside };

	walk_every_cut(f, &order, true);
}

/* From some change on the disk takes nothing more. */
static void
what_failed_in_the_middle_is_not_said_to_have_not_happened(void **state)
{
	struct fixture *f = *state;
	const struct archive_swap order = { f->root, NULL, f->fresh, f->aside };
	unsigned whole = 0, half = 0;
	int r = -1;

	for (unsigned n = 0; r < 0; n++) {
		char why[REASON_LIMIT + 1] = "";
		bool begun;

		put_worlds(f);
		left = n;
		fails = true;
		r = swap_run(&order, &begun, why);
		left = NEVER_n;
		fails = false;
		assert_nothing_is_lost(f);
		if (r < 0 && !begun) {
			whole++;
			assert_string_equal(get(f->root, "both"), "old");
			assert_string_equal(get(f->root, "deep/both"), "old");
			assert_string_equal(get(f->root, "gone"), "old");
			assert_string_equal(get(f->root, "kept/beside"), "old");
			assert_string_equal(get(f->root, "new"), "");
		}
		half += r < 0 && begun;
		assert_true(r == 0 || why[0] != '\0');
		assert_false(is_killed(NEVER_n, run_swap, &order)); /* and it can be finished */
		assert_changed(f, true);
	}
	assert_true(whole > 0 && half > 5);
}

/* A disk of its own inside the world, as containers have them. */
static void
what_is_mounted_in_a_world_is_said_before_anything_changes(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *mounted = text_format("%s/both", f->root);
	const struct archive_swap order = { f->root, NULL, f->fresh, f->aside };
	char why[REASON_LIMIT + 1];
	bool begun = true;
	int r;

	put_worlds(f);
	assert_int_equal(unlink(mounted), 0);
	put(mounted, "file", "old");
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", mounted, "tmpfs", 0, NULL) < 0) {
		text_freep(&mounted);
		skip(); /* only root may */
	}
	put(mounted, "file", "mounted");
	r = swap_run(&order, &begun, why);
	assert_int_equal(umount(mounted), 0);
	assert_int_equal(r, -EXDEV);
	assert_false(begun);
	assert_non_null(strstr(why, "another file system"));
	assert_string_equal(get(f->root, "gone"), "old");
}

static void
what_went_aside_comes_back_by_another_exchange(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *again = text_format("%s/.roost/again", f->root);
	const struct archive_swap there = { f->root, NULL, f->fresh, f->aside };
	const struct archive_swap back = { f->root, NULL, f->aside, again };

	put_worlds(f);
	assert_false(is_killed(NEVER_n, run_swap, &there));
	assert_false(is_killed(NEVER_n, run_swap, &back));
	assert_string_equal(get(f->root, "both"), "old");
	assert_string_equal(get(f->root, "kept/beside"), "old");
	assert_string_equal(get(f->root, "new"), "");
	assert_string_equal(get(again, "new"), "new");
}

static void
a_server_that_never_ran_gets_its_directory(void **state)
{
	struct fixture *f = *state;
	const struct archive_swap order = { f->root, NULL, f->fresh, f->aside };
	int fd;

	assert_int_equal(tree_make(f->fresh, &fd), 0); /* makes the world's directory too */
	(void)close(fd);
	put(f->fresh, "level.dat", "new");
	assert_false(is_killed(NEVER_n, run_swap, &order));
	assert_string_equal(get(f->root, "level.dat"), "new");
}

static void
nothing_is_exchanged_through_a_link(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *outside = text_format("%s/outside", f->directory);
	CLEANUP(text_freep) char *deep = text_format("%s/deep", f->root);
	char *paths[] = { "deep/both", NULL };
	const struct archive_swap order = { f->root, paths, f->fresh, f->aside };
	char why[REASON_LIMIT + 1];
	bool begun;

	put_worlds(f);
	put(outside, "both", "theirs");
	assert_int_equal(nftw(deep, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(symlink(outside, deep), 0);
	assert_true(swap_run(&order, &begun, why) < 0 && !begun);
	assert_non_null(strstr(why, "deep/both"));
	assert_string_equal(get(outside, "both"), "theirs");
}

static void
a_link_on_the_way_to_what_is_ours_is_not_followed(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *outside = text_format("%s/outside", f->directory);
	CLEANUP(text_freep) char *ours = text_format("%s/.roost", f->root);
	CLEANUP(text_freep) char *inner = text_format("%s/fresh", outside);
	char why[REASON_LIMIT + 1];
	int fd;

	put(outside, "fresh/.roost", "");
	put(outside, "fresh/file", "theirs");
	assert_int_equal(mkdir(f->root, 0700), 0);
	assert_int_equal(symlink(outside, ours), 0);
	assert_true(tree_remove(f->fresh, why) < 0);
	assert_true(tree_make(f->aside, &fd) < 0);
	assert_string_equal(get(inner, "file"), "theirs");
}

static void
what_roost_did_not_make_stays(void **state)
{
	struct fixture *f = *state;
	const struct archive_swap order = { f->root, NULL, f->fresh, f->aside };
	char why[REASON_LIMIT + 1];
	bool begun;

	put_worlds(f);
	assert_int_equal(tree_remove(f->root, why), -EEXIST);
	assert_non_null(strstr(why, "not made by roost"));
	assert_string_equal(get(f->root, "both"), "old");
	put(f->aside, "theirs", "theirs");
	assert_int_equal(swap_run(&order, &begun, why), -EEXIST);
	assert_false(begun);
	assert_string_equal(get(f->root, "both"), "old");
}

static void
a_tree_of_any_depth_is_removed_wherever_it_was_cut(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *outside = text_format("%s/outside", f->directory);
	unsigned n = 0;

	put(outside, "file", "theirs");
	for (bool killed = true; killed; n += n < 20 ? 1 : 97) {
		int fd, inner;

		(void)nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		assert_int_equal(tree_make(f->fresh, &fd), 0);
		assert_int_equal(tree_mark(fd), 0);
		assert_int_equal(symlinkat(outside, fd, "link"), 0);
		for (unsigned depth = 0; depth < 300; depth++) {
			assert_int_equal(mkdirat(fd, "deeper", 0700), 0);
			inner = openat(fd, "deeper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			(void)close(fd);
			fd = inner;
		}
		assert_int_equal(fchmod(fd, 0), 0);
		(void)close(fd);
		killed = is_killed(n, run_remove, f->fresh);
		assert_false(is_killed(NEVER_n, run_remove, f->fresh));
		assert_int_equal(access(f->fresh, F_OK), -1);
	}
	assert_true(n > 300);
	assert_false(is_killed(NEVER_n, run_remove, f->fresh)); /* none there is fine */
	assert_string_equal(get(outside, "file"), "theirs");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(declared_paths_are_exchanged_wherever_it_was_cut),
		TEST(a_whole_world_is_exchanged_wherever_it_was_cut),
		TEST(what_failed_in_the_middle_is_not_said_to_have_not_happened),
		TEST(what_is_mounted_in_a_world_is_said_before_anything_changes),
		TEST(what_went_aside_comes_back_by_another_exchange),
		TEST(a_server_that_never_ran_gets_its_directory),
		TEST(nothing_is_exchanged_through_a_link),
		TEST(a_link_on_the_way_to_what_is_ours_is_not_followed),
		TEST(what_roost_did_not_make_stays),
		TEST(a_tree_of_any_depth_is_removed_wherever_it_was_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
