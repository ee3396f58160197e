/* SPDX-License-Identifier: Apache-2.0 */
/* Characters of the three encodings that Minecraft has used: see the header. */

#include "wire/minecraft/unicode.h"

static size_t
sequence_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t
utf8_next(const unsigned char *bytes, size_t left, uint32_t *ret_code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = sequence_length(bytes[0]);
	uint32_t code;

	*ret_code = '?';
	if (length == 0 || length > left)
		return 1;
	code = length == 1 ? bytes[0] : bytes[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 1;
		code = code << 6 | (bytes[i] & 0x3fu);
	}
	if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 1;
	*ret_code = code;
	return length;
}

void
utf8_put(struct buf *to, uint32_t code)
{
	if (code < 0x80) {
		buf_put_byte(to, (unsigned char)code);
		return;
	}
	if (code < 0x800) {
		buf_put_byte(to, (unsigned char)(0xc0 | code >> 6));
	} else {
		if (code < 0x10000) {
			buf_put_byte(to, (unsigned char)(0xe0 | code >> 12));
		} else {
			buf_put_byte(to, (unsigned char)(0xf0 | code >> 18));
			buf_put_byte(to, (unsigned char)(0x80 | (code >> 12 & 0x3f)));
		}
		buf_put_byte(to, (unsigned char)(0x80 | (code >> 6 & 0x3f)));
	}
	buf_put_byte(to, (unsigned char)(0x80 | (code & 0x3f)));
}

static void
unit_put(struct buf *to, uint32_t unit)
{
	buf_put_byte(to, (unsigned char)(unit >> 8));
	buf_put_byte(to, (unsigned char)unit);
}

size_t
utf16_put(struct buf *to, uint32_t code)
{
	if (code < 0x10000) {
		unit_put(to, code);
		return 1;
	}
	code -= 0x10000;
	unit_put(to, 0xd800 | code >> 10);
	unit_put(to, 0xdc00 | (code & 0x3ff));
	return 2;
}

bool
utf16_ascii(const unsigned char *bytes, size_t units, char *to, size_t size)
{
	ASSERT(size > 0);
	to[0] = '\0';
	if (units >= size)
		return false;
	for (size_t i = 0; i < units; i++) {
		unsigned char low = bytes[2 * i + 1];

		if (bytes[2 * i] != 0 || low < 0x21 || low > 0x7e) {
			to[0] = '\0';
			return false;
		}
		to[i] = (char)low;
	}
	to[units] = '\0';
	return true;
}
