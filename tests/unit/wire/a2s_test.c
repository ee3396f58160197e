/* SPDX-License-Identifier: Apache-2.0 */
/* Source's server queries, whole and in parts. */

#include "datagram.h"

#include "wire/a2s/a2s.h"
#include "wire/a2s/split.h"

/* As in the documentation: Counter-Strike Source with 5 players of 16, the name made shorter. */
#define INFO                                                                            \
	"ffffffff 49 02 6162630064655f64757374006373747269"                             \
	"6b6500436f756e7465722d537472696b653a20536f7572636500f000 05 10 04 64 6c 00 00" \
	"312e302e302e323200"

static bool
info(const unsigned char *bytes, size_t length)
{
	struct a2s_info to;

	return a2s_info_parse(bytes, length, &to);
}

static void
requests_are_printed_and_read_back(void **unused)
{
	static const struct {
		struct a2s_request request;
		const char *bytes;
	} cases[] = {
		{ { A2S_INFO, false, 0 }, "ffffffff54536f7572636520456e67696e6520517565727900" },
		{ { A2S_INFO, true, 0x04030201 },
		  "ffffffff54536f7572636520456e67696e652051756572790001020304" },
		{ { A2S_PLAYER, true, -1 }, "ffffffff55ffffffff" },
	};
	unsigned char bytes[A2S_REQUEST_LIMIT];
	struct a2s_request back;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct packet packet = hex(cases[i].bytes);

		assert_int_equal(a2s_request_print(bytes, &cases[i].request), packet.length);
		assert_memory_equal(bytes, packet.bytes, packet.length);
		assert_true(a2s_request_parse(bytes, packet.length, &back));
		assert_int_equal(back.asks, cases[i].request.asks);
		assert_int_equal(back.challenge, cases[i].request.challenge);
		assert_false(a2s_request_parse(bytes, packet.length - 1, &back));
	}
}

static void
a_challenge_is_read_and_printed(void **unused)
{
	struct packet packet = hex("ffffffff41 4ba1d522");
	unsigned char bytes[A2S_CHALLENGE_SIZE];
	int32_t to;

	(void)unused;
	assert_true(a2s_challenge_parse(packet.bytes, packet.length, &to));
	assert_int_equal(to, 0x22d5a14b);
	a2s_challenge_print(bytes, to);
	assert_memory_equal(bytes, packet.bytes, packet.length);
	assert_false(a2s_challenge_parse(packet.bytes, packet.length - 1, &to));
}

static void
info_is_read_and_printed(void **unused)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	struct packet packet = hex(INFO);
	struct a2s_info to;

	(void)unused;
	walk_datagram(info, packet, packet.length);
	assert_true(a2s_info_parse(packet.bytes, packet.length, &to));
	assert_string_equal(to.name, "abc");
	assert_string_equal(to.map, "de_dust");
	assert_string_equal(to.game, "Counter-Strike: Source");
	assert_int_equal(to.id, 240);
	assert_int_equal(to.players, 5);
	assert_int_equal(to.max, 16);
	assert_int_equal(to.bots, 4);
	assert_string_equal(to.version, "1.0.0.22");
	a2s_info_print(&printed, &to);
	assert_bytes(&printed, INFO);
}

static void
players_end_where_their_bytes_do(void **unused)
{
	struct packet packet = hex("ffffffff44 02 00 5b445d00 0e000000 b4978c44"
				   "01 4b00 05000000 69f00842");
	struct a2s_players players;
	struct a2s_player player;

	(void)unused;
	for (size_t length = 0; length <= packet.length; length++) {
		unsigned char *copy = malloc(length + (length == 0));
		unsigned got = 0;

		memcpy(copy, packet.bytes, length);
		if (a2s_players_parse(copy, length, &players)) {
			while (a2s_players_next(&players, &player))
				got++;
			assert_int_equal(got, (length >= 19) + (length == packet.length));
		} else {
			assert_true(length < 6);
		}
		free(copy);
	}
	assert_true(a2s_players_parse(packet.bytes, packet.length, &players));
	assert_true(a2s_players_next(&players, &player));
	assert_string_equal(player.name, "[D]");
	assert_int_equal(player.score, 14);
	assert_true(player.seconds > 1124 && player.seconds < 1125);
}

static enum wire_result
add(struct a2s_split *split, const char *text, struct buf *whole)
{
	struct packet packet = hex(text);

	return a2s_split_add(split, packet.bytes, packet.length, whole);
}

static void
parts_are_put_together_in_any_order(void **unused)
{
	static const char *const parts[] = { "feffffff 01000000 03 00 e004 ffff",
					     "feffffff 01000000 03 01 e004 ffff44",
					     "feffffff 01000000 03 02 e004 00" };
	static const unsigned orders[][4] = { { 0, 1, 2, 2 }, { 2, 1, 0, 0 }, { 1, 1, 2, 0 } };
	struct a2s_split split = { 0 };
	CLEANUP(buf_deinit) struct buf whole = BUF_NULL;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(orders); i++) {
		unsigned done = 0;

		for (size_t j = 0; j < 4 && done == 0; j++)
			done = add(&split, parts[orders[i][j]], &whole) == WIRE_DONE;
		assert_int_equal(done, 1);
		assert_bytes(&whole, "ffffffff44 00");
	}
	a2s_split_deinit(&split);
}

static void
another_answer_begins_anew_and_wrong_parts_change_nothing(void **unused)
{
	struct a2s_split split = { 0 };
	CLEANUP(buf_deinit) struct buf whole = BUF_NULL;

	(void)unused;
	assert_int_equal(add(&split, "feffffff 01000000 02 00 e004 aa", &whole), WIRE_MORE);
	assert_int_equal(add(&split, "feffffff 01000080 02 01 e004 bb", &whole), WIRE_BAD);
	assert_int_equal(add(&split, "feffffff 01000000 02 02 e004 bb", &whole), WIRE_BAD);
	assert_int_equal(add(&split, "feffffff 01000000 ff 01 e004 bb", &whole), WIRE_BAD);
	assert_int_equal(add(&split, "feffffff 01000000 02 01 e004", &whole), WIRE_BAD);
	assert_int_equal(add(&split, "feffffff 02000000 02 01 e004 cc", &whole), WIRE_MORE);
	assert_int_equal(add(&split, "feffffff 02000000 02 00 e004 dd", &whole), WIRE_DONE);
	assert_bytes(&whole, "dd cc");
	a2s_split_deinit(&split);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_printed_and_read_back),
		cmocka_unit_test(a_challenge_is_read_and_printed),
		cmocka_unit_test(info_is_read_and_printed),
		cmocka_unit_test(players_end_where_their_bytes_do),
		cmocka_unit_test(parts_are_put_together_in_any_order),
		cmocka_unit_test(another_answer_begins_anew_and_wrong_parts_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
