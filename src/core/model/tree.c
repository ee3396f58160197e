/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML events to JSON values. Recursion is as deep as the document, which the
 * depth limit bounds; the first thing wrong ends the reading.
 */

#include "model/tree.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/buf.h"

struct reader {
	yaml_parser_t parser;
	struct tree *tree;
	struct tree_error *error;
	size_t nodes;
	char pointer[TREE_POINTER_LIMIT + 1];
};

static void
event_deinit(yaml_event_t *event)
{
	yaml_event_delete(event);
}

static bool
refuse(struct reader *r, const yaml_mark_t *mark, const char *detail)
{
	r->error->line = (unsigned)mark->line + 1;
	r->error->column = (unsigned)mark->column + 1;
	(void)text_put(r->error->pointer, sizeof r->error->pointer, r->pointer);
	(void)text_put(r->error->detail, sizeof r->error->detail, detail);
	return false;
}

static bool
next(struct reader *r, yaml_event_t *ret_event)
{
	yaml_parser_t *p = &r->parser;

	if (yaml_parser_parse(p, ret_event))
		return true;
	memset(ret_event, 0, sizeof *ret_event);
	if (p->error == YAML_READER_ERROR) {
		yaml_mark_t here = p->mark;

		(void)refuse(r, &here, "is not UTF-8 text, or holds control characters");
		return false;
	}
	(void)refuse(r, &p->problem_mark, "");
	(void)snprintf(r->error->detail, sizeof r->error->detail, "is not YAML: %s%s%s",
		       p->problem != NULL ? p->problem : "cannot be read",
		       p->context != NULL ? " " : "", p->context != NULL ? p->context : "");
	return false;
}

/* Remembers that `pointer` stands at `mark`. */
static void
note_place(struct reader *r, const yaml_mark_t *mark)
{
	struct tree *t = r->tree;

	if (t->place_count == t->place_room) {
		t->place_room = t->place_room == 0 ? 64 : t->place_room * 2;
		t->places = mem_resize(t->places, t->place_room * sizeof *t->places);
	}
	t->places[t->place_count++] = (struct tree_place){
		.pointer = text_copy(r->pointer),
		.line = (unsigned)mark->line + 1,
		.column = (unsigned)mark->column + 1,
	};
}

/* Adds a name to the pointer; false when it gets too long. Undone by cutting it at *ret_before. */
static bool
pointer_push(struct reader *r, const char *name, size_t *ret_before)
{
	size_t at = strlen(r->pointer);

	*ret_before = at;
	if (at + 1 + 2 * strlen(name) > TREE_POINTER_LIMIT)
		return false;
	r->pointer[at++] = '/';
	for (; *name != '\0'; name++) {
		if (*name == '~' || *name == '/') {
			r->pointer[at++] = '~';
			r->pointer[at++] = *name == '~' ? '0' : '1';
		} else {
			r->pointer[at++] = *name;
		}
	}
	r->pointer[at] = '\0';
	return true;
}

/* A whole number exactly as JSON writes it, that fits. */
static bool
is_whole_number(const char *text)
{
	const char *digits = text + (*text == '-');
	size_t length = strspn(digits, "0123456789");

	return length > 0 && length <= 18 && digits[length] == '\0' &&
	       (digits[0] != '0' || (length == 1 && digits == text));
}

static json_t *
plain_value(const char *text)
{
	if (*text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0)
		return json_null();
	if (strcmp(text, "true") == 0)
		return json_true();
	if (strcmp(text, "false") == 0)
		return json_false();
	if (is_whole_number(text))
		return json_integer(strtoll(text, NULL, 10));
	return json_string(text);
}

static bool
read_scalar(struct reader *r, const yaml_event_t *event, json_t **ret_value)
{
	const char *text = (const char *)event->data.scalar.value;

	if (strlen(text) != event->data.scalar.length)
		return refuse(r, &event->start_mark, "holds a NUL character");
	*ret_value = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain_value(text)
									 : json_string(text);
	if (*ret_value == NULL)
		return refuse(r, &event->start_mark, "is not UTF-8 text");
	return true;
}

static bool
read_node(struct reader *r, const yaml_event_t *event, unsigned depth, json_t **ret_value);

static bool
read_list(struct reader *r, unsigned depth, json_t *list)
{
	for (;;) {
		CLEANUP(event_deinit) yaml_event_t event = { 0 };
		char number[24];
		json_t *value;
		size_t before;

		if (!next(r, &event))
			return false;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			return true;
		(void)snprintf(number, sizeof number, "%zu", json_array_size(list));
		if (!pointer_push(r, number, &before))
			return refuse(r, &event.start_mark, "lies too deep");
		note_place(r, &event.start_mark);
		if (!read_node(r, &event, depth + 1, &value))
			return false;
		json_array_append_new(list, value);
		r->pointer[before] = '\0';
	}
}

/* One `name: value`; the event of its key was read. */
static bool
read_member(struct reader *r, const yaml_event_t *key, unsigned depth, json_t *object)
{
	CLEANUP(event_deinit) yaml_event_t event = { 0 };
	const char *name = (const char *)key->data.scalar.value;
	json_t *value;
	size_t before;

	if (key->type != YAML_SCALAR_EVENT || key->data.scalar.anchor != NULL ||
	    key->data.scalar.tag != NULL || strlen(name) != key->data.scalar.length)
		return refuse(r, &key->start_mark, "a name was expected here");
	if (!pointer_push(r, name, &before))
		return refuse(r, &key->start_mark, "the name is too long, or lies too deep");
	if (json_object_get(object, name) != NULL)
		return refuse(r, &key->start_mark, "stands here twice");
	note_place(r, &key->start_mark);
	if (!next(r, &event) || !read_node(r, &event, depth + 1, &value))
		return false;
	if (json_object_set_new(object, name, value) < 0)
		return refuse(r, &key->start_mark, "the name is not UTF-8 text");
	r->pointer[before] = '\0';
	return true;
}

static bool
read_map(struct reader *r, unsigned depth, json_t *object)
{
	for (;;) {
		CLEANUP(event_deinit) yaml_event_t key = { 0 };

		if (!next(r, &key))
			return false;
		if (key.type == YAML_MAPPING_END_EVENT)
			return true;
		if (!read_member(r, &key, depth, object))
			return false;
	}
}

/* Anchors and tags of whatever the event begins. */
static bool
is_adorned(const yaml_event_t *e)
{
	if (e->type == YAML_SCALAR_EVENT)
		return e->data.scalar.anchor != NULL || e->data.scalar.tag != NULL;
	if (e->type == YAML_SEQUENCE_START_EVENT)
		return e->data.sequence_start.anchor != NULL || e->data.sequence_start.tag != NULL;
	if (e->type == YAML_MAPPING_START_EVENT)
		return e->data.mapping_start.anchor != NULL || e->data.mapping_start.tag != NULL;
	return false;
}

/* The value that `event` begins, or is. */
static bool
read_node(struct reader *r, const yaml_event_t *event, unsigned depth, json_t **ret_value)
{
	CLEANUP(json_freep) json_t *value = NULL;

	if (depth > TREE_DEPTH_LIMIT)
		return refuse(r, &event->start_mark, "is nested too deep");
	if (++r->nodes > TREE_NODES_LIMIT)
		return refuse(r, &event->start_mark, "the document has too many values");
	if (event->type == YAML_ALIAS_EVENT || is_adorned(event))
		return refuse(r, &event->start_mark,
			      "anchors (&), aliases (*) and tags (!) are not accepted; write the "
			      "value out, in quotes when it begins with one of these");
	if (event->type == YAML_SCALAR_EVENT)
		return read_scalar(r, event, ret_value);
	if (event->type == YAML_SEQUENCE_START_EVENT) {
		value = json_array();
		if (!read_list(r, depth, value))
			return false;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		value = json_object();
		if (!read_map(r, depth, value))
			return false;
	} else {
		return refuse(r, &event->start_mark, "a value was expected here");
	}
	*ret_value = TAKE(value);
	return true;
}

/* The one document of the stream; a stream without one is null. */
static bool
read_stream(struct reader *r, json_t **ret_root)
{
	CLEANUP(json_freep) json_t *root = NULL;

	for (;;) {
		CLEANUP(event_deinit) yaml_event_t event = { 0 };

		if (!next(r, &event))
			return false;
		if (event.type == YAML_STREAM_END_EVENT)
			break;
		if (event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_END_EVENT)
			continue;
		if (root != NULL)
			return refuse(r, &event.start_mark,
				      "one document was expected, not several");
		if (event.type == YAML_DOCUMENT_START_EVENT)
			continue;
		note_place(r, &event.start_mark);
		if (!read_node(r, &event, 0, &root))
			return false;
	}
	*ret_root = root != NULL ? TAKE(root) : json_null();
	return true;
}

/*
 * JSON has two spellings that libyaml does not know: escaped surrogate pairs and
 * names of over 1024 bytes. So what looks like JSON gets a second chance, without
 * places.
 */
static json_t *
read_json(const char *text, size_t length)
{
	size_t i = 0;

	while (i < length && strchr(" \t\r\n", text[i]) != NULL && text[i] != '\0')
		i++;
	if (i == length || (text[i] != '{' && text[i] != '['))
		return NULL;
	return json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
}

bool
tree_read(const char *text, size_t length, struct tree *ret_tree, struct tree_error *ret_error)
{
	struct tree tree = { .root = NULL };
	struct reader r = { .tree = &tree, .error = ret_error };
	bool read;

	ASSERT(yaml_parser_initialize(&r.parser));
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	/* An empty buffer has no bytes at all, which libyaml takes for a mistake of ours. */
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text != NULL ? text : ""),
				     length);
	read = read_stream(&r, &tree.root);
	yaml_parser_delete(&r.parser);
	if (!read) {
		tree_deinit(&tree);
		tree.root = read_json(text, length);
	}
	if (tree.root == NULL)
		return false;
	*ret_tree = tree;
	return true;
}

void
tree_deinit(struct tree *tree)
{
	for (size_t i = 0; i < tree->place_count; i++)
		mem_free(tree->places[i].pointer);
	mem_free(tree->places);
	json_decref(tree->root);
	*tree = (struct tree){ .root = NULL };
}

/* Is `above` the pointer itself or one of the values it lies in? */
static bool
holds(const char *above, const char *pointer, size_t *ret_length)
{
	*ret_length = strlen(above);
	return strncmp(above, pointer, *ret_length) == 0 &&
	       (pointer[*ret_length] == '\0' || pointer[*ret_length] == '/');
}

void
tree_find(const struct tree *tree, const char *pointer, unsigned *ret_line, unsigned *ret_column)
{
	size_t best = 0;

	*ret_line = *ret_column = 0;
	for (size_t i = 0; i < tree->place_count; i++) {
		size_t length;

		if (!holds(tree->places[i].pointer, pointer, &length) ||
		    (length < best && *ret_line != 0))
			continue;
		best = length;
		*ret_line = tree->places[i].line;
		*ret_column = tree->places[i].column;
	}
}
