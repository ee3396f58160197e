/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "service/throttle.h"

static struct throttle throttle; /* too large for some stacks */

static struct instant
at(int64_t seconds)
{
	return (struct instant){ 1700000000000 + seconds * 1000 };
}

static void
a_burst_is_taken_and_then_one_each_interval(void **unused)
{
	(void)unused;
	throttle_init(&throttle, DURATION_S(10), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(throttle_take(&throttle, "a", at(0)).ms, 0);
	assert_int_equal(throttle_take(&throttle, "a", at(0)).ms, 10000);
	assert_int_equal(throttle_take(&throttle, "a", at(4)).ms, 6000);
	assert_int_equal(throttle_take(&throttle, "b", at(4)).ms, 0);
	assert_int_equal(throttle_take(&throttle, "a", at(10)).ms, 0);
	assert_int_equal(throttle_take(&throttle, "a", at(10)).ms, 10000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(throttle_take(&throttle, "a", at(1000)).ms, 0);
	assert_int_equal(throttle_take(&throttle, "a", at(1000)).ms, 10000);
}

/* In any hour no more than the burst and one for each interval, however it is tried. */
static void
no_pattern_of_tries_gets_more_than_its_share(void **unused)
{
	(void)unused;
	for (int64_t step = 1; step <= 40; step++) {
		int allowed = 0;

		throttle_init(&throttle, DURATION_S(30), 10);
		for (int64_t s = 0; s < 3600; s += step)
			allowed += throttle_take(&throttle, "a", at(s)).ms == 0;
		assert_true(allowed <= 10 + 3600 / 30);
		if (step <= 30)
			assert_true(allowed >= 3600 / 30);
	}
}

static void
what_is_given_back_was_never_taken(void **unused)
{
	(void)unused;
	throttle_init(&throttle, DURATION_S(10), 2);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(throttle_take(&throttle, "a", at(0)).ms, 0);
		throttle_give_back(&throttle, "a", at(0));
	}
	assert_int_equal(throttle_take(&throttle, "a", at(0)).ms, 0);
	assert_int_equal(throttle_take(&throttle, "a", at(0)).ms, 0);
	assert_int_equal(throttle_take(&throttle, "a", at(0)).ms, 10000);
}

static void
when_all_places_are_taken_the_busiest_stay(void **unused)
{
	char key[16];

	(void)unused;
	throttle_init(&throttle, DURATION_S(10), 3);
	for (int i = 0; i < 4; i++)
		(void)throttle_take(&throttle, "busy", at(0));
	for (int i = 0; i < 3 * THROTTLE_KEYS_LIMIT; i++) {
		(void)snprintf(key, sizeof key, "other%d", i);
		assert_int_equal(throttle_take(&throttle, key, at(0)).ms, 0);
	}
	assert_true(throttle_take(&throttle, "busy", at(0)).ms > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_is_taken_and_then_one_each_interval),
		cmocka_unit_test(no_pattern_of_tries_gets_more_than_its_share),
		cmocka_unit_test(what_is_given_back_was_never_taken),
		cmocka_unit_test(when_all_places_are_taken_the_busiest_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
