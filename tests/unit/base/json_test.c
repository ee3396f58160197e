/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static void
a_sentence_cut_within_a_character_is_told_all_the_same(void **unused)
{
	static const char name[] = "w\xc3\xb6rld \xe2\x80\xa6 \xf0\x9f\x8c\x8d";

	(void)unused;
	for (int cut = 0; cut <= (int)strlen(name); cut++) {
		CLEANUP(json_freep) json_t *object = json_object();
		const char *kept;
		char text[40];

		(void)snprintf(text, sizeof text, "%.*s", cut, name);
		json_set_text(object, "reason", text);
		kept = json_get_text(object, "reason", NULL);
		assert_non_null(kept);
		assert_int_equal(strlen(kept), cut);
		assert_memory_equal(kept, name, strcspn(kept, "?"));
	}
}

static void
any_byte_of_a_text_becomes_utf_8(void **unused)
{
	(void)unused;
	for (unsigned byte = 1; byte < 256; byte++) {
		const char text[] = { 'a', (char)byte, 'z', '\0' };
		CLEANUP(json_freep) json_t *object = json_object();
		CLEANUP(text_freep) char *written = NULL;

		json_set_text(object, "reason", text);
		written = json_text(object);
		assert_string_equal(json_get_text(object, "reason", NULL),
				    byte < 128 ? text : "a?z");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sentence_cut_within_a_character_is_told_all_the_same),
		cmocka_unit_test(any_byte_of_a_text_becomes_utf_8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
