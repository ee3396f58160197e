/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake: see the header. */

#include "wire/minecraft/handshake.h"

#include "wire/minecraft/frame.h"

enum wire_result
handshake_parse(const unsigned char *bytes, size_t length, size_t limit,
		struct handshake *ret_handshake, size_t *ret_used)
{
	struct frame frame;
	struct handshake handshake;
	size_t used;
	enum wire_result result = frame_parse(bytes, length, limit, &frame, &used);

	if (result != WIRE_DONE)
		return result;
	if (frame.is_empty || frame.id != 0)
		return WIRE_BAD;

	struct body_reader reader = body_reader(&frame);

	handshake.protocol = body_varint(&reader);
	handshake.host = body_text(&reader, limit, &handshake.host_length);
	handshake.port = body_u16(&reader);

	int32_t intent = body_varint(&reader);

	if (!body_is_whole(&reader) || intent < INTENT_STATUS || intent > INTENT_TRANSFER)
		return WIRE_BAD;
	handshake.intent = (enum intent)intent;
	*ret_handshake = handshake;
	*ret_used = used;
	return WIRE_DONE;
}

void
handshake_print(struct buf *to, const struct handshake *handshake)
{
	CLEANUP(buf_deinit) struct buf body = BUF_NULL;

	put_varint(&body, handshake->protocol);
	put_text(&body, handshake->host, handshake->host_length);
	put_u16(&body, handshake->port);
	put_varint(&body, (int32_t)handshake->intent);
	frame_print(to, 0, body.data, body.length);
}
