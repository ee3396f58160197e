/* SPDX-License-Identifier: Apache-2.0 */
/* GameSpy's query; the packets are those of minecraft.wiki "Query". */

#include "datagram.h"

#include "wire/gamespy/query.h"

#define FULL_HEAD "00 00000001 73706c69746e756d008000"

static bool
challenge(const unsigned char *bytes, size_t length)
{
	int32_t to;

	return gamespy_challenge_parse(bytes, length, 1, &to);
}

static bool
basic(const unsigned char *bytes, size_t length)
{
	struct gamespy_basic to;

	return gamespy_basic_parse(bytes, length, 1, &to);
}

static bool
full(const unsigned char *bytes, size_t length)
{
	struct gamespy_full to;

	return gamespy_full_parse(bytes, length, 1, &to);
}

static void
requests_are_printed_and_read_back(void **unused)
{
	static const char *const want[] = { "fefd09 00000001", "fefd00 00000001 0091295b",
					    "fefd00 00000001 0091295b 00000000" };
	unsigned char bytes[GAMESPY_REQUEST_LIMIT];
	struct gamespy_request back;

	(void)unused;
	for (unsigned i = 0; i < ELEMENTS(want); i++) {
		struct packet packet = hex(want[i]);
		struct gamespy_request request = { (enum gamespy_asks)i, 1, 9513307 };

		assert_int_equal(gamespy_request_print(bytes, &request), packet.length);
		assert_memory_equal(bytes, packet.bytes, packet.length);
		assert_true(gamespy_request_parse(bytes, packet.length, &back));
		assert_int_equal(back.asks, i);
		assert_int_equal(back.challenge, i == 0 ? 0 : 9513307);
	}
	assert_false(gamespy_request_parse(bytes, 12, &back));
}

static void
a_challenge_is_a_number_in_words(void **unused)
{
	struct packet packet = hex("09 00000001 3935313333303700");
	struct packet low = hex("09 00000001 2d32313437343833363438 00");
	struct packet high = hex("09 00000001 32313437343833363438 00");
	int32_t to;

	(void)unused;
	walk_datagram(challenge, packet, packet.length);
	assert_true(gamespy_challenge_parse(packet.bytes, packet.length, 1, &to));
	assert_int_equal(to, 9513307);
	assert_true(gamespy_challenge_parse(low.bytes, low.length, 1, &to));
	assert_int_equal(to, INT32_MIN);
	assert_false(gamespy_challenge_parse(high.bytes, high.length, 1, &to));
	assert_false(gamespy_challenge_parse(packet.bytes, packet.length, 2, &to));
}

static void
a_basic_status_is_read(void **unused)
{
	struct packet packet = hex("00 00000001 41204d696e6563726166742053657276657200"
				   "534d5000 776f726c6400 3200 323000 dd63 3132372e302e302e3100");
	struct gamespy_basic to;

	(void)unused;
	walk_datagram(basic, packet, packet.length);
	assert_true(gamespy_basic_parse(packet.bytes, packet.length, 1, &to));
	assert_string_equal(to.motd, "A Minecraft Server");
	assert_string_equal(to.type, "SMP");
	assert_string_equal(to.map, "world");
	assert_int_equal(to.online, 2);
	assert_int_equal(to.max, 20);
	assert_int_equal(to.port, 25565);
	assert_string_equal(to.host, "127.0.0.1");
}

static void
a_full_status_names_everybody(void **unused)
{
	struct packet packet = hex(FULL_HEAD "686f73746e616d6500 4100"	     /* hostname A */
					     "76657273696f6e00 312e3900"     /* version 1.9 */
					     "6e756d706c617965727300 3200"   /* numplayers 2 */
					     "6d6178706c617965727300 323000" /* maxplayers 20 */
					     "00 01706c617965725f0000"
					     "6261726e657900 56697665 6c6c00 00");
	struct gamespy_full to;

	(void)unused;
	walk_datagram(full, packet, packet.length);
	assert_true(gamespy_full_parse(packet.bytes, packet.length, 1, &to));
	assert_string_equal(to.motd, "A");
	assert_string_equal(to.version, "1.9");
	assert_int_equal(to.online, 2);
	assert_int_equal(to.max, 20);
	assert_int_equal(to.player_count, 2);
	assert_string_equal(to.players, "barney");
	assert_string_equal(to.players + 7, "Vivell");
	packet.bytes[6] ^= 1;
	assert_false(gamespy_full_parse(packet.bytes, packet.length, 1, &to));
}

static void
a_full_status_without_its_counts_is_refused(void **unused)
{
	struct packet packet = hex(FULL_HEAD "6e756d706c617965727300 3200"
					     "00 01706c617965725f0000 00");

	(void)unused;
	assert_false(full(packet.bytes, packet.length));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_printed_and_read_back),
		cmocka_unit_test(a_challenge_is_a_number_in_words),
		cmocka_unit_test(a_basic_status_is_read),
		cmocka_unit_test(a_full_status_names_everybody),
		cmocka_unit_test(a_full_status_without_its_counts_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
