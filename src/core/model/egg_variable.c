/* SPDX-License-Identifier: Apache-2.0 */
/* An egg's variables and their rules (Laravel's), as variables of ours. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/egg_inside.h"
#include "model/hole.h"
#include "model/pattern.h"

/* What its rules come to. */
struct rules {
	bool is_boolean, is_number, required;
	int64_t least, most; /* -1: not said */
	char *choices;	     /* "a,b,c", or NULL */
	char *pattern;	     /* or NULL */
};

/* ---- regular expressions ---- */

/* Perl's classes as POSIX has them; NULL: it has something that POSIX has not. */
static char *
pattern_of(const char *perl, size_t length)
{
	CLEANUP(buf_deinit) struct buf made = BUF_NULL;
	bool in_list = false;
	char why[REASON_LIMIT + 1];
	char *pattern;

	for (size_t i = 0; i < length; i++) {
		char c = perl[i], next = i + 1 < length ? perl[i + 1] : '\0';
		const char *class = c != '\\'	  ? NULL
				    : next == 'd' ? "0-9"
				    : next == 'w' ? "A-Za-z0-9_"
				    : next == 's' ? " "
						  : NULL;

		if ((c == '(' && next == '?') || (strchr("*+?}", c) != NULL && next == '?'))
			return NULL;
		if (class != NULL) {
			buf_format(&made, in_list ? "%s" : "[%s]", class);
			i++;
		} else if (c == '\\' &&
			   (next == '\0' || strchr("bBDWSAzZnrtxpuGQE123456789", next))) {
			return NULL;
		} else if (c == '\\' && in_list) {
			if (next == ']' || next == '^' || next == '-')
				return NULL;
			buf_put_byte(&made, (unsigned char)next);
			i++;
		} else if (c == '\\') {
			buf_format(&made, next == '/' ? "/" : "\\%c", next);
			i++;
		} else {
			in_list = c == '[' || (in_list && c != ']');
			buf_put_byte(&made, (unsigned char)c);
		}
	}
	pattern = buf_take_text(&made);
	if (*pattern == '\0' || !pattern_is_valid(pattern, why))
		mem_free(TAKE(pattern));
	return pattern;
}

static void
take_pattern(struct egg *egg, const char *regex, const char *name, struct rules *rules)
{
	const char *end = strrchr(regex, regex[0]);
	size_t length;

	if (*regex == '\0' || end == regex || end[1] != '\0') {
		egg_note(egg, "%.60s: its regular expression (%.80s) was left out.", name, regex);
		return;
	}
	length = (size_t)(end - regex) - 1;
	regex++;
	if (length == 0 || regex[0] != '^' || regex[length - 1] != '$' ||
	    memchr(regex, '|', length) != NULL) {
		/* It may be found inside; ours match all of it. */
		egg_note(egg, "%.60s: its regular expression (%.80s) was left out.", name, regex);
		return;
	}
	rules->pattern = pattern_of(regex + 1, length - 2);
	if (rules->pattern == NULL)
		egg_note(egg, "%.60s: its regular expression (%.80s) was left out.", name, regex);
}

/* ---- rules ---- */

static bool
bounds_of(const char *text, int64_t *ret_least, int64_t *ret_most)
{
	char *end;
	long long least = strtoll(text, &end, 10), most;

	if (end == text || *end != ',')
		return false;
	text = end + 1;
	most = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || most < least)
		return false;
	*ret_least = least;
	*ret_most = most;
	return true;
}

static void
take_rule(struct egg *egg, const char *rule, const char *name, struct rules *rules)
{
	static const char *const fine[] = { "string", "nullable", "sometimes", "present", "" };

	for (size_t i = 0; i < ELEMENTS(fine); i++)
		if (strcmp(rule, fine[i]) == 0)
			return;
	if (strcmp(rule, "required") == 0)
		rules->required = true;
	else if (strcmp(rule, "boolean") == 0 || strcmp(rule, "bool") == 0)
		rules->is_boolean = true;
	else if (strcmp(rule, "numeric") == 0 || strcmp(rule, "integer") == 0 ||
		 strcmp(rule, "int") == 0)
		rules->is_number = true;
	else if (text_starts_with(rule, "max:"))
		rules->most = strtoll(rule + 4, NULL, 10);
	else if (text_starts_with(rule, "min:"))
		rules->least = strtoll(rule + 4, NULL, 10);
	else if (text_starts_with(rule, "in:") && rules->choices == NULL)
		rules->choices = text_copy(rule + 3);
	else if (text_starts_with(rule, "regex:") && rules->pattern == NULL)
		take_pattern(egg, rule + 6, name, rules);
	else if (!text_starts_with(rule, "between:") ||
		 !bounds_of(rule + 8, &rules->least, &rules->most))
		egg_note(egg, "%.60s: its rule '%.80s' was left out.", name, rule);
}

/* One text with bars between them, or a list. A regular expression goes on to the end. */
static void
read_rules(struct egg *egg, const json_t *from, const char *name, struct rules *rules)
{
	const char *at = json_string_value(from);

	*rules = (struct rules){ .least = -1, .most = -1 };
	for (size_t i = 0; i < json_array_size(from); i++) {
		const char *rule = json_string_value(json_array_get(from, i));

		if (rule != NULL)
			take_rule(egg, rule, name, rules);
	}
	while (at != NULL && *at != '\0') {
		size_t length = text_starts_with(at, "regex:") ? strlen(at) : strcspn(at, "|");
		CLEANUP(text_freep) char *rule = text_copy_n(at, length);

		take_rule(egg, rule, name, rules);
		at += length + (at[length] == '|');
	}
}

/* ---- variables ---- */

static json_t *
choices_json(const char *choices)
{
	json_t *list = json_array();

	while (*choices != '\0') {
		size_t length = strcspn(choices, ",");
		CLEANUP(text_freep) char *one = text_copy_n(choices, length);

		if (*one != '\0')
			ASSERT(json_array_append_new(list, json_string(one)) == 0);
		choices += length + (choices[length] == ',');
	}
	return list;
}

static bool
is_whole(const char *text)
{
	size_t sign = text[0] == '-';

	return text[sign] != '\0' && strspn(text + sign, "0123456789") == strlen(text + sign) &&
	       strlen(text) < 16;
}

static void
put_bounds(json_t *variable, int64_t least, int64_t most)
{
	ASSERT(json_object_set_new(variable, "between",
				   json_pack("[I,I]", (json_int_t)least, (json_int_t)most)) == 0);
}

static void
put_number(json_t *variable, const struct rules *rules, const char *initial)
{
	int64_t least = rules->least >= 0 ? rules->least : 0;
	int64_t most = rules->most >= least ? rules->most : 1000000000;
	int64_t number = strtoll(initial, NULL, 10);

	json_set_text(variable, "type", "number");
	put_bounds(variable, number < least ? number : least, number > most ? number : most);
	json_set_integer(variable, "default", number);
}

static void
put_text(struct egg *egg, json_t *variable, const struct rules *rules, const char *initial)
{
	int64_t length = (int64_t)strlen(initial);
	int64_t most = rules->most > 0 && rules->most < 4000 ? rules->most : 1000;
	bool fits = rules->pattern == NULL || pattern_matches(rules->pattern, initial);

	if (fits && rules->pattern != NULL)
		json_set_text(variable, "pattern", rules->pattern);
	if (!fits && length > 0)
		egg_note(egg,
			 "%.60s: its own default does not fit its rules, so these were left out.",
			 json_get_text(variable, "title", ""));
	if (length > 0 || !rules->required) {
		put_bounds(variable, 0, length > most ? length : most);
		json_set_text(variable, "default", initial);
	} else {
		put_bounds(variable, 1, most);
		json_set_bool(variable, "required", true);
		if (rules->pattern != NULL)
			json_set_text(variable, "pattern", rules->pattern);
	}
}

static void
put_type(struct egg *egg, json_t *variable, const struct rules *rules, const char *initial)
{
	CLEANUP(json_freep) json_t *choices = NULL;

	if (rules->choices != NULL)
		choices = choices_json(rules->choices);
	if (rules->is_boolean) {
		json_set_text(variable, "type", "boolean");
		json_set_bool(variable, "default",
			      strcmp(initial, "1") == 0 || strcmp(initial, "true") == 0);
		egg_note(
			egg,
			"%.60s is true or false here; where the game wants 1 or 0, write that into "
			"the template.",
			json_get_text(variable, "title", ""));
	} else if (json_array_size(choices) > 0) {
		const char *first = json_string_value(json_array_get(choices, 0));
		bool known = false;

		for (size_t i = 0; i < json_array_size(choices); i++)
			known = known ||
				strcmp(json_string_value(json_array_get(choices, i)), initial) == 0;
		json_set_text(variable, "type", "choice");
		ASSERT(json_object_set(variable, "choices", choices) == 0);
		json_set_text(variable, "default", known ? initial : first);
	} else if (rules->is_number && is_whole(initial)) {
		put_number(variable, rules, initial);
	} else {
		put_text(egg, variable, rules, initial);
	}
}

static void
put_cut(json_t *variable, const char *key, const char *text, size_t size)
{
	char cut[512];

	text_clean(cut, size < sizeof cut ? size : sizeof cut, text, strlen(text));
	if (cut[0] != '\0')
		json_set_text(variable, key, cut);
}

static void
take_variable(struct egg *egg, const json_t *from)
{
	const char *environment = json_get_text(from, "env_variable", "");
	const json_t *given = json_object_get(from, "default_value");
	CLEANUP(text_freep)
	char *initial = json_is_string(given)	 ? text_copy(json_string_value(given))
			: json_is_integer(given) ? json_text(given)
						 : text_copy("");
	CLEANUP(text_freep) char *known = NULL;
	json_t *variable = json_object();
	char name[VARIABLE_NAME_LIMIT + 1];
	struct rules rules;

	/* The hole that it will have, before it has one. */
	json_set_text(variable, "name", "?");
	egg_variable_name(environment, name);
	known = egg_hole(egg, environment);
	if (!variable_name_is_valid(name) || *known != '\0' ||
	    !text_is_printable(initial, strlen(initial))) {
		if (strcmp(environment, "SERVER_PORT") != 0 &&
		    strcmp(environment, "SERVER_MEMORY") != 0)
			egg_note(egg, "The variable %.80s was left out.", environment);
		json_decref(variable);
		return;
	}
	json_set_text(variable, "name", name);
	put_cut(variable, "title", json_get_text(from, "name", environment), 80);
	put_cut(variable, "help", json_get_text(from, "description", ""), 400);
	read_rules(egg, json_object_get(from, "rules"), environment, &rules);
	put_type(egg, variable, &rules, initial);
	mem_free(rules.choices);
	mem_free(rules.pattern);
	ASSERT(json_array_append_new(egg->variables, variable) == 0);
}

void
egg_take_variables(struct egg *egg)
{
	const json_t *list = json_object_get(egg->from, "variables");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_is_object(json_array_get(list, i)))
			take_variable(egg, json_array_get(list, i));
}
