/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer of somebody else's says. */

#include "port/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
http_result_free(struct http_result *result)
{
	if (result == NULL)
		return;
	for (size_t i = 0; i < result->header_count; i++) {
		mem_free(result->headers[i].name);
		mem_free(result->headers[i].value);
	}
	mem_free(result->body);
	mem_free(result);
}

const char *
http_result_header(const struct http_result *result, const char *name)
{
	for (size_t i = 0; i < result->header_count; i++)
		if (strcmp(result->headers[i].name, name) == 0)
			return result->headers[i].value;
	return NULL;
}

#define DAY_S 86400

static bool
is_digits(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/*
 * RFC 9110 §5.6.7: IMF-fixdate, and the two forms it asks readers to know still. The name of
 * the day says nothing that the rest does not.
 */
bool
http_date_parse(const char *text, struct instant *ret_at)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int day, year, hour, minute, second;
	char month[4] = "", iso[32];
	const char *found;

	if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT", &day, month, &year,
		   &hour, &minute, &second) != 6 &&
	    sscanf(text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT", &day, month, &year,
		   &hour, &minute, &second) != 6 &&
	    sscanf(text, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d", month, &day, &hour, &minute,
		   &second, &year) != 6)
		return false;
	found = strlen(month) == 3 ? strstr(months, month) : NULL;
	if (found == NULL || (found - months) % 3 != 0 || year < 0)
		return false;
	if (year < 100)
		year += year < 70 ? 2000 : 1900;
	(void)snprintf(iso, sizeof iso, "%04d-%02d-%02dT%02d:%02d:%02dZ", year,
		       (int)((found - months) / 3) + 1, day, hour, minute, second);
	return instant_parse(iso, ret_at);
}

struct duration
http_result_retry_after(const struct http_result *result, struct instant now)
{
	const char *value = http_result_header(result, "retry-after");
	struct duration wait = { 0 };
	struct instant at;

	if (value == NULL)
		return wait;
	if (is_digits(value))
		wait = DURATION_S(strlen(value) > 6 ? DAY_S : strtol(value, NULL, 10));
	else if (http_date_parse(value, &at))
		wait = instant_since(at, now);
	if (wait.ms > (int64_t)DAY_S * 1000)
		wait = DURATION_S(DAY_S);
	return wait.ms > 0 ? wait : (struct duration){ 0 };
}
