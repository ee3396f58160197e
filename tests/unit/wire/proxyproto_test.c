/* SPDX-License-Identifier: Apache-2.0 */
/* The PROXY protocol, in and out. */

#include "bytes.h"

#include "wire/proxyproto.h"

#define SIGNATURE "0d0a0d0a000d0a515549540a "

static enum wire_result
parse(const unsigned char *bytes, size_t length, size_t *ret_used)
{
	struct proxyproto header;

	return proxyproto_parse(bytes, length, &header, ret_used);
}

static struct packet
line(const char *text)
{
	struct packet packet;

	packet.length = strlen(text);
	memcpy(packet.bytes, text, packet.length);
	return packet;
}

static void
assert_source(const struct proxyproto *header, const char *ip, uint16_t port)
{
	char text[IP_TEXT_SIZE];

	assert_true(header->is_told);
	ip_text(&header->source, text);
	assert_string_equal(text, ip);
	assert_int_equal(header->source_port, port);
}

static void
a_line_of_version_1_is_read_at_every_split(void **unused)
{
	struct packet v4 = line("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n");
	struct packet v6 = line("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n");
	struct packet unknown = line("PROXY UNKNOWN\r\n");
	struct packet wordy = line("PROXY UNKNOWN ffff:f...f:ffff ffff:f 65535 65535\r\n");
	struct proxyproto header;
	size_t used;

	(void)unused;
	walk_prefixes(parse, v4);
	walk_prefixes(parse, v6);
	walk_prefixes(parse, unknown);
	walk_prefixes(parse, wordy);
	assert_int_equal(proxyproto_parse(v4.bytes, v4.length, &header, &used), WIRE_DONE);
	assert_source(&header, "192.0.2.1", 56324);
	assert_int_equal(header.destination_port, 443);
	assert_int_equal(proxyproto_parse(v6.bytes, v6.length, &header, &used), WIRE_DONE);
	assert_source(&header, "2001:db8::1", 1);
	assert_int_equal(proxyproto_parse(unknown.bytes, unknown.length, &header, &used),
			 WIRE_DONE);
	assert_false(header.is_told);
}

static void
a_line_that_is_wrong_is_refused(void **unused)
{
	static const char *const wrong[] = {
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 \r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 5\r\n",
		"PROXY TCP4  192.0.2.1 198.51.100.2 56324 443\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n",
		"PROXY TCP4 192.0.2.1 198.51.100.2 01 443\r\n",
		"PROXY TCP4 ::1 ::1 1 2\r\n",
		"PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n",
		"PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
		"PROXY \r\n",
		"PROXYTCP4",
		"GET / HTTP/1.1\r\n",
		"\n",
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		struct packet packet = line(wrong[i]);
		size_t used;

		assert_int_equal(parse(packet.bytes, packet.length, &used), WIRE_BAD);
	}
}

static void
a_line_has_an_end_within_107_bytes(void **unused)
{
	struct packet packet = line("PROXY UNKNOWN ");
	size_t used;

	(void)unused;
	memset(packet.bytes + packet.length, 'x', 200);
	assert_int_equal(parse(packet.bytes, PROXYPROTO_V1_LIMIT - 1, &used), WIRE_MORE);
	assert_int_equal(parse(packet.bytes, PROXYPROTO_V1_LIMIT, &used), WIRE_BAD);
	memcpy(packet.bytes + PROXYPROTO_V1_LIMIT - 2, "\r\n", 2);
	assert_int_equal(parse(packet.bytes, PROXYPROTO_V1_LIMIT, &used), WIRE_DONE);
}

static void
a_header_of_version_2_is_read_at_every_split(void **unused)
{
	struct packet v4 = hex(SIGNATURE "21 11 000c c0000201 c6336402 dc04 63dd");
	struct packet tlv = hex(SIGNATURE "21 11 0010 c0000201 c6336402 dc04 63dd 04 0001 00");
	struct packet v6 = hex(SIGNATURE "21 21 0024 20010db8000000000000000000000001 "
					 "00000000000000000000000000000001 dc04 63dd");
	struct packet local = hex(SIGNATURE "20 00 0000"),
		      chatty = hex(SIGNATURE "20 11 0002 ffff");
	struct packet unspec = hex(SIGNATURE "21 00 0003 010203");
	struct packet datagram = hex(SIGNATURE "21 12 000c c0000201 c6336402 dc04 63dd");
	struct packet *silent[] = { &local, &chatty, &unspec, &datagram };
	struct proxyproto header;
	size_t used;

	(void)unused;
	walk_prefixes(parse, v4);
	walk_prefixes(parse, tlv);
	walk_prefixes(parse, v6);
	assert_int_equal(proxyproto_parse(v4.bytes, v4.length, &header, &used), WIRE_DONE);
	assert_source(&header, "192.0.2.1", 56324);
	assert_int_equal(proxyproto_parse(v6.bytes, v6.length, &header, &used), WIRE_DONE);
	assert_source(&header, "2001:db8::1", 56324);
	for (size_t i = 0; i < ELEMENTS(silent); i++) {
		walk_prefixes(parse, *silent[i]);
		assert_int_equal(
			proxyproto_parse(silent[i]->bytes, silent[i]->length, &header, &used),
			WIRE_DONE);
		assert_false(header.is_told);
	}
}

static void
a_header_of_version_2_that_is_wrong_is_refused(void **unused)
{
	static const char *const wrong[] = {
		SIGNATURE "11 11 000c", /* version 1 in the binary form */
		SIGNATURE "22 11 000c", /* a third command */
		SIGNATURE "21 11 03f1", /* longer than we take */
		SIGNATURE "21 11 ffff",
		SIGNATURE "21 11 000b c0000201 c6336402 dc04 63",
		SIGNATURE "21 21 000c c0000201 c6336402 dc04 63dd",
		SIGNATURE "21 41 0000", /* no such family */
		SIGNATURE "21 13 0000", /* no such transport */
		"0d0a0d0a000d0b",
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		struct packet packet = hex(wrong[i]);
		size_t used;

		assert_int_equal(parse(packet.bytes, packet.length, &used), WIRE_BAD);
	}
}

static void
a_header_is_printed_for_every_mix_of_families(void **unused)
{
	static const char *const ips[] = { "192.0.2.1", "2001:db8::1" };
	unsigned char bytes[PROXYPROTO_PRINT_LIMIT];
	struct proxyproto header = { .is_told = true, .source_port = 1, .destination_port = 2 };
	struct proxyproto back;
	size_t used;

	(void)unused;
	for (unsigned mix = 0; mix < 4; mix++) {
		assert_true(ip_parse(ips[mix & 1], &header.source));
		assert_true(ip_parse(ips[mix >> 1], &header.destination));

		size_t length = proxyproto_print(bytes, &header);

		assert_int_equal(length, mix == 0 ? 28 : 52);
		assert_int_equal(bytes[13], mix == 0 ? 0x11 : 0x21);
		assert_int_equal(proxyproto_parse(bytes, length, &back, &used), WIRE_DONE);
		assert_int_equal(used, length);
		assert_true(ip_equal(&back.source, &header.source));
		assert_true(ip_equal(&back.destination, &header.destination));
		assert_int_equal(back.source_port, 1);
		assert_int_equal(back.destination_port, 2);
	}
}

static void
our_own_probe_says_local(void **unused)
{
	unsigned char bytes[PROXYPROTO_PRINT_LIMIT];
	struct packet want = hex(SIGNATURE "20 00 0000");

	(void)unused;
	assert_int_equal(proxyproto_print(bytes, &(struct proxyproto){ .is_told = false }),
			 want.length);
	assert_memory_equal(bytes, want.bytes, want.length);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_version_1_is_read_at_every_split),
		cmocka_unit_test(a_line_that_is_wrong_is_refused),
		cmocka_unit_test(a_line_has_an_end_within_107_bytes),
		cmocka_unit_test(a_header_of_version_2_is_read_at_every_split),
		cmocka_unit_test(a_header_of_version_2_that_is_wrong_is_refused),
		cmocka_unit_test(a_header_is_printed_for_every_mix_of_families),
		cmocka_unit_test(our_own_probe_says_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
