/* SPDX-License-Identifier: Apache-2.0 */
/* Variable-length integers: see the header. */

#include "wire/minecraft/varint.h"

enum wire_result
varint_parse(const unsigned char *bytes, size_t length, int32_t *ret_value, size_t *ret_used)
{
	uint32_t value = 0;

	for (size_t i = 0; i < VARINT_LIMIT; i++) {
		if (i == length)
			return WIRE_MORE;
		/* Of the fifth byte only four bits fit; the game drops the others too. */
		value |= (uint32_t)(bytes[i] & 0x7f) << (7 * i);
		if ((bytes[i] & 0x80) == 0) {
			*ret_value = (int32_t)value;
			*ret_used = i + 1;
			return WIRE_DONE;
		}
	}
	return WIRE_BAD;
}

size_t
varint_print(unsigned char bytes[static VARINT_LIMIT], int32_t value)
{
	uint32_t left = (uint32_t)value;
	size_t length = 0;

	while (left > 0x7f) {
		bytes[length++] = (unsigned char)(left | 0x80);
		left >>= 7;
	}
	bytes[length++] = (unsigned char)left;
	return length;
}
