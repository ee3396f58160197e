/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SCHEDULE_TIME_H
#define ROOST_SCHEDULE_TIME_H

/*
 * When a cron expression comes next, in a time zone.
 *
 * A time of the wall clock is at the first instant at which the zone's clock shows it or a later
 * one. So where clocks are put forward, what they leap over comes at the instant of the leap
 * (all of it at once: one firing); where they are put back, what they show twice comes the first
 * time only. An expression whose hour is `*` goes by the minutes: it comes whenever the clock
 * shows it, in the repeated hour again, and is not caught up with after a leap.
 */

#include "base/instant.h"
#include "model/cron.h"
#include "wire/zone/zone.h"

/* The first instant after `after`, in whole seconds; NEVER: not within the next 60 years. */
struct instant cron_next(const struct cron *cron, const struct zone *zone, struct instant after)
	must_check;

#endif
