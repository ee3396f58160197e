/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CLI_FILE_H
#define ROOST_CLI_FILE_H

/* Files the command line reads, and the configuration they hold. */

#include "base/buf.h"
#include "model/config.h"

/* 0 or -errno; -EFBIG beyond `limit` bytes. `path` "-" is the standard input. */
int file_slurp(const char *path, size_t limit, struct buf *ret_content) must_check;

/* The absolute directory that a file lies in; the caller frees. NULL when it cannot be told. */
char *file_directory(const char *path) must_check;

/*
 * Which configuration file the daemon on this machine would read: `option`
 * (--config), else ROOST_CONFIG, else ./roost.yaml when there is one, else NULL.
 */
const char *config_path(const char *option);

struct config_load {
	struct config *config;		/* NULL when something was wrong */
	const char *path;		/* what config_path() said */
	char *base_directory;		/* absolute */
	int error;			/* -errno: the file could not be read */
	struct config_error errors[CONFIG_ERRORS_LIMIT];
	size_t error_count;
};

/* Read it, with this process's environment over it. Nothing is printed. */
void config_load(const char *option, struct config_load *ret_load);
void config_load_deinit(struct config_load *load);

/* Print what was wrong, one line each. */
void config_load_explain(const struct config_load *load);

#endif
