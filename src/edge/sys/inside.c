/* SPDX-License-Identifier: Apache-2.0 */
/* Below one directory: see the header. */

#include "sys/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/files.h"

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define OUR_PART  ".roost"

static bool
is_part(const char *part, size_t length)
{
	return length > 0 && !(length == 1 && part[0] == '.') &&
	       !(length == 2 && part[0] == '.' && part[1] == '.');
}

bool
inside_path_is_valid(const char *path)
{
	size_t length = strlen(path);

	if (length > ARCHIVE_PATH_LIMIT || !text_is_printable(path, length) ||
	    (strcspn(path, "/") == strlen(OUR_PART) && text_starts_with(path, OUR_PART)))
		return false;
	for (;;) {
		size_t part = strcspn(path, "/");

		if (!is_part(path, part))
			return false;
		if (path[part] == '\0')
			return true;
		path += part + 1;
	}
}

/* One step down. Takes over `fd`. */
static int
step_down(int fd, const char *name, enum inside_way way)
{
	int next = openat(fd, name, DIRECTORY), error = errno;

	if (next < 0 && error == ENOENT && way != INSIDE_FIND) {
		if (mkdirat(fd, name, 0700) < 0 && errno != EEXIST)
			error = errno;
		else if (way == INSIDE_MAKE_DURABLE && fsync(fd) < 0)
			error = errno;
		else if ((next = openat(fd, name, DIRECTORY)) < 0)
			error = errno;
	}
	(void)close(fd);
	return next < 0 ? -error : next;
}

int
inside_open_parent(int root, const char *path, enum inside_way way, const char **ret_name)
{
	int fd = openat(root, ".", DIRECTORY);

	if (fd < 0)
		return -errno;
	for (size_t part; fd >= 0 && path[part = strcspn(path, "/")] != '\0'; path += part + 1) {
		CLEANUP(text_freep) char *name = NULL;

		if (!is_part(path, part)) {
			(void)close(fd);
			return -EINVAL;
		}
		name = text_copy_n(path, part);
		fd = step_down(fd, name, way);
	}
	if (fd >= 0 && !is_part(path, strlen(path))) {
		(void)close(fd);
		return -EINVAL;
	}
	*ret_name = path;
	return fd;
}

int
inside_open_directory(int root, const char *path, enum inside_way way)
{
	const char *name;
	int fd = inside_open_parent(root, path, way, &name);

	return fd < 0 ? fd : step_down(fd, name, way);
}

int
inside_open(int root, const char *path, struct stat *ret_is)
{
	const char *name;
	CLEANUP(fd_closep) int parent = inside_open_parent(root, path, INSIDE_FIND, &name);
	int fd, r;

	if (parent < 0)
		return parent;
	fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fstat(fd, ret_is) < 0 ? -errno : 0;
	if (r == 0 && S_ISREG(ret_is->st_mode))
		return fd;
	(void)close(fd);
	return r < 0 ? r : S_ISDIR(ret_is->st_mode) ? -EISDIR : -EINVAL;
}

bool
inside_has(int root, const char *path)
{
	struct stat is;
	CLEANUP(fd_closep) int fd = inside_open(root, path, &is);

	return fd >= 0;
}

int
inside_remove(int root, const char *path)
{
	const char *name;
	CLEANUP(fd_closep) int parent = inside_open_parent(root, path, INSIDE_FIND, &name);

	if (parent < 0)
		return parent == -ENOENT ? 0 : parent;
	return unlinkat(parent, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int
inside_link(int root, const char *path, const char *text)
{
	const char *name;
	struct stat is;
	CLEANUP(fd_closep) int parent = inside_open_parent(root, path, INSIDE_MAKE, &name);

	if (parent < 0)
		return parent;
	if (fstatat(parent, name, &is, AT_SYMLINK_NOFOLLOW) == 0) {
		if (!S_ISLNK(is.st_mode))
			return -EEXIST;
		if (unlinkat(parent, name, 0) < 0)
			return -errno;
	}
	return symlinkat(text, parent, name) < 0 ? -errno : 0;
}

/* ---- new files ---- */

void
inside_drop(struct inside_file *file)
{
	if (file->fd >= 0)
		(void)unlinkat(file->parent, file->temporary, 0);
	fd_closep(&file->fd);
	fd_closep(&file->parent);
	mem_free(file->name);
	*file = INSIDE_FILE_NULL;
}

int
inside_new(int root, const char *path, bool executable, struct inside_file *ret_file)
{
	struct inside_file file = INSIDE_FILE_NULL;
	const char *name;

	file.parent = inside_open_parent(root, path, INSIDE_MAKE, &name);
	if (file.parent < 0)
		return file.parent;
	/* One installer works in a directory at a time, so the name is free or left over. */
	(void)text_put(file.temporary, sizeof file.temporary, ".roost-new");
	(void)unlinkat(file.parent, file.temporary, 0);
	file.fd = openat(file.parent, file.temporary,
			 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			 executable ? 0700 : 0600);
	if (file.fd < 0) {
		int error = errno;

		fd_closep(&file.parent);
		return -error;
	}
	file.name = text_copy(name);
	*ret_file = file;
	return 0;
}

int
inside_keep_unsynced(struct inside_file *file)
{
	if (renameat(file->parent, file->temporary, file->parent, file->name) < 0)
		return -errno;
	fd_closep(&file->fd);
	return 0;
}

int
inside_keep(struct inside_file *file)
{
	int r = fsync(file->fd) < 0 ? -errno : inside_keep_unsynced(file);

	if (r < 0)
		return r;
	return fsync(file->parent) < 0 ? -errno : 0;
}
