/* SPDX-License-Identifier: Apache-2.0 */
/* One datagram at the gate: every state of a server, every kind of game, every prefix. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gate/datagram.h"
#include "gate/traffic.h"
#include "wire/a2s/a2s.h"
#include "wire/raknet/unconnected.h"

#define START 1000000

struct gate {
	struct datagram_gate gate;
	struct gate_server server;
	struct buf answer;
	struct ip ip;
};

static void
gate_init(struct gate *g, enum query_protocol query)
{
	*g = (struct gate){ .gate = { .key = "a key", .now = { START }, .wall = { START } },
			    .server = { .name = "survival",
					.is_datagrams = true,
					.query = query,
					.attempt = 7,
					.wake_on_join = true,
					.wake_filter = true,
					.hold_queue = 3,
					.max = 20,
					.last_protocol = -1,
					.backend_resolved = true } };
	g->gate.knocks = knocks_new(64, 1);
	assert_true(ip_parse("192.0.2.7", &g->ip));
}

static void
gate_deinit(struct gate *g)
{
	knocks_free(g->gate.knocks);
	buf_deinit(&g->answer);
}

static struct datagram_verdict
judge(struct gate *g, const void *bytes, size_t length, uint16_t port)
{
	const struct datagram datagram = {
		.bytes = bytes, .length = length, .ip = g->ip, .port = port, .door = 1
	};

	return datagram_judge(&g->gate, &g->server, &datagram, 0, &g->answer);
}

static void
only_a_ready_server_is_carried_to_and_the_others_hold_who_speaks_on(void **unused)
{
	for (int state = 0; state < STATE_MAX; state++) {
		struct gate g;
		struct datagram_verdict verdict;

		gate_init(&g, QUERY_NONE);
		g.server.state = (enum state)state;
		verdict = judge(&g, "hello", 5, 4000);
		if (state == STATE_READY) {
			assert_int_equal(verdict.is, DATAGRAM_CARRY);
		} else {
			assert_int_equal(verdict.is, DATAGRAM_DROP);
			assert_int_equal(verdict.why, DATAGRAM_UNPROVED);
			g.gate.now.ms += 199;
			assert_int_equal(judge(&g, "hello", 5, 4000).is, DATAGRAM_DROP);
			assert_int_equal(judge(&g, "hello", 5, 4001).is, DATAGRAM_DROP);
			g.gate.now.ms += 1;
			assert_int_equal(judge(&g, "hello", 5, 4000).is, DATAGRAM_HOLD);
			assert_int_equal(judge(&g, "hello", 5, 4001).is, DATAGRAM_DROP);
		}
		gate_deinit(&g);
	}
}

static void
what_joins_do_not_wake_is_dropped_unless_it_wakes_already(void **unused)
{
	for (int state = 0; state < STATE_MAX; state++) {
		struct gate g;
		struct datagram_verdict verdict;
		bool is_waiting = state == STATE_WAKING || state == STATE_LOST;

		gate_init(&g, QUERY_NONE);
		g.server.state = (enum state)state;
		g.server.wake_on_join = false;
		g.server.wake_filter = false;
		verdict = judge(&g, "hello", 5, 4000);
		if (state == STATE_READY)
			assert_int_equal(verdict.is, DATAGRAM_CARRY);
		else if (is_waiting)
			assert_int_equal(verdict.is, DATAGRAM_HOLD);
		else
			assert_int_equal(verdict.why, DATAGRAM_NOT_WOKEN);
		gate_deinit(&g);
	}
}

static void
a_full_queue_takes_nobody(void **unused)
{
	const struct datagram datagram = { .bytes = (const unsigned char *)"x", .length = 1 };
	struct datagram_verdict verdict;
	struct gate g;

	gate_init(&g, QUERY_NONE);
	g.server.wake_filter = false;
	assert_int_equal(datagram_judge(&g.gate, &g.server, &datagram, 2, &g.answer).is,
			 DATAGRAM_HOLD);
	verdict = datagram_judge(&g.gate, &g.server, &datagram, 3, &g.answer);
	assert_int_equal(verdict.is, DATAGRAM_DROP);
	assert_int_equal(verdict.why, DATAGRAM_QUEUE_FULL);
	gate_deinit(&g);
}

static void
a_flood_from_forged_addresses_never_wakes_and_a_player_in_it_does(void **unused)
{
	struct gate g;
	bool has_woken = false;

	gate_init(&g, QUERY_NONE);
	knocks_free(g.gate.knocks);
	g.gate.knocks = knocks_new(KNOCKS_DEFAULT, 7);
	for (uint32_t i = 0; i < 100000; i++) {
		struct ip forged = g.ip;
		struct datagram datagram = { .bytes = (const unsigned char *)"hello", .length = 5 };
		uint32_t number = i * 2654435761u;

		memcpy(forged.bytes + 12, &number, 4);
		datagram.ip = forged;
		datagram.port = (uint16_t)(1024 + number % 60000);
		assert_int_equal(datagram_judge(&g.gate, &g.server, &datagram, 0, &g.answer).is,
				 DATAGRAM_DROP);
		if (i % 2500 == 0) /* each 250 ms, in a flood of 10000 a second */
			has_woken |= judge(&g, "hello", 5, 999).is == DATAGRAM_HOLD;
		if (i % 10 == 0)
			g.gate.now.ms++;
	}
	assert_true(has_woken);
	gate_deinit(&g);
}

/* Nothing that the gate says to who is not known is longer than what asked for it; the pong aside. */
static void
no_prefix_of_a_request_is_answered_by_more_than_it_has(void **unused)
{
	unsigned char request[1500] = { 5 }, ask[A2S_REQUEST_LIMIT];
	static const unsigned char magic[16] = { 0x00, 0xff, 0xff, 0x00, 0xfe, 0xfe, 0xfe, 0xfe,
						 0xfd, 0xfd, 0xfd, 0xfd, 0x12, 0x34, 0x56, 0x78 };
	struct gate g;
	size_t whole;

	gate_init(&g, QUERY_RAKNET);
	memcpy(request + 1, magic, sizeof magic);
	request[17] = RAKNET_PROTOCOL;
	for (size_t length = 0; length <= sizeof request; length++) {
		struct datagram_verdict verdict = judge(&g, request, length, 4000);

		assert_true(g.answer.length <= length);
		assert_int_equal(verdict.is, length + RAKNET_HEADERS < RAKNET_MTU_MIN
						     ? DATAGRAM_DROP
						     : DATAGRAM_ANSWER);
	}
	gate_deinit(&g);
	gate_init(&g, QUERY_A2S);
	for (int asks = A2S_INFO; asks <= A2S_RULES; asks++) {
		whole = a2s_request_print(ask,
					  &(struct a2s_request){ .asks = (enum a2s_asks)asks });
		for (size_t length = 0; length <= whole; length++) {
			assert_int_not_equal(judge(&g, ask, length, 4000).is, DATAGRAM_HOLD);
			assert_true(g.answer.length <= length);
		}
	}
	gate_deinit(&g);
}

static void
a_challenge_is_good_for_who_got_it_for_a_minute_or_two(void **unused)
{
	unsigned char ask[A2S_REQUEST_LIMIT];
	struct a2s_request request = { .asks = A2S_INFO };
	struct a2s_info info;
	struct gate g;
	size_t length;

	gate_init(&g, QUERY_A2S);
	(void)judge(&g, ask, a2s_request_print(ask, &request), 4000);
	assert_true(a2s_challenge_parse(g.answer.data, g.answer.length, &request.challenge));
	request.has_challenge = true;
	length = a2s_request_print(ask, &request);
	(void)judge(&g, ask, length, 4001); /* somebody else */
	assert_false(a2s_info_parse(g.answer.data, g.answer.length, &info));
	g.gate.now.ms += 59000;
	(void)judge(&g, ask, length, 4000);
	assert_true(a2s_info_parse(g.answer.data, g.answer.length, &info));
	assert_string_equal(info.name, "survival");
	assert_string_equal(info.map, "asleep");
	assert_int_equal(judge(&g, "\xff\xff\xff\xffk", 5, 4444).is, DATAGRAM_HOLD);
	g.gate.now.ms += 600000;
	assert_int_equal(judge(&g, "\xff\xff\xff\xffk", 5, 4445).is, DATAGRAM_DROP);
	(void)judge(&g, ask, length, 4000);
	assert_int_equal(g.answer.length, A2S_CHALLENGE_SIZE);
	gate_deinit(&g);
}

static void
cookies_belong_to_an_address_a_port_and_a_moment(void **unused)
{
	static const unsigned char key[COOKIE_KEY_SIZE] = "secret",
				   other[COOKIE_KEY_SIZE] = "other";
	struct ip a, b;
	uint32_t cookie;

	assert_true(ip_parse("192.0.2.1", &a) && ip_parse("192.0.2.2", &b));
	for (int64_t now = 0; now < 10000000; now += 61003) {
		struct instant then = { now };

		cookie = cookie_make(key, &a, 7, then);
		assert_true(cookie >> 16 >= 1500 && cookie != UINT32_MAX);
		assert_true(cookie_is(key, &a, 7, then, cookie));
		assert_true(cookie_is(key, &a, 7, instant_add(then, DURATION_S(60)), cookie));
		assert_false(cookie_is(key, &a, 7, instant_add(then, DURATION_S(121)), cookie));
		assert_false(cookie_is(key, &a, 8, then, cookie));
		assert_false(cookie_is(key, &b, 7, then, cookie));
		assert_false(cookie_is(other, &a, 7, then, cookie));
	}
}

/* So many datagrams of a client, so far apart; is it a player at the end? */
static bool
plays(unsigned count, int64_t apart, bool has_waited)
{
	struct traffic traffic;
	bool is_player = false;

	traffic_init(&traffic, (struct instant){ START }, has_waited);
	traffic_answered(&traffic);
	for (unsigned i = 0; i < count; i++)
		is_player |= traffic_heard(&traffic, (struct instant){ START + i * apart }, false);
	assert_int_equal(is_player, traffic.is_player);
	return is_player;
}

static void
a_player_is_who_says_much_or_says_it_for_long(void **unused)
{
	struct traffic traffic;

	assert_false(plays(15, 20, false));
	assert_true(plays(16, 20, false));
	assert_false(plays(60, 1000, false));  /* a server list, for a minute */
	assert_false(plays(10, 30000, false)); /* a monitor */
	assert_true(plays(30, 5000, false));   /* a slow game, for more than two minutes */
	assert_true(plays(1, 0, true));
	traffic_init(&traffic, (struct instant){ START }, true);
	assert_false(traffic_heard(&traffic, (struct instant){ START }, false)); /* not answered */
	traffic_answered(&traffic);
	assert_false(traffic_heard(&traffic, (struct instant){ START }, true)); /* a query */
	assert_int_equal(traffic_end(&traffic, DURATION_S(60)).ms, START + 20000);
	assert_true(traffic_heard(&traffic, (struct instant){ START }, false));
	assert_int_equal(traffic_end(&traffic, DURATION_S(60)).ms, START + 60000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			only_a_ready_server_is_carried_to_and_the_others_hold_who_speaks_on),
		cmocka_unit_test(what_joins_do_not_wake_is_dropped_unless_it_wakes_already),
		cmocka_unit_test(a_full_queue_takes_nobody),
		cmocka_unit_test(a_flood_from_forged_addresses_never_wakes_and_a_player_in_it_does),
		cmocka_unit_test(no_prefix_of_a_request_is_answered_by_more_than_it_has),
		cmocka_unit_test(a_challenge_is_good_for_who_got_it_for_a_minute_or_two),
		cmocka_unit_test(cookies_belong_to_an_address_a_port_and_a_moment),
		cmocka_unit_test(a_player_is_who_says_much_or_says_it_for_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
