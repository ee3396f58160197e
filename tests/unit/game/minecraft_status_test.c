/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "game/minecraft_status.h"

static bool
read_text(const char *json, struct probe_answer *answer)
{
	return minecraft_status_read(json, strlen(json), answer);
}

static void
a_full_answer_is_read(void **unused)
{
	struct probe_answer answer;

	(void)unused;
	assert_true(read_text(
		"{\"version\":{\"name\":\"1.21.4\",\"protocol\":769},"
		"\"players\":{\"max\":20,\"online\":3,\"sample\":[{\"name\":\"Ada\",\"id\":\"x\"},"
		"{\"name\":\"buy at \\u00a7shop\"},{\"name\":\".Grace\"},{\"name\":7},{}]},"
		"\"description\":{\"text\":\"hi\"},\"favicon\":\"data:\"}",
		&answer));
	assert_int_equal(answer.online, 3);
	assert_int_equal(answer.max, 20);
	assert_int_equal(answer.protocol, 769);
	assert_string_equal(answer.version, "1.21.4");
	assert_string_equal(answer.motd, "{\"text\":\"hi\"}");
	assert_int_equal(answer.name_count, 2);
	assert_string_equal(answer.names[0], "Ada");
	assert_string_equal(answer.names[1], ".Grace");
	assert_non_null(strstr(answer.status_json, "\"favicon\":\"data:\""));
	mem_free(answer.status_json);
}

static void
what_is_absent_or_absurd_is_bounded(void **unused)
{
	struct probe_answer answer;

	(void)unused;
	assert_true(read_text("{}", &answer));
	assert_int_equal(answer.online, 0);
	assert_int_equal(answer.protocol, -1);
	assert_string_equal(answer.motd, "");
	mem_free(answer.status_json);
	assert_true(read_text("{\"players\":{\"online\":-5,\"max\":99999999999999},"
			      "\"version\":{\"protocol\":-7,\"name\":\"\\u001b[2J\"},"
			      "\"description\":7}",
			      &answer));
	assert_int_equal(answer.online, 0);
	assert_int_equal(answer.max, 1000000000);
	assert_int_equal(answer.protocol, -1);
	assert_string_equal(answer.version, "?[2J");
	assert_string_equal(answer.motd, "");
	mem_free(answer.status_json);
}

static void
what_is_no_answer_is_refused(void **unused)
{
	static const char *const wrong[] = { "", "[]", "\"x\"", "{", "{\"a\":1}x", "null" };
	struct probe_answer answer;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_false(read_text(wrong[i], &answer));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_answer_is_read),
		cmocka_unit_test(what_is_absent_or_absurd_is_bounded),
		cmocka_unit_test(what_is_no_answer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
