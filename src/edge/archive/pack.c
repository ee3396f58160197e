/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pulling turned around: libarchive pushes what it made into `out`, and whoever pulls makes
 * us take another step (an entry, or a chunk of a file) while that is empty. That is pulled
 * ahead, in a thread of its own (`making`); whoever pulls from us hashes the whole. What makes
 * it hard is that the files live: tar needs a size before the bytes, and a game may be writing.
 */

#include "archive/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "archive/ahead.h"
#include "archive/digest.h"
#include "archive/walk.h"
#include "sys/files.h"

#define CHUNK	      262144 /* bytes read of a file at a time */
#define LEVEL_DEFAULT "3"

struct pack {
	struct object_source source; /* the puller's: */
	struct ahead *ahead;
	struct digest *whole; /* of the archive */
	uint64_t whole_size;
	/* All that follows is of the thread that makes it, until that has ended. */
	struct object_source making;
	struct walk *walk;
	char *root;
	struct manifest *manifest;
	struct archive *writer;
	struct archive_entry *header;
	struct buf out;
	size_t out_at;
	bool ended, given_up;
	/* The file that is being read. */
	int fd; /* or -1 */
	struct stat before;
	struct manifest_entry entry;
	struct digest *digest;
	uint64_t left;
	bool short_of; /* it ended early; the rest is zeros */
	_Atomic uint64_t files, bytes;
	unsigned char chunk[CHUNK];
};

/* ---- libarchive's side ---- */

static la_ssize_t
on_write(struct archive *writer, void *argument, const void *bytes, size_t length)
{
	struct pack *pack = argument;

	if (pack->given_up) {
		archive_set_error(writer, ECANCELED, "given up");
		return -1;
	}
	buf_put(&pack->out, bytes, length);
	return (la_ssize_t)length;
}

/* Only for mistakes in libarchive's use, or that it has no memory. */
static int
writer_failed(struct pack *pack, const char *path)
{
	const char *why = archive_error_string(pack->writer);

	(void)snprintf(pack->making.why, sizeof pack->making.why,
		       "'%.120s' could not be put into the archive: %.80s", path,
		       why != NULL ? why : "no reason told");
	return -EIO;
}

static struct archive *
writer_new(struct pack *pack, int level)
{
	struct archive *writer = archive_write_new();
	char number[8];

	ASSERT(writer != NULL && level >= 0 && level <= 19);
	ASSERT(archive_write_add_filter_zstd(writer) == ARCHIVE_OK);
	(void)snprintf(number, sizeof number, "%d", level);
	ASSERT(archive_write_set_filter_option(writer, "zstd", "compression-level",
					       level > 0 ? number : LEVEL_DEFAULT) == ARCHIVE_OK);
	/* Compressing beside reading and hashing; an older libarchive does it in between. */
	(void)archive_write_set_filter_option(writer, "zstd", "threads", "1");
	ASSERT(archive_write_set_format_gnutar(writer) == ARCHIVE_OK);
	/* No blocks, as tapes have them: what is compressed comes as it is, without a copy. */
	ASSERT(archive_write_set_bytes_per_block(writer, 0) == ARCHIVE_OK);
	ASSERT(archive_write_open(writer, pack, NULL, on_write, NULL) == ARCHIVE_OK);
	return writer;
}

/* ---- entries ---- */

static int
add_entry(struct pack *pack, const struct manifest_entry *entry)
{
	if (manifest_add(pack->manifest, entry))
		return 0;
	(void)snprintf(pack->making.why, sizeof pack->making.why,
		       "there are more than %d files and directories; leave some out",
		       ARCHIVE_ENTRIES_LIMIT);
	return -E2BIG;
}

static int
add_missed(struct pack *pack, const char *path, const char *why)
{
	const struct manifest_entry entry = { .path = (char *)path,
					      .kind = MANIFEST_MISSED,
					      .text = (char *)why };

	return add_entry(pack, &entry);
}

static int64_t
clamp(int64_t number, int64_t least, int64_t most)
{
	return number < least ? least : number > most ? most : number;
}

/* A file may be of any year, and a manifest's are those of four digits. */
static struct instant
modified_of(const struct stat *is)
{
	int64_t seconds = clamp(is->st_mtim.tv_sec, -MANIFEST_TIME_BOUND / 1000,
				MANIFEST_TIME_BOUND / 1000 - 1);

	return (struct instant){ seconds * 1000 + is->st_mtim.tv_nsec / 1000000 };
}

static int
write_header(struct pack *pack, const struct manifest_entry *entry, const struct stat *is)
{
	static const unsigned types[MANIFEST_KIND_MAX] = { AE_IFREG, AE_IFDIR, AE_IFLNK, AE_IFREG };
	struct archive_entry *header = archive_entry_clear(pack->header);

	archive_entry_set_pathname(header, entry->path);
	archive_entry_set_filetype(header, types[entry->kind]);
	archive_entry_set_perm(header, (mode_t)entry->mode);
	/* For those who open it with tar, which has eleven octal digits; ours is in the manifest. */
	archive_entry_set_mtime(header, clamp(is->st_mtim.tv_sec, 0, 077777777777), 0);
	if (entry->kind == MANIFEST_LINK)
		archive_entry_set_symlink(header, entry->text);
	archive_entry_set_size(header, (la_int64_t)entry->size);
	return archive_write_header(pack->writer, header) == ARCHIVE_OK
		       ? 0
		       : writer_failed(pack, entry->path);
}

static int
add_directory(struct pack *pack, const struct walk_step *step)
{
	const struct manifest_entry entry = { .path = (char *)step->path,
					      .kind = MANIFEST_DIRECTORY,
					      .mode = step->is.st_mode & 0777,
					      .modified = modified_of(&step->is) };
	int r = write_header(pack, &entry, &step->is);

	return r < 0 ? r : add_entry(pack, &entry);
}

/* Somebody said that this is the world: an archive without it would be one of nothing. */
static int
declared_elsewhere(struct pack *pack, const char *path)
{
	(void)snprintf(pack->making.why, sizeof pack->making.why,
		       "'%.100s' is to be backed up, and is a link out of the directory, where "
		       "nothing is copied; put what it leads to in its place",
		       path);
	return -ELOOP;
}

static int
add_link(struct pack *pack, const struct walk_step *step)
{
	char target[ARCHIVE_PATH_LIMIT + 1];
	ssize_t length = readlinkat(step->directory, step->name, target, sizeof target);
	struct manifest_entry entry = { .path = (char *)step->path,
					.kind = MANIFEST_LINK,
					.mode = 0777,
					.modified = modified_of(&step->is),
					.text = target };
	int r;

	if (length < 0)
		return add_missed(pack, step->path, "it was removed while the archive was made");
	if (length == sizeof target)
		return add_missed(pack, step->path, "its target is too long");
	target[length] = '\0';
	if (!manifest_link_stays_inside(entry.path, target) &&
	    walk_is_declared(pack->walk, entry.path))
		return declared_elsewhere(pack, entry.path);
	if (!manifest_link_stays_inside(entry.path, target))
		return add_missed(pack, step->path, "a link that leads out of the directory");
	r = write_header(pack, &entry, &step->is);
	return r < 0 ? r : add_entry(pack, &entry);
}

/* ---- files ---- */

static int
read_failed(struct pack *pack, const char *path)
{
	CLEANUP(text_freep) char *whole = text_format("%s/%s", pack->root, path);
	int error = errno;

	file_explain(error, "read", whole, pack->making.why, sizeof pack->making.why);
	return -error;
}

static int
file_open(struct pack *pack, const struct walk_step *step)
{
	CLEANUP(fd_closep)
	int fd = openat(step->directory, step->name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ELOOP))
		return add_missed(pack, step->path, "it was removed while the archive was made");
	if (fd < 0 || fstat(fd, &pack->before) < 0)
		return read_failed(pack, step->path);
	if (!S_ISREG(pack->before.st_mode))
		return add_missed(pack, step->path, "it was replaced while the archive was made");
	pack->entry = (struct manifest_entry){ .path = text_copy(step->path),
					       .kind = MANIFEST_FILE,
					       .mode = pack->before.st_mode & 0777,
					       .modified = modified_of(&pack->before),
					       .size = (uint64_t)pack->before.st_size };
	pack->left = pack->entry.size;
	pack->short_of = false;
	pack->fd = fd;
	fd = -1;
	digest_begin(pack->digest);
	return write_header(pack, &pack->entry, &pack->before);
}

/* What was read may be neither the old nor the new: then it is said. */
static bool
has_changed(const struct pack *pack)
{
	const struct stat *before = &pack->before;
	struct stat after;

	return pack->short_of || fstat(pack->fd, &after) < 0 || after.st_size != before->st_size ||
	       after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       after.st_mtim.tv_nsec != before->st_mtim.tv_nsec ||
	       after.st_ctim.tv_sec != before->st_ctim.tv_sec ||
	       after.st_ctim.tv_nsec != before->st_ctim.tv_nsec;
}

static void
file_forget(struct pack *pack)
{
	fd_closep(&pack->fd);
	mem_free(TAKE(pack->entry.path));
}

static int
file_close(struct pack *pack)
{
	int r;

	digest_end(pack->digest, pack->entry.sha256);
	pack->entry.changed = has_changed(pack);
	r = add_entry(pack, &pack->entry);
	if (r == 0 && archive_write_finish_entry(pack->writer) != ARCHIVE_OK)
		r = writer_failed(pack, pack->entry.path);
	file_forget(pack);
	atomic_fetch_add(&pack->files, 1);
	return r;
}

/* A chunk of the file, or zeros where it has become shorter. */
static int
file_step(struct pack *pack)
{
	size_t wish = pack->left < CHUNK ? (size_t)pack->left : CHUNK;
	ssize_t got;

	if (pack->left == 0)
		return file_close(pack);
	got = pack->short_of ? 0 : read(pack->fd, pack->chunk, wish);
	if (got < 0 && errno == EINTR)
		return 0;
	if (got < 0)
		return read_failed(pack, pack->entry.path);
	if (got == 0) {
		pack->short_of = true;
		memset(pack->chunk, 0, wish);
		got = (ssize_t)wish;
	}
	digest_add(pack->digest, pack->chunk, (size_t)got);
	pack->left -= (uint64_t)got;
	atomic_fetch_add(&pack->bytes, (uint64_t)got);
	if (archive_write_data(pack->writer, pack->chunk, (size_t)got) != got)
		return writer_failed(pack, pack->entry.path);
	return 0;
}

/* ---- pulled ---- */

static int
take_step(struct pack *pack, const struct walk_step *step)
{
	if (!step->is_there && S_ISLNK(step->is.st_mode))
		return declared_elsewhere(pack, step->path);
	if (!step->is_there)
		return add_missed(pack, step->path, "it is not there");
	if (S_ISREG(step->is.st_mode))
		return file_open(pack, step);
	if (S_ISDIR(step->is.st_mode))
		return add_directory(pack, step);
	if (S_ISLNK(step->is.st_mode))
		return add_link(pack, step);
	return add_missed(pack, step->path,
			  S_ISSOCK(step->is.st_mode)   ? "a socket; there is nothing in it"
			  : S_ISFIFO(step->is.st_mode) ? "a pipe; there is nothing in it"
						       : "a device; it is not a file");
}

static int
finish(struct pack *pack)
{
	pack->ended = true;
	return archive_write_close(pack->writer) == ARCHIVE_OK ? 0 : writer_failed(pack, "the end");
}

static int
advance(struct pack *pack)
{
	struct walk_step step;
	int r;

	if (pack->fd >= 0)
		return file_step(pack);
	r = walk_next(pack->walk, &step, pack->making.why);
	if (r < 0)
		return r;
	return r > 0 ? take_step(pack, &step) : finish(pack);
}

static ptrdiff_t
making_read(struct object_source *source, void *bytes, size_t size)
{
	struct pack *pack = CONTAINER_OF(source, struct pack, making);
	size_t left;
	int r;

	if (pack->out_at == pack->out.length) {
		buf_clear(&pack->out);
		pack->out_at = 0;
	}
	while (pack->out.length == 0 && !pack->ended) {
		r = advance(pack);
		if (r < 0)
			return r;
	}
	left = pack->out.length - pack->out_at;
	if (left > size)
		left = size;
	if (left > 0)
		memcpy(bytes, pack->out.data + pack->out_at, left);
	pack->out_at += left;
	return (ptrdiff_t)left;
}

static ptrdiff_t
pack_read(struct object_source *source, void *bytes, size_t size)
{
	struct pack *pack = CONTAINER_OF(source, struct pack, source);
	struct object_source *from = ahead_source(pack->ahead);
	ptrdiff_t got = from->read(from, bytes, size);

	if (got > 0) {
		digest_add(pack->whole, bytes, (size_t)got);
		pack->whole_size += (uint64_t)got;
		return got;
	}
	ahead_end(pack->ahead);
	if (got < 0) {
		(void)text_put(source->why, sizeof source->why, from->why);
		return got;
	}
	digest_end(pack->whole, pack->manifest->archive_sha256);
	pack->manifest->archive_size = pack->whole_size;
	return 0;
}

static void
pack_end(struct object_source *source)
{
	ahead_end(CONTAINER_OF(source, struct pack, source)->ahead);
}

/* ---- from outside ---- */

struct pack *
pack_new(const struct pack_options *options, char ret_why[static REASON_LIMIT + 1])
{
	struct walk *walk = walk_new(options->root, options->paths, options->path_count, ret_why);
	struct pack *pack;

	if (walk == NULL)
		return NULL;
	pack = mem_new(sizeof *pack);
	pack->source.read = pack_read;
	pack->source.end = pack_end;
	pack->making.read = making_read;
	pack->ahead = ahead_new(&pack->making);
	pack->walk = walk;
	pack->root = text_copy(options->root);
	pack->fd = -1;
	pack->manifest = manifest_new();
	pack->manifest->made = options->made;
	(void)text_put(pack->manifest->by, sizeof pack->manifest->by, options->by);
	(void)text_put(pack->manifest->server, sizeof pack->manifest->server, options->server);
	(void)text_put(pack->manifest->game, sizeof pack->manifest->game, options->game);
	pack->digest = digest_new();
	pack->whole = digest_new();
	pack->header = archive_entry_new();
	ASSERT(pack->header != NULL);
	pack->writer = writer_new(pack, options->level);
	return pack;
}

void
pack_free(struct pack *pack)
{
	if (pack == NULL)
		return;
	ahead_free(pack->ahead);
	/* Freeing writes the end, which nobody is to have. archive_write_fail would keep it from
	 * being made at all, but then libarchive 3.6 does not free its block buffer. */
	pack->given_up = !pack->ended;
	(void)archive_write_free(pack->writer);
	archive_entry_free(pack->header);
	file_forget(pack);
	digest_free(pack->digest);
	digest_free(pack->whole);
	walk_free(pack->walk);
	manifest_free(pack->manifest);
	buf_deinit(&pack->out);
	mem_free(pack->root);
	mem_free(pack);
}

struct object_source *
pack_source(struct pack *pack)
{
	return &pack->source;
}

struct manifest *
pack_take_manifest(struct pack *pack)
{
	ASSERT(pack->ended && pack->out_at == pack->out.length && pack->manifest != NULL);
	return TAKE(pack->manifest);
}

struct pack_progress
pack_progress(const struct pack *pack)
{
	return (struct pack_progress){ .files = atomic_load(&pack->files),
				       .bytes = atomic_load(&pack->bytes) };
}
