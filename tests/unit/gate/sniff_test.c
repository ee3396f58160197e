/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection is, by its first bytes. */

#include "../wire/bytes.h"

#include "gate/sniff.h"

static enum sniffed
sniffed(const char *text, bool is_over)
{
	struct packet packet = hex(text);

	return sniff(packet.bytes, packet.length, is_over).is;
}

static void
every_kind_of_client_is_recognised(void **unused)
{
	static const struct {
		const char *hex;
		enum sniffed is;
	} known[] = {
		{ "11 00 ff05", SNIFFED_MODERN },
		{ "91 00 00 ff05", SNIFFED_MODERN }, /* an over-long length */
		{ "11 80 00 ff05", SNIFFED_MODERN }, /* an over-long id */
		{ "fe 02 00", SNIFFED_MODERN },	     /* a frame of 382 bytes */
		{ "fe 01 00", SNIFFED_MODERN },	     /* a frame of 254 bytes */
		{ "fe 81 00 00", SNIFFED_MODERN },
		{ "fe 01 fa", SNIFFED_LEGACY_1_6 },
		{ "fe 01 fa 00 0b", SNIFFED_LEGACY_1_6 },
		{ "fe 01 07", SNIFFED_LEGACY_1_4 },
		{ "02", SNIFFED_LEGACY_LOGIN },
		{ "02 4e", SNIFFED_LEGACY_LOGIN },
		{ "fe fa", SNIFFED_NOTHING_YET },
		{ "fe fa 01 00", SNIFFED_MODERN },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(known); i++)
		assert_int_equal(sniffed(known[i].hex, false), known[i].is);
}

static void
what_no_client_sends_is_garbage(void **unused)
{
	static const char *const garbage[] = {
		"16 03 01",	  /* TLS */
		"47 45 54",	  /* GET */
		"53 53 48",	  /* SSH */
		"50 52 4f 58 59", /* a PROXY header from who may not send one */
		"0d 0a 0d 0a",
		"00",
		"01",
		"05", /* too short for a handshake */
		"11 01",
		"11 ff ff ff ff ff",
		"ff ff 7f", /* two megabytes */
		"ff ff ff",
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(garbage); i++)
		assert_int_equal(sniffed(garbage[i], false), SNIFFED_GARBAGE);
}

static void
an_old_ping_is_waited_for_a_moment(void **unused)
{
	static const unsigned char bytes[] = { 0xfe, 0x01 };
	struct sniff first = sniff(bytes, 1, false), second = sniff(bytes, 2, false);

	(void)unused;
	assert_int_equal(first.is, SNIFFED_NOTHING_YET);
	assert_true(first.wait.ms > 0 && first.wait.ms <= 1000);
	assert_int_equal(second.is, SNIFFED_NOTHING_YET);
	assert_true(second.wait.ms > 0 && second.wait.ms <= 1000);
	assert_int_equal(sniff(bytes, 1, true).is, SNIFFED_LEGACY_1_3);
	assert_int_equal(sniff(bytes, 2, true).is, SNIFFED_LEGACY_1_4);
}

static void
a_handshake_is_waited_for_until_its_own_deadline(void **unused)
{
	static const char *const begun[] = { "", "11", "91", "91 80", "11 80", "fe 02", "fe 81" };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(begun); i++) {
		struct packet packet = hex(begun[i]);
		struct sniff answer = sniff(packet.bytes, packet.length, false);

		assert_int_equal(answer.is, SNIFFED_NOTHING_YET);
		assert_int_equal(answer.wait.ms, 0);
		assert_int_equal(sniff(packet.bytes, packet.length, true).is, SNIFFED_GARBAGE);
	}
}

/* All beginnings of up to three bytes: once decided, more bytes do not change it. */
static void
a_decision_stands(void **unused)
{
	unsigned char bytes[3];

	(void)unused;
	for (unsigned all = 0; all < 1 << 24; all++) {
		enum sniffed before = SNIFFED_NOTHING_YET;

		bytes[0] = (unsigned char)(all >> 16);
		bytes[1] = (unsigned char)(all >> 8);
		bytes[2] = (unsigned char)all;
		for (size_t length = 1; length <= 3; length++) {
			enum sniffed now = sniff(bytes, length, false).is;

			if (before != SNIFFED_NOTHING_YET && now != before)
				fail_msg("%06x at %zu", all, length);
			before = now;
		}
		if (sniff(bytes, 3, true).is == SNIFFED_NOTHING_YET)
			fail_msg("%06x is never decided", all);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_client_is_recognised),
		cmocka_unit_test(what_no_client_sends_is_garbage),
		cmocka_unit_test(an_old_ping_is_waited_for_a_moment),
		cmocka_unit_test(a_handshake_is_waited_for_until_its_own_deadline),
		cmocka_unit_test(a_decision_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
