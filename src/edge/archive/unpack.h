/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ARCHIVE_UNPACK_H
#define ROOST_ARCHIVE_UNPACK_H

/*
 * An archive read back against its manifest: each entry in its place, with its size and its
 * digest, and the digest of the whole. Into a new directory, or into nothing (verifying
 * costs no disk). What the archive says and its manifest does not is an error, so an archive
 * can make nothing but what the manifest lists, and that stays inside the directory.
 *
 * Owners and special bits are not kept: files belong to whoever runs roost.
 */

#include <stdatomic.h>

#include "port/objects.h"
#include "wire/manifest.h"

/* Embedded; everything in it is lent until it is done. */
struct unpack {
	struct object_reader reader;		/* for object_get; or unpack_from() */
	const struct manifest *manifest;
	const char *directory;			/* absolute; made here, 0700 until the end; NULL: only verify */
	bool is_marked;				/* set it: the directory gets its TREE_MARK (tree.h) */
	_Atomic uint64_t bytes;			/* of files, so far; from any thread */
};

void unpack_init(struct unpack *unpack, const struct manifest *manifest, const char *directory);

/*
 * 0: all of it is right, and with a directory it is there and synced. Negative: one sentence
 * in `unpack->reader.why`, and what was made is gone again. -EEXIST: the directory was there,
 * and was not touched. -EBADMSG: the archive is not what the manifest says.
 */
int unpack_from(struct unpack *unpack, struct object_source *content) must_check;

#endif
