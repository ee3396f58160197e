/* SPDX-License-Identifier: Apache-2.0 */
/* The stand-in's conversation with one client, without a socket. */

#include "../wire/bytes.h"

#include "practice/inner.h"
#include "wire/minecraft/answer.h"
#include "wire/minecraft/frame.h"
#include "wire/minecraft/handshake.h"
#include "wire/minecraft/login.h"
#include "wire/minecraft/status.h"
#include "wire/minecraft/version.h"

#define START ((struct instant){ 1000000 })

static const int32_t protocols[] = {
#define VERSION(number, release) number,
#include "wire/minecraft/version.def"
	PROTOCOL_NEWEST + 1, 0x40000001
};

static struct practice
house(void)
{
	struct practice practice = { .is_ready = true, .listener = -1 };

	practice.options =
		(struct practice_options){ .max = 2, .motd = "My \"own\"", .crash_after = { -1 } };
	return practice;
}

static struct visitor *
comes(struct practice *practice)
{
	struct visitor *visitor =
		visitor_new(practice, -1, &(struct visitor_place){ "192.0.2.1", "5" }, START);

	practice->visitors[practice->visitor_count++] = visitor;
	return visitor;
}

static void
leaves(struct practice *practice)
{
	visitor_free(practice->visitors[--practice->visitor_count]);
}

static void
put_join_of(struct buf *to, int32_t protocol, const char *name)
{
	struct handshake handshake = { protocol, "mc", 2, 25565, INTENT_LOGIN };
	struct login_start login = { .has_uuid = true };

	(void)text_put(login.name, sizeof login.name, name);
	handshake_print(to, &handshake);
	login_start_print(to, protocol, &login);
}

static void
put_join(struct buf *to, int32_t protocol)
{
	put_join_of(to, protocol, "Notch");
}

/* The next frame of what was said to the client. */
static struct frame
said(struct visitor *visitor)
{
	static unsigned char kept[4096];
	struct frame frame;
	size_t used;

	assert_true(visitor->out.length <= sizeof kept);
	memcpy(kept, visitor->out.data, visitor->out.length);
	assert_int_equal(frame_parse(kept, visitor->out.length, sizeof kept, &frame, &used),
			 WIRE_DONE);
	buf_drop(&visitor->out, used);
	return frame;
}

static void
every_version_is_let_in_however_its_bytes_come(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(protocols); i++) {
		CLEANUP(buf_deinit) struct buf join = BUF_NULL;

		put_join(&join, protocols[i]);
		for (size_t split = 0; split <= join.length; split++) {
			struct practice practice = house();
			struct visitor *visitor = comes(&practice);

			buf_put(&visitor->in, join.data, split);
			assert_true(visitor_hear(&practice, visitor, START));
			buf_put(&visitor->in, join.data + split, join.length - split);
			assert_true(visitor_hear(&practice, visitor, START));
			assert_true(visitor_is_player(visitor));
			assert_string_equal(visitor->name, "Notch");
			assert_int_equal(said(visitor).id, 0x02);
			assert_int_equal(visitor->out.length, 0);
			leaves(&practice);
		}
	}
}

static void
a_player_is_kept_alive_and_sent_away_in_the_end(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(protocols); i++) {
		struct practice practice = house();
		struct visitor *visitor = comes(&practice);

		practice.options.stay = DURATION_S(15);
		put_join(&visitor->in, protocols[i]);
		if (version_layout(protocols[i]) >= PROTOCOL_1_20_2)
			frame_print(&visitor->in, 0x03, NULL, 0);
		assert_true(visitor_hear(&practice, visitor, START));
		assert_int_equal(said(visitor).id, 0x02);
		assert_int_equal(visitor->is, VISITOR_IN_GAME);
		assert_int_equal(visitor_due(&practice, visitor).ms, START.ms + 10000);
		assert_true(visitor_tick(&practice, visitor, visitor_due(&practice, visitor)));
		(void)said(visitor);
		assert_int_equal(visitor_due(&practice, visitor).ms, START.ms + 15000);
		assert_true(visitor_tick(&practice, visitor, visitor_due(&practice, visitor)));
		struct frame frame = said(visitor);

		assert_non_null(memmem(frame.body, frame.length, "not a game", 10));
		assert_true(visitor->is_leaving);
		leaves(&practice);
	}
}

static void
an_answer_to_a_question_of_somebody_else_ends_the_login(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(protocols); i++) {
		struct practice practice = house();
		struct visitor *visitor = comes(&practice);

		if (protocols[i] < PROTOCOL_1_13) {
			leaves(&practice);
			continue;
		}
		put_join(&visitor->in, protocols[i]);
		login_plugin_response_print(&visitor->in, 0x40000000, false);
		assert_true(visitor_hear(&practice, visitor, START));
		assert_int_equal(said(visitor).id, 0x02);
		assert_true(visitor->is_leaving);
		leaves(&practice);
	}
}

static void
the_list_says_that_it_is_no_game(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(protocols); i++) {
		struct practice practice = house();
		struct visitor *visitor = comes(&practice);
		struct probe_answer answer;
		const char *json;
		size_t length, used;

		status_request_print(&visitor->in, protocols[i], "mc", 25565);
		assert_true(visitor_hear(&practice, visitor, START));
		assert_int_equal(status_response_parse(visitor->out.data, visitor->out.length,
						       &json, &length, &used),
				 WIRE_DONE);
		assert_true(probe_answer_parse(json, length, &answer));
		assert_int_equal(answer.protocol, protocols[i]);
		assert_int_equal(answer.max, 2);
		assert_non_null(strstr(answer.motd, "not a game"));
		mem_free(answer.status_json);
		leaves(&practice);
	}
}

static void
there_is_no_more_room_than_was_said(void **unused)
{
	struct practice practice = house();

	(void)unused;
	for (unsigned i = 0; i < 3; i++) {
		struct visitor *visitor = comes(&practice);

		put_join_of(&visitor->in, 47, i == 0 ? "Notch" : i == 1 ? "notch" : "Wren");
		assert_true(visitor_hear(&practice, visitor, START));
		assert_int_equal(said(visitor).id, i < 2 ? 0x02 : 0x00);
		assert_int_equal(visitor->is_leaving, i == 2);
	}
	assert_int_equal(practice_players(&practice), 2);
	while (practice.visitor_count > 0)
		leaves(&practice);
}

static void
who_comes_again_is_in_the_game_once(void **unused)
{
	struct practice practice = house();
	struct visitor *older = comes(&practice), *newer = comes(&practice);

	(void)unused;
	put_join(&older->in, 47);
	assert_true(visitor_hear(&practice, older, START));
	put_join(&newer->in, 47);
	assert_true(visitor_hear(&practice, newer, START));
	assert_true(older->is_leaving);
	assert_false(visitor_is_player(older));
	assert_true(visitor_is_player(newer));
	assert_int_equal(practice_players(&practice), 1);
	leaves(&practice);
	leaves(&practice);
}

static void
who_never_logs_in_is_let_go(void **unused)
{
	struct practice practice = house();
	struct visitor *visitor = comes(&practice);

	(void)unused;
	assert_true(visitor_tick(&practice, visitor, instant_add(START, DURATION_MS(29999))));
	assert_false(visitor_tick(&practice, visitor, visitor_due(&practice, visitor)));
	leaves(&practice);
}

static void
a_line_is_repeated_when_its_end_has_come(void **unused)
{
	struct practice practice = house();
	struct visitor *visitor;

	(void)unused;
	practice.options.tcp = true;
	visitor = comes(&practice);
	assert_true(visitor_hear(&practice, visitor, START));
	assert_non_null(memmem(visitor->out.data, visitor->out.length, "not a game", 10));
	buf_clear(&visitor->out);
	buf_put_text(&visitor->in, "one\ntw");
	assert_true(visitor_hear(&practice, visitor, START));
	buf_put_text(&visitor->in, "o\n");
	assert_true(visitor_hear(&practice, visitor, START));
	assert_string_equal(buf_text(&visitor->out), "one\ntwo\n");
	leaves(&practice);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_version_is_let_in_however_its_bytes_come),
		cmocka_unit_test(a_player_is_kept_alive_and_sent_away_in_the_end),
		cmocka_unit_test(an_answer_to_a_question_of_somebody_else_ends_the_login),
		cmocka_unit_test(the_list_says_that_it_is_no_game),
		cmocka_unit_test(there_is_no_more_room_than_was_said),
		cmocka_unit_test(who_comes_again_is_in_the_game_once),
		cmocka_unit_test(who_never_logs_in_is_let_go),
		cmocka_unit_test(a_line_is_repeated_when_its_end_has_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
