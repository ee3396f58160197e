/* SPDX-License-Identifier: Apache-2.0 */
/* Asking over datagrams: what is lost, doubled or forged changes nothing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "game/inquiry.h"
#include "wire/a2s/a2s.h"
#include "wire/gamespy/query.h"
#include "wire/raknet/motd.h"
#include "wire/raknet/unconnected.h"

#define NONCE UINT64_C(0x1122334455667788)

static unsigned char asked[INQUIRY_ASK_LIMIT];
static bool is_new;

static enum inquiry_is
hear(struct inquiry *inquiry, const void *bytes, size_t length)
{
	return inquiry_hear(inquiry, bytes, length, &is_new);
}

static void
a_pong_answers_only_the_ping_that_was_sent(void **unused)
{
	static const char text[] = "MCPE;a;594;1.20;3;10;";
	unsigned char bytes[RAKNET_PONG_LIMIT];
	struct raknet_pong pong = { .time = NONCE + 1, .text = text, .length = strlen(text) };
	struct raknet_ping ping;
	struct inquiry inquiry;

	(void)unused;
	inquiry_init(&inquiry, GAME_MINECRAFT_BEDROCK, NONCE);
	assert_true(raknet_ping_parse(asked, inquiry_ask(&inquiry, asked), &ping));
	assert_int_equal(hear(&inquiry, bytes, raknet_pong_print(bytes, &pong)), INQUIRY_OPEN);
	assert_int_equal(inquiry_retry(&inquiry), INQUIRY_OPEN);
	pong.time = ping.time;
	assert_int_equal(hear(&inquiry, bytes, raknet_pong_print(bytes, &pong)), INQUIRY_ANSWERED);
	assert_int_equal(inquiry.answer.online, 3);
	assert_int_equal(inquiry.answer.max, 10);
	assert_string_equal(inquiry.answer.motd, "\"a\"");
	assert_string_equal(inquiry.answer.version, "1.20");
	inquiry_deinit(&inquiry);
}

static void
a_query_sends_the_challenge_back(void **unused)
{
	char challenge[] = "\x09xxxx9513307";
	char full[] = "\x00xxxxsplitnum\0\x80\0numplayers\0"
		      "1\0maxplayers\0"
		      "5\0\0\x01player_\0\0Robin\0";
	const unsigned char session[4] = { 0x05, 0x06, 0x07, 0x08 };
	struct gamespy_request request;
	struct inquiry inquiry;

	(void)unused;
	memcpy(challenge + 1, session, 4);
	memcpy(full + 1, session, 4);
	inquiry_init(&inquiry, GAME_MINECRAFT_JAVA, NONCE);
	assert_int_equal(hear(&inquiry, full, sizeof full), INQUIRY_OPEN);
	assert_false(is_new);
	assert_int_equal(hear(&inquiry, challenge, sizeof challenge), INQUIRY_OPEN);
	assert_true(is_new);
	assert_true(gamespy_request_parse(asked, inquiry_ask(&inquiry, asked), &request));
	assert_int_equal(request.asks, GAMESPY_FULL);
	assert_int_equal(request.challenge, 9513307);
	assert_int_equal(hear(&inquiry, full, sizeof full), INQUIRY_ANSWERED);
	assert_int_equal(inquiry.answer.name_count, 1);
	assert_string_equal(inquiry.answer.names[0], "Robin");
	inquiry_deinit(&inquiry);
}

static enum inquiry_is
tell(struct inquiry *inquiry, uint8_t players, uint8_t bots)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	const struct a2s_info info = { .name = "a game",
				       .map = "m",
				       .folder = "f",
				       .game = "g",
				       .version = "1",
				       .players = players,
				       .bots = bots,
				       .max = 12 };

	a2s_info_print(&bytes, &info);
	return hear(inquiry, bytes.data, bytes.length);
}

static void
a_source_game_is_asked_for_names_and_goes_without_them(void **unused)
{
	unsigned char challenge[A2S_CHALLENGE_SIZE];
	struct a2s_request request;
	struct inquiry inquiry;

	(void)unused;
	inquiry_init(&inquiry, GAME_SOURCE, NONCE);
	a2s_challenge_print(challenge, 77);
	assert_int_equal(hear(&inquiry, challenge, sizeof challenge), INQUIRY_OPEN);
	assert_true(is_new);
	assert_int_equal(hear(&inquiry, challenge, sizeof challenge), INQUIRY_OPEN);
	assert_false(is_new);
	assert_true(a2s_request_parse(asked, inquiry_ask(&inquiry, asked), &request));
	assert_int_equal(request.asks, A2S_INFO);
	assert_int_equal(request.challenge, 77);
	assert_int_equal(tell(&inquiry, 2, 0), INQUIRY_OPEN);
	assert_true(is_new);
	assert_true(a2s_request_parse(asked, inquiry_ask(&inquiry, asked), &request));
	assert_int_equal(request.asks, A2S_PLAYER);
	assert_int_equal(inquiry_retry(&inquiry), INQUIRY_OPEN);
	assert_int_equal(inquiry_retry(&inquiry), INQUIRY_ANSWERED);
	assert_int_equal(inquiry.answer.online, 2);
	assert_int_equal(inquiry.answer.name_count, 0);
	inquiry_deinit(&inquiry);
}

static void
bots_are_nobody(void **unused)
{
	static const unsigned cases[][3] = { { 5, 3, 2 }, { 4, 4, 0 }, { 0, 0, 0 }, { 2, 5, 2 } };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct inquiry inquiry;

		inquiry_init(&inquiry, GAME_SOURCE, NONCE);
		assert_int_equal(tell(&inquiry, (uint8_t)cases[i][0], (uint8_t)cases[i][1]),
				 INQUIRY_ANSWERED);
		assert_int_equal(inquiry.answer.online, cases[i][2]);
		inquiry_deinit(&inquiry);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pong_answers_only_the_ping_that_was_sent),
		cmocka_unit_test(a_query_sends_the_challenge_back),
		cmocka_unit_test(a_source_game_is_asked_for_names_and_goes_without_them),
		cmocka_unit_test(bots_are_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
