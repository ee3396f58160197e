/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and frames: two bytes of limit, then the bytes. */

#include "fuzz.h"
#include "wire/minecraft/frame.h"
#include "wire/minecraft/varint.h"

static size_t limit;

static enum wire_result
parse(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct frame frame;

	return frame_parse(bytes, length, limit, &frame, ret_used);
}

static enum wire_result
parse_number(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	int32_t value;

	return varint_parse(bytes, length, &value, ret_used);
}

static void
check_number(const uint8_t *data, size_t size)
{
	unsigned char printed[VARINT_LIMIT];
	int32_t value, back;
	size_t used, length;

	if (fuzz_every_split(parse_number, data, size, &used) != WIRE_DONE)
		return;
	ASSERT(varint_parse(data, size, &value, &used) == WIRE_DONE);
	length = varint_print(printed, value);
	ASSERT(length <= used);
	ASSERT(varint_parse(printed, length, &back, &used) == WIRE_DONE);
	ASSERT(back == value && used == length);
}

static void
check_frame(const uint8_t *data, size_t size)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	struct frame frame, back;
	size_t used;

	if (fuzz_every_split(parse, data, size, &used) != WIRE_DONE)
		return;
	ASSERT(used <= limit);
	ASSERT(frame_parse(data, size, limit, &frame, &used) == WIRE_DONE);
	ASSERT(frame.body + frame.length == data + used);
	if (frame.is_empty)
		return;
	frame_print(&printed, frame.id, frame.body, frame.length);
	ASSERT(printed.length <= used);
	ASSERT(frame_parse(printed.data, printed.length, limit, &back, &used) == WIRE_DONE);
	ASSERT(back.id == frame.id && back.length == frame.length);
	ASSERT(memcmp(back.body, frame.body, frame.length) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	limit = (size_t)data[0] << 8 | data[1];
	check_number(data + 2, size - 2);
	check_frame(data + 2, size - 2);
	return 0;
}
