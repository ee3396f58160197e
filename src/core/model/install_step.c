/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps that install a game. One table has the members of all verbs; install_verb.def says
 * which of them a verb must and may have.
 */

#include <stdio.h>
#include <string.h>

#include "model/pattern.h"
#include "model/preparation_inside.h"

static const char *const install_verb_words[] = {
#define INSTALL_VERB(name, wire, must, may, help) wire,
#include "model/install_verb.def"
	NULL
};

static const struct {
	const char *must, *may; /* names with blanks between them */
} verbs[] = {
#define INSTALL_VERB(name, wire, must, may, help) { must, may },
#include "model/install_verb.def"
};

#define SETTING_OF struct install_step
#include "model/setting_row.h"
static const struct setting rows[] = {
#include "model/install_step_setting.def"
};

static const struct setting_table table = { rows, ELEMENTS(rows) };

/* Members that are any JSON: where they are, and how they are called. */
static const struct {
	const char *name;
	size_t offset;
} trees[] = {
	{ "when", offsetof(struct install_step, when) },
	{ "unless", offsetof(struct install_step, unless) },
	{ "values", offsetof(struct install_step, values) },
	{ "pick", offsetof(struct install_step, pick) },
};

static const char *const beside[] = { "when", "unless", "values", "pick", NULL };

const struct setting_table *
install_step_settings(void)
{
	return &table;
}

const char *
install_verb_word(enum install_verb verb)
{
	ASSERT(verb < INSTALL_VERB_MAX);
	return install_verb_words[verb];
}

static json_t **
tree_of(const struct install_step *step, size_t index)
{
	return (json_t **)(void *)((char *)step + trees[index].offset);
}

/* Is `name` one of the names? */
static bool
is_among(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = names; *at != '\0'; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");

		if (word == length && memcmp(at, name, length) == 0)
			return true;
		at += word;
	}
	return false;
}

static bool
is_common(const char *name)
{
	return is_among("do when unless title", name);
}

static void
check_members(enum install_verb verb, const json_t *from, const char *pointer,
	      struct complaints *complaints)
{
	char where[POINTER_SIZE];
	const char *name, *at = verbs[verb].must;
	json_t *member;

	json_object_foreach((json_t *)from, name, member)
	{
		if (json_is_null(member) || is_common(name) || is_among(verbs[verb].must, name) ||
		    is_among(verbs[verb].may, name))
			continue;
		pointer_join(where, pointer, name);
		complain(complaints, where, "is not for %s; known there: %s%s%s",
			 install_verb_words[verb], verbs[verb].must,
			 *verbs[verb].may != '\0' ? " " : "", verbs[verb].may);
	}
	while (*at != '\0') {
		size_t length = strcspn(at, " ");
		CLEANUP(text_freep) char *needed = text_copy_n(at, length);
		const json_t *given = json_object_get(from, needed);

		pointer_join(where, pointer, needed);
		if (given == NULL || json_is_null(given))
			complain(complaints, where, "is missing: %s needs it",
				 install_verb_words[verb]);
		at += length + strspn(at + length, " ");
	}
}

/* `when` and `unless`: {name: value} or {name: [value, ...]}. */
static void
check_condition(const json_t *condition, const char *pointer, const char *name,
		struct complaints *complaints)
{
	char where[POINTER_SIZE];
	const char *variable;
	json_t *value;

	if (condition == NULL)
		return;
	pointer_join(where, pointer, name);
	if (!json_is_object(condition) || json_is_deeper(condition, 2)) {
		complain(
			complaints, where,
			"expected variables and what they are, such as {edition: [paper, fabric]}");
		return;
	}
	json_object_foreach((json_t *)condition, variable, value)
	{
		if (!variable_name_is_valid(variable) || json_is_object(value))
			complain(complaints, where,
				 "expected variables and what they are, such as {edition: paper}");
	}
}

/* `values` and `pick`: names of variables, and what becomes of them. */
static void
check_names(const json_t *names, const char *pointer, const char *name, bool is_pick,
	    struct complaints *complaints)
{
	char list[POINTER_SIZE], where[POINTER_SIZE];
	const char *variable;
	json_t *value;

	if (names == NULL)
		return;
	pointer_join(list, pointer, name);
	if (!json_is_object(names)) {
		complain(complaints, list, "expected an object of names and what they stand for");
		return;
	}
	json_object_foreach((json_t *)names, variable, value)
	{
		pointer_join(where, list, variable);
		if (!variable_name_is_valid(variable))
			complain(complaints, where,
				 "not a variable's name; expected a-z, 0-9 and _, beginning with a "
				 "letter");
		else if (is_pick && (!json_is_array(value) || json_is_deeper(value, 2)))
			complain(complaints, where,
				 "expected the way to the value: a list of members' names, numbers "
				 "of elements, and objects that an element must be like, such as "
				 "[versions, {id: 1.21}, url]");
		else if (!is_pick && !json_is_string(value))
			complain(complaints, where, "expected a text");
	}
}

static void
check_step(const struct install_step *step, const char *pointer, struct complaints *complaints)
{
	char where[POINTER_SIZE], why[REASON_LIMIT + 1];
	unsigned digests = (step->sha1 != NULL ? 1u : 0) + (step->sha256 != NULL ? 1u : 0) +
			   (step->sha512 != NULL ? 1u : 0);

	check_inner_path(step->to, pointer, "to", complaints);
	check_inner_path(step->from, pointer, "from", complaints);
	check_condition(step->when, pointer, "when", complaints);
	check_condition(step->unless, pointer, "unless", complaints);
	check_names(step->values, pointer, "values", false, complaints);
	check_names(step->pick, pointer, "pick", true, complaints);
	if (digests > 1)
		complain(complaints, pointer, "give one of sha1, sha256 and sha512");
	if (step->verb == INSTALL_DOWNLOAD && (digests > 0) == step->unchecked)
		complain(
			complaints, pointer,
			"a download has a sha1, sha256 or sha512; or unchecked: true, when whoever "
			"offers it publishes none");
	for (size_t i = 0; step->keep != NULL && step->keep[i] != NULL; i++)
		check_inner_path(step->keep[i], pointer, "keep", complaints);
	if (step->url != NULL && !text_starts_with(step->url, "https://") &&
	    !text_starts_with(step->url, "http://") && !text_starts_with(step->url, "${")) {
		pointer_join(where, pointer, "url");
		complain(complaints, where, "expected an address that begins with https://");
	}
	if (step->pattern != NULL && !pattern_is_valid(step->pattern, why)) {
		pointer_join(where, pointer, "pattern");
		complain(complaints, where, "%s", why);
	}
	if (step->command != NULL && step->command[0][0] == '\0') {
		pointer_join(where, pointer, "command/0");
		complain(complaints, where, "the program's name is empty");
	}
}

static void
read_step(struct install_step *step, const json_t *from, const char *pointer,
	  struct complaints *complaints)
{
	size_t before = complaints->total;

	settings_init(&table, step);
	settings_read(&table, from, pointer, beside, complaints, step);
	if (complaints->total > before)
		return;
	for (size_t i = 0; i < ELEMENTS(trees); i++) {
		const json_t *tree = json_object_get(from, trees[i].name);

		if (tree != NULL && !json_is_null(tree))
			*tree_of(step, i) = json_deep_copy(tree);
	}
	check_members(step->verb, from, pointer, complaints);
	if (complaints->total == before)
		check_step(step, pointer, complaints);
}

void
install_steps_read(const json_t *install, const char *pointer, struct complaints *complaints,
		   struct preparation *p)
{
	size_t count = json_array_size(install);

	if (install != NULL && !json_is_null(install) &&
	    (!json_is_array(install) || count > INSTALL_STEPS_LIMIT)) {
		complain(complaints, pointer, "expected a list of at most %d steps",
			 INSTALL_STEPS_LIMIT);
		count = 0;
	}
	p->steps = mem_new_array(count + 1, sizeof *p->steps);
	for (size_t i = 0; i < count; i++) {
		char where[POINTER_SIZE], number[24];

		(void)snprintf(number, sizeof number, "%zu", i);
		pointer_join(where, pointer, number);
		read_step(&p->steps[p->step_count++], json_array_get(install, i), where,
			  complaints);
	}
}

/* Only what the verb has: what it has not must not be there when it is read again. */
json_t *
install_step_json(const struct install_step *step)
{
	CLEANUP(json_freep) json_t *all = settings_json(&table, step);
	json_t *to = json_object();
	const char *name;
	json_t *member;

	json_object_foreach(all, name, member)
	{
		if (!json_is_null(member) &&
		    (is_common(name) || is_among(verbs[step->verb].must, name) ||
		     is_among(verbs[step->verb].may, name)))
			ASSERT(json_object_set(to, name, member) == 0);
	}
	for (size_t i = 0; i < ELEMENTS(trees); i++) {
		const json_t *tree = *tree_of(step, i);

		if (tree != NULL)
			ASSERT(json_object_set_new(to, trees[i].name, json_deep_copy(tree)) == 0);
	}
	return to;
}

json_t *
install_steps_json(const struct preparation *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->step_count; i++)
		ASSERT(json_array_append_new(list, install_step_json(&p->steps[i])) == 0);
	return list;
}

void
install_step_deinit(struct install_step *step)
{
	settings_deinit(&table, step);
	for (size_t i = 0; i < ELEMENTS(trees); i++)
		json_decref(*tree_of(step, i));
	*step = (struct install_step){ .verb = step->verb };
}

/* Does the variable have that value? Written numbers and booleans are the same as texts of them. */
static bool
is_value(const json_t *value, const json_t *wanted)
{
	CLEANUP(text_freep) char *a = NULL;
	CLEANUP(text_freep) char *b = NULL;

	if (json_equal((json_t *)value, (json_t *)wanted))
		return true;
	a = json_is_string(value) ? text_copy(json_string_value(value)) : json_text(value);
	b = json_is_string(wanted) ? text_copy(json_string_value(wanted)) : json_text(wanted);
	return text_equal(a, b);
}

static bool
condition_holds(const json_t *condition, const json_t *values)
{
	const char *name;
	json_t *wanted;

	json_object_foreach((json_t *)condition, name, wanted)
	{
		const json_t *value = json_object_get(values, name);
		bool holds = !json_is_array(wanted) && value != NULL && is_value(value, wanted);

		for (size_t i = 0; i < json_array_size(wanted) && value != NULL; i++)
			holds = holds || is_value(value, json_array_get(wanted, i));
		if (!holds)
			return false;
	}
	return true;
}

bool
install_step_applies(const struct install_step *step, const json_t *values)
{
	return (step->when == NULL || condition_holds(step->when, values)) &&
	       (step->unless == NULL || !condition_holds(step->unless, values));
}

static bool
fill_text(char **text, const json_t *values, enum hole_escape escape,
	  char ret_why[static REASON_LIMIT + 1])
{
	char *filled;

	if (*text == NULL)
		return true;
	filled = hole_fill_text(*text, values, escape, ret_why);
	if (filled == NULL)
		return false;
	mem_free(*text);
	*text = filled;
	return true;
}

static bool
fill_tree(json_t **tree, const json_t *values, char ret_why[static REASON_LIMIT + 1])
{
	char pointer[HOLE_POINTER_SIZE];
	json_t *filled;

	if (*tree == NULL)
		return true;
	filled = holes_fill(*tree, values, pointer, ret_why);
	if (filled == NULL)
		return false;
	json_decref(*tree);
	*tree = filled;
	return true;
}

bool
install_step_fill(const struct install_step *step, const json_t *values,
		  struct install_step *ret_step, char ret_why[static REASON_LIMIT + 1])
{
	CLEANUP(json_freep) json_t *json = install_step_json(step);
	struct spec_error error;
	struct complaints complaints = { .errors = &error, .max = 1 };
	struct install_step filled = { .verb = step->verb };
	char **texts[] = { &filled.title,  &filled.sha1, &filled.sha256,
			   &filled.sha512, &filled.say,	 &filled.at_least };
	bool fine;

	read_step(&filled, json, "", &complaints);
	ASSERT(complaints.count == 0);
	fine = fill_text(&filled.url, values, HOLE_OF_URL, ret_why) &&
	       fill_tree(&filled.values, values, ret_why) &&
	       fill_tree(&filled.pick, values, ret_why);
	for (size_t i = 0; i < ELEMENTS(texts); i++)
		fine = fine && fill_text(texts[i], values, HOLE_PLAIN, ret_why);
	for (size_t i = 0; fine && filled.command != NULL && filled.command[i] != NULL; i++)
		fine = fill_text(&filled.command[i], values, HOLE_PLAIN, ret_why);
	if (!fine) {
		install_step_deinit(&filled);
		return false;
	}
	*ret_step = filled;
	return true;
}

static bool
is_like(const json_t *element, const json_t *wanted)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)wanted, name, value)
	{
		const json_t *is = json_object_get(element, name);

		if (is == NULL || !is_value(is, value))
			return false;
	}
	return json_is_object(element);
}

static const json_t *
pick_one(const json_t *from, const json_t *step)
{
	json_int_t index = json_integer_value(step);

	if (json_is_string(step))
		return json_object_get(from, json_string_value(step));
	if (json_is_integer(step)) {
		if (index < 0)
			index += (json_int_t)json_array_size(from);
		return index >= 0 ? json_array_get(from, (size_t)index) : NULL;
	}
	for (size_t i = 0; json_is_object(step) && i < json_array_size(from); i++) {
		if (is_like(json_array_get(from, i), step))
			return json_array_get(from, i);
	}
	return NULL;
}

const json_t *
pick_find(const json_t *document, const json_t *path)
{
	for (size_t i = 0; document != NULL && i < json_array_size(path); i++)
		document = pick_one(document, json_array_get(path, i));
	return document;
}
