/* SPDX-License-Identifier: Apache-2.0 */
/* Who may open a WebSocket, and what its messages may do once things have changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"
#include "service/users.h"

static struct told
open_socket(struct api_fixture *f, const char *bearer)
{
	return api_ask(f,
		       (struct asked){ .path = "/v1/ws", .bearer = bearer, .wants_socket = true });
}

static void
a_handshake_becomes_a_socket_with_an_id_of_its_own(void **state)
{
	struct api_fixture *f = *state;
	struct told one = open_socket(f, f->token[ROLE_PLAYER]);
	struct told two = open_socket(f, f->token[ROLE_STAFF]);

	assert_int_equal(one.answer.kind, ANSWER_SOCKET);
	assert_int_equal(one.answer.status, 101);
	assert_true(connection_id_is_valid(one.answer.socket->id));
	assert_string_not_equal(one.answer.socket->id, two.answer.socket->id);
	assert_int_equal(one.answer.socket->role, ROLE_PLAYER);
	assert_int_equal(two.answer.socket->role, ROLE_STAFF);
	assert_string_equal(one.answer.socket->user, "p");
	assert_int_equal(strlen(one.answer.socket->digest), DIGEST_TEXT_SIZE - 1);
	assert_null(one.answer.socket->endpoint);
	told_done(&one);
	told_done(&two);
}

/* The edge ends them by then, for nobody asks again of what is only listened to. */
static void
what_is_open_ends_with_the_token_it_came_with(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep)
	json_t *made =
		api_expect(f,
			   (struct asked){ .method = API_POST,
					   .path = "/v1/tokens",
					   .body = "{\"label\":\"l\",\"expires_in\":\"1h\"}" },
			   201);
	const char *token = json_get_text(made, "token", "");
	struct told told = open_socket(f, token);
	int64_t end = instant_add(f->world.now, DURATION_S(3600)).ms;

	assert_int_equal(told.answer.socket->expires_at.ms, end);
	told_done(&told);
	told = api_ask(
		f, (struct asked){ .path = "/v1/events", .bearer = token, .wants_stream = true });
	assert_int_equal(told.answer.stream.expires_at.ms, end);
	told_done(&told);
	told = open_socket(f, f->token[ROLE_PLAYER]);
	assert_false(instant_is_set(told.answer.socket->expires_at));
	told_done(&told);
}

static void
without_a_handshake_it_is_426_and_without_a_user_401(void **state)
{
	struct api_fixture *f = *state;
	struct told told = open_socket(f, NULL);

	assert_int_equal(told.answer.status, 401);
	told_done(&told);
	assert_int_equal(
		api_status(f, (struct asked){ .path = "/v1/ws", .bearer = f->token[ROLE_PLAYER] }),
		426);
}

static void
another_sites_page_opens_nothing_with_our_cookie(void **state)
{
	struct api_fixture *f = *state;
	struct asked asked = { .path = "/v1/ws", .session = f->cookie, .wants_socket = true };
	struct told told = api_ask(f, asked);

	assert_int_equal(told.answer.kind, ANSWER_SOCKET);
	told_done(&told);
	asked.foreign = true;
	assert_int_equal(api_status(f, asked), 403);
	asked.bearer = f->token[ROLE_PLAYER]; /* no page of another site has that */
	told = api_ask(f, asked);
	assert_int_equal(told.answer.kind, ANSWER_SOCKET);
	told_done(&told);
}

static void
a_message_may_do_what_its_user_may_now(void **state)
{
	struct api_fixture *f = *state;
	struct told told = open_socket(f, f->token[ROLE_STAFF]);
	struct caller_proof proof = { .role = told.answer.socket->role,
				      .user = told.answer.socket->user,
				      .digest = told.answer.socket->digest };
	struct asked sleep = { .method = API_POST,
			       .path = "/v1/servers/survival/sleep",
			       .body = "{}",
			       .proof = &proof };
	struct asked asked = sleep;

	assert_int_equal(api_status(f, sleep), 202);
	/* Never more than it came with. */
	proof.role = ROLE_PLAYER;
	assert_int_equal(api_status(f, sleep), 403);
	proof.role = ROLE_ADMIN;
	asked.path = "/v1/tokens";
	asked.body = "{\"label\":\"more\"}";
	assert_int_equal(api_status(f, asked), 403);
	/* Another's name does not fit the digest. */
	proof.role = ROLE_STAFF;
	proof.user = "admin";
	assert_int_equal(api_status(f, sleep), 401);
	proof.user = "nobody";
	assert_int_equal(api_status(f, sleep), 401);
	proof.user = told.answer.socket->user;
	proof.digest = "";
	assert_int_equal(api_status(f, sleep), 401);
	proof.digest = told.answer.socket->digest;
	assert_int_equal(api_status(f, sleep), 202);
	/* The user has gone: with the next commit, and what was open with them. */
	json_decref(
		api_expect(f, (struct asked){ .method = API_DELETE, .path = "/v1/users/s" }, 204));
	assert_int_equal(api_status(f, sleep), 401);
	told_done(&told);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_handshake_becomes_a_socket_with_an_id_of_its_own,
						api_fixture_new, api_fixture_free),
		cmocka_unit_test_setup_teardown(what_is_open_ends_with_the_token_it_came_with,
						api_fixture_new, api_fixture_free),
		cmocka_unit_test_setup_teardown(
			without_a_handshake_it_is_426_and_without_a_user_401, api_fixture_new,
			api_fixture_free),
		cmocka_unit_test_setup_teardown(another_sites_page_opens_nothing_with_our_cookie,
						api_fixture_new, api_fixture_free),
		cmocka_unit_test_setup_teardown(a_message_may_do_what_its_user_may_now,
						api_fixture_new, api_fixture_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
