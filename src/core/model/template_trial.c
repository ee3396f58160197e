/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A template is tried before it is taken: with its defaults, and made-up values where it has
 * none, it must make a declaration that is right. What is wrong then is wrong in the template.
 */

#include <stdio.h>
#include <string.h>

#include "model/template_inside.h"

#define TRIAL_NAME "example"

/* Something that fits the variable; NULL where that cannot be made up (a pattern). */
static json_t *
make_up(const struct template_variable *v)
{
	CLEANUP(text_freep) char *text = NULL;
	size_t length;

	switch (v->type) {
	case VARIABLE_TEXT:
		length = v->least > 1 ? (size_t)v->least : 1;
		text = mem_new(length + 1);
		memset(text, 'a', length);
		return v->pattern == NULL ? json_string(text) : NULL;
	case VARIABLE_BOOLEAN:
		return json_true();
	case VARIABLE_CHOICE:
		return json_string(v->choices[0]);
	case VARIABLE_SECRET:
		return json_string("/secret");
	case VARIABLE_NUMBER:
	case VARIABLE_SIZE:
	case VARIABLE_DURATION:
	case VARIABLE_PORT:
		return variable_number_json(v->type, v->least);
	case VARIABLE_TYPE_MAX:
		break;
	}
	ASSERT(!"a type of variable");
}

/* False when some value cannot be made up. */
static bool
make_document(const struct template *template, json_t *document)
{
	json_t *variables = json_object();

	json_set_text(document, "name", TRIAL_NAME);
	json_set_text(document, "template", template->name);
	json_object_set_new(document, "variables", variables);
	for (size_t i = 0; i < template->variable_count; i++) {
		const struct template_variable *v = &template->variables[i];
		json_t *value = v->required ? make_up(v) : NULL;

		if (v->required && value == NULL)
			return false;
		if (value != NULL)
			json_object_set_new(variables, v->name, value);
	}
	for (size_t i = 0; i < template->preparation.step_count; i++) {
		const struct install_step *step = &template->preparation.steps[i];

		if (step->verb == INSTALL_ACCEPT)
			json_object_set_new(variables, step->variable, json_true());
	}
	return true;
}

void
template_check_trial(const struct template *template, struct complaints *complaints)
{
	CLEANUP(json_freep) json_t *document = json_object();
	CLEANUP(json_freep) json_t *expanded = NULL;
	CLEANUP(spec_freep) struct server_spec *spec = NULL;
	struct spec_error errors[4];
	size_t count;

	if (!make_document(template, document))
		return;
	expanded = template_expand(template, document, "/", complaints);
	if (expanded == NULL)
		return;
	count = spec_parse(expanded, "/", errors, ELEMENTS(errors), &spec);
	for (size_t i = 0; i < count; i++) {
		CLEANUP(text_freep) char *pointer = text_format("/server%s", errors[i].pointer);

		complain(complaints, pointer, "%s", errors[i].detail);
	}
}
