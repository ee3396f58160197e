/* SPDX-License-Identifier: Apache-2.0 */
/* How a process ended, in words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "port/ticket.h"

static void
every_ending_has_its_words_and_an_unknown_one_no_number(void **unused)
{
	static const struct {
		struct process_answer ended;
		const char *words;
	} endings[] = {
		{ { .is = PROCESS_GONE, .exit_status = 3 }, "ended with exit status 3" },
		{ { .is = PROCESS_GONE, .exit_signal = 11 }, "was ended by signal 11" },
		{ { .is = PROCESS_GONE, .exit_signal = 9, .killed_for_memory = true },
		  "was ended because it used more memory than allowed" },
		{ { .is = PROCESS_GONE, .exit_status = -1 },
		  "ended and nobody saw how: the machine was restarted, or it was ended from "
		  "outside" },
		{ { .is = PROCESS_NONE },
		  "ended and nobody saw how: the machine was restarted, or it was ended from "
		  "outside" },
	};
	char text[REASON_LIMIT];

	for (size_t i = 0; i < ELEMENTS(endings); i++) {
		process_ending(&endings[i].ended, text, sizeof text);
		assert_string_equal(text, endings[i].words);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ending_has_its_words_and_an_unknown_one_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
