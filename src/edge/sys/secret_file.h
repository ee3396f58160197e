/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SECRET_FILE_H
#define ROOST_SECRET_FILE_H

/* A secret, as it is given to roost: alone in a file that only its owner may read. */

#include "base/base.h"

/*
 * The file's one line, which the caller frees with secret_free(). False with one sentence,
 * which names `what` ("the RCON password") and never holds it.
 */
bool secret_file_read(const char *path, const char *what, size_t limit, char **ret_secret,
		      char *why, size_t size) must_check;

/* Overwrites it first. NULL is nothing. */
void secret_free(char *secret);

#endif
