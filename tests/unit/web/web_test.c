/* SPDX-License-Identifier: Apache-2.0 */
/* The page, requests and streams, as peers of the web edge see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/resource.h>

#include "feed/cursor.h"
#include "web/asset.h"
#include "web_fixture.h"
#include "wire/http1/text.h"

/* --- the page -------------------------------------------------------------------------------- */

static void
the_page_comes_with_its_guards(void **unused)
{
	struct web_options o = options();
	const char *answer;
	char tag[64];

	(void)unused;
	start(&o);
	answer = ask("GET /" H "\r\n");
	assert_true(text_starts_with(answer, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Security-Policy: default-src 'self';"));
	assert_non_null(strstr(answer, "frame-ancestors 'none'"));
	assert_non_null(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_non_null(strstr(answer, "<!doctype html>"));
	assert_int_equal(sscanf(strstr(answer, "\r\nETag: "), "\r\nETag: %63[^\r]", tag), 1);
	{
		char again[200];

		(void)snprintf(again, sizeof again, "GET /index.html" H "If-None-Match: %s\r\n\r\n",
			       tag);
		answer = ask(again);
		assert_true(text_starts_with(answer, "HTTP/1.1 304 Not Modified\r\n"));
		assert_true(text_ends_with(answer, "\r\n\r\n"));
	}
	answer = ask("GET /main.js" H "Accept-Encoding: br, gzip\r\n\r\n");
	assert_non_null(strstr(answer, "\r\nContent-Encoding: gzip\r\n"));
	assert_non_null(strstr(answer, "text/javascript"));
	answer = ask("HEAD /main.js" H "\r\n");
	assert_true(text_ends_with(answer, "\r\n\r\n"));
	stop();
}

static bool
is_embedded(const char *path, size_t length)
{
	for (size_t i = 0; i < web_asset_count; i++)
		if (strlen(web_assets[i].path) == length &&
		    memcmp(web_assets[i].path, path, length) == 0)
			return true;
	return false;
}

/* Every "/x.y" in the page's HTML and every "./x.js" its modules import. */
static void
every_file_the_page_names_is_embedded(void **unused)
{
	unsigned named = 0;

	(void)unused;
	for (size_t i = 0; i < web_asset_count; i++) {
		const struct web_asset *asset = &web_assets[i];
		CLEANUP(text_freep)
		char *text = text_copy_n((const char *)asset->bytes, asset->length);
		bool is_module = text_ends_with(asset->path, ".js");

		if (!is_module && !text_ends_with(asset->path, ".html"))
			continue;
		for (const char *at = text; (at = strpbrk(at, "\"")) != NULL; at++) {
			const char *path = at + 1;
			size_t length = strcspn(path, "\"");

			if (is_module ? !text_starts_with(path, "./")
				      : path[0] != '/' || memchr(path, '.', length) == NULL)
				continue;
			path += is_module;
			length -= is_module;
			if (!is_embedded(path, length))
				fail_msg("%s names %.*s", asset->path, (int)length, path);
			named++;
		}
	}
	assert_true(named > 10);
}

/* --- requests -------------------------------------------------------------------------------- */

static void
a_request_reaches_the_api_with_all_it_said(void **unused)
{
	struct web_options o = options();
	const char *answer;

	(void)unused;
	start(&o);
	answer = ask("POST /v1/servers/a%20b/wake?x=1" H "Cookie: a=b; roost_session=secret\r\n"
		     "X-CSRF-Token: token\r\nX-Connection-Id: me\r\nUser-Agent: test\x01/1\r\n"
		     "Content-Length: 4\r\n\r\nbody");
	assert_true(text_starts_with(answer, "HTTP/1.1 400 ")); /* a control in a header */
	answer = ask("POST /v1/servers/a%20b/wake?x=1" H "Cookie: a=b; roost_session=secret\r\n"
		     "X-CSRF-Token: token\r\nX-Connection-Id: me\r\nUser-Agent: test/1\r\n"
		     "Content-Length: 4\r\n\r\nbody");
	assert_non_null(strstr(answer, "[1 /v1/servers/a b/wake x=1 body b=- s=secret c=token "
				       "id=me e=- secure test/1]"));
	assert_non_null(strstr(answer, "\r\nSet-Cookie: roost_session=abc; Path=/; HttpOnly\r\n"));
	assert_non_null(strstr(answer, "\r\nCache-Control: no-store\r\n"));
	answer = ask("GET /v1/me" H "Authorization: bearer  roost_x\r\nLast-Event-ID: A:1\r\n\r\n");
	assert_non_null(strstr(answer, "[0 /v1/me -  b=roost_x s=- c=- id=- e=A:1 secure ]"));
	answer = ask("GET /v1/me?lastEventId=A:2" H "Authorization: Basic abc\r\n\r\n");
	assert_non_null(strstr(answer, "b=- s=- c=- id=- e=A:2 "));
	answer = ask("GET /v1/denied" H "\r\n");
	assert_non_null(strstr(answer, "\r\nWWW-Authenticate: Bearer"));
	answer = ask("PATCH /v1/me" H "\r\n");
	assert_true(text_starts_with(answer, "HTTP/1.1 405 "));
	answer = ask("GET /metrics" H "\r\n");
	assert_non_null(strstr(answer, "\nroost_api_requests_total 5\n"));
	stop();
}

static void
a_page_of_another_site_may_not_change_anything(void **unused)
{
	static const struct {
		const char *headers;
		bool allowed;
	} rows[] = {
		{ "", true }, /* a program */
		{ "Origin: http://roost:80\r\n", true },
		{ "Origin: https://roost.example.org\r\n", true },
		{ "Origin: http://ROOST:80\r\n", true },
		{ "Sec-Fetch-Site: same-origin\r\nOrigin: http://behind-a-proxy\r\n", true },
		{ "Sec-Fetch-Site: none\r\n", true },
		{ "Origin: null\r\n", false },
		{ "Origin: http://evil.example\r\n", false },
		{ "Origin: https://roost:80\r\n", false },
		{ "Origin: http://roost:8080\r\n", false },
		{ "Origin: http://roost:80.evil.example\r\n", false },
		{ "Sec-Fetch-Site: same-site\r\n", false },
		{ "Sec-Fetch-Site: cross-site\r\nOrigin: http://roost:80\r\n", false },
	};
	static const char *const methods[] = { "POST", "PUT", "DELETE", "GET" };
	struct web_options o = options();

	(void)unused;
	start(&o);
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		for (size_t m = 0; m < ELEMENTS(methods); m++) {
			char request[300];
			const char *status =
				rows[i].allowed || m == 3 ? "HTTP/1.1 200 " : "HTTP/1.1 403 ";

			(void)snprintf(request, sizeof request, "%s /v1/session" H "%s\r\n",
				       methods[m], rows[i].headers);
			assert_true(text_starts_with(ask(request), status));
		}
	}
	stop();
}

static void
too_many_questions_at_once_are_sent_away_kindly(void **unused)
{
	static int fd[API_IN_FLIGHT_LIMIT];
	struct web_options o = options();
	const char *answer;

	(void)unused;
	start(&o);
	t.mute = true;
	for (size_t i = 0; i < ELEMENTS(fd); i++) {
		fd[i] = client_connect(t.port);
		client_send(fd[i], "GET /v1/me" H "\r\n");
	}
	answer = ask("GET /v1/me" H "\r\n");
	assert_true(text_starts_with(answer, "HTTP/1.1 503 "));
	assert_non_null(strstr(answer, "\r\nRetry-After: 1\r\n"));
	/* After a 503 a browser's EventSource would give up for good. */
	answer = ask("GET /v1/events" H "Accept: text/event-stream\r\n\r\n");
	assert_true(text_starts_with(answer, "HTTP/1.1 200 "));
	assert_true(text_ends_with(answer, "\r\n\r\nretry: 5000\n\n"));
	assert_true(text_starts_with(ask("GET /" H "\r\n"), "HTTP/1.1 200 ")); /* the page comes */
	t.mute = false;
	for (size_t i = 0; i < ELEMENTS(fd); i++) {
		assert_true(text_starts_with(client_read(fd[i], NULL), "HTTP/1.1 200 "));
		(void)close(fd[i]);
	}
	stop();
}

/* --- the feed -------------------------------------------------------------------------------- */

static int
watch(const char *query, const char *headers)
{
	int fd = client_connect(t.port);
	char request[400];

	(void)snprintf(
		request, sizeof request,
		"GET /v1/events%s HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n%s\r\n",
		query, headers);
	client_send(fd, request);
	return fd;
}

/* The id of the next event in a stream's text, positions left out; 0 when there is none. */
static uint64_t
next_id(const char **text)
{
	static const char id[] = "id: " EPOCH ":";

	while ((*text = strstr(*text, id)) != NULL) {
		char *end;
		uint64_t n = strtoull(*text + sizeof id - 1, &end, 10);

		*text = end;
		if (text_starts_with(end, "\nevent: server.ready\ndata: {"))
			return n;
	}
	return 0;
}

/* Are its ids exactly from..to, in order, but for those of staff when `skip`? */
static bool
has_exactly(const char *text, uint64_t from, uint64_t to, bool skip)
{
	for (uint64_t n = from; n <= to; n++)
		if (!(skip && n % 3 == 0) && next_id(&text) != n)
			return false;
	return next_id(&text) == 0;
}

static const char *
last_data(uint64_t n)
{
	static char data[40];

	(void)snprintf(data, sizeof data, "\"data\":{\"n\":%llu}}\n\n", (unsigned long long)n);
	return data;
}

static void
a_reader_is_told_where_it_is_and_what_happens(void **unused)
{
	struct web_options o = options();
	const char *text;
	int staff, player, one;

	(void)unused;
	happen(5, "server.ready");
	start(&o);
	staff = watch("", "Authorization: Bearer admin\r\n");
	text = client_read(staff, "\"newest\"");
	assert_non_null(strstr(text, "\r\nContent-Type: text/event-stream\r\n"));
	assert_non_null(strstr(text, "\nretry: "));
	assert_non_null(strstr(text, "\nid: " EPOCH ":5\nevent: feed.position\n"
				     "data: {\"position\":\"" EPOCH ":5\",\"verdict\":\"live\","));
	player = watch("", "");
	(void)client_read(player, "\"newest\":5}\n\n");
	one = watch("?server=even", "Authorization: Bearer admin\r\n");
	(void)client_read(one, "\"newest\":5}\n\n");
	happen(7, "server.ready");
	assert_true(has_exactly(client_read(staff, last_data(12)), 6, 12, false));
	assert_true(has_exactly(client_read(player, last_data(11)), 6, 11, true));
	text = client_read(one, last_data(12));
	assert_int_equal(count_of(text, "\"subject\":\"even\""), 4);
	assert_int_equal(count_of(text, "\"subject\":\"odd\""), 0);
	assert_int_equal(t.reads, 0);
	(void)close(staff);
	(void)close(player);
	(void)close(one);
	stop();
}

static void
a_reader_that_was_away_misses_nothing_and_hears_nothing_twice(void **unused)
{
	struct web_options o = options();

	(void)unused;
	happen(1000, "server.ready");
	o.ring_events = 64;
	start(&o);
	for (unsigned from = 0; from < 1000; from += 333) {
		char query[60];
		const char *text;
		uint64_t last;
		int fd;

		happen(100, "server.ready"); /* some in the ring, the others only in the record */
		last = t.last;
		(void)snprintf(query, sizeof query, "?last_event_id=%s:%u", EPOCH, from);
		fd = watch(query, "Authorization: Bearer admin\r\n");
		happen(20, "server.ready"); /* while it catches up */
		text = client_read(fd, last_data(last + 20));
		assert_non_null(strstr(text, "\"verdict\":\"resumed\""));
		assert_true(has_exactly(text, from + 1, last + 20, false));
		happen(3, "server.ready");
		assert_true(
			has_exactly(client_read(fd, last_data(t.last)), last + 21, t.last, false));
		(void)close(fd);
	}
	assert_true(t.reads > 0);
	stop();
}

static void
a_player_that_was_away_gets_only_what_a_player_may_see(void **unused)
{
	struct web_options o = options();
	const char *text;
	int fd;

	(void)unused;
	happen(500, "server.ready");
	start(&o);
	happen(50, "server.ready");
	fd = watch("?lastEventId=3", "");
	text = client_read(fd, last_data(550));
	assert_true(has_exactly(text, 4, 550, true));
	(void)close(fd);
	stop();
}

static void
what_is_lost_is_told(void **unused)
{
	struct web_options o = options();
	const char *text;
	int fd;

	(void)unused;
	happen(300, "server.ready");
	t.first = 101; /* the record keeps no more */
	start(&o);
	fd = watch("", "Authorization: Bearer admin\r\nLast-Event-ID: " EPOCH ":7\r\n");
	text = client_read(fd, last_data(300));
	assert_non_null(strstr(text, "\"verdict\":\"gap\",\"epoch\":\"" EPOCH
				     "\",\"oldest\":101,\"newest\":300}"));
	assert_true(has_exactly(text, 101, 300, false));
	(void)close(fd);
	fd = watch("", "Authorization: Bearer admin\r\nLast-Event-ID: OTHER:7\r\n");
	text = client_read(fd, last_data(300));
	assert_non_null(strstr(text, "\"verdict\":\"unknown epoch\""));
	assert_true(has_exactly(text, 101, 300, false));
	(void)close(fd);
	fd = watch("", "Authorization: Bearer admin\r\nLast-Event-ID: " EPOCH ":301\r\n");
	text = client_read(fd, "\"newest\"");
	assert_non_null(strstr(text, "\"verdict\":\"unknown epoch\""));
	(void)close(fd);
	stop();
}

static void
a_quiet_reader_hears_a_heartbeat(void **unused)
{
	struct web_options o = options();
	int fd;

	(void)unused;
	o.heartbeat_ms = 60;
	start(&o);
	fd = watch("", "");
	assert_null(strstr(client_read(fd, "\n:\n\n"), "(timeout)"));
	(void)close(fd);
	stop();
}

static void
a_reader_is_let_go_when_its_token_expires(void **unused)
{
	struct web_options o = options();
	int fd;

	(void)unused;
	o.heartbeat_ms = 60;
	start(&o);
	fd = watch("", "Authorization: Bearer brief\r\n");
	assert_null(strstr(client_read(fd, NULL), "(timeout)"));
	(void)close(fd);
	stop();
}

static void
a_reader_whose_rights_changed_has_to_come_anew(void **unused)
{
	struct web_options o = options();
	const char *text;
	int fd;

	(void)unused;
	start(&o);
	fd = watch("", "");
	(void)client_read(fd, "\"newest\":0}\n\n");
	happen(1, "user.changed");
	text = client_read(fd, NULL);
	assert_null(strstr(text, "(timeout)"));
	(void)close(fd);
	stop();
}

static void
a_reader_that_reads_nothing_is_let_go_and_resumes(void **unused)
{
	struct web_options o = options();
	const char *text;
	char query[60], *at;
	unsigned long long seen = 0;
	int fd, small = 4096;

	(void)unused;
	o.ring_events = 64;
	start(&o);
	fd = watch("", "Authorization: Bearer admin\r\n");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	(void)client_read(fd, "\"newest\":0}\n\n");
	for (unsigned i = 0; i < 60; i++) {
		happen(60, "server.ready");
		usleep(2000);
	}
	text = client_read(fd, NULL); /* what was on its way, then the end */
	assert_null(strstr(text, "(timeout)"));
	(void)close(fd);
	for (at = strstr(text, "\"data\":{\"n\":"); at != NULL;
	     at = strstr(at + 1, "\"data\":{\"n\":"))
		if (strchr(at, '}') != NULL)
			seen = strtoull(at + 12, NULL, 10);
	assert_true(seen < 3600);
	(void)snprintf(query, sizeof query, "?last_event_id=%s:%llu", EPOCH, seen);
	fd = watch(query, "Authorization: Bearer admin\r\n");
	assert_true(has_exactly(client_read(fd, last_data(3600)), seen + 1, 3600, false));
	(void)close(fd);
	stop();
}

static void
asking_for_the_head_of_a_stream_ends(void **unused)
{
	struct web_options o = options();
	const char *answer;

	(void)unused;
	start(&o);
	answer = ask("HEAD /v1/events" H "Accept: text/event-stream\r\n\r\n");
	assert_true(text_starts_with(answer, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Type: text/event-stream\r\n"));
	stop();
}

static void
stopping_lets_go_of_everybody(void **unused)
{
	struct web_options o = options();
	int stream, idle;

	(void)unused;
	start(&o);
	stream = watch("", "");
	(void)client_read(stream, "\"newest\":0}\n\n");
	idle = client_connect(t.port);
	client_send(idle, "GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n");
	(void)client_read(idle, "]");
	stop();
	assert_string_equal(client_read(stream, NULL), "");
	assert_string_equal(client_read(idle, NULL), "");
	(void)close(stream);
	(void)close(idle);
}

static void
a_taken_port_is_told(void **unused)
{
	struct web_options o = options(), second = options();
	struct endpoint endpoint = { .host = "127.0.0.1" };
	char why[REASON_LIMIT + 1] = "";

	(void)unused;
	start(&o);
	endpoint.port = t.port;
	second.listen = &endpoint;
	second.listen_count = 1;
	second.control = t.mailbox;
	assert_null(web_new(&second, why));
	assert_non_null(strstr(why, "another program uses this port"));
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_comes_with_its_guards),
		cmocka_unit_test(every_file_the_page_names_is_embedded),
		cmocka_unit_test(a_request_reaches_the_api_with_all_it_said),
		cmocka_unit_test(a_page_of_another_site_may_not_change_anything),
		cmocka_unit_test(too_many_questions_at_once_are_sent_away_kindly),
		cmocka_unit_test(a_reader_is_told_where_it_is_and_what_happens),
		cmocka_unit_test(a_reader_that_was_away_misses_nothing_and_hears_nothing_twice),
		cmocka_unit_test(a_player_that_was_away_gets_only_what_a_player_may_see),
		cmocka_unit_test(what_is_lost_is_told),
		cmocka_unit_test(a_reader_is_let_go_when_its_token_expires),
		cmocka_unit_test(a_quiet_reader_hears_a_heartbeat),
		cmocka_unit_test(a_reader_whose_rights_changed_has_to_come_anew),
		cmocka_unit_test(a_reader_that_reads_nothing_is_let_go_and_resumes),
		cmocka_unit_test(asking_for_the_head_of_a_stream_ends),
		cmocka_unit_test(stopping_lets_go_of_everybody),
		cmocka_unit_test(a_taken_port_is_told),
	};

	struct rlimit files;

	/* Both ends of many connections are in this process. */
	ASSERT(getrlimit(RLIMIT_NOFILE, &files) == 0);
	files.rlim_cur = files.rlim_max;
	ASSERT(setrlimit(RLIMIT_NOFILE, &files) == 0);
	(void)signal(SIGPIPE, SIG_IGN);
	ASSERT(pthread_mutex_init(&t.lock, NULL) == 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
