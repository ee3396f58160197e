/* SPDX-License-Identifier: Apache-2.0 */
/* RakNet before a connection, and the text of Bedrock's pong. */

#include "datagram.h"

#include "wire/raknet/motd.h"
#include "wire/raknet/unconnected.h"

#define MAGIC "00ffff00fefefefefdfdfdfd12345678"

static bool
ping(const unsigned char *bytes, size_t length)
{
	struct raknet_ping to;

	return raknet_ping_parse(bytes, length, &to);
}

static bool
pong(const unsigned char *bytes, size_t length)
{
	struct raknet_pong to;

	return raknet_pong_parse(bytes, length, &to);
}

static bool
request_2(const unsigned char *bytes, size_t length)
{
	struct raknet_request_2 to;

	return raknet_request_2_parse(bytes, length, true, &to);
}

static void
a_ping_is_read_and_printed_as_documented(void **unused)
{
	struct packet packet = hex("01 0000000000000001" MAGIC "0000000000000002");
	unsigned char printed[RAKNET_PING_SIZE];
	struct raknet_ping to;

	(void)unused;
	walk_datagram(ping, packet, RAKNET_PING_SIZE);
	assert_true(raknet_ping_parse(packet.bytes, packet.length, &to));
	assert_int_equal(to.time, 1);
	assert_int_equal(to.client, 2);
	assert_false(to.open_only);
	assert_int_equal(raknet_ping_print(printed, &to), packet.length);
	assert_memory_equal(printed, packet.bytes, packet.length);
	packet.bytes[12] ^= 1;
	assert_false(raknet_ping_parse(packet.bytes, packet.length, &to));
}

static void
a_pong_has_exactly_the_text_it_says(void **unused)
{
	struct packet packet = hex("1c 0000000000000001 0000000000000009" MAGIC "0004 4d435045");
	unsigned char printed[RAKNET_PONG_LIMIT];
	struct raknet_pong to;

	(void)unused;
	walk_datagram(pong, packet, packet.length);
	assert_true(raknet_pong_parse(packet.bytes, packet.length, &to));
	assert_int_equal(to.server, 9);
	assert_int_equal(to.length, 4);
	assert_memory_equal(to.text, "MCPE", 4);
	assert_int_equal(raknet_pong_print(printed, &to), packet.length);
	assert_memory_equal(printed, packet.bytes, packet.length);
}

static void
the_first_request_measures_the_path(void **unused)
{
	unsigned char bytes[1600] = { 0 };
	struct packet head = hex("05" MAGIC "0b");
	struct raknet_request_1 to;

	(void)unused;
	memcpy(bytes, head.bytes, head.length);
	for (size_t length = 0; length <= sizeof bytes; length++) {
		bool right = raknet_request_1_parse(bytes, length, &to);

		assert_int_equal(right, length >= RAKNET_MTU_MIN - RAKNET_HEADERS);
		if (right)
			assert_int_equal(to.mtu, length + 28 < 1500 ? length + 28 : 1500);
	}
	assert_int_equal(to.protocol, 11);
}

static void
the_second_request_brings_the_cookie_back(void **unused)
{
	struct packet v4 = hex("07" MAGIC "01020304 00 04 80fffffe 4abc 05d4 00000000000000ff");
	struct packet v6 = hex("07" MAGIC "01020304 00 06 1700 4abc 00000000"
			       "00000000000000000000000000000001 00000000 05d4 00000000000000ff");
	struct raknet_request_2 to;
	char text[IP_TEXT_SIZE];

	(void)unused;
	walk_datagram(request_2, v4, v4.length);
	walk_datagram(request_2, v6, v6.length);
	assert_true(raknet_request_2_parse(v4.bytes, v4.length, true, &to));
	assert_int_equal(to.cookie, 0x01020304);
	assert_int_equal(to.mtu, 1492);
	assert_int_equal(to.client, 255);
	assert_int_equal(to.server_port, 19132);
	ip_text(&to.server, text);
	assert_string_equal(text, "127.0.0.1");
	assert_true(raknet_request_2_parse(v6.bytes, v6.length, true, &to));
	ip_text(&to.server, text);
	assert_string_equal(text, "::1");
	assert_false(raknet_request_2_parse(v4.bytes, v4.length, false, &to));
}

static void
the_replies_are_as_documented(void **unused)
{
	unsigned char bytes[RAKNET_REPLY_LIMIT];
	struct packet reply = hex("06" MAGIC "0000000000000009 01 01020304 05d4");
	struct packet other = hex("19 0b" MAGIC "0000000000000009");

	(void)unused;
	assert_int_equal(raknet_reply_1_print(bytes, 9, 0x01020304, 1492), reply.length);
	assert_memory_equal(bytes, reply.bytes, reply.length);
	assert_int_equal(raknet_incompatible_print(bytes, 9), other.length);
	assert_memory_equal(bytes, other.bytes, other.length);
}

static bool
read_motd(const char *text, struct bedrock_motd *to)
{
	return bedrock_motd_parse(text, strlen(text), to);
}

static void
a_motd_is_read_field_by_field(void **unused)
{
	struct bedrock_motd to;

	(void)unused;
	assert_true(read_motd("MCPE;Dedicated Server;594;1.20.12;3;10;13253860892328930865;"
			      "Bedrock level;Survival;1;19132;19133;",
			      &to));
	assert_string_equal(to.line[0], "Dedicated Server");
	assert_int_equal(to.protocol, 594);
	assert_string_equal(to.version, "1.20.12");
	assert_int_equal(to.online, 3);
	assert_int_equal(to.max, 10);
	assert_true(to.server == UINT64_C(13253860892328930865));
	assert_string_equal(to.line[1], "Bedrock level");
	assert_string_equal(to.mode, "Survival");
	assert_int_equal(to.port, 19132);
	assert_int_equal(to.port_v6, 19133);
	assert_true(read_motd("MCPE;a\\;b;x;1;0;5", &to));
	assert_string_equal(to.line[0], "a;b");
	assert_int_equal(to.protocol, -1);
}

static void
what_is_no_motd_is_refused(void **unused)
{
	static const char *const wrong[] = { "",
					     "MCPE",
					     "MCPE;a;1;2;3",
					     "MCPC;a;1;2;3;4;",
					     "MCPE;a;1;2;-3;4;",
					     "MCPE;a;1;2;;4;",
					     "MCPE;a;1;2;3;99999999999999999999999;" };
	struct bedrock_motd to;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_false(read_motd(wrong[i], &to));
}

static void
a_line_that_ends_in_a_backslash_does_not_run_into_the_next(void **unused)
{
	static const char *const lines[] = { "a\\", "\\", "\\\\", "\\;", ";\\", "a\\;b\\" };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(lines); i++) {
		CLEANUP(buf_deinit) struct buf text = BUF_NULL;
		struct bedrock_motd motd = { .online = 1, .max = 2, .port = 3 }, back;

		(void)text_put(motd.line[0], sizeof motd.line[0], lines[i]);
		(void)text_put(motd.line[1], sizeof motd.line[1], lines[i]);
		bedrock_motd_print(&text, &motd);
		assert_true(bedrock_motd_parse((char *)text.data, text.length, &back));
		assert_true(text_starts_with(back.line[0], lines[i]));
		assert_true(text_starts_with(back.line[1], lines[i]));
		assert_int_equal(back.online, 1);
		assert_int_equal(back.port, 3);
	}
}

static void
a_long_motd_is_cut_to_fit_a_pong(void **unused)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	struct bedrock_motd motd = { .online = 1, .max = 2, .server = UINT64_MAX }, back;

	(void)unused;
	memset(motd.line[0], ';', sizeof motd.line[0] - 1);
	memset(motd.line[1], ';', sizeof motd.line[1] - 1);
	memset(motd.version, ';', sizeof motd.version - 1);
	memset(motd.mode, ';', sizeof motd.mode - 1);
	bedrock_motd_print(&text, &motd);
	assert_true(text.length <= RAKNET_TEXT_LIMIT);
	assert_true(bedrock_motd_parse((char *)text.data, text.length, &back));
	assert_int_equal(back.online, 1);
	assert_true(back.server == UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ping_is_read_and_printed_as_documented),
		cmocka_unit_test(a_pong_has_exactly_the_text_it_says),
		cmocka_unit_test(the_first_request_measures_the_path),
		cmocka_unit_test(the_second_request_brings_the_cookie_back),
		cmocka_unit_test(the_replies_are_as_documented),
		cmocka_unit_test(a_motd_is_read_field_by_field),
		cmocka_unit_test(what_is_no_motd_is_refused),
		cmocka_unit_test(a_line_that_ends_in_a_backslash_does_not_run_into_the_next),
		cmocka_unit_test(a_long_motd_is_cut_to_fit_a_pong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
