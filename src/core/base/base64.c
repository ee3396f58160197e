/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64, both alphabets. What makes it hard is only strictness: the bits that
 * do not fit must be zero, or two texts would be one value.
 */

#include "base/base64.h"

#include <string.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void
put(struct buf *b, const unsigned char *bytes, size_t length, const char *alphabet)
{
	uint32_t bits = 0;
	unsigned count = 0;

	buf_reserve(b, (length + 2) / 3 * 4);
	for (size_t i = 0; i < length; i++) {
		bits = bits << 8 | bytes[i];
		for (count += 8; count >= 6; count -= 6)
			buf_put_byte(b, (unsigned char)alphabet[bits >> (count - 6) & 63]);
	}
	if (count > 0)
		buf_put_byte(b, (unsigned char)alphabet[bits << (6 - count) & 63]);
}

void
base64_put(struct buf *b, const void *bytes, size_t length)
{
	put(b, bytes, length, standard);
	for (size_t i = length; i % 3 != 0; i++)
		buf_put_byte(b, '=');
}

void
base64url_put(struct buf *b, const void *bytes, size_t length)
{
	put(b, bytes, length, url);
}

static bool
take(struct buf *b, const char *text, size_t length, const char *alphabet)
{
	size_t before = b->length;
	uint32_t bits = 0;
	unsigned count = 0;
	bool good = length % 4 != 1;

	for (size_t i = 0; i < length && good; i++) {
		const char *at = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;

		good = at != NULL;
		if (!good)
			break;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		count += 6;
		if (count >= 8) {
			count -= 8;
			buf_put_byte(b, (unsigned char)(bits >> count));
		}
	}
	good = good && (bits & ((1u << count) - 1)) == 0;
	if (!good)
		b->length = before;
	return good;
}

bool
base64_take(struct buf *b, const char *text, size_t length)
{
	size_t padding = 0;

	if (length % 4 != 0)
		return false;
	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	return take(b, text, length - padding, standard);
}

bool
base64url_take(struct buf *b, const char *text, size_t length)
{
	return take(b, text, length, url);
}
