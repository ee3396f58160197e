/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CIVIL_H
#define ROOST_CIVIL_H

/*
 * The calendar (proleptic Gregorian) as numbers: no zone, no clock. A wall clock's time is
 * counted in seconds since its own 1970-01-01 00:00:00, so that it can be compared and added to.
 */

#include "base/base.h"

#define DAY_SECONDS 86400

/* Days since 1970-01-01; month and day count from 1. */
int64_t civil_days(int64_t year, int month, int day);
void civil_of_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day);

int civil_month_days(int64_t year, int month);
int civil_weekday(int64_t days);	/* 0 = Sunday */

/* Of wall clock seconds: the day they are in, towards the past. */
static inline int64_t
civil_day_of(int64_t seconds)
{
	return seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
}

#endif
