/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of several values. One value alone counts as a list of one. Elements
 * may be written as bare numbers or true/false where text is meant (a port among
 * arguments, `EULA: true`): YAML leaves no doubt about how those were spelled.
 */

#include <stdio.h>
#include <string.h>

#include "model/setting_value.h"

#define ELEMENT_LIMIT 8192 /* bytes of one element; command lines are passed to exec */

static size_t
list_size(const json_t *json)
{
	return json_is_array(json) ? json_array_size(json) : 1;
}

static const json_t *
list_at(const json_t *json, size_t index)
{
	return json_is_array(json) ? json_array_get(json, index) : json;
}

static bool
list_fits(const struct setting *row, const json_t *json)
{
	return !json_is_object(json) && (int64_t)list_size(json) >= row->min &&
	       (int64_t)list_size(json) <= row->max;
}

/* An element as text the caller frees, or NULL. */
static char *
element_text(const json_t *json)
{
	if (json_is_integer(json))
		return text_format("%lld", (long long)json_integer_value(json));
	if (json_is_boolean(json))
		return text_copy(json_is_true(json) ? "true" : "false");
	if (!json_is_string(json) || json_string_length(json) > ELEMENT_LIMIT ||
	    strlen(json_string_value(json)) != json_string_length(json))
		return NULL;
	return text_copy(json_string_value(json));
}

static void
texts_freep(char ***texts)
{
	texts_free(*texts);
	*texts = NULL;
}

void
texts_clear(const struct setting *row, void *value)
{
	texts_freep(setting_field(row, value));
}

bool
texts_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	char ***field = setting_field(row, value);
	CLEANUP(texts_freep) char **texts = NULL;

	*ret_bad = WHOLE_VALUE;
	if (!list_fits(row, json))
		return false;
	texts = mem_new_array(list_size(json) + 1, sizeof *texts);
	for (size_t i = 0; i < list_size(json); i++) {
		texts[i] = element_text(list_at(json, i));
		if (texts[i] == NULL) {
			*ret_bad = json_is_array(json) ? i : WHOLE_VALUE;
			return false;
		}
	}
	texts_free(*field);
	*field = TAKE(texts);
	return true;
}

json_t *
texts_write(const struct setting *row, const void *value)
{
	char *const *texts = *(char **const *)setting_field_of(row, value);
	json_t *list = json_array();

	for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
		json_array_append_new(list, json_string(texts[i]));
	return list;
}

/* POSIX 8.1, and what every shell can export. */
static bool
is_variable_name(const char *name)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	size_t length = strlen(name);

	return length > 0 && length < 256 && strspn(name, allowed) == length &&
	       !(name[0] >= '0' && name[0] <= '9');
}

bool
pairs_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	char ***field = setting_field(row, value);
	CLEANUP(texts_freep) char **pairs = NULL;
	const char *name;
	json_t *member;
	size_t count = 0;

	*ret_bad = WHOLE_VALUE;
	if (json_is_array(json) && json_array_size(json) == 0) {
		texts_freep(field);
		return true;
	}
	if (!json_is_object(json) || (int64_t)json_object_size(json) > row->max)
		return false;
	pairs = mem_new_array(json_object_size(json) + 1, sizeof *pairs);
	json_object_foreach((json_t *)json, name, member)
	{
		CLEANUP(text_freep) char *text = element_text(member);

		if (text == NULL || !is_variable_name(name)) {
			*ret_bad = count;
			return false;
		}
		pairs[count++] = text_format("%s=%s", name, text);
	}
	texts_free(*field);
	*field = TAKE(pairs);
	return true;
}

json_t *
pairs_write(const struct setting *row, const void *value)
{
	char *const *pairs = *(char **const *)setting_field_of(row, value);
	json_t *object = json_object();

	for (size_t i = 0; pairs != NULL && pairs[i] != NULL; i++) {
		const char *equals = strchr(pairs[i], '=');
		CLEANUP(text_freep) char *name = NULL;

		ASSERT(equals != NULL);
		name = text_copy_n(pairs[i], (size_t)(equals - pairs[i]));
		json_set_text(object, name, equals + 1);
	}
	return object;
}

void
counted_clear(const struct setting *row, void *value)
{
	void **field = setting_field(row, value);

	mem_free(*field);
	*field = NULL;
	*(size_t *)(void *)((char *)value + row->count_offset) = 0;
}

bool
counted_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	bool networks = row->type == SETTING_NETWORKS;
	size_t size = networks ? sizeof(struct network) : sizeof(struct endpoint);
	size_t count = list_size(json);
	char *array;

	*ret_bad = WHOLE_VALUE;
	if (!list_fits(row, json))
		return false;
	array = mem_new_array(count + 1, size);
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(list_at(json, i));
		void *at = array + i * size;

		if (text == NULL ||
		    !(networks ? network_parse(text, at) : endpoint_parse(text, at))) {
			*ret_bad = json_is_array(json) ? i : WHOLE_VALUE;
			mem_free(array);
			return false;
		}
	}
	counted_clear(row, value);
	*(void **)setting_field(row, value) = array;
	*(size_t *)(void *)((char *)value + row->count_offset) = count;
	return true;
}

static size_t
counted(const struct setting *row, const void *value)
{
	return *(const size_t *)(const void *)((const char *)value + row->count_offset);
}

json_t *
endpoints_write(const struct setting *row, const void *value)
{
	const struct endpoint *e = *(struct endpoint *const *)setting_field_of(row, value);
	json_t *list = json_array();

	for (size_t i = 0; i < counted(row, value); i++) {
		char text[HOST_MAX + 16];

		endpoint_text(&e[i], text, sizeof text);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

json_t *
networks_write(const struct setting *row, const void *value)
{
	const struct network *n = *(struct network *const *)setting_field_of(row, value);
	json_t *list = json_array();

	for (size_t i = 0; i < counted(row, value); i++) {
		char text[IP_TEXT_SIZE], whole[IP_TEXT_SIZE + 8];
		unsigned bits = ip_is_v4(&n[i].ip) && n[i].bits >= 96 ? n[i].bits - 96 : n[i].bits;

		ip_text(&n[i].ip, text);
		(void)snprintf(whole, sizeof whole, "%s/%u", text, bits);
		json_array_append_new(list, json_string(whole));
	}
	return list;
}

#define DURATIONS_EACH_MS ((int64_t)7 * 86400 * 1000)

bool
durations_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	size_t count = list_size(json);
	struct duration *array;

	*ret_bad = WHOLE_VALUE;
	if (!list_fits(row, json))
		return false;
	array = mem_new_array(count + 1, sizeof *array);
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(list_at(json, i));

		if (text == NULL || !duration_parse(text, &array[i]) ||
		    array[i].ms > DURATIONS_EACH_MS) {
			*ret_bad = json_is_array(json) ? i : WHOLE_VALUE;
			mem_free(array);
			return false;
		}
	}
	counted_clear(row, value);
	*(void **)setting_field(row, value) = array;
	*(size_t *)(void *)((char *)value + row->count_offset) = count;
	return true;
}

json_t *
durations_write(const struct setting *row, const void *value)
{
	const struct duration *d = *(struct duration *const *)setting_field_of(row, value);
	json_t *list = json_array();

	for (size_t i = 0; i < counted(row, value); i++) {
		char text[DURATION_TEXT_SIZE];

		duration_setting(d[i], text);
		json_array_append_new(list, json_string(text));
	}
	return list;
}
