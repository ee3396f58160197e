/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instants and durations as text. In UTC only, because core asks no clock and no
 * time zone.
 */

#include "base/instant.h"

#include <stdio.h>
#include <string.h>

#include "base/civil.h"

void
instant_text(struct instant t, char text[static INSTANT_TEXT_SIZE])
{
	int64_t days = t.ms / 86400000, rest = t.ms % 86400000, year;
	int month, day;

	if (rest < 0) {
		rest += 86400000;
		days--;
	}
	civil_of_days(days, &year, &month, &day);
	if (year < 0 || year > 9999)
		year = 9999;
	(void)snprintf(text, INSTANT_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		       (int)year % 10000, month % 100, day % 100, (int)(rest / 3600000) % 100,
		       (int)(rest / 60000 % 60), (int)(rest / 1000 % 60), (int)(rest % 1000));
}

/* As the letters of `form` stand there, digits at each 0: sscanf() takes blanks and signs too. */
static bool
has_form(const char *text, const char *form)
{
	for (; *form != '\0'; form++, text++)
		if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	return true;
}

bool
instant_parse(const char *text, struct instant *ret_t)
{
	static const char form[] = "0000-00-00T00:00:00";
	int year, month, day, hour, minute, second, ms = 0;

	if (!has_form(text, form) || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day,
					    &hour, &minute, &second) != 6)
		return false;
	text += sizeof form - 1;
	if (*text == '.') {
		int scale = 100;

		for (text++; *text >= '0' && *text <= '9'; text++, scale /= 10)
			ms += (*text - '0') * scale;
	}
	if (strcmp(text, "Z") != 0 || month < 1 || month > 12 || day < 1 ||
	    day > civil_month_days(year, month) || hour > 23 || minute > 59 || second > 60)
		return false;
	ret_t->ms = ((civil_days(year, month, day) * 24 + hour) * 60 + minute) * 60000 +
		    second * 1000 + ms;
	return true;
}

static const struct {
	const char *suffix;
	int64_t ms;
} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };

bool
duration_parse(const char *text, struct duration *ret_d)
{
	int64_t number = 0;
	size_t i, digits = 0;

	while (text[digits] >= '0' && text[digits] <= '9') {
		if (digits >= 12)
			return false;
		number = number * 10 + (text[digits++] - '0');
	}
	if (digits == 0)
		return false;
	if (text[digits] == '\0' && number == 0) {
		ret_d->ms = 0;
		return true;
	}
	for (i = 0; i < ELEMENTS(units); i++) {
		if (strcmp(text + digits, units[i].suffix) == 0) {
			if (number > INT64_MAX / units[i].ms / 2)
				return false;
			ret_d->ms = number * units[i].ms;
			return true;
		}
	}
	return false;
}

void
duration_setting(struct duration d, char text[static DURATION_TEXT_SIZE])
{
	size_t i = ELEMENTS(units) - 1;

	if (d.ms == 0) {
		(void)text_put(text, DURATION_TEXT_SIZE, "0");
		return;
	}
	while (i > 0 && d.ms % units[i].ms != 0)
		i--;
	(void)snprintf(text, DURATION_TEXT_SIZE, "%lld%s", (long long)(d.ms / units[i].ms),
		       units[i].suffix);
}

void
duration_text(struct duration d, char text[static DURATION_TEXT_SIZE])
{
	long long s = (long long)((d.ms + 500) / 1000);

	if (s < 120)
		(void)snprintf(text, DURATION_TEXT_SIZE, "%lld s", s);
	else if (s < 7200)
		(void)snprintf(text, DURATION_TEXT_SIZE, "%lld min", (s + 30) / 60);
	else
		(void)snprintf(text, DURATION_TEXT_SIZE, "%lld h %lld min", s / 3600,
			       s % 3600 / 60);
}

void
duration_words(struct duration d, char text[static DURATION_WORDS_SIZE])
{
	static const struct {
		long long seconds;
		const char *word;
	} words[] = { { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };
	long long s = (long long)((d.ms + 500) / 1000), count;
	size_t i = 0;

	while (i + 1 < ELEMENTS(words) && (s < words[i].seconds || s % words[i].seconds != 0))
		i++;
	/* Nobody counts a long time in seconds. */
	if (words[i].seconds == 1 && s >= 120)
		i--;
	count = (s + words[i].seconds / 2) / words[i].seconds;
	(void)snprintf(text, DURATION_WORDS_SIZE, "%lld %s%s", count, words[i].word,
		       count == 1 ? "" : "s");
}
