/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer of somebody else's says. */

#include "port/http.h"

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
