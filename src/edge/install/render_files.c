/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files rendered where they are: what is there is read, the core says what it becomes, and it
 * is written beside and renamed. See the header.
 */

#include "install/render_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.h"
#include "sys/inside.h"
#include "sys/secret_file.h"
#include "wire/gamefile/gamefile.h"

static int
explain(const struct workshop_order *order, const char *path, int error, const char *doing,
	char ret_why[static REASON_LIMIT + 1])
{
	CLEANUP(text_freep) char *whole = text_format("%s/%s", order->directory, path);

	if (error == -ELOOP || error == -ENOTDIR)
		(void)snprintf(ret_why, REASON_LIMIT + 1,
			       "cannot %s '%.120s': there is a link on its way, which is not "
			       "followed; put the file itself there",
			       doing, whole);
	else
		file_explain(error, doing, whole, ret_why, REASON_LIMIT + 1);
	return error < 0 ? error : -EIO;
}

/* ---- values ---- */

/* A secret's text in place of where it is. */
static bool
read_secret(json_t *values, const char *name, const char *path, char *why)
{
	char *secret;
	json_t *text;

	if (!secret_file_read(path, name, VARIABLE_VALUE_LIMIT, &secret, why, REASON_LIMIT + 1))
		return false;
	text = text_is_printable(secret, strlen(secret)) ? json_string(secret) : NULL;
	secret_free(secret);
	if (text == NULL) {
		(void)snprintf(why, REASON_LIMIT + 1,
			       "'%.150s' does not hold %s: one line of text is expected", path,
			       name);
		return false;
	}
	return json_object_set_new(values, name, text) == 0;
}

/* The copy of the values that files are filled with; its secrets are wiped behind it. */
static void
values_free(json_t **values, const json_t *from)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)from, name, value)
	{
		const json_t *text = json_object_get(*values, name);

		if (json_is_object(value) && json_is_string(text))
			sodium_memzero((char *)json_string_value(text), json_string_length(text));
	}
	json_freep(values);
}

static bool
read_values(const json_t *from, json_t **ret_values, char *why)
{
	json_t *values = json_deep_copy(from);
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)from, name, value)
	{
		const char *path = json_get_text(value, SECRET_FILE_KEY, NULL);

		if (path != NULL && !read_secret(values, name, path, why)) {
			values_free(&values, from);
			return false;
		}
	}
	*ret_values = values;
	return true;
}

/* ---- one file ---- */

struct rendering {
	const struct workshop_order *order;
	int root;
	const json_t *values;
	char *why;
};

/* What is there now: 1; 0: nothing; negative, explained. */
static int
read_old(const struct rendering *r, const char *path, struct buf *ret_old, mode_t *ret_mode)
{
	struct stat is;
	CLEANUP(fd_closep) int fd = inside_open(r->root, path, &is);
	int failed;

	*ret_mode = 0600;
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return explain(r->order, path, fd, "read", r->why);
	failed = fd_read(fd, RENDERED_LIMIT, ret_old);
	if (failed < 0)
		return explain(r->order, path, failed, "read", r->why);
	*ret_mode = is.st_mode & 0777;
	return 1;
}

static int
write_new(const struct rendering *r, const char *path, const struct buf *content, mode_t mode)
{
	CLEANUP(inside_drop) struct inside_file file = INSIDE_FILE_NULL;
	int failed = inside_new(r->root, path, false, &file);

	if (failed == 0)
		failed = fd_write(file.fd, content->data, content->length);
	if (failed == 0 && fchmod(file.fd, mode) < 0)
		failed = -errno;
	if (failed == 0)
		failed = inside_keep(&file);
	return failed < 0 ? explain(r->order, path, failed, "write", r->why) : 0;
}

static int
render_one(const struct rendering *r, const struct prepared_file *file)
{
	CLEANUP(buf_deinit) struct buf old = BUF_NULL, made = BUF_NULL;
	char why[REASON_LIMIT + 1];
	mode_t mode;
	int is_there = read_old(r, file->path, &old, &mode);

	if (is_there < 0)
		return is_there;
	if (is_there == 1 && file->only_new)
		return 0;
	if (!gamefile_render(file, r->values, is_there == 1 ? buf_text(&old) : NULL, old.length,
			     &made, why)) {
		(void)snprintf(r->why, REASON_LIMIT + 1, "'%.100s' %.130s", file->path, why);
		return -EINVAL;
	}
	if (is_there == 1 && old.length == made.length &&
	    (made.length == 0 || memcmp(old.data, made.data, made.length) == 0))
		return 0;
	return write_new(r, file->path, &made, mode);
}

int
render_files(const struct workshop_order *order, char ret_why[static REASON_LIMIT + 1])
{
	const struct preparation *preparation = order->preparation;
	json_t *values = NULL;
	CLEANUP(fd_closep) int root = -1;
	struct rendering r = { .order = order, .why = ret_why };
	int failed = directory_make(order->directory);

	if (failed == 0)
		root = open(order->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (failed < 0 || root < 0) {
		failed = failed < 0 ? failed : -errno;
		file_explain(failed, "make", order->directory, ret_why, REASON_LIMIT + 1);
		return failed;
	}
	if (!read_values(preparation->values, &values, ret_why))
		return -EINVAL;
	r.root = root;
	r.values = values;
	for (size_t i = 0; i < preparation->file_count && failed == 0; i++)
		failed = render_one(&r, &preparation->files[i]);
	values_free(&values, preparation->values);
	return failed;
}
