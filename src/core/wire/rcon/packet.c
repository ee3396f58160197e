/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of RCON: see the header. */

#include "wire/rcon/packet.h"

static int32_t
i32_at(const unsigned char *bytes)
{
	return (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
			 (uint32_t)bytes[3] << 24);
}

static void
put_i32(struct buf *to, int32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		buf_put_byte(to, (unsigned char)((uint32_t)value >> (8 * i)));
}

enum wire_result
rcon_packet_parse(const unsigned char *bytes, size_t length, struct rcon_packet *ret_packet,
		  size_t *ret_used)
{
	int32_t size;
	size_t whole;

	if (length < RCON_HEAD)
		return WIRE_MORE;
	size = i32_at(bytes);
	if (size < RCON_SIZE_MIN || size > RCON_PACKET_LIMIT - RCON_HEAD)
		return WIRE_BAD;
	whole = RCON_HEAD + (size_t)size;
	if (length < whole)
		return WIRE_MORE;
	if (bytes[whole - 1] != 0 || bytes[whole - 2] != 0)
		return WIRE_BAD;
	*ret_packet = (struct rcon_packet){ .id = i32_at(bytes + 4),
					    .type = i32_at(bytes + 8),
					    .text = (const char *)bytes + 12,
					    .length = (size_t)size - RCON_SIZE_MIN };
	*ret_used = whole;
	return WIRE_DONE;
}

void
rcon_packet_print(struct buf *to, const struct rcon_packet *packet)
{
	ASSERT(packet->length <= RCON_PACKET_LIMIT - RCON_HEAD - RCON_SIZE_MIN);
	put_i32(to, (int32_t)(packet->length + RCON_SIZE_MIN));
	put_i32(to, packet->id);
	put_i32(to, packet->type);
	buf_put(to, packet->text, packet->length);
	buf_put_byte(to, 0);
	buf_put_byte(to, 0);
}
