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

/* A `{...}` takes everything up to the next '/', and at least one byte. There may be two. */
static bool
matches(const char *pattern, const char *path, char parameters[2][ROUTE_PARAMETER_SIZE])
{
	size_t count = 0;

	parameters[0][0] = parameters[1][0] = '\0';
	while (*pattern != '\0') {
		size_t length;

		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		length = strcspn(path, "/");
		if (length == 0 || length >= ROUTE_PARAMETER_SIZE)
			return false;
		ASSERT(count < 2);
		memcpy(parameters[count], path, length);
		parameters[count++][length] = '\0';
		path += length;
		pattern = strchr(pattern, '}');
		ASSERT(pattern != NULL);
		pattern++;
	}
	return *path == '\0';
}

void
api_route_second(enum route_name route, const char *path,
		 char ret_second[static ROUTE_PARAMETER_SIZE])
{
	char parameters[2][ROUTE_PARAMETER_SIZE];

	ASSERT(route < ROUTE_MAX && matches(routes[route].pattern, path, parameters));
	memcpy(ret_second, parameters[1], ROUTE_PARAMETER_SIZE);
}

enum route_name
api_route_find(enum api_method method, const char *path,
	       char parameter[static ROUTE_PARAMETER_SIZE], unsigned *ret_methods)
{
	char parameters[2][ROUTE_PARAMETER_SIZE];

	*ret_methods = 0;
	for (size_t i = 0; i < ROUTE_MAX; i++) {
		if (!matches(routes[i].pattern, path, parameters))
			continue;
		memcpy(parameter, parameters[0], ROUTE_PARAMETER_SIZE);
		if (routes[i].method == method)
			return (enum route_name)i;
		*ret_methods |= 1u << routes[i].method;
	}
	parameter[0] = '\0';
	return ROUTE_MAX;
}
