/* SPDX-License-Identifier: Apache-2.0 */
/* A growing run of bytes: see the header. */

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
buf_deinit(struct buf *b)
{
	mem_free(b->data);
	*b = BUF_NULL;
}

void
buf_clear(struct buf *b)
{
	b->length = 0;
}

void
buf_reserve(struct buf *b, size_t more)
{
	size_t wanted = b->length + more;
	size_t capacity = b->capacity > 0 ? b->capacity : 64;

	ASSERT(wanted >= more);
	if (wanted <= b->capacity)
		return;
	while (capacity < wanted)
		capacity *= 2;
	b->data = mem_resize(b->data, capacity);
	b->capacity = capacity;
}

void
buf_put(struct buf *b, const void *bytes, size_t length)
{
	if (length == 0)
		return;
	buf_reserve(b, length);
	memcpy(b->data + b->length, bytes, length);
	b->length += length;
}

void
buf_put_byte(struct buf *b, unsigned char byte)
{
	buf_put(b, &byte, 1);
}

void
buf_put_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

void
buf_format(struct buf *b, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	ASSERT(length >= 0);
	buf_reserve(b, (size_t)length + 1);
	va_start(args, format);
	(void)vsnprintf((char *)b->data + b->length, (size_t)length + 1, format, args);
	va_end(args);
	b->length += (size_t)length;
}

void
buf_drop(struct buf *b, size_t length)
{
	ASSERT(length <= b->length);
	if (length > 0 && length < b->length)
		memmove(b->data, b->data + length, b->length - length);
	b->length -= length;
}

const char *
buf_text(struct buf *b)
{
	buf_reserve(b, 1);
	b->data[b->length] = '\0';
	return (const char *)b->data;
}

char *
buf_take_text(struct buf *b)
{
	char *text;

	(void)buf_text(b);
	text = (char *)b->data;
	*b = BUF_NULL;
	return text;
}
