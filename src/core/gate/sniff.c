/* SPDX-License-Identifier: Apache-2.0 */
/* What the first bytes of a connection are: see the header. */

#include "gate/sniff.h"

#include "base/limits.h"
#include "wire/minecraft/frame.h"
#include "wire/minecraft/varint.h"

#define SECOND_BYTE_WITHIN DURATION_MS(1000) /* 1.3 sends fe and nothing more */
#define THIRD_BYTE_WITHIN  DURATION_MS(500)  /* 1.4 sends fe 01 and nothing more */
#define HANDSHAKE_LEAST	   6		     /* id, protocol, empty host, port, intent */

/* Does a handshake begin here: a fitting length, then packet id 0? */
static enum sniffed
sniff_modern(const unsigned char *bytes, size_t length, bool is_over)
{
	int32_t value;
	size_t head, id_size;
	enum wire_result result = varint_parse(bytes, length, &value, &head);

	/* A frame's length is three bytes at most. */
	if (result == WIRE_MORE && length >= FRAME_HEAD_LIMIT)
		return SNIFFED_GARBAGE;
	if (result == WIRE_DONE) {
		if (head > FRAME_HEAD_LIMIT || value < HANDSHAKE_LEAST ||
		    value > HANDSHAKE_FRAME_FORWARDED_LIMIT)
			return SNIFFED_GARBAGE;
		result = varint_parse(bytes + head, length - head, &value, &id_size);
		if (result == WIRE_DONE)
			return value == 0 ? SNIFFED_MODERN : SNIFFED_GARBAGE;
	}
	return result == WIRE_MORE && !is_over ? SNIFFED_NOTHING_YET : SNIFFED_GARBAGE;
}

static struct sniff
sniff_old_ping(const unsigned char *bytes, size_t length, bool is_over)
{
	if (length == 1) {
		if (is_over)
			return (struct sniff){ .is = SNIFFED_LEGACY_1_3 };
		return (struct sniff){ SNIFFED_NOTHING_YET, SECOND_BYTE_WITHIN };
	}
	if (bytes[1] != 0x01)
		return (struct sniff){ .is = sniff_modern(bytes, length, is_over) };
	if (length == 2) {
		if (is_over)
			return (struct sniff){ .is = SNIFFED_LEGACY_1_4 };
		return (struct sniff){ SNIFFED_NOTHING_YET, THIRD_BYTE_WITHIN };
	}
	if (bytes[2] == 0xfa)
		return (struct sniff){ .is = SNIFFED_LEGACY_1_6 };
	/* A frame of 254 bytes, or a ping with something behind it that we need not know. */
	enum sniffed modern = sniff_modern(bytes, length, is_over);

	if (modern == SNIFFED_GARBAGE)
		return (struct sniff){ .is = SNIFFED_LEGACY_1_4 };
	return (struct sniff){ .is = modern };
}

struct sniff
sniff(const unsigned char *bytes, size_t length, bool is_over)
{
	if (length == 0)
		return (struct sniff){ .is = is_over ? SNIFFED_GARBAGE : SNIFFED_NOTHING_YET };
	if (bytes[0] == 0xfe)
		return sniff_old_ping(bytes, length, is_over);
	if (bytes[0] == 0x02) /* no handshake is two bytes long */
		return (struct sniff){ .is = SNIFFED_LEGACY_LOGIN };
	return (struct sniff){ .is = sniff_modern(bytes, length, is_over) };
}
