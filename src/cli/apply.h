/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CLI_APPLY_H
#define ROOST_CLI_APPLY_H

#include "cli/command.h"

/* Declare what the document holds, as `roost apply -f`; and check it without asking anybody. */
int apply_file(const struct invocation *invocation, const char *file);
int check_file(const char *file);

#endif
