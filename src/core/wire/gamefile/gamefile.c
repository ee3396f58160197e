/* SPDX-License-Identifier: Apache-2.0 */
/* Which format it is, and what all of them share: lines, and edits of a text. */

#include "wire/gamefile/gamefile.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/gamefile/edit.h"

bool
refuse_edit(struct editing *e, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(e->why, REASON_LIMIT + 1, format, arguments);
	va_end(arguments);
	return false;
}

void
editing_init(struct editing *e, const char *old, size_t length, char *why)
{
	const char *end = memchr(old, '\n', length);

	*e = (struct editing){ .old = old, .length = length, .why = why };
	e->line_end = end != NULL && end > old && end[-1] == '\r' ? "\r\n" : "\n";
}

void
editing_deinit(struct editing *e)
{
	for (size_t i = 0; i < e->count; i++)
		mem_free(e->edits[i].text);
	mem_free(e->edits);
	*e = (struct editing){ .old = NULL };
}

/* Sorted by where they begin; those at one place in the order they came. */
void
editing_put(struct editing *e, size_t from, size_t to, char *text)
{
	size_t i;

	ASSERT(from <= to && to <= e->length);
	if (e->count == e->room) {
		e->room = e->room == 0 ? 16 : 2 * e->room;
		e->edits = mem_resize(e->edits, e->room * sizeof *e->edits);
	}
	for (i = e->count++; i > 0 && e->edits[i - 1].from > from; i--)
		e->edits[i] = e->edits[i - 1];
	e->edits[i] = (struct edit){ .from = from, .to = to, .text = text };
}

void
editing_add_line(struct editing *e, size_t at, char *text)
{
	/* Behind a last line that has no end, the end is put in front; and the text keeps having none. */
	bool behind_open_line = at == e->length && at > 0 && e->old[at - 1] != '\n';
	char *line = behind_open_line ? text_format("%s%s", e->line_end, text)
				      : text_format("%s%s", text, e->line_end);

	mem_free(text);
	editing_put(e, at, at, line);
}

bool
editing_is_torn(const struct editing *e)
{
	for (size_t i = 1; i < e->count; i++)
		if (e->edits[i].from < e->edits[i - 1].to)
			return true;
	return false;
}

void
editing_apply(struct editing *e, struct buf *to)
{
	size_t at = 0;

	for (size_t i = 0; i < e->count; i++) {
		const struct edit *edit = &e->edits[i];

		ASSERT(edit->from >= at);
		buf_put(to, e->old + at, edit->from - at);
		buf_put_text(to, edit->text);
		at = edit->to;
	}
	buf_put(to, e->old + at, e->length - at);
}

bool
line_at(const struct editing *e, size_t at, struct line *ret_line)
{
	const char *end;

	if (at >= e->length)
		return false;
	end = memchr(e->old + at, '\n', e->length - at);
	ret_line->from = at;
	ret_line->to = end != NULL ? (size_t)(end - e->old) : e->length;
	ret_line->next = end != NULL ? ret_line->to + 1 : e->length;
	if (ret_line->to > at && e->old[ret_line->to - 1] == '\r')
		ret_line->to--;
	return true;
}

char *
scalar_text(const json_t *value, const char *yes, const char *no)
{
	if (json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value))
		return text_copy(json_string_value(value));
	if (json_is_integer(value))
		return text_format("%" PRId64, (int64_t)json_integer_value(value));
	if (json_is_boolean(value))
		return text_copy(json_is_true(value) ? yes : no);
	return NULL;
}

void
tree_lay_over(json_t *under, const json_t *over)
{
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)over, name, member)
	{
		json_t *below = json_object_get(under, name);

		if (json_is_object(below) && json_is_object(member))
			tree_lay_over(below, member);
		else
			json_object_set_new(under, name, json_deep_copy(member));
	}
}

static bool
merge(enum file_format format, struct editing *e, const json_t *set)
{
	switch (format) {
	case FILE_PROPERTIES:
		return properties_merge(e, set);
	case FILE_INI:
		return ini_merge(e, set);
	case FILE_LINES:
		return lines_merge(e, set);
	case FILE_COMMANDS:
		return commands_merge(e, set);
	case FILE_YAML:
		return yaml_merge(e, set);
	case FILE_TEXT:
	case FILE_JSON:
	case FILE_FORMAT_MAX:
		break;
	}
	ASSERT(!"a format that is edited");
}

static bool
render_set(enum file_format format, const json_t *set, const char *old, size_t length,
	   struct buf *to, char *why)
{
	struct editing e;
	bool merged;

	if (format == FILE_JSON)
		return json_merge(old, length, set, to, why);
	editing_init(&e, old, length, why);
	merged = merge(format, &e, set);
	if (merged && editing_is_torn(&e))
		merged = refuse_edit(&e, "has a line that two of the keys to be set stand for; "
					 "leave one of them out");
	if (merged)
		editing_apply(&e, to);
	if (merged && format == FILE_YAML && !yaml_is_merged(&e, set, to))
		merged = refuse_edit(&e, "is YAML that roost cannot edit without changing more "
					 "than it should; write these keys into it by hand, or "
					 "remove it");
	editing_deinit(&e);
	return merged;
}

/* Values go into one line each; the text's own line ends stay. */
static bool
render_text(const struct prepared_file *file, const json_t *values, struct buf *to, char *why)
{
	CLEANUP(text_freep) char *text = NULL;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)values, name, value)
	{
		const char *written = json_string_value(value);

		if (written != NULL && !text_is_printable(written, strlen(written))) {
			(void)snprintf(why, REASON_LIMIT + 1, "%s is not one line of text", name);
			return false;
		}
	}
	text = hole_fill_text(file->text, values, HOLE_PLAIN, why);
	if (text == NULL)
		return false;
	buf_put_text(to, text);
	return true;
}

bool
gamefile_render(const struct prepared_file *file, const json_t *values, const void *old,
		size_t old_length, struct buf *ret_new, char ret_why[static REASON_LIMIT + 1])
{
	CLEANUP(buf_deinit) struct buf made = BUF_NULL;
	CLEANUP(json_freep) json_t *set = NULL;
	CLEANUP(text_freep)
	char *text = text_copy_n(old != NULL ? old : "", old != NULL ? old_length : 0);
	char pointer[HOLE_POINTER_SIZE];

	if (old != NULL && strlen(text) != old_length) {
		(void)text_put(ret_why, REASON_LIMIT + 1, "holds a NUL byte, so it is no text");
		return false;
	}
	if (file->format == FILE_TEXT) {
		if (!render_text(file, values, &made, ret_why))
			return false;
	} else {
		set = holes_fill(file->set, values, pointer, ret_why);
		if (set == NULL || !render_set(file->format, set, text,
					       old != NULL ? old_length : 0, &made, ret_why))
			return false;
	}
	buf_deinit(ret_new);
	*ret_new = made;
	made = BUF_NULL;
	return true;
}
