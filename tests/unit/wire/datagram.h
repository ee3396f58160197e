/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEST_DATAGRAM_H
#define ROOST_TEST_DATAGRAM_H

/* The walk over a datagram's prefixes: only the whole one is right. */

#include "bytes.h"

typedef bool datagram_function(const unsigned char *bytes, size_t length);

/* Of `least` bytes or more it is read, of fewer it is not. */
static inline void
walk_datagram(datagram_function *parse, struct packet packet, size_t least)
{
	for (size_t length = 0; length <= packet.length; length++) {
		unsigned char *copy = malloc(length + (length == 0));

		memcpy(copy, packet.bytes, length);
		assert_int_equal(parse(copy, length), length >= least);
		free(copy);
	}
}

#endif
