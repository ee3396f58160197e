/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ARCHIVE_TREE_H
#define ROOST_ARCHIVE_TREE_H

/*
 * Directories of ours beside, or in, those that a game writes to. Paths are opened part by
 * part and never through a link (what openat2 calls RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS,
 * on every kernel), so whatever somebody puts in the way, nothing is made or removed elsewhere.
 *
 * What we make has a file named TREE_MARK in it, and only what has one is ever removed. That
 * name is left out of archives, at their root.
 */

#include "base/base.h"
#include "base/limits.h"

#define TREE_MARK ".roost"

/*
 * The directory that a directory of ours is in, and its name there. It is absolute: what is above its part TREE_MARK is the
 * operator's word and may have links in it; from there on none is followed, and what is
 * missing is made (0700) when `make`; so is the directory that it is in, but none above that:
 * a disk that is not mounted must not be filled in its place. Without such a part all but the
 * last one is followed.
 */
int tree_open_above(const char *directory, bool make, const char **ret_name) must_check;

/* An empty directory of ours, 0700, opened; its name is on the disk. -EEXIST when there is something. */
int tree_make(const char *directory, int *ret_fd) must_check;

/* Mark an open directory as ours. */
int tree_mark(int directory) must_check;

/*
 * Remove a directory of ours with all that is in it; none there is fine. Cut off, it is still
 * known as ours. -errno, and one sentence.
 */
int tree_remove(const char *directory, char ret_why[static REASON_LIMIT + 1]) must_check;

#endif
