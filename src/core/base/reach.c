/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The special ranges as tables. What is hard is only that one address has many
 * spellings: those that carry another inside are opened and judged again.
 */

#include "base/reach.h"

#include <string.h>

static const char this_machine[] = "an address of this machine";
static const char private[] = "a private address";
static const char link_local[] = "a link-local address, where clouds keep their secrets";
static const char cloud[] = "an address where a cloud answers its machines";
static const char documentation[] = "an address for documentation";
static const char multicast[] = "a multicast address";
static const char reserved[] = "a reserved address";
static const char unspecified[] = "the unspecified address";

static const struct range4 {
	unsigned char ip[4];
	unsigned bits;
	const char *is;
} ranges4[] = {
	{ { 0, 0, 0, 0 }, 32, unspecified },
	{ { 0, 0, 0, 0 }, 8, this_machine },
	{ { 10, 0, 0, 0 }, 8, private },
	{ { 100, 100, 100, 200 }, 32, cloud }, /* Alibaba */
	{ { 100, 64, 0, 0 }, 10, private },    /* RFC 6598, behind a provider's NAT */
	{ { 127, 0, 0, 0 }, 8, this_machine },
	{ { 168, 63, 129, 16 }, 32, cloud }, /* Azure */
	{ { 169, 254, 0, 0 }, 16, link_local },
	{ { 172, 16, 0, 0 }, 12, private },
	{ { 192, 0, 0, 0 }, 24, reserved }, /* and Oracle's 192.0.0.192 */
	{ { 192, 0, 2, 0 }, 24, documentation },
	{ { 192, 88, 99, 0 }, 24, reserved },
	{ { 192, 168, 0, 0 }, 16, private },
	{ { 198, 18, 0, 0 }, 15, reserved },
	{ { 198, 51, 100, 0 }, 24, documentation },
	{ { 203, 0, 113, 0 }, 24, documentation },
	{ { 224, 0, 0, 0 }, 4, multicast },
	{ { 240, 0, 0, 0 }, 4, reserved },
};

/* Where `v4_at` is not 0, an IPv4 address begins at that byte; inverted where `inverted`. */
static const struct range6 {
	unsigned char ip[16];
	unsigned bits;
	const char *is; /* NULL: the address inside decides */
	unsigned v4_at;
	bool inverted;
} ranges6[] = {
	{ { 0 }, 128, unspecified, 0, false },
	{ { [15] = 1 }, 128, this_machine, 0, false },
	{ { [10] = 0xff, [11] = 0xff }, 96, NULL, 12, false },	/* mapped */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, NULL, 12, false },	/* NAT64, RFC 6052 */
	{ { 0x20, 0x01, 0x00, 0x00 }, 32, NULL, 12, true },	/* Teredo: the client */
	{ { 0x20, 0x01, 0x00, 0x00 }, 32, NULL, 4, false },	/* and its server */
	{ { 0x20, 0x01, 0x00, 0x00 }, 23, reserved, 0, false }, /* IETF protocols */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, documentation, 0, false },
	{ { 0x20, 0x02 }, 16, NULL, 2, false },		 /* 6to4 */
	{ { 0x3f, 0xff }, 20, documentation, 0, false }, /* RFC 9637 */
	{ { 0xfc, 0x00 }, 7, private, 0, false },	 /* unique local */
	{ { 0xfe, 0x80 }, 10, link_local, 0, false },
	{ { 0xfe, 0xc0 }, 10, private, 0, false }, /* site-local, RFC 3879 */
	{ { 0xff, 0x00 }, 8, multicast, 0, false },
};

static bool
begins(const unsigned char *bytes, const unsigned char *prefix, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(bytes, prefix, whole) != 0)
		return false;
	return rest == 0 || ((bytes[whole] ^ prefix[whole]) & (0xff00u >> rest) & 0xff) == 0;
}

static const char *
v4_special(const unsigned char *bytes)
{
	for (size_t i = 0; i < ELEMENTS(ranges4); i++)
		if (begins(bytes, ranges4[i].ip, ranges4[i].bits))
			return ranges4[i].is;
	return NULL;
}

static const char *
inner_special(const struct range6 *range, const struct ip *ip)
{
	unsigned char v4[4];

	memcpy(v4, ip->bytes + range->v4_at, sizeof v4);
	for (size_t i = 0; i < sizeof v4 && range->inverted; i++)
		v4[i] ^= 0xff;
	return v4_special(v4);
}

/* RFC 5214: an interface identifier 0000:5efe or 0200:5efe, then the IPv4 address. */
static bool
is_isatap(const struct ip *ip)
{
	static const unsigned char mark[] = { 0x00, 0x00, 0x5e, 0xfe };
	unsigned char head[4];

	memcpy(head, ip->bytes + 8, sizeof head);
	head[0] &= 0xfd;
	return memcmp(head, mark, sizeof mark) == 0;
}

const char *
ip_special(const struct ip *ip)
{
	bool is_opened = false;

	for (size_t i = 0; i < ELEMENTS(ranges6); i++) {
		const struct range6 *range = &ranges6[i];
		const char *is = range->is;

		if (!begins(ip->bytes, range->ip, range->bits))
			continue;
		if (is == NULL) {
			is = inner_special(range, ip);
			is_opened = true;
		} else if (is_opened) {
			break;
		}
		if (is != NULL)
			return is;
	}
	if (is_opened)
		return NULL;
	if ((ip->bytes[0] & 0xe0) != 0x20)
		return reserved;
	return is_isatap(ip) ? v4_special(ip->bytes + 12) : NULL;
}
