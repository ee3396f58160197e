/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever lies in the way below a directory, nothing beside it is read, made or removed: each
 * part of a path is everything that a file system knows in turn, and is exchanged meanwhile.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/files.h"
#include "sys/inside.h"

/* What may be in the way. */
enum thing {
	NOTHING,
	DIRECTORY,
	FILE_OF_BYTES,
	LINK_OUT,   /* to a directory beside the root, with everything that is looked for in it */
	LINK_IN,    /* to a directory that would be right */
	LINK_ROUND, /* to itself */
	LINK_NOWHERE,
	FIFO,
	SOCKET,
	DEVICE, /* only root makes one; otherwise nothing */
	THING_MAX
};

struct place {
	char directory[40];
	int top, root;
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
write_file(int at, const char *path, const char *text)
{
	assert_int_equal(file_write(at, path, text, strlen(text), FILE_SURVIVES_PROCESS), 0);
}

/* TOP/root, and beside it TOP/out/b/c, a file; TOP/root/right/b/c is one too. */
static int
set_up(void **state)
{
	struct place *p = mem_new(sizeof *p);

	(void)snprintf(p->directory, sizeof p->directory, "/tmp/roost-inside-XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	p->top = open(p->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(p->top, "out", 0700), 0);
	assert_int_equal(mkdirat(p->top, "out/b", 0700), 0);
	write_file(p->top, "out/b/c", "theirs");
	write_file(p->top, "out/c", "theirs");
	assert_int_equal(mkdirat(p->top, "root", 0700), 0);
	assert_int_equal(mkdirat(p->top, "root/right", 0700), 0);
	assert_int_equal(mkdirat(p->top, "root/right/b", 0700), 0);
	write_file(p->top, "root/right/b/c", "ours");
	write_file(p->top, "root/right/c", "ours");
	p->root = openat(p->top, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(p->root >= 0);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	(void)close(p->root);
	(void)close(p->top);
	(void)nftw(p->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(p);
	return 0;
}

static void
clear(struct place *p, const char *name)
{
	CLEANUP(text_freep) char *path = text_format("%s/root/%s", p->directory, name);

	(void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
put_socket(struct place *p, const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof at.sun_path, "%s/root/%s", p->directory, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	(void)close(fd);
}

static void
put_thing(struct place *p, enum thing thing, const char *name)
{
	switch (thing) {
	case DIRECTORY:
		assert_int_equal(mkdirat(p->root, name, 0700), 0);
		break;
	case FILE_OF_BYTES:
		write_file(p->root, name, "ours");
		break;
	case LINK_OUT:
		/* As far up as it takes, from where the name is. */
		assert_int_equal(symlinkat(strchr(name, '/') == NULL ? "../out" : "../../out/b",
					   p->root, name),
				 0);
		break;
	case LINK_IN:
		assert_int_equal(symlinkat(strchr(name, '/') == NULL ? "right" : "../right/b",
					   p->root, name),
				 0);
		break;
	case LINK_ROUND:
		assert_int_equal(
			symlinkat(strrchr(name, '/') != NULL ? strrchr(name, '/') + 1 : name,
				  p->root, name),
			0);
		break;
	case LINK_NOWHERE:
		assert_int_equal(symlinkat("../out/new", p->root, name), 0);
		break;
	case FIFO:
		assert_int_equal(mkfifoat(p->root, name, 0600), 0);
		break;
	case SOCKET:
		put_socket(p, name);
		break;
	case DEVICE:
		(void)!mknodat(p->root, name, S_IFCHR | 0600, 0x0103); /* /dev/null */
		break;
	case NOTHING:
	case THING_MAX:
		break;
	}
}

static void
assert_text(int at, const char *path, const char *text)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;

	assert_int_equal(file_read(at, path, 100, &content), 0);
	assert_string_equal(buf_text(&content), text);
}

/* Nothing beside the root came, went or changed. */
static void
assert_untouched(struct place *p)
{
	struct stat out, below;

	assert_text(p->top, "out/b/c", "theirs");
	assert_text(p->top, "out/c", "theirs");
	assert_int_equal(faccessat(p->top, "out/new", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(fstatat(p->top, "out", &out, 0), 0);
	assert_int_equal(fstatat(p->top, "out/b", &below, 0), 0);
	assert_int_equal(out.st_nlink, 3);
	assert_int_equal(below.st_nlink, 2);
	assert_int_equal(faccessat(p->top, "out/b/d", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(faccessat(p->top, "out/d", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

/* Everything that the module can do with the path; each may fail, none may leave. */
static void
do_all(struct place *p, const char *path)
{
	CLEANUP(inside_drop) struct inside_file file = INSIDE_FILE_NULL;
	struct stat is;
	int fd;

	fd = inside_open(p->root, path, &is);
	if (fd >= 0)
		assert_true(S_ISREG(is.st_mode));
	fd_closep(&fd);
	(void)!inside_has(p->root, path);
	for (enum inside_way way = INSIDE_FIND; way <= INSIDE_MAKE_DURABLE; way++) {
		fd = inside_open_directory(p->root, path, way);
		fd_closep(&fd);
		assert_untouched(p);
	}
	(void)!inside_link(p->root, path, "somewhere");
	assert_untouched(p);
	if (inside_new(p->root, path, false, &file) == 0) {
		assert_int_equal(fd_write(file.fd, "new", 3), 0);
		(void)!inside_keep(&file);
	}
	assert_untouched(p);
	(void)!inside_remove(p->root, path);
	assert_untouched(p);
}

static void
nothing_beside_is_touched_whatever_is_in_the_way(void **state)
{
	static const char *const paths[] = { "a", "a/b", "a/b/c", "a/b/d", "a/b/c/d" };
	struct place *p = *state;

	for (enum thing first = NOTHING; first < THING_MAX; first++) {
		for (enum thing second = NOTHING; second < THING_MAX; second++) {
			for (size_t i = 0; i < ELEMENTS(paths); i++) {
				put_thing(p, first, "a");
				if (first == DIRECTORY)
					put_thing(p, second, "a/b");
				do_all(p, paths[i]);
				clear(p, "a");
			}
			if (first != DIRECTORY)
				break;
		}
	}
	assert_text(p->root, "right/b/c", "ours"); /* also not through a link that stays inside */
}

static void
only_a_file_is_opened_and_nothing_is_waited_for(void **state)
{
	/* clang-format off */
	static const int wanted[THING_MAX] = {
		[NOTHING] = -ENOENT, [DIRECTORY] = -EISDIR, [FILE_OF_BYTES] = 1,
		[LINK_OUT] = -ELOOP, [LINK_IN] = -ELOOP, [LINK_ROUND] = -ELOOP, [LINK_NOWHERE] = -ELOOP,
		[FIFO] = -EINVAL, [SOCKET] = -ENXIO, [DEVICE] = -EINVAL
	};
	/* clang-format on */
	struct place *p = *state;

	for (enum thing thing = NOTHING; thing < THING_MAX; thing++) {
		struct stat is;
		int fd;

		put_thing(p, thing, "a");
		fd = inside_open(p->root, "a", &is);
		if (thing != DEVICE || geteuid() == 0)
			assert_int_equal(fd >= 0 ? 1 : fd, wanted[thing]);
		assert_int_equal(inside_has(p->root, "a"), fd >= 0);
		fd_closep(&fd);
		clear(p, "a");
	}
}

static void
directories_on_the_way_are_found_or_made(void **state)
{
	struct place *p = *state;
	const char *name;
	struct stat is;
	int fd;

	assert_int_equal(inside_open_parent(p->root, "x/y/z", INSIDE_FIND, &name), -ENOENT);
	fd = inside_open_parent(p->root, "z", INSIDE_FIND, &name);
	assert_true(fd >= 0);
	assert_string_equal(name, "z");
	(void)close(fd);
	for (enum inside_way way = INSIDE_MAKE; way <= INSIDE_MAKE_DURABLE; way++) {
		for (int again = 0; again < 2; again++) {
			fd = inside_open_parent(p->root, "x/y/z", way, &name);
			assert_true(fd >= 0);
			assert_string_equal(name, "z");
			assert_int_equal(fstat(fd, &is), 0);
			assert_int_equal(is.st_mode & 07777, 0700);
			assert_int_equal(faccessat(fd, "z", F_OK, 0), -1);
			(void)close(fd);
		}
		clear(p, "x");
	}
	fd = inside_open_directory(p->root, "right/b", INSIDE_FIND);
	assert_int_equal(faccessat(fd, "c", F_OK, 0), 0);
	(void)close(fd);
	assert_int_equal(inside_open_parent(p->root, "right/c/x", INSIDE_MAKE, &name), -ENOTDIR);
	assert_int_equal(inside_remove(p->root, "x/y/z"), 0); /* none there is fine */
}

static void
paths_that_leave_or_are_none_are_refused(void **state)
{
	static const char *const bad[] = {
		"",	   "/",	 "..",	   ".",	    "../out/c",		 "a/..",
		"a//b",	   "a/", "/etc/x", "a/./b", "right/../../out/c", "./a",
		"right/b/"
	};
	struct place *p = *state;
	const char *name;
	struct stat is;

	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		int fd = inside_open_parent(p->root, bad[i], INSIDE_MAKE, &name);

		assert_int_equal(fd, -EINVAL);
		fd = inside_open_directory(p->root, bad[i], INSIDE_MAKE);
		assert_int_equal(fd, -EINVAL);
		assert_true(inside_open(p->root, bad[i], &is) < 0);
		assert_false(inside_has(p->root, bad[i]));
		assert_true(inside_remove(p->root, bad[i]) < 0);
		assert_untouched(p);
		clear(p, "a");
	}
}

static void
a_new_file_is_seen_when_it_is_kept_and_no_earlier(void **state)
{
	struct place *p = *state;
	struct inside_file file = INSIDE_FILE_NULL;

	write_file(p->root, "a", "old");
	assert_int_equal(inside_new(p->root, "a", true, &file), 0);
	assert_int_equal(fd_write(file.fd, "new", 3), 0);
	assert_text(p->root, "a", "old");
	inside_drop(&file);
	assert_text(p->root, "a", "old");
	assert_int_equal(faccessat(p->root, ".roost-new", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	/* What was left under the name it is written to, by one that was cut off or by somebody. */
	assert_int_equal(symlinkat("../out/c", p->root, ".roost-new"), 0);
	assert_int_equal(inside_new(p->root, "a", true, &file), 0);
	assert_int_equal(fd_write(file.fd, "new", 3), 0);
	assert_int_equal(inside_keep(&file), 0);
	inside_drop(&file);
	assert_text(p->root, "a", "new");
	assert_untouched(p);
}

/* ---- and meanwhile ---- */

struct exchange {
	struct place *place;
	atomic_bool stop, failed;
};

/* A directory and a link out take the same name in turn, in one step each. */
static void *
exchange(void *argument)
{
	struct exchange *e = argument;

	while (!atomic_load(&e->stop)) {
		if (renameat2(e->place->root, "a", e->place->root, "link", RENAME_EXCHANGE) < 0)
			atomic_store(&e->failed, true);
	}
	return NULL;
}

static void
what_is_exchanged_meanwhile_leads_nowhere(void **state)
{
	struct place *p = *state;
	struct exchange e = { .place = p };
	unsigned found = 0, refused = 0;
	pthread_t thread;

	assert_int_equal(mkdirat(p->root, "a", 0700), 0);
	assert_int_equal(mkdirat(p->root, "a/b", 0700), 0);
	write_file(p->root, "a/b/c", "ours");
	assert_int_equal(symlinkat("../out", p->root, "link"), 0);
	if (renameat2(p->root, "a", p->root, "link", RENAME_EXCHANGE) < 0)
		skip(); /* this file system has no such step */
	assert_int_equal(pthread_create(&thread, NULL, exchange, &e), 0);
	for (unsigned i = 0; i < 200000 && (i < 2000 || found < 100 || refused < 100); i++) {
		CLEANUP(inside_drop) struct inside_file file = INSIDE_FILE_NULL;
		CLEANUP(buf_deinit) struct buf content = BUF_NULL;
		struct stat is;
		CLEANUP(fd_closep) int fd = inside_open(p->root, "a/b/c", &is);

		if (fd >= 0 && ++found > 0) {
			assert_int_equal(fd_read(fd, 100, &content), 0);
			assert_string_equal(buf_text(&content), "ours");
		} else {
			refused++;
			assert_int_equal(fd, -ENOTDIR);
		}
		if (inside_new(p->root, "a/b/d", false, &file) == 0)
			assert_int_equal(inside_keep_unsynced(&file), 0);
		(void)!inside_remove(p->root, "a/b/d");
	}
	atomic_store(&e.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_false(atomic_load(&e.failed));
	assert_true(found > 0);
	assert_true(refused > 0);
	assert_untouched(p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_beside_is_touched_whatever_is_in_the_way),
		TEST(only_a_file_is_opened_and_nothing_is_waited_for),
		TEST(directories_on_the_way_are_found_or_made),
		TEST(paths_that_leave_or_are_none_are_refused),
		TEST(a_new_file_is_seen_when_it_is_kept_and_no_earlier),
		TEST(what_is_exchanged_meanwhile_leads_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
