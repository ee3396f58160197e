/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "service/keyed.h"

/* Every order in which four keys can be put and taken: the list is in order after each. */
static void
a_list_is_in_the_order_of_its_keys_whatever_came_first(void **unused)
{
	char names[4][2] = { "a", "b", "c", "d" };

	(void)unused;
	for (int order = 0; order < 256; order++) {
		struct keyed list = { 0 };
		int in = 0;

		for (int i = 0; i < 4; i++) {
			int which = order >> (2 * i) & 3;

			if ((in & 1 << which) != 0) {
				assert_ptr_equal(keyed_remove(&list, names[which]), names[which]);
				in &= ~(1 << which);
			} else {
				assert_null(keyed_remove(&list, names[which]));
				keyed_add(&list, names[which]);
				in |= 1 << which;
			}
			for (size_t k = 1; k < list.count; k++)
				assert_true(strcmp(list.items[k - 1], list.items[k]) < 0);
			for (int k = 0; k < 4; k++)
				assert_ptr_equal(keyed_find(&list, names[k]),
						 (in & 1 << k) != 0 ? names[k] : NULL);
		}
		keyed_deinit(&list);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_in_the_order_of_its_keys_whatever_came_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
