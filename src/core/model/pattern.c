/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions by the C library, within bounds: see the header. */

#include "model/pattern.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPEATS_LIMIT 1000 /* of one count */
#define SIZE_LIMIT    2000 /* what the C library makes of a pattern, in pieces of one character */
#define GROUPS_LIMIT  50   /* in one another */
#define DEPTH_LIMIT   4	   /* repetitions in one another: beyond, it is time that doubles */

/* A pattern as it is read: how much it is by now, and how much of it the next repetition repeats. */
struct measure {
	uint64_t size, last;
	unsigned deep,
		last_deep; /* repetitions in one another: of this group, and of what is last */
	bool repeated;	   /* what is last is a repetition: another means nothing (POSIX) */
	struct {
		uint64_t size;
		unsigned deep;
	} before[GROUPS_LIMIT]; /* in front of each group that is open */
	unsigned open;
};

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

static void
put(struct measure *m, uint64_t size)
{
	m->last = size;
	m->size += size;
	m->last_deep = 0;
	m->repeated = false;
}

/* So many times what stands before: the C library writes it down so often. */
static bool
repeat(struct measure *m, uint64_t times)
{
	if (times > REPEATS_LIMIT || m->repeated || ++m->last_deep > DEPTH_LIMIT)
		return false;
	m->repeated = true;
	if (m->last_deep > m->deep)
		m->deep = m->last_deep;
	m->size += m->last * (times > 1 ? times - 1 : 0) + 1;
	m->last = m->last * (times > 1 ? times : 1) + 1;
	return m->size <= SIZE_LIMIT;
}

static bool
open_group(struct measure *m)
{
	if (m->open == GROUPS_LIMIT)
		return false;
	m->before[m->open].size = m->size;
	m->before[m->open++].deep = m->deep;
	put(m, 1);
	m->deep = 0;
	return true;
}

static void
close_group(struct measure *m)
{
	if (m->open == 0) {
		put(m, 1);
		return;
	}
	m->open--;
	m->last = m->size - m->before[m->open].size;
	m->last_deep = m->deep;
	m->repeated = false;
	if (m->before[m->open].deep > m->deep)
		m->deep = m->before[m->open].deep;
}

/* Behind a bracket expression that begins at `at`: a ']' that comes first is one of its members. */
static const char *
bracket_end(const char *at)
{
	at += 1 + (at[1] == '^');
	at += *at == ']';
	for (; *at != '\0' && *at != ']'; at++) {
		const char kind = at[1], *end;

		if (*at != '[' || kind == '\0' || strchr(":.=", kind) == NULL)
			continue;
		for (end = at + 2; *end != '\0' && (end[0] != kind || end[1] != ']'); end++)
			;
		at = *end != '\0' ? end + 1 : end - 1;
	}
	return at;
}

/*
 * The C library keeps a copy for each repetition, and for `+` one more, of all that is
 * repeated, also of what is repeated in it: a few dozen characters could be gigabytes.
 */
static bool
is_bounded(const char *pattern)
{
	struct measure m = { .size = 0 };
	bool fits = true;

	for (const char *at = pattern; fits && *at != '\0'; at++) {
		if (*at == '\\' && at[1] >= '1' && at[1] <= '9')
			return false; /* a back-reference */
		if (*at == '(')
			fits = open_group(&m);
		else if (*at == ')')
			close_group(&m);
		else if (*at == '{')
			fits = repeat(&m, count_of(at + 1));
		else if (*at == '+')
			fits = repeat(&m, 2);
		else if (*at == '*' || *at == '?')
			fits = repeat(&m, 1);
		else
			put(&m, 1);
		if (*at == '[')
			at = bracket_end(at);
		else if (*at == '{')
			at += strcspn(at, "}");
		else if (*at == '\\' && at[1] != '\0')
			at++;
		if (*at == '\0')
			break;
	}
	return fits;
}

bool
pattern_is_valid(const char *pattern, char ret_why[static REASON_LIMIT + 1])
{
	regex_t regex;

	if (strlen(pattern) > PATTERN_LIMIT || !is_bounded(pattern)) {
		(void)text_put(ret_why, REASON_LIMIT + 1,
			       "costs too much: no back-references, repetitions in one another at "
			       "most four deep and none right behind another, and with all of "
			       "them written out, 2000 characters at most");
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
