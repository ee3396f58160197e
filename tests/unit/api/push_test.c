/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api_fixture.h"

#define KEY \
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define KEY_2 \
	"BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
#define AUTH   "BTBZMqHH6r4Tts7J_aSIgg"
#define KEYS   "\"keys\":{\"p256dh\":\"" KEY "\",\"auth\":\"" AUTH "\"}"
#define KEYS_2 "\"keys\":{\"p256dh\":\"" KEY_2 "\",\"auth\":\"" AUTH "\"}"

static json_t *
put(struct api_fixture *f, enum role role, const char *endpoint, const char *rest, int status)
{
	CLEANUP(text_freep)
	char *body = text_format("{\"endpoint\":\"%s\",%s}", endpoint, rest);

	return api_expect(f,
			  (struct asked){ .method = API_PUT,
					  .path = "/v1/push",
					  .body = body,
					  .bearer = f->token[role] },
			  status);
}

static void
put_done(struct api_fixture *f, enum role role, const char *endpoint, const char *rest)
{
	json_decref(put(f, role, endpoint, rest, 201));
}

static json_t *
browsers(struct api_fixture *f, enum role role)
{
	json_t *body =
		api_expect(f, (struct asked){ .path = "/v1/push", .bearer = f->token[role] }, 200);
	json_t *list = json_incref(json_object_get(body, "browsers"));

	json_decref(body);
	return list;
}

static size_t
browser_count(struct api_fixture *f, enum role role)
{
	json_t *list = browsers(f, role);
	size_t count = json_array_size(list);

	json_decref(list);
	return count;
}

static size_t
wish_count(struct api_fixture *f, enum role role)
{
	json_t *list = browsers(f, role);
	size_t count = json_array_size(json_object_get(json_array_get(list, 0), "servers"));

	json_decref(list);
	return count;
}

static void
wake(struct api_fixture *f)
{
	fixture_wish(&f->world, "survival", WANT_UP);
	fixture_run(&f->world, DURATION_S(20));
	assert_int_equal(fixture_server(&f->world, "survival")->status.state, STATE_READY);
}

static void
put_to_sleep(struct api_fixture *f)
{
	fixture_wish(&f->world, "survival", WANT_DOWN);
	fixture_run(&f->world, DURATION_S(60));
	assert_int_equal(fixture_server(&f->world, "survival")->status.state, STATE_ASLEEP);
}

static json_t *
payload(const struct posted *posted)
{
	json_t *body = json_loadb(posted->body, posted->length - SEAL_OVERHEAD, 0, NULL);

	assert_non_null(body);
	return body;
}

static void
title_is(const struct posted *posted, const char *title)
{
	json_t *body = payload(posted);

	assert_string_equal(json_get_text(body, "title", ""), title);
	json_decref(body);
}

#define HERE  "https://push.example.org/send/1"
#define ONCE  KEYS ",\"servers\":[{\"name\":\"survival\"}]"
#define EVERY KEYS ",\"servers\":[{\"name\":\"survival\",\"kind\":\"always\"}]"

static void
who_asked_is_told_once_with_the_page_closed(void **state)
{
	struct api_fixture *f = *state;
	json_t *body;

	put_done(f, ROLE_PLAYER, HERE, ONCE);
	wake(f);
	assert_int_equal(f->posted_count, 1);
	assert_string_equal(f->posted[0].url, HERE);
	body = payload(&f->posted[0]);
	assert_string_equal(json_get_text(body, "title", ""), "survival is ready");
	assert_string_equal(json_get_text(body, "tag", ""), "ready/survival");
	assert_string_equal(json_get_text(body, "url", ""), "/#/servers/survival");
	assert_string_equal(json_get_text(body, "server", ""), "survival");
	assert_non_null(strstr(json_get_text(body, "body", ""), "Join at play.example.org"));
	assert_true(text_starts_with(json_get_text(body, "event", ""), "01TEST:"));
	json_decref(body);
	assert_int_equal(wish_count(f, ROLE_PLAYER), 0);
	put_to_sleep(f);
	wake(f);
	assert_int_equal(f->posted_count, 1);
}

static void
who_asked_for_always_is_told_each_time(void **state)
{
	struct api_fixture *f = *state;

	put_done(f, ROLE_PLAYER, HERE, EVERY);
	for (size_t i = 1; i <= 3; i++) {
		wake(f);
		assert_int_equal(f->posted_count, i);
		put_to_sleep(f);
	}
	assert_int_equal(wish_count(f, ROLE_PLAYER), 1);
}

static void
a_push_service_gets_the_headers_of_the_rfcs(void **state)
{
	struct api_fixture *f = *state;
	const char *headers, *topic;

	put_done(f, ROLE_PLAYER, HERE, ONCE);
	wake(f);
	headers = f->posted[0].headers;
	assert_non_null(strstr(headers, "Content-Encoding: aes128gcm\n"));
	assert_non_null(strstr(headers, "Urgency: high\n"));
	assert_non_null(strstr(headers, "TTL: 14"));
	assert_non_null(
		strstr(headers, "Authorization: vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9."));
	topic = strstr(headers, "Topic: ");
	assert_non_null(topic);
	assert_int_equal(strcspn(topic + 7, "\n"), 32);
	assert_int_equal(strspn(topic + 7, "0123456789abcdef"), 32);
}

static void
a_failed_start_is_told_and_the_wish_stays(void **state)
{
	struct api_fixture *f = *state;
	json_t *body;

	put_done(f, ROLE_PLAYER, HERE, ONCE);
	f->world.mute = true;
	fixture_wish(&f->world, "survival", WANT_UP);
	fixture_run(&f->world, DURATION_S(1200));
	assert_int_equal(fixture_server(&f->world, "survival")->status.state, STATE_FAILED);
	assert_int_equal(f->posted_count, 1);
	body = payload(&f->posted[0]);
	assert_string_equal(json_get_text(body, "title", ""), "survival could not start");
	assert_true(text_starts_with(json_get_text(body, "body", ""), "Because: "));
	json_decref(body);
	assert_int_equal(wish_count(f, ROLE_PLAYER), 1);
	f->world.mute = false;
	wake(f);
	assert_int_equal(f->posted_count, 2);
	title_is(&f->posted[1], "survival is ready");
}

static void
what_happened_before_somebody_asked_is_not_told(void **state)
{
	struct api_fixture *f = *state;

	wake(f);
	put_done(f, ROLE_PLAYER, HERE, ONCE);
	fixture_run(&f->world, DURATION_S(10));
	api_fixture_restart(f);
	fixture_run(&f->world, DURATION_S(10));
	assert_int_equal(f->posted_count, 0);
	assert_int_equal(wish_count(f, ROLE_PLAYER), 1);
}

static void
a_browser_that_is_gone_is_let_go(void **state)
{
	static const int gone[] = { 404, 410 };
	struct api_fixture *f = *state;

	for (size_t i = 0; i < ELEMENTS(gone); i++) {
		put_done(f, ROLE_PLAYER, HERE, EVERY);
		f->http_status = gone[i];
		wake(f);
		assert_int_equal(f->posted_count, i + 1);
		assert_int_equal(browser_count(f, ROLE_PLAYER), 0);
		put_to_sleep(f);
		api_fixture_restart(f);
		assert_int_equal(browser_count(f, ROLE_PLAYER), 0);
	}
}

static void
a_push_service_that_is_busy_is_asked_again_when_it_says(void **state)
{
	struct api_fixture *f = *state;

	put_done(f, ROLE_PLAYER, HERE, ONCE);
	f->http_status = 429;
	f->http_retry_after = "100";
	wake(f);
	assert_int_equal(f->posted_count, 1);
	fixture_run(&f->world, DURATION_S(75));
	assert_int_equal(f->posted_count, 1);
	f->http_status = 201;
	fixture_run(&f->world, DURATION_S(30));
	assert_int_equal(f->posted_count, 2);
	fixture_run(&f->world, DURATION_S(20000));
	assert_int_equal(f->posted_count, 2);
}

static void
nobody_is_asked_for_ever(void **state)
{
	struct api_fixture *f = *state;

	put_done(f, ROLE_PLAYER, HERE, EVERY);
	f->http_status = 0;
	wake(f);
	fixture_run(&f->world, DURATION_S(20000));
	assert_int_equal(f->posted_count, 7);
	for (int i = 1; i < PUSH_FAILURES_LIMIT; i++) {
		assert_int_equal(browser_count(f, ROLE_PLAYER), 1);
		f->http_status = 503; /* once more, then it is given up at its next start */
		put_to_sleep(f);
		for (size_t j = 0; j < f->posted_count; j++) {
			mem_free(f->posted[j].url);
			mem_free(f->posted[j].headers);
			mem_free(f->posted[j].body);
		}
		f->posted_count = 0;
		wake(f);
		fixture_run(&f->world, DURATION_S(20000));
	}
	assert_int_equal(browser_count(f, ROLE_PLAYER), 0);
}

static void
a_fault_of_ours_is_told_once_and_again_after_it_was_over(void **state)
{
	static const int faults[] = { 400, 401, 403, 413 };
	struct api_fixture *f = *state;

	put_done(f, ROLE_PLAYER, HERE, EVERY);
	for (size_t i = 0; i < ELEMENTS(faults); i++) {
		f->http_status = faults[i];
		wake(f);
		put_to_sleep(f);
		api_fixture_restart(f);
		assert_int_equal(fixture_count(&f->world, "push.failed"), 1);
	}
	assert_int_equal(f->posted_count, ELEMENTS(faults));
	assert_non_null(strstr(fixture_last(&f->world, "push.failed"), "https://push.example.org"));
	assert_int_equal(browser_count(f, ROLE_PLAYER), 1);
	f->http_status = 201;
	wake(f);
	put_to_sleep(f);
	f->http_status = 403;
	wake(f);
	assert_int_equal(fixture_count(&f->world, "push.failed"), 2);
}

static void
what_was_decided_before_a_crash_is_sent_after_it(void **state)
{
	struct api_fixture *f = *state;

	put_done(f, ROLE_PLAYER, HERE, ONCE);
	f->http_status = -1;
	wake(f);
	assert_int_equal(f->posted_count, 1);
	assert_int_equal(wish_count(f, ROLE_PLAYER), 0);
	f->http_status = 201;
	api_fixture_restart(f);
	fixture_run(&f->world, DURATION_S(10));
	assert_int_equal(f->posted_count, 2);
	assert_memory_equal(f->posted[0].body, f->posted[1].body, f->posted[0].length);
	api_fixture_restart(f);
	fixture_run(&f->world, DURATION_S(10));
	assert_int_equal(f->posted_count, 2);
}

/* The event is durable, and roost dies before anything was decided about it. */
static void
an_event_that_nobody_was_told_of_is_read_after_the_crash(void **state)
{
	struct api_fixture *f = *state;
	struct fixture *w = &f->world;
	struct store_event *e;

	put_done(f, ROLE_PLAYER, HERE, ONCE);
	for (unsigned i = 0; i < 1200; i++) {
		w->events = mem_resize(w->events, (w->event_count + 1) * sizeof *w->events);
		e = &w->events[w->event_count];
		*e = (struct store_event){ .offset = ++w->event_count, .time = w->now };
		(void)text_put(e->type, sizeof e->type,
			       i == 700 ? "server.ready" : "player.joined");
		(void)text_put(e->subject, sizeof e->subject, "survival");
		e->data = text_copy("{}");
	}
	api_fixture_restart(f);
	fixture_run(w, DURATION_S(10));
	assert_int_equal(f->posted_count, 1);
	title_is(&f->posted[0], "survival is ready");
}

static void
a_newer_message_takes_the_place_of_one_that_waits(void **state)
{
	struct api_fixture *f = *state;

	put_done(f, ROLE_PLAYER, HERE, EVERY);
	f->http_status = 503;
	f->http_retry_after = "600";
	wake(f);
	put_to_sleep(f);
	wake(f);
	put_to_sleep(f);
	f->http_status = 201;
	f->posted[0].ticket = (struct ticket){ 0 };
	fixture_run(&f->world, DURATION_S(2000));
	assert_int_equal(f->posted_count, 3); /* two tries that failed, and the newest */
}

static void
staff_who_asked_are_told_of_trouble_and_players_may_not_ask(void **state)
{
	struct api_fixture *f = *state;

	json_decref(put(f, ROLE_PLAYER, HERE, KEYS ",\"alerts\":true", 422));
	put_done(f, ROLE_STAFF, HERE, KEYS ",\"alerts\":true");
	wake(f);
	assert_int_equal(f->posted_count, 0);
	fixture_end(&f->world);
	fixture_run(&f->world, DURATION_S(5));
	assert_int_equal(f->posted_count, 1);
	title_is(&f->posted[0], "Trouble: survival");
	/* No longer staff: no longer told. */
	json_decref(api_expect(f,
			       (struct asked){ .method = API_PUT,
					       .path = "/v1/users/s",
					       .body = "{\"role\":\"player\"}" },
			       200));
	fixture_run(&f->world, DURATION_S(60));
	fixture_end(&f->world);
	fixture_run(&f->world, DURATION_S(5));
	assert_int_equal(f->posted_count, 1);
}

static void
everybody_sees_and_removes_their_own_only(void **state)
{
	struct api_fixture *f = *state;
	CLEANUP(text_freep) char *path = NULL;
	json_t *one = put(f, ROLE_PLAYER, HERE, ONCE, 201);
	struct asked asked = { .method = API_DELETE };

	path = text_format("/v1/push/%s", json_get_text(one, "id", ""));
	json_decref(one);
	asked.path = path;
	assert_int_equal(browser_count(f, ROLE_ADMIN), 0);
	asked.bearer = f->token[ROLE_ADMIN];
	assert_int_equal(api_status(f, asked), 404);
	asked.bearer = f->token[ROLE_PLAYER];
	assert_int_equal(api_status(f, asked), 204);
	assert_int_equal(api_status(f, asked), 404);
	wake(f);
	assert_int_equal(f->posted_count, 0);
	asked = (struct asked){ .path = "/v1/push", .local = true };
	assert_int_equal(api_status(f, asked), 409);
}

static void
a_browser_changes_hands_only_with_its_keys(void **state)
{
	struct api_fixture *f = *state;

	put_done(f, ROLE_PLAYER, HERE, EVERY);
	json_decref(put(f, ROLE_STAFF, HERE, KEYS_2, 409));
	assert_int_equal(browser_count(f, ROLE_PLAYER), 1);
	json_decref(put(f, ROLE_STAFF, HERE, KEYS, 200));
	assert_int_equal(browser_count(f, ROLE_PLAYER), 0);
	assert_int_equal(browser_count(f, ROLE_STAFF), 1);
	wake(f);
	assert_int_equal(f->posted_count, 0);
	json_decref(put(f, ROLE_STAFF, HERE, KEYS_2, 200)); /* one's own may get new keys */
}

static void
a_user_who_is_removed_is_told_nothing_more(void **state)
{
	struct api_fixture *f = *state;

	put_done(f, ROLE_PLAYER, HERE, EVERY);
	assert_int_equal(api_status(f, (struct asked){ .method = API_DELETE,
						       .path = "/v1/users/p",
						       .bearer = f->token[ROLE_ADMIN] }),
			 204);
	wake(f);
	assert_int_equal(f->posted_count, 0);
	for (size_t i = 0; i < f->world.document_count; i++)
		assert_true(f->world.documents[i].kind != DOCUMENT_PUSH ||
			    f->world.documents[i].body == NULL);
}

static void
a_user_has_twenty_browsers_and_the_oldest_goes(void **state)
{
	struct api_fixture *f = *state;
	json_t *list;

	for (int i = 0; i < PUSH_BROWSERS_PER_USER_LIMIT + 1; i++) {
		CLEANUP(text_freep) char *endpoint = text_format("https://push.example.org/%d", i);

		put_done(f, ROLE_PLAYER, endpoint, ONCE);
		fixture_run(&f->world, DURATION_S(1));
	}
	list = browsers(f, ROLE_PLAYER);
	assert_int_equal(json_array_size(list), PUSH_BROWSERS_PER_USER_LIMIT);
	for (size_t i = 0; i < json_array_size(list); i++)
		assert_string_not_equal(json_get_text(json_array_get(list, i), "endpoint", ""),
					"https://push.example.org/0");
	json_decref(list);
	wake(f);
	assert_int_equal(f->posted_count, PUSH_BROWSERS_PER_USER_LIMIT);
}

static const struct {
	const char *body, *pointer;
} wrong[] = {
	{ "{" KEYS "}", "/endpoint" },
	{ "{\"endpoint\":\"" HERE "\"}", "/keys" },
	{ "{\"endpoint\":\"http://push.example.org/1\"," KEYS "}", "/endpoint" },
	{ "{\"endpoint\":\"https://u:p@push.example.org/1\"," KEYS "}", "/endpoint" },
	{ "{\"endpoint\":\"https://push.example.org\"," KEYS "}", "/endpoint" },
	{ "{\"endpoint\":\"https://push.example.org/a b\"," KEYS "}", "/endpoint" },
	{ "{\"endpoint\":\"https://push.example.org/#x\"," KEYS "}", "/endpoint" },
	{ "{\"endpoint\":\"https:///x\"," KEYS "}", "/endpoint" },
	{ "{\"endpoint\":\"file:///etc/passwd\"," KEYS "}", "/endpoint" },
	{ "{\"endpoint\":\"" HERE "\",\"keys\":{}}", "/keys/p256dh" },
	{ "{\"endpoint\":\"" HERE "\",\"keys\":[]}", "/keys" },
	{ "{\"endpoint\":\"" HERE "\",\"keys\":{\"p256dh\":\"" AUTH "\",\"auth\":\"" AUTH "\"}}",
	  "/keys/p256dh" },
	{ "{\"endpoint\":\"" HERE "\",\"keys\":{\"p256dh\":\"" KEY "\",\"auth\":\"AAAA\"}}",
	  "/keys/auth" },
	{ "{\"endpoint\":\"" HERE "\",\"keys\":{\"p256dh\":\"" KEY "\",\"auth\":\"" AUTH
	  "\",\"x\":1}}",
	  "/keys" },
	{ "{\"endpoint\":\"" HERE "\"," KEYS ",\"servers\":{}}", "/servers" },
	{ "{\"endpoint\":\"" HERE "\"," KEYS ",\"servers\":[\"survival\"]}", "/servers/0" },
	{ "{\"endpoint\":\"" HERE "\"," KEYS ",\"servers\":[{}]}", "/servers/0" },
	{ "{\"endpoint\":\"" HERE "\"," KEYS ",\"servers\":[{\"name\":\"none\"}]}",
	  "/servers/0/name" },
	{ "{\"endpoint\":\"" HERE "\"," KEYS
	  ",\"servers\":[{\"name\":\"survival\"},{\"name\":\"survival\"}]}",
	  "/servers/1/name" },
	{ "{\"endpoint\":\"" HERE "\"," KEYS
	  ",\"servers\":[{\"name\":\"survival\",\"kind\":\"daily\"}]}",
	  "/servers/0/kind" },
	{ "{\"endpoint\":\"" HERE "\"," KEYS ",\"servers\":[{\"name\":\"survival\",\"kind\":7}]}",
	  "/servers/0/kind" },
	{ "{\"endpoint\":\"" HERE "\"," KEYS ",\"servers\":[{\"name\":\"survival\",\"after\":7}]}",
	  "/servers/0" },
	{ "{\"endpoint\":\"" HERE "\"," KEYS ",\"alerts\":1}", "/alerts" },
	{ "{\"endpoint\":\"" HERE "\"," KEYS ",\"token\":1}", "/token" },
};

static void
what_is_wrong_is_told_with_its_place(void **state)
{
	struct api_fixture *f = *state;

	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		json_t *body = api_expect(f,
					  (struct asked){ .method = API_PUT,
							  .path = "/v1/push",
							  .body = wrong[i].body },
					  422);
		const json_t *error = json_array_get(json_object_get(body, "errors"), 0);

		assert_string_equal(json_get_text(error, "pointer", ""), wrong[i].pointer);
		json_decref(body);
	}
	assert_int_equal(browser_count(f, ROLE_ADMIN), 0);
}

static void
the_public_key_stays_the_same(void **state)
{
	struct api_fixture *f = *state;
	char key[2][100];

	for (int i = 0; i < 2; i++) {
		json_t *body = api_expect(f, (struct asked){ .path = "/v1/push" }, 200);

		(void)text_put(key[i], sizeof key[i], json_get_text(body, "public_key", ""));
		json_decref(body);
		api_fixture_restart(f);
	}
	assert_int_equal(strlen(key[0]), 87);
	assert_string_equal(key[0], key[1]);
}

#define with_world(test) cmocka_unit_test_setup_teardown(test, api_fixture_new, api_fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(who_asked_is_told_once_with_the_page_closed),
		with_world(who_asked_for_always_is_told_each_time),
		with_world(a_push_service_gets_the_headers_of_the_rfcs),
		with_world(a_failed_start_is_told_and_the_wish_stays),
		with_world(what_happened_before_somebody_asked_is_not_told),
		with_world(a_browser_that_is_gone_is_let_go),
		with_world(a_push_service_that_is_busy_is_asked_again_when_it_says),
		with_world(nobody_is_asked_for_ever),
		with_world(a_fault_of_ours_is_told_once_and_again_after_it_was_over),
		with_world(what_was_decided_before_a_crash_is_sent_after_it),
		with_world(an_event_that_nobody_was_told_of_is_read_after_the_crash),
		with_world(a_newer_message_takes_the_place_of_one_that_waits),
		with_world(staff_who_asked_are_told_of_trouble_and_players_may_not_ask),
		with_world(everybody_sees_and_removes_their_own_only),
		with_world(a_browser_changes_hands_only_with_its_keys),
		with_world(a_user_who_is_removed_is_told_nothing_more),
		with_world(a_user_has_twenty_browsers_and_the_oldest_goes),
		with_world(what_is_wrong_is_told_with_its_place),
		with_world(the_public_key_stays_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
