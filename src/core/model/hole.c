/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holes: one scanner that cuts a text into pieces, and those who go over the pieces. What is
 * put into a hole never goes through the scanner.
 */

#include "model/hole.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "model/quantity.h"

#define UNIT_LIMIT 8

/* A run of plain text, or a hole. */
struct piece {
	const char *plain;
	size_t length; /* of the plain text; 0 with a hole */
	char name[VARIABLE_NAME_LIMIT + 1], unit[UNIT_LIMIT + 1];
};

static const struct {
	const char *word;
	bool is_time;
	int64_t of; /* bytes or milliseconds */
} units[] = {
	{ "B", false, 1 },
	{ "KiB", false, INT64_C(1) << 10 },
	{ "MiB", false, INT64_C(1) << 20 },
	{ "GiB", false, INT64_C(1) << 30 },
	{ "ms", true, 1 },
	{ "s", true, 1000 },
	{ "m", true, 60000 },
	{ "h", true, 3600000 },
};

bool
variable_name_is_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return *name >= 'a' && *name <= 'z' && name[length] == '\0' &&
	       length <= VARIABLE_NAME_LIMIT;
}

static bool
unit_is_known(const char *unit)
{
	for (size_t i = 0; i < ELEMENTS(units); i++)
		if (strcmp(units[i].word, unit) == 0)
			return true;
	return false;
}

/* What stands between `${` and `}`. */
static bool
hole_read(const char *text, size_t length, struct piece *piece,
	  char ret_why[static REASON_LIMIT + 1])
{
	const char *dot = memchr(text, '.', length);
	size_t name = dot != NULL ? (size_t)(dot - text) : length;
	size_t unit = dot != NULL ? length - name - 1 : 0;

	if (name <= VARIABLE_NAME_LIMIT && unit <= UNIT_LIMIT) {
		memcpy(piece->name, text, name);
		piece->name[name] = '\0';
		memcpy(piece->unit, dot != NULL ? dot + 1 : "", unit);
		piece->unit[unit] = '\0';
		if (variable_name_is_valid(piece->name) &&
		    (dot == NULL || unit_is_known(piece->unit)))
			return true;
	}
	(void)snprintf(
		ret_why, REASON_LIMIT + 1,
		"${%.*s} is not a hole; expected ${name}, or ${name.MiB} and the like (B, KiB, "
		"MiB, GiB, ms, s, m, h); a ${ that is none is written $${",
		length > 40 ? 40 : (int)length, text);
	return false;
}

/* Cuts the next piece off *text; 1: there is one, 0: the end, -1 with a sentence. */
static int
piece_next(const char **text, struct piece *ret_piece, char ret_why[static REASON_LIMIT + 1])
{
	const char *at = *text, *end;

	*ret_piece = (struct piece){ .plain = at };
	if (*at == '\0')
		return 0;
	if (strncmp(at, "$${", 3) == 0) {
		ret_piece->plain = at + 1;
		ret_piece->length = 2;
		*text = at + 3;
		return 1;
	}
	if (strncmp(at, "${", 2) == 0) {
		end = strchr(at, '}');
		if (end == NULL) {
			(void)text_put(ret_why, REASON_LIMIT + 1,
				       "a ${ has no end; one that is no hole is written $${");
			return -1;
		}
		*text = end + 1;
		return hole_read(at + 2, (size_t)(end - at - 2), ret_piece, ret_why) ? 1 : -1;
	}
	ret_piece->length = strcspn(at, "$");
	if (ret_piece->length == 0)
		ret_piece->length = 1 + strcspn(at + 1, "$");
	*text = at + ret_piece->length;
	return 1;
}

bool
holes_find(const char *text, hole_found *found, void *argument,
	   char ret_why[static REASON_LIMIT + 1])
{
	struct piece piece;
	int more;

	while ((more = piece_next(&text, &piece, ret_why)) > 0) {
		if (piece.length == 0)
			found(argument, piece.name, piece.unit);
	}
	return more == 0;
}

/* How many of a unit a size or duration has; false when it is neither. */
static bool
count_units(const json_t *value, const char *unit, int64_t *ret_count)
{
	struct duration duration;
	const char *text = json_string_value(value);
	int64_t bytes;

	for (size_t i = 0; i < ELEMENTS(units); i++) {
		if (strcmp(units[i].word, unit) != 0 || text == NULL)
			continue;
		if (units[i].is_time ? !duration_parse(text, &duration) : !size_parse(text, &bytes))
			return false;
		*ret_count = (units[i].is_time ? duration.ms : bytes) / units[i].of;
		return true;
	}
	return false;
}

/* The value of one hole, a new reference; NULL with a sentence. */
static json_t *
piece_value(const struct piece *piece, const json_t *values, char ret_why[static REASON_LIMIT + 1])
{
	json_t *value = json_object_get(values, piece->name);
	int64_t count;

	if (value == NULL) {
		(void)snprintf(ret_why, REASON_LIMIT + 1, "there is no variable %s", piece->name);
		return NULL;
	}
	if (piece->unit[0] != '\0') {
		if (count_units(value, piece->unit, &count))
			return json_integer(count);
		(void)snprintf(
			ret_why, REASON_LIMIT + 1,
			"%s has no %s: it is not a size or duration that could be counted in it",
			piece->name, piece->unit);
		return NULL;
	}
	if (json_is_string(value) || json_is_integer(value) || json_is_boolean(value))
		return json_incref(value);
	(void)snprintf(ret_why, REASON_LIMIT + 1, "%s is a secret, which may not be shown here",
		       piece->name);
	return NULL;
}

static void
put_escaped(struct buf *b, const char *text)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789-._~";

	for (; *text != '\0'; text++) {
		if (strchr(unreserved, *text) != NULL)
			buf_put_byte(b, (unsigned char)*text);
		else
			buf_format(b, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

/* A name of dots would be a step up, however it is escaped. */
static bool
is_dots(const char *text)
{
	return strcmp(text, ".") == 0 || strcmp(text, "..") == 0;
}

static void
put_value(struct buf *b, const json_t *value, enum hole_escape escape)
{
	if (json_is_string(value) && escape == HOLE_OF_URL)
		put_escaped(b, json_string_value(value));
	else if (json_is_string(value))
		buf_put_text(b, json_string_value(value));
	else if (json_is_integer(value))
		buf_format(b, "%" PRId64, (int64_t)json_integer_value(value));
	else
		buf_put_text(b, json_is_true(value) ? "true" : "false");
}

/* Is the whole text one hole? */
static bool
is_one_hole(const char *text, struct piece *ret_piece)
{
	char why[REASON_LIMIT + 1];

	return piece_next(&text, ret_piece, why) > 0 && ret_piece->length == 0 && *text == '\0';
}

char *
hole_fill_text(const char *text, const json_t *values, enum hole_escape escape,
	       char ret_why[static REASON_LIMIT + 1])
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	struct piece piece;
	int more;

	if (is_one_hole(text, &piece))
		escape = HOLE_PLAIN;
	while ((more = piece_next(&text, &piece, ret_why)) > 0) {
		CLEANUP(json_freep) json_t *value = NULL;

		if (piece.length > 0) {
			buf_put(&b, piece.plain, piece.length);
			continue;
		}
		value = piece_value(&piece, values, ret_why);
		if (value == NULL)
			return NULL;
		if (escape == HOLE_OF_URL && json_is_string(value) &&
		    is_dots(json_string_value(value))) {
			(void)snprintf(ret_why, REASON_LIMIT + 1,
				       "%s is only dots, which an address would take for a step up",
				       piece.name);
			return NULL;
		}
		put_value(&b, value, escape);
	}
	return more == 0 ? buf_take_text(&b) : NULL;
}

json_t *
hole_fill(const char *text, const json_t *values, enum hole_escape escape,
	  char ret_why[static REASON_LIMIT + 1])
{
	CLEANUP(text_freep) char *filled = NULL;
	struct piece piece;

	if (is_one_hole(text, &piece))
		return piece_value(&piece, values, ret_why);
	filled = hole_fill_text(text, values, escape, ret_why);
	return filled != NULL ? json_string_nocheck(filled) : NULL;
}

/* ---- whole documents ---- */

struct filling {
	const json_t *values;
	char *pointer, *why;
};

static json_t *fill_any(const struct filling *f, const json_t *from);

/* `pointer` is made from the inside out, while a failure goes up. */
static void
prepend(const struct filling *f, const char *name)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	buf_put_byte(&b, '/');
	for (; *name != '\0'; name++) {
		if (*name == '~' || *name == '/')
			buf_put_text(&b, *name == '~' ? "~0" : "~1");
		else
			buf_put_byte(&b, (unsigned char)*name);
	}
	buf_put_text(&b, f->pointer);
	(void)text_put(f->pointer, HOLE_POINTER_SIZE, buf_text(&b));
}

static json_t *
fill_object(const struct filling *f, const json_t *from)
{
	CLEANUP(json_freep) json_t *to = json_object();
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)from, name, member)
	{
		json_t *filled = fill_any(f, member);

		if (filled == NULL) {
			prepend(f, name);
			return NULL;
		}
		ASSERT(json_object_set_new(to, name, filled) == 0);
	}
	return TAKE(to);
}

static json_t *
fill_array(const struct filling *f, const json_t *from)
{
	CLEANUP(json_freep) json_t *to = json_array();

	for (size_t i = 0; i < json_array_size(from); i++) {
		json_t *filled = fill_any(f, json_array_get(from, i));
		char number[24];

		if (filled == NULL) {
			(void)snprintf(number, sizeof number, "%zu", i);
			prepend(f, number);
			return NULL;
		}
		ASSERT(json_array_append_new(to, filled) == 0);
	}
	return TAKE(to);
}

/* Documents are as deep as tree_read() or the API let them be. */
static json_t *
fill_any(const struct filling *f, const json_t *from)
{
	if (json_is_string(from))
		return hole_fill(json_string_value(from), f->values, HOLE_PLAIN, f->why);
	if (json_is_object(from))
		return fill_object(f, from);
	if (json_is_array(from))
		return fill_array(f, from);
	return json_incref((json_t *)from);
}

json_t *
holes_fill(const json_t *from, const json_t *values, char ret_pointer[static HOLE_POINTER_SIZE],
	   char ret_why[static REASON_LIMIT + 1])
{
	const struct filling f = { .values = values, .pointer = ret_pointer, .why = ret_why };

	ret_pointer[0] = '\0';
	return fill_any(&f, from);
}
