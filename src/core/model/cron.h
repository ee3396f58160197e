/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CRON_H
#define ROOST_CRON_H

/*
 * Cron expressions, as crontab(5) of Vixie cron has them:
 *
 *	minute 0-59 · hour 0-23 · day of month 1-31 · month 1-12 or jan-dec ·
 *	day of week 0-7 or sun-sat (0 and 7 are Sunday)
 *
 * A field is `*`, a value, a range `a-b`, or a list of these with commas; behind `*` or a range
 * `/n` takes every n-th. With six fields the first is the second. In place of fields: @hourly,
 * @daily or @midnight, @weekly, @monthly, @yearly or @annually.
 *
 * The rule of Vixie cron about days: when both day fields say something (neither begins with
 * `*`), either is enough; otherwise both must agree.
 *
 * An expression is about what a wall clock shows; at which instants that is, in which zone,
 * is service/schedule_time.h.
 */

#include "base/base.h"

#define CRON_TEXT_LIMIT 200	/* bytes of an expression */
#define CRON_WHY_SIZE	160

struct cron {
	uint64_t seconds, minutes;	/* bit n: at n */
	uint32_t hours, days, months, weekdays;
	bool either_day;		/* one of the day fields is enough */
	bool every_hour;		/* the hour's field is `*`: it goes by the minutes only */
};

/* False with what is wrong with it; also for what never comes (30 February). */
bool cron_parse(const char *text, struct cron *ret_cron, char ret_why[static CRON_WHY_SIZE])
	must_check;

/*
 * The first matching time of the wall clock in [from, before), in seconds since its
 * 1970-01-01 00:00:00 (base/civil.h). False: there is none.
 */
bool cron_first(const struct cron *cron, int64_t from, int64_t before, int64_t *ret_time)
	must_check;

#endif
