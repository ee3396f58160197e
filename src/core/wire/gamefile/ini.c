/* SPDX-License-Identifier: Apache-2.0 */
/*
 * INI files: `key = value`, in sections or in none. There are no escapes that all games know,
 * so what would be read as something else is refused.
 */

#include <string.h>

#include "wire/gamefile/edit.h"

enum ini_is { INI_OTHER, INI_SECTION, INI_ENTRY };

/* One line of it. Offsets into the text. */
struct ini_line {
	struct line at;
	enum ini_is is;
	size_t name, name_end; /* of a section or a key */
	size_t value, value_end;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
trim(const struct editing *e, size_t *from, size_t *to)
{
	while (*from < *to && is_blank(e->old[*from]))
		(*from)++;
	while (*to > *from && is_blank(e->old[*to - 1]))
		(*to)--;
}

static bool
ini_next(const struct editing *e, size_t at, struct ini_line *ret_line)
{
	const char *found;
	size_t from, to;

	*ret_line = (struct ini_line){ .is = INI_OTHER };
	if (!line_at(e, at, &ret_line->at))
		return false;
	from = ret_line->at.from;
	to = ret_line->at.to;
	trim(e, &from, &to);
	if (from == to || e->old[from] == ';' || e->old[from] == '#')
		return true;
	if (e->old[from] == '[') {
		found = memchr(e->old + from, ']', to - from);
		if (found == NULL)
			return true;
		ret_line->is = INI_SECTION;
		ret_line->name = from + 1;
		ret_line->name_end = (size_t)(found - e->old);
		return true;
	}
	found = memchr(e->old + from, '=', to - from);
	if (found == NULL)
		return true;
	ret_line->is = INI_ENTRY;
	ret_line->name = from;
	ret_line->name_end = (size_t)(found - e->old);
	ret_line->value = ret_line->name_end + 1;
	ret_line->value_end = to;
	trim(e, &ret_line->name, &ret_line->name_end);
	trim(e, &ret_line->value, &ret_line->value_end);
	return true;
}

static bool
is_named(const struct editing *e, const struct ini_line *line, const char *name)
{
	size_t length = strlen(name);

	return line->name_end - line->name == length &&
	       memcmp(e->old + line->name, name, length) == 0;
}

/* How this file writes an entry. */
static const char *
equals_of(const struct editing *e)
{
	struct ini_line line = { .at = { .next = 0 } };

	while (ini_next(e, line.at.next, &line)) {
		if (line.is == INI_ENTRY)
			return e->old[line.name_end] == '=' ? "=" : " = ";
	}
	return " = ";
}

/* Where a section is, "" being what stands before the first. */
struct section {
	bool is_there;
	size_t end; /* behind its last entry: where a new one goes */
	struct ini_line entry;
	bool has_entry;
};

static struct section
section_find(const struct editing *e, const char *name, const char *key)
{
	struct section found = { .is_there = *name == '\0' };
	struct ini_line line = { .at = { .next = 0 } };
	bool inside = found.is_there, is_top = found.is_there;

	found.end = is_top ? e->length : 0;
	while (ini_next(e, line.at.next, &line)) {
		if (line.is == INI_SECTION) {
			/* In front of the first section, when nothing else stands there. */
			if (is_top && found.end == e->length)
				found.end = line.at.from;
			is_top = false;
			inside = *name != '\0' && is_named(e, &line, name);
			found.is_there = found.is_there || inside;
		}
		if (!inside)
			continue;
		if (line.is != INI_OTHER)
			found.end = line.at.next;
		if (line.is == INI_ENTRY && is_named(e, &line, key)) {
			found.entry = line;
			found.has_entry = true;
		}
	}
	return found;
}

static bool
is_plain(const char *text)
{
	size_t length = strlen(text);

	return text_is_printable(text, length) &&
	       (length == 0 || (!is_blank(text[0]) && !is_blank(text[length - 1])));
}

/* `"""` and a brace begin something of several lines in minetest.conf. */
static bool
value_is_safe(const char *value)
{
	return is_plain(value) && !text_starts_with(value, "\"\"\"") && strcmp(value, "{") != 0;
}

static bool
key_is_safe(const char *key)
{
	return *key != '\0' && is_plain(key) && strchr("[;#", *key) == NULL &&
	       strchr(key, '=') == NULL;
}

static bool
set_one(struct editing *e, const char *section, const char *key, const json_t *wanted)
{
	CLEANUP(text_freep) char *value = scalar_text(wanted, "true", "false");
	struct section is = section_find(e, section, key);
	size_t length;

	if (value == NULL || !value_is_safe(value))
		return refuse_edit(e,
				   "the value of %.60s cannot be written in an INI file: one line "
				   "of text without blanks around it was expected",
				   key);
	if (!key_is_safe(key))
		return refuse_edit(e, "%.60s cannot be a key of an INI file", key);
	length = is.entry.value_end - is.entry.value;
	if (!is.has_entry)
		editing_add_line(e, is.end, text_format("%s%s%s", key, equals_of(e), value));
	else if (length != strlen(value) || memcmp(e->old + is.entry.value, value, length) != 0)
		editing_put(e, is.entry.value, is.entry.value_end, TAKE(value));
	return true;
}

/* A section that is not there yet, with all that is in it. */
static bool
add_section(struct editing *e, const char *section, const json_t *entries)
{
	struct editing fresh;
	struct buf text = BUF_NULL;
	const char *key;
	json_t *value;
	bool fine = true;

	if (!is_plain(section) || *section == '\0' || strchr(section, ']') != NULL)
		return refuse_edit(e, "%.60s cannot be a section of an INI file", section);
	buf_format(&text, "[%s]", section);
	json_object_foreach((json_t *)entries, key, value)
	{
		editing_init(&fresh, "", 0, e->why);
		fine = fine && set_one(&fresh, "", key, value);
		if (fine)
			buf_format(&text, "%s%.*s", e->line_end,
				   (int)strlen(fresh.edits[0].text) - 1, fresh.edits[0].text);
		editing_deinit(&fresh);
	}
	if (fine)
		editing_add_line(e, e->length, buf_take_text(&text));
	buf_deinit(&text);
	return fine;
}

static bool
merge_section(struct editing *e, const char *section, const json_t *entries)
{
	const char *key;
	json_t *value;

	if (!section_find(e, section, "").is_there)
		return add_section(e, section, entries);
	json_object_foreach((json_t *)entries, key, value)
	{
		if (!set_one(e, section, key, value))
			return false;
	}
	return true;
}

/* What stands in no section comes first: behind a new section it would be in that. */
bool
ini_merge(struct editing *e, const json_t *set)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)set, key, value)
	{
		if (!json_is_object(value) && !set_one(e, "", key, value))
			return false;
	}
	json_object_foreach((json_t *)set, key, value)
	{
		if (!json_is_object(value))
			continue;
		if (*key == '\0')
			return refuse_edit(e, "has no section without a name; what stands before "
					      "all sections is set by its keys alone");
		if (!merge_section(e, key, value))
			return false;
	}
	return true;
}
