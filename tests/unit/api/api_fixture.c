/* SPDX-License-Identifier: Apache-2.0 */
/* The API over a real plane: see the header. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "api_fixture.h"
#include "seal/seal_openssl.h"

const char api_server[] = "{\"game\":\"minecraft-java\",\"hosts\":[\"play.example.org\"],"
			  "\"local\":{\"command\":[\"x\"],\"directory\":\".\"},"
			  "\"address\":\"127.0.0.1:25570\"}";

static struct api_fixture *
fixture_of(struct secrets_port *port)
{
	return CONTAINER_OF(port, struct api_fixture, secrets);
}

static void
refuse(struct api_fixture *f, struct ticket ticket)
{
	struct reply reply = { .ticket = ticket, .result = REPLY_REFUSED };

	(void)text_put(reply.reason, sizeof reply.reason, "all workers are busy");
	fixture_reply(&f->world, reply);
}

static void
hash_password(struct secrets_port *port, struct ticket ticket, const char *password)
{
	struct reply reply = { .ticket = ticket, .holds = REPLY_TEXT };

	if (fixture_of(port)->no_worker) {
		refuse(fixture_of(port), ticket);
		return;
	}
	reply.as.text = text_format("hash of %s", password);
	fixture_reply(&fixture_of(port)->world, reply);
}

static void
check_password(struct secrets_port *port, struct ticket ticket, const char *hash,
	       const char *password)
{
	CLEANUP(text_freep) char *expected = text_format("hash of %s", password);
	struct reply reply = { .ticket = ticket, .holds = REPLY_YES_OR_NO };

	if (fixture_of(port)->no_worker) {
		refuse(fixture_of(port), ticket);
		return;
	}
	reply.as.yes = strcmp(hash, expected) == 0;
	fixture_reply(&fixture_of(port)->world, reply);
}

static void
digest(struct secrets_port *port, const char *text, char ret_digest[static DIGEST_TEXT_SIZE])
{
	unsigned char bytes[crypto_hash_sha256_BYTES];

	(void)port;
	(void)crypto_hash_sha256(bytes, (const unsigned char *)text, strlen(text));
	(void)sodium_bin2hex(ret_digest, DIGEST_TEXT_SIZE, bytes, sizeof bytes);
}

void
posted_answer(struct api_fixture *f, struct ticket ticket)
{
	struct reply reply = { .ticket = ticket, .holds = REPLY_HTTP };
	struct http_result *result;

	if (f->http_status <= 0) {
		refuse(f, ticket);
		return;
	}
	result = mem_new(sizeof *result);
	result->status = f->http_status;
	result->body = text_copy("so it is");
	result->body_length = strlen(result->body);
	if (f->http_retry_after != NULL) {
		result->headers[0].name = text_copy("retry-after");
		result->headers[0].value = text_copy(f->http_retry_after);
		result->header_count = 1;
	}
	reply.as.http = result;
	fixture_reply(&f->world, reply);
}

static bool
seal_to_itself(struct seal_port *port, const struct seal_order *order,
	       unsigned char ret_sealed[static SEAL_SEALED_LIMIT])
{
	memset(ret_sealed, 0, order->length + SEAL_OVERHEAD);
	memcpy(ret_sealed, order->plain, order->length);
	return true;
}

static void
http_send(struct http_port *port, struct ticket ticket, const struct http_order *order)
{
	struct api_fixture *f = CONTAINER_OF(port, struct api_fixture, http);
	CLEANUP(buf_deinit) struct buf headers = BUF_NULL;
	struct posted *posted;

	assert_true(f->posted_count < ELEMENTS(f->posted));
	posted = &f->posted[f->posted_count++];
	posted->url = text_copy(order->url);
	for (size_t i = 0; i < order->header_count; i++)
		buf_format(&headers, "%s\n", order->headers[i]);
	posted->headers = buf_take_text(&headers);
	posted->body = text_copy_n(order->body, 0);
	posted->body = mem_resize(posted->body, order->body_length + 1);
	memcpy(posted->body, order->body, order->body_length);
	posted->body[order->body_length] = '\0';
	posted->length = order->body_length;
	posted->ticket = ticket;
	if (f->http_status >= 0)
		posted_answer(f, ticket);
}

static void
on_answered(void *argument, struct api_answer *answer)
{
	struct told *told = argument;

	told->times++;
	told->answer = *answer;
	mem_free(answer);
}

struct told
api_ask(struct api_fixture *f, struct asked asked)
{
	struct told told = { .times = 0 };
	struct api_request request = {
		.method = asked.method,
		.path = text_copy(asked.path),
		.query = text_copy(asked.query),
		.body = text_copy(asked.body),
		.body_length = asked.body != NULL ? strlen(asked.body) : 0,
		.content_type = text_copy(asked.content_type != NULL ? asked.content_type
					  : asked.body != NULL	     ? "application/json"
								     : NULL),
		.bearer = text_copy(asked.bearer),
		.session = text_copy(asked.session),
		.csrf = text_copy(asked.csrf),
		.last_event_id = text_copy(asked.last_event_id),
		.connection_id = text_copy(asked.connection_id),
		.local = asked.local,
		.wants_stream = asked.wants_stream,
		.wants_socket = asked.wants_socket,
		.foreign = asked.foreign,
		.proof = asked.proof,
		.user_agent = "test",
	};
	char ip[32];

	(void)snprintf(ip, sizeof ip, "192.0.2.%u", asked.ip);
	assert_true(ip_parse(ip, &request.ip));
	plane_clock(f->world.plane, f->world.now);
	api_handle(f->api, &request, on_answered, &told);
	api_request_deinit(&request);
	fixture_run(&f->world, DURATION_MS(0));
	assert_int_equal(told.times, 1);
	if (told.answer.body != NULL)
		told.json = json_loadb(told.answer.body, told.answer.body_length, JSON_DECODE_ANY,
				       NULL);
	if (told.answer.status >= 400 && strstr(asked.path, "/@connections") != NULL) {
		assert_string_equal(told.answer.content_type, "application/json");
		assert_true(text_ends_with(told.answer.error_type, "Exception"));
		assert_true(strlen(json_get_text(told.json, "message", "")) > 10);
	} else if (told.answer.status >= 400) {
		assert_string_equal(told.answer.content_type, "application/problem+json");
		assert_int_equal(json_get_integer(told.json, "status", 0), told.answer.status);
		assert_true(strlen(json_get_text(told.json, "detail", "")) > 10);
		assert_non_null(json_get_text(told.json, "title", NULL));
	}
	return told;
}

void
told_done(struct told *told)
{
	json_decref(told->json);
	api_answer_deinit(&told->answer);
}

int
api_status(struct api_fixture *f, struct asked asked)
{
	struct told told = api_ask(f, asked);
	int status = told.answer.status;

	told_done(&told);
	return status;
}

json_t *
api_expect(struct api_fixture *f, struct asked asked, int status)
{
	struct told told;
	json_t *json;

	if (!asked.local && asked.bearer == NULL && asked.session == NULL)
		asked.bearer = f->token[ROLE_ADMIN];
	told = api_ask(f, asked);
	if (told.answer.status != status)
		fail_msg("%s: %d and not %d: %s", asked.path, told.answer.status, status,
			 told.answer.body);
	json = json_incref(told.json);
	told_done(&told);
	return json;
}

static void
make_user(struct api_fixture *f, const char *name, enum role role)
{
	CLEANUP(text_freep) char *path = text_format("/v1/users/%s", name);
	CLEANUP(text_freep)
	char *user =
		text_format("{\"role\":\"%s\",\"password\":\"a long password\"}", role_word(role));
	CLEANUP(text_freep) char *token = text_format("{\"label\":\"t\",\"user\":\"%s\"}", name);
	json_t *json;

	if (role != ROLE_ADMIN)
		json_decref(api_expect(
			f,
			(struct asked){
				.method = API_PUT, .path = path, .body = user, .local = true },
			201));
	json = api_expect(
		f,
		(struct asked){
			.method = API_POST, .path = "/v1/tokens", .body = token, .local = true },
		201);
	f->token[role] = text_copy(json_get_text(json, "token", NULL));
	json_decref(json);
}

static void
sign_in(struct api_fixture *f)
{
	struct told told = api_ask(
		f, (struct asked){ .method = API_POST,
				   .path = "/v1/session",
				   .body = "{\"name\":\"admin\",\"password\":\"" FIRST_PASSWORD
					   "\"}" });
	const char *cookie = told.answer.set_cookie;

	assert_int_equal(told.answer.status, 201);
	assert_true(text_starts_with(cookie, API_SESSION_COOKIE "="));
	cookie = strchr(cookie, '=') + 1;
	f->cookie = text_copy_n(cookie, strcspn(cookie, ";"));
	f->csrf = text_copy(json_get_text(told.json, "csrf", NULL));
	assert_non_null(f->csrf);
	told_done(&told);
}

static const struct duration webhook_waits[] = { { 5000 }, { 60000 } };

static const struct channel_rule channels[] = {
	{ .name = "chat/staff", .read = ROLE_STAFF, .post = ROLE_STAFF },
	{ .name = "chat/*", .read = ROLE_PLAYER, .post = ROLE_PLAYER },
};

static const struct api_settings settings = {
	.version = "1.2.3",
	.public_url = "https://roost.example.org:8080",
	.data_directory = "/srv/data",
	.base_directory = "/srv",
	.webhooks = { .waits = webhook_waits,
		      .wait_count = ELEMENTS(webhook_waits),
		      .timeout = DURATION_S(20),
		      .version = "1.2.3" },
	.profiles_url = "https://profiles.example.org/bulk",
	.push = { .public_url = "https://roost.example.org:8080" },
	.channels = channels,
	.channel_count = ELEMENTS(channels),
	.gate_port = 25565,
};

void
api_fixture_restart(struct api_fixture *f)
{
	struct api *old = f->api;

	fixture_restart(&f->world);
	api_free(old);
	f->api = api_new(f->world.plane, &settings);
	assert_null(api_start(f->api, FIRST_PASSWORD));
	fixture_run(&f->world, DURATION_MS(0));
}

int
api_fixture_new(void **state)
{
	struct api_fixture *f = mem_new(sizeof *f);

	f->secrets = (struct secrets_port){ hash_password, check_password, digest };
	f->world.secrets = &f->secrets;
	f->http.send = http_send;
	f->http_status = 201;
	f->world.http = &f->http;
	f->seal = *seal_openssl();
	f->seal.seal = seal_to_itself;
	f->world.seal = &f->seal;
	fixture_start(&f->world);
	f->api = api_new(f->world.plane, &settings);
	assert_null(api_start(f->api, FIRST_PASSWORD));
	fixture_run(&f->world, DURATION_MS(0));
	make_user(f, "p", ROLE_PLAYER);
	make_user(f, "s", ROLE_STAFF);
	make_user(f, "admin", ROLE_ADMIN);
	sign_in(f);
	json_decref(api_expect(f,
			       (struct asked){ .method = API_PUT,
					       .path = "/v1/servers/survival",
					       .body = api_server },
			       201));
	*state = f;
	return 0;
}

void
posted_forget(struct api_fixture *f)
{
	for (size_t i = 0; i < f->posted_count; i++) {
		mem_free(f->posted[i].url);
		mem_free(f->posted[i].headers);
		mem_free(f->posted[i].body);
	}
	f->posted_count = 0;
}

int
api_fixture_free(void **state)
{
	struct api_fixture *f = *state;

	api_free(f->api);
	fixture_stop(&f->world);
	posted_forget(f);
	for (int role = 0; role < ROLE_MAX; role++)
		mem_free(f->token[role]);
	mem_free(f->cookie);
	mem_free(f->csrf);
	mem_free(f);
	return 0;
}
