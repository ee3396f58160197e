/* SPDX-License-Identifier: Apache-2.0 */
/* What clients say over WebSockets: every action, and what is wrong with those that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "feed/talk.h"

static int
parse(const char *text, struct talk *talk, char detail[static TALK_DETAIL_SIZE])
{
	detail[0] = '\0';
	return talk_parse(text, strlen(text), talk, detail);
}

static int
status_of(const char *text)
{
	struct talk talk;
	char detail[TALK_DETAIL_SIZE];
	int status = parse(text, &talk, detail);

	assert_int_equal(status == 0, detail[0] == '\0');
	assert_true(strlen(detail) < TALK_DETAIL_SIZE);
	talk_deinit(&talk);
	return status;
}

static void
a_subscription_names_each_channel_once(void **unused)
{
	struct talk talk;
	char detail[TALK_DETAIL_SIZE];

	(void)unused;
	assert_int_equal(parse("{\"action\":\"subscribe\",\"id\":7,\"channels\":[\"servers\","
			       "\"server/a\",\"servers\",\"lobby/1\"],\"after\":\"E:12\","
			       "\"presence\":true}",
			       &talk, detail),
			 0);
	assert_int_equal(talk.action, TALK_SUBSCRIBE);
	assert_string_equal(talk.id, "7");
	assert_int_equal(talk.channel_count, 3);
	assert_int_equal(talk.channels[0].kind, CHANNEL_SERVERS);
	assert_int_equal(talk.channels[1].kind, CHANNEL_SERVER);
	assert_string_equal(talk.channels[1].name, "a");
	assert_string_equal(talk.channels[2].name, "lobby/1");
	assert_true(talk.has_after);
	assert_string_equal(talk.after.epoch, "E");
	assert_int_equal(talk.after.offset, 12);
	assert_true(talk.presence);
	talk_deinit(&talk);
}

static void
every_action_is_understood_with_its_members(void **unused)
{
	static const struct {
		const char *text;
		enum talk_action action;
	} said[] = {
		{ "{\"action\":\"subscribe\",\"channels\":[\"feed\"]}", TALK_SUBSCRIBE },
		{ "{\"action\":\"unsubscribe\",\"channels\":[\"feed\"]}", TALK_UNSUBSCRIBE },
		{ "{\"action\":\"resume\",\"after\":\"1\"}", TALK_RESUME },
		{ "{\"action\":\"ping\"}", TALK_PING },
		{ "{\"action\":\"whoami\",\"id\":\"a\"}", TALK_WHOAMI },
		{ "{\"action\":\"presence\",\"channel\":\"feed\"}", TALK_PRESENCE },
		{ "{\"action\":\"wake\",\"server\":\"a-1\"}", TALK_WAKE },
		{ "{\"action\":\"sleep\",\"server\":\"a\",\"now\":true}", TALK_SLEEP },
		{ "{\"action\":\"command\",\"server\":\"a\",\"line\":\"say x\"}", TALK_COMMAND },
		{ "{\"action\":\"post\",\"channel\":\"lobby\",\"message\":null}", TALK_POST },
	};
	struct talk talk;
	char detail[TALK_DETAIL_SIZE];

	(void)unused;
	_Static_assert(ELEMENTS(said) == TALK_MAX, "each action once");
	for (size_t i = 0; i < ELEMENTS(said); i++) {
		if (parse(said[i].text, &talk, detail) != 0)
			fail_msg("%s: %s", said[i].text, detail);
		assert_int_equal(talk.action, said[i].action);
		assert_non_null(strstr(said[i].text, talk_word(talk.action)));
		talk_deinit(&talk);
		/* Every beginning of it is no message, and says so. */
		for (size_t n = 0; n < strlen(said[i].text); n++) {
			assert_int_equal(talk_parse(said[i].text, n, &talk, detail), 400);
			talk_deinit(&talk);
		}
	}
}

static void
a_message_is_any_json_and_comes_as_it_was(void **unused)
{
	static const char *const values[] = {
		"null", "true", "1", "\"x\"", "[1,[2,{\"a\":null}]]", "{\"b\":\"\xc3\xbc\"}"
	};
	struct talk talk;
	char detail[TALK_DETAIL_SIZE];

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(values); i++) {
		CLEANUP(text_freep)
		char *text = text_format(
			"{\"action\":\"post\",\"channel\":\"lobby\",\"message\":%s}", values[i]);

		assert_int_equal(parse(text, &talk, detail), 0);
		assert_string_equal(talk.message, values[i]);
		talk_deinit(&talk);
	}
}

static void
what_is_wrong_is_told_with_its_status(void **unused)
{
	static const struct {
		const char *text;
		int status;
	} wrong[] = {
		{ "", 400 },
		{ "x", 400 },
		{ "5", 400 },
		{ "[]", 400 },
		{ "{}", 400 },
		{ "{\"action\":1}", 400 },
		{ "{\"action\":\"SUBSCRIBE\",\"channels\":[\"feed\"]}", 400 },
		{ "{\"action\":\"ping\",\"action\":\"ping\"}", 400 },
		{ "{\"action\":\"ping\"}{}", 400 },
		{ "{\"action\":\"ping\",\"id\":null}", 422 },
		{ "{\"action\":\"ping\",\"id\":[]}", 422 },
		{ "{\"action\":\"ping\",\"after\":\"1\"}", 422 },
		{ "{\"action\":\"subscribe\"}", 422 },
		{ "{\"action\":\"subscribe\",\"channels\":{}}", 422 },
		{ "{\"action\":\"subscribe\",\"channels\":[]}", 422 },
		{ "{\"action\":\"subscribe\",\"channels\":[1]}", 422 },
		{ "{\"action\":\"subscribe\",\"channels\":[\"server/\"]}", 422 },
		{ "{\"action\":\"subscribe\",\"channels\":[\"feed\"],\"after\":1}", 422 },
		{ "{\"action\":\"subscribe\",\"channels\":[\"feed\"],\"after\":\"-1\"}", 422 },
		{ "{\"action\":\"subscribe\",\"channels\":[\"feed\"],\"presence\":1}", 422 },
		{ "{\"action\":\"wake\",\"server\":\"a/b\"}", 422 },
		{ "{\"action\":\"wake\",\"server\":\"\"}", 422 },
		{ "{\"action\":\"wake\",\"server\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
		  422 },
		{ "{\"action\":\"wake\",\"server\":\"a\",\"now\":true}", 422 },
		{ "{\"action\":\"sleep\",\"server\":\"a\",\"now\":1}", 422 },
		{ "{\"action\":\"command\",\"server\":\"a\"}", 422 },
		{ "{\"action\":\"command\",\"server\":\"a\",\"line\":\"\"}", 422 },
		{ "{\"action\":\"post\",\"channel\":\"lobby\"}", 422 },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		if (status_of(wrong[i].text) != wrong[i].status)
			fail_msg("%s", wrong[i].text);
}

static void
bounds_are_kept_to_the_byte(void **unused)
{
	char text[70000], id[128], line[1100];

	(void)unused;
	for (size_t n = 64; n <= 65; n++) {
		memset(id, 'i', n);
		id[n] = '\0';
		(void)snprintf(text, sizeof text, "{\"action\":\"ping\",\"id\":\"%s\"}", id);
		assert_int_equal(status_of(text), n == 64 ? 0 : 422);
	}
	for (size_t n = 1000; n <= 1001; n++) {
		memset(line, 'l', n);
		line[n] = '\0';
		(void)snprintf(text, sizeof text,
			       "{\"action\":\"command\",\"server\":\"a\",\"line\":\"%s\"}", line);
		assert_int_equal(status_of(text), n == 1000 ? 0 : 422);
	}
	for (size_t n = 64; n <= 65; n++) {
		size_t at = (size_t)snprintf(text, sizeof text,
					     "{\"action\":\"subscribe\",\"channels\":[");

		for (size_t i = 0; i < n; i++)
			at += (size_t)snprintf(text + at, sizeof text - at, "%s\"server/s%zu\"",
					       i > 0 ? "," : "", i);
		(void)snprintf(text + at, sizeof text - at, "]}");
		assert_int_equal(status_of(text), n == 64 ? 0 : 422);
	}
	/* Nested as deep as bytes go: refused, and no stack is lost over it. */
	memset(text, '[', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_int_equal(status_of(text), 400);
}

static void
the_id_comes_back_as_it_was_also_when_the_rest_is_wrong(void **unused)
{
	static const struct {
		const char *said, *back;
	} ids[] = {
		{ "1", "1" },
		{ "-2.5", "-2.5" },
		{ "\"\"", "\"\"" },
		{ "\"a\\\"b\"", "\"a\\\"b\"" },
		{ "\"\\u00fc\"", "\"\xc3\xbc\"" },
	};
	struct talk talk;
	char text[128], detail[TALK_DETAIL_SIZE];

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(ids); i++) {
		(void)snprintf(text, sizeof text, "{\"action\":\"nothing\",\"id\":%s}",
			       ids[i].said);
		assert_int_equal(parse(text, &talk, detail), 400);
		assert_int_equal(talk.action, TALK_MAX);
		assert_string_equal(talk.id, ids[i].back);
		talk_deinit(&talk);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_subscription_names_each_channel_once),
		cmocka_unit_test(every_action_is_understood_with_its_members),
		cmocka_unit_test(a_message_is_any_json_and_comes_as_it_was),
		cmocka_unit_test(what_is_wrong_is_told_with_its_status),
		cmocka_unit_test(bounds_are_kept_to_the_byte),
		cmocka_unit_test(the_id_comes_back_as_it_was_also_when_the_rest_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
