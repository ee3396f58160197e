/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archive and manifest side by side. The archive is hostile: whoever can write into the store
 * can write one. So the manifest (checked when it was parsed) says what is made, and the
 * archive brings nothing but bytes, counted and hashed.
 */

#include "archive/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "archive/digest.h"
#include "archive/place.h"
#include "sys/files.h"

#define CHUNK 131072

struct unpacking {
	struct unpack *unpack;
	struct object_source *content;
	struct archive *reader;
	struct place *place; /* or NULL: verifying */
	struct digest *whole, *digest;
	uint64_t archive_size;
	bool source_failed, source_ended;
	size_t at; /* entry of the manifest */
	unsigned char chunk[CHUNK];
};

static int wrong(struct unpacking *u, const char *format, ...) printf_like(2, 3);

static int
wrong(struct unpacking *u, const char *format, ...)
{
	char *why = u->unpack->reader.why;
	va_list args;

	if (u->source_failed) {
		(void)text_put(why, REASON_LIMIT + 1, u->content->why);
		return -EIO;
	}
	va_start(args, format);
	(void)vsnprintf(why, REASON_LIMIT + 1, format, args);
	va_end(args);
	return -EBADMSG;
}

static int
cannot_make(struct unpacking *u, int error, const char *path)
{
	CLEANUP(text_freep) char *whole = text_format("%s/%s", u->unpack->directory, path);

	file_explain(error, "make", whole, u->unpack->reader.why, REASON_LIMIT + 1);
	return error;
}

static la_ssize_t
on_read(struct archive *reader, void *argument, const void **ret_bytes)
{
	struct unpacking *u = argument;
	ptrdiff_t got = 0;

	if (!u->source_ended)
		got = u->content->read(u->content, u->chunk, sizeof u->chunk);
	u->source_ended = got <= 0;
	if (got < 0) {
		u->source_failed = true;
		archive_set_error(reader, EIO, "the source failed");
		return -1;
	}
	digest_add(u->whole, u->chunk, (size_t)got);
	u->archive_size += (uint64_t)got;
	*ret_bytes = u->chunk;
	return (la_ssize_t)got;
}

/* ---- one entry ---- */

static const struct manifest_entry *
next_listed(struct unpacking *u)
{
	const struct manifest *manifest = u->unpack->manifest;

	while (u->at < manifest->count && manifest->entries[u->at].kind == MANIFEST_MISSED)
		u->at++;
	return u->at < manifest->count ? &manifest->entries[u->at++] : NULL;
}

/* tar marks directories with a slash behind the name. */
static bool
is_same_path(const char *told, const char *listed)
{
	size_t length = strlen(listed);

	return told != NULL && strncmp(told, listed, length) == 0 &&
	       (told[length] == '\0' || (told[length] == '/' && told[length + 1] == '\0'));
}

static bool
is_listed(struct archive_entry *header, const struct manifest_entry *entry)
{
	if (!is_same_path(archive_entry_pathname(header), entry->path) ||
	    archive_entry_hardlink(header) != NULL)
		return false;
	switch (entry->kind) {
	case MANIFEST_FILE:
		return archive_entry_filetype(header) == AE_IFREG &&
		       archive_entry_size(header) == (la_int64_t)entry->size;
	case MANIFEST_DIRECTORY:
		return archive_entry_filetype(header) == AE_IFDIR;
	case MANIFEST_LINK:
		return archive_entry_filetype(header) == AE_IFLNK &&
		       text_equal(archive_entry_symlink(header), entry->text);
	case MANIFEST_MISSED:
	case MANIFEST_KIND_MAX:
		break;
	}
	return false;
}

/* The file's bytes: hashed, and written when there is where to. */
static int
take_bytes(struct unpacking *u, const struct manifest_entry *entry, int fd)
{
	uint64_t left = entry->size;
	char sha256[DIGEST_TEXT_SIZE];
	const void *bytes;
	la_int64_t offset;
	size_t length;
	int r;

	digest_begin(u->digest);
	while ((r = archive_read_data_block(u->reader, &bytes, &length, &offset)) == ARCHIVE_OK) {
		/* A sparse file would leave holes; ours have none. */
		if ((uint64_t)offset != entry->size - left || length > left)
			return wrong(u, "'%.150s' is not laid out as a file of ours", entry->path);
		digest_add(u->digest, bytes, length);
		left -= length;
		atomic_fetch_add(&u->unpack->bytes, length);
		if (fd >= 0) {
			r = fd_write(fd, bytes, length);
			if (r < 0)
				return cannot_make(u, r, entry->path);
		}
	}
	if (r != ARCHIVE_EOF || left > 0)
		return wrong(u, "the archive ends or is damaged inside '%.150s'", entry->path);
	digest_end(u->digest, sha256);
	if (strcmp(sha256, entry->sha256) != 0)
		return wrong(
			u,
			"'%.120s' in the archive is not what the manifest says (SHA-256 differs)",
			entry->path);
	return 0;
}

static int
take_file(struct unpacking *u, const struct manifest_entry *entry)
{
	CLEANUP(fd_closep) int fd = -1;
	int r;

	if (u->place == NULL)
		return take_bytes(u, entry, -1);
	r = place_file(u->place, entry->path, &fd);
	if (r < 0)
		return cannot_make(u, r, entry->path);
	r = take_bytes(u, entry, fd);
	if (r < 0)
		return r;
	r = place_file_done(fd, entry);
	return r < 0 ? cannot_make(u, r, entry->path) : 0;
}

static int
take_entry(struct unpacking *u, struct archive_entry *header)
{
	const struct manifest_entry *entry = next_listed(u);
	int r = 0;

	if (entry == NULL)
		return wrong(u, "the archive has more in it than the manifest lists");
	if (!is_listed(header, entry))
		return wrong(u, "where the manifest lists '%.150s' the archive has something else",
			     entry->path);
	if (entry->kind == MANIFEST_FILE)
		return take_file(u, entry);
	if (entry->kind == MANIFEST_DIRECTORY && u->place != NULL)
		r = place_directory(u->place, entry->path);
	return r < 0 ? cannot_make(u, r, entry->path) : 0;
}

/* ---- all of it ---- */

/* What libarchive did not need to see, so that the digest is of everything. */
static int
take_rest(struct unpacking *u)
{
	const struct manifest *manifest = u->unpack->manifest;
	char sha256[DIGEST_TEXT_SIZE];
	const void *bytes;

	if (next_listed(u) != NULL)
		return wrong(u, "the archive ends before '%.150s'",
			     manifest->entries[u->at - 1].path);
	while (!u->source_ended && u->archive_size <= manifest->archive_size)
		(void)on_read(u->reader, u, &bytes);
	digest_end(u->whole, sha256);
	if (u->source_failed || u->archive_size != manifest->archive_size ||
	    strcmp(sha256, manifest->archive_sha256) != 0)
		return wrong(u, "the archive is not the one that the manifest was made of (size or "
				"SHA-256 differs)");
	return 0;
}

/* Links last, so that no path leads through one; then directories, the innermost first. */
static int
complete(struct unpacking *u)
{
	const struct manifest *manifest = u->unpack->manifest;
	int r = 0;

	for (size_t i = 0; i < manifest->count; i++) {
		const struct manifest_entry *entry = &manifest->entries[i];

		if (entry->kind == MANIFEST_LINK)
			r = place_link(u->place, entry);
		if (r < 0)
			return cannot_make(u, r, entry->path);
	}
	for (size_t i = manifest->count; i-- > 0;) {
		const struct manifest_entry *entry = &manifest->entries[i];

		if (entry->kind == MANIFEST_DIRECTORY)
			r = place_directory_done(u->place, entry);
		if (r < 0)
			return cannot_make(u, r, entry->path);
	}
	r = place_sync(u->place);
	return r < 0 ? cannot_make(u, r, "") : 0;
}

static int
take_all(struct unpacking *u)
{
	struct archive_entry *header;
	int r, taken;

	ASSERT(archive_read_support_filter_zstd(u->reader) == ARCHIVE_OK);
	ASSERT(archive_read_support_format_tar(u->reader) == ARCHIVE_OK);
	if (u->unpack->manifest->archive_size == 0 ||
	    archive_read_open(u->reader, u, NULL, on_read, NULL) != ARCHIVE_OK)
		return wrong(u, "this is not an archive of ours");
	while ((r = archive_read_next_header(u->reader, &header)) == ARCHIVE_OK ||
	       r == ARCHIVE_WARN) {
		taken = take_entry(u, header);
		if (taken < 0)
			return taken;
	}
	if (r != ARCHIVE_EOF)
		return wrong(u, "the archive is damaged, or is not one of ours");
	r = take_rest(u);
	return r < 0 || u->place == NULL ? r : complete(u);
}

int
unpack_from(struct unpack *unpack, struct object_source *content)
{
	struct unpacking *u = mem_new(sizeof *u);
	int r = 0;

	u->unpack = unpack;
	u->content = content;
	atomic_store(&unpack->bytes, 0);
	if (unpack->directory != NULL)
		r = place_new(unpack->directory, unpack->is_marked, &u->place);
	if (r < 0) {
		file_explain(r, "make", unpack->directory, unpack->reader.why, REASON_LIMIT + 1);
		mem_free(u);
		return r;
	}
	u->whole = digest_new();
	u->digest = digest_new();
	u->reader = archive_read_new();
	ASSERT(u->reader != NULL);
	r = take_all(u);
	(void)archive_read_free(u->reader);
	if (r < 0 && u->place != NULL)
		place_remove(u->place);
	place_free(u->place);
	digest_free(u->whole);
	digest_free(u->digest);
	mem_free(u);
	return r;
}

static int
on_take(struct object_reader *reader, struct object_source *content)
{
	return unpack_from(CONTAINER_OF(reader, struct unpack, reader), content);
}

void
unpack_init(struct unpack *unpack, const struct manifest *manifest, const char *directory)
{
	*unpack = (struct unpack){ .reader = { .take = on_take },
				   .manifest = manifest,
				   .directory = directory };
}
