/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/store.h"

static const char whole[] =
	"stores:\n"
	"  - name: attic\n"
	"    directory: ../attic\n"
	"  - name: cloud\n"
	"    s3: { bucket: my.worlds, region: eu-central-1, prefix: games,\n"
	"          key: AKIDEXAMPLE, secret_file: /run/secret }\n"
	"  - name: garage\n"
	"    s3: { endpoint: 'http://127.0.0.1:3900', bucket: worlds, key: GK1,\n"
	"          secret: s3cr3t, token: t0k3n, region: garage }\n";

static const char *
on_variable(void *argument, const char *name)
{
	return strcmp(name, "ROOST_STORES") == 0 ? argument : NULL;
}

static size_t
read_text(const char *text, const char *variable,
	  struct config_error errors[static CONFIG_ERRORS_LIMIT], struct config **ret_config)
{
	struct config_source source = { .text = text,
					.length = strlen(text),
					.base_directory = "/etc/roost",
					.variable = on_variable,
					.argument = (void *)variable };

	return config_read(&source, errors, ret_config);
}

static struct config *
accepted(const char *text, const char *variable)
{
	struct config_error errors[CONFIG_ERRORS_LIMIT];
	struct config *config = NULL;
	char told[CONFIG_ERROR_TEXT_SIZE];

	if (read_text(text, variable, errors, &config) != 0) {
		config_error_text(&errors[0], "roost.yaml", told);
		fail_msg("%s", told);
	}
	return config;
}

static void
stores_are_directories_or_buckets(void **unused)
{
	CLEANUP(config_freep) struct config *config = accepted(whole, NULL);
	const struct store_spec *cloud = &config->stores[1], *garage = &config->stores[2];
	CLEANUP(text_freep) char *amazon = store_endpoint(cloud);
	CLEANUP(text_freep) char *own = store_endpoint(garage);

	(void)unused;
	assert_int_equal(config->store_count, 3);
	assert_string_equal(config->stores[0].directory, "/etc/roost/../attic");
	assert_string_equal(amazon, "https://s3.eu-central-1.amazonaws.com");
	assert_int_equal(cloud->s3.style, STORE_IN_HOST);
	assert_string_equal(cloud->s3.prefix, "games/");
	assert_string_equal(own, "http://127.0.0.1:3900");
	assert_int_equal(garage->s3.style, STORE_IN_PATH);
	assert_string_equal(garage->s3.token, "t0k3n");
	assert_true(store_is_known(config, "attic"));
	assert_true(store_is_known(config, STORE_LOCAL));
	assert_false(store_is_known(config, "nowhere"));
}

static void
the_variable_stands_for_the_list(void **unused)
{
	CLEANUP(config_freep)
	struct config *config = accepted(whole, "[{name: local, directory: /mnt/disk}]");

	(void)unused;
	assert_int_equal(config->store_count, 1);
	assert_string_equal(config->stores[0].directory, "/mnt/disk");
}

static void
a_store_that_is_not_whole_is_refused_where_it_stands(void **unused)
{
	static const struct {
		const char *text, *pointer, *part;
	} wrong[] = {
		{ "{}", "/stores", "a list of at most 31" },
		{ "[x]", "/stores/0", "expected a group" },
		{ "[{directory: /a}]", "/stores/0/name", "missing" },
		{ "[{name: a}]", "/stores/0", "one of the two" },
		{ "[{name: a, directory: /a, s3: {bucket: abc}}]", "/stores/0", "one of the two" },
		{ "[{name: a, directory: /a}, {name: a, directory: /b}]", "/stores/1/name",
		  "another store" },
		{ "[{name: a, s3: {key: k, secret: s}}]", "/stores/0/s3/bucket", "bucket's name" },
		{ "[{name: a, s3: {bucket: a/b, key: k, secret: s}}]", "/stores/0/s3/bucket",
		  "bucket's name" },
		{ "[{name: a, s3: {bucket: abc, secret: s}}]", "/stores/0/s3/key",
		  "AWS_ACCESS_KEY_ID" },
		{ "[{name: a, s3: {bucket: abc, key: k}}]", "/stores/0/s3/secret_file",
		  "one of the two" },
		{ "[{name: a, s3: {bucket: abc, key: k, secret: s, secret_file: f}}]",
		  "/stores/0/s3/secret_file", "one of the two" },
		{ "[{name: a, s3: {bucket: abc, key: k, secret: s, token: t, token_file: f}}]",
		  "/stores/0/s3/token_file", "give one" },
		{ "[{name: a, s3: {bucket: abc, key: k, secret: s, endpoint: s3.example.org}}]",
		  "/stores/0/s3/endpoint", "expected an address" },
		{ "[{name: a, s3: {bucket: abc, key: k, secret: s, endpoint: 'http://u@h'}}]",
		  "/stores/0/s3/endpoint", "expected an address" },
		{ "[{name: a, s3: {bucket: abc, key: k, secret: s, endpoint: 'https://h/p'}}]",
		  "/stores/0/s3/endpoint", "expected an address" },
		{ "[{name: a, s3: {bucket: abc, key: k, secret: s, prefix: ../x}}]",
		  "/stores/0/s3/prefix", "expected names" },
		{ "[{name: a, s3: {bucket: abc, key: k, secret: s, region: 'a/b'}}]",
		  "/stores/0/s3/region", "expected a region" },
		{ "[{name: a, s3: {bucket: abc, key: k, secret: s, style: hose}}]",
		  "/stores/0/s3/style", "did you mean host" },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		struct config_error errors[CONFIG_ERRORS_LIMIT];
		struct config *config = NULL;

		assert_true(read_text("", wrong[i].text, errors, &config) > 0);
		assert_string_equal(errors[0].variable, "ROOST_STORES");
		if (strcmp(errors[0].pointer, wrong[i].pointer) != 0 ||
		    strstr(errors[0].detail, wrong[i].part) == NULL)
			fail_msg("%s: %s: %s", wrong[i].text, errors[0].pointer, errors[0].detail);
	}
}

static void
on_changed(void *argument, const char *path, bool takes_effect)
{
	assert_string_equal(path, "stores");
	assert_false(takes_effect);
	++*(unsigned *)argument;
}

static void
a_secret_is_compared_and_never_shown(void **unused)
{
	CLEANUP(config_freep) struct config *a = accepted(whole, NULL);
	CLEANUP(config_freep) struct config *b = accepted(whole, NULL);
	CLEANUP(json_freep) json_t *shown = settings_json(store_settings(), &a->stores[2]);
	CLEANUP(text_freep) char *text = json_text(shown);
	unsigned changes = 0;

	(void)unused;
	assert_null(strstr(text, "s3cr3t"));
	assert_null(strstr(text, "t0k3n"));
	config_compare(a, b, on_changed, &changes);
	assert_int_equal(changes, 0);
	b->stores[2].s3.secret[0] = 'S';
	config_compare(a, b, on_changed, &changes);
	assert_int_equal(changes, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stores_are_directories_or_buckets),
		cmocka_unit_test(the_variable_stands_for_the_list),
		cmocka_unit_test(a_store_that_is_not_whole_is_refused_where_it_stands),
		cmocka_unit_test(a_secret_is_compared_and_never_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
