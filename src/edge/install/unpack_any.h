/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_INSTALL_UNPACK_ANY_H
#define ROOST_INSTALL_UNPACK_ANY_H

/*
 * Other people's archives: zip, and tar with or without gzip, bzip2, xz, zstd. Hostile: each
 * entry's path is checked and made below the directory (sys/inside.h), links stay inside
 * it and are made last, sizes and numbers are bounded, and owners and special bits are left
 * out. (What roost packs itself is edge/archive's.)
 */

#include <stdatomic.h>
#include <stdint.h>

#include "base/base.h"
#include "base/limits.h"

struct unpack_any {
	int root;			/* the server's directory */
	int archive;			/* open, for reading */
	const char *to;			/* below the root; "." = the root itself */
	unsigned strip;			/* parts left out of the front of each path */
	char *const *keep;		/* paths below `to` that stay as they are when they are there; or NULL */
	const atomic_bool *cancelled;
	_Atomic uint64_t *bytes;	/* of the archive read so far */
	uint64_t files;			/* made; the callee's */
};

/* 0, or negative with one sentence. What was made before a failure stays. */
int unpack_any(struct unpack_any *unpack, char ret_why[static REASON_LIMIT + 1]) must_check;

#endif
