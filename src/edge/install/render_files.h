/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RENDER_FILES_H
#define ROOST_RENDER_FILES_H

#include "port/workshop.h"

/*
 * Renders an order's files in its directory, in a thread that may wait (it is a
 * workshop_render). Secrets are read from their files now, and forgotten at the end. A file
 * that is as it should be is not written. 0, or negative with one sentence: which, why, what
 * to do.
 */
int render_files(const struct workshop_order *order, char ret_why[static REASON_LIMIT + 1])
	must_check;

#endif
