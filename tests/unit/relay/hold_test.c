/* SPDX-License-Identifier: Apache-2.0 */
/* Joins through a real relay while the server sleeps, wakes, fails, or refuses. */

#include "rig.h"

#include <string.h>
#include <unistd.h>

/* A held 1.21 client; its first question is read and answered. */
static int
join_held(struct rig *rig, const char *name)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	int fd = client_dial(rig->port);

	print_join(&join, 767, "mc.example", name);
	client_send(fd, join.data, join.length);
	answer_question(fd, read_question(fd));
	return fd;
}

/* The game's side of a join of that name; checks the replay to the byte. */
static int
game_takes(struct rig *rig, const char *name)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	int fd = game_accept(rig);

	print_join(&join, 767, "mc.example", name);
	expect_bytes(fd, &join);
	return fd;
}

static void
expect_talk(int client, int game)
{
	char bytes[5];

	client_send(game, "hello", 5);
	client_read(client, bytes, 5);
	assert_memory_equal(bytes, "hello", 5);
	client_send(client, "world", 5);
	client_read(game, bytes, 5);
	assert_memory_equal(bytes, "world", 5);
}

static void
a_held_player_is_let_in_when_the_server_is_ready(void **unused)
{
	const struct fact *fact;
	struct rig rig;
	int client, game;

	rig_start(&rig, 2);
	rig_show(&rig, STATE_ASLEEP);
	client = join_held(&rig, "Notch");
	fact = rig_fact(&rig, FACT_HELD);
	assert_string_equal(fact->server, "survival");
	assert_string_equal(fact->as.player.player, "Notch");
	assert_string_equal(fact->as.player.host, "mc.example");
	assert_int_equal(fact->as.player.protocol, 767);
	fact = rig_fact(&rig, FACT_KNOCKED);
	assert_int_equal(rig_stats(&rig).held, 1);
	rig_show(&rig, STATE_WAKING);
	rig_show(&rig, STATE_READY);
	game = game_takes(&rig, "Notch");
	expect_talk(client, game);
	assert_int_equal(rig_fact(&rig, FACT_JOINED)->as.player.connection,
			 fact->as.player.connection);
	assert_int_equal(rig_stats(&rig).held, 0);
	assert_int_equal(rig_stats(&rig).bridged, 1);
	(void)close(client);
	assert_true(client_is_closed(game));
	(void)close(game);
	assert_int_equal(rig_fact(&rig, FACT_LEFT)->as.player.connection,
			 fact->as.player.connection);
	assert_int_equal(rig_stats(&rig).hold_joined, 1);
	rig_stop(&rig);
}

static void
a_join_split_at_any_byte_is_held_and_let_in(void **unused)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	struct rig rig;

	rig_start(&rig, 1);
	print_join(&join, 767, "mc.example", "Notch");
	for (size_t split = 1; split < join.length; split += 3) {
		int client, game;

		rig_show(&rig, STATE_WAKING);
		client = client_dial(rig.port);
		client_send(client, join.data, split);
		pause_ms(1);
		client_send(client, join.data + split, join.length - split);
		answer_question(client, read_question(client));
		rig_show(&rig, STATE_READY);
		game = game_takes(&rig, "Notch");
		expect_talk(client, game);
		(void)close(client);
		(void)close(game);
	}
	rig_stop(&rig);
}

static void
no_answer_of_a_hold_reaches_the_game_however_late_it_comes(void **unused)
{
	CLEANUP(buf_deinit) struct buf late = BUF_NULL;
	struct rig rig;

	login_plugin_response_print(&late, 0x50000000, false); /* for its length only */
	rig_start(&rig, 1);
	for (size_t split = 0; split <= late.length; split++) {
		CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
		int client, game;
		char word[5];

		buf_clear(&late);
		rig_show(&rig, STATE_WAKING);
		client = client_dial(rig.port);
		print_join(&bytes, 767, "mc.example", "Notch");
		client_send(client, bytes.data, bytes.length);
		login_plugin_response_print(&late, read_question(client), false);
		client_send(client, late.data, split);
		(void)rig_fact(&rig, FACT_HELD);
		rig_show(&rig, STATE_READY);
		game = game_takes(&rig, "Notch");
		client_send(game, "start", 5);
		client_read(client, word, 5);
		client_send(client, late.data + split, late.length - split);
		client_send(client, "after", 5);
		client_read(game, word, 5);
		assert_memory_equal(word, "after", 5);
		(void)close(client);
		(void)close(game);
	}
	rig_stop(&rig);
}

static void
a_client_that_never_answers_is_let_in_all_the_same(void **unused)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	struct rig rig;
	int client, game;
	char word[5];

	rig_start(&rig, 1);
	rig_show(&rig, STATE_WAKING);
	client = client_dial(rig.port);
	print_join(&join, 767, "mc.example", "Notch");
	client_send(client, join.data, join.length);
	(void)read_question(client);
	rig_show(&rig, STATE_READY);
	game = game_takes(&rig, "Notch");
	client_send(game, "start", 5);
	client_read(client, word, 5);
	client_send(client, "\x05world", 6); /* a frame that is no answer */
	client_read(game, word, 1);
	client_read(game, word, 5);
	assert_memory_equal(word, "world", 5);
	(void)close(client);
	(void)close(game);
	rig_stop(&rig);
}

static void
a_1_8_client_is_held_by_empty_frames(void **unused)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	struct rig rig;
	int client, game;
	char byte;

	rig_start(&rig, 1);
	rig.server.wake_filter = false;
	rig_show(&rig, STATE_ASLEEP);
	client = client_dial(rig.port);
	print_join(&join, 47, "mc.example", "Notch");
	client_send(client, join.data, join.length);
	client_read(client, &byte, 1);
	assert_int_equal(byte, 0);
	(void)rig_fact(&rig, FACT_KNOCKED);
	rig_show(&rig, STATE_READY);
	game = game_accept(&rig);
	expect_bytes(game, &join);
	expect_talk(client, game);
	(void)close(client);
	(void)close(game);
	rig_stop(&rig);
}

static void
a_scanner_that_leaves_at_once_wakes_nothing(void **unused)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	struct rig rig;
	int fd;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_ASLEEP);
	fd = client_dial(rig.port);
	print_join(&join, 767, "mc.example", "Scan");
	client_send(fd, join.data, join.length);
	(void)close(fd);
	(void)rig_fact(&rig, FACT_RELEASED);
	rig.facts_seen = 0;
	assert_false(rig_has_fact(&rig, FACT_KNOCKED, 20));
	rig_stop(&rig);
}

static void
a_player_who_leaves_while_held_is_forgotten(void **unused)
{
	const struct fact *fact;
	struct rig rig;
	uint64_t id;
	int fd;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_WAKING);
	fd = join_held(&rig, "Notch");
	id = rig_fact(&rig, FACT_HELD)->as.player.connection;
	(void)close(fd);
	fact = rig_fact(&rig, FACT_RELEASED);
	assert_int_equal(fact->as.player.connection, id);
	assert_string_equal(fact->as.player.reason, "left");
	rig_show(&rig, STATE_READY);
	assert_false(rig_has_fact(&rig, FACT_JOINED, 50));
	assert_int_equal(rig_stats(&rig).held, 0);
	assert_int_equal(rig_stats(&rig).hold_cancelled, 1);
	rig_stop(&rig);
}

static void
a_failed_wake_is_told_to_who_is_held_for_it(void **unused)
{
	char text[KICK_TEXT_SIZE];
	struct rig rig;
	int fd;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_FAILED); /* an earlier one: not this player's */
	fd = join_held(&rig, "Notch");
	(void)rig_fact(&rig, FACT_KNOCKED);
	rig.server.attempt++;
	rig_show(&rig, STATE_WAKING);
	(void)text_put(rig.server.reason, sizeof rig.server.reason, "server.jar is missing.");
	rig_show(&rig, STATE_FAILED);
	read_kick(fd, text, sizeof text);
	assert_non_null(strstr(text, "server.jar is missing."));
	(void)close(fd);
	assert_string_equal(rig_fact(&rig, FACT_RELEASED)->as.player.reason,
			    kick_reason(KICK_FAILED));
	assert_int_equal(rig_stats(&rig).hold_failed, 1);
	rig_stop(&rig);
}

static void
who_has_waited_for_hold_for_is_told_to_come_again(void **unused)
{
	char text[KICK_TEXT_SIZE];
	struct rig rig;
	int fd;

	rig_start(&rig, 1);
	rig.server.hold_for = DURATION_MS(150);
	rig_show(&rig, STATE_WAKING);
	fd = join_held(&rig, "Notch");
	read_kick(fd, text, sizeof text);
	assert_non_null(strstr(text, "still starting"));
	(void)close(fd);
	assert_int_equal(rig_stats(&rig).hold_timed_out, 1);
	rig_stop(&rig);
}

static void
a_full_waiting_room_turns_the_next_away(void **unused)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	char text[KICK_TEXT_SIZE];
	struct rig rig;
	int fds[2], third;

	rig_start(&rig, 2);
	rig.server.hold_queue = 2;
	rig_show(&rig, STATE_WAKING);
	for (size_t i = 0; i < ELEMENTS(fds); i++) {
		fds[i] = join_held(&rig, "Notch");
		(void)rig_fact(&rig, FACT_HELD);
	}
	third = client_dial(rig.port);
	print_join(&join, 767, "mc.example", "Third");
	client_send(third, join.data, join.length);
	read_kick(third, text, sizeof text);
	assert_string_equal(rig_fact(&rig, FACT_REFUSED)->as.player.reason,
			    kick_reason(KICK_QUEUE_FULL));
	(void)close(third);
	(void)close(fds[0]);
	(void)rig_fact(&rig, FACT_RELEASED);
	third = join_held(&rig, "Third"); /* there is room again */
	(void)rig_fact(&rig, FACT_HELD);
	(void)close(third);
	(void)close(fds[1]);
	rig_stop(&rig);
}

static void
an_unknown_host_is_told_so_and_wakes_nothing(void **unused)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	char text[KICK_TEXT_SIZE];
	struct rig rig;
	int fd;

	rig_start(&rig, 1);
	rig.unknown_host = "Nobody lives here";
	rig_show(&rig, STATE_ASLEEP);
	fd = client_dial(rig.port);
	print_join(&join, 767, "203.0.113.7", "Notch");
	client_send(fd, join.data, join.length);
	read_kick(fd, text, sizeof text);
	assert_string_equal(text, "Nobody lives here");
	(void)close(fd);
	assert_string_equal(rig_fact(&rig, FACT_REFUSED)->server, "");
	rig.facts_seen = 0;
	assert_false(rig_has_fact(&rig, FACT_KNOCKED, 20));
	rig_stop(&rig);
}

static void
a_wake_is_paid_for_once_by_all_who_wait_for_it(void **unused)
{
	char text[KICK_TEXT_SIZE];
	struct rig rig;
	int fds[5], late;

	rig_start(&rig, 2);
	rig.limits.wakes = (struct gate_rate){ .per_second = 0.0001, .burst = 1 };
	rig_show(&rig, STATE_ASLEEP);
	for (size_t i = 0; i < ELEMENTS(fds); i++)
		fds[i] = join_held(&rig, "Notch");
	for (size_t i = 0; i < ELEMENTS(fds); i++)
		(void)rig_fact(&rig, FACT_KNOCKED);
	for (size_t i = 0; i < ELEMENTS(fds); i++)
		(void)close(fds[i]);
	for (size_t i = 0; i < ELEMENTS(fds); i++)
		(void)rig_fact(&rig, FACT_RELEASED);
	rig.server.attempt++; /* it was woken, and sleeps again */
	rig_show(&rig, STATE_ASLEEP);
	late = join_held(&rig, "Late");
	read_kick(late, text, sizeof text);
	assert_non_null(strstr(text, "too often"));
	(void)close(late);
	rig_stop(&rig);
}

static void
a_game_that_refuses_while_it_starts_is_tried_again_unseen(void **unused)
{
	CLEANUP(buf_deinit) struct buf refusal = BUF_NULL;
	struct rig rig;
	int client, game;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_WAKING);
	client = join_held(&rig, "Notch");
	rig_show(&rig, STATE_READY);
	game = game_takes(&rig, "Notch");
	login_disconnect_print(&refusal, "Server is still starting! Please wait");
	client_send(game, refusal.data, refusal.length);
	(void)close(game);
	game = game_takes(&rig, "Notch");
	expect_talk(client, game);
	(void)close(client);
	(void)close(game);
	rig_stop(&rig);
}

static void
a_player_refused_by_a_game_that_then_falls_is_held_again(void **unused)
{
	CLEANUP(buf_deinit) struct buf refusal = BUF_NULL, join = BUF_NULL;
	struct rig rig;
	int32_t first;
	int client, game;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_WAKING);
	client = client_dial(rig.port);
	print_join(&join, 767, "mc.example", "Notch");
	client_send(client, join.data, join.length);
	first = read_question(client);
	rig_show(&rig, STATE_READY);
	game = game_takes(&rig, "Notch");
	login_disconnect_print(&refusal, "Not yet");
	client_send(game, refusal.data, refusal.length);
	rig_show(&rig, STATE_WAKING);
	(void)close(game);
	answer_question(client, first); /* of before the release: no violation */
	answer_question(client, read_question(client));
	rig_show(&rig, STATE_READY);
	game = game_takes(&rig, "Notch");
	expect_talk(client, game);
	(void)close(client);
	(void)close(game);
	assert_int_equal(rig_stats(&rig).hold_joined, 1);
	rig_stop(&rig);
}

static void
a_player_of_a_game_that_takes_nobody_is_told(void **unused)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	char text[KICK_TEXT_SIZE];
	struct rig rig;
	int client;

	rig_start(&rig, 1);
	rig.server.backend.port = free_port();
	rig_show(&rig, STATE_READY);
	client = client_dial(rig.port);
	print_join(&join, 767, "mc.example", "Notch");
	client_send(client, join.data, join.length);
	read_kick(client, text, sizeof text);
	assert_non_null(strstr(text, "cannot be reached"));
	(void)close(client);
	assert_int_equal(rig_stats(&rig).refused_backend, 1);
	rig_stop(&rig);
}

static void
refusals_are_counted_all_and_told_some(void **unused)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	struct rig rig;

	rig_start(&rig, 1);
	rig.server.wake_on_join = false;
	rig_show(&rig, STATE_ASLEEP);
	print_join(&join, 767, "mc.example", "Flood");
	for (int i = 0; i < 100; i++) {
		char text[KICK_TEXT_SIZE];
		int fd = client_dial(rig.port);

		client_send(fd, join.data, join.length);
		read_kick(fd, text, sizeof text);
		(void)close(fd);
	}
	(void)mailbox_open_all(rig.mailbox, NULL);
	assert_int_equal(rig_stats(&rig).refused_state, 100);
	assert_true(rig.fact_count >= 1 && rig.fact_count < 100);
	assert_int_equal(rig.fact_count + rig_stats(&rig).facts_dropped, 100);
	rig_stop(&rig);
}

static void
a_game_that_does_not_accept_is_tried_again_and_the_player_held_if_it_fell(void **unused)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL;
	struct rig rig;
	int client, game;

	rig_start(&rig, 1);
	rig.server.backend.port = free_port();
	rig_show(&rig, STATE_READY);
	client = client_dial(rig.port);
	print_join(&join, 767, "mc.example", "Notch");
	client_send(client, join.data, join.length);
	pause_ms(50);
	rig_show(&rig, STATE_WAKING); /* it has crashed and is being started again */
	answer_question(client, read_question(client));
	(void)rig_fact(&rig, FACT_HELD);
	rig.server.backend.port = rig.game_port;
	rig_show(&rig, STATE_READY);
	game = game_takes(&rig, "Notch");
	expect_talk(client, game);
	(void)close(client);
	(void)close(game);
	rig_stop(&rig);
}

static void
players_are_spaced_where_the_game_would_throttle_them(void **unused)
{
	struct rig rig;
	int clients[3], game;

	rig_start(&rig, 2);
	assert_true(
		ip_parse("::1", &rig.server.backend_ip)); /* nothing listens: only facts count */
	rig_show(&rig, STATE_WAKING);
	for (size_t i = 0; i < ELEMENTS(clients); i++)
		clients[i] = join_held(&rig, "Notch");
	for (size_t i = 0; i < ELEMENTS(clients); i++)
		(void)rig_fact(&rig, FACT_HELD);
	rig_show(&rig, STATE_READY);
	pause_ms(100);
	assert_true(rig_stats(&rig).held == 3); /* one dials, two wait for their turn */
	assert_true(ip_parse("127.0.0.1", &rig.server.backend_ip));
	rig_show(&rig, STATE_READY); /* not throttled: the rest comes at once */
	for (size_t i = 0; i < 2; i++) {
		game = game_takes(&rig, "Notch");
		(void)close(game);
	}
	for (size_t i = 0; i < ELEMENTS(clients); i++)
		(void)close(clients[i]);
	rig_stop(&rig);
}

static void
the_gate_says_why_when_it_closes(void **unused)
{
	char text[KICK_TEXT_SIZE];
	struct rig rig;
	int fd;

	rig_start(&rig, 2);
	rig_show(&rig, STATE_WAKING);
	fd = join_held(&rig, "Notch");
	(void)rig_fact(&rig, FACT_HELD);
	relay_free(rig.relay, "Back in a minute");
	rig.relay = NULL;
	read_kick(fd, text, sizeof text);
	assert_string_equal(text, "Back in a minute");
	(void)rig_fact(&rig, FACT_RELEASED);
	(void)close(fd);
	rig_stop(&rig);
}

static void
a_held_player_can_be_dropped_with_a_reason(void **unused)
{
	struct gate_port *port;
	char text[KICK_TEXT_SIZE];
	struct rig rig;
	int fd;

	rig_start(&rig, 2);
	rig_show(&rig, STATE_WAKING);
	fd = join_held(&rig, "Notch");
	port = relay_port(rig.relay);
	port->drop(port, rig_fact(&rig, FACT_HELD)->as.player.connection, "You are banned.");
	read_kick(fd, text, sizeof text);
	assert_string_equal(text, "You are banned.");
	(void)close(fd);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_held_player_is_let_in_when_the_server_is_ready),
		cmocka_unit_test(a_join_split_at_any_byte_is_held_and_let_in),
		cmocka_unit_test(no_answer_of_a_hold_reaches_the_game_however_late_it_comes),
		cmocka_unit_test(a_client_that_never_answers_is_let_in_all_the_same),
		cmocka_unit_test(a_1_8_client_is_held_by_empty_frames),
		cmocka_unit_test(a_scanner_that_leaves_at_once_wakes_nothing),
		cmocka_unit_test(a_player_who_leaves_while_held_is_forgotten),
		cmocka_unit_test(a_failed_wake_is_told_to_who_is_held_for_it),
		cmocka_unit_test(who_has_waited_for_hold_for_is_told_to_come_again),
		cmocka_unit_test(a_full_waiting_room_turns_the_next_away),
		cmocka_unit_test(an_unknown_host_is_told_so_and_wakes_nothing),
		cmocka_unit_test(a_wake_is_paid_for_once_by_all_who_wait_for_it),
		cmocka_unit_test(a_game_that_refuses_while_it_starts_is_tried_again_unseen),
		cmocka_unit_test(
			a_game_that_does_not_accept_is_tried_again_and_the_player_held_if_it_fell),
		cmocka_unit_test(a_player_refused_by_a_game_that_then_falls_is_held_again),
		cmocka_unit_test(a_player_of_a_game_that_takes_nobody_is_told),
		cmocka_unit_test(refusals_are_counted_all_and_told_some),
		cmocka_unit_test(players_are_spaced_where_the_game_would_throttle_them),
		cmocka_unit_test(the_gate_says_why_when_it_closes),
		cmocka_unit_test(a_held_player_can_be_dropped_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
