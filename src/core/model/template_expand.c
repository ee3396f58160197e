/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A template and what was written become a declaration. What makes it hard is the way back: an
 * error in the declaration is told at what the person wrote.
 */

#include <stdio.h>
#include <string.h>

#include "model/template_inside.h"

/* Members of what was written that are not a declaration's. */
static const char *const ours[] = { "template", "variables", "origin", "preparation" };

const char *
document_template(const json_t *document)
{
	return json_get_text(document, "template", NULL);
}

static bool
is_ours(const char *name)
{
	for (size_t i = 0; i < ELEMENTS(ours); i++)
		if (strcmp(ours[i], name) == 0)
			return true;
	return false;
}

/* ---- values ---- */

static char *
absolute(const char *path, const char *base)
{
	if (*path == '/' || base == NULL || *base == '\0')
		return text_copy(path);
	while (text_starts_with(path, "./"))
		path += 2 + strspn(path + 2, "/");
	return text_format("%s%s%s", base, text_ends_with(base, "/") ? "" : "/", path);
}

static void
check_unknown(const struct template *template, const json_t *given, struct complaints *complaints)
{
	const char *names[TEMPLATE_VARIABLES_LIMIT];
	const char *name;
	json_t *value;

	for (size_t i = 0; i < template->variable_count; i++)
		names[i] = template->variables[i].name;
	json_object_foreach((json_t *)given, name, value)
	{
		char where[POINTER_SIZE], shown[VARIABLE_NAME_LIMIT + 1];
		const char *near = word_suggest(name, names, template->variable_count);

		if (template_variable(template, name) != NULL)
			continue;
		pointer_join(where, "/variables", name);
		text_clean(shown, sizeof shown, name, strlen(name));
		complain(complaints, where, "%s has no variable %s%s%s%s", template->name, shown,
			 near != NULL ? "; did you mean " : "", near != NULL ? near : "",
			 near != NULL ? "?" : "");
	}
}

static void
set_value(const struct template_variable *v, const json_t *given, const char *base,
	  struct complaints *complaints, json_t *values)
{
	char where[POINTER_SIZE], why[REASON_LIMIT + 1], allowed[200];
	json_t *value;

	pointer_join(where, "/variables", v->name);
	if (given == NULL || json_is_null(given)) {
		if (v->initial != NULL) {
			json_object_set_new(values, v->name, json_deep_copy(v->initial));
			return;
		}
		variable_allowed(v, allowed, sizeof allowed);
		complain(complaints, where, "%s is missing%s%s%s; expected %s", v->title,
			 v->help != NULL ? " (" : "", v->help != NULL ? v->help : "",
			 v->help != NULL ? ")" : "", allowed);
		return;
	}
	value = variable_value(v, given, why);
	if (value == NULL) {
		complain(complaints, where, "%s", why);
		return;
	}
	if (v->type == VARIABLE_SECRET) {
		CLEANUP(text_freep)
		char *path = absolute(json_get_text(value, SECRET_FILE_KEY, ""), base);

		json_set_text(value, SECRET_FILE_KEY, path);
	}
	json_object_set_new(values, v->name, value);
}

/* Licences that are not accepted. */
static void
check_accepted(const struct template *template, const json_t *values, struct complaints *complaints)
{
	for (size_t i = 0; i < template->preparation.step_count; i++) {
		const struct install_step *step = &template->preparation.steps[i];
		char where[POINTER_SIZE];

		if (step->verb != INSTALL_ACCEPT || !install_step_applies(step, values) ||
		    json_is_true(json_object_get(values, step->variable)))
			continue;
		pointer_join(where, "/variables", step->variable);
		complain(complaints, where, "must be accepted (true) first: %s%s%s", step->title,
			 step->url != NULL ? ", " : "", step->url != NULL ? step->url : "");
	}
}

static json_t *
values_of(const struct template *template, const json_t *document, const char *base,
	  struct complaints *complaints)
{
	const json_t *given = json_object_get(document, "variables");
	json_t *values = json_object();

	if (given != NULL && !json_is_null(given) && !json_is_object(given)) {
		complain(complaints, "/variables", "expected an object of variables and values");
		return values;
	}
	check_unknown(template, given, complaints);
	json_set_text(values, "name", json_get_text(document, "name", ""));
	for (size_t i = 0; i < template->variable_count; i++)
		set_value(&template->variables[i],
			  json_object_get(given, template->variables[i].name), base, complaints,
			  values);
	if (complaints->count == 0)
		check_accepted(template, values, complaints);
	return values;
}

/* ---- the declaration ---- */

/* A member that names a file, and is a secret's hole: the path of the secret's file. */
static void
put_secret_paths(json_t *server, const json_t *values)
{
	const char *name;
	json_t *member;
	void *next;

	json_object_foreach_safe(server, next, name, member)
	{
		const char *text = json_string_value(member);
		const json_t *secret;
		char variable[VARIABLE_NAME_LIMIT + 1];
		size_t length;

		put_secret_paths(member, values);
		if (text == NULL || !text_starts_with(text, "${"))
			continue;
		length = strcspn(text + 2, "}");
		if (length > VARIABLE_NAME_LIMIT || text[2 + length] != '}' ||
		    text[3 + length] != '\0')
			continue;
		memcpy(variable, text + 2, length);
		variable[length] = '\0';
		secret = json_object_get(json_object_get(values, variable), SECRET_FILE_KEY);
		if (secret != NULL)
			json_object_set(server, name, (json_t *)secret);
	}
}

/* What `over` says stands over what `under` says; groups are gone into. */
static void
lay_over(json_t *under, const json_t *over)
{
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)over, name, member)
	{
		json_t *below = json_object_get(under, name);

		if (json_is_object(below) && json_is_object(member))
			lay_over(below, member);
		else
			json_object_set_new(under, name, json_deep_copy(member));
	}
}

static json_t *
own_members(const json_t *document)
{
	json_t *own = json_object();
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)document, name, member)
	{
		if (!is_ours(name) && strcmp(name, "name") != 0)
			json_object_set_new(own, name, json_deep_copy(member));
	}
	return own;
}

static json_t *
origin_of(const struct template *template, const json_t *document, const char *base)
{
	json_t *origin = json_object(), *variables = json_object_get(document, "variables");

	json_set_text(origin, "template", template->name);
	json_set_integer(origin, "version", template->version);
	json_set_text(origin, "digest", template->digest);
	if (base != NULL)
		json_set_text(origin, "base", base);
	json_object_set_new(origin, "variables",
			    json_is_object(variables) ? json_deep_copy(variables) : json_object());
	json_object_set_new(origin, "own", own_members(document));
	return origin;
}

static void
put_preparation(json_t *to, const struct template *template, const json_t *values)
{
	json_t *preparation;

	if (preparation_is_empty(&template->preparation))
		return;
	preparation = preparation_json(&template->preparation);
	json_object_set_new(preparation, "values", json_deep_copy(values));
	json_object_set_new(to, "preparation", preparation);
}

/* An argument that is a hole and comes out empty is none: no program is given "" for it. */
static void
drop_empty_arguments(json_t *server, const json_t *template_server)
{
	const json_t *written =
		json_object_get(json_object_get(template_server, "local"), "command");
	json_t *command = json_object_get(json_object_get(server, "local"), "command");

	for (size_t i = json_array_size(command); i > 0; i--) {
		const char *was = json_string_value(json_array_get(written, i - 1));
		const char *is = json_string_value(json_array_get(command, i - 1));

		if (was != NULL && was[0] != '\0' && is != NULL && is[0] == '\0')
			json_array_remove(command, i - 1);
	}
}

json_t *
template_expand(const struct template *template, const json_t *document, const char *base,
		struct complaints *complaints)
{
	CLEANUP(json_freep) json_t *own = own_members(document);
	CLEANUP(json_freep) json_t *values = NULL;
	CLEANUP(json_freep) json_t *server = json_deep_copy(template->server);
	char pointer[HOLE_POINTER_SIZE], why[REASON_LIMIT + 1];
	json_t *expanded;

	values = values_of(template, document, base, complaints);
	if (complaints->count > 0)
		return NULL;
	put_secret_paths(server, values);
	expanded = holes_fill(server, values, pointer, why);
	if (expanded == NULL) {
		complain(complaints, "/template", "its server%s: %s", pointer, why);
		return NULL;
	}
	drop_empty_arguments(expanded, template->server);
	lay_over(expanded, own);
	if (json_object_get(document, "name") != NULL)
		json_object_set(expanded, "name", json_object_get(document, "name"));
	json_object_set_new(expanded, "origin", origin_of(template, document, base));
	put_preparation(expanded, template, values);
	return expanded;
}

json_t *
origin_document(const char *name, const json_t *origin)
{
	json_t *to = json_object();

	json_set_text(to, "name", name);
	json_set_text(to, "template", json_get_text(origin, "template", NULL));
	if (json_object_size(json_object_get(origin, "variables")) > 0)
		json_object_set_new(to, "variables",
				    json_deep_copy(json_object_get(origin, "variables")));
	json_object_update_missing(to, json_object_get(origin, "own"));
	return to;
}

const char *
origin_base(const json_t *origin)
{
	return json_get_text(origin, "base", NULL);
}

/* ---- the way back ---- */

/* One step down; `*pointer` goes behind it. NULL: there is no such member. */
static const json_t *
step_down(const json_t *at, const char **pointer)
{
	CLEANUP(buf_deinit) struct buf name = BUF_NULL;
	const char *c = *pointer + 1;

	for (; *c != '\0' && *c != '/'; c++) {
		if (*c == '~' && (c[1] == '0' || c[1] == '1'))
			buf_put_byte(&name, *++c == '0' ? '~' : '/');
		else
			buf_put_byte(&name, (unsigned char)*c);
	}
	*pointer = c;
	if (json_is_array(at)) {
		const char *text = buf_text(&name);

		return *text != '\0' && strspn(text, "0123456789") == strlen(text)
			       ? json_array_get(at, strtoul(text, NULL, 10))
			       : NULL;
	}
	return json_object_get(at, buf_text(&name));
}

const json_t *
pointer_find(const json_t *document, const char *pointer)
{
	while (document != NULL && *pointer == '/')
		document = step_down(document, &pointer);
	return document;
}

/* The deepest value on the way that there is; `*ret_steps` says how far it is. */
static const json_t *
walk(const json_t *from, const char *pointer, unsigned *ret_steps)
{
	const json_t *next;

	*ret_steps = 0;
	while (*pointer == '/' && (next = step_down(from, &pointer)) != NULL) {
		from = next;
		(*ret_steps)++;
	}
	return from;
}

static void
note_hole(void *argument, const char *name, const char *unit)
{
	char *found = argument;

	(void)unit;
	if (*found == '\0' || strcmp(found, "name") == 0)
		(void)text_put(found, VARIABLE_NAME_LIMIT + 1, name);
}

static void
note_holes(const json_t *tree, char found[static VARIABLE_NAME_LIMIT + 1])
{
	char why[REASON_LIMIT + 1];
	const char *name;
	json_t *member;

	if (json_is_string(tree) && !holes_find(json_string_value(tree), note_hole, found, why))
		return;
	for (size_t i = 0; i < json_array_size(tree); i++)
		note_holes(json_array_get(tree, i), found);
	json_object_foreach((json_t *)tree, name, member) note_holes(member, found);
}

void
template_blame(const struct template *template, const json_t *document, struct spec_error *error)
{
	const json_t *own, *theirs;
	unsigned own_steps, steps;
	char variable[VARIABLE_NAME_LIMIT + 1] = "", detail[sizeof error->detail];

	own = walk(document, error->pointer, &own_steps);
	theirs = walk(template->server, error->pointer, &steps);
	/* Nobody wrote it, or the person did: they mend it there. */
	if (own_steps >= steps && (steps == 0 || !json_is_object(own)))
		return;
	note_holes(theirs, variable);
	(void)text_put(detail, sizeof detail, error->detail);
	if (variable[0] == '\0') {
		(void)snprintf(error->detail, sizeof error->detail, "its server%.80s: %.150s",
			       error->pointer, detail);
		(void)text_put(error->pointer, sizeof error->pointer, "/template");
	} else if (strcmp(variable, "name") == 0) {
		(void)text_put(error->pointer, sizeof error->pointer, "/name");
	} else {
		pointer_join(error->pointer, "/variables", variable);
	}
}
