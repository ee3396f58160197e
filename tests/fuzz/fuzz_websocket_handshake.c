/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The opening handshake from any bytes: the input is put behind a right request's
 * headers, or, when it starts with '!', is all of it. What is right has an accept and
 * lists that can be walked; what is agreed on prints as an offer we would take again.
 */

#include <string.h>

#include "fuzz.h"
#include "wire/http1/text.h"
#include "wire/websocket/extension.h"
#include "wire/websocket/handshake.h"

static const char right[] =
	"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	"Sec-WebSocket-Version: 13\r\n";

static bool
parse(const struct buf *request, struct http_head *ret)
{
	size_t scanned = 0;
	int status;

	return http_head_parse((const char *)request->data, request->length, &scanned, ret,
			       &status) == HTTP_DONE;
}

/* Our answer, taken for an offer, leads to the same terms. */
static void
check_answer(const struct websocket_terms *terms)
{
	CLEANUP(buf_deinit) struct buf request = BUF_NULL;
	struct websocket_terms again;
	struct http_head head;
	bool parsed;

	buf_put_text(&request, right);
	buf_put_text(&request, "Sec-WebSocket-Extensions: ");
	websocket_terms_print(terms, &request);
	buf_put_text(&request, "\r\n\r\n");
	parsed = parse(&request, &head);
	ASSERT(parsed && websocket_extensions_are_right(&head, (const char *)request.data));
	ASSERT(websocket_terms_agree(&head, (const char *)request.data, &again));
	ASSERT(again.window_bits == terms->window_bits &&
	       again.names_window == terms->names_window);
}

static void
check_right(const struct http_head *head, const char *bytes)
{
	char accept[WEBSOCKET_ACCEPT_SIZE];
	struct http_span protocol;

	ASSERT(head->method == HTTP_GET && head->minor == 1 && head->upgrade);
	ASSERT(websocket_extensions_are_right(head, bytes));
	websocket_accept(head, bytes, accept);
	ASSERT(strlen(accept) == WEBSOCKET_ACCEPT_SIZE - 1);
	for (size_t n = 0; websocket_protocol_get(head, bytes, n, &protocol); n++) {
		CLEANUP(text_freep) char *text = http_span_text(bytes, protocol);

		ASSERT(http_is_token(text, strlen(text)));
		ASSERT(websocket_protocol_is_offered(head, bytes, text));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_deinit) struct buf request = BUF_NULL;
	bool whole = size > 0 && data[0] == '!';
	struct websocket_terms terms;
	enum websocket_upgrade result;
	struct http_head head;
	const char *bytes;

	if (!whole)
		buf_put_text(&request, right);
	buf_put(&request, data + whole, size - whole);
	buf_put_text(&request, "\r\n\r\n");
	bytes = (const char *)request.data;
	if (!parse(&request, &head))
		return 0;
	result = websocket_upgrade_check(&head, bytes);
	if (result == WEBSOCKET_UPGRADE_RIGHT)
		check_right(&head, bytes);
	else
		ASSERT(websocket_refusal_status(result) >= 400 &&
		       websocket_refusal_detail(result) != NULL);
	if (websocket_terms_agree(&head, bytes, &terms))
		check_answer(&terms);
	else
		ASSERT(terms.window_bits == 0);
	return 0;
}
