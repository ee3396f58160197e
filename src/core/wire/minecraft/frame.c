/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and the pieces of their bodies: see the header. */

#include "wire/minecraft/frame.h"

#include "wire/minecraft/varint.h"

/* The frame's length field alone: one VarInt of at most three bytes. */
static enum wire_result
head_parse(const unsigned char *bytes, size_t length, size_t *ret_frame, size_t *ret_head)
{
	int32_t value;
	enum wire_result result;

	if (length >= FRAME_HEAD_LIMIT && (bytes[FRAME_HEAD_LIMIT - 1] & 0x80) != 0 &&
	    (bytes[0] & bytes[1] & 0x80) != 0)
		return WIRE_BAD;
	result = varint_parse(bytes, length, &value, ret_head);
	if (result == WIRE_DONE)
		*ret_frame = (size_t)value;
	return result;
}

enum wire_result
frame_parse(const unsigned char *bytes, size_t length, size_t limit, struct frame *ret_frame,
	    size_t *ret_used)
{
	size_t size = 0, head = 0, id_size = 0;
	struct frame frame = { .is_empty = true };
	enum wire_result result = head_parse(bytes, length, &size, &head);

	if (result != WIRE_DONE)
		return result;
	if (size > FRAME_LENGTH_LIMIT || head + size > limit)
		return WIRE_BAD;
	if (length - head < size)
		return WIRE_MORE;
	if (size > 0) {
		if (varint_parse(bytes + head, size, &frame.id, &id_size) != WIRE_DONE)
			return WIRE_BAD;
		frame.is_empty = false;
	}
	frame.body = bytes + head + id_size;
	frame.length = size - id_size;
	*ret_frame = frame;
	*ret_used = head + size;
	return WIRE_DONE;
}

enum wire_result
frame_id_parse(const unsigned char *bytes, size_t length, int32_t *ret_id)
{
	int32_t frame_length;
	size_t head, id_size;
	enum wire_result result = varint_parse(bytes, length, &frame_length, &head);

	if (result != WIRE_DONE)
		return result;
	if (head > FRAME_HEAD_LIMIT || frame_length < 1)
		return WIRE_BAD;
	return varint_parse(bytes + head, length - head, ret_id, &id_size);
}

void
frame_print(struct buf *to, int32_t id, const void *body, size_t length)
{
	unsigned char id_bytes[VARINT_LIMIT];
	size_t id_size = varint_print(id_bytes, id);

	ASSERT(length + id_size <= FRAME_LENGTH_LIMIT);
	put_varint(to, (int32_t)(length + id_size));
	buf_put(to, id_bytes, id_size);
	buf_put(to, body, length);
}

struct body_reader
body_reader(const struct frame *frame)
{
	return (struct body_reader){ .at = frame->body, .left = frame->length };
}

const unsigned char *
body_bytes(struct body_reader *reader, size_t length)
{
	static const unsigned char nothing[1];
	const unsigned char *bytes = reader->at;

	if (reader->is_bad || length > reader->left) {
		reader->is_bad = true;
		return nothing;
	}
	reader->at += length;
	reader->left -= length;
	return bytes;
}

int32_t
body_varint(struct body_reader *reader)
{
	int32_t value;
	size_t used;

	if (reader->is_bad || varint_parse(reader->at, reader->left, &value, &used) != WIRE_DONE) {
		reader->is_bad = true;
		return 0;
	}
	(void)body_bytes(reader, used);
	return value;
}

unsigned char
body_byte(struct body_reader *reader)
{
	const unsigned char *byte = body_bytes(reader, 1);

	return reader->is_bad ? 0 : byte[0];
}

bool
body_bool(struct body_reader *reader)
{
	return body_byte(reader) != 0;
}

uint16_t
body_u16(struct body_reader *reader)
{
	const unsigned char *b = body_bytes(reader, 2);

	return reader->is_bad ? 0 : (uint16_t)(((unsigned)b[0] << 8 | b[1]) & 0xffff);
}

int64_t
body_i64(struct body_reader *reader)
{
	const unsigned char *b = body_bytes(reader, 8);
	uint64_t value = 0;

	if (reader->is_bad)
		return 0;
	for (size_t i = 0; i < 8; i++)
		value = value << 8 | b[i];
	return (int64_t)value;
}

const char *
body_text(struct body_reader *reader, size_t limit, size_t *ret_length)
{
	int32_t length = body_varint(reader);

	*ret_length = 0;
	if (length < 0 || (size_t)length > limit)
		reader->is_bad = true;
	if (reader->is_bad)
		return "";
	const unsigned char *bytes = body_bytes(reader, (size_t)length);

	*ret_length = reader->is_bad ? 0 : (size_t)length;
	return (const char *)bytes;
}

bool
body_is_whole(const struct body_reader *reader)
{
	return !reader->is_bad && reader->left == 0;
}

void
put_varint(struct buf *to, int32_t value)
{
	unsigned char bytes[VARINT_LIMIT];

	buf_put(to, bytes, varint_print(bytes, value));
}

static void
put_big_endian(struct buf *to, uint64_t value, unsigned size)
{
	while (size-- > 0)
		buf_put_byte(to, (unsigned char)(value >> (8 * size)));
}

void
put_u16(struct buf *to, uint16_t value)
{
	put_big_endian(to, value, 2);
}

void
put_i32(struct buf *to, int32_t value)
{
	put_big_endian(to, (uint32_t)value, 4);
}

void
put_i64(struct buf *to, int64_t value)
{
	put_big_endian(to, (uint64_t)value, 8);
}

void
put_text(struct buf *to, const char *text, size_t length)
{
	ASSERT(length <= FRAME_LENGTH_LIMIT);
	put_varint(to, (int32_t)length);
	buf_put(to, text, length);
}
