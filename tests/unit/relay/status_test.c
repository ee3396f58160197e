/* SPDX-License-Identifier: Apache-2.0 */
/* The server list through a real relay: every form, every split, every state. */

#include "rig.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

/* What the gate answers to a whole status exchange, JSON only. */
static char *
exchange(const struct rig *rig, const void *bytes, size_t length, size_t split)
{
	CLEANUP(buf_deinit) struct buf answer = BUF_NULL;
	const char *json;
	size_t json_length, used;
	int fd = client_dial(rig->port);
	char *text;

	client_send(fd, bytes, split);
	if (split > 0)
		pause_ms(1);
	client_send(fd, (const char *)bytes + split, length - split);
	client_read_all(fd, &answer);
	(void)close(fd);
	assert_int_equal(
		status_response_parse(answer.data, answer.length, &json, &json_length, &used),
		WIRE_DONE);
	text = text_copy_n(json, json_length);
	assert_int_equal(answer.length - used, PONG_SIZE);
	assert_memory_equal(answer.data + used, "\x09\x01\0\0\0\0\0\0\0\x2a", PONG_SIZE);
	return text;
}

static void
an_asleep_server_answers_status_at_every_split_of_the_bytes(void **unused)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	struct rig rig;

	rig_start(&rig, 2);
	rig_show(&rig, STATE_ASLEEP);
	print_status(&bytes, 767, "MC.example.");
	for (size_t split = 0; split < bytes.length; split++) {
		CLEANUP(text_freep) char *json = exchange(&rig, bytes.data, bytes.length, split);

		assert_non_null(strstr(json, "\"protocol\":767"));
		assert_non_null(strstr(json, "\"max\":20"));
	}
	assert_int_equal(rig_stats(&rig).status_answers, bytes.length);
	assert_false(rig_has_fact(&rig, FACT_KNOCKED, 50));
	rig_stop(&rig);
}

static void
every_state_answers_status_with_the_clients_protocol(void **unused)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	struct rig rig;

	rig_start(&rig, 1);
	(void)close(rig.game); /* not even a game that is ready but gone keeps us silent */
	print_status(&bytes, 47, "mc.example");
	for (int state = 0; state < STATE_MAX; state++) {
		CLEANUP(text_freep) char *json = NULL;

		rig_show(&rig, (enum state)state);
		json = exchange(&rig, bytes.data, bytes.length, 0);
		assert_non_null(strstr(json, "\"protocol\":47"));
	}
	rig.game = dup(0);
	rig_stop(&rig);
}

static void
old_pings_of_all_three_forms_are_answered(void **unused)
{
	static const unsigned char ping_1_6[] =
		"\xfe\x01\xfa\0\x0b\0M\0C\0|\0P\0i\0n\0g\0H\0o\0s\0t\0\x1b\x4e\0\x0a\0m\0c\0.\0e\0x"
		"\0a\0m\0p\0l\0e\0\0\x63\xdd";
	static const struct {
		const void *bytes;
		size_t length;
	} pings[] = { { "\xfe", 1 }, { "\xfe\x01", 2 }, { ping_1_6, sizeof ping_1_6 - 1 } };
	struct rig rig;

	rig_start(&rig, 1);
	rig.unknown_host = "Nobody lives here";
	rig_show(&rig, STATE_ASLEEP);
	for (size_t i = 0; i < ELEMENTS(pings); i++) {
		CLEANUP(buf_deinit) struct buf answer = BUF_NULL;
		int fd = client_dial(rig.port);

		client_send(fd, pings[i].bytes, pings[i].length);
		client_read_all(fd, &answer);
		assert_true(answer.length > 3);
		assert_int_equal(answer.data[0], 0xff);
		assert_int_equal(answer.length, 3 + 2 * (answer.data[1] << 8 | answer.data[2]));
		(void)close(fd);
	}
	assert_int_equal(rig_stats(&rig).kind_legacy, 3);
	rig_stop(&rig);
}

static void
a_host_that_is_nobodys_gets_its_own_answer_or_silence(void **unused)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	CLEANUP(text_freep) char *json = NULL;
	struct rig rig;
	int fd;

	rig_start(&rig, 1);
	rig.unknown_host = "Nobody lives here";
	rig_show(&rig, STATE_ASLEEP);
	print_status(&bytes, 767, "other.example");
	json = exchange(&rig, bytes.data, bytes.length, 0);
	assert_non_null(strstr(json, "Nobody lives here"));
	rig.unknown_host = NULL;
	rig_show(&rig, STATE_ASLEEP);
	fd = client_dial(rig.port);
	client_send(fd, bytes.data, bytes.length);
	assert_true(client_is_closed(fd));
	(void)close(fd);
	rig_stop(&rig);
}

/* Answer one status question as a game of that protocol would. */
static void
game_answers(struct rig *rig, const char *json)
{
	CLEANUP(buf_deinit) struct buf question = BUF_NULL, answer = BUF_NULL;
	int fd = game_accept(rig);

	status_request_print(&question, 340, "127.0.0.1", rig->game_port);
	expect_bytes(fd, &question);
	status_response_print(&answer, json, strlen(json));
	client_send(fd, answer.data, answer.length);
	(void)close(fd);
}

static void
a_ready_games_own_answer_is_asked_once_for_many_and_told_again(void **unused)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL, expected = BUF_NULL;
	const char *json = "{\"version\":{\"name\":\"1.12.2 only\",\"protocol\":340}}";
	int fds[3];
	struct rig rig;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_READY);
	status_request_print(&bytes, 340, "mc.example", 25565);
	for (size_t i = 0; i < 2; i++) {
		fds[i] = client_dial(rig.port);
		client_send(fds[i], bytes.data, bytes.length);
	}
	game_answers(&rig, json);
	fds[2] = client_dial(rig.port);
	client_send(fds[2], bytes.data, bytes.length);
	status_response_print(&expected, json, strlen(json));
	for (size_t i = 0; i < 3; i++) {
		expect_bytes(fds[i], &expected);
		(void)close(fds[i]);
	}
	assert_int_equal(rig_stats(&rig).status_fetches, 1);
	rig_stop(&rig);
}

static void
a_declared_icon_is_shown_where_the_game_has_none(void **unused)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL, expected = BUF_NULL;
	const char *json = "{\"version\":{\"protocol\":340},\"favicon\":\"data:,icon\"}";
	char icon[] = "data:,icon";
	struct rig rig;
	int fd;

	rig_start(&rig, 1);
	rig.server.favicon = icon;
	rig_show(&rig, STATE_READY);
	status_request_print(&bytes, 340, "mc.example", 25565);
	fd = client_dial(rig.port);
	client_send(fd, bytes.data, bytes.length);
	game_answers(&rig, "{\"version\":{\"protocol\":340}}");
	status_response_print(&expected, json, strlen(json));
	expect_bytes(fd, &expected);
	(void)close(fd);
	rig_stop(&rig);
}

static void
a_ready_game_that_does_not_answer_is_answered_for(void **unused)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	CLEANUP(text_freep) char *json = NULL;
	struct rig rig;

	rig_start(&rig, 1);
	rig_show(&rig, STATE_READY);
	print_status(&bytes, 340, "mc.example");
	json = exchange(&rig, bytes.data, bytes.length, 0);
	assert_non_null(strstr(json, "\"protocol\":340"));
	rig_stop(&rig);
}

static void
who_does_not_finish_a_frame_is_closed_at_the_deadline(void **unused)
{
	CLEANUP(buf_deinit) struct buf join = BUF_NULL, status = BUF_NULL;
	struct rig rig;

	rig_start(&rig, 1);
	rig.limits.handshake_within = rig.limits.login_within = rig.limits.status_within =
		DURATION_MS(100);
	rig_show(&rig, STATE_ASLEEP);
	print_join(&join, 767, "mc.example", "Notch");
	print_status(&status, 767, "mc.example");
	for (size_t length = 0; length < join.length; length += 5) {
		int fd = client_dial(rig.port);

		client_send(fd, join.data, length);
		assert_true(client_is_closed(fd));
		(void)close(fd);
	}
	for (size_t length = 18; length < 20; length++) {
		int fd = client_dial(rig.port);

		client_send(fd, status.data, length);
		assert_true(client_is_closed(fd));
		(void)close(fd);
	}
	rig_stop(&rig);
}

static void
the_oldest_unfinished_connection_makes_room_for_a_new_one(void **unused)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	CLEANUP(text_freep) char *json = NULL;
	int fds[8];
	struct rig rig;

	rig_start(&rig, 1);
	rig.limits.half_open = 4;
	rig_show(&rig, STATE_ASLEEP);
	for (size_t i = 0; i < ELEMENTS(fds); i++)
		fds[i] = client_dial(rig.port);
	for (size_t i = 0; i < 4; i++)
		assert_true(client_is_closed(fds[i]));
	print_status(&bytes, 5, "mc.example");
	json = exchange(&rig, bytes.data, bytes.length, 0);
	assert_non_null(strstr(json, "\"protocol\":5"));
	for (size_t i = 0; i < ELEMENTS(fds); i++)
		(void)close(fds[i]);
	rig_stop(&rig);
}

static void
who_pings_too_often_is_not_answered_any_more(void **unused)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	CLEANUP(text_freep) char *json = NULL;
	struct rig rig;
	int fd;

	rig_start(&rig, 2);
	rig.limits.status = (struct gate_rate){ .per_second = 0.01, .burst = 1 };
	rig_show(&rig, STATE_ASLEEP);
	print_status(&bytes, 5, "mc.example");
	json = exchange(&rig, bytes.data, bytes.length, 0);
	fd = client_dial(rig.port);
	client_send(fd, bytes.data, bytes.length);
	assert_true(client_is_closed(fd));
	(void)close(fd);
	assert_int_equal(rig_stats(&rig).refused_rate, 1);
	rig_stop(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_asleep_server_answers_status_at_every_split_of_the_bytes),
		cmocka_unit_test(every_state_answers_status_with_the_clients_protocol),
		cmocka_unit_test(old_pings_of_all_three_forms_are_answered),
		cmocka_unit_test(a_host_that_is_nobodys_gets_its_own_answer_or_silence),
		cmocka_unit_test(a_ready_games_own_answer_is_asked_once_for_many_and_told_again),
		cmocka_unit_test(a_declared_icon_is_shown_where_the_game_has_none),
		cmocka_unit_test(a_ready_game_that_does_not_answer_is_answered_for),
		cmocka_unit_test(who_does_not_finish_a_frame_is_closed_at_the_deadline),
		cmocka_unit_test(the_oldest_unfinished_connection_makes_room_for_a_new_one),
		cmocka_unit_test(who_pings_too_often_is_not_answered_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
