/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/http1/chunks.h"
#include "wire/http1/print.h"
#include "wire/http1/text.h"

static void
a_path_is_decoded_and_stays_inside(void **unused)
{
	static const struct {
		const char *raw, *meant;
	} rows[] = {
		{ "/", "/" },
		{ "/a/b", "/a/b" },
		{ "/a/b/", "/a/b/" },
		{ "//a///b", "/a/b" },
		{ "/a/./b/.", "/a/b" },
		{ "/a/../b", "/b" },
		{ "/a/b/..", "/a" },
		{ "/a/..", "/" },
		{ "/%61%2E%2e/x", "/a../x" },
		{ "/a/%2e%2e/b", "/b" },
		{ "/a%20b", "/a b" },
		{ "/%c3%a4", "/\xc3\xa4" },
		{ "/@connections/abc%3D", "/@connections/abc=" },
		{ "/..", NULL },
		{ "/../etc/passwd", NULL },
		{ "/%2e%2e/etc", NULL },
		{ "/a/../../b", NULL },
		{ "/a%00", NULL },
		{ "/a%0a", NULL },
		{ "/a%7f", NULL },
		{ "/a%2fb", NULL },
		{ "/a%5cb", NULL },
		{ "/%ff", NULL },
		{ "/%c3", NULL },
		{ "/%4", NULL },
		{ "a", NULL },
		{ "", NULL },
		{ "*", NULL },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		char *path = NULL;

		if (!http_path_decode(rows[i].raw, strlen(rows[i].raw), &path))
			assert_null(rows[i].meant);
		else
			assert_string_equal(path, rows[i].meant != NULL ? rows[i].meant : "(bad)");
		mem_free(path);
	}
}

static void
a_query_gives_its_parameters(void **unused)
{
	static const char query[] = "after=5&server=a+b%26c&flag&after=6&bad=%zz&nul=%00";
	static const struct {
		const char *name, *value;
	} rows[] = { { "after", "5" }, { "server", "a b&c" }, { "flag", "" },  { "fla", NULL },
		     { "bad", NULL },  { "nul", NULL },	      { "none", NULL } };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		char *value = http_query_get(query, rows[i].name);

		if (rows[i].value == NULL)
			assert_null(value);
		else
			assert_string_equal(value, rows[i].value);
		mem_free(value);
	}
	assert_null(http_query_get(NULL, "a"));
	assert_null(http_query_get("", "a"));
}

static void
a_cookie_is_found_by_its_whole_name(void **unused)
{
	static const char cookies[] = "xroost_session=no; roost_session=yes;theme=dark; roost=";
	char *value = http_cookie_get(cookies, strlen(cookies), "roost_session");

	(void)unused;
	assert_string_equal(value, "yes");
	mem_free(value);
	value = http_cookie_get(cookies, strlen(cookies), "roost");
	assert_string_equal(value, "");
	mem_free(value);
	assert_null(http_cookie_get(cookies, strlen(cookies), "session"));
	assert_null(http_cookie_get("", 0, "session"));
}

static bool
accepts(const char *value, const char *word)
{
	return http_accepts(value, strlen(value), word);
}

static void
what_is_accepted_is_what_was_named(void **unused)
{
	(void)unused;
	assert_true(accepts("text/event-stream", "text/event-stream"));
	assert_true(accepts("text/html, Text/Event-Stream ; q=0.5", "text/event-stream"));
	assert_true(accepts("gzip;q=0.001", "gzip"));
	assert_true(accepts("deflate, gzip;q=1.0, br", "gzip"));
	assert_false(accepts("*/*", "text/event-stream"));
	assert_false(accepts("gzip;q=0", "gzip"));
	assert_false(accepts("gzip; Q=0.000, br", "gzip"));
	assert_false(accepts("xgzip", "gzip"));
	assert_false(accepts("", "gzip"));
}

static void
an_entity_tag_is_compared_weakly(void **unused)
{
	static const struct {
		const char *value;
		bool matches;
	} rows[] = { { "\"a\"", true }, { "W/\"a\"", true },	   { "\"b\", W/\"a\"", true },
		     { "*", true },	{ "\"A\"", false },	   { "a", false },
		     { "", false },	{ "\"a\"x, \"c\"", false } };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++)
		assert_int_equal(http_etag_matches(rows[i].value, strlen(rows[i].value), "\"a\""),
				 rows[i].matches);
}

static const struct {
	const char *bytes, *body; /* NULL: bad */
} chunked[] = {
	{ "0\r\n\r\n", "" },
	{ "5\r\nhello\r\n0\r\n\r\n", "hello" },
	{ "5\r\nhello\r\nA\r\n, worlds!!\r\n00\r\n\r\n", "hello, worlds!!" },
	{ "5;name=value\r\nhello\r\n0;x\r\n\r\n", "hello" },
	{ "1\r\na\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n", "a" },
	{ "2\r\n\r\n\r\n0\r\n\r\n", "\r\n" },
	{ "\r\n", NULL },
	{ "x\r\n", NULL },
	{ "-1\r\n", NULL },
	{ "0x5\r\nhello\r\n", NULL },
	{ " 5\r\nhello\r\n", NULL },
	{ "5 \r\nhello\r\n", NULL },
	{ "5\nhello", NULL },
	{ "5\r\r\nhello", NULL },
	{ "5\r\nhello0\r\n", NULL },
	{ "5\r\nhello\n0\r\n", NULL },
	{ "5;a\nb\r\nhello", NULL },
	{ "0\r\n folded\r\n", NULL },
	{ "0\r\n:\r\n", NULL },
	{ "0\r\na\nb\r\n", NULL },
	{ "0\r\n\rx", NULL },
	{ "ffffffffffffffff\r\n", NULL },
	{ "1000000000000000f\r\n", NULL },
};

static void
a_chunked_body_is_put_together_wherever_it_is_split(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(chunked); i++) {
		size_t length = strlen(chunked[i].bytes);

		for (size_t split = 0; split <= length; split++) {
			struct http_chunks c = HTTP_CHUNKS_NULL;
			struct buf body = BUF_NULL;
			size_t first = 0, second = 0;
			enum http_chunks_result result =
				http_chunks_feed(&c, chunked[i].bytes, split, 100, &body, &first);

			if (result == CHUNKS_MORE)
				result = http_chunks_feed(&c, chunked[i].bytes + split,
							  length - split, 100, &body, &second);
			if (chunked[i].body == NULL) {
				assert_int_equal(result, CHUNKS_BAD);
			} else {
				assert_int_equal(result, CHUNKS_ENDED);
				assert_int_equal(first + second, length);
				assert_string_equal(buf_text(&body), chunked[i].body);
			}
			buf_deinit(&body);
		}
	}
}

static void
a_chunked_body_leaves_the_next_request_alone(void **unused)
{
	static const char bytes[] = "1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n";
	struct http_chunks c = HTTP_CHUNKS_NULL;
	struct buf body = BUF_NULL;
	size_t used = 0;

	(void)unused;
	assert_int_equal(http_chunks_feed(&c, bytes, sizeof bytes - 1, 10, &body, &used),
			 CHUNKS_ENDED);
	assert_string_equal(bytes + used, "GET / HTTP/1.1\r\n");
	buf_deinit(&body);
}

static void
a_chunked_body_is_bounded_before_it_comes(void **unused)
{
	struct http_chunks c = HTTP_CHUNKS_NULL;
	struct buf body = BUF_NULL;
	size_t used = 0;

	(void)unused;
	assert_int_equal(http_chunks_feed(&c, "a\r\n0123456789\r\n1\r\n", 18, 10, &body, &used),
			 CHUNKS_TOO_LARGE);
	assert_int_equal(body.length, 10);
	c = HTTP_CHUNKS_NULL;
	buf_clear(&body);
	assert_int_equal(http_chunks_feed(&c, "fffffffffffffff\r\n", 17, 10, &body, &used),
			 CHUNKS_TOO_LARGE);
	buf_deinit(&body);
}

static void
endless_extensions_and_trailers_are_refused(void **unused)
{
	static const char *const starts[] = { "5;", "0\r\nT: " };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(starts); i++) {
		struct http_chunks c = HTTP_CHUNKS_NULL;
		struct buf body = BUF_NULL;
		size_t used = 0, fed = 0;
		enum http_chunks_result result =
			http_chunks_feed(&c, starts[i], strlen(starts[i]), 10, &body, &used);

		while (result == CHUNKS_MORE && fed++ <= CHUNK_TRAILER_LIMIT)
			result = http_chunks_feed(&c, "a", 1, 10, &body, &used);
		assert_int_equal(result, CHUNKS_BAD);
		buf_deinit(&body);
	}
}

static void
a_date_is_written_as_http_wants_it(void **unused)
{
	char text[HTTP_DATE_SIZE];

	(void)unused;
	http_date((struct instant){ 784111777000 }, text);
	assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
	http_date((struct instant){ 0 }, text);
	assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
	http_date((struct instant){ 1709164800000 }, text);
	assert_string_equal(text, "Thu, 29 Feb 2024 00:00:00 GMT");
}

static void
a_response_head_is_printed(void **unused)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	(void)unused;
	http_print_status(&b, 404);
	http_print_header(&b, "Retry-After", "1");
	assert_string_equal(buf_text(&b), "HTTP/1.1 404 Not Found\r\nRetry-After: 1\r\n");
	assert_string_equal(http_status_phrase(299), "Status");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_decoded_and_stays_inside),
		cmocka_unit_test(a_query_gives_its_parameters),
		cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
		cmocka_unit_test(what_is_accepted_is_what_was_named),
		cmocka_unit_test(an_entity_tag_is_compared_weakly),
		cmocka_unit_test(a_chunked_body_is_put_together_wherever_it_is_split),
		cmocka_unit_test(a_chunked_body_leaves_the_next_request_alone),
		cmocka_unit_test(a_chunked_body_is_bounded_before_it_comes),
		cmocka_unit_test(endless_extensions_and_trailers_are_refused),
		cmocka_unit_test(a_date_is_written_as_http_wants_it),
		cmocka_unit_test(a_response_head_is_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
