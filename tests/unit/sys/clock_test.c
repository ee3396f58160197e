/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/clock.h"

#define SECOND INT64_C(1000000000)

static void
a_clock_that_goes_well_is_told_as_it_is(void **unused)
{
	struct clock_state state = { 0 };

	(void)unused;
	for (int64_t s = 0; s < 100; s++)
		assert_int_equal(clock_steer(&state, (1000 + s) * SECOND, (5 + s) * SECOND),
				 (1000 + s) * SECOND);
}

static void
a_clock_set_forward_is_followed_at_once(void **unused)
{
	struct clock_state state = { 0 };

	(void)unused;
	(void)clock_steer(&state, 1000 * SECOND, 5 * SECOND);
	assert_int_equal(clock_steer(&state, 9000 * SECOND, 6 * SECOND), 9000 * SECOND);
}

static void
a_clock_set_back_neither_repeats_nor_stands_still(void **unused)
{
	struct clock_state state = { 0 };
	int64_t told = clock_steer(&state, 5000 * SECOND, 0), before;
	int64_t seconds = 0;

	(void)unused;
	do {
		before = told;
		seconds++;
		told = clock_steer(&state, (4940 + seconds) * SECOND, seconds * SECOND);
		assert_true(told > before);
		assert_true(seconds < 2000);
	} while (told > (4940 + seconds) * SECOND);
	assert_int_equal(told, (4940 + seconds) * SECOND);
	assert_int_equal(seconds, 60 * 16);
}

static void
now_never_goes_back(void **unused)
{
	struct instant last = sys_now();

	(void)unused;
	assert_true(last.ms > INT64_C(1577836800000));
	for (int i = 0; i < 100000; i++) {
		struct instant now = sys_now();

		assert_true(now.ms >= last.ms);
		last = now;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_that_goes_well_is_told_as_it_is),
		cmocka_unit_test(a_clock_set_forward_is_followed_at_once),
		cmocka_unit_test(a_clock_set_back_neither_repeats_nor_stands_still),
		cmocka_unit_test(now_never_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
