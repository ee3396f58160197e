/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

/* RFC 4648 §10 */
static const struct {
	const char *bytes, *text;
} vectors[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
};

static void
the_vectors_of_the_rfc_hold_both_ways(void **state)
{
	for (size_t i = 0; i < ELEMENTS(vectors); i++) {
		CLEANUP(buf_deinit) struct buf text = BUF_NULL;
		CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;

		base64_put(&text, vectors[i].bytes, strlen(vectors[i].bytes));
		assert_string_equal(buf_text(&text), vectors[i].text);
		assert_true(base64_take(&bytes, vectors[i].text, strlen(vectors[i].text)));
		assert_string_equal(buf_text(&bytes), vectors[i].bytes);
	}
}

static void
every_byte_comes_back_and_needs_no_escaping_in_an_address(void **state)
{
	unsigned char all[256];

	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (unsigned char)(i * 7);
	for (size_t length = 0; length <= sizeof all; length++) {
		CLEANUP(buf_deinit) struct buf text = BUF_NULL;
		CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;

		base64url_put(&text, all, length);
		assert_int_equal(text.length, (length * 4 + 2) / 3);
		assert_null(strpbrk(buf_text(&text), "+/="));
		assert_true(base64url_take(&bytes, buf_text(&text), text.length));
		assert_int_equal(bytes.length, length);
		if (length > 0)
			assert_memory_equal(bytes.data, all, length);
	}
}

static void
what_is_not_exactly_right_is_refused(void **state)
{
	static const char *const wrong[] = { "Z",    "Zg",   "Zg=",  "Zh==",   "Zm9=",
					     "Zg=A", "====", "Z===", "Zm9v\n", "Zm-_" };
	static const char *const wrong_url[] = { "Z", "Zg==", "Zh", "Zm9", "Zm9+", "Zm 9" };
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;

	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_false(base64_take(&bytes, wrong[i], strlen(wrong[i])));
	for (size_t i = 0; i < ELEMENTS(wrong_url); i++)
		assert_false(base64url_take(&bytes, wrong_url[i], strlen(wrong_url[i])));
	assert_false(base64url_take(&bytes, "AA\0A", 4));
	assert_int_equal(bytes.length, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_rfc_hold_both_ways),
		cmocka_unit_test(every_byte_comes_back_and_needs_no_escaping_in_an_address),
		cmocka_unit_test(what_is_not_exactly_right_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
