/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "feed/cursor.h"

#define EPOCH "01JD0000000000000000000000"

static void
a_cursor_is_printed_and_read_back(void **unused)
{
	static const uint64_t offsets[] = { 0, 1, 9, 10, 1000000, INT64_MAX };
	static const char *const epochs[] = { "", "a", EPOCH };
	char text[CURSOR_TEXT_SIZE];

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(offsets); i++) {
		for (size_t j = 0; j < ELEMENTS(epochs); j++) {
			struct cursor c = { .offset = offsets[i] }, back;

			(void)text_put(c.epoch, sizeof c.epoch, epochs[j]);
			cursor_text(&c, text);
			assert_true(cursor_parse(text, &back));
			assert_string_equal(back.epoch, c.epoch);
			assert_true(back.offset == c.offset);
		}
	}
}

static void
anything_else_is_not_a_cursor(void **unused)
{
	static const char *const bad[] = { "",
					   ":",
					   ":1",
					   "a:",
					   "a:b",
					   "a:1:2",
					   "-1",
					   "+1",
					   " 1",
					   "1 ",
					   "01",
					   "a:01",
					   "a b:1",
					   "a-b:1",
					   "9223372036854775808",
					   "99999999999999999999",
					   EPOCH "0:1",
					   "\xc3\xa4:1" };
	struct cursor c = { .offset = 77 };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_false(cursor_parse(bad[i], &c));
	assert_true(c.offset == 77);
}

/* Every position against every small record: nothing is ever lost without a word. */
static void
no_resume_loses_an_event_silently(void **unused)
{
	(void)unused;
	for (uint64_t first = 0; first <= 4; first++) {
		for (uint64_t last = first; last <= (first > 0 ? first + 4 : 0); last++) {
			for (uint64_t offset = 0; offset <= 10; offset++) {
				struct cursor c = { .epoch = EPOCH, .offset = offset };
				struct resume_verdict v = cursor_resume(&c, EPOCH, first, last);

				assert_true(v.oldest == first);
				assert_true(v.from <= last);
				if (v.what == RESUME_RESUMED)
					assert_true(v.from == offset && offset + 1 >= first);
				else
					assert_true(v.from == (first > 0 ? first - 1 : 0));
				if (offset > last)
					assert_int_equal(v.what, RESUME_UNKNOWN_EPOCH);
				else if (offset + 1 < first)
					assert_int_equal(v.what, RESUME_GAP);
				else
					assert_int_equal(v.what, RESUME_RESUMED);
				v = cursor_resume(&c, "other", first, last);
				assert_int_equal(v.what, RESUME_UNKNOWN_EPOCH);
			}
		}
	}
}

static void
a_bare_offset_is_of_the_present_record(void **unused)
{
	struct cursor c;

	(void)unused;
	assert_true(cursor_parse("3", &c));
	assert_int_equal(cursor_resume(&c, EPOCH, 1, 5).what, RESUME_RESUMED);
	assert_int_equal(cursor_resume(&c, EPOCH, 1, 2).what, RESUME_UNKNOWN_EPOCH);
	assert_string_equal(resume_word(RESUME_GAP), "gap");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cursor_is_printed_and_read_back),
		cmocka_unit_test(anything_else_is_not_a_cursor),
		cmocka_unit_test(no_resume_loses_an_event_silently),
		cmocka_unit_test(a_bare_offset_is_of_the_present_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
