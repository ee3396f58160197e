/* SPDX-License-Identifier: Apache-2.0 */
/* The login state: every layout of the login start, and what is said to a client. */

#include "bytes.h"

#include "base/limits.h"
#include "wire/minecraft/login.h"
#include "wire/minecraft/version.h"

#define NAME "05 4e6f746368" /* Notch */
#define UUID "000102030405060708090a0b0c0d0e0f"

static int32_t protocol_now; /* what walk_prefixes() cannot hand on */

static enum wire_result
parse_login(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct login_start login;

	return login_start_parse(bytes, length, protocol_now, &login, ret_used);
}

static const struct {
	int32_t from, to;
	bool has_uuid;
	const char *hex;
} layouts[] = {
	{ 4, 758, false, "07 00 " NAME },
	{ 759, 759, false, "08 00 " NAME " 00" },
	{ 760, 760, true, "19 00 " NAME " 00 01 " UUID },
	{ 760, 760, false, "09 00 " NAME " 00 00" },
	{ 761, 763, true, "18 00 " NAME " 01 " UUID },
	{ 761, 763, false, "08 00 " NAME " 00" },
	{ 764, PROTOCOL_NEWEST + 1, true, "17 00 " NAME " " UUID },
	{ 0x40000123, 0x40000123, true, "17 00 " NAME " " UUID },
};

static void
a_login_start_is_read_in_every_layout_at_every_split(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(layouts); i++) {
		struct packet packet = hex(layouts[i].hex);

		for (int32_t p = layouts[i].from; p <= layouts[i].to; p++) {
			CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
			struct login_start login;
			size_t used;

			protocol_now = p;
			walk_prefixes(parse_login, packet);
			assert_int_equal(
				login_start_parse(packet.bytes, packet.length, p, &login, &used),
				WIRE_DONE);
			assert_string_equal(login.name, "Notch");
			assert_true(login.is_known);
			assert_int_equal(login.has_uuid, layouts[i].has_uuid);
			login_start_print(&printed, p, &login);
			assert_bytes(&printed, layouts[i].hex);
		}
	}
}

static void
a_signed_login_start_of_1_19_is_read(void **unused)
{
	struct packet packet = hex("14 00 " NAME " 01 0000000000000001 01 aa 01 bb");
	struct login_start login;
	size_t used;

	(void)unused;
	protocol_now = 759;
	walk_prefixes(parse_login, packet);
	assert_int_equal(login_start_parse(packet.bytes, packet.length, 759, &login, &used),
			 WIRE_DONE);
	assert_true(login.is_known);
}

static void
of_a_layout_that_nobody_knows_only_the_name_is_taken(void **unused)
{
	struct packet packet = hex("0b 00 " NAME " 01020304");
	struct login_start login;
	size_t used;

	(void)unused;
	assert_int_equal(
		login_start_parse(packet.bytes, packet.length, PROTOCOL_NEWEST + 1, &login, &used),
		WIRE_DONE);
	assert_string_equal(login.name, "Notch");
	assert_false(login.is_known);
	assert_false(login.has_uuid);
	assert_int_equal(login_start_parse(packet.bytes, packet.length, 767, &login, &used),
			 WIRE_BAD);
}

static void
a_name_that_is_no_name_is_refused(void **unused)
{
	static const char *const wrong[] = {
		"02 00 00",				       /* empty */
		"13 00 11 6161616161616161616161616161616161", /* 17 */
		"04 00 02 6120",			       /* a blank */
		"04 00 02 c3a9",			       /* not ASCII */
		"04 00 02 610a",			       /* a line end */
		"04 00 03 6161",			       /* cut */
		"01 00",				       /* none */
		"07 01 " NAME,				       /* another packet */
		"b1 09",				       /* longer than any login start */
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		struct packet packet = hex(wrong[i]);
		struct login_start login;
		size_t used;

		for (int32_t p = -1; p < 800; p += 89)
			assert_int_equal(
				login_start_parse(packet.bytes, packet.length, p, &login, &used),
				WIRE_BAD);
	}
}

static void
a_name_of_sixteen_is_taken(void **unused)
{
	struct packet packet = hex("12 00 10 2e616161616161616161616161616161");
	struct login_start login;
	size_t used;

	(void)unused;
	assert_int_equal(login_start_parse(packet.bytes, packet.length, 47, &login, &used),
			 WIRE_DONE);
	assert_string_equal(login.name, ".aaaaaaaaaaaaaaa");
}

static void
a_reason_is_escaped_and_read_back(void **unused)
{
	static const char *const texts[] = { "plain",
					     "\"},{\"text\":\"x",
					     "a\nb",
					     "back\\slash",
					     "\xc2\xa7"
					     "cred",
					     "\xf0\x9f\x8f\xa0",
					     "bad\xff\xc3" };
	static const char *const back[] = { "plain",
					    "\"},{\"text\":\"x",
					    "a?b",
					    "back\\slash",
					    "\xc2\xa7"
					    "cred",
					    "\xf0\x9f\x8f\xa0",
					    "bad??" };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(texts); i++) {
		CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
		char text[64];
		size_t used;

		login_disconnect_print(&printed, texts[i]);
		for (size_t at = 0; at < printed.length; at++)
			assert_true(printed.data[at] < 0x7f);
		assert_int_equal(login_disconnect_parse(printed.data, printed.length, text,
							sizeof text, &used),
				 WIRE_DONE);
		assert_int_equal(used, printed.length);
		assert_string_equal(text, back[i]);
	}
}

static void
a_disconnect_is_the_packet_of_the_protocol(void **unused)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;

	(void)unused;
	login_disconnect_print(&printed, "Hi");
	assert_bytes(&printed, "0f 00 0d 7b2274657874223a224869227d");
}

static void
a_question_is_an_empty_plugin_request(void **unused)
{
	unsigned char bytes[PLUGIN_REQUEST_SIZE];
	struct packet want = hex("11 04 8080808004 0a 726f6f73743a686f6c64");

	(void)unused;
	login_plugin_request_print(bytes, 0x40000000);
	assert_int_equal(want.length, PLUGIN_REQUEST_SIZE);
	assert_memory_equal(bytes, want.bytes, PLUGIN_REQUEST_SIZE);
}

static enum wire_result
parse_answer(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct plugin_response response;

	return login_plugin_response_parse(bytes, length, &response, ret_used);
}

static void
an_answer_is_read_at_every_split(void **unused)
{
	struct packet vanilla = hex("03 02 00 00"), ours = hex("07 02 8080808004 00"),
		      talkative = hex("09 02 8080808004 01 6869");
	struct plugin_response response;
	size_t used;

	(void)unused;
	walk_prefixes(parse_answer, vanilla);
	walk_prefixes(parse_answer, ours);
	walk_prefixes(parse_answer, talkative);
	assert_int_equal(
		login_plugin_response_parse(talkative.bytes, talkative.length, &response, &used),
		WIRE_DONE);
	assert_int_equal(response.transaction, 0x40000000);
	assert_true(response.is_understood);
	assert_int_equal(response.length, 2);
}

static void
what_is_no_answer_is_known_early(void **unused)
{
	struct packet empty = hex("00"), other = hex("85 01 01"), long_one = hex("fe 07 02"),
		      no_flag = hex("06 02 8080808004");
	size_t used;

	(void)unused;
	assert_int_equal(parse_answer(empty.bytes, 1, &used), WIRE_BAD);
	assert_int_equal(parse_answer(other.bytes, 2, &used), WIRE_MORE);
	assert_int_equal(parse_answer(other.bytes, 3, &used), WIRE_BAD);
	assert_int_equal(parse_answer(long_one.bytes, 3, &used), WIRE_MORE);
	long_one.bytes[0] = 0xff; /* with its head, one byte too many */
	assert_int_equal(parse_answer(long_one.bytes, 3, &used), WIRE_BAD);
	assert_int_equal(parse_answer(no_flag.bytes, no_flag.length, &used), WIRE_BAD);
}

static void
a_success_has_the_layout_of_its_version(void **unused)
{
	static const struct {
		int32_t protocol;
		const char *hex;
	} successes[] = {
		{ 4, "28 02 20 "
		     "3030303130323033303430353036303730383039306130623063306430653066 " NAME },
		{ 5, "2c 02 24 "
		     "30303031303230332d303430352d303630372d303830392d306130623063306430653066"
		     " " NAME },
		{ 578, "2c 02 24 "
		       "30303031303230332d303430352d303630372d303830392d306130623063306430653066"
		       " " NAME },
		{ 735, "17 02 " UUID NAME },
		{ 758, "17 02 " UUID NAME },
		{ 759, "18 02 " UUID NAME " 00" },
		{ 765, "18 02 " UUID NAME " 00" },
		{ 766, "19 02 " UUID NAME " 00 00" },
		{ 767, "19 02 " UUID NAME " 00 00" },
		{ 768, "18 02 " UUID NAME " 00" },
		{ PROTOCOL_NEWEST, "18 02 " UUID NAME " 00" },
	};
	struct packet uuid = hex(UUID);

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(successes); i++) {
		CLEANUP(buf_deinit) struct buf printed = BUF_NULL;

		login_success_print(&printed, successes[i].protocol, "Notch", uuid.bytes);
		assert_bytes(&printed, successes[i].hex);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_start_is_read_in_every_layout_at_every_split),
		cmocka_unit_test(a_signed_login_start_of_1_19_is_read),
		cmocka_unit_test(of_a_layout_that_nobody_knows_only_the_name_is_taken),
		cmocka_unit_test(a_name_that_is_no_name_is_refused),
		cmocka_unit_test(a_name_of_sixteen_is_taken),
		cmocka_unit_test(a_reason_is_escaped_and_read_back),
		cmocka_unit_test(a_disconnect_is_the_packet_of_the_protocol),
		cmocka_unit_test(a_question_is_an_empty_plugin_request),
		cmocka_unit_test(an_answer_is_read_at_every_split),
		cmocka_unit_test(what_is_no_answer_is_known_early),
		cmocka_unit_test(a_success_has_the_layout_of_its_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
