/* SPDX-License-Identifier: Apache-2.0 */
/* RakNet before a connection: see the header. */

#include "wire/raknet/unconnected.h"

#include <string.h>

#define ID_PING		0x01
#define ID_PING_OPEN	0x02
#define ID_REQUEST_1	0x05
#define ID_REPLY_1	0x06
#define ID_REQUEST_2	0x07
#define ID_INCOMPATIBLE 0x19
#define ID_PONG		0x1c

#define REQUEST_1_HEAD 18 /* id, magic, protocol */
#define V4_SIZE	       7  /* kind, address, port */
#define V6_SIZE	       29 /* kind, family, port, flow, address, scope */

static const unsigned char magic[16] = { 0x00, 0xff, 0xff, 0x00, 0xfe, 0xfe, 0xfe, 0xfe,
					 0xfd, 0xfd, 0xfd, 0xfd, 0x12, 0x34, 0x56, 0x78 };
static const unsigned char v4_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static uint16_t
u16_at(const unsigned char *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t
u32_at(const unsigned char *bytes)
{
	return (uint32_t)u16_at(bytes) << 16 | u16_at(bytes + 2);
}

static uint64_t
u64_at(const unsigned char *bytes)
{
	return (uint64_t)u32_at(bytes) << 32 | u32_at(bytes + 4);
}

static unsigned char *
put_number(unsigned char *to, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		to[i] = (unsigned char)(value >> (8 * (size - 1 - i)));
	return to + size;
}

static unsigned char *
put_magic(unsigned char *to)
{
	memcpy(to, magic, sizeof magic);
	return to + sizeof magic;
}

static bool
is_magic(const unsigned char *bytes)
{
	return memcmp(bytes, magic, sizeof magic) == 0;
}

bool
raknet_ping_parse(const unsigned char *bytes, size_t length, struct raknet_ping *ret_ping)
{
	if (length < RAKNET_PING_SIZE || (bytes[0] != ID_PING && bytes[0] != ID_PING_OPEN) ||
	    !is_magic(bytes + 9))
		return false;
	*ret_ping = (struct raknet_ping){ .time = u64_at(bytes + 1),
					  .client = u64_at(bytes + 25),
					  .open_only = bytes[0] == ID_PING_OPEN };
	return true;
}

size_t
raknet_ping_print(unsigned char to[static RAKNET_PING_SIZE], const struct raknet_ping *ping)
{
	unsigned char *at = to;

	*at++ = ping->open_only ? ID_PING_OPEN : ID_PING;
	at = put_number(at, ping->time, 8);
	at = put_magic(at);
	at = put_number(at, ping->client, 8);
	return (size_t)(at - to);
}

bool
raknet_pong_parse(const unsigned char *bytes, size_t length, struct raknet_pong *ret_pong)
{
	size_t size;

	if (length < RAKNET_PONG_HEAD || bytes[0] != ID_PONG || !is_magic(bytes + 17))
		return false;
	size = u16_at(bytes + 33);
	if (size > RAKNET_TEXT_LIMIT || size > length - RAKNET_PONG_HEAD)
		return false;
	*ret_pong = (struct raknet_pong){ .time = u64_at(bytes + 1),
					  .server = u64_at(bytes + 9),
					  .text = (const char *)bytes + RAKNET_PONG_HEAD,
					  .length = size };
	return true;
}

size_t
raknet_pong_print(unsigned char to[static RAKNET_PONG_LIMIT], const struct raknet_pong *pong)
{
	unsigned char *at = to;

	ASSERT(pong->length <= RAKNET_TEXT_LIMIT);
	*at++ = ID_PONG;
	at = put_number(at, pong->time, 8);
	at = put_number(at, pong->server, 8);
	at = put_magic(at);
	at = put_number(at, pong->length, 2);
	memcpy(at, pong->text, pong->length);
	return (size_t)(at - to) + pong->length;
}

bool
raknet_request_1_parse(const unsigned char *bytes, size_t length,
		       struct raknet_request_1 *ret_request)
{
	size_t mtu = length + RAKNET_HEADERS;

	if (length < REQUEST_1_HEAD || bytes[0] != ID_REQUEST_1 || !is_magic(bytes + 1) ||
	    mtu < RAKNET_MTU_MIN)
		return false;
	*ret_request = (struct raknet_request_1){
		.protocol = bytes[17],
		.mtu = (uint16_t)(mtu < RAKNET_MTU_MAX ? mtu : RAKNET_MTU_MAX),
	};
	return true;
}

/* The bytes it took; 0: not an address. */
static size_t
address_parse(const unsigned char *bytes, size_t length, struct ip *ret_ip, uint16_t *ret_port)
{
	if (length >= V4_SIZE && bytes[0] == 4) {
		memcpy(ret_ip->bytes, v4_mapped, sizeof v4_mapped);
		for (size_t i = 0; i < 4; i++)
			ret_ip->bytes[12 + i] = (unsigned char)~bytes[1 + i];
		*ret_port = u16_at(bytes + 5);
		return V4_SIZE;
	}
	if (length >= V6_SIZE && bytes[0] == 6) {
		*ret_port = u16_at(bytes + 3);
		memcpy(ret_ip->bytes, bytes + 9, 16);
		return V6_SIZE;
	}
	return 0;
}

bool
raknet_request_2_parse(const unsigned char *bytes, size_t length, bool has_cookie,
		       struct raknet_request_2 *ret_request)
{
	struct raknet_request_2 request = { .cookie = 0 };
	size_t at = 17, used;

	if (length < at + (has_cookie ? 5 : 0) || bytes[0] != ID_REQUEST_2 || !is_magic(bytes + 1))
		return false;
	if (has_cookie) {
		/* The cookie, and whether the client sends a security challenge: it never does. */
		request.cookie = u32_at(bytes + at);
		if (bytes[at + 4] != 0)
			return false;
		at += 5;
	}
	used = address_parse(bytes + at, length - at, &request.server, &request.server_port);
	if (used == 0 || length - at - used < 10)
		return false;
	at += used;
	request.mtu = u16_at(bytes + at);
	request.client = u64_at(bytes + at + 2);
	if (request.mtu < RAKNET_MTU_MIN || request.mtu > RAKNET_MTU_MAX)
		return false;
	*ret_request = request;
	return true;
}

size_t
raknet_request_2_uncookie(unsigned char *bytes, size_t length)
{
	const size_t at = 17, size = 5; /* behind the magic: the cookie and a flag */

	ASSERT(length >= at + size);
	memmove(bytes + at, bytes + at + size, length - at - size);
	return length - size;
}

size_t
raknet_reply_1_print(unsigned char to[static RAKNET_REPLY_LIMIT], uint64_t server, uint32_t cookie,
		     uint16_t mtu)
{
	unsigned char *at = to;

	*at++ = ID_REPLY_1;
	at = put_magic(at);
	at = put_number(at, server, 8);
	*at++ = 1; /* with security: the cookie follows */
	at = put_number(at, cookie, 4);
	at = put_number(at, mtu, 2);
	return (size_t)(at - to);
}

size_t
raknet_incompatible_print(unsigned char to[static RAKNET_REPLY_LIMIT], uint64_t server)
{
	unsigned char *at = to;

	*at++ = ID_INCOMPATIBLE;
	*at++ = RAKNET_PROTOCOL;
	at = put_magic(at);
	at = put_number(at, server, 8);
	return (size_t)(at - to);
}
