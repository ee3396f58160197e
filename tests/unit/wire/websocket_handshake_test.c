/* SPDX-License-Identifier: Apache-2.0 */
/* The opening handshake (RFC 6455 §4.2) and the offers of compression (RFC 7692 §7.1). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire/websocket/handshake.h"

#define UPGRADE	   "Connection: Upgrade\r\nUpgrade: websocket\r\n"
#define KEY	   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION	   "Sec-WebSocket-Version: 13\r\n"
#define GET	   "GET /v1/ws HTTP/1.1\r\nHost: x\r\n"
#define EXTENSIONS "Sec-WebSocket-Extensions: "
#define PROTOCOLS  "Sec-WebSocket-Protocol: "

struct request {
	char bytes[2048];
	struct http_head head;
};

static void
parse(struct request *r, const char *text)
{
	size_t scanned = 0;
	int status = 0;

	(void)snprintf(r->bytes, sizeof r->bytes, "%s\r\n", text);
	assert_int_equal(http_head_parse(r->bytes, strlen(r->bytes), &scanned, &r->head, &status),
			 HTTP_DONE);
}

static void
a_right_request_opens_a_connection(void **state)
{
	static const char *const rows[] = {
		GET UPGRADE KEY VERSION,
		GET "Upgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n" KEY VERSION,
		GET "connection: Keep-Alive\r\nCONNECTION: UPGRADE\r\n"
		    "Upgrade: h2c\r\nupgrade: x, WEBSOCKET\r\n" KEY VERSION,
		GET UPGRADE VERSION "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
		GET UPGRADE VERSION "Sec-WebSocket-Key: +/0123456789azAZazAZ+/==\r\n",
		GET UPGRADE KEY VERSION "Content-Length: 0\r\n",
		GET UPGRADE KEY VERSION EXTENSIONS "\r\n" PROTOCOLS "\r\n",
		GET UPGRADE KEY VERSION EXTENSIONS ",a,, b;c ;d=e; f = \"g\" ,\r\n",
		GET UPGRADE KEY VERSION EXTENSIONS "a; b=\"c\\d\"\r\n" EXTENSIONS "a\r\n",
		GET UPGRADE KEY VERSION PROTOCOLS "a, b\r\n" PROTOCOLS "A\r\n",
	};
	struct request r;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		parse(&r, rows[i]);
		if (websocket_upgrade_check(&r.head, r.bytes) != WEBSOCKET_UPGRADE_RIGHT)
			fail_msg("%s", rows[i]);
	}
}

static void
a_wrong_request_is_told_what_is_wrong(void **state)
{
	static const struct {
		enum websocket_upgrade refusal;
		int status;
		const char *request;
	} rows[] = {
#define BAD(name, status, ...) { WEBSOCKET_UPGRADE_##name, status, __VA_ARGS__ }
		BAD(NOT_GET, 405, "POST / HTTP/1.1\r\nHost: x\r\n" UPGRADE KEY VERSION),
		BAD(NOT_GET, 405, "HEAD / HTTP/1.1\r\nHost: x\r\n" UPGRADE KEY VERSION),
		BAD(OLD_HTTP, 426, "GET / HTTP/1.0\r\nHost: x\r\n" UPGRADE KEY VERSION),
		BAD(NOT_ASKED, 426, GET),
		BAD(NOT_ASKED, 426, GET KEY VERSION),
		BAD(NOT_ASKED, 426, GET "Upgrade: websocket\r\n" KEY VERSION),
		BAD(NOT_ASKED, 426, GET "Connection: Upgrade\r\n" KEY VERSION),
		BAD(NOT_ASKED, 426, GET "Connection: upgrade\r\nUpgrade: h2c\r\n" KEY VERSION),
		BAD(NOT_ASKED, 426,
		    GET "Connection: upgraded\r\nUpgrade: websocket\r\n" KEY VERSION),
		BAD(NOT_ASKED, 426,
		    GET "Connection: upgrade\r\nUpgrade: websockets\r\n" KEY VERSION),
		BAD(HAS_BODY, 400, GET UPGRADE KEY VERSION "Content-Length: 1\r\n"),
		BAD(HAS_BODY, 400, GET UPGRADE KEY VERSION "Transfer-Encoding: chunked\r\n"),
		BAD(OTHER_VERSION, 426, GET UPGRADE KEY),
		BAD(OTHER_VERSION, 426, GET UPGRADE KEY "Sec-WebSocket-Version: 8\r\n"),
		BAD(OTHER_VERSION, 426, GET UPGRADE KEY "Sec-WebSocket-Version: 013\r\n"),
		BAD(OTHER_VERSION, 426, GET UPGRADE KEY "Sec-WebSocket-Version: 13, 8\r\n"),
		BAD(OTHER_VERSION, 426, GET UPGRADE KEY VERSION VERSION),
		BAD(BAD_KEY, 400, GET UPGRADE VERSION),
		BAD(BAD_KEY, 400, GET UPGRADE VERSION KEY KEY),
		BAD(BAD_KEY, 400, GET UPGRADE VERSION "Sec-WebSocket-Key:\r\n"),
		BAD(BAD_KEY, 400,
		    GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n"),
		BAD(BAD_KEY, 400,
		    GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ===\r\n"),
		BAD(BAD_KEY, 400,
		    GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n"),
		BAD(BAD_KEY, 400,
		    GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j_Q==\r\n"),
		BAD(BAD_KEY, 400,
		    GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBu b25jZ==\r\n"),
		BAD(BAD_KEY, 400,
		    GET UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA=\r\n"),
		BAD(BAD_EXTENSIONS, 400, GET UPGRADE KEY VERSION EXTENSIONS "a b\r\n"),
		BAD(BAD_EXTENSIONS, 400, GET UPGRADE KEY VERSION EXTENSIONS "a;\r\n"),
		BAD(BAD_EXTENSIONS, 400, GET UPGRADE KEY VERSION EXTENSIONS ";a\r\n"),
		BAD(BAD_EXTENSIONS, 400, GET UPGRADE KEY VERSION EXTENSIONS "a;b=\r\n"),
		BAD(BAD_EXTENSIONS, 400, GET UPGRADE KEY VERSION EXTENSIONS "a;b=\"\"\r\n"),
		BAD(BAD_EXTENSIONS, 400, GET UPGRADE KEY VERSION EXTENSIONS "a;b=\"c\r\n"),
		BAD(BAD_EXTENSIONS, 400, GET UPGRADE KEY VERSION EXTENSIONS "a;b=\"c\\\r\n"),
		BAD(BAD_EXTENSIONS, 400, GET UPGRADE KEY VERSION EXTENSIONS "a;b=\"c d\"\r\n"),
		BAD(BAD_EXTENSIONS, 400, GET UPGRADE KEY VERSION EXTENSIONS "a;b=\"c\"d\r\n"),
		BAD(BAD_EXTENSIONS, 400,
		    GET UPGRADE KEY VERSION EXTENSIONS "a\r\n" EXTENSIONS "=\r\n"),
		BAD(BAD_PROTOCOLS, 400, GET UPGRADE KEY VERSION PROTOCOLS "a b\r\n"),
		BAD(BAD_PROTOCOLS, 400, GET UPGRADE KEY VERSION PROTOCOLS "a, \"b\"\r\n"),
		BAD(BAD_PROTOCOLS, 400, GET UPGRADE KEY VERSION PROTOCOLS "a, b, a\r\n"),
		BAD(BAD_PROTOCOLS, 400,
		    GET UPGRADE KEY VERSION PROTOCOLS "a\r\n" PROTOCOLS "a\r\n"),
	};
	struct request r;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		enum websocket_upgrade got;

		parse(&r, rows[i].request);
		got = websocket_upgrade_check(&r.head, r.bytes);
		if (got != rows[i].refusal)
			fail_msg("%d not %d: %s", got, rows[i].refusal, rows[i].request);
		assert_int_equal(websocket_refusal_status(got), rows[i].status);
		assert_true(strlen(websocket_refusal_detail(got)) > 10);
	}
}

/* RFC 6455 §1.3 */
static void
the_accept_of_the_rfcs_key_is_the_rfcs(void **state)
{
	char accept[WEBSOCKET_ACCEPT_SIZE];
	struct request r;

	parse(&r, GET UPGRADE KEY VERSION);
	websocket_accept(&r.head, r.bytes, accept);
	assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void
subprotocols_are_told_in_their_order(void **state)
{
	struct http_span p;
	struct request r;

	parse(&r, GET UPGRADE KEY VERSION PROTOCOLS "roost.v1 ,chat\r\n" PROTOCOLS "Super\r\n");
	assert_true(websocket_protocol_get(&r.head, r.bytes, 0, &p));
	assert_memory_equal(r.bytes + p.at, "roost.v1", p.length);
	assert_int_equal(p.length, 8);
	assert_true(websocket_protocol_get(&r.head, r.bytes, 2, &p));
	assert_memory_equal(r.bytes + p.at, "Super", p.length);
	assert_false(websocket_protocol_get(&r.head, r.bytes, 3, &p));
	assert_true(websocket_protocol_is_offered(&r.head, r.bytes, "chat"));
	assert_false(websocket_protocol_is_offered(&r.head, r.bytes, "super"));
	assert_false(websocket_protocol_is_offered(&r.head, r.bytes, "roost"));
	assert_false(websocket_protocol_is_offered(&r.head, r.bytes, ""));
	parse(&r, GET UPGRADE KEY VERSION);
	assert_false(websocket_protocol_get(&r.head, r.bytes, 0, &p));
}

#define D      "permessage-deflate"
#define ALWAYS D "; server_no_context_takeover; client_no_context_takeover"

static void
the_first_offer_that_can_be_kept_is_taken(void **state)
{
	static const struct {
		const char *offers, *answer;
	} rows[] = {
		{ D, ALWAYS },
		{ "Permessage-Deflate", ALWAYS },
		{ D "; client_max_window_bits", ALWAYS }, /* Chromium, Firefox, ws */
		{ D "; client_max_window_bits=8", ALWAYS },
		{ D "; client_max_window_bits=\"12\"", ALWAYS },
		{ D ";server_no_context_takeover;client_no_context_takeover", ALWAYS },
		{ D "; server_max_window_bits=15", ALWAYS "; server_max_window_bits=15" },
		{ D "; server_max_window_bits=9", ALWAYS "; server_max_window_bits=9" },
		{ D "; server_max_window_bits=\"1\\0\"", ALWAYS "; server_max_window_bits=10" },
		{ "x-webkit-deflate-frame, " D, ALWAYS },
		{ "a; b=c\r\n" EXTENSIONS D, ALWAYS },
		{ D "; server_max_window_bits=8, " D, ALWAYS },
		{ D "; unknown, " D "; unknown=1, " D "; server_max_window_bits=12",
		  ALWAYS "; server_max_window_bits=12" },
		/* Nothing that can be kept. */
		{ "", NULL },
		{ "x-webkit-deflate-frame", NULL },
		{ "permessage-bzip2", NULL },
		{ "permessage-deflate2", NULL },
		{ "permessage-deflate-and-a-name-longer-than-any-that-means-anything", NULL },
		{ D "; server_max_window_bits=8", NULL },
		{ D "; server_max_window_bits=7", NULL },
		{ D "; server_max_window_bits=16", NULL },
		{ D "; server_max_window_bits=010", NULL },
		{ D "; server_max_window_bits=", NULL },
		{ D "; server_max_window_bits", NULL },
		{ D "; client_max_window_bits=0", NULL },
		{ D "; client_max_window_bits=16", NULL },
		{ D "; client_max_window_bits=1x", NULL },
		{ D "; server_no_context_takeover=1", NULL },
		{ D "; client_no_context_takeover=true", NULL },
		{ D "; client_no_context_takeover; client_no_context_takeover", NULL },
		{ D "; server_max_window_bits=10; server_max_window_bits=10", NULL },
		{ D "; server_no_context_takeover=10", NULL },
		{ D "; foo", NULL },
	};
	struct request r;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		CLEANUP(buf_deinit) struct buf answer = BUF_NULL;
		CLEANUP(text_freep)
		char *request =
			text_format(GET UPGRADE KEY VERSION EXTENSIONS "%s\r\n", rows[i].offers);
		struct websocket_terms terms;
		bool agreed;

		parse(&r, request);
		agreed = websocket_terms_agree(&r.head, r.bytes, &terms);
		if (agreed != (rows[i].answer != NULL))
			fail_msg("%s", rows[i].offers);
		assert_true(agreed == (terms.window_bits > 0));
		if (!agreed)
			continue;
		websocket_terms_print(&terms, &answer);
		assert_string_equal(buf_text(&answer), rows[i].answer);
	}
}

static void
without_the_header_there_is_no_compression(void **state)
{
	struct websocket_terms terms;
	struct request r;

	parse(&r, GET UPGRADE KEY VERSION);
	assert_false(websocket_terms_agree(&r.head, r.bytes, &terms));
	assert_false(websocket_terms_fit(&terms, 0));
}

static void
a_small_window_gets_small_messages_deflated_only(void **state)
{
	struct websocket_terms small = { .window_bits = 9 }, full = { .window_bits = 15 };

	assert_true(websocket_terms_fit(&small, 512));
	assert_false(websocket_terms_fit(&small, 513));
	assert_true(websocket_terms_fit(&full, 1 << 20));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_request_opens_a_connection),
		cmocka_unit_test(a_wrong_request_is_told_what_is_wrong),
		cmocka_unit_test(the_accept_of_the_rfcs_key_is_the_rfcs),
		cmocka_unit_test(subprotocols_are_told_in_their_order),
		cmocka_unit_test(the_first_offer_that_can_be_kept_is_taken),
		cmocka_unit_test(without_the_header_there_is_no_compression),
		cmocka_unit_test(a_small_window_gets_small_messages_deflated_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
