/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical form of a message. What makes it hard is that it must be, byte for
 * byte, what every SDK computes: paths that are encoded already are encoded once
 * more, queries are decoded and encoded anew, white space in headers is one space.
 */

#include "wire/sigv4/canonical.h"

#include <stdlib.h>
#include <string.h>

#include "wire/http1/text.h"

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~", c) != NULL);
}

static void
encode_byte(struct buf *to, char c)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char byte = (unsigned char)c;

	if (is_unreserved(c)) {
		buf_put_byte(to, byte);
		return;
	}
	buf_put_byte(to, '%');
	buf_put_byte(to, (unsigned char)digits[byte >> 4]);
	buf_put_byte(to, (unsigned char)digits[byte & 15]);
}

void
sigv4_encode(struct buf *to, const char *text, size_t length, bool keep_slash)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '/' && keep_slash)
			buf_put_byte(to, '/');
		else
			encode_byte(to, text[i]);
	}
}

/* Decode what is encoded, and encode it as everybody does. A '%' that begins nothing is itself. */
static void
encode_anew(struct buf *to, const char *text, size_t length, bool is_path)
{
	for (size_t i = 0; i < length; i++) {
		int high = -1, low = -1;
		char c = text[i];

		if (c == '%' && length - i >= 3) {
			high = http_hex_value(text[i + 1]);
			low = http_hex_value(text[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && !is_path) {
			c = ' ';
		}
		if (c == '/' && is_path)
			buf_put_byte(to, '/');
		else
			encode_byte(to, c);
	}
}

/* Go back to before the last segment; `start` is where the path begins in the buffer. */
static void
leave_segment(struct buf *to, size_t start)
{
	while (to->length > start) {
		if (to->data[--to->length] == '/')
			return;
	}
}

/* Dot segments resolved, runs of slashes one; then every byte of what came is encoded. */
static void
put_general_path(struct buf *to, const char *path)
{
	size_t start = to->length;
	size_t length = strlen(path);

	for (size_t at = 0; at < length;) {
		size_t taken = strcspn(path + at, "/");

		if (taken == 2 && memcmp(path + at, "..", 2) == 0) {
			leave_segment(to, start);
		} else if (taken > 0 && !(taken == 1 && path[at] == '.')) {
			buf_put_byte(to, '/');
			sigv4_encode(to, path + at, taken, false);
		}
		at += taken + 1;
	}
	if (to->length == start || path[length - 1] == '/')
		buf_put_byte(to, '/');
}

void
sigv4_canonical_path(struct buf *to, const char *path, enum sigv4_style style)
{
	if (style == SIGV4_GENERAL)
		put_general_path(to, path);
	else if (*path == '\0')
		buf_put_byte(to, '/');
	else
		encode_anew(to, path, strlen(path), true);
}

/* --- the query ------------------------------------------------------------------------------ */

/* Where a parameter's name and value stand, each with a NUL behind it, in one run of text. */
struct pair {
	const char *name, *value;
};

static int
compare_pairs(const void *a, const void *b)
{
	const struct pair *p = a, *q = b;
	int order = strcmp(p->name, q->name);

	return order != 0 ? order : strcmp(p->value, q->value);
}

/* The parameters as "name NUL value NUL" one behind another; returns how many. */
static size_t
split_query(struct buf *texts, const char *query, bool but_signature)
{
	static const char signature[] = "X-Amz-Signature";
	size_t count = 0;

	while (*query != '\0') {
		size_t length = strcspn(query, "&"), before = texts->length;
		const char *equals = memchr(query, '=', length);
		size_t name = equals != NULL ? (size_t)(equals - query) : length;

		encode_anew(texts, query, name, false);
		buf_put_byte(texts, '\0');
		if (equals != NULL)
			encode_anew(texts, equals + 1, length - name - 1, false);
		buf_put_byte(texts, '\0');
		if (length == 0 ||
		    (but_signature && strcmp((const char *)texts->data + before, signature) == 0))
			texts->length = before;
		else
			count++;
		query += length;
		query += *query == '&';
	}
	return count;
}

bool
sigv4_canonical_query(struct buf *to, const char *query, bool but_signature)
{
	CLEANUP(buf_deinit) struct buf texts = BUF_NULL;
	struct pair pairs[SIGV4_PAIRS_LIMIT];
	size_t count = query != NULL ? split_query(&texts, query, but_signature) : 0;
	const char *text = (const char *)texts.data;

	if (count > ELEMENTS(pairs))
		return false;
	for (size_t i = 0; i < count; i++) {
		pairs[i].name = text;
		pairs[i].value = text + strlen(text) + 1;
		text = pairs[i].value + strlen(pairs[i].value) + 1;
	}
	if (count > 1)
		qsort(pairs, count, sizeof *pairs, compare_pairs);
	for (size_t i = 0; i < count; i++)
		buf_format(to, "%s%s=%s", i > 0 ? "&" : "", pairs[i].name, pairs[i].value);
	return true;
}

/* --- headers -------------------------------------------------------------------------------- */

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* Without white space around it; inside, one space for any run of it. */
static void
put_value(struct buf *to, const char *value)
{
	bool begun = false;

	for (const char *c = value; *c != '\0'; c++) {
		if (is_space(*c))
			continue;
		if (begun && is_space(c[-1]))
			buf_put_byte(to, ' ');
		buf_put_byte(to, (unsigned char)*c);
		begun = true;
	}
}

static bool
put_header(struct buf *to, const struct sigv4_message *message, const char *name, size_t length)
{
	bool found = false;

	buf_put(to, name, length);
	buf_put_byte(to, ':');
	for (size_t i = 0; i < message->header_count; i++) {
		const struct sigv4_header *header = &message->headers[i];

		if (strlen(header->name) != length || memcmp(header->name, name, length) != 0)
			continue;
		if (found)
			buf_put_byte(to, ',');
		put_value(to, header->value);
		found = true;
	}
	buf_put_byte(to, '\n');
	return found;
}

bool
sigv4_canonical_headers(struct buf *to, const struct sigv4_message *message,
			const char *signed_headers)
{
	const char *name = signed_headers;

	while (*name != '\0') {
		size_t length = strcspn(name, ";");

		if (!put_header(to, message, name, length))
			return false;
		name += length;
		name += *name == ';';
	}
	return true;
}

bool
sigv4_canonical(struct buf *to, const struct sigv4_message *message, const struct sigv4_view *view)
{
	buf_format(to, "%s\n", message->method);
	sigv4_canonical_path(to, message->path, view->style);
	buf_put_byte(to, '\n');
	if (!sigv4_canonical_query(to, message->query, view->presigned))
		return false;
	buf_put_byte(to, '\n');
	if (!sigv4_canonical_headers(to, message, view->signed_headers))
		return false;
	buf_format(to, "\n%s\n%s", view->signed_headers, view->payload);
	return true;
}
