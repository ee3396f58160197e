/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"
#include "service/users.h"

static struct told
sign_in(struct api_fixture *f, const char *name, const char *password, unsigned char ip)
{
	CLEANUP(text_freep)
	char *body = text_format("{\"name\":\"%s\",\"password\":\"%s\"}", name, password);

	return api_ask(f,
		       (struct asked){
			       .method = API_POST, .path = "/v1/session", .body = body, .ip = ip });
}

static int
sign_in_status(struct api_fixture *f, const char *name, const char *password, unsigned char ip)
{
	struct told told = sign_in(f, name, password, ip);
	int status = told.answer.status;

	told_done(&told);
	return status;
}

static void
a_session_opens_what_its_role_may_and_its_cookie_is_kept_from_scripts(void **state)
{
	struct api_fixture *f = *state;
	struct told told = sign_in(f, "admin", FIRST_PASSWORD, 1);

	assert_non_null(strstr(told.answer.set_cookie, "; HttpOnly; SameSite=Lax"));
	assert_null(strstr(told.answer.set_cookie, "Secure"));
	assert_string_equal(json_get_text(told.json, "user", ""), "admin");
	assert_string_equal(json_get_text(told.json, "role", ""), "admin");
	told_done(&told);
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/users", .session = f->cookie }),
			 200);
}

/* The record never sees a secret: neither cookie, token nor password. */
static void
no_secret_is_in_the_record(void **state)
{
	struct api_fixture *f = *state;

	for (size_t i = 0; i < f->world.document_count; i++) {
		const struct store_document *d = &f->world.documents[i];

		if (d->body == NULL)
			continue;
		assert_null(strstr(d->key, f->cookie));
		assert_null(strstr(d->body, f->cookie));
		assert_null(strstr(d->body, f->csrf));
		assert_null(strstr(d->key, f->token[ROLE_ADMIN]));
		assert_null(strstr(d->body, f->token[ROLE_ADMIN]));
	}
	for (size_t i = 0; i < f->world.event_count; i++) {
		assert_null(strstr(f->world.events[i].data, f->token[ROLE_ADMIN]));
		assert_null(strstr(f->world.events[i].data, FIRST_PASSWORD));
	}
}

static void
a_change_with_a_cookie_needs_the_csrf_token(void **state)
{
	struct api_fixture *f = *state;
	struct asked wake = { .method = API_POST,
			      .path = "/v1/servers/survival/wake",
			      .session = f->cookie };
	CLEANUP(text_freep) char *close = text_copy(f->csrf);

	assert_int_equal(api_status(f, wake), 403);
	wake.csrf = "";
	assert_int_equal(api_status(f, wake), 403);
	close[63] = close[63] == '0' ? '1' : '0';
	wake.csrf = close;
	assert_int_equal(api_status(f, wake), 403);
	wake.csrf = f->csrf;
	assert_int_equal(api_status(f, wake), 202);
}

static void
signing_out_ends_the_session_and_takes_the_cookie(void **state)
{
	struct api_fixture *f = *state;
	struct told told = api_ask(f, (struct asked){ .method = API_DELETE,
						      .path = "/v1/session",
						      .session = f->cookie,
						      .csrf = f->csrf });

	assert_int_equal(told.answer.status, 204);
	assert_non_null(strstr(told.answer.set_cookie, "Max-Age=0"));
	told_done(&told);
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/me", .session = f->cookie }),
			 401);
}

static void
a_session_slides_for_thirty_days_and_then_ends(void **state)
{
	struct api_fixture *f = *state;
	struct told told;

	for (int i = 0; i < 3; i++) {
		fixture_run(&f->world, DURATION_S(29 * 86400));
		told = api_ask(f, (struct asked){ .path = "/v1/me", .session = f->cookie });
		assert_int_equal(told.answer.status, 200);
		assert_non_null(strstr(told.answer.set_cookie, f->cookie));
		told_done(&told);
	}
	fixture_run(&f->world, DURATION_S(31 * 86400));
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/me", .session = f->cookie }),
			 401);
}

static void
users_sessions_and_tokens_outlive_a_restart(void **state)
{
	struct api_fixture *f = *state;
	struct api_settings settings = {
		.version = "2", .public_url = "", .data_directory = "/", .base_directory = "/"
	};

	api_free(f->api);
	fixture_restart(&f->world);
	f->api = api_new(f->world.plane, &settings);
	assert_null(api_start(f->api, "another password"));
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/me", .session = f->cookie }),
			 200);
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/users",
						       .bearer = f->token[ROLE_ADMIN] }),
			 200);
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/users",
						       .bearer = f->token[ROLE_STAFF] }),
			 403);
	assert_int_equal(sign_in_status(f, "admin", FIRST_PASSWORD, 3), 201);
	assert_int_equal(sign_in_status(f, "admin", "another password", 3), 401);
}

static void
failed_sign_ins_are_slowed_by_name_and_told_how_long(void **state)
{
	struct api_fixture *f = *state;
	struct told told;
	unsigned char ip = 10;

	for (int i = 0; i < 10; i++)
		assert_int_equal(sign_in_status(f, "admin", "wrong wrong", ip++), 401);
	told = sign_in(f, "admin", FIRST_PASSWORD, ip++);
	assert_int_equal(told.answer.status, 429);
	assert_true(told.answer.retry_after > 0 && told.answer.retry_after <= 30);
	fixture_run(&f->world, DURATION_S(told.answer.retry_after));
	told_done(&told);
	assert_int_equal(sign_in_status(f, "admin", FIRST_PASSWORD, ip), 201);
}

static void
failed_sign_ins_are_slowed_by_address_whatever_the_name(void **state)
{
	struct api_fixture *f = *state;
	int refused = 0;

	for (int i = 0; i < 40; i++) {
		char name[16];

		(void)snprintf(name, sizeof name, "guess%d", i);
		refused += sign_in_status(f, name, "wrong wrong", 99) == 429;
	}
	assert_int_equal(refused, 10);
	assert_int_equal(sign_in_status(f, "admin", FIRST_PASSWORD, 100), 201);
}

static void
the_session_unused_longest_makes_room_for_a_new_one(void **state)
{
	struct api_fixture *f = *state;

	for (int i = 1; i < SESSIONS_PER_USER_LIMIT; i++) {
		fixture_run(&f->world, DURATION_S(1));
		assert_int_equal(sign_in_status(f, "admin", FIRST_PASSWORD, 5), 201);
	}
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/me", .session = f->cookie }),
			 200);
	fixture_run(&f->world, DURATION_S(1));
	assert_int_equal(sign_in_status(f, "admin", FIRST_PASSWORD, 5), 201);
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/me", .session = f->cookie }),
			 401);
}

static void
good_sign_ins_are_never_slowed(void **state)
{
	struct api_fixture *f = *state;

	for (int i = 0; i < 100; i++)
		assert_int_equal(sign_in_status(f, "admin", FIRST_PASSWORD, 5), 201);
}

static void
the_last_admin_stays_one(void **state)
{
	struct api_fixture *f = *state;
	const struct asked remove = { .method = API_DELETE,
				      .path = "/v1/users/admin",
				      .local = true };

	assert_int_equal(api_status(f, remove), 409);
	json_decref(api_expect(f,
			       (struct asked){ .method = API_PUT,
					       .path = "/v1/users/admin",
					       .body = "{\"role\":\"staff\"}" },
			       409));
	json_decref(api_expect(f,
			       (struct asked){ .method = API_PUT,
					       .path = "/v1/users/p",
					       .body = "{\"role\":\"admin\"}" },
			       200));
	assert_int_equal(api_status(f, remove), 204);
}

static void
a_user_that_is_removed_is_out_at_once_with_all_tokens_and_sessions(void **state)
{
	struct api_fixture *f = *state;
	struct told told = sign_in(f, "s", "a long password", 1);
	CLEANUP(text_freep) char *cookie = text_copy_n(strchr(told.answer.set_cookie, '=') + 1, 43);

	told_done(&told);
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/me", .session = cookie }), 200);
	assert_int_equal(api_status(f, (struct asked){ .method = API_DELETE,
						       .path = "/v1/users/s",
						       .local = true }),
			 204);
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/me", .session = cookie }), 401);
	assert_int_equal(
		api_status(f, (struct asked){ .path = "/v1/me", .bearer = f->token[ROLE_STAFF] }),
		401);
	assert_int_equal(sign_in_status(f, "s", "a long password", 1), 401);
}

static void
a_new_password_ends_the_other_sessions(void **state)
{
	struct api_fixture *f = *state;
	struct told told = sign_in(f, "admin", FIRST_PASSWORD, 1);
	CLEANUP(text_freep) char *other = text_copy_n(strchr(told.answer.set_cookie, '=') + 1, 43);
	struct asked change = {
		.method = API_PUT, .path = "/v1/me", .session = f->cookie, .csrf = f->csrf
	};

	told_done(&told);
	change.body = "{\"new_password\":\"a better password\"}";
	assert_int_equal(api_status(f, change), 422);
	change.body = "{\"new_password\":\"a better password\",\"password\":\"wrong\"}";
	assert_int_equal(api_status(f, change), 401);
	change.body = "{\"new_password\":\"short\",\"password\":\"" FIRST_PASSWORD "\"}";
	assert_int_equal(api_status(f, change), 422);
	change.body =
		"{\"new_password\":\"a better password\",\"password\":\"" FIRST_PASSWORD "\"}";
	assert_int_equal(api_status(f, change), 200);
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/me", .session = f->cookie }),
			 200);
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/me", .session = other }), 401);
	assert_int_equal(sign_in_status(f, "admin", FIRST_PASSWORD, 1), 401);
	assert_int_equal(sign_in_status(f, "admin", "a better password", 1), 201);
}

static void
a_token_may_no_more_than_it_was_made_for_and_no_more_than_its_user(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(json_freep)
	json_t *json = api_expect(f,
				  (struct asked){ .method = API_POST,
						  .path = "/v1/tokens",
						  .body = "{\"label\":\"l\",\"role\":\"player\","
							  "\"expires_in\":\"1h\"}" },
				  201);
	const char *token = json_get_text(json, "token", "");

	assert_true(text_starts_with(token, "roost_") && strlen(token) == 49);
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/servers", .bearer = token }),
			 200);
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/users", .bearer = token }),
			 403);
	json_decref(api_expect(
		f,
		(struct asked){ .method = API_POST,
				.path = "/v1/tokens",
				.body = "{\"label\":\"l\",\"user\":\"p\",\"role\":\"staff\"}" },
		422));
	/* Its user is demoted, and so is the token. */
	json_decref(api_expect(f,
			       (struct asked){ .method = API_PUT,
					       .path = "/v1/users/s",
					       .body = "{\"role\":\"player\"}" },
			       200));
	assert_int_equal(api_status(f, (struct asked){ .method = API_POST,
						       .path = "/v1/servers/survival/sleep",
						       .bearer = f->token[ROLE_STAFF] }),
			 403);
	fixture_run(&f->world, DURATION_S(3601));
	assert_int_equal(api_status(f, (struct asked){ .path = "/v1/servers", .bearer = token }),
			 401);
}

static void
a_revoked_token_is_refused_at_once(void **state)
{
	struct api_fixture *f = *state;
	json_t *json = api_expect(f, (struct asked){ .path = "/v1/tokens" }, 200);
	const json_t *tokens = json_object_get(json, "tokens");

	for (size_t i = 0; i < json_array_size(tokens); i++) {
		const json_t *token = json_array_get(tokens, i);
		char path[64];

		assert_null(json_object_get(token, "token"));
		if (strcmp(json_get_text(token, "user", ""), "p") != 0)
			continue;
		(void)snprintf(path, sizeof path, "/v1/tokens/%s", json_get_text(token, "id", ""));
		assert_int_equal(api_status(f, (struct asked){ .method = API_DELETE,
							       .path = path,
							       .local = true }),
				 204);
	}
	json_decref(json);
	assert_int_equal(
		api_status(f, (struct asked){ .path = "/v1/me", .bearer = f->token[ROLE_PLAYER] }),
		401);
	assert_int_equal(fixture_count(&f->world, "token.revoked"), 1);
}

static void
passwords_and_names_that_will_not_do_are_told_why(void **state)
{
	struct api_fixture *f = *state;
	static const struct {
		const char *path, *body, *pointer;
	} cases[] = {
		{ "/v1/users/new", "{\"password\":\"short\"}", "/password" },
		{ "/v1/users/new", "{\"password\":\"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\"}",
		  "/password" },
		{ "/v1/users/new", "{\"password\":\"aaaaaaaaaaaa\"}", "/password" },
		{ "/v1/users/.new", "{}", "/name" },
		{ "/v1/users/a b", "{}", "/name" },
		{ "/v1/users/\xc3\xa4", "{}", "/name" },
		{ "/v1/users/new", "{\"role\":\"nobody\"}", "/role" },
		{ "/v1/users/new", "{\"game_name\":\"much too long a name\"}", "/game_name" },
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		CLEANUP(json_freep)
		json_t *json = api_expect(f,
					  (struct asked){ .method = API_PUT,
							  .path = cases[i].path,
							  .body = cases[i].body },
					  422);

		assert_string_equal(
			json_get_text(json_array_get(json_object_get(json, "errors"), 0), "pointer",
				      ""),
			cases[i].pointer);
	}
}

static void
a_busy_worker_is_said_and_can_be_asked_again(void **state)
{
	struct api_fixture *f = *state;
	struct told told;

	f->no_worker = true;
	told = sign_in(f, "admin", FIRST_PASSWORD, 1);
	assert_int_equal(told.answer.status, 503);
	assert_true(told.answer.retry_after > 0);
	told_done(&told);
	f->no_worker = false;
	assert_int_equal(sign_in_status(f, "admin", FIRST_PASSWORD, 1), 201);
}

static void
on_status(void *argument, struct api_answer *answer)
{
	*(int *)argument = answer->status;
	api_answer_free(answer);
}

/* What is answered before anything else happens. */
static int
api_status_now(struct api_fixture *f, const char *path)
{
	struct api_request request = { .path = text_copy(path) };
	int status = 0;

	api_handle(f->api, &request, on_status, &status);
	api_request_deinit(&request);
	return status;
}

static void
the_first_admin_gets_a_password_that_is_told_once(void **state)
{
	struct api_settings settings = {
		.version = "1", .public_url = "", .data_directory = "/", .base_directory = "/"
	};
	struct api_fixture *f = *state;
	struct fixture fresh = { 0 };
	char *password;

	api_free(f->api);
	fixture_stop(&f->world);
	f->world = fresh;
	f->world.secrets = &f->secrets;
	fixture_start(&f->world);
	f->api = api_new(f->world.plane, &settings);
	password = api_start(f->api, NULL);
	assert_int_equal(api_status_now(f, "/readyz"), 503);
	fixture_run(&f->world, DURATION_MS(0));
	assert_int_equal(strlen(password), 29);
	assert_null(user_password_problem(password));
	assert_int_equal(sign_in_status(f, "admin", password, 1), 201);
	mem_free(password);
}

int
main(void)
{
#define WITH_API(test) cmocka_unit_test_setup_teardown(test, api_fixture_new, api_fixture_free)
	const struct CMUnitTest tests[] = {
		WITH_API(a_session_opens_what_its_role_may_and_its_cookie_is_kept_from_scripts),
		WITH_API(no_secret_is_in_the_record),
		WITH_API(a_change_with_a_cookie_needs_the_csrf_token),
		WITH_API(signing_out_ends_the_session_and_takes_the_cookie),
		WITH_API(a_session_slides_for_thirty_days_and_then_ends),
		WITH_API(users_sessions_and_tokens_outlive_a_restart),
		WITH_API(failed_sign_ins_are_slowed_by_name_and_told_how_long),
		WITH_API(failed_sign_ins_are_slowed_by_address_whatever_the_name),
		WITH_API(the_session_unused_longest_makes_room_for_a_new_one),
		WITH_API(good_sign_ins_are_never_slowed),
		WITH_API(the_last_admin_stays_one),
		WITH_API(a_user_that_is_removed_is_out_at_once_with_all_tokens_and_sessions),
		WITH_API(a_new_password_ends_the_other_sessions),
		WITH_API(a_token_may_no_more_than_it_was_made_for_and_no_more_than_its_user),
		WITH_API(a_revoked_token_is_refused_at_once),
		WITH_API(passwords_and_names_that_will_not_do_are_told_why),
		WITH_API(a_busy_worker_is_said_and_can_be_asked_again),
		WITH_API(the_first_admin_gets_a_password_that_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
