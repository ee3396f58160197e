/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of a server: two to ten bytes before the payload (RFC 6455 §5.2). */

#include "wire/websocket/frame.h"

#include <string.h>

#define FINAL	 0x80u
#define DEFLATED 0x40u /* RSV1, as permessage-deflate uses it (RFC 7692 §6) */

static void
put_frame(struct buf *to, unsigned first, const void *bytes, size_t length)
{
	unsigned char head[WEBSOCKET_HEAD_LIMIT] = { (unsigned char)first };
	size_t size = 2;

	if (length <= WEBSOCKET_CONTROL_LIMIT) {
		head[1] = (unsigned char)length;
	} else {
		unsigned wide = length <= UINT16_MAX ? 2 : 8;

		head[1] = wide == 2 ? 126 : 127;
		for (unsigned i = 0; i < wide; i++)
			head[size++] = (unsigned char)((uint64_t)length >> (8 * (wide - 1 - i)));
	}
	buf_reserve(to, size + length);
	buf_put(to, head, size);
	buf_put(to, bytes, length);
}

void
websocket_put(struct buf *to, enum websocket_opcode opcode, const void *bytes, size_t length)
{
	ASSERT(opcode < WEBSOCKET_CLOSE || length <= WEBSOCKET_CONTROL_LIMIT);
	put_frame(to, FINAL | opcode, bytes, length);
}

void
websocket_put_deflated(struct buf *to, enum websocket_opcode opcode, const void *bytes,
		       size_t length)
{
	ASSERT(opcode == WEBSOCKET_TEXT || opcode == WEBSOCKET_BINARY);
	put_frame(to, FINAL | DEFLATED | opcode, bytes, length);
}

void
websocket_put_close(struct buf *to, unsigned code, const char *reason)
{
	char payload[2 + WEBSOCKET_REASON_LIMIT + 1];

	if (code == WEBSOCKET_NO_CODE) {
		websocket_put(to, WEBSOCKET_CLOSE, NULL, 0);
		return;
	}
	ASSERT(websocket_code_is_valid(code));
	payload[0] = (char)(code >> 8);
	payload[1] = (char)(code & 0xff);
	(void)text_put(payload + 2, sizeof payload - 2, reason != NULL ? reason : "");
	websocket_put(to, WEBSOCKET_CLOSE, payload, 2 + strlen(payload + 2));
}

bool
websocket_code_is_valid(unsigned code)
{
	if (code >= 3000)
		return code < 5000;
	/* 1004 means nothing; 1005, 1006 and 1015 tell of a close frame that never came. */
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}
