/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes through a real relay: all of them, in order, and the ends of them. */

#include "rig.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A stream that anybody can make again from its number. */
struct stream {
	uint32_t state;
};

static void
stream_fill(struct stream *stream, unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		stream->state = stream->state * 1664525 + 1013904223;
		bytes[i] = (unsigned char)(stream->state >> 24);
	}
}

struct flow_of_bytes {
	int fd;
	uint32_t number;
	size_t length, piece;
	int pause_every; /* pieces; 0 = never */
	bool is_right;
};

static void *
run_sender(void *argument)
{
	struct flow_of_bytes *flow = argument;
	struct stream stream = { flow->number };
	unsigned char *bytes = mem_new(flow->piece);
	size_t done = 0;

	while (done < flow->length) {
		size_t n = flow->length - done < flow->piece ? flow->length - done : flow->piece;
		size_t sent = 0;

		stream_fill(&stream, bytes, n);
		while (sent < n) {
			ssize_t m = send(flow->fd, bytes + sent, n - sent, MSG_NOSIGNAL);

			if (m <= 0)
				break;
			sent += (size_t)m;
		}
		if (sent < n)
			break;
		done += n;
	}
	(void)shutdown(flow->fd, SHUT_WR);
	flow->is_right = done == flow->length;
	mem_free(bytes);
	return NULL;
}

static void *
run_reader(void *argument)
{
	struct flow_of_bytes *flow = argument;
	struct stream stream = { flow->number };
	unsigned char *bytes = mem_new(flow->piece), *expected = mem_new(flow->piece);
	size_t done = 0;
	bool is_right = true;
	ssize_t n;

	for (int i = 1; (n = recv(flow->fd, bytes, flow->piece, 0)) > 0; i++) {
		stream_fill(&stream, expected, (size_t)n);
		is_right = is_right && memcmp(bytes, expected, (size_t)n) == 0;
		done += (size_t)n;
		if (flow->pause_every > 0 && i % flow->pause_every == 0)
			pause_ms(1);
	}
	flow->is_right = is_right && n == 0 && done == flow->length;
	mem_free(bytes);
	mem_free(expected);
	return NULL;
}

static void
begin(struct rig *rig, int *ret_client, int *ret_game)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;

	print_join(&join, 767, "mc.example", "Notch");
	*ret_client = client_dial(rig->port);
	client_send(*ret_client, join.data, join.length);
	*ret_game = game_accept(rig);
	expect_bytes(*ret_game, &join);
}

/* Both ways at once; each end of a stream is passed on by itself. */
static void
carry(struct rig *rig, size_t length, size_t piece, int pause_every)
{
	struct flow_of_bytes flows[4];
	pthread_t threads[4];
	int client, game;

	begin(rig, &client, &game);
	for (size_t i = 0; i < 4; i++) {
		/* 0 and 1 send, 2 reads what 0 sent, 3 reads what 1 sent. */
		flows[i] = (struct flow_of_bytes){ .fd = i == 0 || i == 3 ? client : game,
						   .number = 1 + (uint32_t)(i % 2),
						   .length = length,
						   .piece = piece,
						   .pause_every = pause_every };
	}
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, i < 2 ? run_sender : run_reader,
						&flows[i]),
				 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (size_t i = 0; i < 4; i++)
		assert_true(flows[i].is_right);
	(void)close(client);
	(void)close(game);
	(void)rig_fact(rig, FACT_LEFT);
	assert_int_equal(rig_stats(rig).bridged, 0);
}

static void
bulk_both_ways_arrives_whole(void **unused)
{
	struct rig rig;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_READY);
	carry(&rig, 24 << 20, 65536, 0);
	assert_true(rig_stats(&rig).bytes_up >= 24 << 20);
	assert_true(rig_stats(&rig).bytes_down >= 24 << 20);
	rig_stop(&rig);
}

static void
packets_both_ways_arrive_whole(void **unused)
{
	struct rig rig;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_READY);
	carry(&rig, 1 << 20, 173, 0);
	rig_stop(&rig);
}

static void
slow_readers_lose_nothing_and_do_not_fill_memory(void **unused)
{
	struct rig rig;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_READY);
	carry(&rig, 12 << 20, 16384, 4);
	rig_stop(&rig);
}

static void
bulk_becomes_packets_and_bulk_again(void **unused)
{
	static unsigned char bytes[131072], back[131072];
	struct stream stream = { 9 };
	struct rig rig;
	int client, game;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_READY);
	begin(&rig, &client, &game);
	for (int round = 0; round < 6; round++) {
		size_t piece = round % 2 == 0 ? sizeof bytes : 40;

		for (int i = 0; i < 40; i++) {
			stream_fill(&stream, bytes, piece);
			client_send(game, bytes, piece);
			client_read(client, back, piece);
			assert_memory_equal(bytes, back, piece);
		}
	}
	(void)close(client);
	(void)close(game);
	rig_stop(&rig);
}

static void
each_side_may_end_while_the_other_goes_on(void **unused)
{
	for (int client_first = 0; client_first < 2; client_first++) {
		struct rig rig;
		int client, game, first, second;
		char word[5];

		rig_start(&rig, 1);
		rig_show(&rig, STATE_READY);
		begin(&rig, &client, &game);
		first = client_first ? client : game;
		second = client_first ? game : client;
		client_send(first, "last.", 5);
		assert_int_equal(shutdown(first, SHUT_WR), 0);
		client_read(second, word, 5);
		assert_memory_equal(word, "last.", 5);
		assert_true(client_is_closed(second));
		client_send(second, "still", 5);
		client_read(first, word, 5);
		assert_memory_equal(word, "still", 5);
		(void)close(second);
		assert_true(client_is_closed(first));
		(void)close(first);
		(void)rig_fact(&rig, FACT_LEFT);
		rig_stop(&rig);
	}
}

static void
what_a_game_says_before_it_resets_still_arrives(void **unused)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	struct rig rig;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_READY);
	for (int i = 0; i < 20; i++) {
		int client, game;
		char word[5];

		begin(&rig, &client, &game);
		client_send(client, "more",
			    4); /* unread by the game: that is what makes it reset */
		client_send(game, "kick!", 5);
		(void)setsockopt(game, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
		(void)close(game);
		client_read(client, word, 5);
		assert_memory_equal(word, "kick!", 5);
		assert_true(client_is_closed(client));
		(void)close(client);
		(void)rig_fact(&rig, FACT_LEFT);
	}
	rig_stop(&rig);
}

static void
a_client_that_resets_closes_the_games_side(void **unused)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	struct rig rig;
	int client, game;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_READY);
	begin(&rig, &client, &game);
	(void)setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	(void)close(client);
	assert_true(client_is_closed(game));
	(void)close(game);
	(void)rig_fact(&rig, FACT_LEFT);
	assert_int_equal(rig_stats(&rig).connections, 0);
	rig_stop(&rig);
}

static void
a_player_in_the_game_can_be_dropped(void **unused)
{
	struct gate_port *port;
	struct rig rig;
	int client, game;

	rig_start(&rig, 2);
	rig_show(&rig, STATE_READY);
	begin(&rig, &client, &game);
	port = relay_port(rig.relay);
	port->drop(port, rig_fact(&rig, FACT_JOINED)->as.player.connection, "You are banned.");
	assert_true(client_is_closed(client));
	assert_true(client_is_closed(game));
	assert_string_equal(rig_fact(&rig, FACT_LEFT)->as.player.reason, "You are banned.");
	(void)close(client);
	(void)close(game);
	rig_stop(&rig);
}

struct swapping {
	struct rig *rig;
	int is_over; /* atomic */
};

/* A game that sends back what it gets, one client after another. */
static void *
run_echo(void *argument)
{
	struct swapping *swapping = argument;
	char bytes[4096];

	for (;;) {
		int fd = accept(swapping->rig->game, NULL, NULL);
		ssize_t n;

		if (fd < 0 || __atomic_load_n(&swapping->is_over, __ATOMIC_SEQ_CST)) {
			if (fd >= 0)
				(void)close(fd);
			return NULL;
		}
		while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
			(void)!send(fd, bytes, (size_t)n, MSG_NOSIGNAL);
		(void)close(fd);
	}
}

static void
tables_change_under_load_and_nobody_notices(void **unused)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	struct rig rig;
	struct swapping swapping = { .rig = &rig };
	pthread_t echo;

	rig_start(&rig, 2);
	rig_show(&rig, STATE_READY);
	assert_int_equal(pthread_create(&echo, NULL, run_echo, &swapping), 0);
	print_join(&join, 767, "mc.example", "Notch");
	for (int i = 0; i < 300; i++) {
		int fd = client_dial(rig.port);

		rig_show(&rig, i % 3 == 0 ? STATE_WAKING : STATE_READY);
		client_send(fd, join.data, join.length);
		if (i % 3 == 0) {
			answer_question(fd, read_question(fd));
			rig_show(&rig, STATE_READY);
		}
		expect_bytes(fd, &join);
		(void)close(fd);
		(void)mailbox_open_all(rig.mailbox, NULL);
		rig.fact_count = rig.facts_seen = 0;
	}
	__atomic_store_n(&swapping.is_over, 1, __ATOMIC_SEQ_CST);
	(void)close(client_dial(rig.game_port));
	assert_int_equal(pthread_join(echo, NULL), 0);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bulk_both_ways_arrives_whole),
		cmocka_unit_test(packets_both_ways_arrive_whole),
		cmocka_unit_test(slow_readers_lose_nothing_and_do_not_fill_memory),
		cmocka_unit_test(bulk_becomes_packets_and_bulk_again),
		cmocka_unit_test(each_side_may_end_while_the_other_goes_on),
		cmocka_unit_test(what_a_game_says_before_it_resets_still_arrives),
		cmocka_unit_test(a_client_that_resets_closes_the_games_side),
		cmocka_unit_test(a_player_in_the_game_can_be_dropped),
		cmocka_unit_test(tables_change_under_load_and_nobody_notices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
