/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules as TZ has them: std offset [dst [offset] , begins [/time] , ends [/time]]. Offsets are
 * written the other way round (UTC-1 is an hour ahead). A rule's year may begin in summer
 * time (the south), and a change may be days away from its date (hours up to 167), so the
 * changes of the years around are laid out and the instant is looked for among them.
 */

#include <string.h>

#include "base/civil.h"
#include "wire/zone/zone_inner.h"

#define YEARS_AROUND 2
#define CHANGES	     (2 * (2 * YEARS_AROUND + 1))
#define HOURS_MOST   167

/* The bytes that are left to read. */
struct rest {
	const char *at, *end;
};

static bool
take(struct rest *rest, char c)
{
	if (rest->at == rest->end || *rest->at != c)
		return false;
	rest->at++;
	return true;
}

static bool
is_digit(const struct rest *rest)
{
	return rest->at < rest->end && *rest->at >= '0' && *rest->at <= '9';
}

static bool
take_number(struct rest *rest, int low, int high, int *ret_number)
{
	int number = 0, digits = 0;

	for (; is_digit(rest) && digits < 4; digits++)
		number = number * 10 + (*rest->at++ - '0');
	*ret_number = number;
	return digits > 0 && !is_digit(rest) && number >= low && number <= high;
}

/* At least three letters, or anything of letters, digits and signs between < and >. */
static bool
take_name(struct rest *rest)
{
	bool quoted = take(rest, '<');
	size_t length = 0;

	for (; rest->at < rest->end; rest->at++, length++) {
		char c = *rest->at;
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		if (!letter && !(quoted && (is_digit(rest) || c == '+' || c == '-')))
			break;
	}
	return length >= 3 && (!quoted || take(rest, '>'));
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool
take_time(struct rest *rest, int hours_most, int32_t *ret_seconds)
{
	bool minus = take(rest, '-');
	int hours, minutes = 0, seconds = 0;

	if (!minus)
		(void)take(rest, '+');
	if (!take_number(rest, 0, hours_most, &hours))
		return false;
	if (take(rest, ':') && (!take_number(rest, 0, 59, &minutes) ||
				(take(rest, ':') && !take_number(rest, 0, 59, &seconds))))
		return false;
	*ret_seconds = (hours * 60 + minutes) * 60 + seconds;
	if (minus)
		*ret_seconds = -*ret_seconds;
	return true;
}

static bool
take_date(struct rest *rest, struct zone_date *ret_date)
{
	*ret_date = (struct zone_date){ .by = ZONE_DAY, .time = 2 * 3600 };
	if (take(rest, 'M')) {
		ret_date->by = ZONE_MONTH;
		if (!take_number(rest, 1, 12, &ret_date->month) || !take(rest, '.') ||
		    !take_number(rest, 1, 5, &ret_date->week) || !take(rest, '.') ||
		    !take_number(rest, 0, 6, &ret_date->day))
			return false;
	} else if (take(rest, 'J')) {
		ret_date->by = ZONE_JULIAN;
		if (!take_number(rest, 1, 365, &ret_date->day))
			return false;
	} else if (!take_number(rest, 0, 365, &ret_date->day)) {
		return false;
	}
	return !take(rest, '/') || take_time(rest, HOURS_MOST, &ret_date->time);
}

bool
zone_rule_parse(const char *text, size_t length, struct zone_rule *ret_rule)
{
	struct rest rest = { text, text + length };
	struct zone_rule rule = { .changes = false };
	int32_t west;

	if (!take_name(&rest) || !take_time(&rest, 24, &west))
		return false;
	rule.standard = rule.summer = -west;
	if (rest.at < rest.end) {
		rule.changes = true;
		rule.summer = rule.standard + 3600;
		if (!take_name(&rest))
			return false;
		if (rest.at < rest.end && *rest.at != ',') {
			if (!take_time(&rest, 24, &west))
				return false;
			rule.summer = -west;
		}
		if (!take(&rest, ',') || !take_date(&rest, &rule.begins) || !take(&rest, ',') ||
		    !take_date(&rest, &rule.ends) || rest.at != rest.end)
			return false;
	}
	*ret_rule = rule;
	return true;
}

/* The day of that year on which the clocks are changed. */
static int64_t
date_day(const struct zone_date *date, int64_t year)
{
	int64_t first = civil_days(year, 1, 1), day;

	if (date->by == ZONE_DAY)
		return first + date->day;
	if (date->by == ZONE_JULIAN)
		return first + date->day - 1 + (date->day >= 60 && civil_month_days(year, 2) == 29);
	first = civil_days(year, date->month, 1);
	day = first + (date->day - civil_weekday(first) + 7) % 7 + 7 * (date->week - 1);
	/* Week 5 is the last there is. */
	return day - first >= civil_month_days(year, date->month) ? day - 7 : day;
}

static int64_t
date_instant(const struct zone_date *date, int64_t year, int32_t offset_before)
{
	return date_day(date, year) * DAY_SECONDS + date->time - offset_before;
}

struct change {
	int64_t at;
	int32_t offset;
};

/* By time; of two at once the later added is the one that stays. */
static void
add_change(struct change changes[static CHANGES], size_t *count, struct change change)
{
	size_t i = (*count)++;

	for (; i > 0 && changes[i - 1].at > change.at; i--)
		changes[i] = changes[i - 1];
	changes[i] = change;
}

void
zone_rule_span(const struct zone_rule *rule, int64_t at, struct zone_span *ret_span)
{
	struct change changes[CHANGES];
	size_t count = 0, i;
	int64_t year;
	int month, day;

	*ret_span = (struct zone_span){ INT64_MIN, INT64_MAX, rule->standard };
	if (!rule->changes)
		return;
	civil_of_days(civil_day_of(at), &year, &month, &day);
	for (int64_t y = year - YEARS_AROUND; y <= year + YEARS_AROUND; y++) {
		add_change(changes, &count,
			   (struct change){ date_instant(&rule->begins, y, rule->standard),
					    rule->summer });
		add_change(changes, &count,
			   (struct change){ date_instant(&rule->ends, y, rule->summer),
					    rule->standard });
	}
	for (i = count; i > 0 && changes[i - 1].at > at;)
		i--;
	ASSERT(i > 0 && i < count);
	*ret_span = (struct zone_span){ changes[i - 1].at, changes[i].at, changes[i - 1].offset };
}
