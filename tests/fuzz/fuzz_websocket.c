/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client sends after the upgrade, from any bytes. The first says whether
 * compression was agreed on and how the rest is cut: in one piece, in two, or byte by
 * byte, the messages and the end must be the same. What is a text is UTF-8, what is
 * told is within the limits, and what was told can be deflated and inflated again.
 */

#include <string.h>

#include "fuzz.h"
#include "wire/websocket/in.h"
#include "wire/websocket/utf8.h"

#define FRAME_LIMIT	300
#define MESSAGE_LIMIT	1000
#define FRAGMENTS_LIMIT 5

struct run {
	struct websocket_scratch *scratch;
	struct buf told;
	bool deflate, closed;
};

static void
check_text(const unsigned char *bytes, size_t length)
{
	struct websocket_utf8 u = WEBSOCKET_UTF8_NULL;
	bool right = websocket_utf8_take(&u, bytes, length);

	ASSERT(right && websocket_utf8_is_whole(&u));
}

static void
check_deflate(struct websocket_scratch *scratch, const struct websocket_message *m)
{
	CLEANUP(buf_deinit) struct buf deflated = BUF_NULL;
	CLEANUP(buf_deinit) struct buf back = BUF_NULL;
	enum websocket_inflate_result result;

	if (!websocket_deflate(scratch, m->bytes, m->length, &deflated))
		return;
	result = websocket_inflate(scratch, &deflated, m->length, &back);
	ASSERT(result == WEBSOCKET_INFLATED && back.length == m->length);
	ASSERT(memcmp(back.data, m->bytes, m->length) == 0);
}

static bool
on_message(void *argument, const struct websocket_message *m)
{
	struct run *run = argument;
	bool is_data = m->opcode == WEBSOCKET_TEXT || m->opcode == WEBSOCKET_BINARY;

	ASSERT(!run->closed);
	ASSERT(m->length <= (is_data ? MESSAGE_LIMIT : WEBSOCKET_CONTROL_LIMIT));
	if (m->opcode == WEBSOCKET_CLOSE) {
		run->closed = true;
		ASSERT(m->code == WEBSOCKET_NO_CODE || websocket_code_is_valid(m->code));
	}
	if (m->opcode == WEBSOCKET_TEXT || m->opcode == WEBSOCKET_CLOSE)
		check_text(m->bytes, m->length);
	if (is_data)
		check_deflate(run->scratch, m);
	buf_format(&run->told, "%d %u %zu ", m->opcode, m->code, m->length);
	buf_put(&run->told, m->bytes, m->length);
	return m->length == 0 || m->bytes[0] != 'X';
}

/* Feed in pieces of `step` bytes, the first of them `first` long. */
static void
feed(struct run *run, const uint8_t *data, size_t size, size_t first, size_t step)
{
	struct websocket_in in = { .deflate = run->deflate };
	struct websocket_reader reader = { .scratch = run->scratch,
					   .limits = { FRAME_LIMIT, MESSAGE_LIMIT,
						       FRAGMENTS_LIMIT },
					   .on_message = on_message,
					   .argument = run };

	for (size_t at = 0; at < size;) {
		size_t n = at == 0 && first > 0 ? first : step;
		unsigned code;

		n = n < size - at ? n : size - at;
		code = websocket_take(&in, &reader, data + at, n);
		ASSERT(code == 0 ||
		       (in.ended && in.fault != NULL && websocket_code_is_valid(code)));
		ASSERT(!in.ended || in.partial == NULL);
		ASSERT(websocket_in_held(&in) <= 6000 + 4 * MESSAGE_LIMIT);
		if (code != 0)
			buf_format(&run->told, "! %u %s", code, in.fault);
		at += n;
	}
	websocket_in_deinit(&in);
}

static void
check_same(const struct run *one, const struct run *other)
{
	ASSERT(one->told.length == other->told.length);
	ASSERT(one->told.length == 0 ||
	       memcmp(one->told.data, other->told.data, one->told.length) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct websocket_scratch *scratch;
	struct run runs[3] = { 0 };

	if (size < 2 || size > 8192)
		return 0;
	scratch = websocket_scratch_new();
	for (size_t i = 0; i < ELEMENTS(runs); i++) {
		runs[i].scratch = scratch;
		runs[i].deflate = (data[0] & 1) != 0;
	}
	feed(&runs[0], data + 1, size - 1, 0, size);
	feed(&runs[1], data + 1, size - 1, 1 + (size_t)(data[0] >> 1) * size / 128, size);
	feed(&runs[2], data + 1, size - 1, 0, 1);
	check_same(&runs[0], &runs[1]);
	check_same(&runs[0], &runs[2]);
	for (size_t i = 0; i < ELEMENTS(runs); i++)
		buf_deinit(&runs[i].told);
	websocket_scratch_free(scratch);
	return 0;
}
