/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WIRE_ZONE_INNER_H
#define ROOST_WIRE_ZONE_INNER_H

/* What the files of zone/ share: a rule of POSIX's TZ, by itself. */

#include "wire/zone/zone.h"

/* When, in each year, the clocks are changed. */
struct zone_date {
	enum { ZONE_JULIAN, ZONE_DAY, ZONE_MONTH } by; /* Jn (no leap days), n, Mm.w.d */
	int month, week, day;
	int32_t time;		/* seconds after midnight, by the clock as it was; may be negative */
};

struct zone_rule {
	int32_t standard, summer;	/* offsets; the same when there is no summer time */
	bool changes;
	struct zone_date begins, ends;	/* of summer time */
};

bool zone_rule_parse(const char *text, size_t length, struct zone_rule *ret_rule) must_check;
void zone_rule_span(const struct zone_rule *rule, int64_t at, struct zone_span *ret_span);

#define ZONE_OFFSET_MOST 93599	/* RFC 9636 §3.2: -25:59:59 to 25:59:59 are for real */

#endif
