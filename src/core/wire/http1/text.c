/* SPDX-License-Identifier: Apache-2.0 */
/* Alphabets and small grammars of header values: see the header. Nothing here allocates but results. */

#include "wire/http1/text.h"

#include <string.h>
#include <strings.h>

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

int
http_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte that "%XX" at `text` stands for, or -1. */
static int
percent_value(const char *text, size_t length)
{
	int high, low;

	if (length < 3 || text[0] != '%')
		return -1;
	high = http_hex_value(text[1]);
	low = http_hex_value(text[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool
http_is_token(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!is_letter_or_digit(text[i]) && !is_one_of(text[i], "!#$%&'*+-.^_`|~"))
			return false;
	return length > 0;
}

bool
http_is_path(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '%') {
			if (percent_value(text + i, length - i) < 0)
				return false;
		} else if (!is_letter_or_digit(text[i]) &&
			   !is_one_of(text[i], "/-._~!$&'()*+,;=:@")) {
			return false;
		}
	}
	return length > 0;
}

bool
http_is_query(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f || text[i] == '#')
			return false;
	return true;
}

static bool
is_port(const char *text, size_t length)
{
	unsigned port = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' || i >= 5)
			return false;
		port = port * 10 + (unsigned)(text[i] - '0');
	}
	return length > 0 && port <= 65535;
}

bool
http_is_authority(const char *text, size_t length)
{
	size_t at = 0;

	if (length > 0 && text[0] == '[') {
		for (at = 1; at < length && text[at] != ']'; at++)
			if (http_hex_value(text[at]) < 0 && !is_one_of(text[at], ":."))
				return false;
		if (at == length || at < 3)
			return false;
		at++;
	} else {
		while (at < length && (is_letter_or_digit(text[at]) || is_one_of(text[at], "-._~")))
			at++;
		if (at == 0)
			return false;
	}
	if (at == length)
		return true;
	return text[at] == ':' && is_port(text + at + 1, length - at - 1);
}

bool
http_same(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

static void
trim(const char **text, size_t *length)
{
	while (*length > 0 && is_one_of((*text)[0], " \t")) {
		(*text)++;
		(*length)--;
	}
	while (*length > 0 && is_one_of((*text)[*length - 1], " \t"))
		(*length)--;
}

bool
http_list_next(struct http_list *list, const char **ret_item, size_t *ret_length)
{
	while (list->length > 0) {
		const char *comma = memchr(list->text, ',', list->length);
		size_t taken = comma != NULL ? (size_t)(comma - list->text) : list->length;
		size_t skip = comma != NULL ? taken + 1 : taken;

		*ret_item = list->text;
		*ret_length = taken;
		list->text += skip;
		list->length -= skip;
		trim(ret_item, ret_length);
		if (*ret_length > 0)
			return true;
	}
	return false;
}

/* --- paths and queries ---------------------------------------------------------------------- */

/* Decode one segment behind what is in `to`; false when a byte may not stand in a name. */
static bool
decode_segment(struct buf *to, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		int byte = (unsigned char)text[i];

		if (text[i] == '%') {
			byte = percent_value(text + i, length - i);
			i += 2;
		}
		if (byte < ' ' || byte == 0x7f || byte == '/' || byte == '\\')
			return false;
		buf_put_byte(to, (unsigned char)byte);
	}
	return true;
}

/* Cut the last "/segment". */
static bool
leave_segment(struct buf *path)
{
	while (path->length > 0 && path->data[path->length - 1] != '/')
		path->length--;
	if (path->length == 0)
		return false;
	path->length--;
	return true;
}

/* `path` holds "/a/b" (or nothing, the root); add a segment or resolve dots. */
static bool
enter_segment(struct buf *path, const char *text, size_t length)
{
	size_t before = path->length;
	const char *name;

	buf_put_byte(path, '/');
	if (!decode_segment(path, text, length))
		return false;
	name = (const char *)path->data + before + 1;
	length = path->length - before - 1;
	if (length == 0 || (length == 1 && name[0] == '.')) {
		path->length = before;
		return true;
	}
	if (length == 2 && name[0] == '.' && name[1] == '.') {
		path->length = before;
		return leave_segment(path);
	}
	return true;
}

bool
http_path_decode(const char *path, size_t length, char **ret_path)
{
	CLEANUP(buf_deinit) struct buf decoded = BUF_NULL;
	size_t at = 0;

	if (!http_is_path(path, length) || path[0] != '/')
		return false;
	while (at < length) {
		size_t end = ++at;

		while (end < length && path[end] != '/')
			end++;
		if (!enter_segment(&decoded, path + at, end - at))
			return false;
		at = end;
	}
	/* A directory's own name ends in a slash; the root is one. */
	if (decoded.length == 0 || path[length - 1] == '/')
		buf_put_byte(&decoded, '/');
	if (!text_is_printable((const char *)decoded.data, decoded.length))
		return false;
	*ret_path = buf_take_text(&decoded);
	return true;
}

static char *
decode_form(const char *text, size_t length)
{
	CLEANUP(buf_deinit) struct buf value = BUF_NULL;

	for (size_t i = 0; i < length; i++) {
		int byte = text[i] == '+' ? ' ' : (unsigned char)text[i];

		if (text[i] == '%') {
			byte = percent_value(text + i, length - i);
			if (byte < 0)
				return NULL;
			i += 2;
		}
		buf_put_byte(&value, (unsigned char)byte);
	}
	if (value.length > 0 && !text_is_printable((const char *)value.data, value.length))
		return NULL;
	return buf_take_text(&value);
}

char *
http_query_get(const char *query, const char *name)
{
	size_t name_length = strlen(name);

	while (query != NULL && *query != '\0') {
		size_t length = strcspn(query, "&");

		if (length >= name_length && strncmp(query, name, name_length) == 0) {
			if (length == name_length)
				return text_copy("");
			if (query[name_length] == '=')
				return decode_form(query + name_length + 1,
						   length - name_length - 1);
		}
		query += length;
		query += *query == '&';
	}
	return NULL;
}

/* --- header values -------------------------------------------------------------------------- */

char *
http_cookie_get(const char *cookies, size_t length, const char *name)
{
	size_t name_length = strlen(name);

	while (length > 0) {
		const char *end = memchr(cookies, ';', length);
		size_t taken = end != NULL ? (size_t)(end - cookies) : length;
		const char *pair = cookies;
		size_t pair_length = taken;

		trim(&pair, &pair_length);
		if (pair_length > name_length && pair[name_length] == '=' &&
		    memcmp(pair, name, name_length) == 0)
			return text_copy_n(pair + name_length + 1, pair_length - name_length - 1);
		taken += end != NULL;
		cookies += taken;
		length -= taken;
	}
	return NULL;
}

/* Does a parameter list ";q=0.000" say zero? */
static bool
weight_is_zero(const char *text, size_t length)
{
	for (size_t i = 0; i + 2 < length; i++) {
		if (!is_one_of(text[i], "; \t") || (text[i + 1] | 0x20) != 'q' ||
		    text[i + 2] != '=')
			continue;
		for (i += 3; i < length && is_one_of(text[i], "0."); i++)
			continue;
		return i == length || is_one_of(text[i], "; \t");
	}
	return false;
}

bool
http_accepts(const char *value, size_t length, const char *word)
{
	struct http_list list = { value, length };
	const char *item;
	size_t item_length;

	while (http_list_next(&list, &item, &item_length)) {
		const char *semicolon = memchr(item, ';', item_length);
		size_t named = semicolon != NULL ? (size_t)(semicolon - item) : item_length;
		const char *name = item;
		size_t name_length = named;

		trim(&name, &name_length);
		if (http_same(name, name_length, word))
			return !weight_is_zero(item + named, item_length - named);
	}
	return false;
}

bool
http_etag_matches(const char *value, size_t length, const char *etag)
{
	struct http_list list = { value, length };
	const char *item;
	size_t item_length;

	while (http_list_next(&list, &item, &item_length)) {
		if (item_length == 1 && item[0] == '*')
			return true;
		if (item_length > 2 && item[0] == 'W' && item[1] == '/') {
			item += 2;
			item_length -= 2;
		}
		if (item_length == strlen(etag) && memcmp(item, etag, item_length) == 0)
			return true;
	}
	return false;
}
