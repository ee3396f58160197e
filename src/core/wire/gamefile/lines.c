/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that begin with a key, and commands for the consoles of games. */

#include <string.h>

#include "wire/gamefile/edit.h"

/* Does the line begin with the key, and with none of the others that is longer? */
static bool
is_line_of(const struct editing *e, const struct line *line, const char *key, const json_t *set)
{
	const char *text = e->old + line->from, *other;
	size_t length = line->to - line->from, own = strlen(key);
	json_t *unused;

	if (length < own || memcmp(text, key, own) != 0)
		return false;
	json_object_foreach((json_t *)set, other, unused)
	{
		size_t longer = strlen(other);

		if (longer > own && longer <= length && memcmp(text, other, longer) == 0)
			return false;
	}
	return true;
}

bool
lines_merge(struct editing *e, const json_t *set)
{
	const char *key;
	json_t *wanted;

	json_object_foreach((json_t *)set, key, wanted)
	{
		CLEANUP(text_freep) char *value = scalar_text(wanted, "true", "false");
		struct line line = { .next = 0 };
		bool found = false;

		if (value == NULL || *key == '\0' || !text_is_printable(value, strlen(value)))
			return refuse_edit(e, "the value of %.60s is not one line of text", key);
		while (line_at(e, line.next, &line)) {
			size_t length = line.to - line.from;

			if (!is_line_of(e, &line, key, set))
				continue;
			found = true;
			if (length != strlen(value) ||
			    memcmp(e->old + line.from, value, length) != 0)
				editing_put(e, line.from, line.to, text_copy(value));
		}
		if (!found)
			editing_add_line(e, e->length, TAKE(value));
	}
	return true;
}

/* Is it `key`, alone or with something behind a blank? */
static bool
is_command(const struct editing *e, const struct line *line, const char *key)
{
	size_t length = strlen(key), from = line->from;

	while (from < line->to && (e->old[from] == ' ' || e->old[from] == '\t'))
		from++;
	if (line->to - from < length || memcmp(e->old + from, key, length) != 0)
		return false;
	from += length;
	return from == line->to || e->old[from] == ' ' || e->old[from] == '\t';
}

/* And none of the others that is longer: `bind x` is not `bind`. */
static bool
is_command_of(const struct editing *e, const struct line *line, const char *key, const json_t *set)
{
	const char *other;
	json_t *unused;

	if (!is_command(e, line, key))
		return false;
	json_object_foreach((json_t *)set, other, unused)
	{
		if (strlen(other) > strlen(key) && is_command(e, line, other))
			return false;
	}
	return true;
}

/* A command ends at ';', '"' ends a text, and not all games know an escape for either. */
static bool
key_is_safe(const char *key)
{
	return *key != '\0' && *key != ' ' && *key != '#' && !text_starts_with(key, "//") &&
	       text_is_printable(key, strlen(key)) && strpbrk(key, ";\"\\") == NULL;
}

bool
commands_merge(struct editing *e, const json_t *set)
{
	const char *key;
	json_t *wanted;

	json_object_foreach((json_t *)set, key, wanted)
	{
		CLEANUP(text_freep) char *value = scalar_text(wanted, "1", "0");
		CLEANUP(text_freep) char *text = NULL;
		struct line line = { .next = 0 }, last = { .from = SIZE_MAX };

		if (value == NULL || !text_is_printable(value, strlen(value)) ||
		    strpbrk(value, "\"\\") != NULL)
			return refuse_edit(e,
					   "the value of %.60s cannot be a command's: one line "
					   "without \" and \\ was expected",
					   key);
		if (!key_is_safe(key))
			return refuse_edit(e, "%.60s cannot be a command", key);
		text = json_is_string(wanted) ? text_format("%s \"%s\"", key, value)
					      : text_format("%s %s", key, value);
		while (line_at(e, line.next, &line)) {
			if (is_command_of(e, &line, key, set))
				last = line;
		}
		if (last.from == SIZE_MAX)
			editing_add_line(e, e->length, TAKE(text));
		else if (last.to - last.from != strlen(text) ||
			 memcmp(e->old + last.from, text, strlen(text)) != 0)
			editing_put(e, last.from, last.to, TAKE(text));
	}
	return true;
}
