/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a TZif file, a rule, and a cron expression: what is accepted has spans that join,
 * with offsets that a clock can have, and due times that come later and later.
 */

#include <string.h>

#include "base/civil.h"
#include "fuzz.h"
#include "service/schedule_time.h"

static void
check_zone(const struct zone *zone)
{
	static const int64_t starts[] = { INT64_MIN, -(INT64_C(1) << 40), 0, INT64_C(1700000000),
					  INT64_C(1) << 40 };
	struct zone_span span, next;

	for (size_t i = 0; i < ELEMENTS(starts); i++) {
		zone_span_at(zone, starts[i], &span);
		for (int steps = 0; steps < 20 && span.until < INT64_MAX; steps++, span = next) {
			ASSERT(span.offset > -100000 && span.offset < 100000);
			zone_span_at(zone, span.until, &next);
			ASSERT(next.until > span.until);
		}
	}
}

static void
check_cron(const struct cron *cron, const struct zone *zone)
{
	struct instant at = { INT64_C(1700000000000) }, next;

	for (int i = 0; i < 5; i++, at = next) {
		next = cron_next(cron, zone, at);
		if (!instant_is_set(next))
			return;
		ASSERT(next.ms > at.ms && next.ms % 1000 == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *text = text_copy_n((const char *)data, size);
	CLEANUP(zone_freep) struct zone *zone = NULL;
	char *second = strchr(text, '\n');
	char why[CRON_WHY_SIZE];
	struct cron cron;

	if (second != NULL)
		*second++ = '\0';
	if (zone_parse(data, size, &zone) || zone_from_rule(text, &zone))
		check_zone(zone);
	if (zone == NULL)
		ASSERT(zone_from_rule("CET-1CEST,M3.5.0,M10.5.0/3", &zone));
	if (cron_parse(second != NULL ? second : text, &cron, why))
		check_cron(&cron, zone);
	return 0;
}
