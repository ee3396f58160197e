/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_DATA_LOCK_H
#define ROOST_DATA_LOCK_H

/*
 * One roost for one data directory: an exclusive advisory lock (flock(2)) on
 * DIRECTORY/roost.lock, which holds the owner's process id as text. The kernel
 * lets go of it when the process ends, however it ends; a child keeps it only
 * if it does not exec (the descriptor is close-on-exec).
 */

#include "base/base.h"

/*
 * Take the lock. Returns its descriptor (close it to let go), or -1 and
 * *ret_problem, a text for people: another roost (which), no such directory,
 * not writable.
 */
int data_lock_take(const char *directory, char **ret_problem) must_check;

#endif
