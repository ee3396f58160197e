/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endpoints and their routes: tables as everywhere, and what members mean for each other.
 * A list and a map below it are what the tables themselves cannot say.
 */

#include "model/websocket.h"

#include <stdio.h>
#include <string.h>

#include "model/selection.h"

static const char *const authorize_words[] = { "user", "anyone", NULL };

#define SETTING_OF struct websocket_endpoint
#include "model/setting_row.h"
static const struct setting endpoint_rows[] = {
#include "model/websocket_setting.def"
};
#undef SETTING_OF

#define SETTING_OF struct websocket_route
#include "model/setting_row.h"
static const struct setting route_rows[] = {
#include "model/websocket_route_setting.def"
};

static const struct setting_table endpoint_table = { endpoint_rows, ELEMENTS(endpoint_rows) };
static const struct setting_table route_table = { route_rows, ELEMENTS(route_rows) };

static const char *const endpoint_beside[] = { "routes", NULL };

const struct setting_table *
websocket_settings(void)
{
	return &endpoint_table;
}

const struct setting_table *
websocket_route_settings(void)
{
	return &route_table;
}

const struct websocket_route *
websocket_route(const struct websocket_endpoint *endpoint, const char *key)
{
	for (size_t i = 0; i < endpoint->route_count; i++)
		if (strcmp(endpoint->routes[i].key, key) == 0)
			return &endpoint->routes[i];
	return NULL;
}

static void
endpoint_deinit(struct websocket_endpoint *endpoint)
{
	for (size_t i = 0; i < endpoint->route_count; i++) {
		settings_deinit(&route_table, &endpoint->routes[i]);
		mem_free(endpoint->routes[i].key);
	}
	mem_free(endpoint->routes);
	settings_deinit(&endpoint_table, endpoint);
}

void
websocket_endpoints_free(struct websocket_endpoint *endpoints, size_t count)
{
	for (size_t i = 0; i < count; i++)
		endpoint_deinit(&endpoints[i]);
	mem_free(endpoints);
}

static bool
same(const struct setting_table *table, const void *a, const void *b)
{
	for (size_t i = 0; i < table->count; i++)
		if (!setting_equal(&table->rows[i], a, b))
			return false;
	return true;
}

bool
websocket_endpoints_equal(const struct websocket_endpoint *a, size_t a_count,
			  const struct websocket_endpoint *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++) {
		if (a[i].route_count != b[i].route_count || !same(&endpoint_table, &a[i], &b[i]))
			return false;
		for (size_t j = 0; j < a[i].route_count; j++)
			if (strcmp(a[i].routes[j].key, b[i].routes[j].key) != 0 ||
			    !same(&route_table, &a[i].routes[j], &b[i].routes[j]))
				return false;
	}
	return true;
}

/* ---- routes ---- */

static bool
url_is_right(const char *url)
{
	const char *host = strstr(url, "://");
	size_t authority;

	if (!text_starts_with(url, "http://") && !text_starts_with(url, "https://"))
		return false;
	host += 3;
	authority = strcspn(host, "/?#");
	return authority > 0 && memchr(host, '@', authority) == NULL && strchr(url, ' ') == NULL;
}

static bool
key_is_right(const char *key)
{
	size_t length = strlen(key);

	if (length == 0 || length > WEBSOCKET_KEY_LIMIT || !text_is_printable(key, length))
		return false;
	return key[0] != '$' || strcmp(key, "$connect") == 0 || strcmp(key, "$disconnect") == 0 ||
	       strcmp(key, "$default") == 0;
}

static void
read_route(const char *key, const json_t *document, const char *pointer,
	   struct complaints *complaints, struct websocket_route *route)
{
	char where[POINTER_SIZE];

	settings_init(&route_table, route);
	route->key = text_copy(key);
	if (!key_is_right(key))
		complain(complaints, pointer,
			 "is not a route's key; expected 1 to %d characters, not beginning with $, "
			 "or one of $connect, $disconnect, $default",
			 WEBSOCKET_KEY_LIMIT);
	settings_read(&route_table, document, pointer, NULL, complaints, route);
	pointer_join(where, pointer, "url");
	if (route->url != NULL && !url_is_right(route->url))
		complain(complaints, where,
			 "expected an address such as http://127.0.0.1:9000/chat, without user and "
			 "password");
	pointer_join(where, pointer, "answers");
	if (route->answers && (strcmp(key, "$connect") == 0 || strcmp(key, "$disconnect") == 0))
		complain(complaints, where, "%s has no client to answer to; leave it out", key);
}

static void
read_routes(const json_t *map, const char *pointer, struct complaints *complaints,
	    struct websocket_endpoint *endpoint)
{
	const char *key;
	json_t *document;

	if (map == NULL || json_is_null(map))
		return;
	if (!json_is_object(map) || json_object_size(map) > WEBSOCKET_ROUTES_LIMIT) {
		complain(complaints, pointer,
			 "expected at most %d routes by their keys, such as $default: {url: "
			 "http://127.0.0.1:9000/}",
			 WEBSOCKET_ROUTES_LIMIT);
		return;
	}
	endpoint->routes = mem_new_array(json_object_size(map) + 1, sizeof *endpoint->routes);
	json_object_foreach((json_t *)map, key, document)
	{
		char where[POINTER_SIZE];

		pointer_join(where, pointer, key);
		read_route(key, document, where, complaints,
			   &endpoint->routes[endpoint->route_count++]);
	}
}

/* ---- endpoints ---- */

/* As it stands in a URL: segments without empty ones, nothing to be decoded, not roost's own. */
static const char *
path_trouble(const char *path)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~$/";

	if (path[0] != '/' || path[strspn(path, allowed)] != '\0' || strstr(path, "//") != NULL ||
	    strstr(path, "/.") != NULL || text_ends_with(path, "/"))
		return "expected a path such as /dev or /chat/live";
	if (strcmp(path, "/v1") == 0 || text_starts_with(path, "/v1/"))
		return "the paths below /v1 are roost's own; /v1/ws is always there";
	return NULL;
}

static void
check_endpoint(const struct websocket_endpoint *endpoints, size_t index, const char *pointer,
	       struct complaints *complaints)
{
	const struct websocket_endpoint *endpoint = &endpoints[index];
	struct selection *selection = NULL;
	char where[POINTER_SIZE];
	const char *why = endpoint->path != NULL ? path_trouble(endpoint->path) : NULL;

	for (size_t i = 0; i < index && endpoint->path != NULL; i++)
		if (text_equal(endpoints[i].path, endpoint->path))
			why = "another endpoint has this path";
	pointer_join(where, pointer, "path");
	if (why != NULL)
		complain(complaints, where, "%s", why);
	pointer_join(where, pointer, "route_selection_expression");
	selection = selection_parse(endpoint->selection, &why);
	if (selection == NULL)
		complain(complaints, where,
			 "%s; expected an expression such as $request.body.action", why);
	selection_free(selection);
}

static void
read_endpoint(const json_t *document, const char *pointer, struct complaints *complaints,
	      struct websocket_endpoint *endpoint)
{
	char where[POINTER_SIZE];

	settings_init(&endpoint_table, endpoint);
	settings_read(&endpoint_table, document, pointer, endpoint_beside, complaints, endpoint);
	pointer_join(where, pointer, "routes");
	read_routes(json_object_get(document, "routes"), where, complaints, endpoint);
	if (endpoint->stage == NULL && endpoint->path != NULL)
		endpoint->stage = text_copy(endpoint->path + (endpoint->path[0] == '/'));
}

void
websocket_endpoints_read(const json_t *list, const char *pointer, struct complaints *complaints,
			 struct websocket_endpoint **ret_endpoints, size_t *ret_count)
{
	size_t count = json_array_size(list);
	struct websocket_endpoint *endpoints;

	*ret_endpoints = NULL;
	*ret_count = 0;
	if (list == NULL || json_is_null(list))
		return;
	if (!json_is_array(list) || count > WEBSOCKET_ENDPOINTS_LIMIT) {
		complain(complaints, pointer, "expected a list of at most %d endpoints",
			 WEBSOCKET_ENDPOINTS_LIMIT);
		return;
	}
	endpoints = mem_new_array(count + 1, sizeof *endpoints);
	for (size_t i = 0; i < count; i++) {
		char where[POINTER_SIZE], number[24];

		(void)snprintf(number, sizeof number, "%zu", i);
		pointer_join(where, pointer, number);
		read_endpoint(json_array_get(list, i), where, complaints, &endpoints[i]);
		check_endpoint(endpoints, i, where, complaints);
	}
	*ret_endpoints = endpoints;
	*ret_count = count;
}
