/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and removing without being led astray: see the header. A tree that is removed may
 * be deeper than we have descriptors: what is too deep is moved up first.
 */

#include "archive/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.h"
#include "sys/inside.h"

#define DIRECTORY   (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define MOVES_LIMIT 1000000

/* Where what is the operator's word ends: behind the part before TREE_MARK, or the last part. */
static const char *
end_of_trust(const char *directory)
{
	const char *found = strstr(directory, "/" TREE_MARK "/");

	return found != NULL ? found + 1 : strrchr(directory, '/') + 1;
}

int
tree_open_above(const char *directory, bool make, const char **ret_name)
{
	const char *rest;
	CLEANUP(text_freep) char *trusted = NULL;
	CLEANUP(fd_closep) int fd = -1;

	ASSERT(directory[0] == '/');
	rest = end_of_trust(directory);
	if (*rest == '\0' || strstr(rest, "//") != NULL || strcmp(rest, "..") == 0 ||
	    strstr(rest, "../") != NULL)
		return -EINVAL;
	trusted = text_copy_n(directory, (size_t)(rest - directory));
	fd = open(trusted, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && make && directory_make_one(trusted) == 0)
		fd = open(trusted, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return inside_open_parent(fd, rest, make ? INSIDE_MAKE_DURABLE : INSIDE_FIND, ret_name);
}

int
tree_mark(int directory)
{
	int fd = openat(directory, TREE_MARK, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	(void)close(fd);
	return 0;
}

int
tree_make(const char *directory, int *ret_fd)
{
	const char *name;
	CLEANUP(fd_closep) int above = tree_open_above(directory, true, &name);
	int fd;

	if (above < 0)
		return above;
	if (mkdirat(above, name, 0700) < 0 || fsync(above) < 0)
		return -errno;
	fd = openat(above, name, DIRECTORY);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* ---- removing ---- */

struct removal {
	int top;
	unsigned moved; /* up, because they were too deep: so many names were tried */
	int error;	/* the first one */
};

static void
note_error(struct removal *r)
{
	if (r->error == 0 && errno != ENOENT)
		r->error = -errno;
}

/* A directory that nobody may read is still ours to remove. */
static int
enter(int at, const char *name)
{
	CLEANUP(fd_closep) int closed = -1;
	int fd = openat(at, name, DIRECTORY);
	char proc[40];

	if (fd < 0 && errno == EACCES) {
		closed = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		(void)snprintf(proc, sizeof proc, "/proc/self/fd/%d", closed);
		if (closed >= 0 && chmod(proc, 0700) == 0)
			fd = openat(at, name, DIRECTORY);
	}
	if (fd >= 0)
		(void)fchmod(fd, 0700); /* so that what is in it can go */
	return fd;
}

static void empty(struct removal *r, int fd, unsigned depth);

/* Under a name that nobody has there, also not from a removal that was cut off. */
static void
move_up(struct removal *r, int at, const char *name)
{
	char above[40];
	int moved;

	do {
		(void)snprintf(above, sizeof above, TREE_MARK "-deep-%u", r->moved++);
		moved = renameat(at, name, r->top, above);
	} while (moved < 0 && (errno == ENOTEMPTY || errno == EEXIST) && r->moved < MOVES_LIMIT);
	if (moved < 0)
		note_error(r);
}

static void
remove_directory(struct removal *r, int at, const char *name, unsigned depth)
{
	int fd;

	if (depth >= ARCHIVE_DEPTH_LIMIT) {
		move_up(r, at, name);
		return;
	}
	fd = enter(at, name);
	if (fd >= 0)
		empty(r, fd, depth + 1);
	if (fd < 0 || unlinkat(at, name, AT_REMOVEDIR) < 0)
		note_error(r);
}

/* All but the mark of the top. Takes over the descriptor. */
static void
empty(struct removal *r, int fd, unsigned depth)
{
	DIR *directory = fdopendir(fd);
	struct dirent *entry;

	if (directory == NULL) {
		note_error(r);
		(void)close(fd);
		return;
	}
	while ((entry = readdir(directory)) != NULL) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    (depth == 0 && strcmp(name, TREE_MARK) == 0))
			continue;
		if (unlinkat(fd, name, 0) == 0)
			continue;
		if (errno == EISDIR || errno == EPERM)
			remove_directory(r, fd, name, depth);
		else
			note_error(r);
	}
	(void)closedir(directory);
}

static int
remove_marked(int above, const char *name, int fd)
{
	struct removal r = { .top = fd };
	unsigned moved;

	(void)fchmod(fd, 0700);
	do {
		int again = openat(fd, ".", DIRECTORY);

		if (again < 0)
			return -errno;
		moved = r.moved;
		empty(&r, again, 0);
	} while (r.moved > moved && r.error == 0);
	if (r.error < 0)
		return r.error;
	if (unlinkat(fd, TREE_MARK, 0) < 0 && errno != ENOENT)
		return -errno;
	return unlinkat(above, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

static int
try_remove(const char *directory)
{
	const char *name;
	CLEANUP(fd_closep) int above = tree_open_above(directory, false, &name);
	CLEANUP(fd_closep) int fd = -1;
	struct stat is;

	if (above < 0)
		return above;
	/* Empty: as it is between its making and its mark, or its mark's removal and its own. */
	if (unlinkat(above, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno == ENOENT || errno == ENOTDIR)
		return -errno;
	fd = openat(above, name, DIRECTORY);
	if (fd < 0)
		return -errno;
	if (fstatat(fd, TREE_MARK, &is, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(is.st_mode))
		return -EEXIST;
	return remove_marked(above, name, fd);
}

int
tree_remove(const char *directory, char ret_why[static REASON_LIMIT + 1])
{
	int r = try_remove(directory);

	if (r == -ENOENT)
		return 0;
	if (r == -EEXIST)
		(void)snprintf(ret_why, REASON_LIMIT + 1,
			       "'%.150s' was not made by roost, so it is not removed; see what it "
			       "is, and remove it yourself",
			       directory);
	else if (r < 0)
		file_explain(r, "remove", directory, ret_why, REASON_LIMIT + 1);
	return r;
}
