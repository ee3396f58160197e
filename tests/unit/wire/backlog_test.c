/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "wire/supervise/backlog.h"

static void
it_holds_so_many_lines_and_knows_what_is_lost(void **unused)
{
	struct backlog *backlog = mem_new(sizeof *backlog);
	char text[32];

	(void)unused;
	for (int64_t i = 1; i <= CONSOLE_TAIL_LINES + 7; i++) {
		(void)snprintf(text, sizeof text, "line %lld", (long long)i);
		backlog_add(backlog, i * 10, text, NULL);
	}
	assert_int_equal(backlog_count(backlog), CONSOLE_TAIL_LINES);
	assert_string_equal(backlog_at(backlog, 0)->line, "line 8");
	assert_int_equal(backlog->lost, 70);
	assert_int_equal(backlog->last, (CONSOLE_TAIL_LINES + 7) * 10);
	backlog_deinit(backlog);
	mem_free(backlog);
}

static void
it_holds_so_many_bytes_colours_included(void **unused)
{
	struct backlog *backlog = mem_new(sizeof *backlog);
	char line[CONSOLE_LINE_LIMIT + 1];

	(void)unused;
	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	for (int64_t i = 1; i <= 100; i++) {
		backlog_add(backlog, i, line, i % 2 == 0 ? line : NULL);
		assert_true(backlog->bytes <= CONSOLE_TAIL_BYTES);
	}
	assert_in_range(backlog_count(backlog), CONSOLE_TAIL_BYTES / (2 * CONSOLE_LINE_LIMIT),
			CONSOLE_TAIL_BYTES / CONSOLE_LINE_LIMIT);
	assert_int_equal(backlog_at(backlog, backlog_count(backlog) - 1)->place, 100);
	backlog_deinit(backlog);
	assert_int_equal(backlog->bytes, 0);
	mem_free(backlog);
}

/* Page and programs hold numbers as doubles: whole ones below 2^53. */
static void
places_of_a_later_run_are_greater_and_exact_in_json(void **unused)
{
	struct instant early = { 1795243000123 }, late = { 1795243000124 }, end = { 4294967295000 };

	(void)unused;
	assert_true(backlog_beginning(early) + 64 * BACKLOG_STEP <= backlog_beginning(late));
	assert_true(backlog_beginning(end) + 65536 * BACKLOG_STEP < INT64_C(1) << 53);
	assert_int_equal(backlog_beginning((struct instant){ -1 }), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_holds_so_many_lines_and_knows_what_is_lost),
		cmocka_unit_test(it_holds_so_many_bytes_colours_included),
		cmocka_unit_test(places_of_a_later_run_are_greater_and_exact_in_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
