/* SPDX-License-Identifier: Apache-2.0 */
/* The status exchange, both sides. */

#include "fuzz.h"
#include "wire/minecraft/status.h"

static enum wire_result
parse_packet(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct status_packet packet;

	return status_packet_parse(bytes, length, &packet, ret_used);
}

static enum wire_result
parse_response(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	const char *json;
	size_t json_length;

	return status_response_parse(bytes, length, &json, &json_length, ret_used);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_deinit) struct buf printed = BUF_NULL;
	unsigned char pong[PONG_SIZE];
	struct status_packet packet, back;
	const char *json, *json_back;
	size_t used, length, length_back;

	if (fuzz_every_split(parse_packet, data, size, &used) == WIRE_DONE) {
		ASSERT(status_packet_parse(data, size, &packet, &used) == WIRE_DONE);
		if (packet.is == STATUS_PING) {
			pong_print(pong, packet.payload);
			ASSERT(status_packet_parse(pong, sizeof pong, &back, &used) == WIRE_DONE);
			ASSERT(back.is == STATUS_PING && back.payload == packet.payload);
		}
	}
	if (fuzz_every_split(parse_response, data, size, &used) == WIRE_DONE) {
		ASSERT(status_response_parse(data, size, &json, &length, &used) == WIRE_DONE);
		status_response_print(&printed, json, length);
		ASSERT(status_response_parse(printed.data, printed.length, &json_back, &length_back,
					     &used) == WIRE_DONE);
		ASSERT(length_back == length && memcmp(json_back, json, length) == 0);
	}
	return 0;
}
