/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ADDRESS_H
#define ROOST_ADDRESS_H

/*
 * IP addresses as values (IPv4 is kept as ::ffff:a.b.c.d), networks, and
 * `host:port` endpoints as they are written in configuration. No name is looked
 * up here.
 */

#include "base/base.h"

#define IP_TEXT_SIZE 46
#define HOST_MAX 255		/* RFC 1035 §2.3.4 */

struct ip { unsigned char bytes[16]; };
struct network { struct ip ip; unsigned bits; };	/* bits counted in 128 */

/* Where something listens or is reached: a name or a literal address, and a port. */
struct endpoint {
	char host[HOST_MAX + 1];
	uint16_t port;
};

bool ip_parse(const char *text, struct ip *ret_ip) must_check;
bool ip_is_v4(const struct ip *ip);
void ip_text(const struct ip *ip, char text[static IP_TEXT_SIZE]);
bool ip_equal(const struct ip *a, const struct ip *b);

/* `192.0.2.0/24`, `2001:db8::/32`, or a bare address. */
bool network_parse(const char *text, struct network *ret_network) must_check;
/* As it is written, `/bits` left out where it is one address; bits behind the mask are cleared. */
#define NETWORK_TEXT_SIZE (IP_TEXT_SIZE + 4)
void network_text(const struct network *n, char text[static NETWORK_TEXT_SIZE]);
bool network_holds(const struct network *n, const struct ip *ip);

/* The address cut to what is counted as one peer: IPv4 whole, IPv6 by /64. */
struct ip ip_prefix(const struct ip *ip);

/* `127.0.0.1:25570`, `[::]:25565`, `play.example.org:25565`, `:25565` (host ""). */
bool endpoint_parse(const char *text, struct endpoint *ret_endpoint) must_check;
void endpoint_text(const struct endpoint *e, char *text, size_t size);

#endif
