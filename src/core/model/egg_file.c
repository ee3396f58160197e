/* SPDX-License-Identifier: Apache-2.0 */
/* An egg's files: which parser, and what it sets where. */

#include <string.h>

#include "model/egg_inside.h"

static const struct {
	const char *parser, *format;
	bool nests; /* dots lead into groups */
} parsers[] = {
	{ "properties", "properties", false },
	{ "json", "json", true },
	{ "yaml", "yaml", true },
	{ "yml", "yaml", true },
	{ "ini", "ini", true },
	{ "file", "lines", false },
};

/* Put below the members that the dots name. */
static void
put_nested(json_t *set, const char *key, json_t *value)
{
	const char *dot = strchr(key, '.');

	while (dot != NULL && dot[1] != '\0') {
		CLEANUP(text_freep) char *part = text_copy_n(key, (size_t)(dot - key));
		json_t *inner = json_object_get(set, part);

		if (!json_is_object(inner)) {
			inner = json_object();
			ASSERT(json_object_set_new(set, part, inner) == 0);
		}
		set = inner;
		key = dot + 1;
		dot = strchr(key, '.');
	}
	ASSERT(json_object_set_new(set, key, value) == 0);
}

static json_t *
value_of(struct egg *egg, const json_t *value)
{
	CLEANUP(text_freep) char *text = NULL;

	if (!json_is_string(value))
		return json_deep_copy(value);
	text = egg_text(egg, json_string_value(value), false);
	return json_string(text);
}

static json_t *
set_of(struct egg *egg, const char *path, const json_t *find, bool nests)
{
	json_t *set = json_object(), *value;
	const char *key;

	json_object_foreach((json_t *)find, key, value)
	{
		if (json_is_object(value) || json_is_array(value)) {
			egg_note(egg,
				 "In %.80s, '%.80s' is only replaced where it has a certain value; "
				 "that was left out.",
				 path, key);
		} else if (strpbrk(key, "*[{") != NULL || strlen(key) > 200 || *key == '\0') {
			egg_note(egg, "In %.80s, '%.80s' means many members; it was left out.",
				 path, key);
		} else if (nests) {
			put_nested(set, key, value_of(egg, value));
		} else {
			ASSERT(json_object_set_new(set, key, value_of(egg, value)) == 0);
		}
	}
	return set;
}

static json_t *
file_of(struct egg *egg, const char *path, const json_t *rule)
{
	const char *parser = json_get_text(rule, "parser", "file");
	json_t *file;

	for (size_t i = 0; i < ELEMENTS(parsers); i++) {
		if (strcmp(parser, parsers[i].parser) != 0)
			continue;
		file = json_object();
		json_set_text(file, "path", path);
		json_set_text(file, "format", parsers[i].format);
		ASSERT(json_object_set_new(file, "set",
					   set_of(egg, path, json_object_get(rule, "find"),
						  parsers[i].nests)) == 0);
		return file;
	}
	egg_note(egg, "%.80s is of a kind (%.40s) that roost does not write; it was left out.",
		 path, parser);
	return NULL;
}

json_t *
egg_files(struct egg *egg)
{
	CLEANUP(json_freep)
	json_t *rules = egg_inner(json_object_get(json_object_get(egg->from, "config"), "files"));
	json_t *files = json_array(), *rule;
	const char *path;

	json_object_foreach(rules, path, rule)
	{
		const char *inside = path + strspn(path, "/");
		json_t *file = json_is_object(rule) ? file_of(egg, inside, rule) : NULL;

		if (file != NULL && json_object_size(json_object_get(file, "set")) > 0)
			ASSERT(json_array_append(files, file) == 0);
		json_decref(file);
	}
	return files;
}
