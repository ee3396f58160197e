/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as values: see the header. inet_pton and inet_ntop are pure. */

#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const unsigned char v4_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool
ip_parse(const char *text, struct ip *ret_ip)
{
	unsigned char v4[4];

	if (inet_pton(AF_INET, text, v4) == 1) {
		memcpy(ret_ip->bytes, v4_mapped, 12);
		memcpy(ret_ip->bytes + 12, v4, 4);
		return true;
	}
	return inet_pton(AF_INET6, text, ret_ip->bytes) == 1;
}

bool
ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->bytes, v4_mapped, 12) == 0;
}

void
ip_text(const struct ip *ip, char text[static IP_TEXT_SIZE])
{
	const char *done = ip_is_v4(ip) ? inet_ntop(AF_INET, ip->bytes + 12, text, IP_TEXT_SIZE)
					: inet_ntop(AF_INET6, ip->bytes, text, IP_TEXT_SIZE);

	ASSERT(done != NULL);
}

bool
ip_equal(const struct ip *a, const struct ip *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static bool
parse_number(const char *text, unsigned max, unsigned *ret_number)
{
	unsigned number = 0;
	size_t digits;

	for (digits = 0; text[digits] >= '0' && text[digits] <= '9' && digits < 6; digits++)
		number = number * 10 + (unsigned)(text[digits] - '0');
	if (digits == 0 || text[digits] != '\0' || number > max)
		return false;
	*ret_number = number;
	return true;
}

bool
network_parse(const char *text, struct network *ret_network)
{
	char host[IP_TEXT_SIZE];
	const char *slash = strchr(text, '/');
	size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
	struct network n;

	if (length >= sizeof host)
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	if (!ip_parse(host, &n.ip))
		return false;
	n.bits = 128;
	if (slash != NULL) {
		bool v4 = strchr(host, ':') == NULL;

		if (!parse_number(slash + 1, v4 ? 32 : 128, &n.bits))
			return false;
		if (v4)
			n.bits += 96;
	}
	*ret_network = n;
	return true;
}

void
network_text(const struct network *n, char text[static NETWORK_TEXT_SIZE])
{
	struct network cut = *n;
	bool v4;

	for (unsigned bit = n->bits; bit < 128; bit++)
		cut.ip.bytes[bit / 8] &= (unsigned char)~(0x80u >> bit % 8);
	v4 = ip_is_v4(&n->ip) && n->bits >= 96;
	ip_text(&cut.ip, text);
	if (n->bits < 128)
		(void)snprintf(text + strlen(text), NETWORK_TEXT_SIZE - strlen(text), "/%u",
			       v4 ? n->bits - 96 : n->bits);
}

bool
network_holds(const struct network *n, const struct ip *ip)
{
	unsigned whole = n->bits / 8, rest = n->bits % 8;
	unsigned char mask = (unsigned char)(0xff00u >> rest);

	if (memcmp(n->ip.bytes, ip->bytes, whole) != 0)
		return false;
	return rest == 0 || ((n->ip.bytes[whole] ^ ip->bytes[whole]) & mask) == 0;
}

struct ip
ip_prefix(const struct ip *ip)
{
	struct ip prefix = *ip;

	if (!ip_is_v4(ip))
		memset(prefix.bytes + 8, 0, 8);
	return prefix;
}

bool
endpoint_parse(const char *text, struct endpoint *ret_endpoint)
{
	const char *colon = strrchr(text, ':');
	const char *start = text;
	struct endpoint e = { .port = 0 };
	unsigned port;
	size_t length;

	if (colon == NULL || !parse_number(colon + 1, 65535, &port))
		return false;
	length = (size_t)(colon - text);
	if (*text == '[') {
		if (length < 3 || text[length - 1] != ']')
			return false;
		start++;
		length -= 2;
	} else if (memchr(text, ':', length) != NULL) {
		return false;
	}
	if (length > HOST_MAX || !text_is_printable(start, length))
		return false;
	memcpy(e.host, start, length);
	if (strpbrk(e.host, " []") != NULL)
		return false;
	e.port = (uint16_t)port;
	*ret_endpoint = e;
	return true;
}

void
endpoint_text(const struct endpoint *e, char *text, size_t size)
{
	bool bracket = strchr(e->host, ':') != NULL;

	(void)snprintf(text, size, bracket ? "[%s]:%u" : "%s:%u", e->host, (unsigned)e->port);
}
