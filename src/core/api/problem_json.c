/* SPDX-License-Identifier: Apache-2.0 */
/* The table of problems, and one of them as RFC 9457 writes it. */

#include <string.h>

#include "api/call.h"

static const struct {
	int status;
	const char *slug, *title;
} problems[] = {
#define PROBLEM(name, status, slug, title) [PROBLEM_##name] = { status, slug, title },
#include "api/problem.def"
};

_Static_assert(ELEMENTS(problems) == PROBLEM_MAX, "a problem without a row");

json_t *
problem_json(enum problem problem, const char *detail)
{
	CLEANUP(text_freep)
	char *type = text_format("urn:roost:problem:%s", problems[problem].slug);
	char clean[768]; /* a reason may come from anywhere; JSON takes UTF-8 only */
	json_t *body = json_object();

	text_clean(clean, sizeof clean, detail, strlen(detail));
	json_set_text(body, "type", type);
	json_set_text(body, "title", problems[problem].title);
	json_set_integer(body, "status", problems[problem].status);
	json_set_text(body, "detail", clean);
	return body;
}

/* Where statuses are shared the plainest of them comes first in the table, but for these. */
json_t *
api_problem(int status, const char *detail)
{
	size_t problem = 0;

	while (problem < PROBLEM_MAX && problems[problem].status != status)
		problem++;
	ASSERT(problem < PROBLEM_MAX);
	return problem_json((enum problem)problem, detail);
}
