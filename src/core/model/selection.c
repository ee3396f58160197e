/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An expression is a run of parts: static text, or a path into the message. Evaluated once:
 * what a message says is never read as an expression.
 */

#include "model/selection.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define BODY "request.body"

struct step {
	char *name; /* NULL: an element */
	size_t index;
};

struct part {
	char *text;	     /* static; or NULL */
	size_t first, count; /* of its steps */
};

struct selection {
	struct part parts[SELECTION_STEPS_LIMIT * 2 + 1];
	size_t part_count;
	struct step steps[SELECTION_STEPS_LIMIT];
	size_t step_count;
};

void
selection_free(struct selection *selection)
{
	if (selection == NULL)
		return;
	for (size_t i = 0; i < selection->part_count; i++)
		mem_free(selection->parts[i].text);
	for (size_t i = 0; i < selection->step_count; i++)
		mem_free(selection->steps[i].name);
	mem_free(selection);
}

/* ---- parsing ---- */

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static const char *
take_step(struct selection *s, const char *name, size_t length, size_t index)
{
	if (s->step_count == SELECTION_STEPS_LIMIT)
		return "it has too many steps";
	s->steps[s->step_count].name = name != NULL ? text_copy_n(name, length) : NULL;
	s->steps[s->step_count++].index = index;
	return NULL;
}

/* "[0]", "['a b']". */
static const char *
take_bracket(struct selection *s, const char **at)
{
	const char *start = *at + 1, *end;

	if (*start == '\'' || *start == '"') {
		end = strchr(start + 1, *start);
		if (end == NULL || end[1] != ']')
			return "a quoted name in brackets has no end";
		*at = end + 2;
		return take_step(s, start + 1, (size_t)(end - start - 1), 0);
	}
	end = start + strspn(start, "0123456789");
	if (end == start || end - start > 6 || *end != ']')
		return "in brackets stands a number or a quoted name";
	*at = end + 1;
	return take_step(s, NULL, 0, (size_t)strtol(start, NULL, 10));
}

/* ".name" */
static const char *
take_member(struct selection *s, const char **at)
{
	const char *start = *at + 1, *end = start;

	while (is_name(*end))
		end++;
	if (end == start)
		return "after a dot stands a name";
	*at = end;
	return take_step(s, start, (size_t)(end - start), 0);
}

/* At what follows the '$'. */
static const char *
take_variable(struct selection *s, const char **at)
{
	struct part *part = &s->parts[s->part_count++];
	bool is_braced = **at == '{';
	const char *why = NULL;

	*at += is_braced;
	if (strncmp(*at, BODY, strlen(BODY)) != 0 || is_name((*at)[strlen(BODY)]))
		return "a variable begins with $request.body (a $ itself is written \\$)";
	*at += strlen(BODY);
	part->first = s->step_count;
	while (why == NULL && (**at == '.' || **at == '['))
		why = **at == '.' ? take_member(s, at) : take_bracket(s, at);
	part->count = s->step_count - part->first;
	if (why == NULL && is_braced && *(*at)++ != '}')
		return "a brace is not closed";
	return why;
}

static void
take_static(struct selection *s, const char **at)
{
	struct buf text = BUF_NULL;

	while (**at != '\0' && **at != '$') {
		if (**at == '\\' && ((*at)[1] == '$' || (*at)[1] == '\\'))
			(*at)++;
		buf_put_byte(&text, (unsigned char)*(*at)++);
	}
	s->parts[s->part_count++].text = buf_take_text(&text);
}

struct selection *
selection_parse(const char *text, const char **ret_why)
{
	struct selection *s;
	const char *why = NULL;

	if (*text == '\0' || strlen(text) > SELECTION_LIMIT) {
		*ret_why = *text == '\0' ? "it is empty" : "it is too long";
		return NULL;
	}
	s = mem_new(sizeof *s);
	while (why == NULL && *text != '\0') {
		/* Static text and a variable in each round. */
		if (s->part_count + 2 > ELEMENTS(s->parts))
			why = "it has too many parts";
		else if (*text != '$')
			take_static(s, &text);
		else if (text++, true)
			why = take_variable(s, &text);
	}
	if (why == NULL)
		return s;
	*ret_why = why;
	selection_free(s);
	return NULL;
}

/* ---- evaluating ---- */

static const json_t *
find(const struct selection *s, const struct part *part, const json_t *message)
{
	for (size_t i = part->first; i < part->first + part->count && message != NULL; i++) {
		const struct step *step = &s->steps[i];

		message = step->name != NULL ? json_object_get(message, step->name)
					     : json_array_get(message, step->index);
	}
	return message;
}

static void
put_value(struct buf *key, const json_t *value)
{
	char *text;

	if (value == NULL)
		return;
	if (json_is_string(value)) {
		buf_put(key, json_string_value(value), json_string_length(value));
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	ASSERT(text != NULL);
	buf_put_text(key, text);
	mem_free(text);
}

char *
selection_key(const struct selection *selection, const json_t *message)
{
	CLEANUP(buf_deinit) struct buf key = BUF_NULL;

	for (size_t i = 0; i < selection->part_count; i++) {
		const struct part *part = &selection->parts[i];

		if (part->text != NULL)
			buf_put_text(&key, part->text);
		else
			put_value(&key, find(selection, part, message));
		if (key.length > SELECTION_KEY_LIMIT)
			return NULL;
	}
	/* A key with a NUL in it is nobody's. */
	if (key.length > 0 && memchr(key.data, '\0', key.length) != NULL)
		return NULL;
	return buf_take_text(&key);
}
