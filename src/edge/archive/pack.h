/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ARCHIVE_PACK_H
#define ROOST_ARCHIVE_PACK_H

/*
 * Files and directories as one stream of tar (GNU), compressed by zstd, and its manifest.
 * The stream is a source: it is made while it is pulled, a little ahead, so that neither the
 * archive nor a large file is ever whole in memory. What it takes: the files' names, the
 * manifest, AHEAD_SIZE, and what zstd holds (about 30 MB). Three threads share the work: one
 * reads and hashes files, zstd's own compresses, and whoever pulls hashes the whole.
 *
 * Links are kept as links, when they stay inside. Sockets, pipes and devices are missed, and
 * a file that goes away meanwhile; the manifest says so. A file that changes while it is read
 * is in it as it was read, and marked. One that cannot be read fails the whole: an archive
 * with silent holes is worse than none.
 */

#include "port/objects.h"
#include "wire/manifest.h"

struct pack_options {
	const char *root;		/* directory that the paths are in */
	const char *const *paths;	/* relative: files or directories with all below ... */
	size_t path_count;		/* ... or 0: all of the root */
	const char *by, *server, *game;	/* for the manifest */
	struct instant made;
	int level;			/* of zstd: 1 to 19; 0 = 3 */
};

struct pack;

/* The options are copied. NULL with one sentence when there cannot be such an archive. */
struct pack *pack_new(const struct pack_options *options,
		      char ret_why[static REASON_LIMIT + 1]) must_check;
void pack_free(struct pack *pack);

struct object_source *pack_source(struct pack *pack);

/* When the source was read to its end: the manifest. Once; the caller frees it. */
struct manifest *pack_take_manifest(struct pack *pack) must_check;

/* From any thread, at any time: what was read of files so far. */
struct pack_progress {
	uint64_t files, bytes;
};
struct pack_progress pack_progress(const struct pack *pack);

#endif
