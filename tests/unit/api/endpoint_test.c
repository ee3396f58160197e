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
static char connect_key[] = "$connect";
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
on_answered(void *argument, struct api_answer *answer)
{
	struct api_answer **at = argument;

	*at = answer;
}

static void
let_in_by_the_integration(struct api_fixture *f)
{
	f->http_status = 200;
	posted_answer(f, f->posted[f->posted_count - 1].ticket);
	fixture_run(&f->world, DURATION_MS(0));
}

static void
who_was_revoked_while_the_integration_was_asked_is_not_let_in(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep)
	json_t *made = api_expect(f,
				  (struct asked){ .method = API_POST,
						  .path = "/v1/tokens",
						  .body = "{\"label\":\"l\"}" },
				  201);
	CLEANUP(text_freep)
	char *path = text_format("/v1/tokens/%s", json_get_text(made, "id", ""));

	routes[0].key = connect_key;
	for (unsigned revoked = 0; revoked < 2; revoked++) {
		struct api_answer *answer = NULL;
		struct api_request request = {
			.path = text_copy("/dev"),
			.bearer = text_copy(json_get_text(made, "token", "")),
			.wants_socket = true,
		};

		f->http_status = -1;
		api_handle(f->api, &request, on_answered, &answer);
		api_request_deinit(&request);
		fixture_run(&f->world, DURATION_MS(0));
		assert_null(answer); /* it is held */
		if (revoked)
			assert_int_equal(api_status(f, (struct asked){ .method = API_DELETE,
								       .path = path,
								       .local = true }),
					 204);
		let_in_by_the_integration(f);
		assert_non_null(answer);
		assert_int_equal(answer->status, revoked ? 401 : 101);
		api_answer_free(answer);
	}
	routes[0].key = key;
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
		cmocka_unit_test_setup_teardown(
			who_was_revoked_while_the_integration_was_asked_is_not_let_in, setup,
			api_fixture_free),
		cmocka_unit_test_setup_teardown(what_is_no_handshake_is_told_so, setup,
						api_fixture_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
