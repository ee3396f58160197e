/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's own paths: who may open what, and what an integration is shown of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"
#include "model/config.h"

static char dev[] = "/dev", own[] = "/own", stage[] = "live", id[] = "roost", key[] = "$default";
static char selection[] = "$request.body.action", url[] = "http://127.0.0.1:1/";
static struct websocket_route routes[] = { { .key = key, .url = url, .within = { 1000 } } };

static const struct websocket_endpoint endpoints[] = {
	{ .path = dev,
	  .stage = stage,
	  .api_id = id,
	  .authorize = WEBSOCKET_ANYONE,
	  .selection = selection,
	  .routes = routes,
	  .route_count = ELEMENTS(routes) },
	{ .path = own, .stage = stage, .api_id = id, .selection = selection },
};

static int
setup(void **state)
{
	const struct api_settings settings = { .version = "1",
					       .public_url = "",
					       .data_directory = "/",
					       .base_directory = "/",
					       .endpoints = endpoints,
					       .endpoint_count = ELEMENTS(endpoints) };
	struct api_fixture *f;
	struct api *old;

	assert_int_equal(api_fixture_new(state), 0);
	f = *state;
	old = f->api;
	fixture_restart(&f->world);
	api_free(old);
	f->api = api_new(f->world.plane, &settings);
	assert_null(api_start(f->api, FIRST_PASSWORD));
	return 0;
}

static struct told
open_socket(struct api_fixture *f, const char *path, const char *bearer)
{
	return api_ask(f, (struct asked){ .path = path,
					  .query = "anything=1&goes",
					  .bearer = bearer,
					  .wants_socket = true });
}

static void
an_endpoint_for_anyone_opens_for_nobody_by_name(void **state)
{
	struct api_fixture *f = *state;
	struct told told = open_socket(f, "/dev", NULL);

	assert_int_equal(told.answer.kind, ANSWER_SOCKET);
	assert_int_equal(told.answer.socket->role, ROLE_NOBODY);
	assert_string_equal(told.answer.socket->user, "");
	assert_ptr_equal(told.answer.socket->endpoint, &endpoints[0]);
	told_done(&told);
	told = open_socket(f, "/dev", f->token[ROLE_STAFF]);
	assert_int_equal(told.answer.socket->role, ROLE_STAFF);
	told_done(&told);
}

static void
an_endpoint_for_users_asks_for_one(void **state)
{
	struct api_fixture *f = *state;
	struct told told = open_socket(f, "/own", NULL);

	assert_int_equal(told.answer.status, 401);
	told_done(&told);
	told = open_socket(f, "/own", f->token[ROLE_PLAYER]);
	assert_int_equal(told.answer.kind, ANSWER_SOCKET);
	assert_ptr_equal(told.answer.socket->endpoint, &endpoints[1]);
	told_done(&told);
}

static void
what_is_no_handshake_is_told_so(void **state)
{
	struct api_fixture *f = *state;
	struct told told;

	assert_int_equal(api_status(f, (struct asked){ .path = "/dev" }), 426);
	told = api_ask(f, (struct asked){ .method = API_POST, .path = "/dev", .body = "{}" });
	assert_int_equal(told.answer.status, 405);
	assert_string_equal(told.answer.allow, "GET, HEAD");
	told_done(&told);
	assert_int_equal(api_status(f, (struct asked){ .path = "/dev/more" }), 404);
	assert_int_equal(api_status(f, (struct asked){ .path = "/de" }), 404);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_endpoint_for_anyone_opens_for_nobody_by_name,
						setup, api_fixture_free),
		cmocka_unit_test_setup_teardown(an_endpoint_for_users_asks_for_one, setup,
						api_fixture_free),
		cmocka_unit_test_setup_teardown(what_is_no_handshake_is_told_so, setup,
						api_fixture_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
