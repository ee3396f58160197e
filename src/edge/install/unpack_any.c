/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libarchive reads, inside.c makes. Links wait until the end: so no entry can be written
 * through one of the same archive, and one of an archive before is not followed either.
 */

#include "install/unpack_any.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/buf.h"
#include "sys/files.h"
#include "sys/inside.h"
#include "wire/manifest.h"

#define CHUNK	   131072
#define BYTES_MOST ((uint64_t)128 << 30) /* unpacked; the largest games are half of that */
#define FILES_MOST 300000
#define LINKS_MOST 10000 /* they wait in memory, 2 KiB each at most */

struct link {
	char *path, *text;
};

struct unpacking {
	struct unpack_any *unpack;
	char *why;
	struct archive *reader;
	uint64_t bytes, entries;
	struct link *links;
	size_t link_count;
	unsigned char chunk[CHUNK];
};

static int wrong(struct unpacking *u, const char *format, ...) printf_like(2, 3);

static int
wrong(struct unpacking *u, const char *format, ...)
{
	va_list args;

	if (atomic_load(u->unpack->cancelled)) {
		(void)text_put(u->why, REASON_LIMIT + 1, "it was given up");
		return -ECANCELED;
	}
	va_start(args, format);
	(void)vsnprintf(u->why, REASON_LIMIT + 1, format, args);
	va_end(args);
	return -EBADMSG;
}

static int
cannot_make(struct unpacking *u, int error, const char *path)
{
	if (error == -ELOOP || error == -ENOTDIR)
		(void)snprintf(u->why, REASON_LIMIT + 1,
			       "cannot make '%.120s': a link or a file stands on the way to it",
			       path);
	else
		file_explain(error, "make", path, u->why, REASON_LIMIT + 1);
	return error;
}

static la_ssize_t
on_read(struct archive *reader, void *argument, const void **ret_bytes)
{
	struct unpacking *u = argument;
	ssize_t got;

	if (atomic_load(u->unpack->cancelled)) {
		archive_set_error(reader, ECANCELED, "given up");
		return -1;
	}
	got = read(u->unpack->archive, u->chunk, sizeof u->chunk);
	if (got < 0) {
		archive_set_error(reader, errno, "cannot be read");
		return -1;
	}
	atomic_fetch_add(u->unpack->bytes, (uint64_t)got);
	*ret_bytes = u->chunk;
	return (la_ssize_t)got;
}

/* zip's directory of what is in it stands at the end. */
static la_int64_t
on_seek(struct archive *reader, void *argument, la_int64_t offset, int whence)
{
	struct unpacking *u = argument;
	off_t at = lseek(u->unpack->archive, (off_t)offset, whence);

	(void)reader;
	return at < 0 ? ARCHIVE_FATAL : (la_int64_t)at;
}

static la_int64_t
on_skip(struct archive *reader, void *argument, la_int64_t amount)
{
	struct unpacking *u = argument;
	off_t before = lseek(u->unpack->archive, 0, SEEK_CUR);
	off_t after = lseek(u->unpack->archive, (off_t)amount, SEEK_CUR);

	(void)reader;
	return before < 0 || after < 0 ? 0 : (la_int64_t)(after - before);
}

/* ---- paths ---- */

/* What is left of a path, the caller's; NULL: nothing, or it leads elsewhere (then *ret_bad). */
static char *
path_inside(const struct unpacking *u, const char *path, bool *ret_bad)
{
	unsigned strip = u->unpack->strip;
	CLEANUP(text_freep) char *copy = NULL;
	size_t length;

	while (path[0] == '.' && path[1] == '/')
		path += 2;
	*ret_bad = path[0] == '/';
	for (; strip > 0; strip--) {
		path = strchr(path, '/');
		if (path == NULL)
			return NULL;
		path++;
	}
	copy = text_copy(path);
	length = strlen(copy);
	if (length > 0 && copy[length - 1] == '/')
		copy[length - 1] = '\0';
	if (copy[0] == '\0' || strcmp(copy, ".") == 0)
		return NULL;
	*ret_bad = *ret_bad || !inside_path_is_valid(copy);
	if (*ret_bad)
		return NULL;
	return TAKE(copy);
}

static bool
is_at_or_below(const char *path, const char *above)
{
	size_t length = strlen(above);

	return strncmp(path, above, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* Is it, or what it is in, to stay as it is, and there? */
static bool
is_kept(const struct unpacking *u, const char *path)
{
	char *const *keep = u->unpack->keep;

	for (size_t i = 0; keep != NULL && keep[i] != NULL; i++) {
		CLEANUP(text_freep) char *whole = NULL;
		CLEANUP(fd_closep) int parent = -1;
		const char *name;

		if (!is_at_or_below(path, keep[i]))
			continue;
		whole = strcmp(u->unpack->to, ".") == 0 ? text_copy(path)
							: text_format("%s/%s", u->unpack->to, path);
		parent = inside_open_parent(u->unpack->root, whole, INSIDE_FIND, &name);
		if (parent >= 0 && faccessat(parent, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	}
	return false;
}

static char *
path_below(const struct unpacking *u, const char *path)
{
	return strcmp(u->unpack->to, ".") == 0 ? text_copy(path)
					       : text_format("%s/%s", u->unpack->to, path);
}

/* ---- one entry ---- */

static int
write_all(int fd, const unsigned char *bytes, size_t length, la_int64_t offset)
{
	while (length > 0) {
		ssize_t wrote = pwrite(fd, bytes, length, (off_t)offset);

		if (wrote < 0 && errno != EINTR)
			return -errno;
		if (wrote > 0) {
			bytes += wrote;
			length -= (size_t)wrote;
			offset += wrote;
		}
	}
	return 0;
}

static int
take_bytes(struct unpacking *u, int fd, const char *path)
{
	const void *bytes;
	la_int64_t offset;
	size_t length;
	int r;

	while ((r = archive_read_data_block(u->reader, &bytes, &length, &offset)) == ARCHIVE_OK) {
		u->bytes += length;
		if (atomic_load(u->unpack->cancelled))
			return wrong(u, "it was given up");
		if (u->bytes > BYTES_MOST || offset < 0 || (uint64_t)offset > BYTES_MOST)
			return wrong(u, "the archive holds more than 128 GiB");
		r = write_all(fd, bytes, length, offset);
		if (r < 0)
			return cannot_make(u, r, path);
	}
	if (r != ARCHIVE_EOF)
		return wrong(u, "the archive is damaged at '%.120s'", path);
	return 0;
}

static int
take_file(struct unpacking *u, struct archive_entry *entry, const char *path)
{
	bool executable = (archive_entry_perm(entry) & 0111) != 0;
	CLEANUP(inside_drop) struct inside_file file = INSIDE_FILE_NULL;
	int r = inside_new(u->unpack->root, path, executable, &file);

	if (r < 0)
		return cannot_make(u, r, path);
	r = take_bytes(u, file.fd, path);
	if (r < 0)
		return r;
	r = inside_keep_unsynced(&file);
	u->unpack->files++;
	return r < 0 ? cannot_make(u, r, path) : 0;
}

static int
take_directory(struct unpacking *u, const char *path)
{
	CLEANUP(fd_closep)
	int fd = inside_open_directory(u->unpack->root, path, INSIDE_MAKE);

	return fd < 0 ? cannot_make(u, fd, path) : 0;
}

static int
take_link(struct unpacking *u, struct archive_entry *entry, const char *path)
{
	const char *text = archive_entry_symlink(entry);

	if (text == NULL || !text_is_printable(text, strlen(text)) ||
	    !manifest_link_stays_inside(path, text))
		return wrong(u, "'%.120s' in the archive is a link that leads out of it", path);
	if (u->link_count == LINKS_MOST)
		return wrong(u, "the archive has more than %d links", LINKS_MOST);
	u->links = mem_resize(u->links, (u->link_count + 1) * sizeof *u->links);
	u->links[u->link_count++] = (struct link){ text_copy(path), text_copy(text) };
	return 0;
}

static int
take_entry(struct unpacking *u, struct archive_entry *entry)
{
	const char *told = archive_entry_pathname(entry);
	CLEANUP(text_freep) char *path = NULL, *whole = NULL;
	bool bad = true;

	if (u->entries++ >= FILES_MOST)
		return wrong(u, "the archive has more than %d entries", FILES_MOST);
	if (told != NULL)
		path = path_inside(u, told, &bad);
	if (bad)
		return wrong(u, "the archive has an entry that leads out of its directory");
	if (path == NULL || is_kept(u, path))
		return 0;
	whole = path_below(u, path);
	if (archive_entry_hardlink(entry) != NULL)
		return wrong(u, "'%.120s' in the archive is a hard link, which is not taken", path);
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return take_file(u, entry, whole);
	case AE_IFDIR:
		return take_directory(u, whole);
	case AE_IFLNK:
		return take_link(u, entry, path);
	default:
		return wrong(u, "'%.120s' in the archive is neither file, directory nor link",
			     path);
	}
}

/* ---- all of it ---- */

static int
make_links(struct unpacking *u)
{
	for (size_t i = 0; i < u->link_count; i++) {
		CLEANUP(text_freep) char *whole = path_below(u, u->links[i].path);
		int r = inside_link(u->unpack->root, whole, u->links[i].text);

		if (r < 0)
			return cannot_make(u, r, whole);
	}
	return syncfs(u->unpack->root) < 0 ? cannot_make(u, -errno, u->unpack->to) : 0;
}

static int
take_all(struct unpacking *u)
{
	struct archive_entry *entry;
	int r, taken;

	while ((r = archive_read_next_header(u->reader, &entry)) == ARCHIVE_OK ||
	       r == ARCHIVE_WARN) {
		taken = take_entry(u, entry);
		if (taken < 0)
			return taken;
	}
	if (r != ARCHIVE_EOF || u->entries == 0)
		return wrong(u, "the archive is damaged, or is neither zip nor tar");
	return make_links(u);
}

int
unpack_any(struct unpack_any *unpack, char ret_why[static REASON_LIMIT + 1])
{
	struct unpacking *u = mem_new(sizeof *u);
	int r;

	u->unpack = unpack;
	u->why = ret_why;
	u->reader = archive_read_new();
	ASSERT(u->reader != NULL);
	(void)archive_read_support_format_tar(u->reader);
	(void)archive_read_support_format_zip(u->reader);
	(void)archive_read_support_filter_gzip(u->reader);
	(void)archive_read_support_filter_bzip2(u->reader);
	(void)archive_read_support_filter_xz(u->reader);
	(void)archive_read_support_filter_zstd(u->reader);
	(void)archive_read_set_callback_data(u->reader, u);
	(void)archive_read_set_read_callback(u->reader, on_read);
	(void)archive_read_set_seek_callback(u->reader, on_seek);
	(void)archive_read_set_skip_callback(u->reader, on_skip);
	r = archive_read_open1(u->reader) == ARCHIVE_OK
		    ? take_all(u)
		    : wrong(u, "this is neither a zip nor a tar archive, or it is damaged");
	(void)archive_read_free(u->reader);
	for (size_t i = 0; i < u->link_count; i++) {
		mem_free(u->links[i].path);
		mem_free(u->links[i].text);
	}
	mem_free(u->links);
	mem_free(u);
	return r;
}
