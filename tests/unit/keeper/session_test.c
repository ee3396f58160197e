/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "keeper/session.h"

#define UUID "069a79f4-44e9-4726-a5be-fca90e38aaf5"

static const char survival[] =
	"{\"name\":\"survival\",\"game\":\"minecraft-java\",\"provider\":\"local\","
	"\"address\":\"127.0.0.1:25570\",\"local\":{\"command\":[\"game\"],\"directory\":\"/srv\"},"
	"\"hosts\":[\"survival.example.com\"],\"stop\":{\"console\":\"stop\"},"
	"\"policy\":{\"idle_after\":\"0\"}}";

static int
a_game_that_is_ready(void **state)
{
	struct fixture *f = mem_new(sizeof *f);

	f->boot = DURATION_S(5);
	fixture_start(f);
	fixture_declare(f, survival);
	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(30));
	*state = f;
	return fixture_server(f, "survival")->status.state == STATE_READY ? 0 : -1;
}

static const char talker[] =
	"{\"name\":\"survival\",\"game\":\"tcp\",\"listen\":[\"127.0.0.1:25600\"],"
	"\"address\":\"127.0.0.1:25570\",\"local\":{\"command\":[\"game\"],\"directory\":\"/srv\"},"
	"\"joined_lines\":\"[{time}] [Server thread/INFO]: * {player} comes\","
	"\"left_lines\":\"[{time}] [Server thread/INFO]: * {player} goes ({reason})\","
	"\"stop\":{\"console\":\"stop\"},\"policy\":{\"idle_after\":\"40s\",\"grace\":\"0\"}}";

/* One that nobody can ask, and that tells of its players in words of its own. */
static int
a_game_that_talks(void **state)
{
	struct fixture *f = mem_new(sizeof *f);

	f->boot = DURATION_S(1);
	fixture_start(f);
	fixture_declare(f, talker);
	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(8));
	*state = f;
	return fixture_server(f, "survival")->status.state == STATE_READY ? 0 : -1;
}

static int
it_ends(void **state)
{
	fixture_stop(*state);
	mem_free(*state);
	return 0;
}

static void
print(struct fixture *f, const char *message)
{
	struct fact fact = { .kind = FACT_CONSOLE_LINE, .server = "survival" };

	run_token(&fixture_server(f, "survival")->status.run, fact.as.process.token);
	fact.as.process.line = text_format("[12:34:56] [Server thread/INFO]: %s", message);
	fixture_note(f, &fact);
	fixture_run(f, DURATION_MS(10));
}

/* As its supervisor numbers it, and tells it again to a roost that comes back. */
static void
print_at(struct fixture *f, int64_t place, bool past, const char *message)
{
	struct fact fact = { .kind = FACT_CONSOLE_LINE, .server = "survival" };

	run_token(&fixture_server(f, "survival")->status.run, fact.as.process.token);
	fact.as.process.line = text_format("[12:34:56] [Server thread/INFO]: %s", message);
	fact.as.process.place = place;
	fact.as.process.past = past;
	fixture_note(f, &fact);
	fixture_run(f, DURATION_MS(10));
}

static void
gate(struct fixture *f, enum fact_kind kind, uint64_t connection, const char *player)
{
	struct fact fact = { .kind = kind, .server = "survival" };

	fact.as.player.connection = connection;
	(void)text_put(fact.as.player.player, sizeof fact.as.player.player, player);
	fixture_note(f, &fact);
	fixture_run(f, DURATION_MS(10));
}

static bool
is_shown(struct fixture *f, const char *name)
{
	const struct server_live *live = &fixture_server(f, "survival")->live;

	for (size_t i = 0; i < live->player_count; i++) {
		if (strcmp(live->players[i].name, name) == 0)
			return true;
	}
	return false;
}

static size_t
sessions_open(struct fixture *f)
{
	CLEANUP(json_freep) json_t *list = session_open_list(f->plane, "survival", NULL);

	return json_array_size(list);
}

/* What a player's sum says, or -1; NULL: how many players there are. */
static int64_t
sum_of(struct fixture *f, const char *player, const char *what)
{
	struct session_player who;
	json_t *list;
	int64_t sum;

	session_player_find(f->plane, "survival", player != NULL ? player : "", &who);
	list = session_player_list(f->plane, "survival", player != NULL ? &who : NULL, 100);
	sum = player != NULL ? json_get_integer(json_array_get(list, 0), what, -1)
			     : (int64_t)json_array_size(list);
	json_decref(list);
	return sum;
}

static int64_t
played_ms(struct fixture *f, const char *player)
{
	return sum_of(f, player, "play_ms");
}

static void
a_player_comes_and_goes_by_the_console(void **state)
{
	struct fixture *f = *state;

	print(f, "UUID of player Alice is " UUID);
	assert_int_equal(sessions_open(f), 0);
	f->online = 1;
	print(f, "Alice[/127.0.0.1:40000] logged in with entity id 7 at (0, 0, 0)");
	print(f, "Alice joined the game");
	assert_int_equal(sessions_open(f), 1);
	assert_int_equal(fixture_count(f, "player.joined"), 1);
	assert_non_null(strstr(fixture_last(f, "player.joined"), UUID));
	fixture_run(f, DURATION_S(60));
	print(f, "Alice lost connection: Timed out");
	print(f, "Alice left the game");
	f->online = 0;
	fixture_run(f, DURATION_S(11));
	assert_int_equal(sessions_open(f), 0);
	assert_int_equal(fixture_count(f, "player.left"), 1);
	assert_non_null(strstr(fixture_last(f, "player.left"), "Timed out"));
	assert_in_range(played_ms(f, UUID), 60000, 61000);
	assert_int_equal(played_ms(f, "Alice"), played_ms(f, UUID));
}

static void
a_reconnect_within_seconds_is_no_event(void **state)
{
	struct fixture *f = *state;

	f->online = 1;
	for (int i = 0; i < 4; i++) {
		print(f, "Alice joined the game");
		fixture_run(f, DURATION_S(4));
		print(f, "Alice left the game");
		fixture_run(f, DURATION_S(4));
	}
	assert_int_equal(fixture_count(f, "player.joined"), 1);
	assert_int_equal(fixture_count(f, "player.left"), 0);
	fixture_run(f, DURATION_S(11));
	assert_int_equal(fixture_count(f, "player.left"), 1);
	assert_int_equal(sessions_open(f), 0);
}

/* Hosting defect B7: any reason ends a session; an unknown name harms no other; one end for each. */
static void
b7_every_end_closes_the_one_session_it_is_about(void **state)
{
	static const char *const ends[] = { "Alice left the game",
					    "Alice lost connection: Disconnected",
					    "Alice lost connection: Timed out",
					    "Alice lost connection: Kicked by an operator",
					    "Alice lost connection: Server closed" };
	struct fixture *f = *state;

	print(f, "Bob joined the game");
	for (size_t i = 0; i < ELEMENTS(ends); i++) {
		f->online = 2;
		print(f, "Alice joined the game");
		assert_int_equal(sessions_open(f), 2);
		fixture_run(f, DURATION_S(7));
		print(f, "Stranger left the game");
		print(f, ends[i]);
		f->online = 1;
		fixture_run(f, DURATION_S(11));
		assert_int_equal(sessions_open(f), 1);
		assert_int_equal(fixture_count(f, "player.left"), i + 1);
	}
	assert_int_equal(played_ms(f, "Stranger"), -1);
}

/* Hosting defect C7: a connection is no player. */
static void
c7_connections_are_not_players(void **state)
{
	struct fixture *f = *state;
	struct fact fact = { .kind = FACT_JOINED, .server = "survival" };

	print(f, "Alice joined the game");
	fact.as.player.connection = 9;
	(void)text_put(fact.as.player.player, sizeof fact.as.player.player, "Alice");
	fixture_note(f, &fact);
	fact.as.player.connection = 10;
	(void)text_put(fact.as.player.player, sizeof fact.as.player.player, "Scanner");
	fixture_note(f, &fact);
	f->online = 1;
	fixture_run(f, DURATION_S(20));
	assert_int_equal(sessions_open(f), 1);
	assert_int_equal(fixture_count(f, "player.joined"), 1);
}

/* Hosting defect C11: a list that is cut short, or a game that does not answer, ends no session. */
static void
c11_a_list_without_names_ends_nothing(void **state)
{
	struct fixture *f = *state;

	f->online = 3;
	print(f, "Alice joined the game");
	fixture_run(f, DURATION_S(60));
	assert_int_equal(sessions_open(f), 1);
	f->online = 0;
	fixture_run(f, DURATION_S(30));
	assert_int_equal(sessions_open(f), 0);
	assert_int_equal(fixture_count(f, "player.left"), 1);
}

static void
a_game_that_ends_ends_its_sessions_in_the_same_commit(void **state)
{
	struct fixture *f = *state;

	f->online = 1;
	print(f, "Alice joined the game");
	fixture_run(f, DURATION_S(20));
	fixture_end(f);
	fixture_run(f, DURATION_S(2));
	assert_int_equal(fixture_count(f, "server.crashed"), 1);
	assert_int_equal(sessions_open(f), 0);
	assert_int_equal(fixture_count(f, "player.left"), 1);
	assert_in_range(played_ms(f, "Alice"), 19000, 23000);
}

static void
a_restart_of_roost_loses_nobody_who_is_still_on(void **state)
{
	struct fixture *f = *state;

	f->online = 1;
	print(f, "UUID of player Alice is " UUID);
	print(f, "Alice joined the game");
	fixture_run(f, DURATION_S(130));
	fixture_restart(f);
	fixture_run(f, DURATION_S(7));
	assert_int_equal(sessions_open(f), 1);
	print(f, "Alice joined the game");
	fixture_run(f, DURATION_S(30));
	assert_int_equal(fixture_count(f, "player.joined"), 1);
	assert_int_equal(fixture_count(f, "player.left"), 0);
	assert_in_range(played_ms(f, UUID), 160000, 170000);
}

static void
who_is_not_seen_again_was_on_until_he_was_last_seen(void **state)
{
	struct fixture *f = *state;

	f->online = 1;
	print(f, "Alice joined the game");
	fixture_run(f, DURATION_S(130));
	f->online = 0;
	fixture_restart(f);
	fixture_run(f, DURATION_S(100));
	assert_int_equal(sessions_open(f), 0);
	assert_int_equal(fixture_count(f, "player.left"), 1);
	assert_in_range(played_ms(f, "Alice"), 60000, 131000);
	fixture_restart(f);
	fixture_run(f, DURATION_S(10));
	assert_in_range(played_ms(f, "Alice"), 60000, 131000);
}

static void
lines_of_another_run_are_not_heard(void **state)
{
	struct fixture *f = *state;
	struct fact fact = { .kind = FACT_CONSOLE_LINE, .server = "survival" };

	(void)text_put(fact.as.process.token, sizeof fact.as.process.token, "another");
	fact.as.process.line = text_copy("[12:34:56 INFO]: Alice joined the game");
	fixture_note(f, &fact);
	fixture_run(f, DURATION_S(1));
	assert_int_equal(sessions_open(f), 0);
}

/* Hosting defect C11: what a plugin writes into the list is nobody, and ends nobody's session. */
static void
c11_a_faked_list_is_nobody(void **state)
{
	struct fixture *f = *state;

	f->online = 1;
	(void)text_put(f->names, sizeof f->names, "Welcome");
	print(f, "Alice joined the game");
	fixture_run(f, DURATION_S(60));
	assert_int_equal(sessions_open(f), 1);
	assert_true(is_shown(f, "Alice"));
	assert_false(is_shown(f, "Welcome"));
	assert_int_equal(fixture_count(f, "player.joined"), 1);
	assert_int_equal(fixture_count(f, "player.left"), 0);
	fixture_restart(f);
	fixture_run(f, DURATION_S(120));
	assert_int_equal(sessions_open(f), 1);
	assert_true(is_shown(f, "Alice"));
	assert_false(is_shown(f, "Welcome"));
	assert_int_equal(fixture_count(f, "player.joined"), 1);
	assert_int_equal(fixture_count(f, "player.left"), 0);
}

static void
a_faked_list_is_nobody_where_only_the_gate_knows(void **state)
{
	struct fixture *f = *state;

	f->online = 1;
	(void)text_put(f->names, sizeof f->names, "Welcome");
	gate(f, FACT_JOINED, 7, "Alice");
	fixture_run(f, DURATION_S(60));
	assert_true(is_shown(f, "Alice"));
	assert_int_equal(fixture_count(f, "player.left"), 0);
	assert_in_range(fixture_count(f, "player.joined"), 1, 2);
	gate(f, FACT_LEFT, 7, "Alice");
	f->online = 0;
	f->names[0] = '\0';
	fixture_run(f, DURATION_S(60));
	assert_int_equal(sessions_open(f), 0);
}

/* Vanilla's list is some seconds old. */
static void
a_list_from_before_he_left_does_not_bring_him_back(void **state)
{
	struct fixture *f = *state;

	f->online = 1;
	(void)text_put(f->names, sizeof f->names, "Alice");
	gate(f, FACT_JOINED, 7, "Alice");
	fixture_run(f, DURATION_S(60));
	gate(f, FACT_LEFT, 7, "Alice");
	fixture_run(f, DURATION_S(4));
	f->online = 0;
	f->names[0] = '\0';
	fixture_run(f, DURATION_S(12));
	assert_int_equal(sessions_open(f), 0);
	assert_int_equal(fixture_count(f, "player.left"), 1);
	assert_in_range(played_ms(f, "Alice"), 57000, 61000);
}

static void
what_the_console_said_while_roost_was_away_is_heeded_once(void **state)
{
	struct fixture *f = *state;

	f->online = 2;
	print_at(f, 10, false, "Alice joined the game");
	print_at(f, 20, false, "Bob joined the game");
	print_at(f, 30, false, "Carol joined the game");
	print_at(f, 40, false, "Carol left the game");
	fixture_run(f, DURATION_S(130));
	fixture_restart(f);
	for (unsigned again = 0; again < 2; again++) {
		print_at(f, 10, true, "Alice joined the game");
		print_at(f, 20, true, "Bob joined the game");
		print_at(f, 30, true, "Carol joined the game");
		print_at(f, 40, true, "Carol left the game");
		print_at(f, 50, true, "Bob left the game");
		print_at(f, 60, true, "Dave joined the game");
	}
	fixture_run(f, DURATION_S(120));
	assert_int_equal(sessions_open(f), 2);
	assert_true(is_shown(f, "Alice"));
	assert_true(is_shown(f, "Dave"));
	assert_int_equal(fixture_count(f, "player.joined"), 4);
	assert_int_equal(fixture_count(f, "player.left"), 2);
	assert_in_range(played_ms(f, "Bob"), 60000, 131000);
	fixture_restart(f);
	print_at(f, 60, true, "Dave joined the game");
	fixture_run(f, DURATION_S(120));
	assert_int_equal(sessions_open(f), 2);
	assert_int_equal(fixture_count(f, "player.joined"), 4);
}

/* Nobody is on: what was heeded must not be heeded again. */
static void
a_run_whose_players_are_gone_is_not_played_again(void **state)
{
	struct fixture *f = *state;

	print_at(f, 10, false, "Alice joined the game");
	print_at(f, 20, false, "Alice left the game");
	fixture_run(f, DURATION_S(20));
	fixture_restart(f);
	print_at(f, 10, true, "Alice joined the game");
	print_at(f, 20, true, "Alice left the game");
	fixture_run(f, DURATION_S(120));
	assert_int_equal(fixture_count(f, "player.joined"), 1);
	assert_int_equal(sum_of(f, "Alice", "sessions"), 1);
}

static void
a_game_that_hides_its_players_keeps_them_when_it_counts_as_many(void **state)
{
	struct fixture *f = *state;

	f->online = 1;
	print(f, "Alice joined the game");
	fixture_run(f, DURATION_S(70));
	fixture_restart(f);
	fixture_run(f, DURATION_S(200));
	assert_int_equal(sessions_open(f), 1);
	assert_true(is_shown(f, "Alice"));
	assert_int_equal(fixture_count(f, "player.left"), 0);
}

static void
a_player_known_by_name_and_then_by_uuid_is_one(void **state)
{
	struct fixture *f = *state;

	f->online = 1;
	print(f, "Alice joined the game");
	fixture_run(f, DURATION_S(30));
	print(f, "Alice left the game");
	f->online = 0;
	fixture_run(f, DURATION_S(20));
	print(f, "UUID of player Alice is " UUID);
	f->online = 1;
	print(f, "Alice joined the game");
	assert_int_equal(sum_of(f, UUID, "sessions"), 2);
	fixture_run(f, DURATION_S(30));
	print(f, "Alice left the game");
	f->online = 0;
	fixture_run(f, DURATION_S(20));
	fixture_restart(f);
	assert_int_equal(sum_of(f, NULL, ""), 1);
	assert_int_equal(sum_of(f, "Alice", "sessions"), 2);
	assert_in_range(sum_of(f, UUID, "play_ms"), 60000, 62000);
	print(f,
	      "Alice joined the game"); /* and without the line before, it is known who that is */
	assert_non_null(strstr(fixture_last(f, "player.joined"), UUID));
}

static void
names_of_different_case_are_different_players(void **state)
{
	struct fixture *f = *state;

	f->online = 2;
	print(f, "UUID of player Alice is " UUID);
	print(f, "Alice joined the game");
	print(f, "UUID of player alice is 00000000-44e9-3726-a5be-fca90e38aaf5");
	print(f, "alice joined the game");
	assert_int_equal(sessions_open(f), 2);
	fixture_run(f, DURATION_S(30));
	print(f, "Alice left the game");
	fixture_run(f, DURATION_S(20));
	assert_int_equal(sessions_open(f), 1);
	print(f, "alice left the game");
	fixture_run(f, DURATION_S(20));
	assert_in_range(played_ms(f, "Alice"), 30000, 31000);
	assert_in_range(played_ms(f, "alice"), 49000, 52000);
}

/* The console tells of others, but not of him: his connection does. */
static void
whom_only_the_gate_knows_leaves_with_his_connection(void **state)
{
	struct fixture *f = *state;

	f->online = 2;
	gate(f, FACT_JOINED, 7, "Alice");
	fixture_run(f, DURATION_S(5));
	print(f, "Bob joined the game");
	assert_int_equal(sessions_open(f), 2);
	gate(f, FACT_LEFT, 7, "Alice");
	fixture_run(f, DURATION_S(15));
	assert_int_equal(sessions_open(f), 1);
}

#define TRIED(test) cmocka_unit_test_setup_teardown(test, a_game_that_is_ready, it_ends)

static bool
is_asleep(struct fixture *f)
{
	return fixture_server(f, "survival")->status.state == STATE_ASLEEP;
}

static void
who_left_leaves_a_connection_that_keeps_nothing_awake(void **state)
{
	struct fixture *f = *state;

	gate(f, FACT_JOINED, 7, "");
	fixture_run(f, DURATION_S(20));
	assert_int_equal(fixture_count(f, "player.joined"), 0);
	print(f, "* Alice comes");
	fixture_run(f, DURATION_S(60));
	assert_true(is_shown(f, "Alice"));
	assert_int_equal(sessions_open(f), 1);
	assert_int_equal(fixture_server(f, "survival")->live.online, 1);
	assert_int_equal(fixture_count(f, "player.joined"), 1);
	print(f, "* Alice goes (tired)");
	fixture_run(f, DURATION_S(15));
	assert_int_equal(fixture_server(f, "survival")->live.online, 0);
	assert_int_equal(fixture_server(f, "survival")->live.carried, 1);
	assert_int_equal(fixture_count(f, "player.left"), 1);
	assert_false(is_asleep(f));
	fixture_run(f, DURATION_S(60));
	assert_true(is_asleep(f));
	assert_in_range(played_ms(f, "Alice"), 59000, 61000);
}

/* A name that reads differently when it leaves, or a line for leaving that is declared wrongly. */
static void
who_came_through_the_gate_is_gone_when_it_carries_nobody(void **state)
{
	struct fixture *f = *state;

	gate(f, FACT_JOINED, 7, "");
	print(f, "* Alice comes");
	fixture_run(f, DURATION_S(60));
	gate(f, FACT_LEFT, 7, "");
	print(f, "* Alicia goes (tired)");
	fixture_run(f, DURATION_S(30));
	assert_int_equal(fixture_server(f, "survival")->live.online, 1);
	fixture_run(f, DURATION_S(50));
	assert_int_equal(fixture_server(f, "survival")->live.online, 0);
	assert_int_equal(fixture_count(f, "player.left"), 1);
	fixture_run(f, DURATION_S(60));
	assert_true(is_asleep(f));
}

static void
who_is_on_without_a_connection_keeps_it_awake(void **state)
{
	struct fixture *f = *state;

	print(f, "* Alice comes");
	fixture_run(f, DURATION_S(300));
	assert_false(is_asleep(f));
	assert_int_equal(fixture_server(f, "survival")->live.online, 1);
	print(f, "* Alice goes ()");
	fixture_run(f, DURATION_S(60));
	assert_true(is_asleep(f));
}

/* Lines that are declared wrongly send nobody away. */
static void
a_console_that_tells_of_nobody_leaves_the_connections_to_count(void **state)
{
	struct fixture *f = *state;

	gate(f, FACT_JOINED, 7, "");
	print(f, "* Bob goes (who?)");
	fixture_run(f, DURATION_S(300));
	assert_false(is_asleep(f));
	assert_int_equal(fixture_server(f, "survival")->live.online, 1);
	gate(f, FACT_LEFT, 7, "");
	fixture_run(f, DURATION_S(60));
	assert_true(is_asleep(f));
	assert_int_equal(fixture_count(f, "player.left"), 0);
}

/* The moment in which nobody has been on for long enough is no moment to send one away who just came. */
static void
who_comes_in_the_last_moment_is_on(void **state)
{
	struct fixture *f = *state;

	while (fixture_server(f, "survival")->status.empty_since.ms + 39900 > f->now.ms)
		fixture_run(f, DURATION_MS(50));
	print(f, "* Alice comes");
	fixture_run(f, DURATION_S(300));
	assert_false(is_asleep(f));
	assert_int_equal(fixture_count(f, "player.left"), 0);
}

static void
a_restart_of_roost_keeps_who_was_heard_to_come(void **state)
{
	struct fixture *f = *state;

	print_at(f, 2, false, "* Alice comes");
	print_at(f, 4, false, "* Bob comes");
	fixture_run(f, DURATION_S(20));
	fixture_restart(f);
	fixture_run(f, DURATION_S(5));
	print_at(f, 2, true, "* Alice comes");
	print_at(f, 4, true, "* Bob comes");
	print_at(f, 6, true, "* Bob goes (lost)");
	fixture_run(f, DURATION_S(200));
	assert_false(is_asleep(f));
	assert_int_equal(sessions_open(f), 1);
	assert_int_equal(fixture_server(f, "survival")->live.online, 1);
	assert_int_equal(fixture_count(f, "player.joined"), 2);
	assert_int_equal(fixture_count(f, "player.left"), 1);
}

/* Supervisors are quicker than the record. */
static void
what_was_said_meanwhile_is_heeded_though_it_comes_before_the_record(void **state)
{
	struct fixture *f = *state;

	print_at(f, 2, false, "* Alice comes");
	fixture_run(f, DURATION_S(20));
	f->early.kind = FACT_CONSOLE_LINE;
	(void)text_put(f->early.server, sizeof f->early.server, "survival");
	run_token(&fixture_server(f, "survival")->status.run, f->early.as.process.token);
	f->early.as.process.line =
		text_copy("[12:34:56] [Server thread/INFO]: * Alice goes (lost)");
	f->early.as.process.place = 4;
	f->early.as.process.past = true;
	fixture_restart(f);
	fixture_run(f, DURATION_S(20));
	assert_int_equal(sessions_open(f), 0);
	assert_int_equal(fixture_count(f, "player.left"), 1);
}

/* What was said is lost: who is not carried any more is not thought to be on for ever. */
static void
a_restart_that_missed_lines_leaves_no_ghosts(void **state)
{
	struct fixture *f = *state;

	print_at(f, 2, false, "* Alice comes");
	fixture_run(f, DURATION_S(20));
	fixture_restart(f);
	fixture_run(f, DURATION_S(5));
	print_at(f, 2000, true, "something else");
	fixture_run(f, DURATION_S(300));
	assert_int_equal(sessions_open(f), 0);
	assert_true(is_asleep(f));
	assert_int_equal(fixture_count(f, "player.left"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TRIED(a_player_comes_and_goes_by_the_console),
		TRIED(a_reconnect_within_seconds_is_no_event),
		TRIED(b7_every_end_closes_the_one_session_it_is_about),
		TRIED(c7_connections_are_not_players),
		TRIED(c11_a_list_without_names_ends_nothing),
		TRIED(a_game_that_ends_ends_its_sessions_in_the_same_commit),
		TRIED(a_restart_of_roost_loses_nobody_who_is_still_on),
		TRIED(who_is_not_seen_again_was_on_until_he_was_last_seen),
		TRIED(lines_of_another_run_are_not_heard),
		TRIED(c11_a_faked_list_is_nobody),
		TRIED(a_faked_list_is_nobody_where_only_the_gate_knows),
		TRIED(a_list_from_before_he_left_does_not_bring_him_back),
		TRIED(what_the_console_said_while_roost_was_away_is_heeded_once),
		TRIED(a_run_whose_players_are_gone_is_not_played_again),
		TRIED(a_game_that_hides_its_players_keeps_them_when_it_counts_as_many),
		TRIED(a_player_known_by_name_and_then_by_uuid_is_one),
		TRIED(names_of_different_case_are_different_players),
		TRIED(whom_only_the_gate_knows_leaves_with_his_connection),
		cmocka_unit_test_setup_teardown(
			who_left_leaves_a_connection_that_keeps_nothing_awake, a_game_that_talks,
			it_ends),
		cmocka_unit_test_setup_teardown(
			who_came_through_the_gate_is_gone_when_it_carries_nobody, a_game_that_talks,
			it_ends),
		cmocka_unit_test_setup_teardown(who_is_on_without_a_connection_keeps_it_awake,
						a_game_that_talks, it_ends),
		cmocka_unit_test_setup_teardown(
			a_console_that_tells_of_nobody_leaves_the_connections_to_count,
			a_game_that_talks, it_ends),
		cmocka_unit_test_setup_teardown(who_comes_in_the_last_moment_is_on,
						a_game_that_talks, it_ends),
		cmocka_unit_test_setup_teardown(a_restart_of_roost_keeps_who_was_heard_to_come,
						a_game_that_talks, it_ends),
		cmocka_unit_test_setup_teardown(
			what_was_said_meanwhile_is_heeded_though_it_comes_before_the_record,
			a_game_that_talks, it_ends),
		cmocka_unit_test_setup_teardown(a_restart_that_missed_lines_leaves_no_ghosts,
						a_game_that_talks, it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
