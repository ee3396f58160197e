/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are signed with key pairs, and the management API of connections. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"
#include "service/users.h"
#include "wire/sigv4/sigv4.h"

#define ID   "VFoyGcaIjoECIjw="
#define WIRE "/@connections/VFoyGcaIjoECIjw%3D"

static char key[KEY_ID_SIZE], secret[SESSION_SECRET_SIZE];

/* A key pair of this user, into `key` and `secret`. */
static void
make_key_for(struct api_fixture *f, const char *user, const char *role, const char *lasts)
{
	CLEANUP(text_freep)
	char *body = text_format("{\"label\":\"x\",\"sigv4\":true,\"user\":\"%s\","
				 "\"role\":\"%s\",\"expires_in\":\"%s\"}",
				 user, role, lasts);
	json_t *made = api_expect(
		f, (struct asked){ .method = API_POST, .path = "/v1/tokens", .body = body }, 201);

	assert_string_equal(json_get_text(made, "kind", ""), "sigv4");
	assert_null(json_get_text(made, "token", NULL));
	(void)text_put(key, sizeof key, json_get_text(made, "access_key_id", ""));
	(void)text_put(secret, sizeof secret, json_get_text(made, "secret_access_key", ""));
	assert_string_equal(json_get_text(made, "id", ""), key);
	assert_int_equal(strlen(key), KEY_ID_SIZE - 1);
	assert_int_equal(strlen(secret), SESSION_SECRET_SIZE - 1);
	json_decref(made);
}

static void
make_key(struct api_fixture *f, const char *user, const char *role)
{
	make_key_for(f, user, role, "900d");
}

/* What is signed, and what of it comes out differently at the other end (NULL: the same). */
struct signing {
	enum api_method method;
	const char *path, *wire, *query, *body; /* `wire` NULL = as the path */
	const char *key, *secret, *region, *service;
	int seconds;   /* the signer's clock is ahead by */
	int presigned; /* seconds that it lasts; 0 = by header */
	const char *host, *host_got, *body_got, *wire_got;
};

static void
on_answered(void *argument, struct api_answer *answer)
{
	struct told *told = argument;

	told->times++;
	told->answer = *answer;
	mem_free(answer);
}

static void
add_header(struct api_request *request, const char *name, const char *value)
{
	request->headers[request->header_count++] =
		(struct api_header){ text_copy(name), text_copy(value) };
}

static const char * or (const char *given, const char *otherwise)
{
	return given != NULL ? given : otherwise;
}

static void
sign(const struct signing *s, struct instant now, struct api_request *request)
{
	static const char *const words[] = { "GET", "POST", "PUT", "DELETE" };
	const struct sigv4_signer signer = { .key = or (s->key, key),
					     .secret = or (s->secret, secret),
					     .region = or (s->region, "eu-west-3"),
					     .service = or (s->service, "execute-api") };
	const struct sigv4_header host = { "host", or (s->host, "localhost:8080") };
	const struct sigv4_message message = { .method = words[s->method],
					       .path = or (s->wire, s->path),
					       .query = s->query,
					       .headers = &host,
					       .header_count = 1,
					       .body = s->body,
					       .body_length = strlen(or (s->body, "")) };
	struct instant at = instant_add(now, DURATION_S(s->seconds));
	struct sigv4_signature signature;

	add_header(request, "host", or (s->host_got, host.value));
	if (s->presigned > 0) {
		request->query = sigv4_presign(&signer, &message, at, DURATION_S(s->presigned));
		return;
	}
	sigv4_sign(&signer, &message, at, &signature);
	request->query = text_copy(s->query);
	request->authorization = text_copy(signature.authorization);
	add_header(request, "authorization", signature.authorization);
	add_header(request, "x-amz-date", signature.time);
	sigv4_signature_deinit(&signature);
}

static struct told
ask_signed(struct api_fixture *f, struct signing s)
{
	struct told told = { .times = 0 };
	const char *body = or (s.body_got, s.body);
	struct api_request request = { .method = s.method,
				       .path = text_copy(s.path),
				       .wire_path = text_copy(or (s.wire_got, or (s.wire, s.path))),
				       .body = text_copy(or (body, "")),
				       .body_length = strlen(or (body, "")),
				       .headers = mem_new_array(4, sizeof *request.headers),
				       .user_agent = "Boto3/1.26" };

	sign(&s, f->world.now, &request);
	assert_true(ip_parse("192.0.2.1", &request.ip));
	plane_clock(f->world.plane, f->world.now);
	api_handle(f->api, &request, on_answered, &told);
	api_request_deinit(&request);
	fixture_run(&f->world, DURATION_MS(0));
	assert_int_equal(told.times, 1);
	if (told.answer.body != NULL)
		told.json = json_loadb(told.answer.body, told.answer.body_length, 0, NULL);
	return told;
}

/* Ask, and check status and error type; NULL: there is none. */
static void
expect_signed(struct api_fixture *f, struct signing s, int status, const char *type)
{
	struct told told = ask_signed(f, s);

	if (told.answer.status != status || !text_equal(told.answer.error_type, type))
		fail_msg("%s %s: %d %s, not %d %s (%s)", s.path, or (s.query, ""),
			 told.answer.status, or (told.answer.error_type, "-"), status,
			 or (type, "-"), or (told.answer.body, ""));
	told_done(&told);
}

static void
a_key_pair_signs_any_route_as_its_user(void **state)
{
	struct api_fixture *f = *state;
	struct told told;

	make_key(f, "admin", "staff");
	told = ask_signed(f, (struct signing){ .path = "/v1/me" });
	assert_int_equal(told.answer.status, 200);
	assert_string_equal(json_get_text(told.json, "user", ""), "admin");
	assert_string_equal(json_get_text(told.json, "role", ""), "staff");
	assert_string_equal(json_get_text(told.json, "by", ""), "key");
	told_done(&told);
	/* A change needs no CSRF token, and a query counts in any order. */
	expect_signed(f,
		      (struct signing){ .method = API_POST,
					.path = "/v1/servers/survival/wake",
					.body = "{\"connection_id\":\"x\"}" },
		      202, NULL);
	expect_signed(f,
		      (struct signing){ .path = "/v1/events", .query = "server=survival&limit=2" },
		      200, NULL);
	expect_signed(f, (struct signing){ .path = "/v1/users" }, 403, NULL);
}

static void
a_presigned_request_is_who_signed_it_and_its_parameters_are_no_fields(void **state)
{
	struct api_fixture *f = *state;

	make_key(f, "s", "staff");
	expect_signed(f,
		      (struct signing){ .path = "/v1/events", .query = "limit=1", .presigned = 60 },
		      200, NULL);
	expect_signed(f, (struct signing){ .path = "/v1/me", .presigned = 900, .seconds = -899 },
		      200, NULL);
	expect_signed(f, (struct signing){ .path = "/v1/me", .presigned = 900, .seconds = -901 },
		      403, "InvalidSignatureException");
	expect_signed(f, (struct signing){ .path = "/v1/me", .presigned = 60, .secret = "other" },
		      403, "InvalidSignatureException");
}

static void
a_signature_that_is_not_right_is_403_and_says_why(void **state)
{
	static const char *const mismatch = "InvalidSignatureException";
	static const struct {
		struct signing s;
		const char *type;
	} rows[] = {
		{ { .secret = "wrong" }, mismatch },
		{ { .seconds = 301 }, mismatch },
		{ { .seconds = -301 }, mismatch },
		{ { .seconds = -86400 }, mismatch },
		{ { .service = "s3" }, mismatch },
		{ { .host_got = "127.0.0.1:8080" }, mismatch },
		{ { .body_got = "hellp" }, mismatch },
		{ { .wire_got = "/%40connections/VFoyGcaIjoECIjw%3D" }, mismatch },
		{ { .wire_got = "/@connections/VFoyGcaIjoECIjw%3d" }, mismatch },
		{ { .key = "RKEYAAAAAAAAAAAAAAAA" }, "UnrecognizedClientException" },
		{ { .key = "K K" }, "IncompleteSignatureException" },
	};
	struct api_fixture *f = *state;

	make_key(f, "s", "staff");
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct signing s = rows[i].s;

		s.method = API_POST;
		s.path = "/@connections/" ID;
		s.wire = WIRE;
		s.body = "hello";
		expect_signed(f, s, 403, rows[i].type);
	}
}

static void
five_minutes_and_the_public_address_are_taken(void **state)
{
	struct api_fixture *f = *state;
	struct signing s = { .path = "/v1/me" };

	make_key(f, "p", "player");
	for (s.seconds = -300; s.seconds <= 300; s.seconds += 300)
		expect_signed(f, s, 200, NULL);
	/* A proxy in front has written another host. */
	s.seconds = 0;
	s.host = "roost.example.org:8080";
	s.host_got = "localhost:8080";
	expect_signed(f, s, 200, NULL);
	s.host = "roost.example.org";
	expect_signed(f, s, 403, "InvalidSignatureException");
}

static void
api_anew(struct api_fixture *f, struct api_settings settings)
{
	settings.version = "2";
	settings.public_url = settings.data_directory = settings.base_directory = "";
	api_free(f->api);
	fixture_restart(&f->world);
	f->api = api_new(f->world.plane, &settings);
	assert_null(api_start(f->api, NULL));
}

static void
a_region_that_is_set_must_be_named(void **state)
{
	struct api_fixture *f = *state;

	make_key(f, "s", "staff");
	api_anew(f, (struct api_settings){ .signing_region = "eu-west-3" });
	expect_signed(f, (struct signing){ .path = "/v1/me" }, 200, NULL);
	expect_signed(f, (struct signing){ .path = "/v1/me", .region = "us-east-1" }, 403,
		      "InvalidSignatureException");
}

static void
a_key_pair_is_listed_without_its_secret_and_revoked_like_a_token(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(text_freep) char *path = NULL;
	json_t *body, *one;
	bool found = false;
	size_t i;

	make_key(f, "s", "staff");
	path = text_format("/v1/tokens/%s", key);
	body = api_expect(f, (struct asked){ .path = "/v1/tokens" }, 200);
	json_array_foreach(json_object_get(body, "tokens"), i, one)
	{
		CLEANUP(text_freep) char *text = json_text(one);

		assert_null(strstr(text, secret));
		found = found || strcmp(json_get_text(one, "id", ""), key) == 0;
		assert_string_equal(json_get_text(one, "kind", ""),
				    strcmp(json_get_text(one, "id", ""), key) == 0 ? "sigv4"
										   : "bearer");
	}
	json_decref(body);
	assert_true(found);
	for (size_t n = 0; n < f->world.event_count; n++)
		assert_null(strstr(f->world.events[n].data, secret));
	/* It outlives a restart, and is out at once when it is revoked. */
	api_anew(f, (struct api_settings){ .version = NULL });
	expect_signed(f, (struct signing){ .path = "/v1/me" }, 200, NULL);
	assert_int_equal(api_status(f, (struct asked){ .method = API_DELETE,
						       .path = path,
						       .bearer = f->token[ROLE_ADMIN] }),
			 204);
	expect_signed(f, (struct signing){ .path = "/v1/me" }, 403, "UnrecognizedClientException");
	api_anew(f, (struct api_settings){ .version = NULL });
	expect_signed(f, (struct signing){ .path = "/v1/me" }, 403, "UnrecognizedClientException");
}

static void
a_key_pair_ends_with_its_user_and_with_its_time(void **state)
{
	struct api_fixture *f = *state;

	make_key_for(f, "s", "staff", "1h");
	expect_signed(f, (struct signing){ .path = "/v1/me" }, 200, NULL);
	fixture_run(&f->world, DURATION_S(3601));
	expect_signed(f, (struct signing){ .path = "/v1/me" }, 403, "UnrecognizedClientException");
	make_key(f, "s", "staff");
	assert_int_equal(api_status(f, (struct asked){ .method = API_DELETE,
						       .path = "/v1/users/s",
						       .bearer = f->token[ROLE_ADMIN] }),
			 204);
	expect_signed(f, (struct signing){ .path = "/v1/me" }, 403, "UnrecognizedClientException");
	json_decref(api_expect(f,
			       (struct asked){ .method = API_POST,
					       .path = "/v1/tokens",
					       .body = "{\"label\":\"x\",\"sigv4\":true,"
						       "\"user\":\"s\"}" },
			       422));
}

/* What the edge is told to do. */
static void
an_order_about_a_connection_is_given_to_the_edge(void **state)
{
	static const char *const paths[][2] = {
		{ "/@connections/" ID, WIRE },
		{ "/@connections/" ID, "/%40connections/VFoyGcaIjoECIjw%3d" },
		{ "/dev/@connections/" ID, "/dev" WIRE },
		{ "/games/live/@connections/" ID, "/games/live/@connections/" ID },
		{ "/live/@connections/" ID, "/live/@connections/" ID },
	};
	char dev[] = "dev", dev_path[] = "/dev", live[] = "live", live_path[] = "/games/live";
	const struct websocket_endpoint endpoints[] = { { .path = dev_path, .stage = dev },
							{ .path = live_path, .stage = live } };
	struct api_fixture *f = *state;

	make_key(f, "s", "staff");
	api_anew(f, (struct api_settings){ .endpoints = endpoints, .endpoint_count = 2 });
	for (size_t i = 0; i < ELEMENTS(paths); i++) {
		struct told told = ask_signed(f, (struct signing){ .method = API_POST,
								   .path = paths[i][0],
								   .wire = paths[i][1],
								   .body = "hello" });

		assert_int_equal(told.answer.kind, ANSWER_CONNECTION);
		assert_int_equal(told.answer.connection.what, CONNECTION_POST);
		assert_string_equal(told.answer.connection.id, ID);
		assert_int_equal(told.answer.connection.length, 5);
		assert_memory_equal(told.answer.connection.bytes, "hello", 5);
		told_done(&told);
	}
	expect_signed(f, (struct signing){ .path = "/prod/@connections/" ID }, 403,
		      "ForbiddenException");
	expect_signed(f, (struct signing){ .path = "/dev/x/@connections/" ID }, 403,
		      "ForbiddenException");
}

static void
an_order_that_makes_no_sense_is_refused_in_the_sdks_words(void **state)
{
	static const struct {
		enum api_method method;
		const char *path;
		enum role role;
		int status;
		const char *type;
	} rows[] = {
		{ API_POST, "/@connections/" ID, ROLE_NOBODY, 403,
		  "MissingAuthenticationTokenException" },
		{ API_GET, "/@connections/" ID, ROLE_PLAYER, 403, "ForbiddenException" },
		{ API_POST, "/@connections/", ROLE_STAFF, 400, "BadRequestException" },
		{ API_POST, "/@connections", ROLE_STAFF, 400, "BadRequestException" },
		{ API_GET, "/@connections/nonsense", ROLE_STAFF, 400, "BadRequestException" },
		{ API_GET, "/@connections/VFoyGcaIjoECIjw", ROLE_STAFF, 400,
		  "BadRequestException" },
		{ API_GET, "/@connections/" ID "x", ROLE_STAFF, 400, "BadRequestException" },
		{ API_GET, "/@connections/" ID "/x", ROLE_STAFF, 400, "BadRequestException" },
		{ API_DELETE, "/@connections/\xc3\xa4oyGcaIjoECIjw=", ROLE_STAFF, 400,
		  "BadRequestException" },
		{ API_PUT, "/@connections/" ID, ROLE_STAFF, 405, "MethodNotAllowedException" },
	};
	struct api_fixture *f = *state;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct told told = api_ask(f, (struct asked){ .method = rows[i].method,
							      .path = rows[i].path,
							      .bearer = f->token[rows[i].role] });

		if (told.answer.status != rows[i].status ||
		    !text_equal(told.answer.error_type, rows[i].type))
			fail_msg("%s: %d %s", rows[i].path, told.answer.status,
				 or (told.answer.error_type, "-"));
		told_done(&told);
	}
}

static void
a_message_has_a_bound_and_any_bytes_and_any_content_type(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(text_freep) char *body = mem_new(131072 + 2);
	struct asked post = { .method = API_POST,
			      .path = "/@connections/" ID,
			      .body = body,
			      .query = "unknown=1",
			      .content_type = "application/x-www-form-urlencoded",
			      .bearer = f->token[ROLE_STAFF] };
	struct told told;

	memset(body, '\xff', 131072);
	told = api_ask(f, post);
	assert_int_equal(told.answer.kind, ANSWER_CONNECTION);
	assert_int_equal(told.answer.connection.length, 131072);
	told_done(&told);
	body[131072] = 'x';
	told = api_ask(f, post);
	assert_int_equal(told.answer.status, 413);
	assert_string_equal(told.answer.error_type, "PayloadTooLargeException");
	told_done(&told);
}

static void
each_caller_has_a_rate_of_its_own(void **state)
{
	struct api_fixture *f = *state;
	struct asked get = { .path = "/@connections/" ID, .bearer = f->token[ROLE_STAFF] };
	struct told told;

	api_anew(f, (struct api_settings){ .connection_calls = { .per_second = 2, .burst = 3 } });
	for (int i = 0; i < 3; i++)
		assert_int_equal(api_status(f, get), 0);
	told = api_ask(f, get);
	assert_int_equal(told.answer.status, 429);
	assert_string_equal(told.answer.error_type, "LimitExceededException");
	assert_true(told.answer.retry_after >= 1);
	told_done(&told);
	get.bearer = f->token[ROLE_ADMIN];
	assert_int_equal(api_status(f, get), 0);
	get.bearer = f->token[ROLE_STAFF];
	fixture_run(&f->world, DURATION_MS(500));
	assert_int_equal(api_status(f, get), 0);
	assert_int_equal(api_status(f, get), 429);
}

static void
what_the_edge_found_is_answered_as_aws_does(void **unused)
{
	static const struct {
		enum connection_what what;
		int found, status;
		const char *type;
	} rows[] = {
		{ CONNECTION_POST, CONNECTION_DONE, 200, NULL },
		{ CONNECTION_GET, CONNECTION_DONE, 200, NULL },
		{ CONNECTION_DELETE, CONNECTION_DONE, 204, NULL },
		{ CONNECTION_POST, CONNECTION_GONE, 410, "GoneException" },
		{ CONNECTION_GET, CONNECTION_GONE, 410, "GoneException" },
		{ CONNECTION_DELETE, CONNECTION_GONE, 410, "GoneException" },
		{ CONNECTION_POST, CONNECTION_FULL, 429, "LimitExceededException" },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct connection_found found = { .connected_at = { 1711206003575 },
						  .last_active_at = { 1711206004000 },
						  .user_agent = "ws\x01" };
		struct api_answer *answer;

		found.is = rows[i].found;
		assert_true(ip_parse("192.0.2.7", &found.ip));
		answer = api_connection_answer(rows[i].what, &found);
		assert_int_equal(answer->kind, ANSWER_WHOLE);
		assert_int_equal(answer->status, rows[i].status);
		assert_true(text_equal(answer->error_type, rows[i].type));
		if (rows[i].type == NULL && rows[i].what == CONNECTION_GET)
			assert_string_equal(answer->body,
					    "{\"connectedAt\":\"2024-03-23T15:00:03.575Z\","
					    "\"identity\":{\"sourceIp\":\"192.0.2.7\","
					    "\"userAgent\":\"ws?\"},"
					    "\"lastActiveAt\":\"2024-03-23T15:00:04.000Z\"}");
		else if (rows[i].type == NULL)
			assert_int_equal(answer->body_length, 0);
		api_answer_free(answer);
	}
}

static void
paths_of_connections_are_told_from_others(void **unused)
{
	(void)unused;
	assert_true(api_is_connection_path("/@connections/x"));
	assert_true(api_is_connection_path("/dev/%40connections/a%2Fb"));
	assert_true(api_is_connection_path("/@connections"));
	assert_false(api_is_connection_path("/v1/servers"));
	assert_false(api_is_connection_path("/x@connections/y"));
	assert_false(api_is_connection_path("/@connectionsx/y"));
}

int
main(void)
{
#define WITH_API(test) cmocka_unit_test_setup_teardown(test, api_fixture_new, api_fixture_free)
	const struct CMUnitTest tests[] = {
		WITH_API(a_key_pair_signs_any_route_as_its_user),
		WITH_API(a_presigned_request_is_who_signed_it_and_its_parameters_are_no_fields),
		WITH_API(a_signature_that_is_not_right_is_403_and_says_why),
		WITH_API(five_minutes_and_the_public_address_are_taken),
		WITH_API(a_region_that_is_set_must_be_named),
		WITH_API(a_key_pair_is_listed_without_its_secret_and_revoked_like_a_token),
		WITH_API(a_key_pair_ends_with_its_user_and_with_its_time),
		WITH_API(an_order_about_a_connection_is_given_to_the_edge),
		WITH_API(an_order_that_makes_no_sense_is_refused_in_the_sdks_words),
		WITH_API(a_message_has_a_bound_and_any_bytes_and_any_content_type),
		WITH_API(each_caller_has_a_rate_of_its_own),
		cmocka_unit_test(what_the_edge_found_is_answered_as_aws_does),
		cmocka_unit_test(paths_of_connections_are_told_from_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
