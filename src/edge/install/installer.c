/* SPDX-License-Identifier: Apache-2.0 */
/* The steps one by one, between the mark that goes and the mark that comes: see the header. */

#include "install/installer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "install/installing.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/inside.h"

#define FOLDER	   ".roost"
#define MARK	   "installed.json"
#define MARK_LIMIT 65536

void
installer_title(const struct install_step *step, char *text, size_t size)
{
	const char *what = step->to != NULL	   ? step->to
			   : step->from != NULL	   ? step->from
			   : step->url != NULL	   ? step->url
			   : step->command != NULL ? step->command[0]
						   : "";

	if (step->title != NULL)
		(void)snprintf(text, size, "%s", step->title);
	else
		(void)snprintf(text, size, "%s%s%.150s", install_verb_word(step->verb),
			       what[0] != '\0' ? " " : "", what);
}

/* ---- the mark ---- */

/* Is it there, for these steps and values, with the files that it speaks of? */
static bool
is_installed(const struct installing *in, const char *digest)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	CLEANUP(json_freep) json_t *mark = NULL;
	const json_t *files;

	if (file_read(in->folder, MARK, MARK_LIMIT, &content) < 0)
		return false;
	mark = json_loadb((const char *)content.data, content.length, 0, NULL);
	if (!text_equal(json_get_text(mark, "digest", NULL), digest))
		return false;
	files = json_object_get(mark, "files");
	for (size_t i = 0; i < json_array_size(files); i++) {
		const char *path = json_string_value(json_array_get(files, i));

		if (path == NULL || !inside_path_is_valid(path) || !inside_has(in->root, path))
			return false;
	}
	return true;
}

static int
put_mark(const struct installing *in, const char *digest)
{
	CLEANUP(json_freep) json_t *mark = json_object();
	CLEANUP(text_freep) char *text = NULL;

	json_set_text(mark, "digest", digest);
	json_set_instant(mark, "at", sys_now());
	ASSERT(json_object_set(mark, "files", in->files) == 0);
	text = json_text(mark);
	return file_write(in->folder, MARK, text, strlen(text), FILE_SURVIVES_POWER);
}

static int
remove_mark(int folder)
{
	if (unlinkat(folder, MARK, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	return fsync(folder) < 0 ? -errno : 0;
}

/* ---- the steps ---- */

static int
do_step(struct installing *in, const struct install_step *step)
{
	switch (step->verb) {
	case INSTALL_DOWNLOAD:
		return step_download(in, step);
	case INSTALL_UNPACK:
		return step_unpack(in, step);
	case INSTALL_ACCEPT:
		return step_accept(in, step);
	case INSTALL_RUN:
		return step_run(in, step);
	case INSTALL_FETCH:
		return step_fetch(in, step);
	case INSTALL_LET:
		return step_let(in, step);
	case INSTALL_NEED:
		return step_need(in, step);
	case INSTALL_VERB_MAX:
		break;
	}
	ASSERT(!"a verb that is none");
	return -EINVAL;
}

/* What failed, why, and what to do about it. */
static void
explain(struct installing *in, const struct install_step *step,
	char ret_said[static REASON_LIMIT + 1])
{
	char title[100];

	installer_title(step, title, sizeof title);
	install_log_say(&in->log, "failed: %s", in->why);
	(void)snprintf(ret_said, REASON_LIMIT + 1, "Install step '%s' failed: %s", title, in->why);
	if (step->say != NULL && step->verb != INSTALL_NEED) {
		size_t length = strlen(ret_said);

		(void)text_put(ret_said + length, REASON_LIMIT + 1 - length, ". ");
		length = strlen(ret_said);
		(void)text_put(ret_said + length, REASON_LIMIT + 1 - length, step->say);
	}
}

static int
take_step(struct installing *in, const struct install_step *template,
	  char ret_said[static REASON_LIMIT + 1])
{
	struct install_step step;
	char title[200];
	int r = -EINVAL;

	if (!install_step_applies(template, in->values))
		return 0;
	installer_title(template, title, sizeof title);
	install_log_say(&in->log, "%s", title);
	if (!install_step_fill(template, in->values, &step, in->why)) {
		explain(in, template, ret_said);
		return r;
	}
	r = atomic_load(&in->watch->cancelled) ? install_wrong(in, -ECANCELED, "it was given up")
					       : do_step(in, &step);
	if (r < 0)
		explain(in, &step, ret_said);
	install_step_deinit(&step);
	return r;
}

static int
take_steps(struct installing *in, const struct preparation *preparation,
	   char ret_said[static REASON_LIMIT + 1])
{
	for (size_t i = 0; i < preparation->step_count; i++) {
		int r;

		atomic_store(&in->watch->bytes, 0);
		atomic_store(&in->watch->bytes_expected, 0);
		atomic_store(&in->watch->step, i);
		r = take_step(in, &preparation->steps[i], ret_said);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- beginning and end ---- */

static int
open_directory(struct installing *in, char ret_said[static REASON_LIMIT + 1])
{
	const char *what = in->directory;
	int r = directory_make(in->directory);

	if (r == 0) {
		in->root = open(in->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = in->root < 0 ? -errno : 0;
	}
	if (r == 0 && mkdirat(in->root, FOLDER, 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0) {
		in->folder =
			openat(in->root, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = in->folder < 0 ? -errno : 0;
	}
	if (r < 0)
		file_explain(r, "make", what, ret_said, REASON_LIMIT + 1);
	return r;
}

static void
installing_deinit(struct installing *in)
{
	install_log_close(&in->log);
	fd_closep(&in->folder);
	fd_closep(&in->root);
	json_decref(in->values);
	json_decref(in->files);
}

static int
install(struct installing *in, const struct preparation *preparation, const char *digest,
	char ret_said[static REASON_LIMIT + 1])
{
	int r;

	atomic_store(&in->watch->begun, true);
	r = remove_mark(in->folder);

	if (r == 0)
		r = install_log_open(&in->log, in->folder);
	if (r < 0) {
		file_explain(r, "write", in->directory, ret_said, REASON_LIMIT + 1);
		return r;
	}
	r = take_steps(in, preparation, ret_said);
	if (r < 0)
		return r;
	/* What programs wrote is to survive the power too, when the mark does. */
	r = syncfs(in->root) < 0 ? -errno : put_mark(in, digest);
	if (r < 0) {
		file_explain(r, "write", INSTALLED_PATH, ret_said, REASON_LIMIT + 1);
		return r;
	}
	install_log_say(&in->log, "installed");
	(void)text_put(ret_said, REASON_LIMIT + 1, in->note);
	return 0;
}

int
installer_run(const struct installer_order *order, char ret_said[static REASON_LIMIT + 1])
{
	struct installing in = { .directory = order->directory,
				 .root = -1,
				 .folder = -1,
				 .downloader = order->downloader,
				 .watch = order->watch,
				 .log = { .fd = -1 } };
	char digest[INSTALL_DIGEST_SIZE];
	int r;

	ret_said[0] = '\0';
	if (order->preparation->step_count == 0)
		return 1;
	preparation_digest(order->preparation, digest);
	in.values = json_deep_copy(order->preparation->values);
	in.files = json_array();
	r = open_directory(&in, ret_said);
	if (r == 0 && is_installed(&in, digest))
		r = 1;
	else if (r == 0)
		r = install(&in, order->preparation, digest, ret_said);
	installing_deinit(&in);
	return r;
}

int
installer_forget(const char *directory)
{
	CLEANUP(text_freep) char *path = text_format("%s/" FOLDER, directory);
	CLEANUP(fd_closep)
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (folder < 0)
		return errno == ENOENT ? 0 : -errno;
	return remove_mark(folder);
}
