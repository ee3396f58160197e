/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document against a table: every member finds its row or is refused with
 * where it stands, what is allowed there and what was probably meant. Paths with
 * dots are objects in objects; an object is a group when some path goes on
 * below it.
 */

#include "model/setting.h"

#include <stdio.h>
#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "model/setting_value.h"

#define SHOWN_LIMIT 48 /* bytes of a refused value that are repeated to its author */

void
complain(struct complaints *complaints, const char *pointer, const char *format, ...)
{
	struct spec_error *error;
	char text[1024];
	va_list arguments;

	ASSERT(complaints->max > 0);
	complaints->total++;
	if (complaints->count >= complaints->max)
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	error = &complaints->errors[complaints->count++];
	(void)text_put(error->pointer, sizeof error->pointer, pointer);
	(void)text_put(error->detail, sizeof error->detail, text);
}

void
settings_init(const struct setting_table *table, void *value)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct setting *row = &table->rows[i];
		CLEANUP(json_freep) json_t *initial = NULL;
		size_t bad;

		if (row->initial == NULL)
			continue;
		initial = setting_from_text(row, row->initial);
		ASSERT(setting_kind(row->type)->read(row, initial, value, &bad));
	}
}

void
setting_clear(const struct setting *row, void *value)
{
	if (setting_kind(row->type)->clear != NULL)
		setting_kind(row->type)->clear(row, value);
}

void
settings_deinit(const struct setting_table *table, void *value)
{
	for (size_t i = 0; i < table->count; i++)
		setting_clear(&table->rows[i], value);
}

/* `pointer`/`name`, as RFC 6901 writes it; cut when it does not fit. */
void
pointer_join(char to[static POINTER_SIZE], const char *pointer, const char *name)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	buf_format(&b, "%s/", pointer);
	for (; *name != '\0'; name++) {
		if (*name == '~' || *name == '/')
			buf_put_text(&b, *name == '~' ? "~0" : "~1");
		else
			buf_put_byte(&b, (unsigned char)*name);
	}
	(void)text_put(to, POINTER_SIZE, buf_text(&b));
}

/* The value as its author wrote it, short and printable. */
static void
show_value(const json_t *json, char text[static SHOWN_LIMIT + 4])
{
	CLEANUP(text_freep) char *whole = json_text(json);

	if (!text_put(text, SHOWN_LIMIT, whole))
		memcpy(text + strlen(text), "...", 4);
}

/* The element of a list, or the member of a map, that was refused. */
static const json_t *
find_bad(const json_t *json, size_t bad, char pointer[static POINTER_SIZE])
{
	char before[POINTER_SIZE], number[24];
	const char *name;
	json_t *member;

	(void)text_put(before, sizeof before, pointer);
	if (json_is_array(json)) {
		(void)snprintf(number, sizeof number, "%zu", bad);
		pointer_join(pointer, before, number);
		return json_array_get(json, bad);
	}
	json_object_foreach((json_t *)json, name, member)
	{
		if (bad-- == 0) {
			pointer_join(pointer, before, name);
			return member;
		}
	}
	return json;
}

static void
refuse(const struct setting *row, const json_t *json, const char *pointer,
       struct complaints *complaints)
{
	char allowed[200], shown[SHOWN_LIMIT + 4];
	const char *meant = NULL;
	size_t words = 0;

	setting_allowed(row, allowed, sizeof allowed);
	if (row->flags & SETTING_SECRET) {
		complain(complaints, pointer, "not possible here; expected %s", allowed);
		return;
	}
	show_value(json, shown);
	while (row->words != NULL && row->words[words] != NULL)
		words++;
	if (json_is_string(json) && words > 0)
		meant = word_suggest(json_string_value(json), row->words, words);
	if (meant != NULL)
		complain(complaints, pointer,
			 "%s is not possible here; did you mean %s? Expected %s", shown, meant,
			 allowed);
	else if (!json_is_string(json) && (row->type == SETTING_TEXT || row->type == SETTING_NAME))
		complain(complaints, pointer,
			 "%s is not a text; expected %s (put it in quotes to make it a text)",
			 shown, allowed);
	else
		complain(complaints, pointer, "%s is not possible here; expected %s", shown,
			 allowed);
}

void
setting_read(const struct setting *row, const json_t *json, const char *pointer,
	     struct complaints *complaints, void *value)
{
	size_t bad = WHOLE_VALUE;
	char where[POINTER_SIZE];

	if (setting_kind(row->type)->read(row, json, value, &bad))
		return;
	(void)text_put(where, sizeof where, pointer);
	if (bad != WHOLE_VALUE)
		json = find_bad(json, bad, where);
	refuse(row, json, where, complaints);
}

/* What settings_read() carries down through the groups. */
struct reading {
	const struct setting_table *table;
	const char *const *beside;
	struct complaints *complaints;
	void *value;
	bool seen[SETTING_ROWS_LIMIT];
};

/* The next name in `path` below `group` ("" = the top), or NULL when it is not below it. */
static const char *
below(const char *path, const char *group, size_t *ret_length)
{
	size_t length = strlen(group);

	if (length > 0) {
		if (strncmp(path, group, length) != 0 || path[length] != '.')
			return NULL;
		path += length + 1;
	}
	*ret_length = strcspn(path, ".");
	return path;
}

/* The names that may stand in a group, each once; returns how many. Freed by the caller. */
static size_t
group_names(const struct reading *r, const char *group, char *names[static SETTING_ROWS_LIMIT])
{
	size_t count = 0;

	for (size_t i = 0; i < r->table->count && count < SETTING_ROWS_LIMIT - 1; i++) {
		size_t length;
		const char *name = below(r->table->rows[i].path, group, &length);

		if (name == NULL)
			continue;
		if (count > 0 && strlen(names[count - 1]) == length &&
		    strncmp(names[count - 1], name, length) == 0)
			continue;
		names[count++] = text_copy_n(name, length);
	}
	for (size_t i = 0; r->beside != NULL && r->beside[i] != NULL; i++) {
		size_t length;
		const char *name = below(r->beside[i], group, &length);

		if (name != NULL && name[length] == '\0' && count < SETTING_ROWS_LIMIT)
			names[count++] = text_copy(name);
	}
	return count;
}

static void
refuse_unknown(struct reading *r, const char *group, const char *name, const char *pointer)
{
	CLEANUP(buf_deinit) struct buf all = BUF_NULL;
	char *names[SETTING_ROWS_LIMIT];
	char shown[SHOWN_LIMIT];
	size_t count = group_names(r, group, names);
	const char *meant = word_suggest(name, (const char *const *)names, count);

	text_clean(shown, sizeof shown, name, strlen(name));
	for (size_t i = 0; i < count; i++)
		buf_format(&all, "%s%s", i == 0 ? "" : ", ", names[i]);
	if (meant != NULL)
		complain(r->complaints, pointer, "there is no setting %s; did you mean %s?", shown,
			 meant);
	else
		complain(r->complaints, pointer, "there is no setting %s; known here: %s", shown,
			 buf_text(&all));
	for (size_t i = 0; i < count; i++)
		mem_free(names[i]);
}

static void
refuse_group(struct reading *r, const char *group, const char *pointer)
{
	CLEANUP(buf_deinit) struct buf all = BUF_NULL;
	char *names[SETTING_ROWS_LIMIT];
	size_t count = group_names(r, group, names);

	for (size_t i = 0; i < count; i++) {
		buf_format(&all, "%s%s", i == 0 ? "" : ", ", names[i]);
		mem_free(names[i]);
	}
	complain(r->complaints, pointer, "expected a group of settings: %s", buf_text(&all));
}

enum place { PLACE_UNKNOWN, PLACE_SETTING, PLACE_GROUP };

static enum place
find_place(const struct setting_table *table, const char *path, size_t *ret_row)
{
	size_t length;

	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->rows[i].path, path) == 0) {
			*ret_row = i;
			return PLACE_SETTING;
		}
		if (below(table->rows[i].path, path, &length) != NULL)
			return PLACE_GROUP;
	}
	return PLACE_UNKNOWN;
}

/* Somebody else reads it. */
static bool
is_beside(const struct reading *r, const char *path)
{
	for (size_t i = 0; r->beside != NULL && r->beside[i] != NULL; i++)
		if (strcmp(r->beside[i], path) == 0)
			return true;
	return false;
}

/* Reads the object that is the group at `path`; paths in the tables bound the depth. */
static void
read_group(struct reading *r, const char *group, const json_t *object, const char *pointer)
{
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)object, name, member)
	{
		char path[SETTING_PATH_LIMIT], where[POINTER_SIZE];
		size_t row = 0;
		enum place place = PLACE_UNKNOWN;
		int length = snprintf(path, sizeof path, "%s%s%s", group, *group ? "." : "", name);

		pointer_join(where, pointer, name);
		if (length > 0 && (size_t)length < sizeof path && strchr(name, '.') == NULL &&
		    *name != '\0')
			place = find_place(r->table, path, &row);
		if (is_beside(r, path))
			continue;
		if (place == PLACE_UNKNOWN)
			refuse_unknown(r, group, name, where);
		else if (json_is_null(member))
			continue;
		else if (place == PLACE_GROUP && json_is_object(member))
			read_group(r, path, member, where);
		else if (place == PLACE_GROUP)
			refuse_group(r, path, where);
		else {
			r->seen[row] = true;
			setting_read(&r->table->rows[row], member, where, r->complaints, r->value);
		}
	}
}

static void
require(const struct reading *r, const struct setting *row, const char *pointer)
{
	char allowed[200], where[POINTER_SIZE];
	CLEANUP(text_freep) char *slashed = text_copy(row->path);

	for (char *c = slashed; *c != '\0'; c++) {
		if (*c == '.')
			*c = '/';
	}
	(void)snprintf(where, sizeof where, "%s/%s", pointer, slashed);
	setting_allowed(row, allowed, sizeof allowed);
	complain(r->complaints, where, "%s is missing (%s); expected %s", row->path, row->help,
		 allowed);
}

void
settings_read(const struct setting_table *table, const json_t *document, const char *pointer,
	      const char *const *beside, struct complaints *complaints, void *value)
{
	struct reading r = {
		.table = table, .beside = beside, .complaints = complaints, .value = value
	};

	ASSERT(table->count <= SETTING_ROWS_LIMIT);
	if (!json_is_object(document)) {
		refuse_group(&r, "", pointer);
		return;
	}
	read_group(&r, "", document, pointer);
	for (size_t i = 0; i < table->count; i++) {
		if ((table->rows[i].flags & SETTING_REQUIRED) && !r.seen[i])
			require(&r, &table->rows[i], pointer);
	}
}

json_t *
setting_json(const struct setting *row, const void *value)
{
	return setting_kind(row->type)->write(row, value);
}

bool
setting_equal(const struct setting *row, const void *a, const void *b)
{
	CLEANUP(json_freep) json_t *a_json = setting_json(row, a);
	CLEANUP(json_freep) json_t *b_json = setting_json(row, b);

	return json_equal(a_json, b_json) != 0;
}

/* The object at the path's last dot, made when it is not there yet. */
static json_t *
group_of(json_t *object, const char *path, const char **ret_name)
{
	size_t length;

	while (path[length = strcspn(path, ".")] == '.') {
		CLEANUP(text_freep) char *name = text_copy_n(path, length);
		json_t *group = json_object_get(object, name);

		if (group == NULL) {
			group = json_object();
			json_object_set_new(object, name, group);
		}
		object = group;
		path += length + 1;
	}
	*ret_name = path;
	return object;
}

json_t *
settings_json(const struct setting_table *table, const void *value)
{
	json_t *document = json_object();

	for (size_t i = 0; i < table->count; i++) {
		const struct setting *row = &table->rows[i];
		const char *name;
		json_t *group;

		if (row->flags & SETTING_SECRET)
			continue;
		group = group_of(document, row->path, &name);
		json_object_set_new(group, name, setting_json(row, value));
	}
	return document;
}

/* Absolute paths stay; others start at `base`; "./" in front says nothing. */
static void
make_absolute(char **path, const char *base)
{
	const char *rest = *path;
	char *whole;

	if (rest == NULL || *rest == '/')
		return;
	while (text_starts_with(rest, "./"))
		rest += 2 + strspn(rest + 2, "/");
	if (*rest == '\0' || strcmp(rest, ".") == 0)
		whole = text_copy(base);
	else
		whole = text_format("%s%s%s", base, text_ends_with(base, "/") ? "" : "/", rest);
	mem_free(*path);
	*path = whole;
}

/* Of a map, what stands behind each name. */
static void
make_pairs_absolute(char **pairs, const char *base)
{
	for (size_t i = 0; pairs != NULL && pairs[i] != NULL; i++) {
		size_t length = strcspn(pairs[i], "=");
		CLEANUP(text_freep) char *name = text_copy_n(pairs[i], length);
		CLEANUP(text_freep) char *path = text_copy(pairs[i] + length + 1);

		make_absolute(&path, base);
		mem_free(pairs[i]);
		pairs[i] = text_format("%s=%s", name, path);
	}
}

void
settings_make_absolute(const struct setting_table *table, void *value, const char *base)
{
	if (base == NULL || *base == '\0')
		return;
	for (size_t i = 0; i < table->count; i++) {
		const struct setting *row = &table->rows[i];

		if (!(row->flags & SETTING_PATH))
			continue;
		if (row->type == SETTING_PAIRS)
			make_pairs_absolute(*(char ***)setting_field(row, value), base);
		else
			make_absolute(setting_field(row, value), base);
	}
}
