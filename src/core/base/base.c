/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions, memory and text: see the header. */

#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void
assert_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "roost: %s:%d: assertion failed: %s\n", file, line, what);
	abort();
}

void *
mem_new(size_t size)
{
	void *memory = calloc(1, size > 0 ? size : 1);

	ASSERT(memory != NULL);
	return memory;
}

void *
mem_new_array(size_t count, size_t size)
{
	void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	ASSERT(memory != NULL);
	return memory;
}

void *
mem_resize(void *memory, size_t size)
{
	void *resized = realloc(memory, size > 0 ? size : 1);

	ASSERT(resized != NULL);
	return resized;
}

void
mem_free(void *memory)
{
	free(memory);
}

char *
text_copy(const char *text)
{
	return text == NULL ? NULL : text_copy_n(text, strlen(text));
}

char *
text_copy_n(const char *text, size_t length)
{
	char *copy = mem_new(length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *
text_format(const char *format, ...)
{
	va_list args;
	int length;
	char *text;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	ASSERT(length >= 0);
	text = mem_new((size_t)length + 1);
	va_start(args, format);
	(void)vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}

char **
texts_copy(char *const *list)
{
	size_t count = 0;
	char **copy;

	while (list != NULL && list[count] != NULL)
		count++;
	copy = mem_new_array(count + 1, sizeof *copy);
	for (size_t i = 0; i < count; i++)
		copy[i] = text_copy(list[i]);
	return copy;
}

void
texts_free(char **list)
{
	for (char **text = list; text != NULL && *text != NULL; text++)
		mem_free(*text);
	mem_free(list);
}

void
text_freep(char **text)
{
	free(*text);
	*text = NULL;
}

/* The length of the UTF-8 character at `s`, or 0 when there is none (RFC 3629). */
static size_t
character_length(const unsigned char *s, size_t left)
{
	size_t length, i;
	uint32_t code;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		length = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		length = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (length > left)
		return 0;
	code = s[0] & (0xffu >> (length + 1));
	for (i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3fu);
	}
	if ((length == 3 && code < 0x800) || (length == 4 && (code < 0x10000 || code > 0x10ffff)))
		return 0;
	return code >= 0xd800 && code <= 0xdfff ? 0 : length;
}

static bool
is_control(const unsigned char *s, size_t length)
{
	if (length == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	return length == 2 && s[0] == 0xc2 && s[1] < 0xa0;
}

bool
text_put(char *to, size_t size, const char *text)
{
	size_t length = strlen(text), kept = 0;

	ASSERT(size > 0);
	if (length < size) {
		memcpy(to, text, length + 1);
		return true;
	}
	while (kept < size - 1) {
		size_t step = character_length((const unsigned char *)text + kept, length - kept);

		if (step == 0)
			step = 1;
		if (kept + step > size - 1)
			break;
		kept += step;
	}
	memcpy(to, text, kept);
	to[kept] = '\0';
	return false;
}

bool
text_equal(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool
text_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
text_ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text), tail = strlen(suffix);

	return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

size_t
text_printable_length(const char *text, size_t length)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t at = 0;

	while (at < length) {
		size_t step = character_length(s + at, length - at);

		if (step == 0 || is_control(s + at, step))
			break;
		at += step;
	}
	return at;
}

bool
text_is_printable(const char *text, size_t length)
{
	return text_printable_length(text, length) == length;
}

void
text_clean(char *to, size_t size, const char *from, size_t length)
{
	const unsigned char *s = (const unsigned char *)from;
	size_t at = 0, put = 0;

	ASSERT(size > 0);
	while (at < length && put < size - 1) {
		size_t step = character_length(s + at, length - at);

		if (step == 0 || is_control(s + at, step)) {
			to[put++] = '?';
			at += step > 0 ? step : 1;
			continue;
		}
		if (put + step > size - 1)
			break;
		memcpy(to + put, s + at, step);
		put += step;
		at += step;
	}
	to[put] = '\0';
}
