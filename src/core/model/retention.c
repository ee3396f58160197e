/* SPDX-License-Identifier: Apache-2.0 */
/* Which backups stay: see the header. Walked from the newest, so that the first seen of a day is its last. */

#include "model/retention.h"

#include "base/civil.h"

#define THURSDAY 4 /* 1970-01-01 was one, so weeks from Monday begin at day -3 */

static int64_t
day_of(struct instant t)
{
	int64_t seconds = t.ms / 1000 - (t.ms % 1000 < 0);

	return civil_day_of(seconds);
}

static int64_t
week_of(struct instant t)
{
	int64_t day = day_of(t) + THURSDAY - 1;

	return day / 7 - (day % 7 < 0);
}

/* The newest of each of the last `most` periods stay. */
static void
keep_of_each(struct retention_item *items, size_t count, unsigned most,
	     int64_t (*period_of)(struct instant t))
{
	int64_t last = 0;
	unsigned periods = 0;

	for (size_t i = count; i-- > 0 && periods < most;) {
		int64_t period = period_of(items[i].made);

		if (periods > 0 && period == last)
			continue;
		last = period;
		periods++;
		items[i].goes = false;
	}
}

void
retention_judge(const struct retention_keep *keep, struct retention_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		items[i].goes = !items[i].locked && i + 1 < count && count - i > keep->last;
	keep_of_each(items, count, keep->daily, day_of);
	keep_of_each(items, count, keep->weekly, week_of);
}
