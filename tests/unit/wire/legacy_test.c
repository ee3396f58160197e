/* SPDX-License-Identifier: Apache-2.0 */
/* Clients before 1.7. */

#include "bytes.h"

#include "wire/minecraft/legacy.h"

#define PING_1_6                                                              \
	"fe 01 fa 000b 004d0043007c00500069006e00670048006f00730074 001b 4e " \
	"000a 006d0063002e006500780061006d0070006c0065 000063dd"

static enum wire_result
parse_ping(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct legacy_ping ping;

	return legacy_ping_parse(bytes, length, &ping, ret_used);
}

static void
a_ping_of_1_6_is_read_at_every_split(void **unused)
{
	struct packet packet = hex(PING_1_6);
	struct legacy_ping ping;
	size_t used;

	(void)unused;
	walk_prefixes(parse_ping, packet);
	assert_int_equal(legacy_ping_parse(packet.bytes, packet.length, &ping, &used), WIRE_DONE);
	assert_int_equal(ping.protocol, 78);
	assert_string_equal(ping.host, "mc.example");
	assert_int_equal(ping.port, 25565);
}

static void
a_ping_whose_lengths_disagree_is_refused(void **unused)
{
	struct packet size = hex(PING_1_6), units = hex(PING_1_6), word = hex(PING_1_6);
	size_t used;

	(void)unused;
	size.bytes[28] ^= 1;
	assert_int_equal(parse_ping(size.bytes, size.length, &used), WIRE_BAD);
	units.bytes[30] = 0xff;
	assert_int_equal(parse_ping(units.bytes, units.length, &used), WIRE_BAD);
	word.bytes[6] = 'X';
	assert_int_equal(parse_ping(word.bytes, word.length, &used), WIRE_BAD);
}

static enum wire_result
parse_login(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct legacy_login login;

	return legacy_login_parse(bytes, length, &login, ret_used);
}

static void
a_login_of_old_days_is_read_at_every_split(void **unused)
{
	struct packet packet = hex("02 4e 0005 004e006f007400630068 0002 006d0063 000063dd");
	struct legacy_login login;
	size_t used;

	(void)unused;
	walk_prefixes(parse_login, packet);
	assert_int_equal(legacy_login_parse(packet.bytes, packet.length, &login, &used), WIRE_DONE);
	assert_int_equal(login.protocol, 78);
	assert_string_equal(login.name, "Notch");
	assert_string_equal(login.host, "mc");
	packet.bytes[3] = 17;
	assert_int_equal(parse_login(packet.bytes, packet.length, &used), WIRE_BAD);
}

static const struct legacy_answer asleep = { .version = "1.7+", .motd = "Asleep", .max = 20 };

static void
an_answer_has_the_form_that_was_asked_in(void **unused)
{
	CLEANUP(buf_deinit) struct buf newer = BUF_NULL, middle = BUF_NULL, oldest = BUF_NULL;
	const char *form = "ff 0017 00a70031 0000 003100320037 0000 0031002e0037002b 0000 "
			   "00410073006c006500650070 0000 0030 0000 00320030";

	(void)unused;
	legacy_answer_print(&newer, LEGACY_1_6, &asleep);
	assert_bytes(&newer, form);
	legacy_answer_print(&middle, LEGACY_1_4, &asleep);
	assert_bytes(&middle, form);
	legacy_answer_print(&oldest, LEGACY_1_3, &asleep);
	assert_bytes(&oldest, "ff 000b 00410073006c006500650070 00a7 0030 00a7 00320030");
}

static void
the_oldest_form_has_no_section_sign_in_its_text(void **unused)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	struct legacy_answer answer = { .version = "",
					.motd = "\xc2\xa7"
						"aHi",
					.online = 1,
					.max = 2 };

	(void)unused;
	legacy_answer_print(&printed, LEGACY_1_3, &answer);
	assert_bytes(&printed, "ff 0007 0061 0048 0069 00a7 0031 00a7 0032");
}

static void
a_long_text_is_cut_to_what_old_clients_take(void **unused)
{
	char text[3001];

	(void)unused;
	for (size_t i = 0; i + 4 < sizeof text; i += 4)
		memcpy(text + i, "\xf0\x9f\x8f\xa0", 4);
	text[3000] = '\0';
	for (unsigned kind = LEGACY_1_3; kind <= LEGACY_1_6; kind++) {
		CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
		struct legacy_answer answer = { text, text, UINT32_MAX, UINT32_MAX };

		legacy_answer_print(&printed, (enum legacy_kind)kind, &answer);
		assert_true(printed.length <= 3 + 2 * LEGACY_TEXT_LIMIT);
		assert_int_equal(printed.data[1] << 8 | printed.data[2], (printed.length - 3) / 2);
	}
	CLEANUP(buf_deinit) struct buf kick = BUF_NULL;

	legacy_kick_print(&kick, text);
	assert_int_equal(kick.length, 3 + 2 * LEGACY_TEXT_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ping_of_1_6_is_read_at_every_split),
		cmocka_unit_test(a_ping_whose_lengths_disagree_is_refused),
		cmocka_unit_test(a_login_of_old_days_is_read_at_every_split),
		cmocka_unit_test(an_answer_has_the_form_that_was_asked_in),
		cmocka_unit_test(the_oldest_form_has_no_section_sign_in_its_text),
		cmocka_unit_test(a_long_text_is_cut_to_what_old_clients_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
