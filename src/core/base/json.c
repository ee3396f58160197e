/* SPDX-License-Identifier: Apache-2.0 */
/* Small conveniences over jansson: see the header. */

#include "base/json.h"

#include <string.h>

void
json_freep(json_t **value)
{
	json_decref(*value);
	*value = NULL;
}

char *
json_text(const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	ASSERT(text != NULL);
	return text;
}

const char *
json_get_text(const json_t *object, const char *key, const char *fallback)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : fallback;
}

int64_t
json_get_integer(const json_t *object, const char *key, int64_t fallback)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool
json_get_bool(const json_t *object, const char *key, bool fallback)
{
	const json_t *value = json_object_get(object, key);

	return json_is_boolean(value) ? json_is_true(value) : fallback;
}

struct instant
json_get_instant(const json_t *object, const char *key)
{
	struct instant t = NEVER;
	const char *text = json_get_text(object, key, NULL);

	if (text == NULL || !instant_parse(text, &t))
		return NEVER;
	return t;
}

static void
set(json_t *object, const char *key, json_t *value)
{
	ASSERT(value != NULL && json_object_set_new(object, key, value) == 0);
}

static json_t *
cleaned(const char *text)
{
	size_t length = strlen(text);
	CLEANUP(text_freep) char *clean = mem_new(length + 1);

	text_clean(clean, length + 1, text, length);
	return json_string(clean);
}

void
json_set_text(json_t *object, const char *key, const char *text)
{
	json_t *value = text != NULL ? json_string(text) : json_null();

	set(object, key, value != NULL ? value : cleaned(text));
}

void
json_set_integer(json_t *object, const char *key, int64_t number)
{
	set(object, key, json_integer(number));
}

void
json_set_bool(json_t *object, const char *key, bool value)
{
	set(object, key, json_boolean(value));
}

void
json_set_instant(json_t *object, const char *key, struct instant t)
{
	char text[INSTANT_TEXT_SIZE];

	if (!instant_is_set(t)) {
		set(object, key, json_null());
		return;
	}
	instant_text(t, text);
	set(object, key, json_string(text));
}

bool
json_is_deeper(const json_t *value, unsigned levels)
{
	json_t *member;
	const char *key;
	size_t i;

	if (!json_is_object(value) && !json_is_array(value))
		return false;
	if (levels == 0)
		return true;
	json_object_foreach((json_t *)value, key,
			    member) if (json_is_deeper(member, levels - 1)) return true;
	json_array_foreach(value, i, member) if (json_is_deeper(member, levels - 1)) return true;
	return false;
}
