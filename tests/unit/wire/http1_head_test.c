/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire/http1/head.h"

#define H "Host: x\r\n"

static const char *const good[] = {
	"GET / HTTP/1.1\r\n" H "\r\n",
	"\r\nGET / HTTP/1.1\r\n" H "\r\n",
	"GET /a/b?c=d&e=%20 HTTP/1.1\r\nHost: roost.example.org:8080\r\n\r\n",
	"GET /%7Euser/@connections/abc%3D HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
	"HEAD / HTTP/1.0\r\n\r\n",
	"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\n" H "\r\n",
	"GET http://x/a?b HTTP/1.1\r\n" H "\r\n",
	"GET HTTPS://X/ HTTP/1.1\r\n" H "\r\n",
	"POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\n",
	"POST / HTTP/1.1\r\n" H "Content-Length:0\r\n\r\n",
	"POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n",
	"PUT / HTTP/1.1\r\n" H "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n",
	"GET / HTTP/1.1\r\n" H "Empty:\r\nTabs:\t \tv\t \r\nText: a b\tc\r\n\r\n",
	"GET / HTTP/1.1\r\n" H "Latin: \xe4\xf6\xfc\r\n\r\n",
	"GET / HTTP/1.1\r\n" H "Connection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n",
	"GET /?a=|{}^\"<> HTTP/1.1\r\n" H "\r\n",
	"PATCH /;v=1/a+b HTTP/1.1\r\nhOsT:x\r\n\r\n",
};

static const struct {
	int status;
	const char *head;
} bad[] = {
	/* request lines */
	{ 400, "\r\n\r\n" },
	{ 400, " GET / HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET  / HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET /  HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET / HTTP/1.1 \r\n" H "\r\n" },
	{ 400, "GET\t/ HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET /\r\n\r\n" },
	{ 400, "GET\r\n\r\n" },
	{ 400, "G@T / HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET / http/1.1\r\n" H "\r\n" },
	{ 400, "GET / HTTP/1.\r\n" H "\r\n" },
	{ 400, "GET / HTTP/11\r\n" H "\r\n" },
	{ 400, "GET / HTTP/1.10\r\n" H "\r\n" },
	{ 400, "GET / HTTPS/1.1\r\n" H "\r\n" },
	{ 501, "get / HTTP/1.1\r\n" H "\r\n" },
	{ 501, "TRACE / HTTP/1.1\r\n" H "\r\n" },
	{ 501, "CONNECT x:443 HTTP/1.1\r\n" H "\r\n" },
	{ 501, "BREW / HTTP/1.1\r\n" H "\r\n" },
	{ 505, "GET / HTTP/2.0\r\n" H "\r\n" },
	{ 505, "GET / HTTP/0.9\r\n" H "\r\n" },
	{ 505, "GET / HTTP/1.2\r\n" H "\r\n" },
	{ 505, "PRI / HTTP/2.0\r\n\r\n" },
	/* targets */
	{ 400, "GET a HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET * HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET x:80 HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET /a#b HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET /?a#b HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET /a\\b HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET /<a> HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET /% HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET /%2 HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET /%zz HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET http://x HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET http:///a HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET http://me@x/ HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET http://other/ HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET ftp://x/ HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET http://x/ HTTP/1.1\r\n\r\n" },
	/* Host */
	{ 400, "GET / HTTP/1.1\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H H "\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "Host: y\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: me@a\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: a:\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: a:8o\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: [g]\r\n\r\n" },
	/* header lines */
	{ 400, "GET / HTTP/1.1\r\n" H "Name : v\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "Name\t: v\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H " Name: v\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "Name: v\r\n folded\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "Name: v\r\n\tfolded: x\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "Name\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H ": v\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "Na me: v\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "N\xc3\xa4me: v\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "N(a)me: v\r\n\r\n" },
	/* line ends */
	{ 400, "GET / HTTP/1.1\n" H "\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: x\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: x\r\n\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: x\rY: z\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n" },
	{ 400, "GET /\r HTTP/1.1\r\nHost: x\r\n\r\n" },
	{ 400, "\nGET / HTTP/1.1\r\n" H "\r\n" },
	{ 400, "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "A: \x01\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "A: \x7f\r\n\r\n" },
	{ 400, "\x16\x03\x01\x02\x01\x01" },
	/* lengths and codings */
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 6\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: -5\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length: 5 6\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n" },
	{ 413, "POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n" },
	{ 501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n" },
	{ 501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n" },
	{ 501, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked;q=1\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H
	       "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ 400, "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n" },
	{ 400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding : chunked\r\n\r\n" },
	/* the rest */
	{ 417, "POST / HTTP/1.1\r\n" H "Expect: the-unexpected\r\n\r\n" },
	{ 400, "GET / HTTP/1.1\r\n" H "Connection: a b\r\n\r\n" },
};

static enum http_parse
parse(const char *bytes, size_t length, struct http_head *head, int *status)
{
	size_t scanned = 0;

	return http_head_parse(bytes, length, &scanned, head, status);
}

static bool
has_text(const char *bytes, struct http_span span, const char *text)
{
	return span.length == strlen(text) && memcmp(bytes + span.at, text, span.length) == 0;
}

static void
good_requests_are_understood_and_every_prefix_waits(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(good); i++) {
		size_t length = strlen(good[i]), scanned = 0;
		struct http_head head, at_once;
		int status = 0;

		for (size_t n = 0; n < length; n++) {
			assert_int_equal(parse(good[i], n, &head, &status), HTTP_MORE);
			/* also when it is told of one byte more each time */
			assert_int_equal(http_head_parse(good[i], n, &scanned, &head, &status),
					 HTTP_MORE);
		}
		assert_int_equal(http_head_parse(good[i], length, &scanned, &head, &status),
				 HTTP_DONE);
		assert_int_equal(parse(good[i], length, &at_once, &status), HTTP_DONE);
		assert_memory_equal(&head, &at_once, sizeof head);
		assert_int_equal(head.length, length);
	}
}

static void
bad_requests_are_refused_with_their_status(void **unused)
{
	(void)unused;
	assert_true(ELEMENTS(bad) >= 60);
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		size_t length = strlen(bad[i].head), scanned = 0;
		enum http_parse split = HTTP_MORE;
		struct http_head head;
		int status = 0, expected = bad[i].status;

		if (parse(bad[i].head, length, &head, &status) != HTTP_BAD || status != expected)
			fail_msg("%s: %d, not %d", bad[i].head, status, expected);
		for (size_t n = 0; n <= length && split == HTTP_MORE; n++)
			split = http_head_parse(bad[i].head, n, &scanned, &head, &status);
		assert_int_equal(split, HTTP_BAD);
		assert_int_equal(status, expected);
	}
}

static void
a_nul_is_refused_wherever_it_stands(void **unused)
{
	static const char request[] = "GET /a?b HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n";
	char torn[sizeof request];
	struct http_head head;
	int status = 0;

	(void)unused;
	for (size_t i = 0; i < sizeof request - 1; i++) {
		memcpy(torn, request, sizeof request);
		torn[i] = '\0';
		assert_int_equal(parse(torn, sizeof request - 1, &head, &status), HTTP_BAD);
		assert_int_equal(status, 400);
	}
}

static void
what_a_request_says_is_found_in_its_place(void **unused)
{
	static const char request[] =
		"POST http://Roost.example:8080/v1/servers/a%20b/wake?x=1&y HTTP/1.1\r\n"
		"hOST: roost.EXAMPLE:8080\r\n"
		"Cookie: a=b\r\nX-Empty: \r\ncookie:  c=d \r\n"
		"Content-Length: 17\r\nConnection: Keep-Alive, UPGRADE\r\n"
		"Expect: 100-continue\r\n\r\nbody";
	struct http_head head;
	int status = 0;
	char *text;

	(void)unused;
	assert_int_equal(parse(request, sizeof request - 1, &head, &status), HTTP_DONE);
	assert_int_equal(head.method, HTTP_POST);
	assert_int_equal(head.length, sizeof request - 1 - 4);
	assert_true(has_text(request, head.path, "/v1/servers/a%20b/wake"));
	assert_true(head.has_query && has_text(request, head.query, "x=1&y"));
	assert_true(has_text(request, head.host, "roost.EXAMPLE:8080"));
	assert_int_equal(head.content_length, 17);
	assert_true(head.keep_alive && head.upgrade && head.expects_continue && !head.chunked);
	assert_true(has_text(request, http_header_find(&head, request, "cookie", 0)->value, "a=b"));
	assert_true(has_text(request, http_header_find(&head, request, "COOKIE", 1)->value, "c=d"));
	assert_null(http_header_find(&head, request, "cookie", 2));
	text = http_header_text(&head, request, "x-empty");
	assert_string_equal(text, "");
	mem_free(text);
	assert_null(http_header_text(&head, request, "absent"));
}

static void
a_connection_is_kept_only_when_both_sides_would(void **unused)
{
	static const struct {
		const char *request;
		bool kept;
	} rows[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, close\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct http_head head;
		int status = 0;

		assert_int_equal(parse(rows[i].request, strlen(rows[i].request), &head, &status),
				 HTTP_DONE);
		assert_int_equal(head.keep_alive, rows[i].kept);
	}
}

/* `count` headers of `length` bytes each behind a request line; returns the whole length. */
static size_t
many_headers(char *to, size_t count, size_t length)
{
	size_t at = (size_t)sprintf(to, "GET / HTTP/1.1\r\nHost: x\r\n");

	for (size_t i = 0; i < count; i++) {
		memset(to + at, 'a', length);
		to[at + 1] = ':';
		memcpy(to + at + length - 2, "\r\n", 2);
		at += length;
	}
	memcpy(to + at, "\r\n", 2);
	return at + 2;
}

static void
too_much_is_too_much(void **unused)
{
	static char bytes[4 * HTTP_HEAD_LIMIT];
	struct http_head head;
	int status = 0;
	size_t length;

	(void)unused;
	length = many_headers(bytes, HTTP_HEADERS_LIMIT - 1, 10);
	assert_int_equal(parse(bytes, length, &head, &status), HTTP_DONE);
	length = many_headers(bytes, HTTP_HEADERS_LIMIT, 10);
	assert_int_equal(parse(bytes, length, &head, &status), HTTP_BAD);
	assert_int_equal(status, 431);
	length = many_headers(bytes, 8, 3000);
	assert_int_equal(parse(bytes, length, &head, &status), HTTP_BAD);
	assert_int_equal(status, 431);

	memset(bytes, 'a', sizeof bytes);
	memcpy(bytes, "GET /", 5);
	assert_int_equal(parse(bytes, HTTP_HEAD_LIMIT, &head, &status), HTTP_BAD);
	assert_int_equal(status, 414);
	memcpy(bytes + HTTP_TARGET_LIMIT + 10, " HTTP/1.1\r\nHost: x\r\n\r\n", 22);
	assert_int_equal(parse(bytes, HTTP_TARGET_LIMIT + 32, &head, &status), HTTP_BAD);
	assert_int_equal(status, 414);
}

static void
a_whole_head_at_the_limit_is_still_good(void **unused)
{
	static char bytes[HTTP_HEAD_LIMIT + 16];
	size_t length = many_headers(bytes, 1, HTTP_HEAD_LIMIT - 27);
	struct http_head head;
	int status = 0;

	(void)unused;
	assert_int_equal(length, HTTP_HEAD_LIMIT);
	assert_int_equal(parse(bytes, length, &head, &status), HTTP_DONE);
	length = many_headers(bytes, 1, HTTP_HEAD_LIMIT - 26);
	assert_int_equal(parse(bytes, length, &head, &status), HTTP_BAD);
	assert_int_equal(status, 431);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_requests_are_understood_and_every_prefix_waits),
		cmocka_unit_test(bad_requests_are_refused_with_their_status),
		cmocka_unit_test(a_nul_is_refused_wherever_it_stands),
		cmocka_unit_test(what_a_request_says_is_found_in_its_place),
		cmocka_unit_test(a_connection_is_kept_only_when_both_sides_would),
		cmocka_unit_test(too_much_is_too_much),
		cmocka_unit_test(a_whole_head_at_the_limit_is_still_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
