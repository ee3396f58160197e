/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/websocket/frame.h"

static void
a_head_is_as_short_as_its_length_allows(void **state)
{
	static const struct {
		size_t length, size;
		unsigned char head[WEBSOCKET_HEAD_LIMIT];
	} rows[] = {
		{ 0, 2, { 0x81, 0 } },
		{ 1, 2, { 0x81, 1 } },
		{ 125, 2, { 0x81, 125 } },
		{ 126, 4, { 0x81, 126, 0, 126 } },
		{ 256, 4, { 0x81, 126, 1, 0 } },
		{ 65535, 4, { 0x81, 126, 0xff, 0xff } },
		{ 65536, 10, { 0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0 } },
		{ 0x123456, 10, { 0x81, 127, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56 } },
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		CLEANUP(buf_deinit) struct buf to = BUF_NULL;
		CLEANUP(text_freep) char *payload = mem_new(rows[i].length + 1);

		memset(payload, '*', rows[i].length);
		buf_put_byte(&to, 'x');
		websocket_put(&to, WEBSOCKET_TEXT, payload, rows[i].length);
		assert_int_equal(to.length, 1 + rows[i].size + rows[i].length);
		assert_memory_equal(to.data + 1, rows[i].head, rows[i].size);
		if (rows[i].length > 0)
			assert_memory_equal(to.data + 1 + rows[i].size, payload, rows[i].length);
	}
}

static void
each_kind_has_its_first_byte(void **state)
{
	static const struct {
		enum websocket_opcode opcode;
		unsigned char first;
	} rows[] = {
		{ WEBSOCKET_TEXT, 0x81 }, { WEBSOCKET_BINARY, 0x82 }, { WEBSOCKET_CLOSE, 0x88 },
		{ WEBSOCKET_PING, 0x89 }, { WEBSOCKET_PONG, 0x8a },
	};
	CLEANUP(buf_deinit) struct buf to = BUF_NULL;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		buf_clear(&to);
		websocket_put(&to, rows[i].opcode, "a", 1);
		assert_int_equal(to.length, 3);
		assert_int_equal(to.data[0], rows[i].first);
	}
	buf_clear(&to);
	websocket_put_deflated(&to, WEBSOCKET_TEXT, "a", 1);
	assert_int_equal(to.data[0], 0xc1);
}

static void
a_close_carries_its_code_and_as_much_of_its_reason_as_fits(void **state)
{
	CLEANUP(buf_deinit) struct buf to = BUF_NULL;
	char reason[200];

	websocket_put_close(&to, WEBSOCKET_NO_CODE, "not said");
	assert_int_equal(to.length, 2);
	assert_memory_equal(to.data, "\x88\x00", 2);
	buf_clear(&to);
	websocket_put_close(&to, 1000, NULL);
	assert_int_equal(to.length, 4);
	assert_memory_equal(to.data, "\x88\x02\x03\xe8", 4);
	buf_clear(&to);
	websocket_put_close(&to, 3008, "slow");
	assert_int_equal(to.length, 8);
	assert_memory_equal(to.data, "\x88\x06\x0b\xc0slow", 8);

	memset(reason, 'a', sizeof reason - 1);
	reason[sizeof reason - 1] = '\0';
	buf_clear(&to);
	websocket_put_close(&to, 1001, reason);
	assert_int_equal(to.length, 2 + WEBSOCKET_CONTROL_LIMIT);
	memcpy(reason + 122, "\xc3\xa4", 2); /* bytes 122 and 123: only the first would fit */
	buf_clear(&to);
	websocket_put_close(&to, 1001, reason);
	assert_int_equal(to.length, 2 + 2 + 122);
	assert_int_equal(to.data[1], 2 + 122);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_as_short_as_its_length_allows),
		cmocka_unit_test(each_kind_has_its_first_byte),
		cmocka_unit_test(a_close_carries_its_code_and_as_much_of_its_reason_as_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
