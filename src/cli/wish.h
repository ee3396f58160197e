/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WISH_H
#define ROOST_WISH_H

/* What `wake` and `sleep` share: say the wish, and stay for it when asked to. */

#include "cli/wait.h"

/* `body` is taken. */
int wish(const struct invocation *invocation, enum wait_for what, json_t *body) must_check;

#endif
