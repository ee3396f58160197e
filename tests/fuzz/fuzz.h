/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_FUZZ_H
#define ROOST_FUZZ_H

/*
 * Each fuzz_<parser>.c has one LLVMFuzzerTestOneInput() that asserts what is
 * always true of the parser (ASSERT: a broken promise aborts). In the ordinary
 * build fuzz_main.c hands it every file of corpus/<parser>/; tools/fuzz.sh
 * builds it with libFuzzer instead.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes in memory of exactly their size (free it): one byte too many is seen. */
static inline unsigned char *
fuzz_copy(const uint8_t *data, size_t size)
{
	unsigned char *copy = malloc(size + (size == 0));

	ASSERT(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

typedef enum wire_result fuzz_parse(const unsigned char *bytes, size_t length, size_t *ret_used);

static inline enum wire_result
fuzz_parse_copy(fuzz_parse *parse, const uint8_t *data, size_t size, size_t *ret_used)
{
	unsigned char *copy = fuzz_copy(data, size);
	enum wire_result result = parse(copy, size, ret_used);

	free(copy);
	return result;
}

/*
 * However the bytes were split, the answer is the same: "more" until it is
 * known, and from then on it stands. Returns the answer for all of them.
 */
static inline enum wire_result
fuzz_every_split(fuzz_parse *parse, const uint8_t *data, size_t size, size_t *ret_used)
{
	enum wire_result before = WIRE_MORE;
	size_t step = size / 64 + 1, used_before = 0;

	for (size_t length = 0;; length = size - length < step ? size : length + step) {
		size_t used = SIZE_MAX;
		enum wire_result now = fuzz_parse_copy(parse, data, length, &used);

		ASSERT(before == WIRE_MORE || now == before);
		ASSERT(now == WIRE_DONE ? used > 0 && used <= length : used == SIZE_MAX);
		ASSERT(before != WIRE_DONE || used == used_before);
		before = now;
		used_before = used;
		if (length == size)
			break;
	}
	*ret_used = used_before;
	if (before == WIRE_DONE) {
		size_t used;

		ASSERT(fuzz_parse_copy(parse, data, used_before - 1, &used) == WIRE_MORE);
		ASSERT(fuzz_parse_copy(parse, data, used_before, &used) == WIRE_DONE);
	}
	return before;
}

#endif
