/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything at once: clients that send half of things, wrong things, and leave
 * or reset at any moment; a game that does the same; a server that changes its
 * state all the while. Nothing may be left over when they are gone.
 */

#include "rig.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VISITS	 1500
#define AT_ONCE	 24
#define OPENINGS 6

static uint32_t
draw(uint32_t *chance, uint32_t below)
{
	*chance = *chance * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)*chance * below >> 32);
}

struct noisy_game {
	int listener;
	int is_over; /* atomic */
};

/* Takes whoever comes, says something or nothing, and closes or resets. */
static void *
run_game(void *argument)
{
	struct noisy_game *game = argument;
	uint32_t chance = 99;
	CLEANUP(buf_deinit) struct buf refusal = BUF_NULL;

	login_disconnect_print(&refusal, "Go away");
	while (!__atomic_load_n(&game->is_over, __ATOMIC_SEQ_CST)) {
		struct pollfd ready = { .fd = game->listener, .events = POLLIN };
		struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
		char bytes[1000] = { 0x7f, 0x01 };
		int fd;

		if (poll(&ready, 1, 20) != 1)
			continue;
		fd = accept(game->listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (draw(&chance, 3) == 0)
			(void)!recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
		if (draw(&chance, 3) == 0)
			(void)!send(fd, refusal.data, refusal.length, MSG_NOSIGNAL);
		else if (draw(&chance, 2) == 0)
			(void)!send(fd, bytes, sizeof bytes, MSG_NOSIGNAL);
		if (draw(&chance, 2) == 0)
			(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
		(void)close(fd);
	}
	return NULL;
}

static void
print_openings(struct buf openings[OPENINGS])
{
	print_join(&openings[0], 767, "mc.example", "Notch");
	print_join(&openings[1], 47, "mc.example", "Notch");
	print_status(&openings[2], 767, "mc.example");
	buf_put(&openings[3], "\xfe\x01\xfa\0\x0b\0M\0C", 9);
	buf_put_text(&openings[4], "PROXY TCP4 203.0.113.9 198.51.100.1 4711 25565\r\n");
	print_join(&openings[4], 767, "mc.example", "Notch");
	buf_put(&openings[5], "\x02\x4e\0\x05\0N\0o\0t\0c\0h", 14);
	login_plugin_response_print(&openings[0], 0x40000000, false); /* too early, and a guess */
}

/* Some of an opening, perhaps with a byte changed. */
static void
say_something(int fd, const struct buf openings[OPENINGS], uint32_t *chance)
{
	const struct buf *opening = &openings[draw(chance, OPENINGS)];
	unsigned char bytes[512];
	size_t length = 1 + draw(chance, (uint32_t)opening->length), split;

	if (draw(chance, 2) == 0)
		length = opening->length;
	memcpy(bytes, opening->data, length);
	if (draw(chance, 3) == 0)
		bytes[draw(chance, (uint32_t)length)] = (unsigned char)draw(chance, 256);
	split = draw(chance, (uint32_t)length);
	(void)!send(fd, bytes, split, MSG_NOSIGNAL);
	if (draw(chance, 8) == 0)
		pause_ms(1);
	(void)!send(fd, bytes + split, length - split, MSG_NOSIGNAL);
}

static void
leave(int fd, uint32_t *chance)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (draw(chance, 3) == 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	else if (draw(chance, 3) == 0)
		(void)shutdown(fd, SHUT_WR);
	(void)close(fd);
}

/* Every HELD has its RELEASED or JOINED, every JOINED its LEFT. */
static void
expect_facts_in_pairs(const struct rig *rig)
{
	size_t held = 0, released = 0, left = 0, joined = 0;

	for (size_t i = 0; i < rig->fact_count; i++) {
		held += rig->facts[i].kind == FACT_HELD;
		released += rig->facts[i].kind == FACT_RELEASED;
		joined += rig->facts[i].kind == FACT_JOINED;
		left += rig->facts[i].kind == FACT_LEFT;
	}
	assert_true(rig->fact_count < RIG_FACTS);
	assert_true(held > 0 && joined > 0);
	assert_int_equal(joined, left);
	assert_true(released <= held && held <= released + joined);
}

static void
nothing_is_left_of_clients_who_do_anything_at_all(void **unused)
{
	struct buf openings[OPENINGS] = { BUF_NULL };
	int fds[AT_ONCE];
	struct noisy_game game = { 0 };
	struct relay_stats stats;
	uint32_t chance = 7;
	pthread_t thread;
	struct rig rig;

	rig_start(&rig, 2);
	rig.proxy_from = "127.0.0.0/8";
	rig.unknown_host = "Nobody";
	rig.server.wake_filter = false;
	rig_show(&rig, STATE_ASLEEP);
	game.listener = rig.game;
	assert_int_equal(pthread_create(&thread, NULL, run_game, &game), 0);
	print_openings(openings);
	for (size_t i = 0; i < AT_ONCE; i++)
		fds[i] = client_dial(rig.port);
	for (int i = 0; i < VISITS; i++) {
		int *fd = &fds[draw(&chance, AT_ONCE)];

		say_something(*fd, openings, &chance);
		if (draw(&chance, 2) == 0) {
			leave(*fd, &chance);
			*fd = client_dial(rig.port);
		}
		if (draw(&chance, 20) == 0) {
			rig.server.attempt += draw(&chance, 2);
			rig_show(&rig, (enum state)draw(&chance, STATE_MAX));
		}
		if (draw(&chance, 10) == 0)
			(void)mailbox_open_all(rig.mailbox, NULL);
	}
	for (size_t i = 0; i < AT_ONCE; i++)
		leave(fds[i], &chance);
	rig_show(&rig, STATE_READY);
	for (int i = 0; i < 1000; i++) {
		stats = rig_stats(&rig);
		if (stats.connections == 0)
			break;
		pause_ms(10);
	}
	assert_int_equal(stats.connections, 0);
	assert_int_equal(stats.held, 0);
	assert_int_equal(stats.bridged, 0);
	pause_ms(50);
	(void)mailbox_open_all(rig.mailbox, NULL);
	expect_facts_in_pairs(&rig);
	__atomic_store_n(&game.is_over, 1, __ATOMIC_SEQ_CST);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (size_t i = 0; i < OPENINGS; i++)
		buf_deinit(&openings[i]);
	rig_stop(&rig);
}

static void
a_crowd_that_is_held_is_let_in_whole(void **unused)
{
	enum { CROWD = 400 };
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	static int fds[CROWD], games[CROWD];
	struct rig rig;

	rig_start(&rig, 2);
	rig.server.hold_queue = CROWD;
	rig_show(&rig, STATE_WAKING);
	print_join(&join, 767, "mc.example", "Notch");
	for (size_t i = 0; i < CROWD; i++) {
		fds[i] = client_dial(rig.port);
		client_send(fds[i], join.data, join.length);
		answer_question(fds[i], read_question(fds[i]));
	}
	rig_show(&rig, STATE_READY);
	for (size_t i = 0; i < CROWD; i++) {
		games[i] = game_accept(&rig);
		expect_bytes(games[i], &join);
		client_send(games[i], "\x05hello", 6);
	}
	for (size_t i = 0; i < CROWD; i++) {
		char word[6];

		client_read(fds[i], word, 6);
		(void)close(fds[i]);
		(void)close(games[i]);
	}
	assert_int_equal(rig_stats(&rig).hold_joined, CROWD);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_left_of_clients_who_do_anything_at_all),
		cmocka_unit_test(a_crowd_that_is_held_is_let_in_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
