/* SPDX-License-Identifier: Apache-2.0 */
/* Small files, whole: see the header. */

#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SAID 120 /* bytes of a path in one sentence: its end */

void
fd_closep(int *fd)
{
	int kept = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = kept;
}

int
file_read(int at, const char *path, size_t limit, struct buf *ret_content)
{
	CLEANUP(fd_closep) int fd = openat(at, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd_read(fd, limit, ret_content);
}

int
fd_read(int fd, size_t limit, struct buf *ret_content)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	ssize_t got;

	do {
		buf_reserve(&content, 4096);
		got = read(fd, content.data + content.length, content.capacity - content.length);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0)
			content.length += (size_t)got;
		if (content.length > limit)
			return -EFBIG;
	} while (got != 0);
	buf_deinit(ret_content);
	*ret_content = content;
	content = BUF_NULL;
	return 0;
}

int
fd_write(int fd, const void *content, size_t length)
{
	const unsigned char *bytes = content;

	while (length > 0) {
		ssize_t wrote = write(fd, bytes, length);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return -errno;
		bytes += wrote;
		length -= (size_t)wrote;
	}
	return 0;
}

/* Sync the directory that holds `path`, so that its new name is kept too. */
static int
sync_parent(int at, const char *path)
{
	CLEANUP(text_freep) char *parent = text_copy(path);
	CLEANUP(fd_closep) int fd = -1;
	char *slash;

	for (size_t end = strlen(parent); end > 1 && parent[end - 1] == '/'; end--)
		parent[end - 1] = '\0';
	slash = strrchr(parent, '/');
	if (slash == NULL)
		fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else {
		slash[slash == parent] = '\0';
		fd = openat(at, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

static int
write_beside(int at, const char *path, const void *bytes, size_t length, enum file_care care)
{
	CLEANUP(fd_closep)
	int fd = openat(at, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write(fd, bytes, length);
	if (r == 0 && care == FILE_SURVIVES_POWER && fdatasync(fd) < 0)
		r = -errno;
	return r;
}

int
file_write(int at, const char *path, const void *bytes, size_t length, enum file_care care)
{
	CLEANUP(text_freep) char *beside = text_format("%s.%ld", path, (long)getpid());
	int r = write_beside(at, beside, bytes, length, care);

	if (r == 0 && renameat(at, beside, at, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(at, beside, 0);
		return r;
	}
	return care == FILE_SURVIVES_POWER ? sync_parent(at, path) : 0;
}

int
directory_make_one(const char *path)
{
	struct stat found;
	int r;

	if (mkdir(path, 0700) == 0) {
		/* It is made where one may write and not read, and where directories cannot be synced. */
		r = sync_parent(AT_FDCWD, path);
		return r == -EACCES || r == -EINVAL ? 0 : r;
	}
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &found) < 0)
		return -errno;
	return S_ISDIR(found.st_mode) ? 0 : -ENOTDIR;
}

int
directory_make(const char *path)
{
	CLEANUP(text_freep) char *part = text_copy(path);
	int r = directory_make_one(path);

	if (r != -ENOENT)
		return r;
	for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = directory_make_one(part);
		*slash = '/';
		if (r < 0)
			return r;
	}
	return directory_make_one(path);
}

static const struct {
	int error;
	const char *remedy;
} remedies[] = {
	{ EACCES, "let the user that roost runs as do so (chown or chmod)" },
	{ EPERM, "let the user that roost runs as do so (chown or chmod)" },
	{ ENOENT, "make it, or correct the path" },
	{ ENOTDIR, "a part of the path is a file; correct the path" },
	{ EISDIR, "it is a directory; give a file" },
	{ EFBIG, "it is too large" },
	{ ENOSPC, "the disk is full; make room" },
	{ EDQUOT, "the disk quota is used up; make room" },
	{ EROFS, "the disk is read-only; choose another place" },
	{ EMFILE, "too many files are open; raise the limit (ulimit -n)" },
	{ ENFILE, "too many files are open on this machine" },
	{ ENAMETOOLONG, "the path is too long" },
	{ ETXTBSY, "it is being written; try again when that is done" },
	{ ENOEXEC, "it is not a program for this machine (a script needs #! in its first line)" },
};

void
file_explain(int error, const char *doing, const char *path, char *text, size_t size)
{
	CLEANUP(text_freep) char *whole = NULL;
	const char *remedy = NULL;
	size_t length = strlen(path);
	bool is_long = length > PATH_SAID;
	char said[128];

	if (error < 0)
		error = -error;
	for (size_t i = 0; i < ELEMENTS(remedies); i++) {
		if (remedies[i].error == error)
			remedy = remedies[i].remedy;
	}
	/* What is said last matters most, so a long path gives way. */
	whole = text_format("cannot %s '%s%s': %s%s%s", doing, is_long ? "…" : "",
			    is_long ? path + length - PATH_SAID : path,
			    strerror_r(error, said, sizeof said), remedy != NULL ? "; " : "",
			    remedy != NULL ? remedy : "");
	(void)text_put(text, size, whole);
}
