/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SYS_GUARD_H
#define ROOST_SYS_GUARD_H

/*
 * What is no game's world: roost's own directory, and those of its stores. A backup that
 * holds the backups grows without end, and a restore that exchanges the record, the stores or
 * the socket under roost's feet loses all of them. A world may be inside roost's directory,
 * though not inside a store.
 */

#include "base/base.h"
#include "base/limits.h"

struct guard;

struct guard *guard_new(void) must_check;
void guard_free(struct guard *guard);

/* Both before any order. What is not there yet, or not mounted, is looked for each time anew. */
void guard_add_home(struct guard *guard, const char *directory);
void guard_add_store(struct guard *guard, const char *directory);

/*
 * May these paths of a server's directory (NULL or none: all of it) be packed, or exchanged?
 * Else one sentence. It follows links, and asks the file system: for workers.
 */
bool guard_allows(const struct guard *guard, const char *root, char *const *paths,
		  char ret_why[static REASON_LIMIT + 1]) must_check;

#endif
