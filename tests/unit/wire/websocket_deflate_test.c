/* SPDX-License-Identifier: Apache-2.0 */
/*
 * permessage-deflate: the examples of RFC 7692 §7.2.3, Autobahn's sections 12 and 13
 * (messages of every size, in fragments too), and what must not be believed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "websocket.h"

#define MESSAGE_LIMIT 131072

static struct websocket_scratch *scratch;

/* What becomes of these frames on a connection that agreed on compression. */
static void
expect(const struct buf *frames, const char *record)
{
	for (size_t step = 1; step <= frames->length; step += step < 20 ? 1 : step) {
		CLEANUP(buf_deinit) struct buf got = BUF_NULL;
		struct websocket_in in = { .deflate = true };
		struct websocket_limits limits = { 2 * MESSAGE_LIMIT, MESSAGE_LIMIT, 4000 };
		struct websocket_reader reader = { scratch, limits, record_message, &got };

		for (size_t at = 0; at < frames->length; at += step) {
			size_t n = frames->length - at < step ? frames->length - at : step;

			record_fault(&got, websocket_take(&in, &reader, frames->data + at, n));
		}
		if (strcmp(buf_text(&got), record) != 0)
			fail_msg("in steps of %zu: %.200s\n not %.200s", step, buf_text(&got),
				 record);
		websocket_in_deinit(&in);
	}
}

static void
expect_script(const char *script, const char *record)
{
	CLEANUP(buf_deinit) struct buf frames = BUF_NULL;

	script_put(&frames, script);
	expect(&frames, record);
}

static void
the_examples_of_the_rfc_are_read(void **state)
{
	expect_script("c1:%f2%48%cd%c9%c9%07%00", "T:Hello");	  /* 7.2.3.1 */
	expect_script("41:%f2%48%cd 80:%c9%c9%07%00", "T:Hello"); /* in fragments */
	expect_script("41:%f2%48%cd 89:x 80:%c9%c9%07%00", "I:x T:Hello");
	expect_script("c1:%00%05%00%fa%ff%48%65%6c%6c%6f%00", "T:Hello"); /* 7.2.3.3: stored */
	expect_script("c1:%f3%48%cd%c9%c9%07%00%00", "T:Hello");	  /* 7.2.3.4: BFINAL */
	expect_script("c1:%f3%48%cd%c9%c9%07%00", "T:Hello"); /* and nothing behind it */
	expect_script("c1:%f2%48%05%00%00%00%ff%ff%ca%c9%c9%07%00", "T:Hello"); /* 7.2.3.5 */
	expect_script("c1:%00", "T:");						/* 7.2.3.6 */
	expect_script("c2:%f2%48%cd%c9%c9%07%00", "B:Hello");
}

static void
each_message_is_compressed_or_not_as_its_sender_likes(void **state)
{
	expect_script("c1:%f2%48%cd%c9%c9%07%00 81:Hello c1:%f2%48%cd%c9%c9%07%00",
		      "T:Hello T:Hello T:Hello");
	expect_script("01:Hel 80:lo c1:%f2%48%cd%c9%c9%07%00", "T:Hello T:Hello");
}

static void
what_is_compressed_out_of_place_ends_the_connection(void **state)
{
	expect_script("41:%f2%48 c0:%cd%c9%c9%07%00", "!1002"); /* RSV1 in the middle */
	expect_script("01:Hel c0:lo", "!1002");
	expect_script("c9:x", "!1002"); /* RSV1 on a control frame (RFC 7692 §6.1) */
	expect_script("c8:%03%e8", "!1002");
	expect_script("e1:%00", "!1002"); /* RSV1 and RSV2 */
	expect_script("a1:Hello", "!1002");
	expect_script("91:Hello", "!1002");
}

static void
what_is_not_a_whole_deflate_stream_ends_the_connection(void **state)
{
	static const char hello[] = "%f2%48%cd%c9%c9%07%00";

	expect_script("c1:%ff%ff%ff", "!1007");
	expect_script("c1:Hello", "!1007");
	expect_script("c2:%00%14%00%eb%ffHello", "!1007"); /* 5 of 20 stored bytes */
	/* The second of two messages of RFC 7692 §7.2.3.2: it points into the first. */
	expect_script("c1:%f2%48%cd%c9%c9%07%00 c1:%f2%00%11%00%00", "T:Hello !1007");
	for (size_t n = 3; n < sizeof hello - 4; n += 3) {
		char script[40];

		(void)snprintf(script, sizeof script, "c1:%.*s", (int)n, hello);
		expect_script(script, "!1007");
	}
}

/* A compressor ends its stream once. Each end costs us a window, so few are taken. */
static void
a_message_of_endless_ends_ends_the_connection(void **state)
{
	CLEANUP(buf_deinit) struct buf frames = BUF_NULL;
	CLEANUP(buf_deinit) struct buf payload = BUF_NULL;

	for (int i = 0; i < 16; i++)
		buf_put(&payload, "\x03\x00", 2);
	buf_put_byte(&payload, 0);
	frame_put(&frames, 0xc1, true, &payload);
	expect(&frames, "T:");
	buf_clear(&frames);
	payload.length--;
	buf_put(&payload, "\x03\x00\x00", 3);
	frame_put(&frames, 0xc1, true, &payload);
	expect(&frames, "!1007");
}

/* Behind a final block the window is still there. */
static void
a_block_behind_the_final_one_may_point_before_it(void **state)
{
	/* Stored and final: "Hello"; then fixed: a match of 5 bytes at distance 5. */
	expect_script("c1:%01%05%00%fa%ffHello%02%13%00%00", "T:HelloHello");
}

static void
compressed_text_is_utf8_or_ends_the_connection(void **state)
{
	expect_script("c1:%00%03%00%fc%ff%ed%a0%80%00", "!1007");
	expect_script("c2:%00%03%00%fc%ff%ed%a0%80%00", "B:%ed%a0%80");
	expect_script("c1:%00%01%00%fe%ff%c3%00", "!1007"); /* half a character */
}

/* --- our own deflater ----------------------------------------------------------------------- */

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Text that looks like an event: words of a small set. */
static void
put_words(struct buf *to, size_t length, uint32_t *seed)
{
	static const char *const words[] = { "\"server\":", "survival", "player", "\"ready\"",
					     "2026-11-20",  "{",	"}",	  "," };

	while (to->length < length)
		buf_put_text(to, words[next_random(seed) % ELEMENTS(words)]);
	to->length = length;
}

static void
what_we_deflate_is_read_back_whatever_its_size(void **state)
{
	static const size_t sizes[] = {
		16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072
	};
	uint32_t seed = 1;

	for (size_t i = 0; i < 4 * ELEMENTS(sizes); i++) {
		CLEANUP(buf_deinit) struct buf message = BUF_NULL;
		CLEANUP(buf_deinit) struct buf deflated = BUF_NULL;
		CLEANUP(buf_deinit) struct buf back = BUF_NULL;

		put_words(&message, sizes[i / 4], &seed);
		buf_put_byte(&deflated, 'x'); /* appended, not put over what is there */
		if (!websocket_deflate(scratch, message.data, message.length, &deflated)) {
			assert_true(message.length <= 64);
			assert_int_equal(deflated.length, 1);
			continue;
		}
		assert_true(deflated.length - 1 < message.length);
		buf_drop(&deflated, 1);
		assert_int_equal(websocket_inflate(scratch, &deflated, message.length, &back), 0);
		assert_int_equal(back.length, message.length);
		assert_memory_equal(back.data, message.data, message.length);
		assert_int_equal(websocket_inflate(scratch, &deflated, message.length - 1, &back),
				 WEBSOCKET_INFLATE_TOO_BIG);
		assert_int_equal(back.length, message.length);
	}
}

/* The same bytes for the same message, whatever was deflated before: one form for all. */
static void
a_message_is_deflated_without_memory_of_earlier_ones(void **state)
{
	CLEANUP(buf_deinit) struct buf one = BUF_NULL;
	CLEANUP(buf_deinit) struct buf other = BUF_NULL;
	char text[400];

	memset(text, 'a', sizeof text);
	assert_true(websocket_deflate(scratch, text, sizeof text, &one));
	assert_true(websocket_deflate(scratch, text, sizeof text, &other));
	assert_int_equal(one.length, other.length);
	assert_memory_equal(one.data, other.data, one.length);
}

static void
what_does_not_shrink_is_not_deflated(void **state)
{
	CLEANUP(buf_deinit) struct buf to = BUF_NULL;
	unsigned char noise[5000];
	uint32_t seed = 7;

	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (unsigned char)next_random(&seed);
	assert_false(websocket_deflate(scratch, noise, sizeof noise, &to));
	assert_false(websocket_deflate(scratch, "", 0, &to));
	assert_false(websocket_deflate(scratch, "ab", 2, &to));
	assert_int_equal(to.length, 0);
}

static void
compressed_messages_come_in_fragments_of_any_size(void **state)
{
	CLEANUP(buf_deinit) struct buf message = BUF_NULL;
	CLEANUP(buf_deinit) struct buf deflated = BUF_NULL;
	uint32_t seed = 3;

	put_words(&message, 9000, &seed);
	assert_true(websocket_deflate(scratch, message.data, message.length, &deflated));
	for (size_t size = 1; size <= deflated.length; size += size) {
		CLEANUP(buf_deinit) struct buf frames = BUF_NULL;
		CLEANUP(buf_deinit) struct buf record = BUF_NULL;

		for (size_t at = 0; at < deflated.length; at += size) {
			bool last = at + size >= deflated.length;
			struct buf part = { .data = deflated.data + at,
					    .length = last ? deflated.length - at : size };

			frame_put(&frames, (last ? 0x80u : 0) | (at == 0 ? 0x41u : 0), true, &part);
		}
		(void)record_message(&record,
				     &(struct websocket_message){ .opcode = WEBSOCKET_TEXT,
								  .bytes = message.data,
								  .length = message.length });
		expect(&frames, buf_text(&record));
	}
}

/* --- bombs and limits ----------------------------------------------------------------------- */

static void
put_stars(struct buf *frames, size_t stars)
{
	CLEANUP(buf_deinit) struct buf message = BUF_NULL;
	CLEANUP(buf_deinit) struct buf deflated = BUF_NULL;

	buf_reserve(&message, stars);
	memset(message.data, '*', stars);
	message.length = stars;
	assert_true(websocket_deflate(scratch, message.data, message.length, &deflated));
	frame_put(frames, 0xc1, true, &deflated);
}

static void
a_message_that_swells_over_the_limit_ends_the_connection(void **state)
{
	CLEANUP(buf_deinit) struct buf right = BUF_NULL;
	CLEANUP(buf_deinit) struct buf wrong = BUF_NULL;
	CLEANUP(buf_deinit) struct buf bomb = BUF_NULL;

	put_stars(&right, MESSAGE_LIMIT);
	expect(&right, "T:*131072*");
	put_stars(&wrong, MESSAGE_LIMIT + 1);
	expect(&wrong, "!1009");
	put_stars(&bomb, 64 << 20);
	assert_true(bomb.length < MESSAGE_LIMIT);
	expect(&bomb, "!1009");
}

/* A compressor may make incompressible data a little longer than it was: still right. */
static void
the_limit_is_on_the_message_not_on_its_compressed_form(void **state)
{
	CLEANUP(buf_deinit) struct buf frames = BUF_NULL;
	CLEANUP(buf_deinit) struct buf payload = BUF_NULL;
	const size_t block = MESSAGE_LIMIT / 16;

	for (int i = 0; i < 16; i++) { /* stored blocks, five bytes each */
		buf_put_byte(&payload, 0);
		buf_put_byte(&payload, (unsigned char)(block & 0xff));
		buf_put_byte(&payload, (unsigned char)(block >> 8));
		buf_put_byte(&payload, (unsigned char)(~block & 0xff));
		buf_put_byte(&payload, (unsigned char)(~block >> 8 & 0xff));
		for (size_t n = 0; n < block; n++)
			buf_put_byte(&payload, '*');
	}
	buf_put_byte(&payload, 0);
	assert_true(payload.length > MESSAGE_LIMIT);
	frame_put(&frames, 0xc1, true, &payload);
	expect(&frames, "T:*131072*");
	/* Blocks that hold nothing are not data: a payload far over the limit is refused. */
	buf_clear(&frames);
	payload.length--;
	for (int i = 0; i < 100; i++)
		buf_put(&payload, "\x00\x00\x00\xff\xff", 5);
	frame_put(&frames, 0xc1, true, &payload);
	expect(&frames, "!1009");
}

/* websocket_terms_fit(): what lies within a window whole can be read with that window. */
static void
a_message_within_a_small_window_can_be_read_with_it(void **state)
{
	for (int bits = 9; bits <= 15; bits++) {
		CLEANUP(buf_deinit) struct buf message = BUF_NULL;
		CLEANUP(buf_deinit) struct buf deflated = BUF_NULL;
		const size_t size = (size_t)1 << bits;
		unsigned char back[32768 + 1];
		z_stream z = { 0 };
		uint32_t seed = 5;

		while (message.length < size - 40)
			buf_put_byte(&message, (unsigned char)next_random(&seed));
		for (size_t i = 0; message.length < size; i++) /* as far back as can be */
			buf_put_byte(&message, message.data[i]);
		if (!websocket_deflate(scratch, message.data, size, &deflated))
			continue;
		buf_put(&deflated, "\x00\x00\xff\xff", 4);
		assert_int_equal(inflateInit2(&z, -bits), Z_OK);
		z.next_in = deflated.data;
		z.avail_in = (unsigned)deflated.length;
		z.next_out = back;
		z.avail_out = sizeof back;
		assert_int_equal(inflate(&z, Z_SYNC_FLUSH), Z_OK);
		assert_int_equal(z.total_out, size);
		assert_memory_equal(back, message.data, size);
		assert_int_equal(inflateEnd(&z), Z_OK);
	}
}

static int
setup(void **state)
{
	scratch = websocket_scratch_new();
	return 0;
}

static int
teardown(void **state)
{
	websocket_scratch_free(scratch);
	return 0;
}

#define SENTENCE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SENTENCE(the_examples_of_the_rfc_are_read),
		SENTENCE(each_message_is_compressed_or_not_as_its_sender_likes),
		SENTENCE(what_is_compressed_out_of_place_ends_the_connection),
		SENTENCE(what_is_not_a_whole_deflate_stream_ends_the_connection),
		SENTENCE(a_message_of_endless_ends_ends_the_connection),
		SENTENCE(a_block_behind_the_final_one_may_point_before_it),
		SENTENCE(compressed_text_is_utf8_or_ends_the_connection),
		SENTENCE(what_we_deflate_is_read_back_whatever_its_size),
		SENTENCE(a_message_is_deflated_without_memory_of_earlier_ones),
		SENTENCE(what_does_not_shrink_is_not_deflated),
		SENTENCE(compressed_messages_come_in_fragments_of_any_size),
		SENTENCE(a_message_that_swells_over_the_limit_ends_the_connection),
		SENTENCE(the_limit_is_on_the_message_not_on_its_compressed_form),
		SENTENCE(a_message_within_a_small_window_can_be_read_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
