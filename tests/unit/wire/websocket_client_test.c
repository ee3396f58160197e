/* SPDX-License-Identifier: Apache-2.0 */
/* The client's half: our own server's half, and RFC 6455's examples, are its counterpart. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "wire/websocket/client.h"
#include "wire/websocket/in.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ==" /* RFC 6455 §1.3 */
#define RIGHT                                                        \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n" \
	"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: "  \
	"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static void
what_is_asked_is_what_our_server_takes_for_right(void **unused)
{
	CLEANUP(buf_deinit) struct buf request = BUF_NULL;
	CLEANUP(buf_deinit) struct buf answer = BUF_NULL;
	char key[WEBSOCKET_KEY_SIZE], accept[WEBSOCKET_ACCEPT_SIZE];
	struct http_head head;
	size_t scanned = 0, used;
	int status;

	(void)unused;
	websocket_key((const unsigned char *)"the sample nonce", key);
	assert_string_equal(key, KEY);
	websocket_request_put(&request, &(struct websocket_request){ .path = "/v1/ws",
								     .host = "x:1",
								     .bearer = "roost_1",
								     .user_agent = "roost/1",
								     .key = key });
	assert_int_equal(http_head_parse((const char *)request.data, request.length, &scanned,
					 &head, &status),
			 HTTP_DONE);
	assert_int_equal(websocket_upgrade_check(&head, (const char *)request.data),
			 WEBSOCKET_UPGRADE_RIGHT);
	websocket_accept(&head, (const char *)request.data, accept);
	buf_format(&answer,
		   "HTTP/1.1 101 ok\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
		   "sec-websocket-accept: %s\r\n\r\nX",
		   accept);
	assert_int_equal(websocket_answer_read(answer.data, answer.length, key, &used, &status),
			 WEBSOCKET_OPENED);
	assert_int_equal(used, answer.length - 1);
}

static void
an_answer_is_known_once_it_is_whole(void **unused)
{
	static const char answer[] = RIGHT "\r\n";
	size_t used = 0;
	int status;

	(void)unused;
	for (size_t length = 0; length < sizeof answer - 1; length++)
		assert_int_equal(websocket_answer_read(answer, length, KEY, &used, &status),
				 WEBSOCKET_OPENED_MORE);
	assert_int_equal(websocket_answer_read(answer, sizeof answer - 1, KEY, &used, &status),
			 WEBSOCKET_OPENED);
}

static void
what_is_no_answer_to_this_key_opens_nothing(void **unused)
{
	static const char *const rows[] = {
		"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
		"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
		"HTTP/1.1 101 x\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
		RIGHT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
		RIGHT "Sec-WebSocket-Protocol: x\r\n\r\n",
		"HTTP/1.0 101 x\r\n\r\n",
		"HTTP/1.1 1x1 x\r\n\r\n",
		"SSH-2.0-OpenSSH\r\n\r\n",
		"\r\n\r\n",
	};
	static char endless[HTTP_HEAD_LIMIT];
	size_t used;
	int status = 0;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++)
		if (websocket_answer_read(rows[i], strlen(rows[i]), KEY, &used, &status) !=
		    WEBSOCKET_OPENED_WRONG)
			fail_msg("%s", rows[i]);
	memset(endless, 'x', sizeof endless);
	assert_int_equal(websocket_answer_read(endless, sizeof endless, KEY, &used, &status),
			 WEBSOCKET_OPENED_WRONG);
	assert_int_equal(
		websocket_answer_read("HTTP/1.1 403 No\r\nA: b\r\n\r\n", 26, KEY, &used, &status),
		WEBSOCKET_OPENED_REFUSED);
	assert_int_equal(status, 403);
}

struct heard {
	size_t length, count;
	enum websocket_opcode opcode;
};

static bool
on_message(void *argument, const struct websocket_message *message)
{
	struct heard *heard = argument;

	heard->length = message->length;
	heard->opcode = message->opcode;
	heard->count++;
	for (size_t i = 0; i < message->length; i++)
		assert_int_equal(message->bytes[i], 'a' + i % 26);
	return true;
}

static void
a_masked_frame_is_read_by_our_server_and_its_own_by_a_client(void **unused)
{
	static const size_t lengths[] = { 0, 1, 125, 126, 127, 65535, 65536, 70000 };
	static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
	struct websocket_scratch *scratch = websocket_scratch_new();
	static char text[70000];

	(void)unused;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('a' + i % 26);
	for (size_t i = 0; i < 2 * ELEMENTS(lengths); i++) {
		bool from_server = i % 2 != 0;
		CLEANUP(buf_deinit) struct buf frame = BUF_NULL;
		struct heard heard = { 0 };
		struct websocket_in in = { .from_server = from_server };
		struct websocket_reader reader = { .scratch = scratch,
						   .limits = { 100000, 100000, 1 },
						   .on_message = on_message,
						   .argument = &heard };

		if (from_server)
			websocket_put(&frame, WEBSOCKET_TEXT, text, lengths[i / 2]);
		else
			websocket_put_masked(&frame, WEBSOCKET_TEXT, mask, text, lengths[i / 2]);
		assert_int_equal(websocket_take(&in, &reader, frame.data, frame.length), 0);
		assert_int_equal(heard.count, 1);
		assert_int_equal(heard.length, lengths[i / 2]);
		assert_null(in.partial);
		/* The same from the wrong side is a fault. */
		in = (struct websocket_in){ .from_server = !from_server };
		assert_int_equal(websocket_take(&in, &reader, frame.data, frame.length),
				 WEBSOCKET_PROTOCOL_ERROR);
		websocket_in_deinit(&in);
	}
	websocket_scratch_free(scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_is_what_our_server_takes_for_right),
		cmocka_unit_test(an_answer_is_known_once_it_is_whole),
		cmocka_unit_test(what_is_no_answer_to_this_key_opens_nothing),
		cmocka_unit_test(a_masked_frame_is_read_by_our_server_and_its_own_by_a_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
