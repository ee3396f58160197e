/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WIRE_MANIFEST_H
#define ROOST_WIRE_MANIFEST_H

/*
 * What is in an archive: every file with its size and digest, in the archive's own order,
 * and the digest of the archive itself. It is written after the archive and is what makes
 * it one: without its manifest an archive is a leftover.
 *
 * On the wire: JSON, one object a line. The first is the head, the last the end, an entry
 * each between; so it is read in little memory and a cut one is known by its missing end.
 *
 *   {"roost_archive":1,"made":"2026-11-20T21:16:00.123Z","by":"roost/0.1.0","server":"survival","game":"minecraft-java"}
 *   {"path":"world","kind":"directory","mode":"0755","mtime":1763670000123}
 *   {"path":"world/level.dat","kind":"file","mode":"0644","mtime":1763670000123,"size":2931,"sha256":"9f86…"}
 *   {"path":"world/latest","kind":"link","mode":"0777","mtime":1763670000123,"target":"level.dat"}
 *   {"path":"world/pipe","kind":"missed","why":"a pipe; its content is nowhere"}
 *   {"entries":4,"bytes":2931,"archive":{"size":3120,"sha256":"2c26…"}}
 *
 * A file that changed while it was read has "changed":true. Times are milliseconds since
 * 1970. A name that is not UTF-8 is written as "path_base64" ("target_base64").
 */

#include "base/buf.h"
#include "base/instant.h"
#include "base/limits.h"

#define MANIFEST_TIME_BOUND 253402300799000LL /* ms: the year 9999, and as far before 1970 */

enum manifest_kind {
	MANIFEST_FILE,
	MANIFEST_DIRECTORY,
	MANIFEST_LINK,		/* symbolic; its target stays inside */
	MANIFEST_MISSED,	/* is not in the archive; `why` says why */
	MANIFEST_KIND_MAX
};

struct manifest_entry {
	char *path;			/* see manifest_path_is_valid() */
	enum manifest_kind kind;
	unsigned mode;			/* permission bits, 0777 at most */
	struct instant modified;	/* may be before 1970 */
	uint64_t size;			/* files */
	char sha256[DIGEST_TEXT_SIZE];	/* files */
	bool changed;			/* files: while they were read */
	char *text;			/* links: the target; missed: why, one sentence; else NULL */
};

struct manifest {
	struct instant made;
	char by[64];			/* "roost/0.1.0" */
	char server[SERVER_NAME_LIMIT + 1], game[40];
	struct manifest_entry *entries;
	size_t count, room;
	size_t changed_count, missed_count;
	uint64_t bytes;			/* of all files */
	uint64_t archive_size;
	char archive_sha256[DIGEST_TEXT_SIZE];
};

struct manifest *manifest_new(void) must_check;
void manifest_free(struct manifest *manifest);
void manifest_freep(struct manifest **manifest);	/* for CLEANUP */

/*
 * Take an entry; what it points to is copied. False when there are ARCHIVE_ENTRIES_LIMIT.
 * Its path must be valid, and a link's target stay inside.
 */
bool manifest_add(struct manifest *manifest, const struct manifest_entry *entry) must_check;

/*
 * A relative path of at most ARCHIVE_PATH_LIMIT bytes, in which no part is empty, "." or
 * "..". Any other byte may be in it, as in a file system.
 */
bool manifest_path_is_valid(const char *path) must_check;

/*
 * Does a link at `path` lead to a place inside, whatever other links that stay inside are
 * on its way? Relative; ".." only at its beginning and not above the root: behind a name,
 * which may be a link, ".." could lead anywhere.
 */
bool manifest_link_stays_inside(const char *path, const char *target) must_check;

/* 64 lower-case hexadecimal digits. */
bool manifest_digest_is_valid(const char *text) must_check;

void manifest_print(const struct manifest *manifest, struct buf *to);

/*
 * The whole of it, or NULL with what is wrong, and in which line. At most MANIFEST_LIMIT bytes.
 */
struct manifest *manifest_parse(const void *bytes, size_t length,
				char ret_why[static REASON_LIMIT + 1]) must_check;

#endif
