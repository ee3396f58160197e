/* SPDX-License-Identifier: Apache-2.0 */
/* The opening handshake, asked in the order in which a person would mend it. */

#include "wire/websocket/handshake.h"

#include <openssl/sha.h>
#include <string.h>

#include "base/base64.h"
#include "wire/http1/text.h"
#include "wire/websocket/extension.h"

#define KEY_LENGTH 24 /* 16 bytes in base64: 22 digits and "==" */

/* RFC 6455 §1.3: proof that the answer comes from somebody who meant to give it. */
static const char accept_salt[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

static const struct {
	int status;
	const char *detail;
} refusals[WEBSOCKET_UPGRADE_MAX] = {
#define UPGRADE_REFUSAL(name, number, text) [WEBSOCKET_UPGRADE_##name] = { number, text },
#include "wire/websocket/refusal.def"
};

int
websocket_refusal_status(enum websocket_upgrade refusal)
{
	ASSERT(refusal > WEBSOCKET_UPGRADE_RIGHT && refusal < WEBSOCKET_UPGRADE_MAX);
	return refusals[refusal].status;
}

const char *
websocket_refusal_detail(enum websocket_upgrade refusal)
{
	ASSERT(refusal > WEBSOCKET_UPGRADE_RIGHT && refusal < WEBSOCKET_UPGRADE_MAX);
	return refusals[refusal].detail;
}

/* The value of a header that must be there exactly once. */
static bool
only_value(const struct http_head *head, const char *bytes, const char *name,
	   struct http_span *ret_value)
{
	const struct http_header *header = http_header_find(head, bytes, name, 0);

	if (header == NULL || http_header_find(head, bytes, name, 1) != NULL)
		return false;
	*ret_value = header->value;
	return true;
}

static bool
asks_for_websocket(const struct http_head *head, const char *bytes)
{
	const struct http_header *header;

	for (size_t n = 0; (header = http_header_find(head, bytes, "Upgrade", n)) != NULL; n++) {
		struct http_list list = { bytes + header->value.at, header->value.length };
		const char *item;
		size_t length;

		while (http_list_next(&list, &item, &length))
			if (http_same(item, length, "websocket"))
				return head->upgrade;
	}
	return false;
}

static bool
is_version_13(const struct http_head *head, const char *bytes)
{
	struct http_span value;

	return only_value(head, bytes, "Sec-WebSocket-Version", &value) && value.length == 2 &&
	       memcmp(bytes + value.at, "13", 2) == 0;
}

static bool
is_base64_digit(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/';
}

static bool
find_key(const struct http_head *head, const char *bytes, struct http_span *ret_key)
{
	struct http_span value;
	const char *key;

	if (!only_value(head, bytes, "Sec-WebSocket-Key", &value) || value.length != KEY_LENGTH)
		return false;
	key = bytes + value.at;
	for (size_t i = 0; i < KEY_LENGTH - 2; i++)
		if (!is_base64_digit(key[i]))
			return false;
	*ret_key = value;
	return key[KEY_LENGTH - 2] == '=' && key[KEY_LENGTH - 1] == '=';
}

/* Names of different text, each a token (RFC 6455 §4.1 item 10). */
static bool
protocols_are_right(const struct http_head *head, const char *bytes)
{
	struct http_span one, other;

	for (size_t n = 0; websocket_protocol_get(head, bytes, n, &one); n++) {
		if (!http_is_token(bytes + one.at, one.length))
			return false;
		for (size_t m = 0; m < n && websocket_protocol_get(head, bytes, m, &other); m++)
			if (one.length == other.length &&
			    memcmp(bytes + one.at, bytes + other.at, one.length) == 0)
				return false;
	}
	return true;
}

enum websocket_upgrade
websocket_upgrade_check(const struct http_head *head, const char *bytes)
{
	struct http_span key;

	if (head->method != HTTP_GET)
		return WEBSOCKET_UPGRADE_NOT_GET;
	if (head->minor == 0)
		return WEBSOCKET_UPGRADE_OLD_HTTP;
	if (!asks_for_websocket(head, bytes))
		return WEBSOCKET_UPGRADE_NOT_ASKED;
	if (head->chunked || head->content_length > 0)
		return WEBSOCKET_UPGRADE_HAS_BODY;
	if (!is_version_13(head, bytes))
		return WEBSOCKET_UPGRADE_OTHER_VERSION;
	if (!find_key(head, bytes, &key))
		return WEBSOCKET_UPGRADE_BAD_KEY;
	if (!websocket_extensions_are_right(head, bytes))
		return WEBSOCKET_UPGRADE_BAD_EXTENSIONS;
	if (!protocols_are_right(head, bytes))
		return WEBSOCKET_UPGRADE_BAD_PROTOCOLS;
	return WEBSOCKET_UPGRADE_RIGHT;
}

void
websocket_accept_key(const char *key, char ret_accept[static WEBSOCKET_ACCEPT_SIZE])
{
	unsigned char text[KEY_LENGTH + sizeof accept_salt - 1];
	unsigned char digest[SHA_DIGEST_LENGTH];
	CLEANUP(buf_deinit) struct buf accept = BUF_NULL;

	memcpy(text, key, KEY_LENGTH);
	memcpy(text + KEY_LENGTH, accept_salt, sizeof accept_salt - 1);
	(void)SHA1(text, sizeof text, digest);
	base64_put(&accept, digest, sizeof digest);
	ASSERT(accept.length == WEBSOCKET_ACCEPT_SIZE - 1);
	memcpy(ret_accept, buf_text(&accept), WEBSOCKET_ACCEPT_SIZE);
}

void
websocket_accept(const struct http_head *head, const char *bytes,
		 char ret_accept[static WEBSOCKET_ACCEPT_SIZE])
{
	struct http_span key;
	bool found = find_key(head, bytes, &key);

	ASSERT(found);
	websocket_accept_key(bytes + key.at, ret_accept);
}

bool
websocket_protocol_get(const struct http_head *head, const char *bytes, size_t nth,
		       struct http_span *ret_protocol)
{
	const struct http_header *header;

	for (size_t n = 0;
	     (header = http_header_find(head, bytes, "Sec-WebSocket-Protocol", n)) != NULL; n++) {
		struct http_list list = { bytes + header->value.at, header->value.length };
		const char *item;
		size_t length;

		while (http_list_next(&list, &item, &length)) {
			if (nth-- > 0)
				continue;
			ret_protocol->at = (uint16_t)(item - bytes);
			ret_protocol->length = (uint16_t)length;
			return true;
		}
	}
	return false;
}

bool
websocket_protocol_is_offered(const struct http_head *head, const char *bytes, const char *protocol)
{
	struct http_span one;

	for (size_t n = 0; websocket_protocol_get(head, bytes, n, &one); n++)
		if (one.length == strlen(protocol) &&
		    memcmp(bytes + one.at, protocol, one.length) == 0)
			return true;
	return false;
}
