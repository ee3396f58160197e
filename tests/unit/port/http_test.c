/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "port/http.h"

/* What is waited, in seconds, at 2026-11-20T21:16:00Z. */
static int64_t
waited(char *value)
{
	struct http_result result = { .header_count = 2,
				      .headers = { { .name = "date", .value = "x" },
						   { .name = "retry-after", .value = value } } };
	struct instant now;

	assert_true(instant_parse("2026-11-20T21:16:00Z", &now));
	return http_result_retry_after(&result, now).ms / 1000;
}

static void
retry_after_is_read_in_every_form(void **unused)
{
	(void)unused;
	assert_int_equal(waited("0"), 0);
	assert_int_equal(waited("120"), 120);
	assert_int_equal(waited("00000086"), 86400);
	assert_int_equal(waited("999999999999999999999999"), 86400);
	assert_int_equal(waited("Fri, 20 Nov 2026 21:17:30 GMT"), 90);
	assert_int_equal(waited("Friday, 20-Nov-26 21:17:30 GMT"), 90);
	assert_int_equal(waited("Fri Nov 20 21:17:30 2026"), 90);
	assert_int_equal(waited("Sun, 06 Nov 1994 08:49:37 GMT"), 0);
	assert_int_equal(waited("Fri, 20 Nov 2099 21:17:30 GMT"), 86400);
}

static void
what_is_no_date_waits_for_nothing(void **unused)
{
	static const char *const values[] = { "",
					      "-5",
					      "soon",
					      "12 s",
					      "1e3",
					      "Fri, 20 Nox 2026 21:17:30 GMT",
					      "Fri, 20 anF 2026 21:17:30 GMT",
					      "Fri, 20 Nov 2026 29:17:30 GMT",
					      "Fri, 00 Nov 2026 21:17:30 GMT",
					      "Fri, 20 N 2026 21:17:30 GMT",
					      "Fri, 20 Nov" };
	const struct http_result none = { 0 };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(values); i++)
		assert_int_equal(waited((char *)values[i]), 0);
	assert_int_equal(http_result_retry_after(&none, (struct instant){ 1 }).ms, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retry_after_is_read_in_every_form),
		cmocka_unit_test(what_is_no_date_waits_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
