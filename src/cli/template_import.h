/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEMPLATE_IMPORT_H
#define ROOST_TEMPLATE_IMPORT_H

#include "cli/command.h"

/*
 * Read an egg's file and write the template that it makes (JSON, which is YAML too) to `output`, a
 * new file, or NULL: to standard output. What was left out, and what has still to be mended,
 * goes to standard error. An exit status.
 */
int template_import(const char *path, const char *output) must_check;

#endif
