/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenAPI 3.1 document, made from the tables of routes, fields and problems. */

#include <stdio.h>
#include <string.h>

#include "api/call.h"

static const struct {
	int status;
	const char *slug, *title;
} problems[] = {
#define PROBLEM(name, status, slug, title) { status, slug, title },
#include "api/problem.def"
};

static void
put(json_t *to, const char *key, json_t *value)
{
	ASSERT(value != NULL && json_object_set_new(to, key, value) == 0);
}

static void
append(json_t *to, json_t *value)
{
	ASSERT(value != NULL && json_array_append_new(to, value) == 0);
}

static json_t *
words(const char *const *list, size_t count)
{
	json_t *to = json_array();

	for (size_t i = 0; i < count; i++)
		append(to, json_string(list[i]));
	return to;
}

static json_t *
text_schema(const struct field *field)
{
	static const char *const roles[] = { "player", "staff", "admin" };
	static const char *const orders[] = { "asc", "desc" };
	json_t *to = json_object();

	json_set_text(to, "type", "string");
	if (field->type == TYPE_ROLE)
		put(to, "enum", words(roles, ELEMENTS(roles)));
	else if (field->type == TYPE_ORDER)
		put(to, "enum", words(orders, ELEMENTS(orders)));
	else if (field->type == TYPE_NAME)
		json_set_text(to, "pattern", "^[a-z0-9-]{1,40}$");
	else if (field->type == TYPE_DURATION)
		json_set_text(to, "pattern", "^[0-9]+(ms|s|m|h|d)$");
	else if (field->type == TYPE_CURSOR)
		json_set_text(to, "pattern", "^([0-9A-Za-z]{1,26}:)?[0-9]+$");
	else if (field->type == TYPE_CHANNEL)
		json_set_integer(to, "maxLength", CHANNEL_TEXT_SIZE - 1);
	if (field->type == TYPE_CHANNEL)
		return to;
	if (field->most > 0 && field->least > 0)
		json_set_integer(to, "minLength", 1);
	if (field->most > 0)
		json_set_integer(to, "maxLength", field->most);
	if (field->type == TYPE_SECRET)
		json_set_text(to, "format", "password");
	return to;
}

static json_t *
field_schema(const struct field *field)
{
	json_t *to;

	switch (field->type) {
	case TYPE_BOOL:
		to = json_object();
		json_set_text(to, "type", "boolean");
		return to;
	case TYPE_INTEGER:
		to = json_object();
		json_set_text(to, "type", "integer");
		json_set_integer(to, "minimum", field->least);
		json_set_integer(to, "maximum", field->most);
		return to;
	case TYPE_OBJECT:
		to = json_object();
		json_set_text(to, "type", "object");
		return to;
	case TYPE_LIST:
		to = json_object();
		json_set_text(to, "type", "array");
		json_set_integer(to, "minItems", field->least);
		json_set_integer(to, "maxItems", field->most);
		return to;
	case TYPE_TEXT:
	case TYPE_SECRET:
	case TYPE_ROLE:
	case TYPE_NAME:
	case TYPE_TYPE:
	case TYPE_CURSOR:
	case TYPE_ORDER:
	case TYPE_DURATION:
	case TYPE_CHANNEL:
		break;
	case TYPE_ANY:
		return json_object();
	}
	return text_schema(field);
}

/* A parameter that may come again: a list, each element as name=value (OpenAPI's style form, exploded). */
static json_t *
query_schema(const struct field *field)
{
	json_t *to;

	if (field->place != PLACE_MANY)
		return field_schema(field);
	to = json_object();
	json_set_text(to, "type", "array");
	put(to, "items", field_schema(field));
	json_set_integer(to, "maxItems", field->most);
	return to;
}

/* The `{...}` of the path, and the parameters of the query. */
static json_t *
parameters(const struct route *route)
{
	json_t *list = json_array();
	const char *brace = strchr(route->pattern, '{');
	json_t *one, *schema;

	for (; brace != NULL; brace = strchr(brace + 1, '{')) {
		char name[16] = "";

		(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(brace + 1, "}"), brace + 1);
		one = json_object();
		json_set_text(one, "name", name);
		json_set_text(one, "in", "path");
		json_set_bool(one, "required", true);
		schema = json_object();
		json_set_text(schema, "type", "string");
		put(one, "schema", schema);
		append(list, one);
	}
	for (size_t i = 0; i < field_count(); i++) {
		const struct field *field = field_at(i);

		if (field->group != route->group || !field_is_of_query(field))
			continue;
		one = json_object();
		json_set_text(one, "name", field->name);
		json_set_text(one, "in", "query");
		json_set_text(one, "description", field->help);
		put(one, "schema", query_schema(field));
		append(list, one);
	}
	return list;
}

static json_t *
body_schema(enum field_group group)
{
	json_t *schema = json_object(), *properties = json_object(), *required = json_array();

	json_set_text(schema, "type", "object");
	for (size_t i = 0; i < field_count(); i++) {
		const struct field *field = field_at(i);
		json_t *one;

		if (field->group != group || field_is_of_query(field))
			continue;
		one = field_schema(field);
		json_set_text(one, "description", field->help);
		put(properties, field->name, one);
		if (field->place == PLACE_MUST)
			append(required, json_string(field->name));
	}
	put(schema, "properties", properties);
	if (json_array_size(required) > 0)
		put(schema, "required", required);
	else
		json_decref(required);
	json_set_bool(schema, "additionalProperties", group == GROUP_DECLARE);
	return schema;
}

static bool
has_body(const struct route *route)
{
	if (route->group == GROUP_DECLARE || route->group == GROUP_BYTES)
		return true;
	for (size_t i = 0; i < field_count(); i++) {
		if (field_at(i)->group == route->group && !field_is_of_query(field_at(i)))
			return true;
	}
	return false;
}

static json_t *
content(const char *type, json_t *schema)
{
	json_t *to = json_object(), *media = json_object();

	put(media, "schema", schema);
	put(to, type, media);
	return to;
}

static json_t *
problem_reference(void)
{
	json_t *to = json_object();

	json_set_text(to, "$ref", "#/components/schemas/Problem");
	return to;
}

static json_t *
responses(void)
{
	json_t *to = json_object(), *good = json_object(), *bad = json_object();

	json_set_text(good, "description", "Done; changes are durable.");
	json_set_text(bad, "description", "Refused, with what, why and what to do.");
	put(bad, "content", content("application/problem+json", problem_reference()));
	put(to, "2XX", good);
	put(to, "default", bad);
	return to;
}

/* The body is JSON of the group's fields, or any bytes. */
static json_t *
request_body(const struct route *route)
{
	json_t *to = json_object();

	if (route->group == GROUP_BYTES)
		put(to, "content", content("application/octet-stream", json_object()));
	else
		put(to, "content", content("application/json", body_schema(route->group)));
	return to;
}

static json_t *
operation(const struct route *route)
{
	json_t *to = json_object(), *list;

	json_set_text(to, "operationId", route->name);
	json_set_text(to, "summary", route->summary);
	json_set_text(to, "x-role", role_word(route->role));
	list = parameters(route);
	if (json_array_size(list) > 0)
		put(to, "parameters", list);
	else
		json_decref(list);
	if (has_body(route))
		put(to, "requestBody", request_body(route));
	if (route->role == ROLE_NOBODY)
		put(to, "security", json_array());
	put(to, "responses", responses());
	return to;
}

static json_t *
paths(void)
{
	static const char *const verbs[] = {
		[API_GET] = "get", [API_POST] = "post", [API_PUT] = "put", [API_DELETE] = "delete"
	};
	json_t *to = json_object();

	for (int i = 0; i < ROUTE_MAX; i++) {
		const struct route *route = api_route_at((enum route_name)i);
		json_t *path = json_object_get(to, route->pattern);

		if (path == NULL) {
			put(to, route->pattern, json_object());
			path = json_object_get(to, route->pattern);
		}
		put(path, verbs[route->method], operation(route));
	}
	return to;
}

static json_t *
problem_schema(void)
{
	json_t *schema = json_object(), *properties = json_object(), *type = json_object();
	json_t *list = json_array();
	static const char *const texts[] = { "title", "detail" };

	for (size_t i = 0; i < ELEMENTS(problems); i++)
		append(list, json_sprintf("urn:roost:problem:%s", problems[i].slug));
	json_set_text(type, "type", "string");
	put(type, "enum", list);
	put(properties, "type", type);
	for (size_t i = 0; i < ELEMENTS(texts); i++) {
		json_t *text = json_object();

		json_set_text(text, "type", "string");
		put(properties, texts[i], text);
	}
	type = json_object();
	json_set_text(type, "type", "integer");
	put(properties, "status", type);
	type = json_object();
	json_set_text(type, "type", "array");
	json_set_text(type, "description", "What is wrong with the input: {pointer, detail}.");
	put(properties, "errors", type);
	json_set_text(schema, "type", "object");
	put(schema, "properties", properties);
	return schema;
}

static json_t *
components(void)
{
	json_t *to = json_object(), *schemas = json_object(), *security = json_object();
	json_t *bearer = json_object(), *cookie = json_object(), *signature = json_object();

	put(schemas, "Problem", problem_schema());
	json_set_text(bearer, "type", "http");
	json_set_text(bearer, "scheme", "bearer");
	json_set_text(cookie, "type", "apiKey");
	json_set_text(cookie, "in", "cookie");
	json_set_text(cookie, "name", API_SESSION_COOKIE);
	put(security, "token", bearer);
	put(security, "session", cookie);
	json_set_text(signature, "type", "apiKey");
	json_set_text(signature, "in", "header");
	json_set_text(signature, "name", "Authorization");
	json_set_text(signature, "description", "AWS Signature Version 4, service execute-api.");
	put(security, "signature", signature);
	put(to, "schemas", schemas);
	put(to, "securitySchemes", security);
	return to;
}

json_t *
api_openapi(const struct api *api)
{
	json_t *to = json_object(), *info = json_object(), *security = json_array();
	static const char *const ways[] = { "token", "session", "signature" };

	json_set_text(to, "openapi", "3.1.0");
	json_set_text(info, "title", "roost");
	json_set_text(info, "description", "Game servers that sleep until somebody comes.");
	json_set_text(info, "version", api->settings.version != NULL ? api->settings.version : "0");
	put(to, "info", info);
	put(to, "paths", paths());
	put(to, "components", components());
	for (size_t i = 0; i < ELEMENTS(ways); i++) {
		json_t *way = json_object();

		put(way, ways[i], json_array());
		append(security, way);
	}
	put(to, "security", security);
	return to;
}
