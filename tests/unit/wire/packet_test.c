/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, frames, the handshake and the status exchange. */

#include "bytes.h"

#include "base/limits.h"
#include "wire/minecraft/frame.h"
#include "wire/minecraft/handshake.h"
#include "wire/minecraft/status.h"
#include "wire/minecraft/varint.h"
#include "wire/minecraft/version.h"

static void
a_number_is_printed_and_read_back(void **unused)
{
	static const int32_t edges[] = { 0,	    1,	     127,      128,	  16383,
					 16384,	    2097151, 2097152,  268435455, 268435456,
					 INT32_MAX, -1,	     INT32_MIN };
	unsigned char bytes[VARINT_LIMIT];
	int32_t value;
	size_t used;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(edges); i++) {
		size_t length = varint_print(bytes, edges[i]);

		for (size_t cut = 0; cut < length; cut++)
			assert_int_equal(varint_parse(bytes, cut, &value, &used), WIRE_MORE);
		assert_int_equal(varint_parse(bytes, length, &value, &used), WIRE_DONE);
		assert_int_equal(value, edges[i]);
		assert_int_equal(used, length);
	}
}

static void
a_number_may_be_longer_than_needed_but_not_than_five_bytes(void **unused)
{
	struct packet long_two = hex("82 80 80 80 00"), six = hex("ff ff ff ff ff 01");
	int32_t value;
	size_t used;

	(void)unused;
	assert_int_equal(varint_parse(long_two.bytes, 5, &value, &used), WIRE_DONE);
	assert_int_equal(value, 2);
	assert_int_equal(used, 5);
	assert_int_equal(varint_parse(six.bytes, 5, &value, &used), WIRE_BAD);
}

static void
a_frames_id_is_known_before_its_body(void **unused)
{
	struct packet frame = hex("68 65 6c"), empty = hex("00 00"), four = hex("ff ff ff 00");
	int32_t id;

	(void)unused;
	assert_int_equal(frame_id_parse(frame.bytes, 1, &id), WIRE_MORE);
	assert_int_equal(frame_id_parse(frame.bytes, 2, &id), WIRE_DONE);
	assert_int_equal(id, 0x65);
	assert_int_equal(frame_id_parse(empty.bytes, 2, &id), WIRE_BAD);
	assert_int_equal(frame_id_parse(four.bytes, 4, &id), WIRE_BAD);
}

static void
a_frame_is_bounded_as_soon_as_its_length_is_known(void **unused)
{
	struct packet four = hex("ff ff ff 00"), longest = hex("ff ff 7f"), empty = hex("00"),
		      no_id = hex("01 80"), long_empty = hex("80 80 00");
	struct frame frame;
	size_t used;

	(void)unused;
	assert_int_equal(frame_parse(four.bytes, 2, FRAME_LENGTH_LIMIT + 3, &frame, &used),
			 WIRE_MORE);
	assert_int_equal(frame_parse(four.bytes, 3, FRAME_LENGTH_LIMIT + 3, &frame, &used),
			 WIRE_BAD);
	assert_int_equal(frame_parse(longest.bytes, 3, FRAME_LENGTH_LIMIT + 3, &frame, &used),
			 WIRE_MORE);
	assert_int_equal(frame_parse(longest.bytes, 3, FRAME_LENGTH_LIMIT, &frame, &used),
			 WIRE_BAD);
	assert_int_equal(frame_parse(no_id.bytes, 2, 100, &frame, &used), WIRE_BAD);
	assert_int_equal(frame_parse(empty.bytes, 1, 100, &frame, &used), WIRE_DONE);
	assert_true(frame.is_empty);
	assert_int_equal(frame_parse(long_empty.bytes, 3, 100, &frame, &used), WIRE_DONE);
	assert_true(frame.is_empty);
	assert_int_equal(used, 3);
}

static void
a_frame_of_exactly_the_limit_is_taken_and_one_more_is_not(void **unused)
{
	unsigned char bytes[130] = { 0x80, 0x01 }; /* 128 behind two */
	struct frame frame;
	size_t used;

	(void)unused;
	assert_int_equal(frame_parse(bytes, 130, 130, &frame, &used), WIRE_DONE);
	assert_int_equal(frame.length, 127);
	assert_int_equal(frame_parse(bytes, 130, 129, &frame, &used), WIRE_BAD);
}

static enum wire_result
parse_handshake(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct handshake handshake;

	return handshake_parse(bytes, length, HANDSHAKE_FRAME_LIMIT, &handshake, ret_used);
}

#define HOST_HEX "0a 6d632e6578616d706c65" /* mc.example */

static const struct {
	const char *hex;
	int32_t protocol;
	enum intent intent;
	const char *host;
	size_t host_length;
} handshakes[] = {
	{ "11 00 ff05 " HOST_HEX " 63dd 01", 767, INTENT_STATUS, "mc.example", 10 },
	{ "14 00 ffffffff0f " HOST_HEX " 63dd 01", -1, INTENT_STATUS, "mc.example", 10 },
	{ "11 00 ff05 " HOST_HEX " 63dd 02", 767, INTENT_LOGIN, "mc.example", 10 },
	{ "11 00 ff05 " HOST_HEX " 63dd 03", 767, INTENT_TRANSFER, "mc.example", 10 },
	{ "15 00 2f 0f 6d632e6578616d706c65 00464d4c00 63dd 02", 47, INTENT_LOGIN,
	  "mc.example\0FML\0", 15 },
};

static void
a_handshake_is_read_at_every_split_and_printed_back(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(handshakes); i++) {
		CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
		struct packet packet = hex(handshakes[i].hex);
		struct handshake handshake;
		size_t used;

		walk_prefixes(parse_handshake, packet);
		assert_int_equal(handshake_parse(packet.bytes, packet.length, HANDSHAKE_FRAME_LIMIT,
						 &handshake, &used),
				 WIRE_DONE);
		assert_int_equal(handshake.protocol, handshakes[i].protocol);
		assert_int_equal(handshake.intent, handshakes[i].intent);
		assert_int_equal(handshake.port, 25565);
		assert_int_equal(handshake.host_length, handshakes[i].host_length);
		assert_memory_equal(handshake.host, handshakes[i].host, handshakes[i].host_length);
		handshake_print(&printed, &handshake);
		assert_bytes(&printed, handshakes[i].hex);
	}
}

static void
a_handshake_that_is_wrong_is_refused(void **unused)
{
	static const char *const wrong[] = {
		"00",				   /* empty frame */
		"11 01 ff05 " HOST_HEX " 63dd 01", /* another packet */
		"11 00 ff05 " HOST_HEX " 63dd 00", /* no intent */
		"11 00 ff05 " HOST_HEX " 63dd 04",
		"12 00 ff05 " HOST_HEX " 63dd 01 00",	      /* a byte too many */
		"10 00 ff05 " HOST_HEX " 63dd",		      /* one too few */
		"11 00 ff05 7f 6d632e6578616d706c65 63dd 01", /* a host longer than the frame */
		"15 00 ff05 ffffffff0f 6d632e6578616d706c65 63dd 01", /* a negative length */
		"81 10",					      /* longer than the limit */
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		struct packet packet = hex(wrong[i]);
		size_t used;

		assert_int_equal(parse_handshake(packet.bytes, packet.length, &used), WIRE_BAD);
	}
}

static enum wire_result
parse_status(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct status_packet packet;

	return status_packet_parse(bytes, length, &packet, ret_used);
}

static void
a_status_request_and_a_ping_are_read_at_every_split(void **unused)
{
	struct packet request = hex("01 00"), ping = hex("09 01 0123456789abcdef");
	unsigned char pong[PONG_SIZE];
	struct status_packet packet;
	size_t used;

	(void)unused;
	walk_prefixes(parse_status, request);
	walk_prefixes(parse_status, ping);
	assert_int_equal(status_packet_parse(ping.bytes, ping.length, &packet, &used), WIRE_DONE);
	assert_int_equal(packet.is, STATUS_PING);
	pong_print(pong, packet.payload);
	assert_memory_equal(pong, ping.bytes, PONG_SIZE);
}

static void
a_status_packet_of_another_size_is_refused(void **unused)
{
	static const char *const wrong[] = {
		"00",	 "02 00 00", "01 01", "08 01 01234567890123", "0a 01 0123456789abcdef 00",
		"01 02", "7f"
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		struct packet packet = hex(wrong[i]);
		size_t used;

		assert_int_equal(parse_status(packet.bytes, packet.length, &used), WIRE_BAD);
	}
}

static enum wire_result
parse_response(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	const char *json;
	size_t json_length;

	return status_response_parse(bytes, length, &json, &json_length, ret_used);
}

static void
a_status_answer_is_printed_and_read_back(void **unused)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	char text[1000];
	struct packet packet;
	const char *json;
	size_t length, used;

	(void)unused;
	memset(text, 'x', sizeof text);
	status_response_print(&printed, text, sizeof text);
	memcpy(packet.bytes, printed.data, printed.length);
	packet.length = printed.length;
	walk_prefixes(parse_response, packet);
	assert_int_equal(status_response_parse(printed.data, printed.length, &json, &length, &used),
			 WIRE_DONE);
	assert_int_equal(length, sizeof text);
	assert_memory_equal(json, text, length);
}

static void
a_request_for_status_is_a_handshake_and_a_request(void **unused)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;

	(void)unused;
	status_request_print(&printed, 767, "mc.example", 25565);
	assert_bytes(&printed, "11 00 ff05 " HOST_HEX " 63dd 01  01 00");
}

static void
a_version_nobody_knows_is_newer_than_all(void **unused)
{
	(void)unused;
	assert_string_equal(version_name(765), "1.20.4");
	assert_string_equal(version_name(PROTOCOL_NEWEST), "26.2");
	assert_null(version_name(PROTOCOL_NEWEST + 1));
	assert_true(version_layout(0x40000001) > PROTOCOL_NEWEST);
	assert_int_equal(version_layout(47), 47);
	assert_int_equal(version_layout(-1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_printed_and_read_back),
		cmocka_unit_test(a_number_may_be_longer_than_needed_but_not_than_five_bytes),
		cmocka_unit_test(a_frames_id_is_known_before_its_body),
		cmocka_unit_test(a_frame_is_bounded_as_soon_as_its_length_is_known),
		cmocka_unit_test(a_frame_of_exactly_the_limit_is_taken_and_one_more_is_not),
		cmocka_unit_test(a_handshake_is_read_at_every_split_and_printed_back),
		cmocka_unit_test(a_handshake_that_is_wrong_is_refused),
		cmocka_unit_test(a_status_request_and_a_ping_are_read_at_every_split),
		cmocka_unit_test(a_status_packet_of_another_size_is_refused),
		cmocka_unit_test(a_status_answer_is_printed_and_read_back),
		cmocka_unit_test(a_request_for_status_is_a_handshake_and_a_request),
		cmocka_unit_test(a_version_nobody_knows_is_newer_than_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
