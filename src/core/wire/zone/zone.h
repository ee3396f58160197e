/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WIRE_ZONE_H
#define ROOST_WIRE_ZONE_H

/*
 * A time zone as a value: how far its clocks are from UTC, at any instant. Read from the
 * bytes of a TZif file (RFC 9636, which replaced 8536; versions 2 and up, as in
 * /usr/share/zoneinfo) or from a rule as the environment variable TZ has it (POSIX.1-2017
 * XBD 8.3, with the hours that version 3 of TZif allows).
 *
 * Instants are seconds since 1970-01-01T00:00:00Z. Pure; never reads a clock or a file.
 */

#include "base/base.h"

#define ZONE_FILE_LIMIT		65536	/* bytes; the largest of tzdata 2024 has 3.9 kB, "fat" ones 6 kB */
#define ZONE_TRANSITIONS_LIMIT	2000	/* zic's own bound (TZ_MAX_TIMES) */
#define ZONE_NAME_LIMIT		64	/* the longest of tzdata has 32 */

struct zone;

/* For how long the same offset holds around an instant. */
struct zone_span {
	int64_t from;		/* INT64_MIN: it was never different before */
	int64_t until;		/* exclusive; INT64_MAX: for ever */
	int32_t offset;		/* seconds; what the clock shows minus UTC */
};

/*
 * False for bytes that are no such file: cut short, with counts or times that cannot be, of
 * version 1 (its 32 bits end in 2038), or counting leap seconds ("right/" zones), with which no
 * system's clock agrees. *ret_zone is the caller's (zone_free).
 */
bool zone_parse(const unsigned char *bytes, size_t length, struct zone **ret_zone) must_check;

/* "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3". When it names summer time it has to say from when to when. */
bool zone_from_rule(const char *rule, struct zone **ret_zone) must_check;

void zone_free(struct zone *zone);
void zone_freep(struct zone **zone);

/* The span that `at` is in. Spans of one zone follow each other without gaps. */
void zone_span_at(const struct zone *zone, int64_t at, struct zone_span *ret_span);

/*
 * May this be a zone's name ("Europe/Paris", "UTC")? Segments of letters, digits, '-', '+' and
 * '_', so that no name leaves the directory where zones are kept.
 */
bool zone_name_is_valid(const char *name);

#endif
