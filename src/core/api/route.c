/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes, and which of them a path means. */

#include "api/route.h"

#include <string.h>

static const struct route routes[] = {
#define ROUTE(name, method, pattern, role, fields, summary) \
	[ROUTE_##name] = { #name, API_##method, pattern, ROLE_##role, GROUP_##fields, summary },
#include "api/route.def"
};

static const char *const methods[] = {
	[API_GET] = "GET",
	[API_POST] = "POST",
	[API_PUT] = "PUT",
	[API_DELETE] = "DELETE",
};

_Static_assert(ELEMENTS(methods) == API_METHOD_MAX, "a method without a word");

const struct route *
api_route_at(enum route_name name)
{
	ASSERT(name < ROUTE_MAX);
	return &routes[name];
}

const char *
method_word(enum api_method method)
{
	ASSERT(method < API_METHOD_MAX);
	return methods[method];
}

/* One `{...}` takes everything up to the next '/', and at least one byte. */
static bool
matches(const char *pattern, const char *path, char parameter[static ROUTE_PARAMETER_SIZE])
{
	size_t length;

	parameter[0] = '\0';
	while (*pattern != '\0' && *pattern != '{') {
		if (*pattern++ != *path++)
			return false;
	}
	if (*pattern == '\0')
		return *path == '\0';
	length = strcspn(path, "/");
	if (length == 0 || length >= ROUTE_PARAMETER_SIZE)
		return false;
	memcpy(parameter, path, length);
	parameter[length] = '\0';
	pattern = strchr(pattern, '}');
	ASSERT(pattern != NULL);
	return strcmp(pattern + 1, path + length) == 0;
}

enum route_name
api_route_find(enum api_method method, const char *path,
	       char parameter[static ROUTE_PARAMETER_SIZE], unsigned *ret_methods)
{
	*ret_methods = 0;
	for (size_t i = 0; i < ROUTE_MAX; i++) {
		if (!matches(routes[i].pattern, path, parameter))
			continue;
		if (routes[i].method == method)
			return (enum route_name)i;
		*ret_methods |= 1u << routes[i].method;
	}
	parameter[0] = '\0';
	return ROUTE_MAX;
}
