/* SPDX-License-Identifier: Apache-2.0 */
/* Games over datagrams: a game that is a UDP socket, and clients that are too. */

#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "wire/a2s/a2s.h"
#include "wire/raknet/motd.h"
#include "wire/raknet/unconnected.h"

#define WAIT_MS 30000

/* A UDP socket on loopback; `from` NULL: 127.0.0.1. */
static int
udp_on(const char *from, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct timeval wait = { .tv_sec = WAIT_MS / 1000 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, from != NULL ? from : "127.0.0.1", &address.sin_addr),
			 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	return fd;
}

static uint16_t
udp_port(int fd)
{
	struct sockaddr_in address;
	socklen_t length = sizeof address;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	return ntohs(address.sin_port);
}

struct den {
	struct rig rig;
	int game;		    /* UDP */
	struct sockaddr_in visitor; /* whom the game heard last */
};

static void
den_start(struct den *den, enum game game)
{
	memset(den, 0, sizeof *den);
	rig_start(&den->rig, 2);
	den->game = udp_on(NULL, 0);
	den->rig.server.game = game;
	den->rig.server.is_datagrams = true;
	den->rig.server.query = game == GAME_MINECRAFT_BEDROCK ? QUERY_RAKNET
				: game == GAME_SOURCE	       ? QUERY_A2S
							       : QUERY_NONE;
	den->rig.server.client_idle = DURATION_S(60);
	den->rig.server.backend.port = udp_port(den->game);
	den->rig.listen_port = free_port();
}

static void
den_stop(struct den *den)
{
	(void)close(den->game);
	rig_stop(&den->rig);
}

static int
caller(struct den *den, const char *from)
{
	struct sockaddr_in gate = { .sin_family = AF_INET,
				    .sin_port = htons(den->rig.listen_port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = udp_on(from, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&gate, sizeof gate), 0);
	return fd;
}

static void
expect(int fd, const char *text)
{
	char bytes[2048] = "";
	ssize_t n = recv(fd, bytes, sizeof bytes - 1, 0);

	if (n < 0)
		fail_msg("instead of %s: %s", text, strerror(errno));
	assert_string_equal(bytes, text);
}

static void
expect_at_game(struct den *den, const char *text)
{
	socklen_t length = sizeof den->visitor;
	char bytes[2048] = "";
	ssize_t n = recvfrom(den->game, bytes, sizeof bytes - 1, 0,
			     (struct sockaddr *)&den->visitor, &length);

	if (n < 0)
		fail_msg("the game did not hear %s: %s", text, strerror(errno));
	assert_string_equal(bytes, text);
}

static void
game_says(struct den *den, const char *text)
{
	assert_int_equal(sendto(den->game, text, strlen(text), 0, (struct sockaddr *)&den->visitor,
				sizeof den->visitor),
			 strlen(text));
}

static bool
is_silent(int fd, int ms)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	return poll(&ready, 1, ms) == 0;
}

static void
whoever_speaks_on_wakes_a_udp_game_and_what_they_said_is_replayed(void **unused)
{
	const struct fact *fact;
	struct den den;
	int client;

	den_start(&den, GAME_UDP);
	rig_show(&den.rig, STATE_ASLEEP);
	client = caller(&den, NULL);
	client_send(client, "hello", 5);
	assert_false(rig_has_fact(&den.rig, FACT_HELD, 100)); /* a scanner says no more */
	pause_ms(150);
	client_send(client, "hello", 5);
	fact = rig_fact(&den.rig, FACT_HELD);
	assert_string_equal(fact->server, "survival");
	assert_string_equal(fact->as.player.player, "");
	assert_true(ip_is_v4(&fact->as.player.ip));
	(void)rig_fact(&den.rig, FACT_KNOCKED);
	client_send(client, "hello", 5); /* once is enough */
	client_send(client, "again", 5);
	pause_ms(50);
	rig_show(&den.rig, STATE_WAKING);
	rig_show(&den.rig, STATE_READY);
	expect_at_game(&den, "hello");
	expect_at_game(&den, "again");
	game_says(&den, "welcome");
	expect(client, "welcome");
	client_send(client, "thanks", 6);
	expect_at_game(&den, "thanks");
	(void)rig_fact(&den.rig, FACT_JOINED);
	assert_int_equal(rig_stats(&den.rig).held, 0);
	rig_show(&den.rig, STATE_SETTLING);
	(void)rig_fact(&den.rig, FACT_LEFT);
	rig_show(&den.rig, STATE_ASLEEP);
	for (int i = 0; i < 4; i++) { /* what the client says on wakes nothing */
		client_send(client, "thanks", 6);
		assert_false(rig_has_fact(&den.rig, FACT_HELD, 100));
	}
	(void)close(client);
	den_stop(&den);
}

static void
many_that_speak_once_wake_nothing(void **unused)
{
	struct den den;

	den_start(&den, GAME_UDP);
	rig_show(&den.rig, STATE_ASLEEP);
	for (int i = 0; i < 500; i++) {
		int fd = caller(&den, NULL);

		client_send(fd, "hello", 5);
		(void)close(fd);
	}
	assert_false(rig_has_fact(&den.rig, FACT_HELD, 400));
	assert_int_equal(rig_stats(&den.rig).datagrams_unproved, 500);
	assert_int_equal(rig_stats(&den.rig).flows, 0);
	den_stop(&den);
}

static void
first_bytes_that_are_declared_tell_players_from_others(void **unused)
{
	struct den den;
	int client, stranger;

	den_start(&den, GAME_UDP);
	den.rig.server.wake_filter = false;
	memcpy(den.rig.server.first_bytes, "OEt", 3);
	den.rig.server.first_bytes_length = 3;
	rig_show(&den.rig, STATE_ASLEEP);
	stranger = caller(&den, NULL);
	client_send(stranger, "GET / HTTP/1.1", 14);
	assert_false(rig_has_fact(&den.rig, FACT_HELD, 100));
	client = caller(&den, NULL);
	client_send(client, "OEt3", 4);
	(void)rig_fact(&den.rig, FACT_KNOCKED);
	(void)close(client);
	(void)close(stranger);
	den_stop(&den);
}

static void
each_client_is_its_own_to_the_game_and_the_same_after_a_restart(void **unused)
{
	struct sockaddr_in first, second;
	struct den den;
	int a, b;
	uint16_t port;

	den_start(&den, GAME_UDP);
	rig_show(&den.rig, STATE_READY);
	a = caller(&den, "127.0.0.2");
	b = caller(&den, "127.0.0.3");
	client_send(a, "a", 1);
	expect_at_game(&den, "a");
	first = den.visitor;
	client_send(b, "b", 1);
	expect_at_game(&den, "b");
	second = den.visitor;
	assert_true(first.sin_port != second.sin_port ||
		    first.sin_addr.s_addr != second.sin_addr.s_addr);
	game_says(&den, "to b");
	den.visitor = first;
	game_says(&den, "to a");
	expect(a, "to a");
	expect(b, "to b");
	port = den.rig.listen_port;
	rig_stop(&den.rig);
	rig_start(&den.rig, 2);
	den.rig.server.game = GAME_UDP;
	den.rig.server.is_datagrams = true;
	den.rig.server.backend.port = udp_port(den.game);
	den.rig.listen_port = port;
	rig_show(&den.rig, STATE_READY);
	client_send(b, "b", 1);
	expect_at_game(&den, "b");
	assert_memory_equal(&den.visitor, &second, sizeof second);
	game_says(&den, "still here");
	expect(b, "still here");
	(void)close(a);
	(void)close(b);
	den_stop(&den);
}

static void
a_crowd_is_carried_both_ways_and_nothing_is_mixed_up(void **unused)
{
	enum { CROWD = 40, WORDS = 50 };
	int clients[CROWD];
	struct den den;
	char word[32], heard[32];

	den_start(&den, GAME_UDP);
	rig_show(&den.rig, STATE_READY);
	for (int i = 0; i < CROWD; i++)
		clients[i] = caller(&den, NULL);
	for (int k = 0; k < WORDS; k++) {
		for (int i = 0; i < CROWD; i++)
			client_send(clients[i], word,
				    (size_t)snprintf(word, sizeof word, "%d of %d", k, i));
		for (int i = 0; i < CROWD; i++) { /* an echo */
			socklen_t length = sizeof den.visitor;
			ssize_t n = recvfrom(den.game, heard, sizeof heard, 0,
					     (struct sockaddr *)&den.visitor, &length);

			assert_true(n > 0);
			assert_int_equal(sendto(den.game, heard, (size_t)n, 0,
						(struct sockaddr *)&den.visitor, length),
					 n);
		}
		for (int i = 0; i < CROWD; i++) {
			(void)snprintf(word, sizeof word, "%d of %d", k, i);
			expect(clients[i], word);
		}
	}
	assert_int_equal(rig_stats(&den.rig).flows, CROWD);
	assert_int_equal(rig_stats(&den.rig).bridged, CROWD);
	assert_int_equal(rig_stats(&den.rig).datagrams_up, CROWD * WORDS);
	for (int i = 0; i < CROWD; i++)
		(void)close(clients[i]);
	den_stop(&den);
}

static void
one_address_has_so_many_flows_and_no_more(void **unused)
{
	struct den den;
	int clients[5];

	den_start(&den, GAME_UDP);
	den.rig.limits.flows = 4;
	rig_show(&den.rig, STATE_READY);
	for (int i = 0; i < 5; i++) {
		clients[i] = caller(&den, "127.0.0.9");
		client_send(clients[i], "x", 1);
		if (i < 4)
			expect_at_game(&den, "x");
	}
	assert_true(is_silent(den.game, 100));
	assert_int_equal(rig_stats(&den.rig).flows, 4);
	assert_int_equal(rig_stats(&den.rig).datagrams_rate, 1);
	for (int i = 0; i < 5; i++)
		(void)close(clients[i]);
	den_stop(&den);
}

static void
answers_leave_from_the_address_that_was_asked(void **unused)
{
	struct sockaddr_in gate = { .sin_family = AF_INET };
	struct sockaddr_in from;
	socklen_t length = sizeof from;
	struct den den;
	char word[8];
	int fd;

	den_start(&den, GAME_UDP);
	(void)text_put(den.rig.listen_host, sizeof den.rig.listen_host, "0.0.0.0");
	rig_show(&den.rig, STATE_READY);
	fd = udp_on(NULL, 0);
	gate.sin_port = htons(den.rig.listen_port);
	assert_int_equal(inet_pton(AF_INET, "127.9.8.7", &gate.sin_addr), 1);
	assert_int_equal(sendto(fd, "hi", 2, 0, (struct sockaddr *)&gate, sizeof gate), 2);
	expect_at_game(&den, "hi");
	game_says(&den, "hello");
	assert_int_equal(recvfrom(fd, word, sizeof word, 0, (struct sockaddr *)&from, &length), 5);
	assert_memory_equal(&from.sin_addr, &gate.sin_addr, sizeof from.sin_addr);
	assert_int_equal(from.sin_port, gate.sin_port);
	(void)close(fd);
	den_stop(&den);
}

static void
a_bedrock_client_is_shown_how_it_is_and_wakes_it_by_its_cookie(void **unused)
{
	static const unsigned char magic[16] = { 0x00, 0xff, 0xff, 0x00, 0xfe, 0xfe, 0xfe, 0xfe,
						 0xfd, 0xfd, 0xfd, 0xfd, 0x12, 0x34, 0x56, 0x78 };
	unsigned char ping[RAKNET_PING_SIZE], bytes[1500] = { 5 }, second[64] = { 7 };
	struct bedrock_motd motd;
	struct raknet_pong pong;
	struct den den;
	ssize_t n;
	int client;

	den_start(&den, GAME_MINECRAFT_BEDROCK);
	rig_show(&den.rig, STATE_ASLEEP);
	client = caller(&den, NULL);
	client_send(client, ping, raknet_ping_print(ping, &(struct raknet_ping){ .time = 42 }));
	n = recv(client, bytes, sizeof bytes, 0);
	assert_true(n > 0 && raknet_pong_parse(bytes, (size_t)n, &pong));
	assert_int_equal(pong.time, 42);
	assert_true(bedrock_motd_parse(pong.text, pong.length, &motd));
	assert_string_equal(motd.line[0], "survival");
	assert_string_equal(motd.line[1], "Asleep. Join to wake it up.");
	assert_int_equal(motd.online, 0);
	assert_int_equal(motd.max, 20);
	assert_int_equal(motd.port, den.rig.listen_port);

	memset(bytes, 0, sizeof bytes);
	bytes[0] = 5;
	memcpy(bytes + 1, magic, 16);
	bytes[17] = 11;
	client_send(client, bytes, 1200);
	n = recv(client, bytes, sizeof bytes, 0);
	assert_int_equal(n, 32);
	assert_int_equal(bytes[0], 6);
	assert_int_equal(bytes[25], 1);
	assert_false(rig_has_fact(&den.rig, FACT_HELD, 50));

	memcpy(second + 1, magic, 16);
	memset(second + 17, 0x11, 5); /* a cookie that is not */
	second[21] = 0;
	second[22] = 4;
	second[29] = 4; /* MTU 1200: 0x04b0 */
	second[30] = 0xb0;
	client_send(client, second, 39);
	assert_false(rig_has_fact(&den.rig, FACT_HELD, 50));
	memcpy(second + 17, bytes + 26, 4);
	client_send(client, second, 39);
	(void)rig_fact(&den.rig, FACT_KNOCKED);
	rig_show(&den.rig, STATE_WAKING);
	rig_show(&den.rig, STATE_READY);
	n = recv(den.game, bytes, sizeof bytes, 0);
	assert_int_equal(n, 34); /* without the cookie */
	assert_int_equal(bytes[0], 7);
	assert_int_equal(bytes[17], 4);
	(void)close(client);
	den_stop(&den);
}

static void
an_a2s_answer_goes_only_to_who_sent_the_challenge_back(void **unused)
{
	unsigned char ask[A2S_REQUEST_LIMIT], bytes[1500];
	struct a2s_request request = { .asks = A2S_INFO };
	struct a2s_info info;
	struct den den;
	ssize_t n;
	int client;

	den_start(&den, GAME_SOURCE);
	rig_show(&den.rig, STATE_ASLEEP);
	client = caller(&den, NULL);
	for (int asks = A2S_INFO; asks <= A2S_RULES; asks++) {
		size_t length;

		request = (struct a2s_request){ .asks = (enum a2s_asks)asks };
		length = a2s_request_print(ask, &request);
		client_send(client, ask, length);
		n = recv(client, bytes, sizeof bytes, 0);
		assert_true(n > 0 && (size_t)n <= length);
		assert_true(a2s_challenge_parse(bytes, (size_t)n, &request.challenge));
		request.has_challenge = true;
		client_send(client, ask, a2s_request_print(ask, &request));
		n = recv(client, bytes, sizeof bytes, 0);
		assert_true(n > 0);
		if (asks == A2S_INFO)
			assert_true(a2s_info_parse(bytes, (size_t)n, &info));
	}
	assert_false(rig_has_fact(&den.rig, FACT_HELD, 50));
	client_send(client, "\xff\xff\xff\xffq", 5); /* known to be there: its join wakes at once */
	(void)rig_fact(&den.rig, FACT_KNOCKED);
	(void)close(client);
	den_stop(&den);
}

static void
a_port_of_somebody_else_is_complained_of(void **unused)
{
	struct den den;
	int other;

	den_start(&den, GAME_UDP);
	other = udp_on(NULL, den.rig.listen_port);
	rig_show(&den.rig, STATE_ASLEEP);
	for (int i = 0; i < 300 && den.rig.complaint[0] == '\0'; i++)
		(void)rig_has_fact(&den.rig, FACT_HELD, 10);
	assert_non_null(strstr(den.rig.complaint, "another program has this port"));
	(void)close(other);
	rig_show(&den.rig, STATE_READY);
	other = caller(&den, NULL);
	client_send(other, "x", 1);
	expect_at_game(&den, "x");
	(void)close(other);
	den_stop(&den);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_speaks_on_wakes_a_udp_game_and_what_they_said_is_replayed),
		cmocka_unit_test(many_that_speak_once_wake_nothing),
		cmocka_unit_test(first_bytes_that_are_declared_tell_players_from_others),
		cmocka_unit_test(each_client_is_its_own_to_the_game_and_the_same_after_a_restart),
		cmocka_unit_test(a_crowd_is_carried_both_ways_and_nothing_is_mixed_up),
		cmocka_unit_test(one_address_has_so_many_flows_and_no_more),
		cmocka_unit_test(answers_leave_from_the_address_that_was_asked),
		cmocka_unit_test(a_bedrock_client_is_shown_how_it_is_and_wakes_it_by_its_cookie),
		cmocka_unit_test(an_a2s_answer_goes_only_to_who_sent_the_challenge_back),
		cmocka_unit_test(a_port_of_somebody_else_is_complained_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
