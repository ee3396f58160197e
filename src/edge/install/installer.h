/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_INSTALLER_H
#define ROOST_INSTALLER_H

/*
 * Carries out the steps of an installation (model/preparation.h) in a server's directory, in
 * a thread that may wait. Interrupted at any moment, it is simply done again: nothing counts
 * as installed before the mark, `.roost/installed.json`, is there, and that is written last.
 * What the steps do not name is never touched, so a world stays as it is.
 */

#include <stdatomic.h>

#include "install/download.h"
#include "model/preparation.h"

#define INSTALLED_PATH ".roost/installed.json"

/* From any thread, while it goes on. */
struct installer_watch {
	atomic_bool cancelled;
	atomic_bool begun;			/* it was not installed before */
	_Atomic size_t step;			/* which one is done now */
	_Atomic uint64_t bytes, bytes_expected;	/* of it; 0 = not known */
};

struct installer_order {
	const char *directory;			/* absolute; made when it is not there */
	const struct preparation *preparation;
	struct downloader *downloader;
	struct installer_watch *watch;
};

/*
 * 1: it was installed; 0: it is installed now, and `ret_said` has what people should know of
 * it, or ""; negative: a step failed, and which, why and what to do is in `ret_said`.
 */
int installer_run(const struct installer_order *order, char ret_said[static REASON_LIMIT + 1])
	must_check;

/* Forget that it was installed: the next time it is done again. 0 or -errno. */
int installer_forget(const char *directory) must_check;

/* "Download the server", or what stands in its place. */
void installer_title(const struct install_step *step, char *text, size_t size);

#endif
