/* SPDX-License-Identifier: Apache-2.0 */
/* Making files below one directory, and nowhere else: see the header. */

#include "archive/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/tree.h"
#include "sys/files.h"
#include "sys/inside.h"

#define AHEAD 1048576 /* bytes of a file */

struct place {
	char *directory;
	int root;
};

int
place_new(const char *directory, bool is_marked, struct place **ret_place)
{
	struct place *place;
	int root, r = tree_make(directory, &root);

	if (r < 0)
		return r;
	if (is_marked)
		r = tree_mark(root);
	if (r < 0) {
		(void)close(root);
		return r;
	}
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

static int
open_parent(const struct place *place, const char *path, const char **ret_name)
{
	ASSERT(manifest_path_is_valid(path));
	return inside_open_parent(place->root, path, INSIDE_FIND, ret_name);
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
	/* The disk begins now, not when all is there and syncfs waits for it. */
	if (entry->size >= AHEAD)
		(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
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

void
place_remove(struct place *place)
{
	char why[REASON_LIMIT + 1];

	(void)!tree_mark(place->root);
	(void)!tree_remove(place->directory, why);
}
