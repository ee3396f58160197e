/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_FAVICON_H
#define ROOST_FAVICON_H

/* A server's icon file as the `data:` URL that goes into a status answer. */

#include "model/spec.h"

/*
 * Read the icon at `path`: a PNG of 64x64 points and at most FAVICON_LIMIT bytes.
 * Returns the caller's text, or NULL with one sentence in `why`.
 */
char *favicon_read(const char *path, char why[static REASON_LIMIT + 1]) must_check;

#endif
