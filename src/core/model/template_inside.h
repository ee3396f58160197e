/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEMPLATE_INSIDE_H
#define ROOST_TEMPLATE_INSIDE_H

/* Between the files that templates are made of. */

#include "model/preparation_inside.h"
#include "model/template.h"

/* template_value.c */
void variable_bounds(enum variable_type type, int64_t *ret_least, int64_t *ret_most);
bool variable_number(enum variable_type type, const json_t *given, int64_t *ret_number) must_check;
json_t *variable_number_json(enum variable_type type, int64_t number) must_check;

/* template_variable.c */
void variables_read(const json_t *list, const char *pointer, struct complaints *complaints,
		    struct template *template);
json_t *variables_json(const struct template *template) must_check;
void variables_deinit(struct template *template);

/* template_check.c: every hole has its variable, and secrets stay where they may be. */
void template_check_holes(const struct template *template, struct complaints *complaints);

/* template_trial.c: does it make a declaration that is right? */
void template_check_trial(const struct template *template, struct complaints *complaints);

/* The value at a pointer (RFC 6901), or NULL. */
const json_t *pointer_find(const json_t *document, const char *pointer);

#endif
