/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "feed/cloudevent.h"

static char data[] = "{\"run\":\"r1\"}";

static struct store_event
event_of(const char *type, const char *subject)
{
	struct store_event e = {
		.offset = 7, .time = { 1795209360123 }, .audience = ROLE_PLAYER, .data = data
	};

	(void)text_put(e.type, sizeof e.type, type);
	(void)text_put(e.subject, sizeof e.subject, subject);
	return e;
}

static void
an_event_is_written_as_the_contract_has_it(void **unused)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	struct store_event e = event_of("server.ready", "survival");

	(void)unused;
	cloudevent_put(&b, "EPOCH", &e);
	assert_string_equal(
		buf_text(&b),
		"{\"specversion\":\"1.0\",\"id\":\"EPOCH:7\",\"source\":\"/servers/survival\","
		"\"type\":\"server.ready\",\"subject\":\"survival\","
		"\"time\":\"2026-11-20T21:16:00.123Z\",\"data\":{\"run\":\"r1\"}}");
}

static void
a_frame_of_the_stream_is_one_line_of_data(void **unused)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	struct store_event e = event_of("server.ready", "survival");
	const char *text;

	(void)unused;
	cloudevent_put_sse(&b, "EPOCH", &e);
	text = buf_text(&b);
	assert_true(text_starts_with(text, "id: EPOCH:7\nevent: server.ready\ndata: {"));
	assert_true(text_ends_with(text, "}}\n\n"));
	assert_ptr_equal(strstr(text, "\n\n"), text + b.length - 2);
}

/* Whatever a subject holds, the event stays one JSON object that says the same. */
static void
a_subject_cannot_break_out(void **unused)
{
	static const char *const subjects[] = { "a\"b", "a\\b", "a\nb\r", "\x01", "\xc3\xa9", "" };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(subjects); i++) {
		CLEANUP(buf_deinit) struct buf b = BUF_NULL;
		CLEANUP(json_freep) json_t *json = NULL;
		struct store_event e = event_of("user.changed", subjects[i]);

		cloudevent_put(&b, "E", &e);
		assert_null(memchr(b.data, '\n', b.length));
		json = json_loadb((const char *)b.data, b.length, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(json);
		assert_string_equal(json_get_text(json, "subject", ""), subjects[i]);
	}
}

static void
a_filter_lets_through_what_it_names_and_the_role_may_read(void **unused)
{
	static const struct {
		enum role role;
		const char *server, *type;
		unsigned audience;
		const char *event_type, *subject;
		bool passes;
	} cases[] = {
		{ ROLE_PLAYER, "", "", ROLE_PLAYER, "server.ready", "a", true },
		{ ROLE_PLAYER, "", "", ROLE_STAFF, "user.changed", "a", false },
		{ ROLE_STAFF, "", "", ROLE_STAFF, "user.changed", "a", true },
		{ ROLE_STAFF, "", "", ROLE_ADMIN, "token.created", "a", false },
		{ ROLE_ADMIN, "a", "", ROLE_PLAYER, "server.ready", "a", true },
		{ ROLE_ADMIN, "a", "", ROLE_PLAYER, "server.ready", "b", false },
		{ ROLE_ADMIN, "a", "", ROLE_STAFF, "user.changed", "a", false },
		{ ROLE_ADMIN, "", "server.", ROLE_PLAYER, "server.ready", "a", true },
		{ ROLE_ADMIN, "", "server.", ROLE_PLAYER, "player.left", "a", false },
		{ ROLE_ADMIN, "", "server.ready", ROLE_PLAYER, "server.ready", "a", true },
		{ ROLE_ADMIN, "", "server.read", ROLE_PLAYER, "server.ready", "a", false },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct feed_filter f = { .role = cases[i].role };

		(void)text_put(f.server, sizeof f.server, cases[i].server);
		(void)text_put(f.type, sizeof f.type, cases[i].type);
		assert_int_equal(feed_filter_passes(&f, cases[i].audience, cases[i].event_type,
						    cases[i].subject),
				 cases[i].passes);
	}
}

static void
every_type_of_event_is_a_valid_type(void **unused)
{
	static const char *const bad[] = { "",
					   ".",
					   "server",
					   ".ready",
					   "a.b.c",
					   "Server.ready",
					   "server.re ady",
					   "server.%",
					   "server.rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr" };

	(void)unused;
	for (int type = 0; type < EVENT_MAX; type++)
		assert_true(feed_type_is_valid(event_word((enum event_type)type)));
	assert_true(feed_type_is_valid("server."));
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_false(feed_type_is_valid(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_written_as_the_contract_has_it),
		cmocka_unit_test(a_frame_of_the_stream_is_one_line_of_data),
		cmocka_unit_test(a_subject_cannot_break_out),
		cmocka_unit_test(a_filter_lets_through_what_it_names_and_the_role_may_read),
		cmocka_unit_test(every_type_of_event_is_a_valid_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
