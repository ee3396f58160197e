/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SYS_RUN_MARK_H
#define ROOST_SYS_RUN_MARK_H

/*
 * Every process of a run has the mark ROOST_RUN=TOKEN in its environment, which its children
 * have from it: so they are known whoever their parent is by now.
 */

#include "base/base.h"

#define RUN_MARK "ROOST_RUN"

/* Has it this run's? No, when it has ended, or is another user's. */
bool run_mark_is_on(int64_t pid, const char *token) must_check;

#endif
