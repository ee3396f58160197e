/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/websocket.h"

static const char whole[] =
	"websocket:\n"
	"  endpoints:\n"
	"    - path: /dev\n"
	"      api_id: abc\n"
	"      authorize: anyone\n"
	"      route_selection_expression: ${request.body.a}/${request.body.b}\n"
	"      routes:\n"
	"        $connect: { url: http://127.0.0.1:9000/connect, within: 5s }\n"
	"        $default: { url: http://127.0.0.1:9000/, answers: true }\n"
	"        chat/join: { url: https://example.org/join }\n"
	"    - path: /chat/live\n"
	"      stage: live\n";

static size_t
read_text(const char *text, struct config_error errors[static CONFIG_ERRORS_LIMIT],
	  struct config **ret_config)
{
	struct config_source source = { .text = text,
					.length = strlen(text),
					.base_directory = "/etc/roost" };

	return config_read(&source, errors, ret_config);
}

static struct config *
accepted(const char *text)
{
	struct config_error errors[CONFIG_ERRORS_LIMIT];
	struct config *config = NULL;
	char told[CONFIG_ERROR_TEXT_SIZE];

	if (read_text(text, errors, &config) != 0) {
		config_error_text(&errors[0], "roost.yaml", told);
		fail_msg("%s", told);
	}
	return config;
}

static void
endpoints_are_read_with_their_routes(void **unused)
{
	CLEANUP(config_freep) struct config *config = accepted(whole);
	const struct websocket_endpoint *dev = &config->websocket.endpoints[0];
	const struct websocket_endpoint *live = dev + 1;
	const struct websocket_route *route;

	(void)unused;
	assert_int_equal(config->websocket.endpoint_count, 2);
	assert_string_equal(dev->path, "/dev");
	assert_string_equal(dev->stage, "dev");
	assert_string_equal(dev->api_id, "abc");
	assert_int_equal(dev->authorize, WEBSOCKET_ANYONE);
	assert_int_equal(dev->route_count, 3);
	route = websocket_route(dev, "$connect");
	assert_string_equal(route->url, "http://127.0.0.1:9000/connect");
	assert_int_equal(route->within.ms, 5000);
	assert_false(route->answers);
	route = websocket_route(dev, "$default");
	assert_int_equal(route->within.ms, 29000);
	assert_true(route->answers);
	assert_non_null(websocket_route(dev, "chat/join"));
	assert_null(websocket_route(dev, "chat"));
	assert_string_equal(live->stage, "live");
	assert_string_equal(live->api_id, "roost");
	assert_string_equal(live->selection, "$request.body.action");
	assert_int_equal(live->authorize, WEBSOCKET_USER);
	assert_int_equal(live->route_count, 0);
}

static void
what_is_wrong_with_an_endpoint_is_told_where_it_stands(void **unused)
{
	static const struct {
		const char *text, *told;
	} rows[] = {
		{ "websocket: { endpoints: 5 }",
		  "roost.yaml:1:14: /websocket/endpoints: expected" },
		{ "websocket:\n  endpoints:\n    - stage: x\n",
		  "roost.yaml:3:7: /websocket/endpoints/0/path: path is missing" },
		{ "websocket:\n  endpoints:\n    - path: dev\n",
		  "roost.yaml:3:7: /websocket/endpoints/0/path: expected a path" },
		{ "websocket:\n  endpoints:\n    - path: /v1/ws\n",
		  "roost.yaml:3:7: /websocket/endpoints/0/path: the paths below /v1" },
		{ "websocket:\n  endpoints:\n    - path: /a\n    - path: /a\n",
		  "roost.yaml:4:7: /websocket/endpoints/1/path: another" },
		{ "websocket:\n  endpoints:\n    - path: /a\n      rout: {}\n",
		  "roost.yaml:4:7: /websocket/endpoints/0/rout: there is no setting rout; did you "
		  "mean routes?" },
		{ "websocket:\n  endpoints:\n    - path: /a\n      route_selection_expression: "
		  "$x\n",
		  "roost.yaml:4:7: /websocket/endpoints/0/route_selection_expression: a variable" },
		{ "websocket:\n  endpoints:\n    - path: /a\n      routes:\n        $conect: { "
		  "url: "
		  "http://x/ }\n",
		  "roost.yaml:5:9: /websocket/endpoints/0/routes/$conect: is not a route's key" },
		{ "websocket:\n  endpoints:\n    - path: /a\n      routes:\n        a/b: { url: "
		  "ftp://x/ }\n",
		  "roost.yaml:5:16: /websocket/endpoints/0/routes/a~1b/url: expected an address" },
		{ "websocket:\n  endpoints:\n    - path: /a\n      routes:\n        $default: { "
		  "url: "
		  "'http://a:b@x/' }\n",
		  "roost.yaml:5:21: /websocket/endpoints/0/routes/$default/url: expected" },
		{ "websocket:\n  endpoints:\n    - path: /a\n      routes:\n        $default: { "
		  "url: "
		  "'http://x/', within: 30s }\n",
		  "roost.yaml:5:39: /websocket/endpoints/0/routes/$default/within: " },
		{ "websocket:\n  endpoints:\n    - path: /a\n      routes:\n        $connect: { "
		  "url: "
		  "'http://x/', answers: true }\n",
		  "roost.yaml:5:39: /websocket/endpoints/0/routes/$connect/answers: $connect" },
		{ "websocket: { endpoint: [] }",
		  "roost.yaml:1:14: /websocket/endpoint: there is no setting endpoint; did you "
		  "mean endpoints?" },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct config_error errors[CONFIG_ERRORS_LIMIT];
		struct config *config = NULL;
		char told[CONFIG_ERROR_TEXT_SIZE];

		assert_int_not_equal(read_text(rows[i].text, errors, &config), 0);
		config_error_text(&errors[0], "roost.yaml", told);
		if (!text_starts_with(told, rows[i].told))
			fail_msg("told \"%s\" instead of \"%s\"", told, rows[i].told);
	}
}

static const char *
variable(void *argument, const char *name)
{
	return strcmp(name, "ROOST_WEBSOCKET_ENDPOINTS") == 0 ? argument : NULL;
}

static void
the_environment_wins_and_names_itself(void **unused)
{
	struct config_source source = { .text = whole,
					.length = strlen(whole),
					.base_directory = "/etc/roost",
					.variable = variable,
					.argument = "[{path: /other}]" };
	struct config_error errors[CONFIG_ERRORS_LIMIT];
	char told[CONFIG_ERROR_TEXT_SIZE];
	struct config *config = NULL;

	(void)unused;
	assert_int_equal(config_read(&source, errors, &config), 0);
	assert_int_equal(config->websocket.endpoint_count, 1);
	assert_string_equal(config->websocket.endpoints[0].path, "/other");
	config_free(config);
	source.argument = "[{path: other}]";
	assert_int_equal(config_read(&source, errors, &config), 1);
	config_error_text(&errors[0], "roost.yaml", told);
	assert_true(
		text_starts_with(told, "ROOST_WEBSOCKET_ENDPOINTS: /websocket/endpoints/0/path"));
}

static void
on_changed(void *argument, const char *path, bool takes_effect)
{
	size_t *count = argument;

	assert_string_equal(path, "websocket.endpoints");
	assert_false(takes_effect);
	(*count)++;
}

static void
a_change_of_an_endpoint_wants_a_restart(void **unused)
{
	CLEANUP(text_freep) char *other = text_copy(whole);
	CLEANUP(config_freep) struct config *before = accepted(whole), *same = accepted(whole);
	CLEANUP(config_freep) struct config *after = NULL;
	size_t count = 0;

	(void)unused;
	config_compare(before, same, on_changed, &count);
	assert_int_equal(count, 0);
	memcpy(strstr(other, "9000/,"), "9001/,", 6);
	after = accepted(other);
	config_compare(before, after, on_changed, &count);
	assert_int_equal(count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints_are_read_with_their_routes),
		cmocka_unit_test(what_is_wrong_with_an_endpoint_is_told_where_it_stands),
		cmocka_unit_test(the_environment_wins_and_names_itself),
		cmocka_unit_test(a_change_of_an_endpoint_wants_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
