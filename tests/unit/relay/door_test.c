/* SPDX-License-Identifier: Apache-2.0 */
/* Doors other than the common one: tcp games, PROXY headers, ports that are taken. */

#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "wire/proxyproto.h"

static void
tcp_rig(struct rig *rig, enum state state)
{
	rig_start(rig, 2);
	rig->server.game = GAME_TCP;
	rig->listen_port = free_port();
	rig_show(rig, state);
}

static void
first_bytes_of_a_tcp_game_wake_it_and_are_replayed(void **unused)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	const struct fact *fact;
	struct rig rig;
	int client, game;
	char word[5];

	tcp_rig(&rig, STATE_ASLEEP);
	for (int i = 0; i < 4000; i++)
		buf_format(&bytes, "%d,", i); /* more than one read, more than one packet */
	client = client_dial(rig.listen_port);
	assert_false(rig_has_fact(&rig, FACT_HELD, 50)); /* a port scan is no player */
	client_send(client, bytes.data, 1);
	fact = rig_fact(&rig, FACT_HELD);
	assert_string_equal(fact->server, "survival");
	assert_string_equal(fact->as.player.player, "");
	(void)rig_fact(&rig, FACT_KNOCKED);
	client_send(client, bytes.data + 1, bytes.length - 1);
	rig_show(&rig, STATE_WAKING);
	rig_show(&rig, STATE_READY);
	game = game_accept(&rig);
	expect_bytes(game, &bytes);
	client_send(game, "hello", 5);
	client_read(client, word, 5);
	assert_memory_equal(word, "hello", 5);
	(void)close(game);
	assert_true(client_is_closed(client));
	(void)close(client);
	(void)rig_fact(&rig, FACT_LEFT);
	rig_stop(&rig);
}

static void
a_ready_tcp_game_may_speak_first(void **unused)
{
	struct rig rig;
	int client, game;
	char word[5];

	tcp_rig(&rig, STATE_READY);
	client = client_dial(rig.listen_port);
	game = game_accept(&rig);
	client_send(game, "hello", 5);
	client_read(client, word, 5);
	assert_memory_equal(word, "hello", 5);
	(void)close(client);
	(void)close(game);
	rig_stop(&rig);
}

static void
a_tcp_client_that_is_done_speaking_still_gets_its_answer(void **unused)
{
	struct rig rig;
	int client, game;
	char word[5];

	tcp_rig(&rig, STATE_READY);
	client = client_dial(rig.listen_port);
	client_send(client, "query", 5);
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	game = game_accept(&rig);
	client_read(game, word, 5);
	assert_true(client_is_closed(game));
	client_send(game, "reply", 5);
	(void)close(game);
	client_read(client, word, 5);
	assert_memory_equal(word, "reply", 5);
	assert_true(client_is_closed(client));
	(void)close(client);
	rig_stop(&rig);
}

static void
a_tcp_client_who_leaves_while_held_is_forgotten(void **unused)
{
	struct rig rig;
	int client;

	tcp_rig(&rig, STATE_WAKING);
	client = client_dial(rig.listen_port);
	client_send(client, "x", 1);
	(void)rig_fact(&rig, FACT_HELD);
	(void)close(client);
	(void)rig_fact(&rig, FACT_RELEASED);
	rig_stop(&rig);
}

static void
listeners_come_and_go_with_the_table(void **unused)
{
	struct rig rig;
	uint16_t first;
	int fd;

	tcp_rig(&rig, STATE_READY);
	first = rig.listen_port;
	(void)close(client_dial(first));
	rig.listen_port = free_port();
	rig_show(&rig, STATE_READY);
	(void)close(client_dial(rig.listen_port));
	for (int i = 0; i < 500;
	     i++) { /* the threads close the old one when they read the letter */
		struct endpoint endpoint = { .host = "127.0.0.1", .port = first };
		struct relay_options options = {
			.listen = &endpoint, .listen_count = 1, .threads = 1, .mailbox = rig.mailbox
		};
		char reason[REASON_LIMIT + 1];
		struct relay *other;

		if (relay_new(&options, reason, &other) == 0) {
			relay_free(other, NULL);
			break;
		}
		assert_int_not_equal(i, 499);
		pause_ms(5);
	}
	fd = client_dial(rig.listen_port);
	(void)close(fd);
	rig_stop(&rig);
}

static void
a_taken_port_is_said_plainly_and_nothing_is_left_behind(void **unused)
{
	struct rig rig;
	struct endpoint endpoint = { .host = "127.0.0.1" };
	struct relay_options options = { .listen = &endpoint, .listen_count = 1, .threads = 2 };
	char reason[REASON_LIMIT + 1], port[8];
	struct relay *other = NULL;

	rig_start(&rig, 1);
	endpoint.port = rig.game_port;
	options.mailbox = rig.mailbox;
	assert_int_equal(relay_new(&options, reason, &other), -EADDRINUSE);
	assert_null(other);
	(void)snprintf(port, sizeof port, ":%d", rig.game_port);
	assert_non_null(strstr(reason, port));
	assert_non_null(strstr(reason, "another program"));
	endpoint.port = rig.port; /* another relay: shared quietly if nobody looked */
	assert_int_equal(relay_new(&options, reason, &other), -EADDRINUSE);
	(void)text_put(endpoint.host, sizeof endpoint.host, "play.example.org");
	assert_int_equal(relay_new(&options, reason, &other), -EDESTADDRREQ);
	assert_non_null(strstr(reason, "play.example.org"));
	rig_stop(&rig);
}

static void
a_tcp_servers_taken_port_is_complained_about(void **unused)
{
	struct rig rig;

	rig_start(&rig, 1);
	rig.server.game = GAME_TCP;
	rig.listen_port = rig.game_port;
	rig_show(&rig, STATE_ASLEEP);
	(void)mailbox_open_all(rig.mailbox, NULL);
	assert_non_null(strstr(rig.complaint, "another program"));
	rig_stop(&rig);
}

/* A PROXY header from a listed network is believed, and what the game is told follows it. */
static void
a_proxys_word_is_taken_from_listed_networks_and_passed_on(void **unused)
{
	static const char v1[] = "PROXY TCP4 203.0.113.9 198.51.100.1 4711 25565\r\n";
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL, expected = BUF_NULL, join = BUF_NULL;
	struct proxyproto told = { .is_told = true,
				   .source_port = 4711,
				   .destination_port = 25565 };
	unsigned char header[PROXYPROTO_PRINT_LIMIT];
	struct rig rig;

	rig_start(&rig, 1);
	rig.proxy_from = "127.0.0.0/8";
	rig.server.proxy_protocol = true;
	assert_true(ip_parse("203.0.113.9", &told.source));
	assert_true(ip_parse("198.51.100.1", &told.destination));
	buf_put(&expected, header, proxyproto_print(header, &told));
	print_join(&join, 767, "mc.example", "Notch");
	buf_put(&expected, join.data, join.length);
	rig_show(&rig, STATE_READY);
	for (int version = 1; version <= 2; version++) {
		buf_clear(&bytes);
		if (version == 1)
			buf_put_text(&bytes, v1);
		else
			buf_put(&bytes, header, proxyproto_print(header, &told));
		buf_put(&bytes, join.data, join.length);
		for (size_t split = 0; split < bytes.length; split += 7) {
			int client = client_dial(rig.port), game;
			char text[IP_TEXT_SIZE];

			client_send(client, bytes.data, split);
			if (split > 0)
				pause_ms(1);
			client_send(client, bytes.data + split, bytes.length - split);
			game = game_accept(&rig);
			expect_bytes(game, &expected);
			ip_text(&rig_fact(&rig, FACT_JOINED)->as.player.ip, text);
			assert_string_equal(text, "203.0.113.9");
			(void)close(client);
			(void)close(game);
		}
	}
	rig_stop(&rig);
}

/* The header is not guessed: who is on the list and sends none is no proxy. */
static void
without_a_header_a_listed_network_is_not_served(void **unused)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	struct rig rig;
	int fd;

	rig_start(&rig, 1);
	rig.proxy_from = "127.0.0.0/8";
	rig.server.game = GAME_TCP;
	rig.listen_port = free_port();
	rig_show(&rig, STATE_READY);
	print_join(&join, 767, "mc.example", "Notch");
	fd = client_dial(rig.port);
	client_send(fd, join.data, join.length);
	assert_true(client_is_closed(fd));
	(void)close(fd);
	fd = client_dial(rig.listen_port);
	client_send(fd, "hello", 5);
	assert_true(client_is_closed(fd));
	(void)close(fd);
	assert_int_equal(rig_stats(&rig).refused_header, 2);
	rig_stop(&rig);
}

static void
a_proxys_word_from_elsewhere_is_garbage(void **unused)
{
	static const char v1[] = "PROXY TCP4 203.0.113.9 198.51.100.1 4711 25565\r\n";
	struct rig rig;
	int fd;

	rig_start(&rig, 1);
	rig.proxy_from = "192.0.2.0/24";
	rig_show(&rig, STATE_READY);
	fd = client_dial(rig.port);
	client_send(fd, v1, sizeof v1 - 1);
	assert_true(client_is_closed(fd));
	(void)close(fd);
	rig_stop(&rig);
}

static void
limits_count_whom_the_proxy_carries(void **unused)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	struct rig rig;

	rig_start(&rig, 1);
	rig.proxy_from = "127.0.0.0/8";
	rig.limits.connections = (struct gate_rate){ .per_second = 0.001, .burst = 1 };
	rig_show(&rig, STATE_ASLEEP);
	for (int i = 1; i <= 4; i++) { /* two addresses, twice each */
		int fd = client_dial(rig.port);
		char byte;

		buf_clear(&bytes);
		buf_format(&bytes, "PROXY TCP4 203.0.113.%d 198.51.100.1 4711 25565\r\n", i % 2);
		print_status(&bytes, 767, "mc.example");
		client_send(fd, bytes.data, bytes.length);
		assert_int_equal(recv(fd, &byte, 1, 0) == 1, i <= 2);
		(void)close(fd);
	}
	assert_int_equal(rig_stats(&rig).refused_rate, 2);
	rig_stop(&rig);
}

static void
a_tcp_game_behind_a_proxy_gets_its_bytes_and_who_it_is(void **unused)
{
	static const char v1[] = "PROXY TCP4 203.0.113.9 198.51.100.1 4711 25565\r\n";
	CLEANUP(buf_deinit) struct buf expected = BUF_NULL;
	char text[IP_TEXT_SIZE];
	struct rig rig;
	int client, game;

	rig_start(&rig, 1);
	rig.server.game = GAME_TCP;
	rig.listen_port = free_port();
	rig.proxy_from = "127.0.0.0/8";
	rig_show(&rig, STATE_ASLEEP);
	client = client_dial(rig.listen_port);
	client_send(client, v1, 20);
	pause_ms(1);
	client_send(client, v1 + 20, sizeof v1 - 1 - 20);
	client_send(client, "hello", 5);
	ip_text(&rig_fact(&rig, FACT_HELD)->as.player.ip, text);
	assert_string_equal(text, "203.0.113.9");
	rig_show(&rig, STATE_READY);
	game = game_accept(&rig);
	buf_put_text(&expected, "hello");
	expect_bytes(game, &expected);
	(void)close(client);
	(void)close(game);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_bytes_of_a_tcp_game_wake_it_and_are_replayed),
		cmocka_unit_test(a_ready_tcp_game_may_speak_first),
		cmocka_unit_test(a_tcp_client_that_is_done_speaking_still_gets_its_answer),
		cmocka_unit_test(a_tcp_client_who_leaves_while_held_is_forgotten),
		cmocka_unit_test(listeners_come_and_go_with_the_table),
		cmocka_unit_test(a_taken_port_is_said_plainly_and_nothing_is_left_behind),
		cmocka_unit_test(a_tcp_servers_taken_port_is_complained_about),
		cmocka_unit_test(a_proxys_word_is_taken_from_listed_networks_and_passed_on),
		cmocka_unit_test(without_a_header_a_listed_network_is_not_served),
		cmocka_unit_test(a_proxys_word_from_elsewhere_is_garbage),
		cmocka_unit_test(limits_count_whom_the_proxy_carries),
		cmocka_unit_test(a_tcp_game_behind_a_proxy_gets_its_bytes_and_who_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
