/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ARCHIVE_WALK_H
#define ROOST_ARCHIVE_WALK_H

/*
 * Goes through directories, parents first and each directory's names in the order of their
 * bytes, never through a link. A game may be running in there: whatever is moved about
 * meanwhile, the walk stays below its root.
 */

#include <sys/stat.h>

#include "base/base.h"
#include "base/limits.h"

struct walk;

/*
 * `paths` as in struct pack_options; copied. NULL with one sentence. TREE_MARK at the root
 * (tree.h) is not walked, and cannot be declared.
 */
struct walk *walk_new(const char *root, const char *const *paths, size_t count,
		      char ret_why[static REASON_LIMIT + 1]) must_check;
void walk_free(struct walk *walk);

struct walk_step {
	const char *path;	/* from the root; until the next step */
	const char *name;	/* its last part, in `directory` */
	int directory;		/* open until the next step */
	bool is_there;		/* false: a declared path that is not, or it went away */
	struct stat is;		/* lstat, when it is there */
};

/* Is it one of the paths, and not only on the way to one or below one? */
bool walk_is_declared(const struct walk *walk, const char *path) must_check;

/* 1: a step; 0: there is no more; negative: one sentence in `why`. */
int walk_next(struct walk *walk, struct walk_step *ret_step, char ret_why[static REASON_LIMIT + 1])
	must_check;

/*
 * Declared paths, copied: sorted, and without those that another one holds; NULL at the end
 * (texts_free). NULL with one sentence when one of them cannot be declared.
 */
char **walk_paths(const char *const *paths, size_t count, char ret_why[static REASON_LIMIT + 1])
	must_check;

#endif
