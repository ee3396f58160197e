/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ARCHIVE_SWAP_H
#define ROOST_ARCHIVE_SWAP_H

/*
 * One world in the place of another, by renames only. Which paths change is written to
 * `aside` before the first one does; so, cut off anywhere, the same order finishes it, and
 * after it was finished does nothing. A path is gone for the moment between two renames:
 * whoever starts a game waits for the end of it. Nothing is copied: all three directories are
 * on one file system. TREE_MARK stays where it is in each of them.
 */

#include "port/archive.h"

/*
 * 0, or -errno and one sentence. `ret_begun`, of a failure: some of it is exchanged, or may be,
 * so it is to be finished; false: `root` is as it was.
 */
int swap_run(const struct archive_swap *swap, bool *ret_begun,
	     char ret_why[static REASON_LIMIT + 1]) must_check;

#endif
