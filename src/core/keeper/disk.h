/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_DISK_H
#define ROOST_DISK_H

/*
 * Is the file system that holds the record nearly full? Low is less than a tenth
 * of it or 1 GiB, whichever is less; it has recovered with half as much again, so
 * that a disk at the edge is not told of every minute.
 */

#include "base/base.h"

int64_t disk_low_below(int64_t size_bytes);

/* `was_low` is what was told last; the same now means that there is nothing to tell. */
bool disk_is_low(bool was_low, int64_t free_bytes, int64_t size_bytes) must_check;

#endif
