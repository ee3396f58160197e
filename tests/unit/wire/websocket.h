/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEST_WEBSOCKET_H
#define ROOST_TEST_WEBSOCKET_H

/*
 * Frames and what becomes of them as short texts, so that a case is one line.
 *
 * A script is frames, a space between: `81:Hello` is the first byte in hexadecimal
 * and the payload; `%XX` in it is a byte, `*300*` are 300 stars; `u81:Hello` is not
 * masked; `=0011` are bytes as they are, in hexadecimal.
 *
 * A record is what came out: `T:` text, `B:` binary, `I:` ping, `O:` pong, `C1000:` a
 * close, each with its bytes in the same notation, and `!1002` a fault. A space between.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/websocket/in.h"

static const unsigned char test_mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

static inline unsigned
script_hex(const char *text)
{
	char digits[3] = { text[0], text[1], '\0' };

	return (unsigned)strtoul(digits, NULL, 16);
}

/* A client's frame: masked unless told otherwise. */
static inline void
frame_put(struct buf *to, unsigned first, bool masked, const struct buf *payload)
{
	size_t n = payload->length;
	unsigned wide = n <= 125 ? 0 : n <= 65535 ? 2 : 8;

	buf_put_byte(to, (unsigned char)first);
	buf_put_byte(to, (unsigned char)((masked ? 0x80 : 0) | (wide == 0   ? (unsigned)n
								: wide == 2 ? 126
									    : 127)));
	for (unsigned i = 0; i < wide; i++)
		buf_put_byte(to, (unsigned char)((uint64_t)n >> (8 * (wide - 1 - i))));
	if (masked)
		buf_put(to, test_mask, sizeof test_mask);
	for (size_t i = 0; i < n; i++)
		buf_put_byte(to, payload->data[i] ^ (masked ? test_mask[i % 4] : 0));
}

static inline const char *
script_payload(const char *text, struct buf *to)
{
	while (*text != '\0' && *text != ' ') {
		if (*text == '%') {
			buf_put_byte(to, (unsigned char)script_hex(text + 1));
			text += 3;
		} else if (*text == '*') {
			for (long n = strtol(text + 1, (char **)(uintptr_t)&text, 10); n > 0; n--)
				buf_put_byte(to, '*');
			text++;
		} else {
			buf_put_byte(to, (unsigned char)*text++);
		}
	}
	return text;
}

static inline void
script_put(struct buf *to, const char *script)
{
	while (*script != '\0') {
		CLEANUP(buf_deinit) struct buf payload = BUF_NULL;

		if (*script == ' ') {
			script++;
		} else if (*script == '=') {
			for (script++; *script != '\0' && *script != ' '; script += 2)
				buf_put_byte(to, (unsigned char)script_hex(script));
		} else {
			bool masked = *script != 'u';
			unsigned first = script_hex(script + !masked);

			script = script_payload(script + 3 + !masked, &payload);
			frame_put(to, first, masked, &payload);
		}
	}
}

static inline void
record_bytes(struct buf *to, const unsigned char *bytes, size_t length)
{
	size_t stars = 0;

	while (stars < length && bytes[stars] == '*')
		stars++;
	if (stars > 0 && stars == length) {
		buf_format(to, "*%zu*", stars);
		return;
	}
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] > ' ' && bytes[i] < 0x7f && bytes[i] != '%' && bytes[i] != '*')
			buf_put_byte(to, bytes[i]);
		else
			buf_format(to, "%%%02x", bytes[i]);
	}
}

static inline bool
record_message(void *argument, const struct websocket_message *m)
{
	struct buf *record = argument;
	const char *letter = m->opcode == WEBSOCKET_TEXT     ? "T"
			     : m->opcode == WEBSOCKET_BINARY ? "B"
			     : m->opcode == WEBSOCKET_PING   ? "I"
			     : m->opcode == WEBSOCKET_PONG   ? "O"
							     : "C";

	buf_put_text(record, record->length > 0 ? " " : "");
	buf_put_text(record, letter);
	if (m->opcode == WEBSOCKET_CLOSE)
		buf_format(record, "%u", m->code);
	buf_put_byte(record, ':');
	record_bytes(record, m->bytes, m->length);
	return true;
}

static inline void
record_fault(struct buf *record, unsigned code)
{
	if (code != 0)
		buf_format(record, "%s!%u", record->length > 0 ? " " : "", code);
}

#endif
