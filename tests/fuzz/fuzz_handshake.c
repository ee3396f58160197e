/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake, its host as a name, and what the sniff says of the same bytes. */

#include "base/limits.h"
#include "fuzz.h"
#include "gate/route.h"
#include "gate/sniff.h"
#include "wire/minecraft/handshake.h"

static enum wire_result
parse(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct handshake handshake;

	return handshake_parse(bytes, length, HANDSHAKE_FRAME_LIMIT, &handshake, ret_used);
}

static void
check_host(const struct handshake *handshake)
{
	char *raw = (char *)fuzz_copy((const uint8_t *)handshake->host, handshake->host_length);
	char host[HOST_MAX + 1], again[HOST_MAX + 1];
	bool is_name = route_clean(raw, handshake->host_length, host);

	free(raw);
	ASSERT(text_is_printable(host, strlen(host)));
	if (is_name && !text_ends_with(host, "."))
		ASSERT(route_clean(host, strlen(host), again) && strcmp(host, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	struct handshake handshake, back;
	size_t used;

	if (fuzz_every_split(parse, data, size, &used) != WIRE_DONE)
		return 0;
	ASSERT(handshake_parse(data, size, HANDSHAKE_FRAME_LIMIT, &handshake, &used) == WIRE_DONE);
	ASSERT(sniff(data, size, false).is == SNIFFED_MODERN);
	check_host(&handshake);
	handshake_print(&printed, &handshake);
	ASSERT(printed.length <= used);
	ASSERT(handshake_parse(printed.data, printed.length, HANDSHAKE_FRAME_LIMIT, &back, &used) ==
	       WIRE_DONE);
	ASSERT(back.protocol == handshake.protocol && back.intent == handshake.intent &&
	       back.port == handshake.port && back.host_length == handshake.host_length);
	ASSERT(memcmp(back.host, handshake.host, back.host_length) == 0);
	return 0;
}
