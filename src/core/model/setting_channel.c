/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's channels: {name, read, post}, or NAME:READ:POST where there is one line only. */

#include <string.h>

#include "model/name.h"
#include "model/setting_value.h"

/* A role that somebody can have: whoever is nobody reads and posts nothing. */
static bool
read_role(const char *word, enum role *ret_role)
{
	return word != NULL && role_parse(word, ret_role) && *ret_role != ROLE_NOBODY;
}

static bool
read_name(const char *name, struct channel_rule *rule)
{
	return name != NULL && channel_rule_name_is_valid(name) &&
	       text_put(rule->name, sizeof rule->name, name);
}

/* `read` and `post` may be left out: players, and what reads. */
static bool
read_object(const json_t *json, struct channel_rule *rule)
{
	const json_t *read = json_object_get(json, "read"), *post = json_object_get(json, "post");
	size_t known = 1;

	rule->read = ROLE_PLAYER;
	if (!read_name(json_get_text(json, "name", NULL), rule))
		return false;
	if (read != NULL && ++known && !read_role(json_string_value(read), &rule->read))
		return false;
	rule->post = rule->read;
	if (post != NULL && ++known && !read_role(json_string_value(post), &rule->post))
		return false;
	return json_object_size(json) == known;
}

static bool
read_text(const char *text, struct channel_rule *rule)
{
	CLEANUP(text_freep) char *copy = text_copy(text);
	char *read = strchr(copy, ':'), *post = read != NULL ? strchr(read + 1, ':') : NULL;

	if (post == NULL)
		return false;
	*read++ = '\0';
	*post++ = '\0';
	return read_name(copy, rule) && read_role(read, &rule->read) &&
	       read_role(post, &rule->post);
}

bool
channels_read(const struct setting *row, const json_t *json, void *value, size_t *ret_bad)
{
	size_t count = json_array_size(json);
	struct channel_rule *rules;

	*ret_bad = WHOLE_VALUE;
	if (!json_is_array(json) || (int64_t)count > row->max)
		return false;
	rules = mem_new_array(count + 1, sizeof *rules);
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_array_get(json, i);

		if (json_is_string(one) ? read_text(json_string_value(one), &rules[i])
					: read_object(one, &rules[i]))
			continue;
		*ret_bad = i;
		mem_free(rules);
		return false;
	}
	counted_clear(row, value);
	*(struct channel_rule **)setting_field(row, value) = rules;
	*(size_t *)(void *)((char *)value + row->count_offset) = count;
	return true;
}

json_t *
channels_write(const struct setting *row, const void *value)
{
	const struct channel_rule *rules =
		*(struct channel_rule *const *)setting_field_of(row, value);
	size_t count = *(const size_t *)(const void *)((const char *)value + row->count_offset);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *one = json_object();

		json_set_text(one, "name", rules[i].name);
		json_set_text(one, "read", role_word(rules[i].read));
		json_set_text(one, "post", role_word(rules[i].post));
		json_array_append_new(list, one);
	}
	return list;
}
