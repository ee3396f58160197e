/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking what a request carries against the table of fields. Everything wrong
 * is told at once, each with its place, so that nobody mends one thing at a time.
 */

#include "api/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed/channel.h"
#include "feed/cursor.h"
#include "model/schedule.h"

static const struct field fields[] = {
#define FIELD(group, place, name, type, least, most, help) \
	{ GROUP_##group, PLACE_##place, name, TYPE_##type, least, most, help },
#include "api/field.def"
};

size_t
field_count(void)
{
	return ELEMENTS(fields);
}

const struct field *
field_at(size_t index)
{
	ASSERT(index < ELEMENTS(fields));
	return &fields[index];
}

bool
field_is_of_query(const struct field *field)
{
	return field->place == PLACE_QUERY || field->place == PLACE_MANY;
}

void
field_error_add(struct field_errors *errors, const char *pointer, const char *detail)
{
	struct spec_error *e;

	if (errors->count == FIELD_ERRORS_LIMIT)
		return;
	e = &errors->list[errors->count++];
	(void)text_put(e->pointer, sizeof e->pointer, pointer);
	(void)text_put(e->detail, sizeof e->detail, detail);
}

static void
wrong(struct field_errors *errors, const struct field *field, const char *detail)
{
	char pointer[64];

	(void)snprintf(pointer, sizeof pointer, "%s%s", field_is_of_query(field) ? "?" : "/",
		       field->name);
	field_error_add(errors, pointer, detail);
}

static const char *
text_problem(const struct field *field, const char *text, char detail[static 256])
{
	struct channel channel;
	struct cursor cursor;
	struct duration duration;
	enum role role;
	size_t length = strlen(text);

	switch (field->type) {
	case TYPE_TEXT:
	case TYPE_SECRET:
		if (field->type == TYPE_TEXT && !text_is_printable(text, length)) {
			(void)snprintf(detail, 256,
				       "is one line of text without control characters; there is "
				       "one behind byte %zu",
				       text_printable_length(text, length));
			return detail;
		}
		if ((int64_t)length >= field->least && (int64_t)length <= field->most)
			return NULL;
		(void)snprintf(detail, 256, "has %lld to %lld bytes", (long long)field->least,
			       (long long)field->most);
		return detail;
	case TYPE_ROLE:
		return role_parse(text, &role) && role != ROLE_NOBODY
			       ? NULL
			       : "is one of player, staff, admin";
	case TYPE_NAME:
		return server_name_is_valid(text) ? NULL
						  : "is a server's name: 1 to 40 of a-z, 0-9 and -";
	case TYPE_TYPE:
		return feed_type_is_valid(text) ? NULL
						: "is a type of event such as server.ready, or "
						  "the beginning of some such as server.";
	case TYPE_CURSOR:
		return cursor_parse(text, &cursor) ? NULL : "is a position, EPOCH:OFFSET or OFFSET";
	case TYPE_ORDER:
		return text_equal(text, "asc") || text_equal(text, "desc") ? NULL
									   : "is asc or desc";
	case TYPE_DURATION:
		return duration_parse(text, &duration) && duration.ms > 0
			       ? NULL
			       : "is a duration such as 90d, 12h or 30m";
	case TYPE_CHANNEL:
		return channel_parse(text, &channel)
			       ? NULL
			       : "is a channel such as servers, server/NAME, user/NAME or alerts, "
				 "or one that the operator declared";
	case TYPE_BOOL:
		return "is true or false";
	case TYPE_INTEGER:
		return "is a whole number";
	case TYPE_OBJECT:
	case TYPE_LIST:
		break;
	case TYPE_ANY:
		return NULL;
	}
	return "is not right";
}

static const char *
number_problem(const struct field *field, int64_t number, char detail[static 256])
{
	if (number >= field->least && number <= field->most)
		return NULL;
	(void)snprintf(detail, 256, "is a whole number from %lld to %lld", (long long)field->least,
		       (long long)field->most);
	return detail;
}

static const char *
list_problem(const struct field *field, const json_t *value, char detail[static 256])
{
	int64_t count = (int64_t)json_array_size(value);

	if (json_is_array(value) && count >= field->least && count <= field->most)
		return NULL;
	(void)snprintf(detail, 256, "is a list of %lld to %lld items", (long long)field->least,
		       (long long)field->most);
	return detail;
}

static const char *
value_problem(const struct field *field, const json_t *value, char detail[static 256])
{
	switch (field->type) {
	case TYPE_BOOL:
		return json_is_boolean(value) ? NULL : "is true or false";
	case TYPE_INTEGER:
		if (!json_is_integer(value))
			return "is a whole number";
		return number_problem(field, json_integer_value(value), detail);
	case TYPE_OBJECT:
		return json_is_object(value) ? NULL : "is an object";
	case TYPE_LIST:
		return list_problem(field, value, detail);
	case TYPE_TEXT:
	case TYPE_SECRET:
	case TYPE_ROLE:
	case TYPE_NAME:
	case TYPE_TYPE:
	case TYPE_CURSOR:
	case TYPE_ORDER:
	case TYPE_DURATION:
	case TYPE_CHANNEL:
		if (!json_is_string(value))
			return "is a text";
		return text_problem(field, json_string_value(value), detail);
	case TYPE_ANY:
		return NULL;
	}
	return "is not right";
}

static const struct field *
field_find(enum field_group group, bool query, const char *name)
{
	for (size_t i = 0; i < ELEMENTS(fields); i++) {
		if (fields[i].group == group && field_is_of_query(&fields[i]) == query &&
		    strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

/* "unknown; known are a, b and c" - or that nothing is. */
static void
unknown(struct field_errors *errors, enum field_group group, bool query, const char *name)
{
	CLEANUP(buf_deinit) struct buf detail = BUF_NULL;
	CLEANUP(buf_deinit) struct buf pointer = BUF_NULL;
	size_t known = 0;

	buf_put_text(&detail, "is not known here; ");
	for (size_t i = 0; i < ELEMENTS(fields); i++) {
		if (fields[i].group != group || field_is_of_query(&fields[i]) != query)
			continue;
		buf_format(&detail, "%s%s", known++ > 0 ? ", " : "known: ", fields[i].name);
	}
	if (known == 0)
		buf_put_text(&detail, "nothing is");
	buf_put_byte(&pointer, query ? '?' : '/');
	for (const char *c = name; *c != '\0'; c++) {
		/* RFC 6901 §3 */
		if (!query && (*c == '~' || *c == '/'))
			buf_put_text(&pointer, *c == '~' ? "~0" : "~1");
		else
			buf_put_byte(&pointer, (unsigned char)*c);
	}
	field_error_add(errors, buf_text(&pointer), buf_text(&detail));
}

static void
check_body(enum field_group group, const json_t *body, struct field_errors *errors, json_t *to)
{
	const char *name;
	json_t *value;
	void *at;
	char detail[256];

	if (body != NULL && !json_is_object(body)) {
		field_error_add(errors, "", "is a JSON object");
		return;
	}
	for (at = json_object_iter((json_t *)body); at != NULL;
	     at = json_object_iter_next((json_t *)body, at)) {
		const struct field *field;
		const char *problem;

		name = json_object_iter_key(at);
		value = json_object_iter_value(at);
		field = field_find(group, false, name);
		problem = field != NULL ? value_problem(field, value, detail) : NULL;
		if (field == NULL)
			unknown(errors, group, false, name);
		else if (problem != NULL)
			wrong(errors, field, problem);
		else
			ASSERT(json_object_set_new(to, name, json_deep_copy(value)) == 0);
	}
	for (size_t i = 0; i < ELEMENTS(fields); i++) {
		if (fields[i].group == group && fields[i].place == PLACE_MUST &&
		    json_object_get(body, fields[i].name) == NULL)
			wrong(errors, &fields[i], "is missing");
	}
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* application/x-www-form-urlencoded, one name or value; false when it is not, or holds a NUL. */
static bool
decode(const char *from, size_t length, struct buf *to)
{
	for (size_t i = 0; i < length; i++) {
		int high, low;

		if (from[i] != '%') {
			buf_put_byte(to, from[i] == '+' ? ' ' : (unsigned char)from[i]);
			continue;
		}
		if (length - i < 3)
			return false;
		high = hex_digit(from[i + 1]);
		low = hex_digit(from[i + 2]);
		if (high < 0 || low < 0 || (high == 0 && low == 0))
			return false;
		buf_put_byte(to, (unsigned char)(high << 4 | low));
		i += 2;
	}
	return to->length == 0 || text_is_printable((const char *)to->data, to->length);
}

/* One more of a parameter that may come again. */
static void
take_one_more(const struct field *field, const char *text, struct field_errors *errors, json_t *to)
{
	json_t *list = json_object_get(to, field->name);
	char detail[256];
	const char *problem = text_problem(field, text, detail);

	if (problem == NULL && (int64_t)json_array_size(list) >= field->most) {
		(void)snprintf(detail, sizeof detail, "is given more than %lld times",
			       (long long)field->most);
		problem = detail;
	}
	if (problem != NULL) {
		wrong(errors, field, problem);
		return;
	}
	if (list == NULL) {
		list = json_array();
		ASSERT(json_object_set_new(to, field->name, list) == 0);
	}
	ASSERT(json_array_append_new(list, json_string(text)) == 0);
}

static void
take_parameter(const struct field *field, const char *text, struct field_errors *errors, json_t *to)
{
	const char *problem;
	char detail[256], *end = NULL;

	if (json_object_get(to, field->name) != NULL) {
		wrong(errors, field, "is given more than once");
		return;
	}
	if (field->type == TYPE_INTEGER) {
		long long number = strlen(text) < 19 ? strtoll(text, &end, 10) : 0;
		bool whole = end != NULL && end != text && *end == '\0';

		problem = whole ? number_problem(field, number, detail) : "is a whole number";
		if (problem == NULL)
			json_set_integer(to, field->name, number);
	} else if (field->type == TYPE_BOOL) {
		bool yes = text_equal(text, "true") || text_equal(text, "1");

		problem = yes || text_equal(text, "false") || text_equal(text, "0")
				  ? NULL
				  : "is true or false";
		json_set_bool(to, field->name, yes);
	} else {
		problem = text_problem(field, text, detail);
		if (problem == NULL)
			json_set_text(to, field->name, text);
	}
	if (problem != NULL)
		wrong(errors, field, problem);
}

static void
check_parameter(enum field_group group, const char *pair, size_t length,
		struct field_errors *errors, json_t *to)
{
	CLEANUP(buf_deinit) struct buf name = BUF_NULL;
	CLEANUP(buf_deinit) struct buf value = BUF_NULL;
	const char *equals = memchr(pair, '=', length);
	size_t name_length = equals != NULL ? (size_t)(equals - pair) : length;
	const struct field *field;

	if (!decode(pair, name_length, &name) ||
	    (equals != NULL && !decode(equals + 1, length - name_length - 1, &value))) {
		field_error_add(errors, "?",
				"is not written as a query: name=value&name=value, "
				"percent-encoded UTF-8");
		return;
	}
	field = field_find(group, true, buf_text(&name));
	if (field == NULL)
		unknown(errors, group, true, buf_text(&name));
	else if (field->place == PLACE_MANY)
		take_one_more(field, buf_text(&value), errors, to);
	else
		take_parameter(field, buf_text(&value), errors, to);
}

static void
check_query(enum field_group group, const char *query, struct field_errors *errors, json_t *to)
{
	while (*query != '\0') {
		size_t length = strcspn(query, "&");

		if (length > 0)
			check_parameter(group, query, length, errors, to);
		query += length;
		if (*query == '&')
			query++;
	}
}

json_t *
fields_check(enum field_group group, const json_t *body, const char *query,
	     struct field_errors *errors)
{
	json_t *to = json_object();

	if (group != GROUP_DECLARE)
		check_body(group, body, errors, to);
	if (query != NULL)
		check_query(group, query, errors, to);
	return to;
}
