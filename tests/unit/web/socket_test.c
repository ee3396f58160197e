/* SPDX-License-Identifier: Apache-2.0 */
/* WebSockets of the web edge: what each is told, once and in order, whatever happens meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "web_fixture.h"
#include "wire/websocket/frame.h"

/* --- a client of a few lines ----------------------------------------------------------------- */

struct peer {
	int fd;
	struct buf in;
	unsigned code; /* of the close that came; 0 = none */
};

static bool
receive(struct peer *p)
{
	struct pollfd ready = { .fd = p->fd, .events = POLLIN };
	char bytes[65536];
	ssize_t got;

	if (poll(&ready, 1, 10000) != 1)
		fail_msg("nothing came");
	got = recv(p->fd, bytes, sizeof bytes, 0);
	if (got > 0)
		buf_put(&p->in, bytes, (size_t)got);
	return got > 0;
}

static struct peer
peer_open(const char *path, const char *bearer, const char *headers)
{
	struct peer p = { .fd = client_connect(t.port), .in = BUF_NULL };
	CLEANUP(text_freep)
	char *request = text_format("GET %s HTTP/1.1\r\nHost: roost:80\r\nUpgrade: websocket\r\n"
				    "Connection: keep-alive, Upgrade\r\n"
				    "Sec-WebSocket-Version: 13\r\n"
				    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
				    "Authorization: Bearer %s\r\n%s\r\n",
				    path, bearer, headers);
	const char *end;

	client_send(p.fd, request);
	while ((end = strstr(buf_text(&p.in), "\r\n\r\n")) == NULL)
		assert_true(receive(&p));
	assert_true(text_starts_with((const char *)p.in.data, "HTTP/1.1 101 "));
	assert_non_null(strstr(buf_text(&p.in),
			       "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
	buf_drop(&p.in,
		 (size_t)(strstr(buf_text(&p.in), "\r\n\r\n") + 4 - (const char *)p.in.data));
	return p;
}

static void
peer_done(struct peer *p)
{
	(void)close(p->fd);
	buf_deinit(&p->in);
}

/* One frame of at most 125 bytes, masked with zeros. */
static void
peer_frame(struct peer *p, unsigned opcode, const void *bytes, size_t length)
{
	unsigned char frame[6 + 125] = { (unsigned char)(0x80u | opcode),
					 (unsigned char)(0x80u | length) };

	ASSERT(length <= 125);
	if (length > 0)
		memcpy(frame + 6, bytes, length);
	ASSERT(send(p->fd, frame, length + 6, MSG_NOSIGNAL) == (ssize_t)length + 6);
}

static void
peer_say(struct peer *p, const char *text)
{
	peer_frame(p, WEBSOCKET_TEXT, text, strlen(text));
}

/* Is a whole frame there? */
static bool
frame_of(const struct buf *in, size_t *ret_head, size_t *ret_length)
{
	size_t length, head = 2;

	if (in->length < 2)
		return false;
	length = in->data[1];
	if (length == 126)
		head = 4;
	else if (length == 127)
		head = 10;
	if (in->length < head)
		return false;
	if (head > 2)
		length = 0;
	for (size_t i = 2; i < head; i++)
		length = length << 8 | in->data[i];
	*ret_head = head;
	*ret_length = length;
	return in->length >= head + length;
}

/* The next message; NULL: a close (p->code), or the end. The caller frees it. */
static char *
peer_hear(struct peer *p)
{
	size_t head, length;
	unsigned opcode;
	char *text;

	while (!frame_of(&p->in, &head, &length))
		if (!receive(p))
			return NULL;
	opcode = p->in.data[0] & 15u;
	assert_int_equal(p->in.data[0] & 0x80u, 0x80u);
	text = text_copy_n((const char *)p->in.data + head, length);
	if (opcode == WEBSOCKET_CLOSE)
		p->code = length >= 2 ? (unsigned)p->in.data[head] << 8 | p->in.data[head + 1]
				      : WEBSOCKET_NO_CODE;
	buf_drop(&p->in, head + length);
	if (opcode == WEBSOCKET_TEXT || opcode == WEBSOCKET_BINARY)
		return text;
	mem_free(text);
	return opcode == WEBSOCKET_CLOSE ? NULL : peer_hear(p);
}

static void
expect(struct peer *p, const char *beginning)
{
	CLEANUP(text_freep) char *text = peer_hear(p);

	if (text == NULL || !text_starts_with(text, beginning))
		fail_msg("%s and not %s", text != NULL ? text : "a close", beginning);
}

/* The offset of the event told next; 0: it was something else, which `*ret_text` gets. */
static uint64_t
next_event(struct peer *p, char **ret_text)
{
	char *text = peer_hear(p);
	const char *id = text != NULL ? strstr(text, "\"id\":\"" EPOCH ":") : NULL;
	bool is_event = id != NULL && text_starts_with(text, "{\"type\":\"event\"");
	uint64_t offset = is_event ? strtoull(id + 7 + strlen(EPOCH), NULL, 10) : 0;

	if (is_event) {
		mem_free(text);
		text = NULL;
	}
	*ret_text = text;
	return offset;
}

static void
expect_events(struct peer *p, uint64_t from, uint64_t to, unsigned step)
{
	for (uint64_t at = from; at <= to; at += step) {
		CLEANUP(text_freep) char *other = NULL;
		uint64_t offset = next_event(p, &other);

		if (offset != at)
			fail_msg("event %llu and not %llu: %s", (unsigned long long)offset,
				 (unsigned long long)at, other != NULL ? other : "");
	}
}

static struct peer
welcomed(const char *bearer)
{
	struct peer p = peer_open("/v1/ws", bearer, "");

	expect(&p, "{\"type\":\"welcome\",\"connection_id\":\"");
	return p;
}

/* A ring of 16 events, so that most of what is asked for again is read from the record. */
static struct web_options
small(void)
{
	struct web_options o = options();

	o.ring_events = 16;
	o.sockets.messages_per_second = 0;
	return o;
}

/* --- tests ----------------------------------------------------------------------------------- */

static void
a_place_is_answered_first_then_replayed_then_live(void **unused)
{
	struct web_options o = small();
	struct peer p;

	(void)unused;
	start(&o);
	happen(700, "server.ready");
	p = welcomed("admin");
	peer_say(&p,
		 "{\"action\":\"subscribe\",\"channels\":[\"feed\"],\"after\":\"" EPOCH ":0\"}");
	happen(50, "server.ready");
	expect(&p, "{\"type\":\"answer\",\"action\":\"subscribe\",\"ok\":true,\"channels\":"
		   "[\"feed\"],\"position\":\"" EPOCH ":");
	happen(50, "server.ready");
	expect_events(&p, 1, 800, 1);
	peer_say(&p, "{\"action\":\"resume\",\"after\":\"" EPOCH ":795\"}");
	expect(&p, "{\"type\":\"answer\",\"action\":\"resume\",\"ok\":true,\"position\":\"" EPOCH
		   ":795\",\"verdict\":\"resumed\"");
	expect_events(&p, 796, 800, 1);
	peer_say(&p, "{\"action\":\"resume\",\"after\":\"" EPOCH ":3\"}");
	expect(&p, "{\"type\":\"answer\"");
	expect_events(&p, 4, 800, 1);
	peer_done(&p);
	stop();
}

static void
only_the_new_channel_is_told_again(void **unused)
{
	struct web_options o = small();
	struct peer p;

	(void)unused;
	start(&o);
	happen(300, "server.ready");
	p = welcomed("admin");
	peer_say(&p, "{\"action\":\"subscribe\",\"channels\":[\"server/even\"]}");
	expect(&p, "{\"type\":\"answer\"");
	happen(100, "server.ready");
	expect_events(&p, 302, 400, 2);
	peer_say(&p, "{\"action\":\"subscribe\",\"channels\":[\"server/odd\"],\"after\":\"" EPOCH
		     ":100\"}");
	expect(&p, "{\"type\":\"answer\"");
	happen(20, "server.ready");
	expect_events(&p, 101, 399, 2);
	expect_events(&p, 401, 420, 1);
	peer_done(&p);
	stop();
}

/* Two channels without an event in common, left and come back to at random, as a client does that keeps its places. */
static void
whatever_is_left_and_resumed_nothing_is_missing_or_twice(void **unused)
{
	static const char *const names[] = { "odd", "even" };
	struct web_options o = small();

	(void)unused;
	for (unsigned seed = 1; seed <= 8; seed++) {
		uint64_t told[2] = { 1, 2 }; /* the last of each, told or skipped */
		bool subscribed[2] = { false, false };
		unsigned state = seed, answers = 0;
		struct peer p;

		start(&o);
		happen(40, "server.ready");
		p = welcomed("admin");
		for (unsigned n = 0; n < 60; n++) {
			unsigned pick;
			char text[126];

			state = state * 1103515245u + 12345u;
			pick = state >> 16;
			if (pick % 3 == 0) {
				happen(2 + pick / 3 % 20 * 2, "server.ready");
				continue;
			}
			pick = pick / 3 % 2;
			(void)snprintf(text, sizeof text,
				       subscribed[pick]
					       ? "{\"action\":\"unsubscribe\",\"channels\":"
						 "[\"server/%s\"]}"
					       : "{\"action\":\"subscribe\",\"channels\":"
						 "[\"server/%s\"],\"after\":\"" EPOCH ":%llu\"}",
				       names[pick], (unsigned long long)told[pick]);
			subscribed[pick] = !subscribed[pick];
			peer_say(&p, text);
			/* All that is told before the answer is of the state before. */
			for (answers = 0; answers == 0;) {
				CLEANUP(text_freep) char *other = NULL;
				uint64_t offset = next_event(&p, &other);
				unsigned which = offset % 2 == 0;

				if (offset == 0) {
					answers = 1;
					continue;
				}
				assert_int_equal(offset, told[which] + 2);
				told[which] = offset;
			}
		}
		for (unsigned which = 0; which < 2; which++)
			for (; subscribed[which] && told[which] + 2 <= t.last;) {
				CLEANUP(text_freep) char *other = NULL;
				uint64_t offset = next_event(&p, &other);

				assert_int_not_equal(offset, 0);
				assert_int_equal(offset, told[offset % 2 == 0] + 2);
				told[offset % 2 == 0] = offset;
			}
		peer_done(&p);
		stop();
	}
}

static void
a_player_is_told_what_a_player_may_see_live_and_again(void **unused)
{
	struct web_options o = small();
	struct peer p;

	(void)unused;
	start(&o);
	happen(90, "server.ready"); /* each third is for staff */
	p = welcomed("anybody");
	peer_say(&p,
		 "{\"action\":\"subscribe\",\"channels\":[\"feed\"],\"after\":\"" EPOCH ":0\"}");
	expect(&p, "{\"type\":\"answer\"");
	happen(30, "server.ready");
	for (uint64_t at = 1; at <= 120; at++)
		if (at % 3 != 0)
			expect_events(&p, at, at, 1);
	peer_done(&p);
	stop();
}

static void
what_is_no_longer_kept_is_told_as_a_gap(void **unused)
{
	struct web_options o = small();
	struct peer p;
	CLEANUP(text_freep) char *text = NULL;

	(void)unused;
	t.first = 200;
	happen(300, "server.ready");
	start(&o);
	p = welcomed("admin");
	peer_say(&p,
		 "{\"action\":\"subscribe\",\"channels\":[\"feed\"],\"after\":\"" EPOCH ":5\"}");
	text = peer_hear(&p);
	/* Told in the answer, or behind it when the record had not been asked yet. */
	if (strstr(text, "\"verdict\":\"gap\",\"oldest\":200}") == NULL)
		expect(&p, "{\"type\":\"position\",\"position\":\"" EPOCH
			   ":199\",\"verdict\":\"gap\",\"oldest\":200}");
	expect_events(&p, 200, 300, 1);
	peer_say(&p, "{\"action\":\"resume\",\"after\":\"OTHER:5\"}");
	mem_free(TAKE(text));
	text = peer_hear(&p);
	assert_non_null(strstr(text, "\"verdict\":\"unknown epoch\",\"oldest\":200}"));
	peer_done(&p);
	stop();
}

static void
rights_that_change_end_it_before_more_is_told(void **unused)
{
	struct web_options o = options();
	struct peer p;

	(void)unused;
	start(&o);
	p = welcomed("anybody");
	peer_say(&p, "{\"action\":\"subscribe\",\"channels\":[\"feed\",\"user/someone\"]}");
	expect(&p, "{\"type\":\"answer\"");
	happen(1, "user.changed");
	assert_null(peer_hear(&p));
	assert_int_equal(p.code, 3005);
	peer_done(&p);
	p = welcomed("anybody");
	web_connections_port(t.web)->revoke(web_connections_port(t.web), "4567");
	web_connections_port(t.web)->revoke(web_connections_port(t.web), "0123");
	assert_null(peer_hear(&p));
	assert_int_equal(p.code, 3005);
	peer_done(&p);
	stop();
}

static void
console_says(struct api_line line)
{
	t.on_console(t.console_argument, &line);
}

static void
console_lines_go_to_those_who_ask_and_to_nobody_else(void **unused)
{
	struct web_options o = options();
	struct peer p, q;

	(void)unused;
	start(&o);
	console_says((struct api_line){ "a", 1, "nobody listens", NULL });
	p = welcomed("admin");
	q = welcomed("admin");
	peer_say(&p, "{\"action\":\"subscribe\",\"channels\":[\"console/a\"]}");
	expect(&p, "{\"type\":\"answer\"");
	peer_say(&q, "{\"action\":\"subscribe\",\"channels\":[\"console/b\"]}");
	expect(&q, "{\"type\":\"answer\"");
	console_says((struct api_line){ "a", 17, "a \"line\"", "a \x1b[1m\"line\"\x1b[m" });
	console_says((struct api_line){ "b", 1, "other", NULL });
	expect(&p, "{\"type\":\"console\",\"server\":\"a\",\"number\":17,\"line\":"
		   "\"a \\\"line\\\"\",\"ansi\":"
		   "\"a \\u001B[1m\\\"line\\\"\\u001B[m\"}");
	expect(&q, "{\"type\":\"console\",\"server\":\"b\",\"number\":1,\"line\":\"other\"}");
	peer_say(&p, "{\"action\":\"unsubscribe\",\"channels\":[\"console/a\"]}");
	expect(&p, "{\"type\":\"answer\"");
	console_says((struct api_line){ "a", 33, "again nobody", NULL });
	peer_say(&p, "{\"action\":\"ping\"}");
	expect(&p, "{\"type\":\"answer\",\"action\":\"ping\"");
	peer_done(&p);
	peer_done(&q);
	stop();
}

static bool
has_noted(const char *part)
{
	bool has;

	ASSERT(pthread_mutex_lock(&t.lock) == 0);
	has = strstr(buf_text(&t.noted), part) != NULL;
	ASSERT(pthread_mutex_unlock(&t.lock) == 0);
	return has;
}

static void
an_endpoints_messages_are_its_integrations_in_order(void **unused)
{
	struct web_options o = options();
	struct peer p;
	char text[32];

	(void)unused;
	start(&o);
	p = peer_open("/custom", "anybody", "");
	for (unsigned n = 0; n < 20; n++) {
		(void)snprintf(text, sizeof text, "message %u", n);
		peer_frame(&p, n % 2 == 0 ? WEBSOCKET_TEXT : WEBSOCKET_BINARY, text, strlen(text));
		expect(&p, text); /* the first thing it hears: nothing comes unasked */
	}
	peer_frame(&p, WEBSOCKET_CLOSE, "\x0f\xa0", 2);
	assert_null(peer_hear(&p));
	assert_int_equal(p.code, 4000);
	peer_done(&p);
	for (unsigned i = 0; i < 500 && !has_noted("closed 4000 ;"); i++)
		usleep(10000);
	assert_true(has_noted("opened;text message 0;bytes message 1;"));
	assert_true(has_noted("bytes message 19;closed 4000 ;"));
	assert_false(has_noted("another's"));
	stop();
}

/* Pings are answered, and it would live for hours. */
static void
what_it_was_opened_with_expires_and_so_does_it(void **unused)
{
	struct web_options o = options();
	struct peer p;

	(void)unused;
	start(&o);
	p = welcomed("brief");
	assert_null(peer_hear(&p));
	assert_int_equal(p.code, 3005);
	peer_done(&p);
	stop();
}

static void
what_may_not_be_read_is_forbidden_and_no_matter_of_signatures(void **unused)
{
	struct web_options o = options();
	struct peer p;
	char *answer;

	(void)unused;
	start(&o);
	p = welcomed("anybody");
	peer_say(&p, "{\"action\":\"subscribe\",\"id\":1,\"channels\":[\"alerts\"]}");
	answer = peer_hear(&p);
	assert_non_null(strstr(answer, "\"ok\":false,\"status\":403"));
	assert_non_null(strstr(answer, "\"urn:roost:problem:forbidden\""));
	mem_free(answer);
	peer_done(&p);
	stop();
}

static void
stopping_says_come_back(void **unused)
{
	struct web_options o = options();
	struct peer p;

	(void)unused;
	start(&o);
	p = welcomed("anybody");
	stop();
	assert_null(peer_hear(&p));
	assert_int_equal(p.code, 1001);
	peer_done(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_answered_first_then_replayed_then_live),
		cmocka_unit_test(only_the_new_channel_is_told_again),
		cmocka_unit_test(whatever_is_left_and_resumed_nothing_is_missing_or_twice),
		cmocka_unit_test(a_player_is_told_what_a_player_may_see_live_and_again),
		cmocka_unit_test(what_is_no_longer_kept_is_told_as_a_gap),
		cmocka_unit_test(rights_that_change_end_it_before_more_is_told),
		cmocka_unit_test(console_lines_go_to_those_who_ask_and_to_nobody_else),
		cmocka_unit_test(an_endpoints_messages_are_its_integrations_in_order),
		cmocka_unit_test(what_it_was_opened_with_expires_and_so_does_it),
		cmocka_unit_test(what_may_not_be_read_is_forbidden_and_no_matter_of_signatures),
		cmocka_unit_test(stopping_says_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
