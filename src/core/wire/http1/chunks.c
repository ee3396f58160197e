/* SPDX-License-Identifier: Apache-2.0 */
/* A small machine with one state per place in the grammar: see the header. */

#include "wire/http1/chunks.h"

#include "wire/http1/text.h"

static bool
is_line_text(char c)
{
	return (unsigned char)c >= ' ' ? c != 0x7f : c == '\t';
}

static enum http_chunks_result
enter(struct http_chunks *c, enum http_chunks_state state)
{
	c->state = state;
	return CHUNKS_MORE;
}

static enum http_chunks_result
take_size(struct http_chunks *c, char byte)
{
	int digit = http_hex_value(byte);

	if (digit >= 0) {
		if (++c->digits > 15)
			return CHUNKS_BAD;
		c->left = c->left * 16 + (uint64_t)digit;
		return CHUNKS_MORE;
	}
	if (c->digits == 0)
		return CHUNKS_BAD;
	if (byte == '\r')
		return enter(c, CHUNK_SIZE_END);
	return byte == ';' ? enter(c, CHUNK_EXTENSION) : CHUNKS_BAD;
}

static enum http_chunks_result
take_extension(struct http_chunks *c, char byte)
{
	if (byte == '\r')
		return enter(c, CHUNK_SIZE_END);
	if (!is_line_text(byte) || ++c->line > CHUNK_LINE_LIMIT)
		return CHUNKS_BAD;
	return CHUNKS_MORE;
}

static enum http_chunks_result
take_line_feed(struct http_chunks *c, char byte, enum http_chunks_state next)
{
	return byte == '\n' ? enter(c, next) : CHUNKS_BAD;
}

static enum http_chunks_result
take_trailer(struct http_chunks *c, char byte)
{
	if (byte == '\r')
		return enter(c, c->state == CHUNK_TRAILER ? CHUNK_TRAILER_END : CHUNK_LAST_LF);
	/* A trailer's line starts with its name: no folded line, no empty name. */
	if (!is_line_text(byte) || ++c->line > CHUNK_TRAILER_LIMIT)
		return CHUNKS_BAD;
	if (c->state == CHUNK_TRAILER_START && (byte == ' ' || byte == '\t' || byte == ':'))
		return CHUNKS_BAD;
	return enter(c, CHUNK_TRAILER);
}

/* Behind the size line: data, or the trailers when the size was 0. */
static enum http_chunks_result
take_size_end(struct http_chunks *c, char byte)
{
	c->digits = c->line = 0;
	return take_line_feed(c, byte, c->left > 0 ? CHUNK_DATA : CHUNK_TRAILER_START);
}

static enum http_chunks_result
take_byte(struct http_chunks *c, char byte)
{
	switch (c->state) {
	case CHUNK_SIZE:
		return take_size(c, byte);
	case CHUNK_EXTENSION:
		return take_extension(c, byte);
	case CHUNK_SIZE_END:
		return take_size_end(c, byte);
	case CHUNK_DATA_CR:
		return byte == '\r' ? enter(c, CHUNK_DATA_LF) : CHUNKS_BAD;
	case CHUNK_DATA_LF:
		return take_line_feed(c, byte, CHUNK_SIZE);
	case CHUNK_TRAILER_START:
	case CHUNK_TRAILER:
		return take_trailer(c, byte);
	case CHUNK_TRAILER_END:
		return take_line_feed(c, byte, CHUNK_TRAILER_START);
	case CHUNK_LAST_LF:
		if (byte != '\n')
			return CHUNKS_BAD;
		c->state = CHUNK_DONE;
		return CHUNKS_ENDED;
	case CHUNK_DATA:
	case CHUNK_DONE:
		break;
	}
	ASSERT(!"a byte is taken only where one is due");
	return CHUNKS_BAD;
}

static size_t
take_data(struct http_chunks *c, const char *bytes, size_t length, struct buf *body)
{
	size_t taken = c->left < length ? (size_t)c->left : length;

	buf_put(body, bytes, taken);
	c->left -= taken;
	if (c->left == 0)
		c->state = CHUNK_DATA_CR;
	return taken;
}

enum http_chunks_result
http_chunks_feed(struct http_chunks *c, const char *bytes, size_t length, size_t limit,
		 struct buf *body, size_t *ret_used)
{
	enum http_chunks_result result = CHUNKS_MORE;
	size_t at = 0;

	ASSERT(c->state != CHUNK_DONE && body->length <= limit);
	while (at < length && result == CHUNKS_MORE) {
		if (c->state == CHUNK_DATA)
			at += take_data(c, bytes + at, length - at, body);
		else
			result = take_byte(c, bytes[at++]);
		if (c->state == CHUNK_DATA && c->left > limit - body->length)
			result = CHUNKS_TOO_LARGE;
	}
	*ret_used = at;
	return result;
}
