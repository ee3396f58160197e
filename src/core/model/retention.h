/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MODEL_RETENTION_H
#define ROOST_MODEL_RETENTION_H

/*
 * Which backups of a server stay, as a pure function of when the good ones were made. Kept
 * are the newest `last`, and the newest of each of the last `daily` days and `weekly` weeks
 * (ISO 8601: from Monday) on which there is one; days are UTC's. Days without a backup do not count, so that
 * what a server left behind that nobody plays any more does not go with time alone.
 *
 * A locked one stays, and the newest always does.
 */

#include "base/instant.h"

struct retention_keep {
	unsigned last, daily, weekly;
};

struct retention_item {
	struct instant made;
	bool locked;
	bool goes;	/* the answer */
};

/* `items` are in the order in which they were made, the oldest first. */
void retention_judge(const struct retention_keep *keep, struct retention_item *items, size_t count);

#endif
