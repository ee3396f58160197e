/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan, TREE_MARK in `aside`, says of each path whether there was an old one and whether
 * there is a new one. With it every state that a cut leaves is told from every other by what
 * is where: an old one that is not aside yet goes there, a new one that is still in `fresh`
 * comes in.
 */

#include "archive/swap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/tree.h"
#include "archive/walk.h"
#include "sys/files.h"
#include "sys/inside.h"
#include "wire/manifest.h"

#define PLAN_HEAD  "roost swap 1"
#define PLAN_LIMIT 67108864 /* bytes: as many names as a directory may sensibly have */
#define DIRECTORY  (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

enum change {
	CHANGE_OUT = 1, /* there is an old one, which goes aside */
	CHANGE_IN = 2	/* there is a new one, which comes in */
};

struct swap {
	const struct archive_swap *order;
	int root, fresh, aside;
	struct buf plan;  /* texts, each with its end: the head, then a digit and the path */
	const char *path; /* that is at work, for people */
	char *why;
};

static void
explain(struct swap *s, int error)
{
	const char *path = s->path != NULL ? s->path : s->order->root;
	CLEANUP(text_freep)
	char *whole = path[0] == '/' ? text_copy(path) : text_format("%s/%s", s->order->root, path);

	if (error == -EXDEV)
		(void)snprintf(s->why, REASON_LIMIT + 1,
			       "'%.150s' is on another file system than what is to take its place, "
			       "so it cannot be renamed",
			       whole);
	else if (error == -EEXIST)
		(void)snprintf(s->why, REASON_LIMIT + 1,
			       "something was put at '%.150s' while its content was exchanged; "
			       "move it away",
			       whole);
	else
		file_explain(error, "rename", whole, s->why, REASON_LIMIT + 1);
}

/* ---- looking ---- */

/* 1: something is there (also a link), 0: nothing, or -errno. */
static int
is_there(int root, const char *path)
{
	const char *name;
	CLEANUP(fd_closep) int parent = inside_open_parent(root, path, INSIDE_FIND, &name);
	struct stat is;

	if (parent == -ENOENT)
		return 0;
	if (parent < 0)
		return parent;
	if (fstatat(parent, name, &is, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

/*
 * Could it be renamed? Not what is mounted there, and this is to be known before anything
 * changes. By mounts, as an overlay's files and a subvolume differ in their device as well.
 */
static bool
is_beside(const struct swap *s, const char *path)
{
#ifdef STATX_MNT_ID
	const char *name;
	CLEANUP(fd_closep) int parent = inside_open_parent(s->root, path, INSIDE_FIND, &name);
	struct statx is = { 0 }, fresh = { 0 };

	if (parent < 0 || statx(parent, name, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &is) < 0 ||
	    statx(s->fresh, "", AT_EMPTY_PATH, STATX_MNT_ID, &fresh) < 0)
		return true;
	return (is.stx_mask & fresh.stx_mask & STATX_MNT_ID) == 0 ||
	       is.stx_mnt_id == fresh.stx_mnt_id;
#else
	return s == NULL || path != NULL;
#endif
}

/* ---- the plan ---- */

static int
plan_add(struct swap *s, const char *path)
{
	int old, new;

	s->path = path;
	old = is_there(s->root, path);
	new = old < 0 ? old : is_there(s->fresh, path);
	if (new < 0)
		return new;
	if (old == 1 && !is_beside(s, path))
		return -EXDEV;
	if (old == 0 && new == 0)
		return 0;
	buf_format(&s->plan, "%d%s", (old ? CHANGE_OUT : 0) | (new ? CHANGE_IN : 0), path);
	buf_put_byte(&s->plan, '\0');
	return 0;
}

/* TREE_MARK, and what a cut left of writing one. */
static bool
is_mark(const char *name)
{
	return strcmp(name, TREE_MARK) == 0 || text_starts_with(name, TREE_MARK ".");
}

/* All names in the directory that are not in `beside` as well (-1: all). */
static int
plan_names(struct swap *s, int directory, int beside)
{
	int fd = openat(directory, ".", DIRECTORY), r = 0;
	DIR *names = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (names == NULL) {
		r = -errno;
		fd_closep(&fd);
		return r;
	}
	while (r == 0 && (errno = 0, entry = readdir(names)) != NULL) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || is_mark(name) ||
		    (beside >= 0 && is_there(beside, name) == 1))
			continue;
		r = plan_add(s, name);
	}
	if (r == 0)
		r = -errno;
	else
		explain(s, r); /* the name is about to go */
	s->path = NULL;
	(void)closedir(names);
	return r;
}

static int
plan_make(struct swap *s)
{
	char *const *paths = s->order->paths;
	char **sorted;
	size_t count = 0;
	int r = 0;

	buf_put(&s->plan, PLAN_HEAD, sizeof PLAN_HEAD);
	while (paths != NULL && paths[count] != NULL)
		count++;
	if (count == 0) {
		r = plan_names(s, s->fresh, -1);
		return r < 0 ? r : plan_names(s, s->root, s->fresh);
	}
	sorted = walk_paths((const char *const *)paths, count, s->why);
	if (sorted == NULL)
		return -EINVAL;
	for (size_t i = 0; r == 0 && sorted[i] != NULL; i++)
		r = plan_add(s, sorted[i]);
	if (r < 0)
		explain(s, r); /* the path is about to go */
	texts_free(sorted);
	s->path = NULL;
	return r;
}

/* The plan of before, or one that is durable before anything changes. */
static int
plan_get(struct swap *s)
{
	int r = file_read(s->aside, TREE_MARK, PLAN_LIMIT, &s->plan);

	if (r == 0 && s->plan.length >= sizeof PLAN_HEAD &&
	    memcmp(s->plan.data, PLAN_HEAD, sizeof PLAN_HEAD) == 0 &&
	    s->plan.data[s->plan.length - 1] == '\0')
		return 0;
	if (r < 0 && r != -ENOENT)
		return r;
	buf_clear(&s->plan);
	r = plan_make(s);
	return r < 0 ? r
		     : file_write(s->aside, TREE_MARK, s->plan.data, s->plan.length,
				  FILE_SURVIVES_POWER);
}

/* ---- carrying it out ---- */

/* Directories on the way to `path` that `root` lacks, with the modes of those in `like`. */
static int
make_parents(int root, int like, const char *path)
{
	CLEANUP(text_freep) char *part = text_copy(path);

	for (char *slash = strchr(part, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		const char *name, *like_name;
		CLEANUP(fd_closep) int parent = -1;
		CLEANUP(fd_closep) int like_parent = -1;
		CLEANUP(fd_closep) int made = -1;
		struct stat is;

		*slash = '\0';
		parent = inside_open_parent(root, part, INSIDE_FIND, &name);
		like_parent = inside_open_parent(like, part, INSIDE_FIND, &like_name);
		if (parent < 0)
			return parent;
		if (mkdirat(parent, name, 0700) == 0) {
			made = openat(parent, name, DIRECTORY);
			if (made >= 0 && like_parent >= 0 &&
			    fstatat(like_parent, like_name, &is, AT_SYMLINK_NOFOLLOW) == 0)
				(void)fchmod(made, is.st_mode & 0777);
			/* Whatever is put into it must not be lost with it. */
			if (fsync(parent) < 0)
				return -errno;
		} else if (errno != EEXIST) {
			return -errno;
		}
		*slash = '/';
	}
	return 0;
}

/* From the one directory to the other, where nothing is yet. */
static int
move(int from, int to, const char *path)
{
	int r = make_parents(to, from, path);
	const char *name;
	CLEANUP(fd_closep) int source = inside_open_parent(from, path, INSIDE_FIND, &name);
	CLEANUP(fd_closep)
	int target = r < 0 ? -1 : inside_open_parent(to, path, INSIDE_FIND, &name);
	struct stat is;

	if (r < 0 || source < 0 || target < 0)
		return r < 0 ? r : source < 0 ? source : target;
	if (fstatat(target, name, &is, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return renameat(source, name, target, name) < 0 ? -errno : 0;
}

static int
change(struct swap *s, unsigned what, const char *path)
{
	int r = 0;

	s->path = path;
	if ((what & CHANGE_OUT) != 0) {
		r = is_there(s->aside, path);
		if (r == 0)
			r = move(s->root, s->aside, path);
		if (r < 0)
			return r;
	}
	if ((what & CHANGE_IN) != 0) {
		r = is_there(s->fresh, path);
		if (r == 1)
			r = move(s->fresh, s->root, path);
	}
	return r < 0 ? r : 0;
}

/* One line of the plan after the other, until one is not 0. */
static int
plan_each(struct swap *s, int (*one)(struct swap *s, unsigned what, const char *path))
{
	const char *at = (const char *)s->plan.data + sizeof PLAN_HEAD;
	const char *end = (const char *)s->plan.data + s->plan.length;
	int r = 0;

	for (; r == 0 && at < end; at += strlen(at) + 1) {
		if (at[0] < '0' + CHANGE_OUT || at[0] > '0' + (CHANGE_OUT | CHANGE_IN) ||
		    !manifest_path_is_valid(at + 1))
			return -EBADMSG;
		r = one(s, (unsigned)(at[0] - '0'), at + 1);
	}
	return r;
}

/* 1: this path is not where it was before the exchange, or nobody can tell. */
static int
is_changed(struct swap *s, unsigned what, const char *path)
{
	if ((what & CHANGE_OUT) != 0 && is_there(s->aside, path) != 0)
		return 1;
	return (what & CHANGE_IN) != 0 && is_there(s->fresh, path) != 1;
}

static int
plan_run(struct swap *s)
{
	int r = plan_each(s, change);

	if (r == 0) {
		s->path = NULL;
		r = syncfs(s->root) < 0 ? -errno : 0;
	}
	return r;
}

/* ---- all of it ---- */

static int
open_ours(const char *directory)
{
	const char *name;
	CLEANUP(fd_closep) int above = tree_open_above(directory, false, &name);
	int fd = above < 0 ? above : openat(above, name, DIRECTORY);

	return above < 0 ? above : fd < 0 ? -errno : fd;
}

/* New, or of the same order before. What is there and is not ours is left alone. */
static int
open_aside(const char *directory)
{
	const char *name;
	CLEANUP(fd_closep) int above = tree_open_above(directory, true, &name);
	CLEANUP(fd_closep) int fd = -1;
	struct stat is;
	int r;

	if (above < 0)
		return above;
	(void)unlinkat(above, name, AT_REMOVEDIR); /* empty: cut off before its mark */
	fd = openat(above, name, DIRECTORY);
	if (fd >= 0)
		return fstatat(fd, TREE_MARK, &is, AT_SYMLINK_NOFOLLOW) == 0
			       ? fcntl(fd, F_DUPFD_CLOEXEC, 0)
			       : -EEXIST;
	if (errno != ENOENT)
		return -errno;
	r = tree_make(directory, &fd);
	if (r == 0)
		r = tree_mark(fd);
	return r < 0 ? r : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static int
open_all(struct swap *s)
{
	s->path = s->order->root;
	(void)mkdir(s->order->root, 0700); /* of a server that never ran */
	s->root = open(s->order->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->root < 0)
		return -errno;
	s->path = s->order->fresh;
	s->fresh = open_ours(s->order->fresh);
	if (s->fresh < 0)
		return s->fresh;
	s->path = s->order->aside;
	s->aside = open_aside(s->order->aside);
	return s->aside < 0 ? s->aside : 0;
}

int
swap_run(const struct archive_swap *swap, bool *ret_begun, char ret_why[static REASON_LIMIT + 1])
{
	struct swap s = { .order = swap, .root = -1, .fresh = -1, .aside = -1, .why = ret_why };
	int r;

	ret_why[0] = '\0';
	*ret_begun = false;
	r = open_all(&s);
	if (r == 0) {
		s.path = NULL;
		r = plan_get(&s);
	}
	if (r == 0) {
		r = plan_run(&s);
		*ret_begun = r == 0 || plan_each(&s, is_changed) != 0;
	}
	if (r < 0 && ret_why[0] == '\0')
		explain(&s, r);
	fd_closep(&s.root);
	fd_closep(&s.fresh);
	fd_closep(&s.aside);
	buf_deinit(&s.plan);
	return r;
}
