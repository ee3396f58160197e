/* SPDX-License-Identifier: Apache-2.0 */
/* The sample configuration is one that roost takes, and says what it seems to say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/file.h"

static const char *sample;

static void
the_sample_is_accepted(void **unused)
{
	struct config_load load;

	(void)unused;
	config_load(sample, &load);
	config_load_explain(&load);
	assert_non_null(load.config);
	assert_int_equal(load.config->server_count, 2);
	assert_string_equal(load.config->servers[0]->name, "survival");
	assert_int_equal(load.config->servers[1]->game, GAME_TCP);
	assert_string_equal(load.config->servers[1]->local.command[2], "5557");
	assert_true(text_ends_with(load.config->data, "/deploy/data"));
	config_load_deinit(&load);
}

static void
a_file_that_is_not_there_is_an_error_and_not_the_defaults(void **unused)
{
	struct config_load load;

	(void)unused;
	config_load("/nowhere/roost.yaml", &load);
	assert_null(load.config);
	assert_true(load.error < 0);
	config_load_deinit(&load);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_is_accepted),
		cmocka_unit_test(a_file_that_is_not_there_is_an_error_and_not_the_defaults),
	};

	sample = argc > 1 ? argv[1] : "deploy/roost.yaml";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
