/* SPDX-License-Identifier: Apache-2.0 */
/* A template's variables as they are declared. */

#include <stdio.h>
#include <string.h>

#include "model/pattern.h"
#include "model/template_inside.h"

static const char *const variable_type_words[] = {
#define VARIABLE_TYPE(name, wire, help) wire,
#include "model/variable_type.def"
	NULL
};

#define SETTING_OF struct template_variable
#include "model/setting_row.h"
static const struct setting rows[] = {
#include "model/template_variable_setting.def"
};

static const struct setting_table table = { rows, ELEMENTS(rows) };

static const char *const beside[] = { "default", "between", NULL };

/* Their own meaning: the server's name; what would be mistaken for something else. */
static const char *const taken[] = { "name" };

const struct setting_table *
template_variable_settings(void)
{
	return &table;
}

const char *
variable_type_word(enum variable_type type)
{
	ASSERT(type < VARIABLE_TYPE_MAX);
	return variable_type_words[type];
}

const struct template_variable *
template_variable(const struct template *template, const char *name)
{
	for (size_t i = 0; i < template->variable_count; i++)
		if (text_equal(template->variables[i].name, name))
			return &template->variables[i];
	return NULL;
}

static void
check_name(const struct template *template, const struct template_variable *v, const char *pointer,
	   struct complaints *complaints)
{
	char where[POINTER_SIZE];

	pointer_join(where, pointer, "name");
	if (!variable_name_is_valid(v->name)) {
		complain(complaints, where,
			 "not a variable's name; expected a-z, 0-9 and _, beginning with a letter");
		return;
	}
	for (size_t i = 0; i < ELEMENTS(taken); i++) {
		if (strcmp(taken[i], v->name) == 0)
			complain(complaints, where, "%s is always there: it is the server's own",
				 v->name);
	}
	for (const struct template_variable *other = template->variables; other < v; other++) {
		if (text_equal(other->name, v->name))
			complain(complaints, where, "%s stands here twice", v->name);
	}
}

static bool
has_bounds(enum variable_type type)
{
	return type != VARIABLE_BOOLEAN && type != VARIABLE_CHOICE && type != VARIABLE_SECRET;
}

static void
read_bounds(struct template_variable *v, const json_t *between, const char *pointer,
	    struct complaints *complaints)
{
	char where[POINTER_SIZE];
	int64_t least, most, low, high;
	enum variable_type type = v->type == VARIABLE_TEXT ? VARIABLE_NUMBER : v->type;

	variable_bounds(v->type, &least, &most);
	v->least = least;
	v->most = most;
	if (between == NULL || json_is_null(between))
		return;
	pointer_join(where, pointer, "between");
	if (!has_bounds(v->type))
		complain(complaints, where, "a %s has no bounds; leave it out",
			 variable_type_words[v->type]);
	else if (json_array_size(between) != 2 ||
		 !variable_number(type, json_array_get(between, 0), &low) ||
		 !variable_number(type, json_array_get(between, 1), &high) || low > high ||
		 low < least || high > most)
		complain(complaints, where,
			 "expected the least and the most, such as [1, 100] or [512MiB, 64GiB]");
	else {
		v->least = low;
		v->most = high;
	}
}

static void
check_kind(const struct template_variable *v, const char *pointer, struct complaints *complaints)
{
	char where[POINTER_SIZE], why[REASON_LIMIT + 1];

	pointer_join(where, pointer, "choices");
	if (v->type == VARIABLE_CHOICE && (v->choices == NULL || v->choices[0] == NULL))
		complain(complaints, where, "is missing: what is there to choose from?");
	if (v->type != VARIABLE_CHOICE && v->choices != NULL)
		complain(complaints, where, "is only for variables of type choice");
	pointer_join(where, pointer, "pattern");
	if (v->pattern == NULL)
		return;
	if (v->type != VARIABLE_TEXT)
		complain(complaints, where, "is only for variables of type text");
	else if (!pattern_is_valid(v->pattern, why))
		complain(complaints, where, "%s", why);
}

static void
read_default(struct template_variable *v, const json_t *initial, const char *pointer,
	     struct complaints *complaints)
{
	CLEANUP(json_freep) json_t *nothing = json_string("");
	char where[POINTER_SIZE], why[REASON_LIMIT + 1];

	pointer_join(where, pointer, "default");
	if (initial == NULL || json_is_null(initial)) {
		/* Whoever is asked yes or no and says nothing says no; of a text, nothing. */
		if (v->type == VARIABLE_BOOLEAN && !v->required)
			v->initial = json_false();
		if (v->type == VARIABLE_TEXT && !v->required)
			v->initial = variable_value(v, nothing, why);
		v->required = v->initial == NULL;
		return;
	}
	if (v->type == VARIABLE_SECRET) {
		complain(complaints, where, "a secret has no default");
		return;
	}
	if (v->required) {
		complain(complaints, where, "what is required has no default; leave one out");
		return;
	}
	v->initial = variable_value(v, initial, why);
	if (v->initial == NULL)
		complain(complaints, where, "%s", why);
}

static void
read_one(struct template *template, struct template_variable *v, const json_t *from,
	 const char *pointer, struct complaints *complaints)
{
	size_t before = complaints->total;

	settings_init(&table, v);
	settings_read(&table, from, pointer, beside, complaints, v);
	if (complaints->total > before)
		return;
	if (v->title == NULL)
		v->title = text_copy(v->name);
	check_name(template, v, pointer, complaints);
	check_kind(v, pointer, complaints);
	read_bounds(v, json_object_get(from, "between"), pointer, complaints);
	if (complaints->total == before)
		read_default(v, json_object_get(from, "default"), pointer, complaints);
}

void
variables_read(const json_t *list, const char *pointer, struct complaints *complaints,
	       struct template *template)
{
	size_t count = json_array_size(list);

	if (list != NULL && !json_is_null(list) &&
	    (!json_is_array(list) || count > TEMPLATE_VARIABLES_LIMIT)) {
		complain(complaints, pointer, "expected a list of at most %d variables",
			 TEMPLATE_VARIABLES_LIMIT);
		count = 0;
	}
	template->variables = mem_new_array(count + 1, sizeof *template->variables);
	for (size_t i = 0; i < count; i++) {
		char where[POINTER_SIZE], number[24];

		(void)snprintf(number, sizeof number, "%zu", i);
		pointer_join(where, pointer, number);
		read_one(template, &template->variables[template->variable_count++],
			 json_array_get(list, i), where, complaints);
	}
}

static json_t *
variable_json(const struct template_variable *v)
{
	json_t *to = settings_json(&table, v);
	enum variable_type type = v->type == VARIABLE_TEXT ? VARIABLE_NUMBER : v->type;

	if (v->type != VARIABLE_TEXT)
		(void)json_object_del(to, "pattern");
	if (v->type != VARIABLE_CHOICE)
		(void)json_object_del(to, "choices");
	json_object_set_new(to, "default",
			    v->initial != NULL ? json_deep_copy(v->initial) : json_null());
	if (has_bounds(v->type)) {
		json_t *between = json_array();

		json_array_append_new(between, variable_number_json(type, v->least));
		json_array_append_new(between, variable_number_json(type, v->most));
		json_object_set_new(to, "between", between);
	}
	return to;
}

json_t *
variables_json(const struct template *template)
{
	json_t *list = json_array();

	for (size_t i = 0; i < template->variable_count; i++)
		json_array_append_new(list, variable_json(&template->variables[i]));
	return list;
}

void
variables_deinit(struct template *template)
{
	for (size_t i = 0; i < template->variable_count; i++) {
		settings_deinit(&table, &template->variables[i]);
		json_decref(template->variables[i].initial);
	}
	mem_free(template->variables);
}
