/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server must make of what clients send: the cases of the Autobahn test suite
 * (numbers are its), each fed whole, byte by byte, and cut at every place.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "websocket.h"
#include "wire/websocket/utf8.h"

#define SHORT_BYTES 14	 /* so short that all ways to cut it are tried */
#define CUT_BYTES   1000 /* so short that every place is tried */

struct row {
	const char *number, *script, *record;
};

static struct websocket_scratch *scratch;
static struct websocket_limits limits;

static void
use_limits(size_t frame, size_t message, unsigned fragments)
{
	limits = (struct websocket_limits){ frame, message, fragments };
}

static unsigned
feed(struct websocket_in *in, struct buf *record, const void *bytes, size_t length)
{
	struct websocket_reader reader = { scratch, limits, record_message, record };
	unsigned code = websocket_take(in, &reader, bytes, length);

	assert_true(code == 0 || (in->ended && in->fault != NULL));
	record_fault(record, code);
	return code;
}

/* Feed in parts: a part ends behind every byte i for which ends(i). */
typedef bool ends_at(size_t i, unsigned seed);

static bool
ends_nowhere(size_t i, unsigned seed)
{
	return false;
}

static bool
ends_everywhere(size_t i, unsigned seed)
{
	return true;
}

static bool
ends_once(size_t i, unsigned seed)
{
	return i == seed;
}

static bool
ends_by_bits(size_t i, unsigned seed)
{
	return (seed >> i & 1) != 0;
}

static void
expect(const struct buf *bytes, const struct row *row, ends_at *ends, unsigned seed)
{
	CLEANUP(buf_deinit) struct buf record = BUF_NULL;
	struct websocket_in in = WEBSOCKET_IN_NULL;
	size_t from = 0;

	in.deflate = row->number[0] == 'z';
	for (size_t i = 0; i < bytes->length; i++) {
		CLEANUP(text_freep) char *part = NULL;

		if (i + 1 < bytes->length && !ends(i, seed))
			continue;
		/* A copy, so that a sanitizer sees what is read behind its end. */
		part = text_copy_n((const char *)bytes->data + from, i + 1 - from);
		(void)feed(&in, &record, part, i + 1 - from);
		from = i + 1;
	}
	if (strcmp(buf_text(&record), row->record) != 0)
		fail_msg("%s: %.300s\n gave %.300s\n not  %.300s", row->number, row->script,
			 buf_text(&record), row->record);
	if (in.ended)
		assert_null(in.partial);
	assert_true((in.partial == NULL) == (websocket_in_held(&in) == 0));
	websocket_in_deinit(&in);
}

static void
check(const struct row *row)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;

	script_put(&bytes, row->script);
	expect(&bytes, row, ends_nowhere, 0);
	expect(&bytes, row, ends_everywhere, 0);
	for (unsigned i = 0; bytes.length <= CUT_BYTES && i < bytes.length; i++)
		expect(&bytes, row, ends_once, i);
	if (bytes.length <= SHORT_BYTES)
		for (unsigned cuts = 0; cuts < 1u << (bytes.length - 1); cuts++)
			expect(&bytes, row, ends_by_bits, cuts);
}

#define CHECK_ALL(rows)                             \
	for (size_t i = 0; i < ELEMENTS(rows); i++) \
	check(&(rows)[i])

/* --- 1: lengths; 2: pings ------------------------------------------------------------------- */

static const struct row framing[] = {
	{ "1.1.1", "81:", "T:" },
	{ "1.1.2", "81:*125*", "T:*125*" },
	{ "1.1.3", "81:*126*", "T:*126*" },
	{ "1.1.4", "81:*127*", "T:*127*" },
	{ "1.1.5", "81:*128*", "T:*128*" },
	{ "1.1.6", "81:*65535*", "T:*65535*" },
	{ "1.1.7", "81:*65536*", "T:*65536*" },
	{ "1.2.1", "82:", "B:" },
	{ "1.2.2", "82:*125*", "B:*125*" },
	{ "1.2.3", "82:*126*", "B:*126*" },
	{ "1.2.5", "82:*128*", "B:*128*" },
	{ "1.2.6", "82:*65535*", "B:*65535*" },
	{ "1.2.7", "82:*65536*", "B:*65536*" },
	{ "two in a row", "81:one 81:two 82:%00", "T:one T:two B:%00" },
};

static const struct row pings[] = {
	{ "2.1", "89:", "I:" },
	{ "2.2", "89:Hello", "I:Hello" },
	{ "2.3", "89:%00%ff%fe%fd%fc%fb%00%ff", "I:%00%ff%fe%fd%fc%fb%00%ff" },
	{ "2.4", "89:*125*", "I:*125*" },
	{ "2.5", "89:*126*", "!1002" },
	{ "2.7", "8a:", "O:" },
	{ "2.8", "8a:unasked", "O:unasked" },
	{ "2.9", "8a:unasked 89:asked", "O:unasked I:asked" },
	{ "2.10", "89:0 89:1 89:2 89:3 89:4 89:5 89:6 89:7 89:8 89:9",
	  "I:0 I:1 I:2 I:3 I:4 I:5 I:6 I:7 I:8 I:9" },
	{ "a long pong", "8a:*126*", "!1002" },
	{ "a long close", "88:*126*", "!1002" },
};

static void
messages_of_every_length_come_whole(void **state)
{
	CHECK_ALL(framing);
}

static void
pings_and_pongs_come_at_once_and_are_short(void **state)
{
	CHECK_ALL(pings);
}

/* --- 3: reserved bits; 4: opcodes; masks and lengths ---------------------------------------- */

static const struct row forbidden[] = {
	{ "3.1", "91:Hello", "!1002" },
	{ "3.2", "81:Hello a1:Hello 89:", "T:Hello !1002" },
	{ "3.3", "81:Hello b1:Hello 89:", "T:Hello !1002" },
	{ "3.4", "81:Hello c1:Hello 89:", "T:Hello !1002" },
	{ "3.5", "d2:%00%ff", "!1002" },
	{ "3.6", "e9:Hello", "!1002" },
	{ "3.7", "f8:%03%e8", "!1002" },
	{ "4.1.1", "83:", "!1002" },
	{ "4.1.2", "84:reserved", "!1002" },
	{ "4.1.3", "81:Hello 85: 89:", "T:Hello !1002" },
	{ "4.1.4", "81:Hello 86:reserved 89:", "T:Hello !1002" },
	{ "4.1.5", "81:Hello 87:reserved 89:", "T:Hello !1002" },
	{ "4.2.1", "8b:", "!1002" },
	{ "4.2.2", "8c:reserved", "!1002" },
	{ "4.2.3", "81:Hello 8d: 89:", "T:Hello !1002" },
	{ "4.2.4", "81:Hello 8e:reserved 89:", "T:Hello !1002" },
	{ "4.2.5", "81:Hello 8f:reserved 89:", "T:Hello !1002" },
	{ "a reserved opcode in fragments", "03:a 80:b", "!1002" },
	{ "no mask", "u81:Hello", "!1002" },
	{ "no mask, no payload", "u81:", "!1002" },
	{ "no mask on a ping", "81:a u89:b", "T:a !1002" },
	{ "no mask on a close", "u88:%03%e8", "!1002" },
	{ "125 in two bytes", "=81fe007d3700213d", "!1002" },
	{ "65535 in eight bytes", "=81ff000000000000ffff3700213d", "!1002" },
	{ "the top bit of a length", "=81ff80000000000000003700213d", "!1002" },
};

static void
what_the_protocol_reserves_ends_the_connection(void **state)
{
	CHECK_ALL(forbidden);
}

/* Every first byte with every kind of connection: what is allowed is a short list. */
static void
only_the_first_bytes_of_the_list_are_taken(void **state)
{
	static const unsigned char whole[] = { 0x81, 0x82, 0x88, 0x89, 0x8a };
	static const unsigned char part[] = { 0x01, 0x02 };

	for (unsigned first = 0; first < 256; first++) {
		CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
		CLEANUP(buf_deinit) struct buf record = BUF_NULL;
		struct websocket_in in = WEBSOCKET_IN_NULL;
		bool is_whole = memchr(whole, (int)first, sizeof whole) != NULL;
		bool is_part = memchr(part, (int)first, sizeof part) != NULL;
		unsigned code;

		frame_put(&bytes, first, true, &BUF_NULL);
		code = feed(&in, &record, bytes.data, bytes.length);
		assert_int_equal(code, is_whole || is_part ? 0 : WEBSOCKET_PROTOCOL_ERROR);
		assert_true(is_whole == (code == 0 && record.length > 0));
		assert_true(is_part == (in.partial != NULL));
		websocket_in_deinit(&in);
	}
}

/* --- 5: fragments --------------------------------------------------------------------------- */

static const struct row fragments[] = {
	{ "5.1", "09:frag1 80:frag2", "!1002" },
	{ "5.2", "0a:frag1 80:frag2", "!1002" },
	{ "a close in fragments", "08:%03%e8 80:", "!1002" },
	{ "5.3", "01:frag1 80:frag2", "T:frag1frag2" },
	{ "5.6", "01:frag1 89:ping 80:frag2", "I:ping T:frag1frag2" },
	{ "5.9", "80:cont 81:Hello", "!1002" },
	{ "5.12", "00:cont 81:Hello", "!1002" },
	{ "5.15", "01:frag1 80:frag2 00:frag3 81:frag4", "T:frag1frag2 !1002" },
	{ "5.16", "00:frag1 01:frag2 80:frag3", "!1002" },
	{ "5.17", "80:frag1 01:frag2 80:frag3", "!1002" },
	{ "5.18", "01:frag1 81:frag2", "!1002" },
	{ "5.18 binary", "01:frag1 82:frag2", "!1002" },
	{ "5.19", "01:f1 00:f2 89:p1 00:f3 00:f4 89:p2 80:f5", "I:p1 I:p2 T:f1f2f3f4f5" },
	{ "binary", "02:%00 00:%01 80:%02", "B:%00%01%02" },
	{ "a reserved bit in the middle", "01:a c0:b", "!1002" },
	{ "a pong in the middle", "02: 8a:x 80:y", "O:x B:y" },
	{ "two messages in fragments", "01:a 80:b 02:c 80:d 81:e", "T:ab B:cd T:e" },
	{ "never finished", "01:a 00:b", "" },
};

static void
fragments_are_joined_in_their_order_only(void **state)
{
	CHECK_ALL(fragments);
}

/* --- 6: text -------------------------------------------------------------------------------- */

#define KOSME	    "%ce%ba%e1%bd%b9%cf%83%ce%bc%ce%b5"
#define KOSME_PARTS "01:%ce 00:%ba 00:%e1 00:%bd 00:%b9 00:%cf 00:%83 00:%ce 00:%bc 00:%ce 80:%b5"

static const struct row texts[] = {
	{ "6.1.1", "81:", "T:" },
	{ "6.1.2", "01: 00: 80:", "T:" },
	{ "6.1.3", "01: 00:middle 80:", "T:middle" },
	{ "6.2.1", "81:Hello-%c2%b5@%c3%9f%c3%b6-UTF-8!!", "T:Hello-%c2%b5@%c3%9f%c3%b6-UTF-8!!" },
	{ "6.2.2", "01:Hello-%c2%b5@ 80:%c3%9f!!", "T:Hello-%c2%b5@%c3%9f!!" },
	{ "6.2.4", KOSME_PARTS, "T:" KOSME },
	{ "6.3.1", "81:" KOSME "%ed%a0%80edited", "!1007" },
	{ "6.3.2", "01:" KOSME " 00:%ed 00:%a0 00:%80 80:edited", "!1007" },
	{ "6.4.1", "01:" KOSME " 00:%f4%90%80%80 80:edited", "!1007" },
	{ "6.4.2", "01:" KOSME "%f4 00:%90 00:%80%80edited 80:", "!1007" },
	{ "6.6.1", "81:%ce", "!1007" },
	{ "6.6.2", "81:%ce%ba", "T:%ce%ba" },
	{ "6.6.3", "81:%ce%ba%e1", "!1007" },
	{ "6.6.11", "81:" KOSME, "T:" KOSME },
	{ "6.7.1", "81:%00", "T:%00" },
	{ "6.7.2", "81:%c2%80", "T:%c2%80" },
	{ "6.7.3", "81:%e0%a0%80", "T:%e0%a0%80" },
	{ "6.7.4", "81:%f0%90%80%80", "T:%f0%90%80%80" },
	{ "6.8.1", "81:%f8%88%80%80%80", "!1007" },
	{ "6.8.2", "81:%fc%84%80%80%80%80", "!1007" },
	{ "6.9.1", "81:%7f", "T:%7f" },
	{ "6.9.2", "81:%df%bf", "T:%df%bf" },
	{ "6.9.3", "81:%ef%bf%bf", "T:%ef%bf%bf" },
	{ "6.9.4", "81:%f4%8f%bf%bf", "T:%f4%8f%bf%bf" },
	{ "6.10.1", "81:%f7%bf%bf%bf", "!1007" },
	{ "6.10.3", "81:%fd%bf%bf%bf%bf%bf", "!1007" },
	{ "6.11.1", "81:%ed%9f%bf", "T:%ed%9f%bf" },
	{ "6.11.2", "81:%ee%80%80", "T:%ee%80%80" },
	{ "6.11.3", "81:%ef%bf%bd", "T:%ef%bf%bd" },
	{ "6.11.5", "81:%f4%90%80%80", "!1007" },
	{ "6.12.1", "81:%80", "!1007" },
	{ "6.12.2", "81:%bf", "!1007" },
	{ "6.12.8", "81:%80%bf%80%bf%80%bf%be", "!1007" },
	{ "6.13.1", "81:%c0%20%c1%20%c2%20", "!1007" },
	{ "6.13.2", "81:%e0%20%e1%20", "!1007" },
	{ "6.13.3", "81:%f0%20%f1%20", "!1007" },
	{ "6.14.1", "81:%c0", "!1007" },
	{ "6.14.2", "81:%e0%80", "!1007" },
	{ "6.14.3", "81:%f0%80%80", "!1007" },
	{ "6.14.6", "81:%df", "!1007" },
	{ "6.14.7", "81:%ef%bf", "!1007" },
	{ "6.14.8", "81:%f7%bf%bf", "!1007" },
	{ "6.16.1", "81:%fe", "!1007" },
	{ "6.16.2", "81:%ff", "!1007" },
	{ "6.17.1", "81:%c0%af", "!1007" },
	{ "6.17.2", "81:%e0%80%af", "!1007" },
	{ "6.17.3", "81:%f0%80%80%af", "!1007" },
	{ "6.18.1", "81:%c1%bf", "!1007" },
	{ "6.18.2", "81:%e0%9f%bf", "!1007" },
	{ "6.18.3", "81:%f0%8f%bf%bf", "!1007" },
	{ "6.19.1", "81:%c0%80", "!1007" },
	{ "6.20.1", "81:%ed%a0%80", "!1007" },
	{ "6.20.7", "81:%ed%bf%bf", "!1007" },
	{ "6.21.1", "81:%ed%a0%80%ed%b0%80", "!1007" },
	{ "6.22.1", "81:%ef%bf%be", "T:%ef%bf%be" },
	{ "6.22.34", "81:%f4%8f%bf%be", "T:%f4%8f%bf%be" },
	{ "binary need not be text", "82:%ff%fe", "B:%ff%fe" },
	{ "a ping need not be text", "89:%ff%fe", "I:%ff%fe" },
};

static void
text_is_utf8_or_ends_the_connection(void **state)
{
	CHECK_ALL(texts);
}

/* 6.3.2, 6.4.1 to 6.4.4: not at the end of the message, but at the byte that is wrong. */
static void
a_wrong_byte_is_noticed_when_it_comes(void **state)
{
	static const struct row rows[] = {
		{ "6.3.2", "01:" KOSME " 00:%ed 00:%a0", "!1007" },
		{ "6.4.1", "01:" KOSME " 00:%f4%90", "!1007" },
		{ "6.4.2", "01:" KOSME "%f4 00:%90", "!1007" },
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
		struct row before = { rows[i].number, "", "" };

		script_put(&bytes, rows[i].script);
		expect(&bytes, &rows[i], ends_everywhere, 0);
		bytes.length--;
		expect(&bytes, &before, ends_everywhere, 0);
	}
}

/* Within a frame that has not come whole: 17 of 100 bytes, the last of them wrong. */
static void
a_wrong_byte_is_noticed_before_the_frame_is_whole(void **state)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	CLEANUP(buf_deinit) struct buf record = BUF_NULL;
	struct websocket_in in = WEBSOCKET_IN_NULL;

	script_put(&bytes, "81:0123456789abcdef%ff*83*");
	assert_int_equal(feed(&in, &record, bytes.data, 6 + 16), 0);
	assert_int_equal(feed(&in, &record, bytes.data + 6 + 16, 1), WEBSOCKET_INVALID_DATA);
}

/* The rule of RFC 3629 in another shape: decode, then look at the number. */
static bool
is_utf8(const unsigned char *b, size_t n)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	for (size_t i = 0; i < n;) {
		unsigned size = b[i] < 0x80	    ? 1
				: b[i] >> 5 == 0x06 ? 2
				: b[i] >> 4 == 0x0e ? 3
				: b[i] >> 3 == 0x1e ? 4
						    : 0;
		unsigned code = size == 1 ? b[i] : b[i] & (0x7fu >> size);

		if (size == 0 || size > n - i)
			return false;
		for (unsigned k = 1; k < size; k++) {
			if (b[i + k] >> 6 != 2)
				return false;
			code = code << 6 | (b[i + k] & 0x3f);
		}
		if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
			return false;
		i += size;
	}
	return true;
}

static bool
is_taken(const unsigned char *bytes, size_t length)
{
	struct websocket_utf8 u = WEBSOCKET_UTF8_NULL;

	return websocket_utf8_take(&u, bytes, length) && websocket_utf8_is_whole(&u);
}

static void
every_run_of_three_bytes_is_judged_as_the_rfc_does(void **state)
{
	for (unsigned code = 0; code < 1u << 24; code++) {
		unsigned char b[3] = { (unsigned char)(code >> 16), (unsigned char)(code >> 8),
				       (unsigned char)code };
		bool right = is_utf8(b, 3);

		if (is_taken(b, 3) != right)
			fail_msg("%06x", code);
	}
}

static void
every_run_of_four_bytes_at_the_edges_is_judged_as_the_rfc_does(void **state)
{
	static const unsigned char later[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90,
					       0x9f, 0xa0, 0xbf, 0xc0, 0xff };

	for (unsigned first = 0xee; first < 0x100; first++)
		for (unsigned n = 0; n < 256 * 100; n++) {
			unsigned char b[4] = { (unsigned char)first, (unsigned char)(n / 100),
					       later[n / 10 % 10], later[n % 10] };

			if (is_taken(b, 4) != is_utf8(b, 4))
				fail_msg("%02x%02x%02x%02x", b[0], b[1], b[2], b[3]);
		}
}

/* --- 7: closing ----------------------------------------------------------------------------- */

static const struct row closes[] = {
	{ "7.1.1", "81:Hello 88:%03%e8", "T:Hello C1000:" },
	{ "7.1.2", "88:%03%e8 88:%03%e8", "C1000:" },
	{ "7.1.3", "88:%03%e8 89:", "C1000:" },
	{ "7.1.4", "88:%03%e8 81:Hello", "C1000:" },
	{ "7.1.5", "01:frag1 88:%03%e8 80:frag2", "C1000:" },
	{ "behind a close nothing is judged", "88: u91:", "C1005:" },
	{ "7.3.1", "88:", "C1005:" },
	{ "7.3.2", "88:a", "!1002" },
	{ "7.3.2 behind a ping", "89:%03%e8 88:%03", "I:%03%e8 !1002" },
	{ "7.3.3", "88:%03%e8", "C1000:" },
	{ "7.3.4", "88:%03%e8Hello", "C1000:Hello" },
	{ "7.3.5", "88:%03%e8*123*", "C1000:*123*" },
	{ "7.3.6", "88:%03%e8*124*", "!1002" },
	{ "7.5.1", "88:%03%e8%ce%ba%ed%a0%80", "!1007" },
	{ "a reason cut within a character", "88:%03%e8%ce", "!1007" },
};

static void
a_close_is_told_once_and_ends_it(void **state)
{
	CHECK_ALL(closes);
}

/* 7.7 and 7.9, and all between. */
static void
every_close_code_is_judged(void **state)
{
	static const unsigned right[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
					  1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999 };
	static const unsigned wrong[] = { 0,	999,  1004, 1005, 1006, 1015,
					  1016, 1100, 2000, 2999, 5000, 65535 };
	size_t taken = 0;

	for (size_t i = 0; i < ELEMENTS(right); i++)
		assert_true(websocket_code_is_valid(right[i]));
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_false(websocket_code_is_valid(wrong[i]));
	for (unsigned code = 0; code < 65536; code++) {
		unsigned char bytes[8] = {
			0x88, 0x82, 0, 0, 0, 0, (unsigned char)(code >> 8), (unsigned char)code
		};
		CLEANUP(buf_deinit) struct buf record = BUF_NULL;
		struct websocket_in in = WEBSOCKET_IN_NULL;
		unsigned result = feed(&in, &record, bytes, sizeof bytes);

		assert_int_equal(result, websocket_code_is_valid(code) ? 0 : 1002);
		taken += result == 0;
	}
	assert_int_equal(taken, 4 + 8 + 2000);
}

/* --- 9, 10: sizes and limits ---------------------------------------------------------------- */

static void
a_large_message_comes_whole_from_fragments_of_any_size(void **state)
{
	static const size_t sizes[] = { 64, 256, 1300, 4096, 16384, 65536, 1048576 };
	const size_t all = 1048576;

	use_limits(all, all, 20000);
	for (size_t s = 0; s < ELEMENTS(sizes); s++) {
		CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
		CLEANUP(buf_deinit) struct buf record = BUF_NULL;
		struct websocket_in in = WEBSOCKET_IN_NULL;

		for (size_t at = 0; at < all; at += sizes[s]) {
			CLEANUP(buf_deinit) struct buf part = BUF_NULL;
			bool last = at + sizes[s] >= all;

			for (size_t i = at; i < at + sizes[s] && i < all; i++)
				buf_put_byte(&part, '*');
			frame_put(&bytes, (last ? 0x80u : 0) | (at == 0 ? 1u : 0), true, &part);
		}
		for (size_t at = 0; at < bytes.length; at += 1021)
			(void)feed(&in, &record, bytes.data + at,
				   bytes.length - at < 1021 ? bytes.length - at : 1021);
		assert_string_equal(buf_text(&record), "T:*1048576*");
		assert_null(in.partial);
	}
}

static void
limits_are_exact(void **state)
{
	static const struct row rows[] = {
		{ "frame", "81:*200*", "T:*200*" },
		{ "frame+1", "81:*201*", "!1009" },
		{ "message", "01:*200* 80:*100*", "T:*300*" },
		{ "message+1", "01:*200* 80:*101*", "!1009" },
		{ "fragments", "01:*1* 00:*1* 00:*1* 80:*1*", "T:*4*" },
		{ "fragments+1", "01:*1* 00:*1* 00:*1* 00:*1* 80:*1*", "!1009" },
		{ "empty fragments", "01: 00: 00: 00: 00:", "!1009" },
		{ "controls are no fragments", "01:*1* 89: 00:*1* 89: 00:*1* 89: 80:*1*",
		  "I: I: I: T:*4*" },
		{ "each message anew", "01:*200* 80:*100* 01:*200* 80:*100*", "T:*300* T:*300*" },
		{ "a wild length", "=81ff7fffffffffffffff3700213d00", "!1009" },
		{ "a wild length behind some", "01:*9* =80ff7fffffffffffffff3700213d00", "!1009" },
	};

	use_limits(200, 300, 4);
	CHECK_ALL(rows);
}

/* What is too big is refused by its head, not when it is there. */
static void
what_is_too_big_is_not_waited_for(void **state)
{
	static const unsigned char bytes[] = {
		0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4, 5
	};
	CLEANUP(buf_deinit) struct buf record = BUF_NULL;
	struct websocket_in in = WEBSOCKET_IN_NULL;

	assert_int_equal(feed(&in, &record, bytes, sizeof bytes), WEBSOCKET_TOO_BIG);
	assert_string_equal(in.fault, "the frame is too big");
}

/* --- memory --------------------------------------------------------------------------------- */

static void
between_messages_a_connection_holds_nothing(void **state)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	CLEANUP(buf_deinit) struct buf record = BUF_NULL;
	struct websocket_in in = WEBSOCKET_IN_NULL;
	size_t starts[3];

	assert_true(sizeof in <= 24);
	starts[0] = 0;
	script_put(&bytes, "81:Hello");
	starts[1] = bytes.length;
	script_put(&bytes, "01:Hel 89:x 80:lo");
	starts[2] = bytes.length;
	script_put(&bytes, "88:");
	for (size_t i = 0; i < bytes.length; i++) {
		bool between = i == starts[0] || i == starts[1] || i == starts[2];

		assert_true(between == (in.partial == NULL));
		assert_true(between == (websocket_in_held(&in) == 0));
		assert_true(websocket_in_held(&in) < 6000);
		assert_int_equal(feed(&in, &record, bytes.data + i, 1), 0);
	}
	assert_null(in.partial);
	assert_string_equal(buf_text(&record), "T:Hello I:x T:Hello C1005:");
}

/* Connections that take turns in the middle of their messages do not disturb each other. */
static void
unfinished_messages_of_many_connections_stay_apart(void **state)
{
	struct websocket_in in[7] = { 0 };
	struct buf bytes[7] = { 0 }, record[7] = { 0 };

	for (unsigned c = 0; c < ELEMENTS(in); c++) {
		char script[60];

		(void)snprintf(script, sizeof script, "01:a%u 89:b%u 80:c%u 82:d%u 88:", c, c, c,
			       c);
		script_put(&bytes[c], script);
	}
	for (size_t i = 0; i < bytes[0].length; i++)
		for (unsigned c = 0; c < ELEMENTS(in); c++)
			assert_int_equal(feed(&in[c], &record[c], bytes[c].data + i, 1), 0);
	for (unsigned c = 0; c < ELEMENTS(in); c++) {
		char all[60];

		(void)snprintf(all, sizeof all, "I:b%u T:a%uc%u B:d%u C1005:", c, c, c, c);
		assert_string_equal(buf_text(&record[c]), all);
		assert_null(in[c].partial);
		buf_deinit(&bytes[c]);
		buf_deinit(&record[c]);
	}
}

static void
a_connection_that_goes_in_the_middle_leaves_nothing(void **state)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;

	script_put(&bytes, "01:Hello 00:World");
	for (size_t n = 1; n <= bytes.length; n++) {
		CLEANUP(buf_deinit) struct buf record = BUF_NULL;
		struct websocket_in in = WEBSOCKET_IN_NULL;

		assert_int_equal(feed(&in, &record, bytes.data, n), 0);
		assert_non_null(in.partial);
		websocket_in_deinit(&in);
		assert_null(in.partial);
	}
}

static bool
refuse(void *argument, const struct websocket_message *m)
{
	++*(unsigned *)argument;
	return false;
}

static void
the_caller_may_end_it_at_any_message(void **state)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	CLEANUP(buf_deinit) struct buf record = BUF_NULL;
	struct websocket_in in = WEBSOCKET_IN_NULL, other = WEBSOCKET_IN_NULL;
	unsigned told = 0;
	struct websocket_reader reader = { scratch, limits, refuse, &told };

	script_put(&bytes, "82:%00 81:Hello 91:");
	assert_int_equal(websocket_take(&in, &reader, bytes.data, bytes.length), 0);
	assert_int_equal(websocket_take(&in, &reader, bytes.data, bytes.length), 0);
	assert_int_equal(told, 1);
	assert_true(in.ended);
	assert_null(in.fault);
	assert_null(in.partial);
	/* What was left of its bytes does not come up in the next one's. */
	bytes.length -= 6;
	assert_int_equal(feed(&other, &record, bytes.data, bytes.length), 0);
	assert_string_equal(buf_text(&record), "B:%00 T:Hello");
}

static int
setup(void **state)
{
	scratch = websocket_scratch_new();
	use_limits(1 << 20, 1 << 20, 64);
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
		SENTENCE(messages_of_every_length_come_whole),
		SENTENCE(pings_and_pongs_come_at_once_and_are_short),
		SENTENCE(what_the_protocol_reserves_ends_the_connection),
		SENTENCE(only_the_first_bytes_of_the_list_are_taken),
		SENTENCE(fragments_are_joined_in_their_order_only),
		SENTENCE(text_is_utf8_or_ends_the_connection),
		SENTENCE(a_wrong_byte_is_noticed_when_it_comes),
		SENTENCE(a_wrong_byte_is_noticed_before_the_frame_is_whole),
		SENTENCE(every_run_of_three_bytes_is_judged_as_the_rfc_does),
		SENTENCE(every_run_of_four_bytes_at_the_edges_is_judged_as_the_rfc_does),
		SENTENCE(a_close_is_told_once_and_ends_it),
		SENTENCE(every_close_code_is_judged),
		SENTENCE(a_large_message_comes_whole_from_fragments_of_any_size),
		SENTENCE(limits_are_exact),
		SENTENCE(what_is_too_big_is_not_waited_for),
		SENTENCE(between_messages_a_connection_holds_nothing),
		SENTENCE(unfinished_messages_of_many_connections_stay_apart),
		SENTENCE(a_connection_that_goes_in_the_middle_leaves_nothing),
		SENTENCE(the_caller_may_end_it_at_any_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
