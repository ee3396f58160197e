/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML as S3 writes it, read element by element: each end of an element brings the text that
 * stood in it. Anything unexpected ends the reading.
 */

#include "wire/s3.h"

#include <stdlib.h>
#include <string.h>

#define NAME_LIMIT  64
#define DEPTH_LIMIT 16

struct reader {
	const char *at, *end;
	char names[DEPTH_LIMIT][NAME_LIMIT + 1];
	size_t depth;
	char text[S3_TEXT_LIMIT + 1]; /* since the last tag */
	size_t text_length;
	bool closes_next; /* <a/> */
};

enum found { FOUND_OPEN, FOUND_CLOSE, FOUND_END, FOUND_WRONG };

static bool
text_add(struct reader *r, char c)
{
	if (r->text_length == S3_TEXT_LIMIT || c == '\0')
		return false;
	r->text[r->text_length++] = c;
	r->text[r->text_length] = '\0';
	return true;
}

/* "&amp;" and its kind; numbers for ASCII only, as S3 uses them in keys and ETags. */
static bool
take_reference(struct reader *r)
{
	static const struct {
		const char *name;
		char c;
	} known[] = {
		{ "amp;", '&' },  { "lt;", '<' },    { "gt;", '>' },
		{ "quot;", '"' }, { "apos;", '\'' },
	};
	size_t left = (size_t)(r->end - ++r->at);
	long number = 0;
	size_t i = 1, base = 10;

	for (size_t k = 0; k < ELEMENTS(known); k++) {
		size_t length = strlen(known[k].name);

		if (left >= length && memcmp(r->at, known[k].name, length) == 0) {
			r->at += length;
			return text_add(r, known[k].c);
		}
	}
	if (left < 3 || r->at[0] != '#')
		return false;
	if (r->at[1] == 'x') {
		base = 16;
		i++;
	}
	for (; i < left && i < 8 && r->at[i] != ';'; i++) {
		static const char digits[] = "0123456789abcdef";
		char c = r->at[i] >= 'A' && r->at[i] <= 'F' ? (char)(r->at[i] + 32) : r->at[i];
		const char *digit = c != '\0' ? memchr(digits, c, base) : NULL;

		if (digit == NULL)
			return false;
		number = number * (long)base + (digit - digits);
	}
	if (i >= left || r->at[i] != ';' || number <= 0 || number > 0x7f)
		return false;
	r->at += i + 1;
	return text_add(r, (char)number);
}

/* Behind "<" or "</": the name, and to the end of the tag; attributes are passed over. */
static bool
take_tag(struct reader *r, char ret_name[static NAME_LIMIT + 1], bool *ret_empty)
{
	const char *close = memchr(r->at, '>', (size_t)(r->end - r->at));
	size_t length = 0;

	if (close == NULL)
		return false;
	while (r->at + length < close && strchr(" \t\r\n/", r->at[length]) == NULL)
		length++;
	if (length == 0 || length > NAME_LIMIT)
		return false;
	memcpy(ret_name, r->at, length);
	ret_name[length] = '\0';
	*ret_empty = close[-1] == '/';
	r->at = close + 1;
	return true;
}

static enum found
take_open(struct reader *r)
{
	if (r->depth == DEPTH_LIMIT || !take_tag(r, r->names[r->depth], &r->closes_next))
		return FOUND_WRONG;
	r->depth++;
	r->text_length = 0;
	r->text[0] = '\0';
	return FOUND_OPEN;
}

static enum found
take_close(struct reader *r)
{
	char name[NAME_LIMIT + 1];
	bool empty;

	if (r->closes_next) {
		r->closes_next = false;
		r->depth--;
		return FOUND_CLOSE;
	}
	r->at++;
	if (!take_tag(r, name, &empty) || empty || r->depth == 0 ||
	    strcmp(name, r->names[r->depth - 1]) != 0)
		return FOUND_WRONG;
	r->depth--;
	return FOUND_CLOSE;
}

/* The next beginning or end of an element; at an end, names[depth] and text are its own. */
static enum found
next(struct reader *r)
{
	if (r->closes_next)
		return take_close(r);
	while (r->at < r->end) {
		if (*r->at == '&') {
			if (!take_reference(r))
				return FOUND_WRONG;
		} else if (*r->at != '<') {
			if (r->depth > 0 && !text_add(r, *r->at))
				return FOUND_WRONG;
			r->at++;
		} else if (++r->at == r->end) {
			return FOUND_WRONG;
		} else if (*r->at == '?') {
			r->at = memchr(r->at, '>', (size_t)(r->end - r->at));
			if (r->at == NULL)
				return FOUND_WRONG;
			r->at++;
		} else {
			return *r->at == '/' ? take_close(r) : take_open(r);
		}
	}
	return r->depth == 0 ? FOUND_END : FOUND_WRONG;
}

static struct reader
reader_of(const char *text, size_t length)
{
	return (struct reader){ .at = text, .end = text + length };
}

bool
s3_error_parse(const char *text, size_t length, struct s3_error *ret_error)
{
	struct reader r = reader_of(text, length);
	struct s3_error error = { .code = "" };
	enum found found = next(&r);

	if (found != FOUND_OPEN || strcmp(r.names[0], "Error") != 0)
		return false;
	while ((found = next(&r)) == FOUND_OPEN || found == FOUND_CLOSE) {
		if (found == FOUND_OPEN || r.depth != 1)
			continue;
		if (strcmp(r.names[1], "Code") == 0)
			text_clean(error.code, sizeof error.code, r.text, strlen(r.text));
		else if (strcmp(r.names[1], "Message") == 0)
			text_clean(error.message, sizeof error.message, r.text, strlen(r.text));
	}
	if (error.code[0] == '\0')
		return false;
	*ret_error = error;
	return true;
}

bool
s3_upload_id_parse(const char *text, size_t length, char ret_id[static S3_TEXT_LIMIT + 1])
{
	struct reader r = reader_of(text, length);
	char id[S3_TEXT_LIMIT + 1] = "";
	enum found found;

	while ((found = next(&r)) == FOUND_OPEN || found == FOUND_CLOSE)
		if (found == FOUND_CLOSE && r.depth == 1 && strcmp(r.names[1], "UploadId") == 0)
			(void)text_put(id, sizeof id, r.text);
	if (found != FOUND_END || id[0] == '\0' ||
	    strcmp(r.names[0], "InitiateMultipartUploadResult") != 0 ||
	    !text_is_printable(id, strlen(id)))
		return false;
	memcpy(ret_id, id, sizeof id);
	return true;
}

/* ---- lists ---- */

struct listing {
	char key[S3_TEXT_LIMIT + 1], upload_id[S3_TEXT_LIMIT + 1];
	struct s3_item item;
};

/* S3 writes "2026-11-20T21:16:00.000Z", some servers no milliseconds. */
static struct instant
time_of(const char *text)
{
	struct instant t = NEVER;
	char whole[INSTANT_TEXT_SIZE];

	if (strlen(text) == 20 && text[19] == 'Z') {
		memcpy(whole, text, 19);
		memcpy(whole + 19, ".000Z", 6);
		text = whole;
	}
	return instant_parse(text, &t) ? t : NEVER;
}

static void
take_part(struct listing *l, const struct reader *r)
{
	const char *name = r->names[2];

	if (strcmp(name, "Key") == 0) {
		(void)text_put(l->key, sizeof l->key, r->text);
		l->item.key = l->key;
	} else if (strcmp(name, "UploadId") == 0) {
		(void)text_put(l->upload_id, sizeof l->upload_id, r->text);
		l->item.upload_id = l->upload_id;
	} else if (strcmp(name, "Size") == 0) {
		long long size = strtoll(r->text, NULL, 10);

		l->item.size = size > 0 ? (uint64_t)size : 0;
	} else if (strcmp(name, "LastModified") == 0 || strcmp(name, "Initiated") == 0) {
		l->item.time = time_of(r->text);
	}
}

bool
s3_list_parse(const char *text, size_t length,
	      void (*on_item)(void *argument, const struct s3_item *item), void *argument,
	      bool *ret_more)
{
	struct reader r = reader_of(text, length);
	struct listing *l = mem_new(sizeof *l);
	bool more = false, is_list;
	enum found found;

	while ((found = next(&r)) == FOUND_OPEN || found == FOUND_CLOSE) {
		bool is_item = r.depth >= 1 && (strcmp(r.names[1], "Contents") == 0 ||
						strcmp(r.names[1], "Upload") == 0);

		if (found == FOUND_OPEN) {
			if (r.depth == 2)
				l->item = (struct s3_item){ .key = NULL };
		} else if (r.depth == 2 && is_item) {
			take_part(l, &r);
		} else if (r.depth == 1 && is_item && l->item.key != NULL) {
			on_item(argument, &l->item);
		} else if (r.depth == 1 && strcmp(r.names[1], "IsTruncated") == 0) {
			more = strcmp(r.text, "true") == 0;
		}
	}
	is_list = strcmp(r.names[0], "ListBucketResult") == 0 ||
		  strcmp(r.names[0], "ListMultipartUploadsResult") == 0;
	mem_free(l);
	if (found != FOUND_END || !is_list)
		return false;
	*ret_more = more;
	return true;
}
