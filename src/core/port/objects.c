/* SPDX-License-Identifier: Apache-2.0 */
/* Names of objects, and what is in memory as a source or a reader: see the header. */

#include "port/objects.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool
is_key_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

/* As much of a key as there is. */
bool
object_prefix_is_valid(const char *prefix)
{
	unsigned segments = 1;

	if (strlen(prefix) > OBJECT_KEY_LIMIT)
		return false;
	for (const char *c = prefix; *c != '\0'; c++) {
		bool begins = c == prefix || c[-1] == '/';

		if (*c == '/') {
			if (begins || ++segments > OBJECT_SEGMENTS_LIMIT)
				return false;
		} else if (!is_key_character(*c) || (begins && *c == '.')) {
			return false;
		}
	}
	return true;
}

bool
object_key_is_valid(const char *key)
{
	return key[0] != '\0' && object_prefix_is_valid(key) && !text_ends_with(key, "/");
}

void
object_answer_free(struct object_answer *answer)
{
	if (answer == NULL)
		return;
	mem_free(answer->entries);
	mem_free(answer);
}

/* ---- in memory ---- */

static ptrdiff_t
bytes_read(struct object_source *source, void *bytes, size_t size)
{
	struct object_bytes *me = CONTAINER_OF(source, struct object_bytes, source);
	size_t left = me->length - me->at, length = left < size ? left : size;

	if (length > 0)
		memcpy(bytes, me->bytes + me->at, length);
	me->at += length;
	return (ptrdiff_t)length;
}

void
object_bytes_init(struct object_bytes *source, const void *bytes, size_t length)
{
	*source = (struct object_bytes){ .source = { .read = bytes_read },
					 .bytes = bytes,
					 .length = length };
}

static int
memory_take(struct object_reader *reader, struct object_source *content)
{
	struct object_memory *me = CONTAINER_OF(reader, struct object_memory, reader);
	ptrdiff_t got;

	buf_clear(&me->content);
	for (;;) {
		buf_reserve(&me->content, 65536);
		got = content->read(content, me->content.data + me->content.length, 65536);
		if (got <= 0)
			break;
		me->content.length += (size_t)got;
		if (me->content.length > me->limit) {
			(void)snprintf(reader->why, sizeof reader->why,
				       "it is larger than %zu bytes", me->limit);
			return -EFBIG;
		}
	}
	if (got < 0)
		(void)text_put(reader->why, sizeof reader->why, content->why);
	return (int)got;
}

void
object_memory_init(struct object_memory *reader, size_t limit)
{
	*reader = (struct object_memory){ .reader = { .take = memory_take }, .limit = limit };
}

void
object_memory_deinit(struct object_memory *reader)
{
	buf_deinit(&reader->content);
}
