/* SPDX-License-Identifier: Apache-2.0 */
/* The status exchange: see the header. */

#include "wire/minecraft/status.h"

#include <string.h>

#include "base/limits.h"
#include "wire/minecraft/frame.h"
#include "wire/minecraft/handshake.h"

enum wire_result
status_packet_parse(const unsigned char *bytes, size_t length, struct status_packet *ret_packet,
		    size_t *ret_used)
{
	struct frame frame;
	struct status_packet packet = { .is = STATUS_REQUEST };
	size_t used;
	enum wire_result result = frame_parse(bytes, length, STATUS_PACKET_LIMIT, &frame, &used);

	if (result != WIRE_DONE)
		return result;
	if (frame.is_empty || frame.id < 0 || frame.id > 1)
		return WIRE_BAD;

	struct body_reader reader = body_reader(&frame);

	if (frame.id == 1) {
		packet.is = STATUS_PING;
		packet.payload = body_i64(&reader);
	}
	if (!body_is_whole(&reader))
		return WIRE_BAD;
	*ret_packet = packet;
	*ret_used = used;
	return WIRE_DONE;
}

void
status_response_print(struct buf *to, const char *json, size_t length)
{
	CLEANUP(buf_deinit) struct buf body = BUF_NULL;

	put_text(&body, json, length);
	frame_print(to, 0, body.data, body.length);
}

void
pong_print(unsigned char to[static PONG_SIZE], int64_t payload)
{
	to[0] = 9;
	to[1] = 1;
	for (unsigned i = 0; i < 8; i++)
		to[2 + i] = (unsigned char)((uint64_t)payload >> (8 * (7 - i)));
}

void
ping_print(unsigned char to[static PONG_SIZE], int64_t payload)
{
	pong_print(to, payload); /* the two are the same bytes */
}

void
status_request_print(struct buf *to, int32_t protocol, const char *host, uint16_t port)
{
	struct handshake handshake = { .protocol = protocol,
				       .host = host,
				       .host_length = strlen(host),
				       .port = port,
				       .intent = INTENT_STATUS };

	handshake_print(to, &handshake);
	frame_print(to, 0, NULL, 0);
}

enum wire_result
status_response_parse(const unsigned char *bytes, size_t length, const char **ret_json,
		      size_t *ret_length, size_t *ret_used)
{
	struct frame frame;
	size_t used, json_length;
	enum wire_result result = frame_parse(bytes, length, PROBE_REPLY_LIMIT, &frame, &used);

	if (result != WIRE_DONE)
		return result;
	if (frame.is_empty || frame.id != 0)
		return WIRE_BAD;

	struct body_reader reader = body_reader(&frame);
	const char *json = body_text(&reader, PROBE_REPLY_LIMIT, &json_length);

	if (!body_is_whole(&reader))
		return WIRE_BAD;
	*ret_json = json;
	*ret_length = json_length;
	*ret_used = used;
	return WIRE_DONE;
}
