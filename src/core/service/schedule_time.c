/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cron in a zone: spans of one offset are walked, and in each the wall clock's seconds are
 * instants moved by it. What the clock has shown before a span began is behind us (it was put
 * back), and what it has not when the span begins was leapt over (it was put forward).
 */

#include "service/schedule_time.h"

#include "base/civil.h"

#define LOOK_AHEAD \
	(INT64_C(60) * 366 * DAY_SECONDS)    /* 29 February on one weekday: up to 40 years */
#define LOOK_BACK (INT64_C(2) * DAY_SECONDS) /* offsets differ by less */

/* The first time of the wall clock that it had not shown when the span began. */
static int64_t
first_unseen(const struct zone *zone, const struct zone_span *span)
{
	struct zone_span before = *span;
	int64_t unseen = INT64_MIN;

	while (before.from != INT64_MIN && before.from > span->from - LOOK_BACK) {
		int64_t end = before.from;

		zone_span_at(zone, end - 1, &before);
		if (end + before.offset > unseen)
			unseen = end + before.offset;
	}
	return unseen;
}

struct instant
cron_next(const struct cron *cron, const struct zone *zone, struct instant after)
{
	int64_t at = after.ms / 1000 - (after.ms % 1000 < 0) + 1, limit = at + LOOK_AHEAD, shown;

	for (struct zone_span span; at < limit; at = span.until) {
		int64_t unseen, end, from;

		zone_span_at(zone, at, &span);
		unseen = cron->every_hour ? INT64_MIN : first_unseen(zone, &span);
		end = (span.until < limit ? span.until : limit) + span.offset;
		from = at + span.offset;
		if (at == span.from && unseen != INT64_MIN &&
		    cron_first(cron, unseen, span.from + span.offset, &shown))
			return (struct instant){ at * 1000 };
		if (cron_first(cron, from > unseen ? from : unseen, end, &shown))
			return (struct instant){ (shown - span.offset) * 1000 };
	}
	return NEVER;
}
