/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_EGG_INSIDE_H
#define ROOST_EGG_INSIDE_H

/* Between the files that egg.h is made of. */

#include "base/buf.h"
#include "base/limits.h"
#include "model/egg.h"
#include "model/hole.h"

struct egg {
	const json_t *from;
	json_t *to;		/* the template */
	json_t *variables;	/* its list */
	json_t *notes;
};

/* The sentence, once. */
void egg_note(struct egg *egg, const char *format, ...) printf_like(2, 3);

/* In lower case; one that roost has itself gets another. */
void egg_variable_name(const char *environment, char name[static VARIABLE_NAME_LIMIT + 1]);

/* What a hole for this variable of the egg's environment is called here: the caller's, "" = it has none. */
char *egg_hole(const struct egg *egg, const char *environment) must_check;

/* Text with {{…}} (and in a command ${…}) as text with holes of ours, the caller's. */
char *egg_text(struct egg *egg, const char *text, bool is_command) must_check;

/* egg_variable.c: all of them, into `variables`. */
void egg_take_variables(struct egg *egg);
/* egg_file.c: `config.files`, into a list. */
json_t *egg_files(struct egg *egg) must_check;

/* Members that are JSON in a text, or JSON: the caller's reference, or NULL. */
json_t *egg_inner(const json_t *value) must_check;

#endif
