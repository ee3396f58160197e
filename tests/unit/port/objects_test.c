/* SPDX-License-Identifier: Apache-2.0 */
/* Names of objects. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "port/objects.h"

static void
a_key_is_a_path_that_stays_inside(void **unused)
{
	static const char *const good[] = { "a", "a/b", "survival/01JD/archive.tar.zst", "a..b/c",
					    "1/2/3/4/5/6/7/8" };
	static const char *const bad[] = { "",
					   "/",
					   "/a",
					   "a/",
					   "a//b",
					   ".",
					   "..",
					   "../a",
					   "a/..",
					   "a/../b",
					   "a/.b",
					   ".a",
					   "a b",
					   "a\\b",
					   "a\nb",
					   "a%2e",
					   "\xc3\xa4",
					   "a?b",
					   "1/2/3/4/5/6/7/8/9" };

	for (size_t i = 0; i < ELEMENTS(good); i++)
		assert_true(object_key_is_valid(good[i]));
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_false(object_key_is_valid(bad[i]));
}

static void
a_key_has_a_longest_length(void **unused)
{
	char key[OBJECT_KEY_LIMIT + 2];

	memset(key, 'a', sizeof key);
	key[OBJECT_KEY_LIMIT] = '\0';
	assert_true(object_key_is_valid(key));
	key[OBJECT_KEY_LIMIT] = 'a';
	key[OBJECT_KEY_LIMIT + 1] = '\0';
	assert_false(object_key_is_valid(key));
}

static void
every_beginning_of_a_key_is_a_prefix(void **unused)
{
	const char *key = "survival/01JD/archive.tar.zst";

	for (size_t length = 0; length <= strlen(key); length++) {
		char *prefix = text_copy_n(key, length);

		assert_true(object_prefix_is_valid(prefix));
		mem_free(prefix);
	}
	assert_false(object_prefix_is_valid("/"));
	assert_false(object_prefix_is_valid("a/."));
	assert_false(object_prefix_is_valid("a//"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_a_path_that_stays_inside),
		cmocka_unit_test(a_key_has_a_longest_length),
		cmocka_unit_test(every_beginning_of_a_key_is_a_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
