/* SPDX-License-Identifier: Apache-2.0 */
/* What each verb does. Nothing here believes what comes: paths are checked again, values are bounded. */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "install/installing.h"
#include "install/run.h"
#include "install/unpack_any.h"
#include "model/pattern.h"
#include "sys/files.h"
#include "sys/inside.h"

#define OUTPUT_LIMIT 65536 /* of a program that is asked for its version */
#define VALUE_LIMIT  4096  /* bytes of a value that is found */

int
install_wrong(struct installing *in, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(in->why, sizeof in->why, format, args);
	va_end(args);
	return error;
}

static int
cannot(struct installing *in, int error, const char *doing, const char *path)
{
	if (error == -ELOOP || error == -ENOTDIR)
		return install_wrong(in, error,
				     "cannot %s '%.120s': a link or a file stands on the way to it",
				     doing, path);
	file_explain(error, doing, path, in->why, sizeof in->why);
	return error;
}

/* The templates' parser has seen to it; a wall has two sides. */
static int
check_path(struct installing *in, const char *path)
{
	if (inside_path_is_valid(path))
		return 0;
	return install_wrong(in, -EINVAL, "'%.120s' does not stay inside the server's directory",
			     path);
}

/* ---- download ---- */

static void
note_unchecked(struct installing *in, const struct install_step *step)
{
	install_log_say(&in->log, "%s was not checked: there is no checksum for it", step->to);
	if (in->note[0] == '\0')
		(void)snprintf(in->note, sizeof in->note,
			       "'%.120s' was not checked: whoever offers it publishes no checksum.",
			       step->to);
}

static bool
has_checksum(const struct install_step *step)
{
	return step->sha1 != NULL || step->sha256 != NULL || step->sha512 != NULL;
}

/* What is there already has the right checksum. */
static bool
is_right(const struct installing *in, const struct install_step *step)
{
	struct stat is;
	CLEANUP(fd_closep) int fd = inside_open(in->root, step->to, &is);

	return fd >= 0 && download_fits(step->sha1, step->sha256, step->sha512, fd);
}

static int
download(struct installing *in, const struct install_step *step)
{
	const struct download download = { .url = step->url,
					   .sha1 = step->sha1,
					   .sha256 = step->sha256,
					   .sha512 = step->sha512,
					   .most = (uint64_t)step->most,
					   .cancelled = &in->watch->cancelled,
					   .bytes = &in->watch->bytes,
					   .bytes_expected = &in->watch->bytes_expected };
	CLEANUP(inside_drop) struct inside_file file = INSIDE_FILE_NULL;
	int r = inside_new(in->root, step->to, step->executable, &file);

	if (r < 0)
		return cannot(in, r, "make", step->to);
	r = download_file(in->downloader, &download, file.fd, in->why);
	if (r < 0)
		return r;
	r = inside_keep(&file);
	return r < 0 ? cannot(in, r, "make", step->to) : 0;
}

int
step_download(struct installing *in, const struct install_step *step)
{
	int r = check_path(in, step->to);

	if (r < 0)
		return r;
	if (!has_checksum(step) && !step->unchecked)
		return install_wrong(in, -EINVAL,
				     "there is no checksum for '%.120s', and no `unchecked: true`",
				     step->to);
	if (has_checksum(step) && is_right(in, step)) {
		install_log_say(&in->log, "%s is there already", step->to);
	} else {
		install_log_say(&in->log, "from %s", step->url);
		r = download(in, step);
	}
	if (r < 0)
		return r;
	if (!has_checksum(step))
		note_unchecked(in, step);
	ASSERT(json_array_append_new(in->files, json_string(step->to)) == 0);
	return 0;
}

/* ---- unpack ---- */

int
step_unpack(struct installing *in, const struct install_step *step)
{
	CLEANUP(fd_closep) int archive = -1;
	struct stat is;
	struct unpack_any unpack = { .root = in->root,
				     .to = step->to != NULL ? step->to : ".",
				     .strip = step->strip,
				     .keep = step->keep,
				     .cancelled = &in->watch->cancelled,
				     .bytes = &in->watch->bytes };
	int r = check_path(in, step->from);

	if (r == 0 && strcmp(unpack.to, ".") != 0)
		r = check_path(in, unpack.to);
	if (r < 0)
		return r;
	archive = inside_open(in->root, step->from, &is);
	if (archive < 0)
		return cannot(in, archive, "read", step->from);
	unpack.archive = archive;
	r = unpack_any(&unpack, in->why);
	if (r == 0)
		install_log_say(&in->log, "%llu files", (unsigned long long)unpack.files);
	return r;
}

/* ---- values ---- */

int
step_accept(struct installing *in, const struct install_step *step)
{
	if (json_is_true(json_object_get(in->values, step->variable)))
		return 0;
	return install_wrong(
		in, -EACCES,
		"it has not been accepted; read it%s%.100s, and when you agree, declare "
		"the server with the variable `%s: true`",
		step->url != NULL ? " at " : "", step->url != NULL ? step->url : "",
		step->variable);
}

int
step_let(struct installing *in, const struct install_step *step)
{
	const char *name;
	json_t *value;

	json_object_foreach(step->values, name, value)
	{
		ASSERT(json_object_set(in->values, name, value) == 0);
		if (json_is_string(value))
			install_log_say(&in->log, "%s = %s", name, json_string_value(value));
	}
	return 0;
}

/* What a document says may become part of a path, a command or an address. */
static bool
is_value(const json_t *value)
{
	return json_is_integer(value) || json_is_boolean(value) ||
	       (json_is_string(value) && json_string_length(value) <= VALUE_LIMIT &&
		text_is_printable(json_string_value(value), json_string_length(value)));
}

static int
take_value(struct installing *in, const json_t *document, const char *name, const json_t *path)
{
	const json_t *value = pick_find(document, path);
	CLEANUP(text_freep) char *where = NULL;
	CLEANUP(text_freep) char *shown = NULL;

	if (!is_value(value)) {
		where = json_text(path);
		return install_wrong(in, -ENOENT, "the answer has no %.150s", where);
	}
	shown = json_text(value);
	install_log_say(&in->log, "%s = %s", name, shown);
	ASSERT(json_object_set(in->values, name, (json_t *)value) == 0);
	return 0;
}

int
step_fetch(struct installing *in, const struct install_step *step)
{
	const struct download download = { .url = step->url,
					   .sha1 = step->sha1,
					   .sha256 = step->sha256,
					   .sha512 = step->sha512,
					   .most = (uint64_t)step->most,
					   .cancelled = &in->watch->cancelled };
	CLEANUP(json_freep) json_t *document = NULL;
	const char *name;
	json_t *path;

	install_log_say(&in->log, "from %s", step->url);
	document = download_json(in->downloader, &download, in->why);
	if (document == NULL)
		return -EIO;
	json_object_foreach(step->pick, name, path)
	{
		int r = take_value(in, document, name, path);

		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- programs ---- */

static void
on_output(void *argument, const char *bytes, size_t length)
{
	install_log_output(&((struct installing *)argument)->log, bytes, length);
}

int
step_run(struct installing *in, const struct install_step *step)
{
	const struct run_order order = { .command = step->command,
					 .directory = in->directory,
					 .within = step->within,
					 .cancelled = &in->watch->cancelled,
					 .output = on_output,
					 .argument = in };
	int r = run_program(&order, in->why);

	install_log_output_end(&in->log);
	return r;
}

static void
on_answer(void *argument, const char *bytes, size_t length)
{
	struct buf *answer = argument;
	size_t room = OUTPUT_LIMIT - answer->length;

	buf_put(answer, bytes, length < room ? length : room);
}

static const char *
say(const struct install_step *step)
{
	return step->say != NULL ? step->say : "";
}

static int
check_number(struct installing *in, const struct install_step *step, const char *answer)
{
	CLEANUP(text_freep) char *number = pattern_find(step->pattern, answer);
	long found = number != NULL ? strtol(number, NULL, 10) : -1;
	long wanted = step->at_least != NULL ? strtol(step->at_least, NULL, 10) : 0;
	const char *program = step->command[0];

	if (number == NULL)
		return install_wrong(in, -ENOENT, "'%.60s' does not say which version it is. %s",
				     program, say(step));
	install_log_say(&in->log, "%s is there in version %ld", program, found);
	if (found >= wanted)
		return 0;
	return install_wrong(in, -ENOENT,
			     "'%.60s' is there in version %ld, and at least %ld is needed. %s",
			     program, found, wanted, say(step));
}

int
step_need(struct installing *in, const struct install_step *step)
{
	CLEANUP(buf_deinit) struct buf answer = BUF_NULL;
	const struct run_order order = { .command = step->command,
					 .directory = in->directory,
					 .within = step->within,
					 .cancelled = &in->watch->cancelled,
					 .output = on_answer,
					 .argument = &answer };
	char why[REASON_LIMIT + 1];
	int r = run_program(&order, why);

	if (r == -ENOENT)
		return install_wrong(in, r, "'%.60s' is not on this machine. %s", step->command[0],
				     say(step));
	if (r < 0)
		return install_wrong(in, r, "%s. %s", why, say(step));
	return check_number(in, step, buf_text(&answer));
}
