/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/reach.h"

static const char *
special(const char *text)
{
	struct ip ip;

	if (!ip_parse(text, &ip))
		fail_msg("%s is not an address", text);
	return ip_special(&ip);
}

/* The first and last address of each range, and its neighbours outside. */
static const struct {
	const char *before, *first, *last, *after, *is;
} ranges[] = {
	{ NULL, "0.0.0.0", "0.0.0.0", NULL, "unspecified" },
	{ NULL, "0.0.0.1", "0.255.255.255", "1.0.0.0", "this machine" },
	{ "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0", "private" },
	{ "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0", "private" },
	{ "126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0", "this machine" },
	{ "168.63.129.15", "168.63.129.16", "168.63.129.16", "168.63.129.17", "cloud" },
	{ "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0", "link-local" },
	{ "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0", "private" },
	{ "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0", "reserved" },
	{ "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0", "documentation" },
	{ "192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0", "reserved" },
	{ "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0", "private" },
	{ "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0", "reserved" },
	{ "198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0", "documentation" },
	{ "203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0", "documentation" },
	{ "223.255.255.255", "224.0.0.0", "239.255.255.255", NULL, "multicast" },
	{ NULL, "240.0.0.0", "255.255.255.255", NULL, "reserved" },
	{ NULL, "::", "::", NULL, "unspecified" },
	{ NULL, "::1", "::1", NULL, "this machine" },
	{ NULL, "::2", "::127.0.0.1", NULL, "reserved" },
	{ NULL, "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", NULL, "reserved" },
	{ NULL, "100::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::", "reserved" },
	{ "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::", "reserved" },
	{ "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
	  "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::", "documentation" },
	{ "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "3fff::", "3fff:0fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::", "documentation" },
	{ NULL, "4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "reserved" },
	{ NULL, "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "private" },
	{ NULL, "fd00:ec2::254", "fd00:ec2::254", NULL, "private" },
	{ NULL, "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "link-local" },
	{ NULL, "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "private" },
	{ NULL, "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL, "multicast" },
};

static void
assert_special(const char *text, const char *is)
{
	const char *got = special(text);

	if (got == NULL || strstr(got, is) == NULL)
		fail_msg("%s is %s, not %s", text, got != NULL ? got : "public", is);
}

static void
assert_public(const char *text)
{
	const char *got = text != NULL ? special(text) : NULL;

	if (got != NULL)
		fail_msg("%s is %s, not public", text, got);
}

static void
every_special_range_is_known_to_its_ends(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(ranges); i++) {
		assert_public(ranges[i].before);
		assert_special(ranges[i].first, ranges[i].is);
		assert_special(ranges[i].last, ranges[i].is);
		assert_public(ranges[i].after);
	}
}

static void
public_addresses_are_public(void **unused)
{
	(void)unused;
	assert_public("1.1.1.1");
	assert_public("8.8.8.8");
	assert_public("2606:4700:4700::1111");
	assert_public("2a00:1450:4001:82a::200e");
	assert_public("64:ff9b::808:808");
	assert_public("2002:808:808::1");
	assert_public("2001:0:808:808:8000:0:f7f7:f7f7"); /* Teredo of 8.8.8.8 at 8.8.8.8 */
	assert_public("2606:4700::5efe:808:808");
}

/* Each range of IPv4 again, in every wrapping that carries one. */
static void
an_address_inside_another_is_judged_too(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ELEMENTS(ranges); i++) {
		unsigned a, b, c, d;
		char text[64];

		if (sscanf(ranges[i].first, "%u.%u.%u.%u", &a, &b, &c, &d) != 4)
			continue;
		(void)snprintf(text, sizeof text, "::ffff:%02x%02x:%02x%02x", a, b, c, d);
		assert_special(text, ranges[i].is);
		(void)snprintf(text, sizeof text, "64:ff9b::%02x%02x:%02x%02x", a, b, c, d);
		assert_special(text, ranges[i].is);
		(void)snprintf(text, sizeof text, "2002:%02x%02x:%02x%02x::1", a, b, c, d);
		assert_special(text, ranges[i].is);
		(void)snprintf(text, sizeof text, "2001:0:808:808::%02x%02x:%02x%02x", a ^ 0xff,
			       b ^ 0xff, c ^ 0xff, d ^ 0xff);
		assert_special(text, ranges[i].is);
		(void)snprintf(text, sizeof text, "2001:0:%02x%02x:%02x%02x::f7f7:f7f7", a, b, c,
			       d);
		assert_special(text, ranges[i].is);
		(void)snprintf(text, sizeof text, "2606:4700::5efe:%02x%02x:%02x%02x", a, b, c, d);
		assert_special(text, ranges[i].is);
		(void)snprintf(text, sizeof text, "2606:4700::200:5efe:%02x%02x:%02x%02x", a, b, c,
			       d);
		assert_special(text, ranges[i].is);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_special_range_is_known_to_its_ends),
		cmocka_unit_test(public_addresses_are_public),
		cmocka_unit_test(an_address_inside_another_is_judged_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
