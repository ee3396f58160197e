/* SPDX-License-Identifier: Apache-2.0 */
/* Cron expressions: each field is a set of small numbers, kept as bits. */

#include "model/cron.h"

#include <stdio.h>
#include <string.h>

#include "base/civil.h"

#define FIELDS 6

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
					   "aug", "sep", "oct", "nov", "dec", NULL };
static const char *const day_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };

static const struct field {
	const char *what;
	unsigned low, high;
	const char *const *names; /* of low, low + 1, ... */
} fields[FIELDS] = {
	{ "the second", 0, 59, NULL },	     { "the minute", 0, 59, NULL },
	{ "the hour", 0, 23, NULL },	     { "the day of the month", 1, 31, NULL },
	{ "the month", 1, 12, month_names }, { "the day of the week", 0, 7, day_names },
};

static const struct {
	const char *word, *means;
} words[] = {
	{ "@hourly", "0 * * * *" },   { "@daily", "0 0 * * *" },   { "@midnight", "0 0 * * *" },
	{ "@weekly", "0 0 * * 0" },   { "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" },
};

/* The part of an expression that is being read. */
struct reading {
	const char *at, *end;
};

static bool
take(struct reading *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool
take_number(struct reading *r, unsigned *ret_number)
{
	unsigned digits = 0;

	*ret_number = 0;
	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && digits < 4; digits++)
		*ret_number = *ret_number * 10 + (unsigned)(*r->at++ - '0');
	return digits > 0;
}

static bool
take_value(struct reading *r, const struct field *field, unsigned *ret_value)
{
	for (unsigned i = 0; field->names != NULL && field->names[i] != NULL; i++) {
		if (r->end - r->at >= 3 && strncasecmp(r->at, field->names[i], 3) == 0) {
			r->at += 3;
			*ret_value = field->low + i;
			return true;
		}
	}
	return take_number(r, ret_value) && *ret_value >= field->low && *ret_value <= field->high;
}

/* `*`, a value or a range, and the step behind it. */
static bool
take_part(struct reading *r, const struct field *field, uint64_t *set)
{
	unsigned low = field->low, high = field->high, step = 1;
	bool many = take(r, '*');

	if (!many) {
		if (!take_value(r, field, &low))
			return false;
		high = low;
		many = take(r, '-');
		if (many && !take_value(r, field, &high))
			return false;
		/* A week that ends with Sunday. */
		if (field->names == day_names && many && high == 0 && low > 0)
			high = 7;
	}
	if (take(r, '/') && (!many || !take_number(r, &step) || step == 0 || step > 59))
		return false;
	if (low > high)
		return false;
	for (unsigned i = low; i <= high; i += step)
		*set |= UINT64_C(1) << i;
	return true;
}

static bool
read_field(const char *text, size_t length, const struct field *field, uint64_t *ret_set)
{
	struct reading r = { text, text + length };

	*ret_set = 0;
	do {
		if (!take_part(&r, field, ret_set))
			return false;
	} while (take(&r, ','));
	return r.at == r.end;
}

/* The fields of a text: where each begins and how long it is. Returns how many there are. */
static size_t
split(const char *text, const char *starts[static FIELDS], size_t lengths[static FIELDS])
{
	size_t count = 0;

	for (;;) {
		text += strspn(text, " \t");
		if (*text == '\0')
			return count;
		if (count == FIELDS)
			return FIELDS + 1;
		starts[count] = text;
		lengths[count] = strcspn(text, " \t");
		text += lengths[count++];
	}
}

/* Some month that counts is as long as some day that counts. */
static bool
ever_comes(const struct cron *cron)
{
	if (cron->either_day)
		return true;
	for (int month = 1; month <= 12; month++) {
		uint32_t days = (UINT32_C(2) << civil_month_days(2000, month)) - 2;

		if ((cron->months >> month & 1) != 0 && (cron->days & days) != 0)
			return true;
	}
	return false;
}

static const char *
meaning_of(const char *text, char why[static CRON_WHY_SIZE])
{
	if (*text != '@')
		return text;
	for (size_t i = 0; i < ELEMENTS(words); i++)
		if (strcasecmp(text, words[i].word) == 0)
			return words[i].means;
	(void)text_put(why, CRON_WHY_SIZE,
		       "of the words there are @hourly, @daily, @midnight, @weekly, @monthly, "
		       "@yearly and @annually");
	return NULL;
}

static void
cron_of(const uint64_t sets[static FIELDS], struct cron *ret_cron)
{
	*ret_cron = (struct cron){ .seconds = sets[0],
				   .minutes = sets[1],
				   .hours = (uint32_t)sets[2],
				   .days = (uint32_t)sets[3],
				   .months = (uint32_t)sets[4],
				   .weekdays = (uint32_t)(sets[5] | sets[5] >> 7) & 127 };
}

bool
cron_parse(const char *text, struct cron *ret_cron, char ret_why[static CRON_WHY_SIZE])
{
	const char *starts[FIELDS + 1] = { "0" };
	size_t lengths[FIELDS + 1] = { 1 }, count, skipped;
	uint64_t sets[FIELDS];

	text = meaning_of(text, ret_why);
	if (text == NULL)
		return false;
	count = split(text, starts + 1, lengths + 1);
	if (count != FIELDS - 1 && count != FIELDS) {
		(void)text_put(ret_why, CRON_WHY_SIZE,
			       "expected five fields: minute, hour, day of month, month, day of "
			       "week; or six, the second first");
		return false;
	}
	skipped = count == FIELDS;
	for (size_t i = 0; i < FIELDS; i++) {
		if (read_field(starts[i + skipped], lengths[i + skipped], &fields[i], &sets[i]))
			continue;
		(void)snprintf(ret_why, CRON_WHY_SIZE,
			       "%s, '%.*s', is not %u to %u%s, a range a-b, a list with commas, * "
			       "or */n",
			       fields[i].what, (int)(lengths[i + skipped] & 31),
			       starts[i + skipped], fields[i].low, fields[i].high,
			       fields[i].names == NULL	      ? ""
			       : fields[i].names == day_names ? " or sun to sat"
							      : " or jan to dec");
		return false;
	}
	cron_of(sets, ret_cron);
	ret_cron->every_hour = lengths[2 + skipped] == 1 && *starts[2 + skipped] == '*';
	ret_cron->either_day = *starts[3 + skipped] != '*' && *starts[5 + skipped] != '*';
	if (!ever_comes(ret_cron))
		(void)text_put(ret_why, CRON_WHY_SIZE, "no such day ever comes");
	return ever_comes(ret_cron);
}

/* The days that match */

static bool
day_matches(const struct cron *cron, int64_t days, int day)
{
	bool of_month = (cron->days >> day & 1) != 0;
	bool of_week = (cron->weekdays >> civil_weekday(days) & 1) != 0;

	return cron->either_day ? of_month || of_week : of_month && of_week;
}

/* The first day from `from` on, and before `before`. */
static bool
first_day(const struct cron *cron, int64_t from, int64_t before, int64_t *ret_days)
{
	int64_t days = from, year;
	int month, day;

	while (days < before) {
		civil_of_days(days, &year, &month, &day);
		if ((cron->months >> month & 1) == 0) {
			days += civil_month_days(year, month) - day + 1;
		} else if (day_matches(cron, days, day)) {
			*ret_days = days;
			return true;
		} else {
			days++;
		}
	}
	return false;
}

/* The lowest bit from `from` on, or -1. */
static int
bit_from(uint64_t set, int from)
{
	for (; from < 60; from++)
		if ((set >> from & 1) != 0)
			return from;
	return -1;
}

/* The first time of a day from `from` on, in seconds since midnight, or -1. */
static int
time_from(const struct cron *cron, int from)
{
	int hour = from / 3600, minute = from / 60 % 60, second = from % 60;
	int next = bit_from(cron->hours, hour);

	while (next >= 0) {
		if (next > hour)
			minute = second = 0;
		hour = next;
		next = bit_from(cron->minutes, minute);
		while (next >= 0) {
			if (next > minute)
				second = 0;
			minute = next;
			second = bit_from(cron->seconds, second);
			if (second >= 0)
				return (hour * 60 + minute) * 60 + second;
			second = 0;
			next = bit_from(cron->minutes, ++minute);
		}
		minute = second = 0;
		next = bit_from(cron->hours, ++hour);
	}
	return -1;
}

bool
cron_first(const struct cron *cron, int64_t from, int64_t before, int64_t *ret_time)
{
	int64_t days = civil_day_of(from), last = civil_day_of(before - 1) + 1;
	int at = (int)(from - days * DAY_SECONDS);

	if (from >= before)
		return false;
	while (first_day(cron, days, last, &days)) {
		int time = time_from(cron, days * DAY_SECONDS > from ? 0 : at);

		if (time >= 0) {
			*ret_time = days * DAY_SECONDS + time;
			return *ret_time < before;
		}
		days++;
	}
	return false;
}
