/* SPDX-License-Identifier: Apache-2.0 */
/* The sniff: a decision stands, and none is put off for ever. */

#include "fuzz.h"
#include "gate/sniff.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum sniffed before = SNIFFED_NOTHING_YET;

	if (size > 64)
		size = 64;
	for (size_t length = 0; length <= size; length++) {
		unsigned char *copy = fuzz_copy(data, length);
		struct sniff now = sniff(copy, length, false), over = sniff(copy, length, true);

		free(copy);
		ASSERT(now.is < SNIFFED_MAX && now.wait.ms >= 0 && now.wait.ms <= 1000);
		ASSERT(now.is == SNIFFED_NOTHING_YET || now.wait.ms == 0);
		ASSERT(over.is != SNIFFED_NOTHING_YET);
		ASSERT(before == SNIFFED_NOTHING_YET || now.is == before);
		ASSERT(length < 8 || now.is != SNIFFED_NOTHING_YET);
		before = now.is;
	}
	return 0;
}
