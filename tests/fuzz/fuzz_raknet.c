/* SPDX-License-Identifier: Apache-2.0 */
/* RakNet before a connection, and Bedrock's text: what was read is printed and read back. */

#include "fuzz.h"
#include "wire/raknet/motd.h"
#include "wire/raknet/unconnected.h"

static void
try_text(const char *text, size_t length)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	struct bedrock_motd motd, back;

	if (!bedrock_motd_parse(text, length, &motd))
		return;
	bedrock_motd_print(&printed, &motd);
	ASSERT(bedrock_motd_parse((const char *)printed.data, printed.length, &back));
	ASSERT(back.online == motd.online && back.max == motd.max && back.port == motd.port);
	ASSERT(back.server == motd.server);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = fuzz_copy(data, size);
	unsigned char printed[RAKNET_PONG_LIMIT];
	struct raknet_ping ping;
	struct raknet_pong pong;
	struct raknet_request_1 first;
	struct raknet_request_2 second;

	if (raknet_ping_parse(copy, size, &ping)) {
		ASSERT(raknet_ping_print(printed, &ping) == RAKNET_PING_SIZE);
		ASSERT(memcmp(printed, copy, RAKNET_PING_SIZE) == 0);
	}
	if (raknet_pong_parse(copy, size, &pong)) {
		ASSERT(memcmp(printed, copy, raknet_pong_print(printed, &pong)) == 0);
		try_text(pong.text, pong.length);
	}
	if (raknet_request_1_parse(copy, size, &first))
		ASSERT(first.mtu >= RAKNET_MTU_MIN && first.mtu <= RAKNET_MTU_MAX);
	for (unsigned has_cookie = 0; has_cookie < 2; has_cookie++)
		if (raknet_request_2_parse(copy, size, has_cookie != 0, &second))
			ASSERT(second.mtu >= RAKNET_MTU_MIN && second.mtu <= RAKNET_MTU_MAX);
	try_text((const char *)copy, size);
	free(copy);
	return 0;
}
