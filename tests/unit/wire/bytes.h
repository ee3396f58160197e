/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEST_BYTES_H
#define ROOST_TEST_BYTES_H

/*
 * Packets as they stand in a document (hexadecimal, blanks ignored), and the
 * walk over all their prefixes, each in a piece of memory of exactly its size,
 * so that a sanitizer sees one byte too many.
 */

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "wire/wire.h"

struct packet {
	unsigned char bytes[2048];
	size_t length;
};

static inline struct packet
hex(const char *text)
{
	struct packet packet = { .length = 0 };
	char digits[3] = { 0 };

	for (; *text != '\0'; text++) {
		if (isspace((unsigned char)*text))
			continue;
		digits[0] = text[0];
		digits[1] = text[1];
		packet.bytes[packet.length++] = (unsigned char)strtoul(digits, NULL, 16);
		text++;
	}
	return packet;
}

static inline void
assert_bytes(const struct buf *have, const char *want)
{
	struct packet packet = hex(want);

	assert_int_equal(have->length, packet.length);
	assert_memory_equal(have->data, packet.bytes, packet.length);
}

typedef enum wire_result parse_function(const unsigned char *bytes, size_t length,
					size_t *ret_used);

/* Every prefix is "more", the whole is "done", and what follows does not matter. */
static inline void
walk_prefixes(parse_function *parse, struct packet packet)
{
	for (size_t length = 0; length <= packet.length + 3; length++) {
		unsigned char *copy = malloc(length + (length == 0));
		size_t used = SIZE_MAX;
		size_t kept = length < packet.length ? length : packet.length;

		memset(copy, 0xee, length);
		memcpy(copy, packet.bytes, kept);
		if (length < packet.length) {
			assert_int_equal(parse(copy, length, &used), WIRE_MORE);
			assert_int_equal(used, SIZE_MAX);
		} else {
			assert_int_equal(parse(copy, length, &used), WIRE_DONE);
			assert_int_equal(used, packet.length);
		}
		free(copy);
	}
}

#endif
