/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects as files: see the header. Every directory of a key is opened by itself and never
 * through a link, so a link that somebody put there leads nowhere.
 */

#include "objects/objects_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/chance.h"
#include "sys/files.h"
#include "sys/inside.h"

#define UNFINISHED ".unfinished"
#define CHUNK	   262144
#define AHEAD	   8388608 /* bytes */
#define DIRECTORY  (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct directory_store {
	struct desk_store store;
	char *directory;
};

/* What is being put: where it will stand, and under which name it is written. */
struct writing {
	int root, parent, unfinished, fd;
	const char *name; /* in parent */
	char beside[40];  /* in unfinished */
	uint64_t size;
};

static void
explain(const struct directory_store *me, struct job *job, int error, const char *doing)
{
	CLEANUP(text_freep) char *path = text_format("%s/%s", me->directory, job->key);
	char why[REASON_LIMIT + 1];

	file_explain(error, doing, path, why, sizeof why);
	job_refuse(job, "%s", why);
}

static int
open_root(const struct directory_store *me, bool make)
{
	int fd, r = make ? directory_make_one(me->directory) : 0;

	if (r < 0)
		return r;
	fd = open(me->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* ---- put ---- */

static int
writing_begin(struct directory_store *me, struct job *job, struct writing *w)
{
	unsigned char bytes[8];
	struct stat is;

	w->root = open_root(me, true);
	if (w->root < 0)
		return w->root;
	w->parent = inside_open_parent(w->root, job->key, INSIDE_MAKE_DURABLE, &w->name);
	if (w->parent < 0)
		return w->parent;
	if (fstatat(w->parent, w->name, &is, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(is.st_mode))
		return -EISDIR;
	w->unfinished = inside_open_directory(w->root, UNFINISHED, INSIDE_MAKE_DURABLE);
	if (w->unfinished < 0)
		return w->unfinished;
	sys_chance()->fill(sys_chance(), bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		(void)snprintf(w->beside + 2 * i, 3, "%02x", bytes[i]);
	w->fd = openat(w->unfinished, w->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (w->fd < 0)
		return -errno;
	/* While we live. Where nothing can be locked, it is swept by its age. */
	(void)flock(w->fd, LOCK_EX | LOCK_NB);
	return 0;
}

/* 1: the source failed, and why is said. */
static int
writing_fill(struct job *job, struct writing *w)
{
	CLEANUP(text_freep) char *chunk = mem_new(CHUNK);
	ptrdiff_t got;
	int r;

	while ((got = job_read(job, chunk, CHUNK)) > 0) {
		r = fd_write(w->fd, chunk, (size_t)got);
		if (r < 0)
			return r;
		/* The disk begins now, not when all is there and fsync waits for it. */
		if (w->size / AHEAD != (w->size + (uint64_t)got) / AHEAD)
			(void)sync_file_range(w->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
		w->size += (uint64_t)got;
	}
	if (got < 0) {
		job_refuse(job, "%s", job->source->why);
		return 1;
	}
	return fsync(w->fd) < 0 ? -errno : 0;
}

/* Its name, in one step; -EEXIST when it must be new and is not. */
static int
writing_name(const struct job *job, struct writing *w)
{
	if (!job->only_new)
		return renameat(w->unfinished, w->beside, w->parent, w->name) < 0 ? -errno : 0;
	/* Not every file system has hard links (FAT), and not every one has this (NFS). */
	if (renameat2(w->unfinished, w->beside, w->parent, w->name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (linkat(w->unfinished, w->beside, w->parent, w->name, 0) < 0)
		return -errno;
	(void)unlinkat(w->unfinished, w->beside, 0);
	return 0;
}

static void
writing_end(struct writing *w)
{
	if (w->fd >= 0)
		(void)unlinkat(w->unfinished, w->beside, 0); /* gone already when all went well */
	fd_closep(&w->fd);
	fd_closep(&w->unfinished);
	fd_closep(&w->parent);
	fd_closep(&w->root);
}

/* A file system that does not sync directories (some shares) does so by itself, or never. */
static bool
is_synced(int directory)
{
	return fsync(directory) == 0 || errno == EINVAL || errno == ENOTSUP;
}

static void
directory_put(struct desk_store *store, struct job *job)
{
	struct directory_store *me = CONTAINER_OF(store, struct directory_store, store);
	struct writing w = { .root = -1, .parent = -1, .unfinished = -1, .fd = -1 };
	int r = writing_begin(me, job, &w);

	if (r == 0)
		r = writing_fill(job, &w);
	if (r == 0)
		r = writing_name(job, &w);
	if (r == 0 && !is_synced(w.parent))
		job_unknown(job, "'%.150s' was written, but may not survive a power cut: %s",
			    job->key, strerror(errno));
	else if (r == 0)
		job_done(job, OBJECT_IS_DONE)->size = w.size;
	else if (r == -EEXIST && job->only_new)
		(void)job_done(job, OBJECT_IS_TAKEN);
	else if (r < 0)
		explain(me, job, r, "write");
	writing_end(&w);
}

/* ---- get, head, remove ---- */

struct file_source {
	struct object_source source;
	int fd;
	uint64_t left;
	const char *key;
};

static ptrdiff_t
file_read_some(struct object_source *source, void *bytes, size_t size)
{
	struct file_source *me = CONTAINER_OF(source, struct file_source, source);
	size_t wish = me->left < size ? (size_t)me->left : size;
	ssize_t got;

	do
		got = wish > 0 ? read(me->fd, bytes, wish) : 0;
	while (got < 0 && errno == EINTR);
	if (got < 0)
		got = -errno;
	if (got < 0 || (got == 0 && wish > 0)) {
		(void)snprintf(source->why, sizeof source->why,
			       "the stored '%.120s' cannot be read to its end: %s", me->key,
			       got < 0 ? strerror((int)-got) : "it was cut meanwhile");
		return got < 0 ? got : -EIO;
	}
	me->left -= (uint64_t)got;
	return got;
}

/* The file of a key, opened; -ENOENT when there is none. */
static int
open_object(const struct directory_store *me, const char *key, struct stat *ret_is)
{
	CLEANUP(fd_closep) int root = open_root(me, false);
	int fd;

	if (root < 0)
		return root == -ENOENT ? -ENODEV : root; /* the store is not there: not the same */
	fd = inside_open(root, key, ret_is);
	return fd == -EISDIR || fd == -EINVAL ? -ENOENT : fd;
}

/* Why there is no file: none such, or trouble. */
static void
reply_missing(const struct directory_store *me, struct job *job, int error)
{
	if (error == -ENOENT || error == -ENOTDIR)
		(void)job_done(job, OBJECT_IS_NONE);
	else if (error == -ENODEV)
		job_refuse(job,
			   "the object store's directory '%.150s' is not there; is its disk "
			   "mounted?",
			   me->directory);
	else
		explain(me, job, error, "read");
}

static void
directory_get(struct desk_store *store, struct job *job)
{
	struct directory_store *me = CONTAINER_OF(store, struct directory_store, store);
	struct file_source content = { .source = { .read = file_read_some }, .key = job->key };
	struct stat is;
	CLEANUP(fd_closep) int fd = open_object(me, job->key, &is);

	if (fd < 0) {
		reply_missing(me, job, fd);
		return;
	}
	content.fd = fd;
	if (job->offset > (uint64_t)is.st_size || lseek(fd, (off_t)job->offset, SEEK_SET) < 0) {
		job_refuse(job, "'%.150s' ends before byte %llu", job->key,
			   (unsigned long long)job->offset);
		return;
	}
	content.left = (uint64_t)is.st_size - job->offset;
	if (job->length > 0 && job->length < content.left)
		content.left = job->length;
	job_take(job, &content.source);
}

static struct instant
modified_of(const struct stat *is)
{
	return (struct instant){ (int64_t)is->st_mtim.tv_sec * 1000 +
				 is->st_mtim.tv_nsec / 1000000 };
}

static void
directory_head(struct desk_store *store, struct job *job)
{
	struct directory_store *me = CONTAINER_OF(store, struct directory_store, store);
	struct object_answer *answer;
	struct stat is;
	CLEANUP(fd_closep) int fd = open_object(me, job->key, &is);

	if (fd < 0) {
		reply_missing(me, job, fd);
		return;
	}
	answer = job_done(job, OBJECT_IS_DONE);
	answer->size = (uint64_t)is.st_size;
	answer->modified = modified_of(&is);
}

/* Directories that are empty now go too, as far up as they are. */
static void
remove_empty(int root, const char *key)
{
	CLEANUP(text_freep) char *path = text_copy(key);
	char *slash;

	while ((slash = strrchr(path, '/')) != NULL) {
		const char *name;
		CLEANUP(fd_closep) int parent = -1;

		*slash = '\0';
		parent = inside_open_parent(root, path, INSIDE_FIND, &name);
		if (parent < 0 || unlinkat(parent, name, AT_REMOVEDIR) < 0)
			return;
	}
}

static void
directory_remove(struct desk_store *store, struct job *job)
{
	struct directory_store *me = CONTAINER_OF(store, struct directory_store, store);
	const char *name;
	CLEANUP(fd_closep) int root = open_root(me, false);
	CLEANUP(fd_closep)
	int parent = root < 0 ? root : inside_open_parent(root, job->key, INSIDE_FIND, &name);

	if (root < 0)
		reply_missing(me, job, root == -ENOENT ? -ENODEV : root);
	else if (parent == -ENOENT || parent == -ENOTDIR)
		(void)job_done(job, OBJECT_IS_DONE);
	else if (parent < 0 || (unlinkat(parent, name, 0) < 0 && errno != ENOENT))
		explain(me, job, parent < 0 ? parent : errno, "remove");
	else if (!is_synced(parent))
		job_unknown(job, "'%.150s' was removed, but may be back after a power cut",
			    job->key);
	else {
		remove_empty(root, job->key);
		(void)job_done(job, OBJECT_IS_DONE);
	}
}

/* ---- list ---- */

struct listing {
	const struct job *job;
	struct object_entry *entries;
	size_t count, room;
};

static bool
is_wanted(const struct job *job, const char *key)
{
	return text_starts_with(key, job->key) &&
	       (job->after == NULL || strcmp(key, job->after) > 0);
}

/* May something below this directory be wanted? */
static bool
may_hold(const struct job *job, const char *directory)
{
	size_t length = strlen(directory), prefix = strlen(job->key);

	return strncmp(directory, job->key, length < prefix ? length : prefix) == 0;
}

static int
list_add(struct listing *l, const char *key, const struct stat *is)
{
	struct object_entry *entry;

	if (l->count == OBJECTS_NAMES_LIMIT)
		return -E2BIG;
	if (l->count == l->room) {
		l->room = l->room > 0 ? l->room * 2 : 64;
		l->entries = mem_resize(l->entries, l->room * sizeof *l->entries);
	}
	entry = &l->entries[l->count++];
	*entry =
		(struct object_entry){ .size = (uint64_t)is->st_size, .modified = modified_of(is) };
	ASSERT(text_put(entry->key, sizeof entry->key, key));
	return 0;
}

static int list_directory(struct listing *l, int fd, const char *path);

static int
list_one(struct listing *l, int fd, const char *path, const char *name)
{
	CLEANUP(text_freep) char *key = text_format("%s%s", path, name);
	CLEANUP(text_freep) char *below = text_format("%s/", key);
	struct stat is;
	int inner;

	/* Only what a put could have made: other files may stand here as well. */
	if (!object_key_is_valid(key) || fstatat(fd, name, &is, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISREG(is.st_mode))
		return is_wanted(l->job, key) ? list_add(l, key, &is) : 0;
	if (!S_ISDIR(is.st_mode) || !may_hold(l->job, below))
		return 0;
	inner = openat(fd, name, DIRECTORY);
	if (inner < 0)
		return errno == ENOENT ? 0 : -errno;
	return list_directory(l, inner, below);
}

/* Takes over the descriptor. As deep as keys are. */
static int
list_directory(struct listing *l, int fd, const char *path)
{
	DIR *directory = fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (directory == NULL) {
		(void)close(fd);
		return -errno;
	}
	while (r == 0 && (errno = 0, entry = readdir(directory)) != NULL)
		r = list_one(l, fd, path, entry->d_name);
	if (r == 0)
		r = -errno;
	(void)closedir(directory);
	return r;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct object_entry *p = a, *q = b;

	return strcmp(p->key, q->key);
}

static void
directory_list(struct desk_store *store, struct job *job)
{
	struct directory_store *me = CONTAINER_OF(store, struct directory_store, store);
	struct listing l = { .job = job };
	struct object_answer *answer;
	int root = open_root(me, false);
	int r = root < 0 ? root : list_directory(&l, root, "");

	if (r == -E2BIG)
		job_refuse(job, "there are more than %d objects in '%.120s'", OBJECTS_NAMES_LIMIT,
			   me->directory);
	else if (r < 0)
		reply_missing(me, job, r == -ENOENT ? -ENODEV : r);
	if (r < 0) {
		mem_free(l.entries);
		return;
	}
	if (l.count > 0)
		qsort(l.entries, l.count, sizeof *l.entries, compare_entries);
	answer = job_done(job, OBJECT_IS_DONE);
	answer->more = l.count > job->limit;
	answer->entry_count = answer->more ? job->limit : l.count;
	answer->entries = l.entries;
}

/* ---- sweep ---- */

/* Was it left by somebody who is dead? */
static bool
is_left(int directory, const char *name)
{
	CLEANUP(fd_closep)
	int fd = openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void
directory_sweep(struct desk_store *store, struct job *job)
{
	struct directory_store *me = CONTAINER_OF(store, struct directory_store, store);
	CLEANUP(fd_closep) int root = open_root(me, false);
	int fd = root < 0 ? -1 : openat(root, UNFINISHED, DIRECTORY);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	uint64_t swept = 0;
	struct dirent *entry;
	struct stat is;

	/* Without one, nothing was ever left. */
	while (directory != NULL && (entry = readdir(directory)) != NULL)
		if (fstatat(fd, entry->d_name, &is, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(is.st_mode) &&
		    (modified_of(&is).ms < job->before.ms || is_left(fd, entry->d_name)) &&
		    unlinkat(fd, entry->d_name, 0) == 0)
			swept++;
	if (directory != NULL)
		(void)closedir(directory);
	job_done(job, OBJECT_IS_DONE)->swept = swept;
}

/* ---- beginning and end ---- */

static void
directory_free(struct desk_store *store)
{
	struct directory_store *me = CONTAINER_OF(store, struct directory_store, store);

	mem_free(me->directory);
	mem_free(me);
}

struct objects_port *
objects_directory_new(uv_loop_t *loop, const char *directory, courier_deliver *deliver,
		      void *argument)
{
	struct directory_store *me = mem_new(sizeof *me);

	me->store = (struct desk_store){ .put = directory_put,
					 .get = directory_get,
					 .head = directory_head,
					 .list = directory_list,
					 .remove = directory_remove,
					 .sweep = directory_sweep,
					 .free = directory_free };
	me->directory = text_copy(directory);
	return desk_port_new(loop, &me->store, deliver, argument);
}
