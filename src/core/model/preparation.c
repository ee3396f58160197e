/* SPDX-License-Identifier: Apache-2.0 */
/* What is done before a start: the lists, and the files in it. The steps are in install_step.c. */

#include "model/preparation.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "model/preparation_inside.h"

static const char *const file_format_words[] = {
#define FILE_FORMAT(name, wire, help) wire,
#include "model/file_format.def"
	NULL
};

#define SETTING_OF struct prepared_file
#include "model/setting_row.h"
static const struct setting rows[] = {
#include "model/prepared_file_setting.def"
};

static const struct setting_table table = { rows, ELEMENTS(rows) };

static const char *const beside[] = { "set", NULL };

const struct setting_table *
prepared_file_settings(void)
{
	return &table;
}

const char *
file_format_word(enum file_format format)
{
	ASSERT(format < FILE_FORMAT_MAX);
	return file_format_words[format];
}

void
digest_text(const void *bytes, size_t length, char ret_digest[static INSTALL_DIGEST_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, bytes, length);
	for (size_t i = 0; i < sizeof hash; i++) {
		ret_digest[2 * i] = digits[hash[i] >> 4];
		ret_digest[2 * i + 1] = digits[hash[i] & 15];
	}
	ret_digest[2 * sizeof hash] = '\0';
}

bool
inner_path_is_valid(const char *path)
{
	if (*path == '\0' || strlen(path) > ARCHIVE_PATH_LIMIT ||
	    !text_is_printable(path, strlen(path)))
		return false;
	for (;;) {
		size_t length = strcspn(path, "/");

		if (length == 0 || length > 255 || (length == 1 && path[0] == '.') ||
		    (length == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (path[length] == '\0')
			return true;
		path += length + 1;
	}
}

void
check_inner_path(const char *path, const char *pointer, const char *name,
		 struct complaints *complaints)
{
	char where[POINTER_SIZE];

	if (path == NULL || (inner_path_is_valid(path) && !text_starts_with(path, ".roost/") &&
			     strcmp(path, ".roost") != 0))
		return;
	pointer_join(where, pointer, name);
	complain(complaints, where,
		 "not a path inside the server's directory; expected names with / between them, "
		 "none of them . or .., not beginning with .roost (which is roost's own)");
}

/* Values may be in one another where the format has groups. */
static unsigned
depth_of(enum file_format format)
{
	switch (format) {
	case FILE_JSON:
	case FILE_YAML:
		return 16;
	case FILE_INI:
		return 2;
	case FILE_TEXT:
	case FILE_PROPERTIES:
	case FILE_LINES:
	case FILE_COMMANDS:
	case FILE_FORMAT_MAX:
		break;
	}
	return 1;
}

static void
check_set(const struct prepared_file *file, const char *pointer, struct complaints *complaints)
{
	char where[POINTER_SIZE];

	pointer_join(where, pointer, "set");
	if (!json_is_object(file->set) || json_object_size(file->set) > PREPARED_KEYS_LIMIT) {
		complain(complaints, where, "expected an object of what is set, at most %d keys",
			 PREPARED_KEYS_LIMIT);
		return;
	}
	if (json_is_deeper(file->set, depth_of(file->format)))
		complain(complaints, where, "is nested deeper than %s files can be",
			 file_format_word(file->format));
}

static void
check_file(const struct preparation *p, struct prepared_file *file, const char *pointer,
	   struct complaints *complaints)
{
	char where[POINTER_SIZE];

	check_inner_path(file->path, pointer, "path", complaints);
	for (const struct prepared_file *other = p->files; other < file; other++) {
		if (text_equal(other->path, file->path))
			complain(complaints, pointer, "%.100s stands here twice", file->path);
	}
	if (file->format == FILE_TEXT) {
		pointer_join(where, pointer, "text");
		if (file->text == NULL)
			complain(complaints, where, "is missing: all that is in the file");
		pointer_join(where, pointer, "set");
		if (file->set != NULL)
			complain(complaints, where, "is not for files of format text");
		return;
	}
	pointer_join(where, pointer, "text");
	if (file->text != NULL)
		complain(complaints, where, "is only for files of format text; use set");
	check_set(file, pointer, complaints);
}

static void
read_file(struct preparation *p, const json_t *from, const char *pointer,
	  struct complaints *complaints)
{
	struct prepared_file *file = &p->files[p->file_count++];
	size_t before = complaints->total;
	const json_t *set = json_object_get(from, "set");

	settings_init(&table, file);
	settings_read(&table, from, pointer, beside, complaints, file);
	if (set != NULL && !json_is_null(set))
		file->set = json_deep_copy(set);
	if (complaints->total == before)
		check_file(p, file, pointer, complaints);
}

void
preparation_read(const json_t *files, const json_t *install, const char *pointer,
		 struct complaints *complaints, struct preparation *p)
{
	char list[POINTER_SIZE], where[POINTER_SIZE];

	*p = (struct preparation){ .values = json_object() };
	pointer_join(list, pointer, "files");
	if (files != NULL && !json_is_null(files) &&
	    (!json_is_array(files) || json_array_size(files) > PREPARED_FILES_LIMIT)) {
		complain(complaints, list, "expected a list of at most %d files",
			 PREPARED_FILES_LIMIT);
		files = NULL;
	}
	p->files = mem_new_array(json_array_size(files) + 1, sizeof *p->files);
	for (size_t i = 0; i < json_array_size(files); i++) {
		char number[24];

		(void)snprintf(number, sizeof number, "%zu", i);
		pointer_join(where, list, number);
		read_file(p, json_array_get(files, i), where, complaints);
	}
	pointer_join(list, pointer, "install");
	install_steps_read(install, list, complaints, p);
}

void
preparation_deinit(struct preparation *p)
{
	for (size_t i = 0; i < p->file_count; i++) {
		settings_deinit(&table, &p->files[i]);
		json_decref(p->files[i].set);
	}
	mem_free(p->files);
	for (size_t i = 0; i < p->step_count; i++)
		install_step_deinit(&p->steps[i]);
	mem_free(p->steps);
	json_decref(p->values);
	*p = (struct preparation){ .files = NULL };
}

void
preparation_free(struct preparation *p)
{
	if (p == NULL)
		return;
	preparation_deinit(p);
	mem_free(p);
}

bool
preparation_is_empty(const struct preparation *p)
{
	return p->file_count == 0 && p->step_count == 0;
}

static json_t *
files_json(const struct preparation *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->file_count; i++) {
		json_t *file = settings_json(&table, &p->files[i]);

		if (p->files[i].set != NULL)
			ASSERT(json_object_set_new(file, "set", json_deep_copy(p->files[i].set)) ==
			       0);
		ASSERT(json_array_append_new(list, file) == 0);
	}
	return list;
}

json_t *
preparation_json(const struct preparation *p)
{
	json_t *to = json_object();

	ASSERT(json_object_set_new(to, "files", files_json(p)) == 0);
	ASSERT(json_object_set_new(to, "install", install_steps_json(p)) == 0);
	ASSERT(json_object_set_new(to, "values", json_deep_copy(p->values)) == 0);
	return to;
}

struct preparation *
preparation_copy(const struct preparation *p)
{
	CLEANUP(json_freep) json_t *json = preparation_json(p);
	struct preparation *copy = mem_new(sizeof *copy);
	struct spec_error error;
	struct complaints complaints = { .errors = &error, .max = 1 };

	preparation_read(json_object_get(json, "files"), json_object_get(json, "install"), "",
			 &complaints, copy);
	ASSERT(complaints.count == 0);
	json_decref(copy->values);
	copy->values = json_deep_copy(p->values);
	return copy;
}

static void
use_value(void *argument, const char *name, const char *unit)
{
	json_t *const *used = argument;
	json_t *value = json_object_get(used[0], name);

	(void)unit;
	if (value != NULL)
		json_object_set(used[1], name, value);
}

/* Names in holes of texts and, of `when` and the like, names of members. */
static void
use_values(const json_t *from, json_t *used[static 2])
{
	char why[REASON_LIMIT + 1];
	const char *name;
	json_t *member;

	if (json_is_string(from) && !holes_find(json_string_value(from), use_value, used, why))
		return; /* it will not be filled either */
	for (size_t i = 0; i < json_array_size(from); i++)
		use_values(json_array_get(from, i), used);
	json_object_foreach((json_t *)from, name, member)
	{
		use_value(used, name, "");
		use_values(member, used);
	}
}

void
preparation_digest(const struct preparation *p, char ret_digest[static INSTALL_DIGEST_SIZE])
{
	CLEANUP(json_freep) json_t *steps = install_steps_json(p);
	CLEANUP(json_freep) json_t *values = json_object();
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	CLEANUP(text_freep) char *steps_text = NULL;
	CLEANUP(text_freep) char *values_text = NULL;
	json_t *used[2] = { p->values, values };

	ret_digest[0] = '\0';
	if (p->step_count == 0)
		return;
	use_values(steps, used);
	steps_text = json_text(steps);
	values_text = json_dumps(values, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	buf_format(&text, "%s\n%s\n", steps_text, values_text);
	digest_text(buf_text(&text), text.length, ret_digest);
}

void
preparation_fingerprint(const struct preparation *p, const char *directory,
			char ret_digest[static INSTALL_DIGEST_SIZE])
{
	CLEANUP(json_freep) json_t *all = preparation_json(p);
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	CLEANUP(text_freep) char *all_text = NULL;

	all_text = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
	ASSERT(all_text != NULL);
	buf_format(&text, "%s\n%s\n", directory, all_text);
	digest_text(buf_text(&text), text.length, ret_digest);
}
