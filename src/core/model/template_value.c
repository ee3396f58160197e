/* SPDX-License-Identifier: Apache-2.0 */
/* What people give for a template's variables: one type after the other, each with its bounds. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "model/pattern.h"
#include "model/quantity.h"
#include "model/template_inside.h"

/* The bounds of a variable that declares none. */
void
variable_bounds(enum variable_type type, int64_t *ret_least, int64_t *ret_most)
{
	static const struct {
		int64_t least, most;
	} bounds[] = {
		[VARIABLE_TEXT] = { 0, 1000 },
		[VARIABLE_NUMBER] = { INT32_MIN, INT32_MAX },
		[VARIABLE_BOOLEAN] = { 0, 1 },
		[VARIABLE_CHOICE] = { 0, 1000 },
		[VARIABLE_SECRET] = { 1, VARIABLE_VALUE_LIMIT },
		[VARIABLE_SIZE] = { 0, INT64_C(16) << 40 },
		[VARIABLE_DURATION] = { 0, INT64_C(365) * 86400000 },
		[VARIABLE_PORT] = { 1, 65535 },
	};

	_Static_assert(ELEMENTS(bounds) == VARIABLE_TYPE_MAX, "bounds of every type");
	*ret_least = bounds[type].least;
	*ret_most = bounds[type].most;
}

/* A number of the variable's kind, as it is written. */
bool
variable_number(enum variable_type type, const json_t *given, int64_t *ret_number)
{
	const char *text = json_string_value(given);
	struct duration duration;
	char *end;

	if (type == VARIABLE_SIZE || type == VARIABLE_DURATION) {
		if (json_is_integer(given) && json_integer_value(given) == 0)
			text = "0";
		if (text == NULL)
			return false;
		if (type == VARIABLE_SIZE)
			return size_parse(text, ret_number);
		if (!duration_parse(text, &duration))
			return false;
		*ret_number = duration.ms;
		return true;
	}
	if (json_is_integer(given)) {
		*ret_number = json_integer_value(given);
		return true;
	}
	if (text == NULL || strlen(text) > 18 || strspn(text + (*text == '-'), "0123456789") == 0)
		return false;
	*ret_number = strtoll(text, &end, 10);
	return *end == '\0';
}

/* And back: what a bound or a canonical value is. */
json_t *
variable_number_json(enum variable_type type, int64_t number)
{
	char text[QUANTITY_TEXT_SIZE];

	_Static_assert(QUANTITY_TEXT_SIZE >= DURATION_TEXT_SIZE, "both kinds fit");
	if (type == VARIABLE_SIZE) {
		size_text(number, text);
		return json_string(text);
	}
	if (type == VARIABLE_DURATION) {
		duration_setting(DURATION_MS(number), text);
		return json_string(text);
	}
	return json_integer(number);
}

static void
put_number(struct buf *b, enum variable_type type, int64_t number)
{
	CLEANUP(json_freep) json_t *json = variable_number_json(type, number);

	if (json_is_string(json))
		buf_put_text(b, json_string_value(json));
	else
		buf_format(b, "%" PRId64, number);
}

static void
put_bounds(struct buf *b, const struct template_variable *v, const char *what, const char *of)
{
	buf_put_text(b, what);
	put_number(b, v->type, v->least);
	buf_put_text(b, " to ");
	put_number(b, v->type, v->most);
	buf_put_text(b, of);
}

static void
put_allowed(struct buf *b, const struct template_variable *v)
{
	switch (v->type) {
	case VARIABLE_TEXT:
		put_bounds(b, v, "text on one line, ", " bytes");
		if (v->pattern != NULL)
			buf_format(b, ", that is like %s", v->pattern);
		return;
	case VARIABLE_NUMBER:
		put_bounds(b, v, "a whole number, ", "");
		return;
	case VARIABLE_BOOLEAN:
		buf_put_text(b, "true or false");
		return;
	case VARIABLE_CHOICE:
		for (size_t i = 0; v->choices != NULL && v->choices[i] != NULL; i++)
			buf_format(b, "%s%s",
				   i == 0		       ? ""
				   : v->choices[i + 1] == NULL ? " or "
							       : ", ",
				   v->choices[i]);
		return;
	case VARIABLE_SECRET:
		buf_put_text(b, "the path of a file that holds it, on roost's machine");
		return;
	case VARIABLE_SIZE:
		put_bounds(b, v, "a size such as 512MiB or 2GiB, ", "");
		return;
	case VARIABLE_DURATION:
		put_bounds(b, v, "a duration such as 90s, 15m or 2h, ", "");
		return;
	case VARIABLE_PORT:
		put_bounds(b, v, "a port, ", "");
		return;
	case VARIABLE_TYPE_MAX:
		break;
	}
	ASSERT(!"a type of variable");
}

void
variable_allowed(const struct template_variable *variable, char *text, size_t size)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	put_allowed(&b, variable);
	(void)text_put(text, size, buf_text(&b));
}

/* Numbers and booleans that stand for a text, as YAML reads them without quotes. */
static char *
text_of(const json_t *given)
{
	if (json_is_string(given) && strlen(json_string_value(given)) == json_string_length(given))
		return text_copy(json_string_value(given));
	if (json_is_integer(given) || json_is_boolean(given))
		return json_text(given);
	return NULL;
}

static bool
text_fits(const struct template_variable *v, const char *text)
{
	int64_t length = (int64_t)strlen(text);

	if (length < v->least || length > v->most || !text_is_printable(text, (size_t)length))
		return false;
	return v->pattern == NULL || pattern_matches(v->pattern, text);
}

static json_t *
word_value(const struct template_variable *v, const json_t *given)
{
	CLEANUP(text_freep) char *text = text_of(given);

	if (text == NULL)
		return NULL;
	if (v->type == VARIABLE_BOOLEAN) {
		if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
			return json_boolean(*text == 't');
		return NULL;
	}
	for (size_t i = 0; v->choices != NULL && v->choices[i] != NULL; i++) {
		if (strcmp(v->choices[i], text) == 0)
			return json_string(text);
	}
	return NULL;
}

static json_t *
text_value(const struct template_variable *v, const json_t *given)
{
	CLEANUP(text_freep) char *text = text_of(given);
	json_t *secret;

	if (text == NULL || !text_fits(v, text))
		return NULL;
	if (v->type != VARIABLE_SECRET)
		return json_string(text);
	secret = json_object();
	json_set_text(secret, SECRET_FILE_KEY, text);
	return secret;
}

static json_t *
number_value(const struct template_variable *v, const json_t *given)
{
	int64_t number;

	if (!variable_number(v->type, given, &number) || number < v->least || number > v->most)
		return NULL;
	return variable_number_json(v->type, number);
}

static json_t *
any_value(const struct template_variable *v, const json_t *given)
{
	switch (v->type) {
	case VARIABLE_TEXT:
		return text_value(v, given);
	case VARIABLE_SECRET:
		/* As it is written, or as roost itself keeps it. */
		if (json_is_object(given) && json_object_size(given) == 1)
			given = json_object_get(given, SECRET_FILE_KEY);
		return text_value(v, given);
	case VARIABLE_BOOLEAN:
	case VARIABLE_CHOICE:
		return word_value(v, given);
	case VARIABLE_NUMBER:
	case VARIABLE_SIZE:
	case VARIABLE_DURATION:
	case VARIABLE_PORT:
		return number_value(v, given);
	case VARIABLE_TYPE_MAX:
		break;
	}
	ASSERT(!"a type of variable");
}

json_t *
variable_value(const struct template_variable *variable, const json_t *given,
	       char ret_why[static REASON_LIMIT + 1])
{
	json_t *value = any_value(variable, given);
	CLEANUP(buf_deinit) struct buf why = BUF_NULL;
	CLEANUP(text_freep) char *shown = NULL;
	char cut[49];

	if (value != NULL)
		return value;
	shown = variable->type == VARIABLE_SECRET ? NULL : json_text(given);
	(void)text_put(cut, sizeof cut, shown != NULL ? shown : "this");
	buf_format(&why, "%s is not possible here; expected ", cut);
	put_allowed(&why, variable);
	(void)text_put(ret_why, REASON_LIMIT + 1, buf_text(&why));
	return NULL;
}
