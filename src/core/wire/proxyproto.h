/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PROXYPROTO_H
#define ROOST_PROXYPROTO_H

/*
 * The PROXY protocol (haproxy.org, proxy-protocol.txt), versions 1 and 2: who
 * the connection really comes from, told by a proxy before its first byte.
 * Believe it only from networks that were listed.
 */

#include "base/address.h"
#include "wire/wire.h"

#define PROXYPROTO_V1_LIMIT 107		/* §2.1: a line with its CR LF */
#define PROXYPROTO_LIMIT 1024		/* of a v2 header with its TLVs; the field could say 65535 */
#define PROXYPROTO_PRINT_LIMIT 52	/* what proxyproto_print() writes at most */

struct proxyproto {
	/*
	 * Are the addresses told? LOCAL, UNKNOWN, UNSPEC and families other than TCP
	 * over IP say nothing: then the connection's own addresses count.
	 */
	bool is_told;
	struct ip source, destination;
	uint16_t source_port, destination_port;
};

/* Either version. WIRE_BAD for bytes that begin no header. */
enum wire_result proxyproto_parse(const unsigned char *bytes, size_t length,
				  struct proxyproto *ret_header, size_t *ret_used) must_check;

/*
 * Version 2; TCP4 when both addresses are IPv4, else TCP6 (IPv4 as ::ffff:a.b.c.d),
 * LOCAL when nothing is told. Returns the length.
 */
size_t proxyproto_print(unsigned char to[static PROXYPROTO_PRINT_LIMIT],
			const struct proxyproto *header);

#endif
