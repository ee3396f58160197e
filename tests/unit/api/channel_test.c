/* SPDX-License-Identifier: Apache-2.0 */
/* Channels over HTTP: who reads which part of the feed, and who posts to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"

static int
post_as(struct api_fixture *f, const char *bearer, const char *body)
{
	return api_status(f, (struct asked){ .method = API_POST,
					     .path = "/v1/messages",
					     .body = body,
					     .bearer = bearer });
}

/* The types of a page, each followed by a space. */
static void
expect_types(struct api_fixture *f, enum role role, const char *query, const char *types)
{
	CLEANUP(json_freep)
	json_t *page = api_expect(
		f, (struct asked){ .path = "/v1/events", .query = query, .bearer = f->token[role] },
		200);
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	const json_t *events = json_object_get(page, "events");

	for (size_t i = 0; i < json_array_size(events); i++)
		buf_format(&b, "%s ", json_get_text(json_array_get(events, i), "type", ""));
	assert_string_equal(buf_text(&b), types);
}

static void
a_message_is_an_event_with_the_place_that_was_told(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep)
	json_t *one = api_expect(f,
				 (struct asked){ .method = API_POST,
						 .path = "/v1/messages",
						 .body = "{\"channel\":\"chat/lobby\","
							 "\"message\":{\"text\":\"hello\"}}",
						 .bearer = f->token[ROLE_PLAYER] },
				 202);
	const struct store_event *e = &f->world.events[f->world.event_count - 1];
	char position[64];

	(void)snprintf(position, sizeof position, "01TEST:%llu", (unsigned long long)e->offset);
	assert_string_equal(json_get_text(one, "position", ""), position);
	assert_string_equal(e->type, "channel.posted");
	assert_string_equal(e->subject, "chat/lobby");
	assert_int_equal(e->audience, ROLE_PLAYER);
	assert_string_equal(e->data, "{\"by\":\"p\",\"message\":{\"text\":\"hello\"}}");
}

/* Two in one commit, behind one that is in flight: each is told its own place. */
static void
places_are_right_while_other_things_wait_for_the_record(void **state)
{
	struct api_fixture *f = *state;
	uint64_t last = f->world.event_count, offset[3];

	for (size_t i = 0; i < 3; i++) {
		offset[i] = plane_tell_to(f->world.plane, EVENT_CHANNEL_POSTED, "chat/x",
					  ROLE_STAFF, NULL);
		if (i == 0)
			(void)plane_turn(f->world.plane, f->world.now);
	}
	fixture_run(&f->world, DURATION_S(1));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(offset[i], last + 1 + i);
		assert_string_equal(f->world.events[offset[i] - 1].subject, "chat/x");
		assert_int_equal(f->world.events[offset[i] - 1].audience, ROLE_STAFF);
	}
}

static void
only_those_post_who_may(void **state)
{
	static const struct {
		const char *channel;
		int player, staff, admin;
	} rows[] = {
		{ "chat/lobby", 202, 202, 202 },
		{ "chat/staff", 403, 202, 202 },
		{ "news", 403, 403, 403 },
		{ "user/s", 403, 202, 202 },
		{ "user/nobody", 403, 404, 404 },
		{ "servers", 403, 403, 403 },
		{ "server/survival", 403, 403, 403 },
		{ "feed", 403, 403, 403 },
		{ "alerts", 403, 403, 403 },
		{ "console/survival", 403, 403, 403 },
		{ "no such/", 422, 422, 422 },
		{ "", 422, 422, 422 },
	};
	struct api_fixture *f = *state;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		CLEANUP(text_freep)
		char *body = text_format("{\"channel\":\"%s\",\"message\":null}", rows[i].channel);

		assert_int_equal(post_as(f, f->token[ROLE_PLAYER], body), rows[i].player);
		assert_int_equal(post_as(f, f->token[ROLE_STAFF], body), rows[i].staff);
		assert_int_equal(post_as(f, f->token[ROLE_ADMIN], body), rows[i].admin);
	}
}

static void
a_message_may_be_as_large_as_an_events_data_and_no_larger(void **state)
{
	struct api_fixture *f = *state;
	size_t room = EVENT_DATA_LIMIT - strlen("{\"by\":\"p\",\"message\":\"\"}");
	CLEANUP(text_freep) char *text = mem_new(room + 2);
	CLEANUP(text_freep) char *fits = NULL;
	CLEANUP(text_freep) char *over = NULL;

	memset(text, 'a', room);
	fits = text_format("{\"channel\":\"chat/a\",\"message\":\"%s\"}", text);
	over = text_format("{\"channel\":\"chat/a\",\"message\":\"%sa\"}", text);
	assert_int_equal(post_as(f, f->token[ROLE_PLAYER], fits), 202);
	assert_int_equal(post_as(f, f->token[ROLE_PLAYER], over), 413);
}

/* Many a client's parser gives up at a few hundred, and would be lost at this event for ever. */
static void
a_message_is_not_nested_without_end(void **state)
{
	struct api_fixture *f = *state;

	for (unsigned depth = 1; depth < 1000; depth += depth < 60 ? 20 : 1) {
		CLEANUP(buf_deinit) struct buf body = BUF_NULL;
		bool right = depth < EVENT_DATA_DEPTH_LIMIT;

		buf_put_text(&body, "{\"channel\":\"chat/lobby\",\"message\":");
		for (unsigned i = 0; i < depth; i++)
			buf_put_text(&body, i % 2 == 0 ? "[" : "{\"a\":");
		buf_put_text(&body, "1");
		for (unsigned i = depth; i-- > 0;)
			buf_put_text(&body, i % 2 == 0 ? "]" : "}");
		buf_put_byte(&body, '}');
		assert_int_equal(post_as(f, f->token[ROLE_PLAYER], buf_text(&body)),
				 right ? 202 : 422);
		depth += depth > 70 ? 300 : 0;
	}
}

static void
a_page_has_what_is_on_its_channels_and_may_be_seen(void **state)
{
	struct api_fixture *f = *state;
	char query[128];
	unsigned long long after = (unsigned long long)f->world.event_count;

	assert_int_equal(
		post_as(f, f->token[ROLE_STAFF], "{\"channel\":\"chat/staff\",\"message\":1}"),
		202);
	assert_int_equal(
		post_as(f, f->token[ROLE_PLAYER], "{\"channel\":\"chat/a\",\"message\":1}"), 202);
	assert_int_equal(post_as(f, f->token[ROLE_ADMIN], "{\"channel\":\"user/p\",\"message\":1}"),
			 202);
	assert_int_equal(api_status(f, (struct asked){ .method = API_POST,
						       .path = "/v1/servers/survival/wake",
						       .bearer = f->token[ROLE_PLAYER] }),
			 202);
	(void)snprintf(query, sizeof query, "after=%llu&channel=chat/a&channel=user/p", after);
	expect_types(f, ROLE_PLAYER, query, "channel.posted user.messaged ");
	(void)snprintf(query, sizeof query, "after=%llu&channel=chat/staff&channel=user%%2Fs",
		       after);
	expect_types(f, ROLE_STAFF, query, "channel.posted ");
	/* Staff do not read what is written to others; the one it is written to does, without channels too. */
	(void)snprintf(query, sizeof query, "after=%llu&limit=3", after);
	expect_types(f, ROLE_STAFF, query, "channel.posted channel.posted server.wake_requested ");
	(void)snprintf(query, sizeof query, "after=%llu&limit=2", after);
	expect_types(f, ROLE_PLAYER, query, "channel.posted user.messaged ");
	(void)snprintf(query, sizeof query, "after=%llu&limit=1&channel=server/survival", after);
	expect_types(f, ROLE_PLAYER, query, "server.wake_requested ");
	(void)snprintf(query, sizeof query, "after=%llu&channel=server/other", after);
	expect_types(f, ROLE_PLAYER, query, "");
	(void)snprintf(query, sizeof query, "after=%llu&channel=alerts&channel=chat/a", after);
	expect_types(f, ROLE_STAFF, query, "channel.posted ");
}

static void
a_channel_one_may_not_read_is_403_and_a_live_one_422(void **state)
{
	static const struct {
		const char *channel;
		int player, staff, admin;
	} rows[] = {
		{ "feed", 200, 200, 200 },
		{ "servers", 200, 200, 200 },
		{ "server/survival", 200, 200, 200 },
		{ "user/p", 200, 403, 200 },
		{ "user/s", 403, 200, 200 },
		{ "alerts", 403, 200, 200 },
		{ "chat/staff", 403, 200, 200 },
		{ "chat/b", 200, 200, 200 },
		{ "news", 403, 403, 403 },
		{ "console/survival", 422, 422, 422 },
		{ "connection/VFoyGcaIjoECIjw=", 422, 422, 422 },
		{ "a//b", 422, 422, 422 },
	};
	struct api_fixture *f = *state;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		for (int stream = 0; stream < 2; stream++) {
			CLEANUP(text_freep)
			char *query = text_format("channel=servers&channel=%s", rows[i].channel);
			struct asked asked = { .path = "/v1/events",
					       .query = query,
					       .wants_stream = stream == 1 };

			asked.bearer = f->token[ROLE_PLAYER];
			assert_int_equal(api_status(f, asked), rows[i].player);
			asked.bearer = f->token[ROLE_STAFF];
			assert_int_equal(api_status(f, asked), rows[i].staff);
			asked.bearer = f->token[ROLE_ADMIN];
			assert_int_equal(api_status(f, asked), rows[i].admin);
		}
	}
}

static void
a_stream_takes_as_many_channels_as_a_reader_may_have(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(buf_deinit) struct buf query = BUF_NULL;
	struct asked asked = { .path = "/v1/events",
			       .bearer = f->token[ROLE_PLAYER],
			       .wants_stream = true };
	struct told told;

	for (unsigned i = 0; i < CHANNELS_PER_READER; i++)
		buf_format(&query, "%schannel=chat/%u", i > 0 ? "&" : "", i);
	asked.query = buf_text(&query);
	told = api_ask(f, asked);
	assert_int_equal(told.answer.kind, ANSWER_STREAM);
	assert_int_equal(told.answer.stream.channels.count, CHANNELS_PER_READER);
	assert_string_equal(told.answer.stream.channels.channels[9].name, "chat/9");
	assert_string_equal(told.answer.stream.user, "p");
	told_done(&told);
	buf_put_text(&query, "&channel=servers");
	asked.query = buf_text(&query);
	assert_int_equal(api_status(f, asked), 422);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, api_fixture_new, api_fixture_free)
		TEST(a_message_is_an_event_with_the_place_that_was_told),
		TEST(places_are_right_while_other_things_wait_for_the_record),
		TEST(only_those_post_who_may),
		TEST(a_message_may_be_as_large_as_an_events_data_and_no_larger),
		TEST(a_message_is_not_nested_without_end),
		TEST(a_page_has_what_is_on_its_channels_and_may_be_seen),
		TEST(a_channel_one_may_not_read_is_403_and_a_live_one_422),
		TEST(a_stream_takes_as_many_channels_as_a_reader_may_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
