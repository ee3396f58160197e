/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does every hole have its variable, and do secrets stay where nobody sees them? The values of
 * `fetch` and `let` are there for the steps behind them.
 */

#include <stdio.h>
#include <string.h>

#include "model/template_inside.h"

enum where {
	WHERE_SERVER, /* no secrets, but the paths of their files */
	WHERE_FILES,  /* any */
	WHERE_INSTALL /* no secrets: they would be seen in argv and addresses */
};

struct checking {
	const struct template *template;
	struct complaints *complaints;
	enum where where;
	const char *pointer; /* of the text that is looked at */
	json_t *made;	     /* names that steps have made so far */
};

static bool
unit_fits(enum variable_type type, const char *unit)
{
	bool is_size = text_ends_with(unit, "B");

	if (*unit == '\0')
		return true;
	return is_size ? type == VARIABLE_SIZE : type == VARIABLE_DURATION;
}

/* Of a server, only members that name a file may be a secret's. */
static bool
secret_may_be_here(const struct checking *c)
{
	if (c->where == WHERE_SERVER)
		return text_ends_with(c->pointer, "_file") ||
		       text_starts_with(c->pointer, "/server/local/environment_files/");
	return c->where == WHERE_FILES;
}

static void
check_hole(void *argument, const char *name, const char *unit)
{
	const struct checking *c = argument;
	const struct template_variable *v = template_variable(c->template, name);

	if (v == NULL) {
		if (strcmp(name, "name") == 0 || json_object_get(c->made, name) != NULL)
			return;
		complain(c->complaints, c->pointer, "there is no variable %s", name);
	} else if (!unit_fits(v->type, unit)) {
		complain(c->complaints, c->pointer,
			 "%s is a %s, which has no %s (sizes: B, KiB, MiB, GiB; durations: ms, s, "
			 "m, h)",
			 name, variable_type_word(v->type), unit);
	} else if (v->type == VARIABLE_SECRET && !secret_may_be_here(c)) {
		complain(c->complaints, c->pointer,
			 "%s is a secret, and would be seen here; secrets are for files, and for "
			 "members that name a file, such as rcon.password_file and those of "
			 "local.environment_files",
			 name);
	}
}

static void
check_text(struct checking *c, const char *text, const char *pointer)
{
	char why[REASON_LIMIT + 1];

	c->pointer = pointer;
	if (!holes_find(text, check_hole, c, why))
		complain(c->complaints, pointer, "%s", why);
}

static void
check_tree(struct checking *c, const json_t *tree, const char *pointer)
{
	char where[POINTER_SIZE], number[24];
	const char *name;
	json_t *member;

	if (json_is_string(tree))
		check_text(c, json_string_value(tree), pointer);
	for (size_t i = 0; i < json_array_size(tree); i++) {
		(void)snprintf(number, sizeof number, "%zu", i);
		pointer_join(where, pointer, number);
		check_tree(c, json_array_get(tree, i), where);
	}
	json_object_foreach((json_t *)tree, name, member)
	{
		pointer_join(where, pointer, name);
		if (strstr(name, "${") != NULL)
			complain(c->complaints, where,
				 "holes are filled in values only, not in names");
		check_tree(c, member, where);
	}
}

/* Variables of conditions; accept's own. */
static void
check_known(const struct checking *c, const json_t *names, const char *pointer)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)names, name, value)
	{
		const struct template_variable *v = template_variable(c->template, name);

		if (v == NULL && json_object_get(c->made, name) == NULL)
			complain(c->complaints, pointer, "there is no variable %s", name);
		else if (v != NULL && v->type == VARIABLE_SECRET)
			complain(c->complaints, pointer, "%s is a secret", name);
	}
}

static void
check_accept(const struct checking *c, const struct install_step *step, const char *pointer)
{
	const struct template_variable *v;

	if (step->verb != INSTALL_ACCEPT)
		return;
	v = template_variable(c->template, step->variable);
	if (v == NULL || v->type != VARIABLE_BOOLEAN)
		complain(c->complaints, pointer,
			 "%s is no boolean variable; what is accepted must be one", step->variable);
	else if (v->initial != NULL && json_is_true(v->initial))
		complain(c->complaints, pointer,
			 "%s is true by default; a licence is asked for, never assumed", v->name);
}

static void
remember(const struct checking *c, const json_t *names, const char *pointer)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)names, name, value)
	{
		if (template_variable(c->template, name) != NULL || strcmp(name, "name") == 0)
			complain(c->complaints, pointer,
				 "%s is a variable already; give it another name", name);
		json_object_set_new(c->made, name, json_true());
	}
}

static void
check_step(struct checking *c, const struct install_step *step, const char *pointer)
{
	CLEANUP(json_freep) json_t *json = install_step_json(step);
	char where[POINTER_SIZE];

	pointer_join(where, pointer, "when");
	check_known(c, step->when, where);
	pointer_join(where, pointer, "unless");
	check_known(c, step->unless, where);
	pointer_join(where, pointer, "variable");
	check_accept(c, step, where);
	(void)json_object_del(json, "when");
	(void)json_object_del(json, "unless");
	check_tree(c, json, pointer);
	pointer_join(where, pointer, "pick");
	remember(c, step->pick, where);
	pointer_join(where, pointer, "values");
	remember(c, step->values, where);
}

void
template_check_holes(const struct template *template, struct complaints *complaints)
{
	CLEANUP(json_freep) json_t *made = json_object();
	CLEANUP(json_freep) json_t *preparation = preparation_json(&template->preparation);
	struct checking c = { .template = template, .complaints = complaints, .made = made };

	c.where = WHERE_SERVER;
	check_tree(&c, template->server, "/server");
	c.where = WHERE_FILES;
	check_tree(&c, json_object_get(preparation, "files"), "/files");
	c.where = WHERE_INSTALL;
	for (size_t i = 0; i < template->preparation.step_count; i++) {
		char where[POINTER_SIZE], number[24];

		(void)snprintf(number, sizeof number, "%zu", i);
		pointer_join(where, "/install", number);
		check_step(&c, &template->preparation.steps[i], where);
	}
}
