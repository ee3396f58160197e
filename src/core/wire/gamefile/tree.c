/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON and YAML. JSON is printed anew, for it has nothing but its values. YAML has comments, so
 * the text stays and values are put into it where libyaml says they are; whether that was
 * right is seen by reading it again.
 */

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "model/tree.h"
#include "wire/gamefile/edit.h"

/* ---- JSON ---- */

/* As it is indented now: the blanks in front of the first member. */
static size_t
indent_of(const char *old)
{
	const char *line = strchr(old, '\n');
	size_t blanks = line != NULL ? strspn(line + 1, " ") : 0;

	return blanks >= 1 && blanks <= 8 ? blanks : 2;
}

static char *
print_json(const json_t *json, const char *old)
{
	size_t flags = JSON_INDENT(indent_of(old)) | JSON_ENCODE_ANY;
	char *text = json_dumps(json, flags | JSON_REAL_PRECISION(15));
	CLEANUP(json_freep) json_t *again = NULL;

	/* 15 digits print 0.1 as people wrote it; not every number has that few. */
	again = json_loads(text != NULL ? text : "", JSON_DECODE_ANY, NULL);
	if (again != NULL && json_equal(again, (json_t *)json))
		return text;
	mem_free(text);
	return json_dumps(json, flags);
}

bool
json_merge(const char *old, size_t length, const json_t *set, struct buf *to, char *why)
{
	CLEANUP(json_freep) json_t *is = NULL;
	CLEANUP(json_freep) json_t *merged = NULL;
	CLEANUP(text_freep) char *text = NULL;
	json_error_t error;

	if (old[strspn(old, " \t\r\n")] == '\0')
		is = json_object();
	else
		is = json_loadb(old, length, JSON_REJECT_DUPLICATES, &error);
	if (is == NULL || !json_is_object(is)) {
		(void)snprintf(why, REASON_LIMIT + 1,
			       "is not a JSON object%s%.80s; mend it, or remove it",
			       is == NULL ? ": " : "", is == NULL ? error.text : "");
		return false;
	}
	merged = json_deep_copy(is);
	tree_lay_over(merged, set);
	if (length > 0 && json_equal(is, merged)) {
		buf_put(to, old, length);
		return true;
	}
	text = print_json(merged, old);
	if (text == NULL) {
		(void)text_put(why, REASON_LIMIT + 1, "cannot be written as JSON");
		return false;
	}
	buf_put_text(to, text);
	buf_put_byte(to, '\n');
	return true;
}

/* ---- YAML ---- */

struct scan {
	yaml_parser_t parser;
	struct editing *e;
	size_t index, byte; /* a mark counts characters: where one was last found */
	size_t end;	    /* behind the last value seen */
	unsigned depth;
};

static void
event_deinit(yaml_event_t *event)
{
	yaml_event_delete(event);
}

static bool
next(struct scan *s, yaml_event_t *ret_event)
{
	if (yaml_parser_parse(&s->parser, ret_event))
		return true;
	memset(ret_event, 0, sizeof *ret_event);
	return refuse_edit(s->e, "is not YAML (line %zu); mend it, or remove it",
			   s->parser.problem_mark.line + 1);
}

static size_t
byte_of(struct scan *s, const yaml_mark_t *mark)
{
	if (mark->index < s->index) {
		s->index = 0;
		s->byte = text_starts_with(s->e->old, "\xef\xbb\xbf") ? 3 : 0;
	}
	while (s->index < mark->index && s->byte < s->e->length) {
		s->byte++;
		while (s->byte < s->e->length && ((unsigned char)s->e->old[s->byte] & 0xc0) == 0x80)
			s->byte++;
		s->index++;
	}
	return s->byte;
}

/* Words that some reader of YAML takes for something else than a text. */
static bool
is_word(const char *text)
{
	static const char *const others[] = { "true", "false", "null", "yes", "no",
					      "on",   "off",   "y",    "n" };
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
				     "0123456789");

	for (size_t i = 0; i < ELEMENTS(others); i++)
		if (strcasecmp(others[i], text) == 0)
			return false;
	return length > 0 && text[length] == '\0' && strchr(letters, *text) != NULL;
}

static char *
key_text(const char *key)
{
	CLEANUP(json_freep) json_t *json = json_string(key);

	return is_word(key) ? text_copy(key) : json_dumps(json, JSON_ENCODE_ANY);
}

static char *
member_text(const char *key, const json_t *value)
{
	CLEANUP(text_freep) char *name = key_text(key);
	CLEANUP(text_freep) char *text = json_dumps(value, JSON_ENCODE_ANY);

	return text_format("%s: %s", name, text != NULL ? text : "");
}

static bool
skip(struct scan *s, const yaml_event_t *event)
{
	unsigned depth = 0;
	bool inside =
		event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT;

	if (event->type == YAML_SCALAR_EVENT)
		s->end = byte_of(s, &event->end_mark);
	for (depth = inside ? 1 : 0; depth > 0;) {
		CLEANUP(event_deinit) yaml_event_t e = { 0 };

		if (!next(s, &e))
			return false;
		if (e.type == YAML_MAPPING_START_EVENT || e.type == YAML_SEQUENCE_START_EVENT)
			depth++;
		else if (e.type == YAML_MAPPING_END_EVENT || e.type == YAML_SEQUENCE_END_EVENT)
			depth--;
		/* The end of a block is where the next token begins, which is too far. */
		if (e.type == YAML_SCALAR_EVENT || e.end_mark.index > e.start_mark.index)
			s->end = byte_of(s, &e.end_mark);
	}
	return true;
}

/* Has it the wished value, also for a reader who knows more words than tree_read()? */
static bool
is_as_wished(const yaml_event_t *event, const json_t *is, const json_t *wanted)
{
	if (!json_equal((json_t *)is, (json_t *)wanted))
		return false;
	return !json_is_string(wanted) || event->type != YAML_SCALAR_EVENT ||
	       event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
	       is_word(json_string_value(wanted));
}

static bool
merge_map(struct scan *s, const yaml_event_t *start, const json_t *is, const json_t *set);

static bool
replace(struct scan *s, const yaml_event_t *event, const char *key, const json_t *wanted)
{
	size_t from = byte_of(s, &event->start_mark), to = byte_of(s, &event->end_mark);
	CLEANUP(text_freep) char *text = json_dumps(wanted, JSON_ENCODE_ANY);
	bool of_lines = to > from && s->e->old[to - 1] == '\n';

	if (event->type != YAML_SCALAR_EVENT || text == NULL)
		return refuse_edit(s->e,
				   "has a group or list at %.60s, where a template sets a "
				   "value; mend it, or remove it",
				   key);
	/* Of an empty value, its place is right behind the colon. */
	editing_put(
		s->e, from, to,
		text_format("%s%s%s", from == to ? " " : "", text, of_lines ? s->e->line_end : ""));
	s->end = to;
	return true;
}

static bool
merge_value(struct scan *s, const char *key, const json_t *is, const json_t *wanted)
{
	CLEANUP(event_deinit) yaml_event_t event = { 0 };

	if (!next(s, &event))
		return false;
	if (wanted == NULL || is_as_wished(&event, is, wanted))
		return skip(s, &event);
	if (json_is_object(wanted) && event.type == YAML_MAPPING_START_EVENT)
		return merge_map(s, &event, is, wanted);
	return replace(s, &event, key, wanted);
}

/* What is not there yet, behind what is. */
static void
add_members(struct scan *s, const json_t *is, const json_t *set, const yaml_event_t *start,
	    size_t column, const yaml_event_t *end)
{
	bool is_flow = start->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
	bool is_empty = json_object_size(is) == 0;
	size_t at = s->end;
	const char *key;
	json_t *value;

	while (!is_flow && at > 0 && at < s->e->length && s->e->old[at - 1] != '\n')
		at++;
	json_object_foreach((json_t *)set, key, value)
	{
		CLEANUP(text_freep) char *text = NULL;

		if (json_object_get(is, key) != NULL)
			continue;
		text = member_text(key, value);
		if (is_flow)
			editing_put(s->e, byte_of(s, &end->start_mark),
				    byte_of(s, &end->start_mark),
				    text_format("%s%s", is_empty ? "" : ", ", text));
		else
			editing_add_line(s->e, at, text_format("%*s%s", (int)column, "", text));
		is_empty = false;
	}
	if (is_flow)
		s->end = byte_of(s, &end->end_mark);
}

/* As deep as `set`, which is bounded. */
static bool
merge_map(struct scan *s, const yaml_event_t *start, const json_t *is, const json_t *set)
{
	size_t column = 0;
	bool first = true;

	for (;; first = false) {
		CLEANUP(event_deinit) yaml_event_t event = { 0 };
		const char *key;

		if (!next(s, &event))
			return false;
		if (event.type == YAML_MAPPING_END_EVENT) {
			add_members(s, is, set, start, column, &event);
			return true;
		}
		if (event.type != YAML_SCALAR_EVENT)
			return refuse_edit(s->e,
					   "has a key that is no text; mend it, or remove it");
		if (first)
			column = event.start_mark.column;
		key = (const char *)event.data.scalar.value;
		s->end = byte_of(s, &event.end_mark);
		if (!merge_value(s, key, json_object_get(is, key), json_object_get(set, key)))
			return false;
	}
}

static bool
merge_document(struct scan *s, const json_t *is, const json_t *set)
{
	for (;;) {
		CLEANUP(event_deinit) yaml_event_t event = { 0 };

		if (!next(s, &event))
			return false;
		if (event.type == YAML_MAPPING_START_EVENT)
			return merge_map(s, &event, is, set);
		if (event.type != YAML_STREAM_START_EVENT &&
		    event.type != YAML_DOCUMENT_START_EVENT)
			return refuse_edit(s->e, "is not a YAML map; mend it, or remove it");
	}
}

/* Nothing is in it but comments. */
static void
add_all(struct editing *e, const json_t *set)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)set, key, value)
		editing_add_line(e, e->length, member_text(key, value));
}

static bool
read_old(struct editing *e, struct tree *ret_tree)
{
	struct tree_error error = { .line = 0 };

	if (tree_read(e->old, e->length, ret_tree, &error))
		return true;
	return refuse_edit(e, "cannot be read (line %u: %.120s); mend it, or remove it", error.line,
			   error.detail);
}

bool
yaml_merge(struct editing *e, const json_t *set)
{
	struct scan s = { .e = e };
	struct tree tree;
	bool merged = true;

	if (!read_old(e, &tree))
		return false;
	if (json_is_null(tree.root)) {
		add_all(e, set);
	} else {
		s.byte = text_starts_with(e->old, "\xef\xbb\xbf") ? 3 : 0;
		ASSERT(yaml_parser_initialize(&s.parser));
		yaml_parser_set_encoding(&s.parser, YAML_UTF8_ENCODING);
		yaml_parser_set_input_string(&s.parser, (const unsigned char *)e->old, e->length);
		merged = merge_document(&s, tree.root, set);
		yaml_parser_delete(&s.parser);
	}
	tree_deinit(&tree);
	return merged;
}

bool
yaml_is_merged(const struct editing *e, const json_t *set, const struct buf *is)
{
	CLEANUP(json_freep) json_t *wanted = NULL;
	struct tree before, after;
	struct tree_error error;
	bool equal;

	if (!tree_read(e->old, e->length, &before, &error))
		return false;
	wanted = json_is_null(before.root) ? json_object() : json_deep_copy(before.root);
	tree_deinit(&before);
	tree_lay_over(wanted, set);
	if (!tree_read((const char *)is->data, is->length, &after, &error))
		return false;
	/* Nothing set in nothing is nothing. */
	equal = json_equal(wanted, after.root) ||
		(json_is_null(after.root) && json_object_size(wanted) == 0);
	tree_deinit(&after);
	return equal;
}
