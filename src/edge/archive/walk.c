/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stack of open directories with the names that are still to come. Declared paths are
 * walked by the same stack: a level may have but one name, the next part of the path.
 */

#include "archive/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/tree.h"
#include "sys/files.h"
#include "wire/manifest.h"

struct level {
	int fd;
	char **names;
	size_t count, at;
	size_t path_length; /* of the directory's own path */
};

struct walk {
	char *root;
	char **paths;	  /* declared, sorted, none inside another; NULL-terminated */
	size_t path_at;	  /* the one that is walked */
	const char *rest; /* its parts still to come; NULL: everything is taken from here */
	struct level levels[ARCHIVE_DEPTH_LIMIT + 1];
	size_t depth;
	bool all, begun;
	bool into; /* the last step was a directory to go into */
	char path[ARCHIVE_PATH_LIMIT + 1];
	char before[ARCHIVE_PATH_LIMIT + 1]; /* the declared path walked before this one */
};

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Is `path` the directory, or inside it? */
static bool
is_within(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '\0' || path[length] == '/');
}

/* Sorted, and without those that another one holds. */
static void
sort_paths(char **paths, size_t count)
{
	size_t kept = 0;

	qsort(paths, count, sizeof *paths, compare_names);
	for (size_t i = 0; i < count; i++) {
		bool is_held = false;

		for (size_t k = 0; k < kept && !is_held; k++)
			is_held = is_within(paths[i], paths[k]);
		if (is_held)
			mem_free(paths[i]);
		else
			paths[kept++] = paths[i];
	}
	paths[kept] = NULL;
}

char **
walk_paths(const char *const *paths, size_t count, char ret_why[static REASON_LIMIT + 1])
{
	char **copies;

	for (size_t i = 0; i < count; i++)
		if (!manifest_path_is_valid(paths[i]) || is_within(paths[i], TREE_MARK)) {
			(void)snprintf(ret_why, REASON_LIMIT + 1,
				       "'%.150s' is not a path below the server's directory",
				       paths[i]);
			return NULL;
		}
	copies = mem_new_array(count + 1, sizeof *copies);
	for (size_t i = 0; i < count; i++)
		copies[i] = text_copy(paths[i]);
	sort_paths(copies, count);
	return copies;
}

struct walk *
walk_new(const char *root, const char *const *paths, size_t count,
	 char ret_why[static REASON_LIMIT + 1])
{
	char **sorted = walk_paths(paths, count, ret_why);
	struct walk *walk;

	if (sorted == NULL)
		return NULL;
	walk = mem_new(sizeof *walk);
	walk->root = text_copy(root);
	walk->all = count == 0;
	walk->paths = sorted;
	return walk;
}

bool
walk_is_declared(const struct walk *walk, const char *path)
{
	for (size_t i = 0; walk->paths[i] != NULL; i++)
		if (strcmp(walk->paths[i], path) == 0)
			return true;
	return false;
}

static void
level_close(struct walk *walk)
{
	struct level *level = &walk->levels[--walk->depth];

	for (size_t i = 0; i < level->count; i++)
		mem_free(level->names[i]);
	mem_free(level->names);
	(void)close(level->fd);
}

void
walk_free(struct walk *walk)
{
	if (walk == NULL)
		return;
	while (walk->depth > 0)
		level_close(walk);
	texts_free(walk->paths);
	mem_free(walk->root);
	mem_free(walk);
}

static int
explain(const struct walk *walk, int error, const char *path, char *why)
{
	CLEANUP(text_freep) char *whole = text_format("%s/%s", walk->root, path);

	file_explain(error, "read", whole, why, REASON_LIMIT + 1);
	return error < 0 ? error : -error;
}

static void
add_name(struct level *level, const char *name)
{
	if ((level->count & (level->count + 1)) == 0) /* 0, 1, 3, 7 …: full */
		level->names =
			mem_resize(level->names, (level->count * 2 + 1) * sizeof *level->names);
	level->names[level->count++] = text_copy(name);
}

/* All names of the directory, sorted. Takes over the descriptor. */
static int
read_names(struct level *level, int fd)
{
	DIR *directory = fdopendir(fd);
	struct dirent *entry;
	int r;

	if (directory == NULL) {
		(void)close(fd);
		return -errno;
	}
	errno = 0;
	while ((entry = readdir(directory)) != NULL && level->count < ARCHIVE_ENTRIES_LIMIT) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    (level->path_length > 0 || strcmp(entry->d_name, TREE_MARK) != 0))
			add_name(level, entry->d_name);
		errno = 0;
	}
	r = entry == NULL ? -errno : -EFBIG;
	(void)closedir(directory);
	if (level->count > 1)
		qsort(level->names, level->count, sizeof *level->names, compare_names);
	return r;
}

/* The next part of the declared path as the only name. */
static void
take_part(struct walk *walk, struct level *level)
{
	size_t length = strcspn(walk->rest, "/");
	CLEANUP(text_freep) char *name = text_copy_n(walk->rest, length);

	add_name(level, name);
	walk->rest = walk->rest[length] == '/' ? walk->rest + length + 1 : NULL;
}

/* Go into a directory: of what is there, all or the next part of the declared path. */
static int
enter(struct walk *walk, int at, const char *name, char *why)
{
	struct level *level = &walk->levels[walk->depth];
	int follow = walk->depth == 0 ? 0 : O_NOFOLLOW; /* the root is the operator's word */
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow), r = 0;

	if (fd < 0 && walk->depth > 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0; /* gone since we looked; what was in it is with it */
	if (fd < 0)
		return explain(walk, errno, walk->path, why);
	*level = (struct level){ .fd = fd, .path_length = strlen(walk->path) };
	walk->depth++;
	if (walk->rest != NULL) {
		take_part(walk, level);
		return 0;
	}
	r = read_names(level, openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	return r < 0 ? explain(walk, r, walk->path, why) : 0;
}

/* Begin with the root, or once more for the next declared path. 1: begun. */
static int
begin(struct walk *walk, char *why)
{
	int r;

	if (walk->all ? walk->begun : walk->paths[walk->path_at] == NULL)
		return 0;
	walk->begun = true;
	walk->path[0] = '\0';
	if (!walk->all) {
		if (walk->path_at > 0)
			(void)text_put(walk->before, sizeof walk->before,
				       walk->paths[walk->path_at - 1]);
		walk->rest = walk->paths[walk->path_at++];
	}
	r = enter(walk, AT_FDCWD, walk->root, why);
	return r < 0 ? r : 1;
}

/* The next name of the level; false when its path is longer than an archive has them. */
static bool
take_name(struct walk *walk, struct level *level, struct walk_step *step)
{
	const char *name = level->names[level->at++];
	size_t room = sizeof walk->path - level->path_length;
	int length = snprintf(walk->path + level->path_length, room, "%s%s",
			      level->path_length > 0 ? "/" : "", name);

	*step = (struct walk_step){ .path = walk->path, .directory = level->fd };
	step->name = name;
	return length >= 0 && (size_t)length < room;
}

static int
look(struct walk *walk, struct walk_step *step, char *why)
{
	if (fstatat(step->directory, step->name, &step->is, AT_SYMLINK_NOFOLLOW) == 0)
		step->is_there = true;
	else if (errno != ENOENT)
		return explain(walk, errno, walk->path, why);
	walk->into = step->is_there && S_ISDIR(step->is.st_mode);
	return 0;
}

/* Go into what the last step was, or up, or to the next declared path; 1: there is a name. */
static int
move(struct walk *walk, char *why)
{
	int r = 1;

	if (walk->into) {
		struct level *level = &walk->levels[walk->depth - 1];

		walk->into = false;
		if (walk->depth > ARCHIVE_DEPTH_LIMIT) {
			(void)snprintf(why, REASON_LIMIT + 1,
				       "directories are more than %d deep at '%.100s'",
				       ARCHIVE_DEPTH_LIMIT, walk->path);
			return -ELOOP;
		}
		r = enter(walk, level->fd, level->names[level->at - 1], why);
		if (r < 0)
			return r;
	}
	for (;;) {
		while (walk->depth > 0 &&
		       walk->levels[walk->depth - 1].at == walk->levels[walk->depth - 1].count)
			level_close(walk);
		if (walk->depth > 0)
			return 1;
		r = begin(walk, why);
		if (r <= 0)
			return r;
	}
}

int
walk_next(struct walk *walk, struct walk_step *ret_step, char ret_why[static REASON_LIMIT + 1])
{
	for (;;) {
		int r = move(walk, ret_why);

		if (r <= 0)
			return r;
		if (!take_name(walk, &walk->levels[walk->depth - 1], ret_step)) {
			(void)snprintf(ret_why, REASON_LIMIT + 1,
				       "a path is longer than %d bytes: '%.100s…'",
				       ARCHIVE_PATH_LIMIT, walk->path);
			return -ENAMETOOLONG;
		}
		r = look(walk, ret_step, ret_why);
		if (r < 0)
			return r;
		/* What is declared behind a link, or in a file, is not there. */
		if (walk->rest != NULL && !walk->into)
			ret_step->is_there = false;
		/* A directory on the way to this declared path, and to the one before it: told. */
		if (walk->rest != NULL && is_within(walk->before, walk->path))
			continue;
		return 1;
	}
}
