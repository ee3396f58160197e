/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PREPARATION_INSIDE_H
#define ROOST_PREPARATION_INSIDE_H

/* Between the files that preparations and templates are made of. */

#include "base/buf.h"
#include "model/preparation.h"

bool inner_path_is_valid(const char *path) must_check;
void check_inner_path(const char *path, const char *pointer, const char *name,
		      struct complaints *complaints);	/* NULL is fine */

/* SHA-256 in hexadecimal. */
void digest_text(const void *bytes, size_t length, char ret_digest[static INSTALL_DIGEST_SIZE]);

/* install_step.c */
void install_steps_read(const json_t *install, const char *pointer, struct complaints *complaints,
			struct preparation *preparation);
json_t *install_steps_json(const struct preparation *preparation) must_check;
json_t *install_step_json(const struct install_step *step) must_check;

#endif
