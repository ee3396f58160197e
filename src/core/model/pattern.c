/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions by the C library, within bounds: see the header. */

#include "model/pattern.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPEATS_LIMIT 1000

/* The largest number in a count that begins at `at` (behind its brace). */
static unsigned long
count_of(const char *at)
{
	unsigned long most = 0;

	while (*at != '\0' && *at != '}') {
		unsigned long number = strtoul(at, NULL, 10);

		if (number > most)
			most = number;
		at += strspn(at, "0123456789");
		at += *at != '\0' && *at != '}';
	}
	return most;
}

/* What all counts would come to were they in one another, which is the worst they could be. */
static bool
is_bounded(const char *pattern)
{
	unsigned long repeats = 1;

	for (const char *at = pattern; *at != '\0'; at++) {
		if (*at == '\\' && at[1] != '\0') {
			at++;
			if (*at >= '1' && *at <= '9')
				return false;
		} else if (*at == '{') {
			unsigned long count = count_of(at + 1);

			repeats *= count > 1 ? count : 1;
			if (count > REPEATS_LIMIT || repeats > REPEATS_LIMIT)
				return false;
		}
	}
	return true;
}

bool
pattern_is_valid(const char *pattern, char ret_why[static REASON_LIMIT + 1])
{
	regex_t regex;

	if (strlen(pattern) > PATTERN_LIMIT || !is_bounded(pattern)) {
		(void)text_put(ret_why, REASON_LIMIT + 1,
			       "costs too much: no back-references, and {n,m} for a thousand "
			       "repetitions in all at most");
		return false;
	}
	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
		(void)text_put(ret_why, REASON_LIMIT + 1,
			       "is not an extended regular expression (POSIX), such as [a-z]+");
		return false;
	}
	regfree(&regex);
	return true;
}

bool
pattern_matches(const char *pattern, const char *text)
{
	regmatch_t all;
	regex_t regex;
	bool matches;

	if (regcomp(&regex, pattern, REG_EXTENDED) != 0)
		return false;
	/* The leftmost longest match is all of the text, if any is. */
	matches = regexec(&regex, text, 1, &all, 0) == 0 && all.rm_so == 0 &&
		  (size_t)all.rm_eo == strlen(text);
	regfree(&regex);
	return matches;
}

char *
pattern_find(const char *pattern, const char *text)
{
	regmatch_t groups[10];
	char *found = NULL;
	size_t i = 1;
	regex_t regex;

	if (regcomp(&regex, pattern, REG_EXTENDED) != 0)
		return NULL;
	if (regexec(&regex, text, ELEMENTS(groups), groups, 0) == 0) {
		while (i < ELEMENTS(groups) && groups[i].rm_so < 0)
			i++;
		if (i < ELEMENTS(groups))
			found = text_copy_n(text + groups[i].rm_so,
					    (size_t)(groups[i].rm_eo - groups[i].rm_so));
	}
	regfree(&regex);
	return found;
}
