/* SPDX-License-Identifier: Apache-2.0 */
/* The PROXY protocol: what was read is printed as version 2 and read back. */

#include "fuzz.h"
#include "wire/proxyproto.h"

static enum wire_result
parse(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct proxyproto header;

	return proxyproto_parse(bytes, length, &header, ret_used);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char printed[PROXYPROTO_PRINT_LIMIT];
	struct proxyproto header, back;
	size_t used, length;

	if (fuzz_every_split(parse, data, size, &used) != WIRE_DONE)
		return 0;
	ASSERT(used <= PROXYPROTO_LIMIT);
	ASSERT(proxyproto_parse(data, size, &header, &used) == WIRE_DONE);
	length = proxyproto_print(printed, &header);
	ASSERT(proxyproto_parse(printed, length, &back, &used) == WIRE_DONE);
	ASSERT(used == length && back.is_told == header.is_told);
	if (header.is_told) {
		ASSERT(ip_equal(&back.source, &header.source));
		ASSERT(ip_equal(&back.destination, &header.destination));
		ASSERT(back.source_port == header.source_port);
		ASSERT(back.destination_port == header.destination_port);
	}
	return 0;
}
