/* SPDX-License-Identifier: Apache-2.0 */
/* Making files below one directory, and nowhere else: see the header. */

#include "archive/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.h"

struct place {
	char *directory;
	int root;
};

int
place_new(const char *directory, struct place **ret_place)
{
	struct place *place;
	int root;

	if (mkdir(directory, 0700) < 0)
		return -errno;
	root = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (root < 0)
		return -errno;
	place = mem_new(sizeof *place);
	place->directory = text_copy(directory);
	place->root = root;
	*ret_place = place;
	return 0;
}

void
place_free(struct place *place)
{
	if (place == NULL)
		return;
	(void)close(place->root);
	mem_free(place->directory);
	mem_free(place);
}

/* The directory that `path` is in, opened; and the path's last part. */
static int
open_parent(const struct place *place, const char *path, const char **ret_name)
{
	int fd = openat(place->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ASSERT(manifest_path_is_valid(path));
	for (const char *slash = strchr(path, '/'); fd >= 0 && slash != NULL;
	     slash = strchr(path, '/')) {
		CLEANUP(text_freep) char *part = text_copy_n(path, (size_t)(slash - path));
		int next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int error = errno;

		(void)close(fd);
		errno = error;
		fd = next;
		path = slash + 1;
	}
	*ret_name = path;
	return fd < 0 ? -errno : fd;
}

int
place_directory(struct place *place, const char *path)
{
	const char *name;
	CLEANUP(fd_closep) int parent = open_parent(place, path, &name);

	if (parent < 0)
		return parent;
	return mkdirat(parent, name, 0700) < 0 ? -errno : 0;
}

int
place_file(struct place *place, const char *path, int *ret_fd)
{
	const char *name;
	CLEANUP(fd_closep) int parent = open_parent(place, path, &name);
	int fd;

	if (parent < 0)
		return parent;
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static void
put_times(const struct manifest_entry *entry, struct timespec times[static 2])
{
	int64_t rest = entry->modified.ms % 1000;

	if (rest < 0)
		rest += 1000;
	times[0] = (struct timespec){ .tv_nsec = UTIME_OMIT };
	times[1] = (struct timespec){ .tv_sec = (time_t)((entry->modified.ms - rest) / 1000),
				      .tv_nsec = (long)rest * 1000000 };
}

int
place_link(struct place *place, const struct manifest_entry *entry)
{
	const char *name;
	CLEANUP(fd_closep) int parent = open_parent(place, entry->path, &name);
	struct timespec times[2];

	if (parent < 0)
		return parent;
	if (symlinkat(entry->text, parent, name) < 0)
		return -errno;
	put_times(entry, times);
	return utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int
place_file_done(int fd, const struct manifest_entry *entry)
{
	struct timespec times[2];

	put_times(entry, times);
	return fchmod(fd, (mode_t)entry->mode) < 0 || futimens(fd, times) < 0 ? -errno : 0;
}

int
place_directory_done(struct place *place, const struct manifest_entry *entry)
{
	const char *name;
	CLEANUP(fd_closep) int parent = open_parent(place, entry->path, &name);
	CLEANUP(fd_closep) int fd = -1;

	if (parent < 0)
		return parent;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : place_file_done(fd, entry);
}

int
place_sync(struct place *place)
{
	CLEANUP(fd_closep)
	int above = openat(place->root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* One call for thousands of files; each by itself would take as many turns of the disk. */
	if (syncfs(place->root) < 0 || above < 0 || fsync(above) < 0)
		return -errno;
	return 0;
}

/* Everything in the directory; a link is removed, not followed. Takes over the descriptor. */
static void
empty(int fd)
{
	DIR *directory = fdopendir(fd);
	struct dirent *entry;

	if (directory == NULL) {
		(void)close(fd);
		return;
	}
	while ((entry = readdir(directory)) != NULL) {
		int inner;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		if (fchmodat(fd, entry->d_name, 0700, 0) < 0) /* it may be read-only by now */
			continue;
		inner = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inner >= 0)
			empty(inner); /* as deep as the manifest's paths */
		(void)unlinkat(fd, entry->d_name, AT_REMOVEDIR);
	}
	(void)closedir(directory);
}

void
place_remove(struct place *place)
{
	int fd = openat(place->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		empty(fd);
	(void)rmdir(place->directory);
}
