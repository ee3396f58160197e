/* SPDX-License-Identifier: Apache-2.0 */
/* The PROXY protocol, both versions: see the header. Sections are of its text. */

#include "wire/proxyproto.h"

#include <stdio.h>
#include <string.h>

static const unsigned char signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
					     0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };
static const unsigned char v4_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

#define V2_HEAD	     16 /* signature, version and command, family, length */
#define V2_TCP4	     0x11
#define V2_TCP6	     0x21
#define V2_TCP4_SIZE 12
#define V2_TCP6_SIZE 36

/* The next word of a version 1 line, ended by one space or the line's end. */
static bool
word_take(const char **line, char *word, size_t size)
{
	size_t length = strcspn(*line, " ");

	if (length == 0 || length >= size)
		return false;
	memcpy(word, *line, length);
	word[length] = '\0';
	*line += length;
	if (**line == ' ') {
		(*line)++;
		return **line != '\0';
	}
	return true;
}

static bool
address_take(const char **line, bool v4, struct ip *ret_ip)
{
	char word[IP_TEXT_SIZE];

	/* An IPv6 text of an IPv4 address is TCP6's, so the colon decides, not the value. */
	return word_take(line, word, sizeof word) && (strchr(word, ':') == NULL) == v4 &&
	       ip_parse(word, ret_ip);
}

static bool
port_take(const char **line, uint16_t *ret_port)
{
	char word[6];
	unsigned value = 0;

	if (!word_take(line, word, sizeof word) || (word[0] == '0' && word[1] != '\0'))
		return false;
	for (const char *c = word; *c != '\0'; c++) {
		if (*c < '0' || *c > '9')
			return false;
		value = value * 10 + (unsigned)(*c - '0');
	}
	*ret_port = (uint16_t)value;
	return value <= UINT16_MAX;
}

/* §2.1: "PROXY TCP4 source destination source-port destination-port". */
static bool
line_parse(const char *line, struct proxyproto *ret_header)
{
	struct proxyproto header = { .is_told = false };
	bool v4;

	if (!text_starts_with(line, "PROXY "))
		return false;
	line += strlen("PROXY ");
	if (strcmp(line, "UNKNOWN") == 0 || text_starts_with(line, "UNKNOWN ")) {
		*ret_header = header;
		return true;
	}
	v4 = text_starts_with(line, "TCP4 ");
	if (!v4 && !text_starts_with(line, "TCP6 "))
		return false;
	line += strlen("TCP4 ");
	if (!address_take(&line, v4, &header.source) ||
	    !address_take(&line, v4, &header.destination) ||
	    !port_take(&line, &header.source_port) || !port_take(&line, &header.destination_port) ||
	    *line != '\0')
		return false;
	header.is_told = true;
	*ret_header = header;
	return true;
}

static enum wire_result
v1_parse(const unsigned char *bytes, size_t length, struct proxyproto *ret_header, size_t *ret_used)
{
	static const char head[] = "PROXY ";
	size_t known = length < sizeof head - 1 ? length : sizeof head - 1;
	size_t seen = length < PROXYPROTO_V1_LIMIT ? length : PROXYPROTO_V1_LIMIT;
	const unsigned char *end = memchr(bytes, '\n', seen);
	char line[PROXYPROTO_V1_LIMIT];
	size_t size;

	if (memcmp(bytes, head, known) != 0)
		return WIRE_BAD;
	if (end == NULL)
		return seen < PROXYPROTO_V1_LIMIT ? WIRE_MORE : WIRE_BAD;
	size = (size_t)(end - bytes);
	if (size < 1 || bytes[size - 1] != '\r' || memchr(bytes, '\0', size) != NULL)
		return WIRE_BAD;
	memcpy(line, bytes, size - 1);
	line[size - 1] = '\0';
	if (!line_parse(line, ret_header))
		return WIRE_BAD;
	*ret_used = size + 1;
	return WIRE_DONE;
}

static uint16_t
u16_at(const unsigned char *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static struct ip
ip_at(const unsigned char *bytes, bool v4)
{
	struct ip ip;

	if (!v4) {
		memcpy(ip.bytes, bytes, 16);
		return ip;
	}
	memcpy(ip.bytes, v4_mapped, 12);
	memcpy(ip.bytes + 12, bytes, 4);
	return ip;
}

/* §2.2: what stands behind the head of a PROXY command. */
static bool
addresses_parse(unsigned char family, const unsigned char *bytes, size_t size,
		struct proxyproto *ret_header)
{
	bool v4 = family == V2_TCP4;
	size_t wide = v4 ? 4 : 16;

	if (!v4 && family != V2_TCP6)
		return (family & 0x0f) <= 2 && family >> 4 <= 3;
	if (size < (v4 ? V2_TCP4_SIZE : V2_TCP6_SIZE))
		return false;
	ret_header->is_told = true;
	ret_header->source = ip_at(bytes, v4);
	ret_header->destination = ip_at(bytes + wide, v4);
	ret_header->source_port = u16_at(bytes + 2 * wide);
	ret_header->destination_port = u16_at(bytes + 2 * wide + 2);
	return true;
}

static enum wire_result
v2_parse(const unsigned char *bytes, size_t length, struct proxyproto *ret_header, size_t *ret_used)
{
	size_t known = length < sizeof signature ? length : sizeof signature;
	struct proxyproto header = { .is_told = false };
	size_t size;

	if (memcmp(bytes, signature, known) != 0)
		return WIRE_BAD;
	/* Version 2, and LOCAL (0) or PROXY (1). */
	if (length > 12 && bytes[12] != 0x20 && bytes[12] != 0x21)
		return WIRE_BAD;
	if (length < V2_HEAD)
		return WIRE_MORE;
	size = u16_at(bytes + 14);
	if (V2_HEAD + size > PROXYPROTO_LIMIT)
		return WIRE_BAD;
	if (length < V2_HEAD + size)
		return WIRE_MORE;
	if (bytes[12] == 0x21 && !addresses_parse(bytes[13], bytes + V2_HEAD, size, &header))
		return WIRE_BAD;
	*ret_header = header;
	*ret_used = V2_HEAD + size;
	return WIRE_DONE;
}

enum wire_result
proxyproto_parse(const unsigned char *bytes, size_t length, struct proxyproto *ret_header,
		 size_t *ret_used)
{
	if (length == 0)
		return WIRE_MORE;
	if (bytes[0] == 'P')
		return v1_parse(bytes, length, ret_header, ret_used);
	return v2_parse(bytes, length, ret_header, ret_used);
}

size_t
proxyproto_print(unsigned char to[static PROXYPROTO_PRINT_LIMIT], const struct proxyproto *header)
{
	bool v4 = ip_is_v4(&header->source) && ip_is_v4(&header->destination);
	size_t wide = v4 ? 4 : 16, skip = 16 - wide, size = 2 * wide + 4;
	unsigned char *at = to + V2_HEAD;

	memcpy(to, signature, sizeof signature);
	memset(to + 12, 0, 4);
	to[12] = 0x20;
	if (!header->is_told)
		return V2_HEAD;
	to[12] = 0x21;
	to[13] = v4 ? V2_TCP4 : V2_TCP6;
	to[15] = (unsigned char)size;
	memcpy(at, header->source.bytes + skip, wide);
	memcpy(at + wide, header->destination.bytes + skip, wide);
	at += 2 * wide;
	at[0] = (unsigned char)(header->source_port >> 8);
	at[1] = (unsigned char)header->source_port;
	at[2] = (unsigned char)(header->destination_port >> 8);
	at[3] = (unsigned char)header->destination_port;
	return V2_HEAD + size;
}
