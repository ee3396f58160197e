/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask how often. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "gate/admit.h"

static const struct gate_limits limits = {
	.connections = { 10, 20 }, .status = { 1, 3 }, .logins = { 0, 0 }, .wakes = { 0.1, 1 }
};

static struct ip
ip(const char *text)
{
	struct ip parsed;

	assert_true(ip_parse(text, &parsed));
	return parsed;
}

static unsigned
takes(struct admit *admit, const char *from, enum admit_what what, int64_t ms)
{
	struct ip peer = ip(from);
	unsigned count = 0;

	while (count < 100 && admit_take(admit, &limits, &peer, what, (struct instant){ ms }))
		count++;
	return count;
}

static void
a_burst_is_let_in_and_then_the_rate(void **unused)
{
	struct admit *admit = admit_new(64, 1);

	(void)unused;
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_STATUS, 1000), 3);
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_STATUS, 1999), 0);
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_STATUS, 2000), 1);
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_STATUS, 4100), 2);
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_STATUS, 10000000), 3);
	admit_free(admit);
}

static void
each_kind_has_its_own_bucket(void **unused)
{
	struct admit *admit = admit_new(64, 1);

	(void)unused;
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_STATUS, 1000), 3);
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_WAKE, 1000), 1);
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_CONNECTION, 1000), 20);
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_WAKE, 10000), 0);
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_WAKE, 11001), 1);
	admit_free(admit);
}

static void
no_rate_is_no_limit(void **unused)
{
	struct admit *admit = admit_new(64, 1);

	(void)unused;
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_LOGIN, 1000), 100);
	admit_free(admit);
}

static void
a_peer_is_an_ipv4_address_or_an_ipv6_network(void **unused)
{
	struct admit *admit = admit_new(4096, 1);

	(void)unused;
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_STATUS, 1000), 3);
	assert_int_equal(takes(admit, "192.0.2.2", ADMIT_STATUS, 1000), 3);
	assert_int_equal(takes(admit, "2001:db8::1", ADMIT_STATUS, 1000), 3);
	assert_int_equal(takes(admit, "2001:db8::2", ADMIT_STATUS, 1000), 0);
	assert_int_equal(takes(admit, "2001:db8:0:1::1", ADMIT_STATUS, 1000), 3);
	assert_int_equal(takes(admit, "::1", ADMIT_STATUS, 1000), 3);
	assert_int_equal(takes(admit, "::1", ADMIT_STATUS, 1000), 0);
	admit_free(admit);
}

static void
a_clock_that_goes_back_neither_gives_nor_takes(void **unused)
{
	struct admit *admit = admit_new(64, 1);

	(void)unused;
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_STATUS, 100000), 3);
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_STATUS, 1000), 0);
	assert_int_equal(takes(admit, "192.0.2.1", ADMIT_STATUS, 2000), 1);
	admit_free(admit);
}

static void
a_crowd_does_not_free_who_keeps_asking(void **unused)
{
	struct admit *admit = admit_new(64, 7);
	unsigned taken = takes(admit, "192.0.2.1", ADMIT_STATUS, 1000);
	char text[IP_TEXT_SIZE];

	(void)unused;
	for (unsigned i = 0; i < 5000; i++) {
		struct ip other;

		(void)snprintf(text, sizeof text, "198.51.%u.%u", i >> 8, i & 255);
		other = ip(text);
		assert_true(admit_take(admit, &limits, &other, ADMIT_STATUS,
				       (struct instant){ 1001 + i / 100 }));
		taken += takes(admit, "192.0.2.1", ADMIT_STATUS, 1001 + i / 100);
	}
	assert_int_equal(taken, 3);
	admit_free(admit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_is_let_in_and_then_the_rate),
		cmocka_unit_test(each_kind_has_its_own_bucket),
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(a_peer_is_an_ipv4_address_or_an_ipv6_network),
		cmocka_unit_test(a_clock_that_goes_back_neither_gives_nor_takes),
		cmocka_unit_test(a_crowd_does_not_free_who_keeps_asking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
