/* SPDX-License-Identifier: Apache-2.0 */
/* RCON: packets at every split and printed again; a server that says anything, in any pieces. */

#include "fuzz.h"
#include "wire/rcon/talk.h"

static enum wire_result
parse(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct rcon_packet packet;

	return rcon_packet_parse(bytes, length, &packet, ret_used);
}

/* The first byte says how long the pieces are. Returns what is known of the answer. */
static struct rcon_talk
talk_to(const uint8_t *data, size_t size, size_t piece)
{
	struct rcon_talk talk;

	rcon_talk_init(&talk, "password", "list");
	for (size_t at = 0; at < size; at += piece)
		(void)rcon_talk_hear(&talk, data + at, size - at < piece ? size - at : piece);
	ASSERT(talk.answer.length <= RCON_ANSWER_LIMIT);
	return talk;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	struct rcon_talk whole = talk_to(data, size, size + 1), parts = talk_to(data, size, 7);
	struct rcon_packet packet;
	size_t used;

	ASSERT(whole.is == parts.is && whole.answer.length == parts.answer.length);
	rcon_talk_deinit(&whole);
	rcon_talk_deinit(&parts);
	if (fuzz_every_split(parse, data, size, &used) != WIRE_DONE)
		return 0;
	ASSERT(rcon_packet_parse(data, size, &packet, &used) == WIRE_DONE);
	rcon_packet_print(&printed, &packet);
	ASSERT(printed.length == used && memcmp(printed.data, data, used) == 0);
	return 0;
}
