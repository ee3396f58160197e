/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of RFC 3629 §4: only the second byte has bounds that depend on the first,
 * which is how overlong forms, surrogates and what is above U+10FFFF are kept out.
 */

#include "wire/websocket/utf8.h"

static bool
begin_character(struct websocket_utf8 *u, unsigned char first)
{
	u->low = 0x80;
	u->high = 0xbf;
	if (first < 0x80)
		return true;
	if (first < 0xc2 || first > 0xf4)
		return false;
	u->left = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
	if (first == 0xe0)
		u->low = 0xa0; /* else it would fit two bytes */
	else if (first == 0xed)
		u->high = 0x9f; /* else a surrogate */
	else if (first == 0xf0)
		u->low = 0x90; /* else it would fit three bytes */
	else if (first == 0xf4)
		u->high = 0x8f; /* else above U+10FFFF */
	return true;
}

bool
websocket_utf8_take(struct websocket_utf8 *u, const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (u->left == 0) {
			if (!begin_character(u, bytes[i]))
				return false;
			continue;
		}
		if (bytes[i] < u->low || bytes[i] > u->high)
			return false;
		u->left--;
		u->low = 0x80;
		u->high = 0xbf;
	}
	return true;
}
