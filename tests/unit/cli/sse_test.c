/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/sse.h"

static void
on_event(void *argument, const struct sse_event *event)
{
	buf_format(argument, "[%s|%s|%s]", event->type, event->id, event->data);
}

static void
assert_heard(const char *stream, const char *expected)
{
	/* Cut at every place, and byte by byte. */
	for (size_t cut = 0; cut <= strlen(stream); cut++) {
		CLEANUP(buf_deinit) struct buf heard = BUF_NULL;
		CLEANUP(sse_deinit) struct sse sse = { .after_return = false };

		sse_feed(&sse, stream, cut, on_event, &heard);
		for (const char *rest = stream + cut; *rest != '\0'; rest++)
			sse_feed(&sse, rest, 1, on_event, &heard);
		assert_string_equal(buf_text(&heard), expected);
	}
}

static void
events_are_heard_however_the_stream_is_cut(void **unused)
{
	(void)unused;
	assert_heard("id: E:1\nevent: server.ready\ndata: {\"a\":1}\n\n",
		     "[server.ready|E:1|{\"a\":1}]");
	assert_heard("id:7\r\ndata:x\r\n\r\nevent: t\rdata: y\r\rdata: z\n\n",
		     "[message|7|x][t|7|y][message|7|z]");
	assert_heard("data: one\ndata:  two\ndata\n\n", "[message||one\n two\n]");
	assert_heard(": a comment\n\n: heartbeat\n\n", "");
	assert_heard("event: only\n\nretry: 5\nunknown: field\ndata: x\n\n", "[message||x]");
	assert_heard("data: unfinished\n", "");
}

static void
what_is_too_large_is_dropped_whole(void **unused)
{
	CLEANUP(buf_deinit) struct buf heard = BUF_NULL;
	CLEANUP(sse_deinit) struct sse sse = { .after_return = false };

	(void)unused;
	sse_feed(&sse, "id: 1\ndata: ", 12, on_event, &heard);
	for (int i = 0; i < SSE_LIMIT; i++)
		sse_feed(&sse, "xxxx", 4, on_event, &heard);
	assert_in_range(sse.line.capacity, 0, 4 * SSE_LIMIT);
	sse_feed(&sse, "\n\nid: 2\ndata: y\n\n", 17, on_event, &heard);
	assert_string_equal(buf_text(&heard), "[message|2|y]");
	buf_clear(&heard);
	for (int i = 0; i < 100000; i++)
		sse_feed(&sse, "data: many many lines\n", 22, on_event, &heard);
	assert_in_range(sse.data.capacity, 0, 4 * SSE_LIMIT);
	sse_feed(&sse, "\ndata: z\n\n", 10, on_event, &heard);
	assert_string_equal(buf_text(&heard), "[message|2|z]");
}

static void
a_new_connection_forgets_half_an_event_but_not_the_place(void **unused)
{
	CLEANUP(buf_deinit) struct buf heard = BUF_NULL;
	CLEANUP(sse_deinit) struct sse sse = { .after_return = false };
	static const char first[] = "id: E:4\ndata: a\n\nevent: x\ndata: ha";

	(void)unused;
	sse_feed(&sse, first, strlen(first), on_event, &heard);
	sse_again(&sse);
	assert_string_equal(sse.id, "E:4");
	sse_feed(&sse, "data: b\n\n", 9, on_event, &heard);
	assert_string_equal(buf_text(&heard), "[message|E:4|a][message|E:4|b]");
}

static void
an_id_that_could_not_be_sent_back_is_not_taken(void **unused)
{
	(void)unused;
	assert_heard("id: good\nid: evil\x01\ndata: x\n\n", "[message|good|x]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_heard_however_the_stream_is_cut),
		cmocka_unit_test(what_is_too_large_is_dropped_whole),
		cmocka_unit_test(a_new_connection_forgets_half_an_event_but_not_the_place),
		cmocka_unit_test(an_id_that_could_not_be_sent_back_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
