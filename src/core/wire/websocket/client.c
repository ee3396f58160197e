/* SPDX-License-Identifier: Apache-2.0 */
/* The opening handshake as a client sees it, and masked frames: see the header. */

#include "wire/websocket/client.h"

#include <string.h>

#include "base/base64.h"
#include "wire/http1/text.h"

#define MASKED 0x80

void
websocket_key(const unsigned char nonce[static WEBSOCKET_NONCE_SIZE],
	      char ret_key[static WEBSOCKET_KEY_SIZE])
{
	CLEANUP(buf_deinit) struct buf key = BUF_NULL;

	base64_put(&key, nonce, WEBSOCKET_NONCE_SIZE);
	ASSERT(key.length == WEBSOCKET_KEY_SIZE - 1);
	memcpy(ret_key, buf_text(&key), WEBSOCKET_KEY_SIZE);
}

void
websocket_request_put(struct buf *to, const struct websocket_request *request)
{
	buf_format(to,
		   "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\nUser-Agent: %s\r\n",
		   request->path, request->host, request->key, request->user_agent);
	if (request->bearer != NULL)
		buf_format(to, "Authorization: Bearer %s\r\n", request->bearer);
	buf_put_text(to, "\r\n");
}

/* --- the answer ------------------------------------------------------------------------------- */

/* "HTTP/1.1 101 ...": the number, or 0. */
static int
status_of(const char *line, size_t length)
{
	int status = 0;

	if (length < 12 || memcmp(line, "HTTP/1.1 ", 9) != 0)
		return 0;
	for (size_t i = 9; i < 12; i++) {
		if (line[i] < '0' || line[i] > '9')
			return 0;
		status = status * 10 + (line[i] - '0');
	}
	return length == 12 || line[12] == ' ' ? status : 0;
}

struct seen {
	bool upgrade, connection, accept, extension;
};

static bool
lists(const char *value, size_t length, const char *word)
{
	struct http_list list = { value, length };
	const char *item;
	size_t size;

	while (http_list_next(&list, &item, &size))
		if (http_same(item, size, word))
			return true;
	return false;
}

static void
see_header(struct seen *seen, const char *line, size_t length, const char *accept)
{
	const char *colon = memchr(line, ':', length);
	size_t name = colon != NULL ? (size_t)(colon - line) : length;
	const char *value = colon != NULL ? colon + 1 : line + length;
	size_t size = length - (size_t)(value - line);

	while (size > 0 && (*value == ' ' || *value == '\t'))
		value++, size--;
	while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
		size--;
	if (http_same(line, name, "upgrade"))
		seen->upgrade = seen->upgrade || lists(value, size, "websocket");
	else if (http_same(line, name, "connection"))
		seen->connection = seen->connection || lists(value, size, "upgrade");
	else if (http_same(line, name, "sec-websocket-accept"))
		seen->accept = size == strlen(accept) && memcmp(value, accept, size) == 0;
	else if (http_same(line, name, "sec-websocket-extensions") ||
		 http_same(line, name, "sec-websocket-protocol"))
		seen->extension = true; /* none was offered */
}

enum websocket_opened
websocket_answer_read(const void *bytes, size_t length, const char *key, size_t *ret_used,
		      int *ret_status)
{
	size_t head = length < HTTP_HEAD_LIMIT ? length : HTTP_HEAD_LIMIT;
	const char *at = bytes, *end = memmem(bytes, head, "\r\n\r\n", 4);
	char accept[WEBSOCKET_ACCEPT_SIZE];
	struct seen seen = { 0 };
	size_t line;
	int status;

	if (end == NULL)
		return length < HTTP_HEAD_LIMIT ? WEBSOCKET_OPENED_MORE : WEBSOCKET_OPENED_WRONG;
	websocket_accept_key(key, accept);
	line = (size_t)((const char *)memmem(at, length, "\r\n", 2) - at);
	status = status_of(at, line);
	if (status == 0)
		return WEBSOCKET_OPENED_WRONG;
	if (status != 101) {
		*ret_status = status;
		return WEBSOCKET_OPENED_REFUSED;
	}
	while (at + line < end) {
		at += line + 2;
		line = (size_t)((const char *)memmem(at, (size_t)(end + 2 - at), "\r\n", 2) - at);
		see_header(&seen, at, line, accept);
	}
	if (!seen.upgrade || !seen.connection || !seen.accept || seen.extension)
		return WEBSOCKET_OPENED_WRONG;
	*ret_used = (size_t)(end + 4 - (const char *)bytes);
	return WEBSOCKET_OPENED;
}

/* --- frames ----------------------------------------------------------------------------------- */

void
websocket_put_masked(struct buf *to, enum websocket_opcode opcode,
		     const unsigned char mask[static 4], const void *bytes, size_t length)
{
	size_t head = to->length + 1, payload;

	websocket_put(to, opcode, bytes, length);
	/* The mask goes between the head and the payload. */
	payload = to->length - length;
	to->data[head] |= MASKED;
	buf_reserve(to, 4);
	memmove(to->data + payload + 4, to->data + payload, length);
	memcpy(to->data + payload, mask, 4);
	to->length += 4;
	for (size_t i = 0; i < length; i++)
		to->data[payload + 4 + i] ^= mask[i % 4];
}
