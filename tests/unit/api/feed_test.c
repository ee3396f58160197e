/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"
#include "feed/cursor.h"

static json_t *
page(struct api_fixture *f, const char *query, const char *bearer)
{
	return api_expect(
		f, (struct asked){ .path = "/v1/events", .query = query, .bearer = bearer }, 200);
}

static uint64_t
offset_of(const json_t *event)
{
	struct cursor c = { .offset = 0 };

	assert_true(cursor_parse(json_get_text(event, "id", ""), &c));
	return c.offset;
}

static void
pages_follow_each_other_without_a_gap(void **state)
{
	struct api_fixture *f = *state;
	char query[64] = "limit=2";
	uint64_t expected = 1;
	bool more = true;

	while (more) {
		CLEANUP(json_freep) json_t *json = page(f, query, NULL);
		const json_t *events = json_object_get(json, "events");

		for (size_t i = 0; i < json_array_size(events); i++)
			assert_true(offset_of(json_array_get(events, i)) == expected++);
		more = json_get_bool(json, "more", true);
		(void)snprintf(query, sizeof query, "limit=2&after=%s",
			       json_get_text(json, "next", ""));
	}
	assert_true(expected == f->world.event_count + 1);
	{
		CLEANUP(json_freep) json_t *json = page(f, query, NULL);

		assert_int_equal(json_array_size(json_object_get(json, "events")), 0);
		assert_string_equal(json_get_text(json, "verdict", ""), "resumed");
	}
}

static void
the_newest_come_first_when_asked_so(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *json = page(f, "order=desc&limit=3", NULL);
	const json_t *events = json_object_get(json, "events");
	char query[64];

	assert_int_equal(json_array_size(events), 3);
	assert_true(offset_of(json_array_get(events, 0)) == f->world.event_count);
	(void)snprintf(query, sizeof query, "order=desc&limit=1&before=%llu",
		       (unsigned long long)offset_of(json_array_get(events, 2)));
	{
		CLEANUP(json_freep) json_t *older = page(f, query, NULL);

		assert_true(offset_of(json_array_get(json_object_get(older, "events"), 0)) ==
			    f->world.event_count - 3);
	}
}

/* How many of the page's events are about somebody else. */
static size_t
about_others(const json_t *page, const char *user)
{
	const json_t *events = json_object_get(page, "events");
	size_t others = 0;

	for (size_t i = 0; i < json_array_size(events); i++)
		others += !text_equal(json_get_text(json_array_get(events, i), "subject", NULL),
				      user);
	return others;
}

static void
a_player_reads_of_what_is_for_staff_only_what_is_about_the_player(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep) json_t *json = page(f, "type=user.", f->token[ROLE_PLAYER]);
	CLEANUP(json_freep) json_t *staff = page(f, "type=user.", f->token[ROLE_STAFF]);
	CLEANUP(json_freep) json_t *tokens = page(f, "type=token.created", f->token[ROLE_STAFF]);

	assert_int_equal(json_array_size(json_object_get(json, "events")), 1);
	assert_int_equal(about_others(json, "p"), 0);
	assert_true(about_others(staff, "s") >= 2);
	assert_int_equal(json_array_size(json_object_get(tokens, "events")), 1);
	assert_int_equal(about_others(tokens, "s"), 0);
}

static void
a_user_called_as_a_server_is_not_in_its_feed(void **state)
{
	struct api_fixture *f = *state;
	json_t *json = api_expect(f,
				  (struct asked){ .method = API_PUT,
						  .path = "/v1/users/survival",
						  .body = "{\"role\":\"player\"}" },
				  201);
	const json_t *events;

	json_decref(json);
	json = page(f, "server=survival", NULL);
	events = json_object_get(json, "events");
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(json_get_text(json_array_get(events, 0), "type", ""),
			    "server.declared");
	json_decref(json);
}

static void
a_position_in_another_record_is_told_and_nothing_is_left_out(void **state)
{
	struct api_fixture *f = *state;
	static const char *const queries[] = { "after=OTHER:3", "after=999999",
					       "last_event_id=X:1" };

	for (size_t i = 0; i < ELEMENTS(queries); i++) {
		CLEANUP(json_freep) json_t *json = page(f, queries[i], NULL);

		assert_string_equal(json_get_text(json, "verdict", ""), "unknown epoch");
		assert_int_equal(json_array_size(json_object_get(json, "events")),
				 f->world.event_count);
	}
}

static void
queries_that_are_not_right_are_told_with_their_parameter(void **state)
{
	struct api_fixture *f = *state;
	static const char *const bad[] = {
		"limit=0",
		"limit=1001",
		"limit=x",
		"limit=-1",
		"limit=99999999999999999999",
		"after=x",
		"after=-1",
		"type=nope",
		"type=Server.ready",
		"server=BIG",
		"order=sideways",
		"limit=1&limit=2",
		"after=%zz",
		"after=%",
		"after=%0",
		"%00=1",
		"unknown=1",
	};

	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		struct told told = api_ask(
			f, (struct asked){ .path = "/v1/events", .query = bad[i], .local = true });
		const json_t *errors = json_object_get(told.json, "errors");

		if (told.answer.status != 422)
			fail_msg("%s: %d", bad[i], told.answer.status);
		assert_true(text_starts_with(
			json_get_text(json_array_get(errors, 0), "pointer", ""), "?"));
		told_done(&told);
	}
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/events",
						       .query = "after=01TEST%3A1&limit=1&&",
						       .local = true }),
			 200);
}

static void
a_stream_is_ordered_with_filters_role_and_position(void **state)
{
	struct api_fixture *f = *state;
	struct told told =
		api_ask(f, (struct asked){ .path = "/v1/events",
					   .query = "server=survival&type=player.&after=7",
					   .wants_stream = true,
					   .bearer = f->token[ROLE_PLAYER] });

	assert_int_equal(told.answer.kind, ANSWER_STREAM);
	assert_int_equal(told.answer.stream.role, ROLE_PLAYER);
	assert_string_equal(told.answer.stream.user, "p");
	assert_string_equal(told.answer.stream.server, "survival");
	assert_string_equal(told.answer.stream.type, "player.");
	assert_true(told.answer.stream.resume && told.answer.stream.after == 7);
	told_done(&told);
	told = api_ask(f, (struct asked){ .path = "/v1/events",
					  .query = "after=7",
					  .last_event_id = "01TEST:9",
					  .wants_stream = true,
					  .bearer = f->token[ROLE_PLAYER] });
	assert_true(told.answer.stream.after == 9);
	assert_string_equal(told.answer.stream.epoch, "01TEST");
	told_done(&told);
	told = api_ask(f, (struct asked){ .path = "/v1/events",
					  .wants_stream = true,
					  .bearer = f->token[ROLE_PLAYER] });
	assert_false(told.answer.stream.resume);
	told_done(&told);
	told = api_ask(f, (struct asked){ .path = "/v1/events",
					  .query = "lastEventId=01TEST:5",
					  .wants_stream = true,
					  .bearer = f->token[ROLE_PLAYER] });
	assert_int_equal(told.answer.kind, ANSWER_STREAM);
	assert_true(told.answer.stream.resume && told.answer.stream.after == 5);
	told_done(&told);
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/events",
						       .wants_stream = true,
						       .last_event_id = "what?",
						       .local = true }),
			 400);
}

int
main(void)
{
#define WITH_API(test) cmocka_unit_test_setup_teardown(test, api_fixture_new, api_fixture_free)
	const struct CMUnitTest tests[] = {
		WITH_API(pages_follow_each_other_without_a_gap),
		WITH_API(the_newest_come_first_when_asked_so),
		WITH_API(a_player_reads_of_what_is_for_staff_only_what_is_about_the_player),
		WITH_API(a_user_called_as_a_server_is_not_in_its_feed),
		WITH_API(a_position_in_another_record_is_told_and_nothing_is_left_out),
		WITH_API(queries_that_are_not_right_are_told_with_their_parameter),
		WITH_API(a_stream_is_ordered_with_filters_role_and_position),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
