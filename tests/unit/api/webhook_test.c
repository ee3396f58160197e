/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks through the API, with a receiver that answers as it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"
#include "service/webhook_sign.h"

static char id[ID_TEXT_SIZE], secret[WEBHOOK_SECRET_SIZE];

/* Of the request that was sent so late; valid until the next call. */
static const char *
header(const struct api_fixture *f, size_t index, const char *name)
{
	static char values[4][256];
	static unsigned next;
	char *value = values[next++ % ELEMENTS(values)];
	const char *at = strstr(f->posted[index].headers, name);

	assert_non_null(at);
	at += strlen(name) + strlen(": ");
	assert_true(text_put(value, sizeof values[0], at) || strcspn(at, "\n") < sizeof values[0]);
	value[strcspn(value, "\n")] = '\0';
	return value;
}

static json_t *
ask(struct api_fixture *f, enum api_method method, const char *rest, const char *body, int status)
{
	CLEANUP(text_freep) char *path = text_format("/v1/webhooks/%s%s", id, rest);

	return api_expect(f, (struct asked){ .method = method, .path = path, .body = body },
			  status);
}

static void
make(struct api_fixture *f, const char *body)
{
	json_t *json = api_expect(
		f, (struct asked){ .method = API_POST, .path = "/v1/webhooks", .body = body }, 201);

	(void)text_put(id, sizeof id, json_get_text(json, "id", ""));
	(void)text_put(secret, sizeof secret, json_get_text(json, "secret", ""));
	assert_true(text_starts_with(secret, "whsec_"));
	json_decref(json);
	f->http_status = 200;
}

static void
declare(struct api_fixture *f, const char *name)
{
	CLEANUP(text_freep) char *path = text_format("/v1/servers/%s", name);
	CLEANUP(text_freep)
	char *body = text_format("{\"game\":\"minecraft-java\",\"hosts\":[\"%s.example.org\"],"
				 "\"local\":{\"command\":[\"%zu\"],\"directory\":\".\"},"
				 "\"address\":\"127.0.0.1:%zu\"}",
				 name, f->world.event_count, 20000 + f->world.event_count);

	(void)api_status(f, (struct asked){ .method = API_PUT,
					    .path = path,
					    .body = body,
					    .bearer = f->token[ROLE_ADMIN] });
	fixture_run(&f->world, DURATION_MS(0));
}

/* How often something was sent whose body has this in it. */
static size_t
sent(const struct api_fixture *f, const char *part)
{
	size_t count = 0;

	for (size_t i = 0; i < f->posted_count; i++)
		count += strstr(f->posted[i].body, part) != NULL;
	return count;
}

#define ONLY_SERVERS "{\"url\":\"https://example.org/a\",\"label\":\"a\",\"types\":[\"server.\"]}"

static void
an_event_is_sent_once_and_signed(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(buf_deinit) struct buf signature = BUF_NULL;
	struct webhook_content content = { .timestamp = f->world.now.ms / 1000 };

	make(f, ONLY_SERVERS);
	declare(f, "one");
	fixture_run(&f->world, DURATION_S(600));
	assert_int_equal(f->posted_count, 1);
	content.id = header(f, 0, "webhook-id");
	content.body = f->posted[0].body;
	content.body_length = strlen(content.body);
	assert_true(webhook_signature_put(&signature, secret, &content));
	assert_string_equal(header(f, 0, "webhook-signature"), buf_text(&signature));
	assert_string_equal(f->posted[0].url, "https://example.org/a");
	assert_int_equal(sent(f, "\"subject\":\"one\""), 1);
}

static void
what_it_does_not_want_is_not_sent(void **state)
{
	struct api_fixture *f = *state;

	make(f, "{\"url\":\"https://example.org/a\",\"servers\":[\"two\"],"
		"\"channels\":[\"servers\"]}");
	declare(f, "one");
	declare(f, "two");
	fixture_run(&f->world, DURATION_S(600));
	assert_int_equal(f->posted_count, 1);
	assert_int_equal(sent(f, "\"subject\":\"two\""), 1);
	json_decref(
		ask(f, API_PUT, "", "{\"servers\":[],\"types\":[\"user.\"],\"channels\":[]}", 200));
	declare(f, "two");
	assert_int_equal(f->posted_count, 1);
}

static void
what_was_not_taken_is_tried_again_and_others_go_on(void **state)
{
	struct api_fixture *f = *state;

	make(f, ONLY_SERVERS);
	f->http_status = 500;
	declare(f, "one");
	f->http_status = 200;
	declare(f, "one");
	declare(f, "two");
	/* The second of `one` waits behind the first. */
	assert_int_equal(sent(f, "\"subject\":\"one\""), 1);
	assert_int_equal(sent(f, "\"subject\":\"two\""), 1);
	fixture_run(&f->world, DURATION_S(7));
	assert_int_equal(sent(f, "\"subject\":\"one\""), 3);
	assert_string_equal(header(f, 0, "webhook-id"), header(f, 2, "webhook-id"));
	assert_string_equal(f->posted[0].body, f->posted[2].body);
	fixture_run(&f->world, DURATION_S(600));
	assert_int_equal(f->posted_count, 4);
}

static void
retry_after_is_waited_for(void **state)
{
	struct api_fixture *f = *state;

	make(f, ONLY_SERVERS);
	f->http_status = 429;
	f->http_retry_after = "120";
	declare(f, "one");
	f->http_status = 200;
	fixture_run(&f->world, DURATION_S(119));
	assert_int_equal(f->posted_count, 1);
	fixture_run(&f->world, DURATION_S(2));
	assert_int_equal(f->posted_count, 2);
	f->http_retry_after = NULL;
}

static void
redirects_are_not_followed_and_not_taken(void **state)
{
	struct api_fixture *f = *state;

	make(f, ONLY_SERVERS);
	f->http_status = 301;
	declare(f, "one");
	fixture_run(&f->world, DURATION_S(6));
	assert_int_equal(f->posted_count, 2);
}

static void
a_receiver_that_is_gone_is_given_up_at_once_and_told_of(void **state)
{
	struct api_fixture *f = *state;
	json_t *json;

	make(f, ONLY_SERVERS);
	f->http_status = 410;
	declare(f, "one");
	fixture_run(&f->world, DURATION_S(6));
	assert_int_equal(f->posted_count, 1);
	assert_int_equal(fixture_count(&f->world, "webhook.disabled"), 1);
	assert_non_null(strstr(fixture_last(&f->world, "webhook.disabled"), "410"));
	declare(f, "two");
	assert_int_equal(f->posted_count, 1);
	json = ask(f, API_GET, "", NULL, 200);
	assert_false(json_get_bool(json, "enabled", true));
	assert_int_equal(json_get_integer(json, "behind", 0), 3);
	json_decref(json);
	/* Nothing is lost: switched on, it is told what it missed. */
	f->http_status = 204;
	json_decref(ask(f, API_POST, "/enable", NULL, 200));
	fixture_run(&f->world, DURATION_S(1));
	assert_int_equal(sent(f, "\"subject\":\"one\""), 2);
	assert_int_equal(sent(f, "\"subject\":\"two\""), 1);
}

static void
what_was_skipped_is_not_told(void **state)
{
	struct api_fixture *f = *state;

	make(f, ONLY_SERVERS);
	json_decref(ask(f, API_POST, "/disable", NULL, 200));
	declare(f, "one");
	assert_int_equal(f->posted_count, 0);
	json_decref(ask(f, API_POST, "/enable", "{\"skip\":true}", 200));
	declare(f, "two");
	fixture_run(&f->world, DURATION_S(60));
	assert_int_equal(f->posted_count, 1);
	assert_int_equal(sent(f, "\"subject\":\"two\""), 1);
}

static size_t
dead_count(struct api_fixture *f)
{
	json_t *json = ask(f, API_GET, "/dead", NULL, 200);
	size_t count = json_array_size(json_object_get(json, "dead"));

	json_decref(json);
	return count;
}

static void
dead_letters_are_listed_and_sent_again_in_order(void **state)
{
	struct api_fixture *f = *state;
	json_t *json;

	make(f, ONLY_SERVERS);
	f->http_status = 500;
	declare(f, "one");
	declare(f, "two");
	fixture_run(&f->world, DURATION_S(600));
	assert_int_equal(f->posted_count, 6); /* three tries each */
	json = ask(f, API_GET, "/dead", NULL, 200);
	assert_int_equal(json_array_size(json_object_get(json, "dead")), 2);
	assert_int_equal(
		json_get_integer(json_array_get(json_object_get(json, "dead"), 0), "attempts", 0),
		3);
	json_decref(json);
	/* Still not taken: they stay. */
	json_decref(ask(f, API_POST, "/replay", NULL, 202));
	fixture_run(&f->world, DURATION_S(1));
	assert_int_equal(f->posted_count, 7);
	assert_int_equal(dead_count(f), 2);
	f->http_status = 200;
	json_decref(ask(f, API_POST, "/replay", NULL, 202));
	fixture_run(&f->world, DURATION_S(1));
	assert_int_equal(f->posted_count, 9);
	assert_string_equal(header(f, 7, "webhook-id"), header(f, 0, "webhook-id"));
	assert_int_equal(dead_count(f), 0);
}

static void
one_dead_letter_is_sent_again_alone(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(text_freep) char *body = NULL;
	json_t *json;

	make(f, ONLY_SERVERS);
	f->http_status = 500;
	declare(f, "one");
	declare(f, "two");
	fixture_run(&f->world, DURATION_S(600));
	f->http_status = 200;
	json = ask(f, API_GET, "/dead", NULL, 200);
	body = text_format("{\"offset\":%lld}",
			   (long long)json_get_integer(
				   json_array_get(json_object_get(json, "dead"), 1), "offset", 0));
	json_decref(json);
	json_decref(ask(f, API_POST, "/replay", body, 202));
	fixture_run(&f->world, DURATION_S(1));
	assert_int_equal(sent(f, "\"subject\":\"two\""), 4);
	assert_int_equal(sent(f, "\"subject\":\"one\""), 3);
	assert_int_equal(dead_count(f), 1);
}

static void
after_five_dead_letters_in_a_row_it_is_given_up(void **state)
{
	struct api_fixture *f = *state;

	make(f, ONLY_SERVERS);
	f->http_status = 503;
	for (unsigned i = 0; i < 5; i++) {
		char name[8];

		assert_int_equal(fixture_count(&f->world, "webhook.disabled"), 0);
		(void)snprintf(name, sizeof name, "s%u", i);
		declare(f, name);
		fixture_run(&f->world, DURATION_S(600));
	}
	assert_int_equal(fixture_count(&f->world, "webhook.disabled"), 1);
	assert_int_equal(dead_count(f), 5);
}

static void
a_silent_receiver_is_one_that_failed(void **state)
{
	struct api_fixture *f = *state;

	make(f, ONLY_SERVERS);
	f->http_status = -1;
	declare(f, "one");
	fixture_run(&f->world, DURATION_S(34));
	assert_int_equal(f->posted_count, 1);
	fixture_run(&f->world, DURATION_S(8));
	assert_int_equal(f->posted_count, 2);
}

static void
a_new_secret_signs_beside_the_old_one_for_a_while(void **state)
{
	struct api_fixture *f = *state;
	json_t *json;

	make(f, ONLY_SERVERS);
	json = ask(f, API_POST, "/rotate", "{\"keep_for\":\"1h\"}", 200);
	assert_string_not_equal(json_get_text(json, "secret", secret), secret);
	json_decref(json);
	declare(f, "one");
	assert_non_null(strchr(header(f, 0, "webhook-signature"), ' '));
	fixture_run(&f->world, DURATION_S(3601));
	declare(f, "two");
	assert_null(strchr(header(f, 1, "webhook-signature"), ' '));
	json_decref(ask(f, API_POST, "/rotate", "{\"drop_old\":true}", 200));
	declare(f, "three");
	assert_null(strchr(header(f, 2, "webhook-signature"), ' '));
}

static void
a_secret_is_told_once_only(void **state)
{
	struct api_fixture *f = *state;
	struct told told;

	make(f, ONLY_SERVERS);
	told = api_ask(f, (struct asked){ .path = "/v1/webhooks", .bearer = f->token[ROLE_ADMIN] });
	assert_null(strstr(told.answer.body, "whsec_"));
	told_done(&told);
	for (size_t i = 0; i < f->world.event_count; i++) {
		assert_null(strstr(f->world.events[i].data, "whsec_"));
		assert_null(strstr(f->world.events[i].data, "example.org/a"));
	}
}

static void
a_test_tells_what_was_answered(void **state)
{
	struct api_fixture *f = *state;
	json_t *json;

	make(f, ONLY_SERVERS);
	f->http_status = 418;
	json = ask(f, API_POST, "/test", NULL, 200);
	assert_false(json_get_bool(json, "taken", true));
	assert_int_equal(json_get_integer(json, "status", 0), 418);
	json_decref(json);
	f->http_status = 200;
	json = ask(f, API_POST, "/test", NULL, 200);
	assert_true(json_get_bool(json, "taken", false));
	json_decref(json);
	assert_int_equal(sent(f, "webhook.test"), 2);
	fixture_run(&f->world, DURATION_S(600));
	assert_int_equal(f->posted_count, 2);
}

static void
mistakes_are_named_each_with_its_place(void **state)
{
	struct api_fixture *f = *state;
	static const struct {
		const char *body, *pointer;
	} wrong[] = {
		{ "{}", "/url" },
		{ "{\"url\":\"ftp://a\"}", "/url" },
		{ "{\"url\":\"https://u:p@a/\"}", "/url" },
		{ "{\"url\":\"https://a/\",\"types\":\"server.\"}", "/types" },
		{ "{\"url\":\"https://a/\",\"types\":[\"server\"]}", "/types/0" },
		{ "{\"url\":\"https://a/\",\"types\":[\"server.\",7]}", "/types/1" },
		{ "{\"url\":\"https://a/\",\"channels\":[\"servers\",\"console/x\"]}",
		  "/channels/1" },
		{ "{\"url\":\"https://a/\",\"servers\":[\"A\"]}", "/servers/0" },
		{ "{\"url\":\"https://a/\",\"role\":\"king\"}", "/role" },
		{ "{\"url\":\"https://a/\",\"secret\":\"x\"}", "/secret" },
	};

	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		json_t *json = api_expect(f,
					  (struct asked){ .method = API_POST,
							  .path = "/v1/webhooks",
							  .body = wrong[i].body },
					  422);
		const json_t *first = json_array_get(json_object_get(json, "errors"), 0);

		assert_string_equal(json_get_text(first, "pointer", ""), wrong[i].pointer);
		json_decref(json);
	}
}

static void
a_removed_one_is_told_nothing_more_and_leaves_nothing(void **state)
{
	struct api_fixture *f = *state;

	make(f, ONLY_SERVERS);
	f->http_status = 500;
	declare(f, "one");
	json_decref(ask(f, API_DELETE, "", NULL, 204));
	fixture_run(&f->world, DURATION_S(600));
	assert_int_equal(f->posted_count, 1);
	for (size_t i = 0; i < f->world.document_count; i++) {
		const struct store_document *d = &f->world.documents[i];

		if (d->kind == DOCUMENT_WEBHOOK || d->kind == DOCUMENT_LANE ||
		    d->kind == DOCUMENT_DEAD)
			assert_null(d->body);
	}
}

static void
there_is_a_most_of_them(void **state)
{
	struct api_fixture *f = *state;
	struct asked asked = { .method = API_POST, .path = "/v1/webhooks", .body = ONLY_SERVERS };

	for (unsigned i = 0; i < WEBHOOKS_LIMIT; i++)
		json_decref(api_expect(f, asked, 201));
	json_decref(api_expect(f, asked, 409));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, api_fixture_new, api_fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(an_event_is_sent_once_and_signed),
		IN_WORLD(what_it_does_not_want_is_not_sent),
		IN_WORLD(what_was_not_taken_is_tried_again_and_others_go_on),
		IN_WORLD(retry_after_is_waited_for),
		IN_WORLD(redirects_are_not_followed_and_not_taken),
		IN_WORLD(a_receiver_that_is_gone_is_given_up_at_once_and_told_of),
		IN_WORLD(what_was_skipped_is_not_told),
		IN_WORLD(dead_letters_are_listed_and_sent_again_in_order),
		IN_WORLD(one_dead_letter_is_sent_again_alone),
		IN_WORLD(after_five_dead_letters_in_a_row_it_is_given_up),
		IN_WORLD(a_silent_receiver_is_one_that_failed),
		IN_WORLD(a_new_secret_signs_beside_the_old_one_for_a_while),
		IN_WORLD(a_secret_is_told_once_only),
		IN_WORLD(a_test_tells_what_was_answered),
		IN_WORLD(mistakes_are_named_each_with_its_place),
		IN_WORLD(a_removed_one_is_told_nothing_more_and_leaves_nothing),
		IN_WORLD(there_is_a_most_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
