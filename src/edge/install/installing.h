/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_INSTALLING_H
#define ROOST_INSTALLING_H

/* One installation that goes on, and its steps; for installer.c and step.c only. */

#include "install/installer.h"
#include "install/log.h"

struct installing {
	const char *directory;
	int root, folder;		/* the server's directory, and .roost in it */
	struct downloader *downloader;
	struct installer_watch *watch;
	struct install_log log;
	json_t *values;			/* the template's variables, and what steps found */
	json_t *files;			/* paths that must be there for it to count as installed */
	char why[REASON_LIMIT + 1];	/* of the step that failed */
	char note[REASON_LIMIT + 1];	/* what people should know when it is done */
};

/* Say why a step failed; returns `error`. */
int install_wrong(struct installing *in, int error, const char *format, ...) printf_like(3, 4);

/* Each: the step has no holes any more. 0, or negative with the reason in `in->why`. */
int step_download(struct installing *in, const struct install_step *step) must_check;
int step_unpack(struct installing *in, const struct install_step *step) must_check;
int step_accept(struct installing *in, const struct install_step *step) must_check;
int step_run(struct installing *in, const struct install_step *step) must_check;
int step_fetch(struct installing *in, const struct install_step *step) must_check;
int step_let(struct installing *in, const struct install_step *step) must_check;
int step_need(struct installing *in, const struct install_step *step) must_check;

#endif
