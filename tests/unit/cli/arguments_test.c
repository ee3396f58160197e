/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/client.h"
#include "cli/command.h"

#define MAX 16

/* Split at blanks and parse. */
static int
parse(const struct command *command, const char *line, struct invocation *ret, char why[WHY_SIZE])
{
	static char words[256];
	char *argv[MAX];
	int argc = 0;

	(void)text_put(words, sizeof words, line);
	for (char *at = words; *at != '\0' && argc < MAX;) {
		size_t length = strcspn(at, " ");

		argv[argc++] = at;
		at += length;
		if (*at == ' ')
			*at++ = '\0';
	}
	return invocation_parse(command, argc, argv, ret, why);
}

static void
options_stand_anywhere_and_take_values_both_ways(void **unused)
{
	static const char *const lines[] = { "-f x.yaml --dry-run --url http://h",
					     "--url=http://h --dry-run --file x.yaml",
					     "--dry-run --file=x.yaml --url http://h" };
	struct invocation in;
	char why[WHY_SIZE];

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(lines); i++) {
		assert_int_equal(parse(&apply_command, lines[i], &in, why), EXIT_DONE);
		assert_string_equal(invocation_option(&in, "--file"), "x.yaml");
		assert_string_equal(invocation_option(&in, "--url"), "http://h");
		assert_true(invocation_has(&in, "--dry-run"));
		assert_false(invocation_has(&in, "--json"));
	}
	assert_int_equal(parse(&apply_command, "-f -", &in, why), EXIT_DONE);
	assert_string_equal(invocation_option(&in, "--file"), "-");
	assert_int_equal(parse(&wake_command, "-- --wait", &in, why), EXIT_DONE);
	assert_string_equal(invocation_word(&in, 0), "--wait");
	assert_false(invocation_has(&in, "--wait"));
}

static void
wrong_usage_is_told_in_a_sentence(void **unused)
{
	static const struct {
		const struct command *command;
		const char *line, *says;
	} cases[] = {
		{ &wake_command, "", "something is missing: roost wake NAME" },
		{ &wake_command, "a b", "'b' is too much" },
		{ &wake_command, "a --wiat", "did you mean --wait?" },
		{ &wake_command, "a --wait=yes", "--wait takes no value" },
		{ &apply_command, "-f", "--file needs a value: --file FILE" },
		{ &serve_command, "--url x", "there is no option --url" },
		{ &ls_command, "--token=secret --tokn=secret", "did you mean --token?" },
	};
	struct invocation in;
	char why[WHY_SIZE];

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		assert_int_equal(parse(cases[i].command, cases[i].line, &in, why), EXIT_MISUSED);
		if (strstr(why, cases[i].says) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", why, cases[i].says);
		assert_null(strstr(why, "secret"));
	}
	assert_int_equal(parse(&wake_command, "--help", &in, why), EXIT_DONE);
	assert_true(in.help);
}

static void
every_command_says_what_it_is(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < command_count(); i++) {
		const struct command *c = command_at(i);

		assert_ptr_equal(command_find(c->name), c);
		assert_non_null(c->words);
		assert_true(strlen(c->summary) > 10);
		assert_true(c->summary[strlen(c->summary) - 1] != '.');
		assert_true(c->least <= c->most);
		for (size_t j = 0; command_option(c, j) != NULL; j++)
			assert_true(text_starts_with(command_option(c, j)->flag, "--"));
	}
	assert_null(command_find("srve"));
}

static void
a_name_in_a_path_is_encoded(void **unused)
{
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s/wake", "a/../b c\xc3\xa9");

	(void)unused;
	assert_string_equal(path, "/v1/servers/a%2F..%2Fb%20c%C3%A9/wake");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere_and_take_values_both_ways),
		cmocka_unit_test(wrong_usage_is_told_in_a_sentence),
		cmocka_unit_test(every_command_says_what_it_is),
		cmocka_unit_test(a_name_in_a_path_is_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
