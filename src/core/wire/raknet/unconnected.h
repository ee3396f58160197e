/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RAKNET_UNCONNECTED_H
#define ROOST_RAKNET_UNCONNECTED_H

/*
 * RakNet before a connection, as Minecraft: Bedrock Edition speaks it (protocol 11):
 * the ping of the server list and its pong, and the first two requests of a join
 * with their replies. Source: minecraft.wiki "RakNet" (once wiki.vg "Raknet Protocol").
 * Numbers are big-endian. Each function takes one whole datagram; what stands behind
 * the known fields of one is not looked at, for clients pad to measure the path.
 *
 * A client's address is proved by the cookie of reply 1, which it must send back in
 * request 2: whoever forged the sender's address never sees it.
 */

#include "base/address.h"

#define RAKNET_PROTOCOL 11		/* Bedrock's since 1.16.20 */
#define RAKNET_PING_SIZE 33
#define RAKNET_TEXT_LIMIT 1024		/* of a pong; real ones have about 130 bytes */
#define RAKNET_PONG_HEAD 35
#define RAKNET_PONG_LIMIT (RAKNET_PONG_HEAD + RAKNET_TEXT_LIMIT)
#define RAKNET_REPLY_LIMIT 64		/* of the replies printed here */
#define RAKNET_MTU_MIN 400		/* smaller paths carry no game */
#define RAKNET_MTU_MAX 1500
#define RAKNET_HEADERS 28		/* IPv4 and UDP: what an MTU counts beside the datagram */

struct raknet_ping {
	uint64_t time;		/* sent back as it is */
	uint64_t client;	/* the client's number for itself */
	bool open_only;		/* 0x02: only a server with room is to answer */
};

struct raknet_pong {
	uint64_t time, server;
	const char *text;	/* borrowed, not terminated, of any bytes */
	size_t length;
};

bool raknet_ping_parse(const unsigned char *bytes, size_t length, struct raknet_ping *ret_ping)
	must_check;
size_t raknet_ping_print(unsigned char to[static RAKNET_PING_SIZE],
			 const struct raknet_ping *ping);
bool raknet_pong_parse(const unsigned char *bytes, size_t length, struct raknet_pong *ret_pong)
	must_check;
/* The text is at most RAKNET_TEXT_LIMIT bytes. */
size_t raknet_pong_print(unsigned char to[static RAKNET_PONG_LIMIT],
			 const struct raknet_pong *pong);

/* 0x05, padded by the client to the size it tries. */
struct raknet_request_1 {
	uint8_t protocol;
	uint16_t mtu;		/* of the path, by the datagram's size */
};

/* 0x07. With security on, the cookie comes before the address. */
struct raknet_request_2 {
	uint32_t cookie;	/* 0 when none was asked for */
	uint16_t mtu;
	uint64_t client;
	struct ip server;	/* where the client believes us to be */
	uint16_t server_port;
};

bool raknet_request_1_parse(const unsigned char *bytes, size_t length,
			    struct raknet_request_1 *ret_request) must_check;
/* Did we ask for a cookie? The packet itself does not say whether it has one. */
bool raknet_request_2_parse(const unsigned char *bytes, size_t length, bool has_cookie,
			    struct raknet_request_2 *ret_request) must_check;

/*
 * The same request as a server that asked for no cookie expects it. Returns its
 * length. `bytes` is one that raknet_request_2_parse() read with a cookie.
 */
size_t raknet_request_2_uncookie(unsigned char *bytes, size_t length);

/* 0x06 with a cookie: the client must send it back. */
size_t raknet_reply_1_print(unsigned char to[static RAKNET_REPLY_LIMIT], uint64_t server,
			    uint32_t cookie, uint16_t mtu);
/* 0x19: we speak `RAKNET_PROTOCOL` and the client does not. */
size_t raknet_incompatible_print(unsigned char to[static RAKNET_REPLY_LIMIT], uint64_t server);

#endif
