/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../keeper/fixture.h"
#include "base/base64.h"
#include "seal/seal_openssl.h"
#include "service/push_state.h"

static void
digest(struct secrets_port *port, const char *text, char ret_digest[static DIGEST_TEXT_SIZE])
{
	memset(ret_digest, 'a' + (int)strlen(text) % 6, DIGEST_TEXT_SIZE - 1);
	ret_digest[DIGEST_TEXT_SIZE - 1] = '\0';
}

struct scene {
	struct fixture world;
	struct http_port http;
	struct secrets_port secrets;
	struct users *users;
	struct push *push;
};

static void
begin(struct scene *scene, const char *subject, const char *public_url)
{
	static struct network allow;
	struct push_settings settings = { subject, public_url, &allow, 1 };

	assert_true(network_parse("127.0.0.0/8", &allow));
	*scene = (struct scene){ .secrets.digest = digest };
	scene->world.http = &scene->http;
	scene->world.seal = seal_openssl();
	scene->world.secrets = &scene->secrets;
	fixture_start(&scene->world);
	scene->users = users_new(scene->world.plane);
	scene->push = push_new(scene->world.plane, scene->users, &settings);
	push_load(scene->push);
	fixture_run(&scene->world, DURATION_MS(0));
}

static void
end(struct scene *scene)
{
	fixture_stop(&scene->world);
	push_free(scene->push);
	users_free(scene->users);
}

static const struct {
	const char *endpoint, *origin;
} origins[] = {
	{ "https://fcm.googleapis.com/fcm/send/abc", "https://fcm.googleapis.com" },
	{ "https://FCM.googleapis.com/x", "https://fcm.googleapis.com" },
	{ "https://push.example.org:443/x", "https://push.example.org" },
	{ "https://push.example.org:8443/x", "https://push.example.org:8443" },
	{ "http://127.0.0.1:80/x", "http://127.0.0.1" },
	{ "https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443" },
	{ "https://push.example.org/", "https://push.example.org" },
};

static void
the_origin_is_scheme_host_and_an_unusual_port(void **state)
{
	char origin[PUSH_ORIGIN_SIZE];

	for (size_t i = 0; i < ELEMENTS(origins); i++) {
		assert_true(push_origin(origins[i].endpoint, origin));
		assert_string_equal(origin, origins[i].origin);
	}
}

static void
what_has_no_plain_authority_has_no_origin(void **state)
{
	static const char *const wrong[] = { "",
					     "https://",
					     "https:///x",
					     "https://host",
					     "https://host?x",
					     "https://u@host/",
					     "https://ho st/",
					     "https://host%2e/",
					     "https://:443/",
					     "ftp://host/",
					     "HTTPS://host/",
					     "javascript:alert(1)/" };
	CLEANUP(buf_deinit) struct buf long_one = BUF_NULL;
	char origin[PUSH_ORIGIN_SIZE];

	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_false(push_origin(wrong[i], origin));
	buf_put_text(&long_one, "https://");
	for (int i = 0; i <= HOST_MAX; i++)
		buf_put_byte(&long_one, 'a');
	buf_put_byte(&long_one, '/');
	assert_false(push_origin(buf_text(&long_one), origin));
}

/* Each beginning of an endpoint is an endpoint or is not; none is read past its end. */
static void
every_beginning_of_an_endpoint_is_judged(void **state)
{
	static const char whole[] = "https://push.example.org:8443/a";
	char origin[PUSH_ORIGIN_SIZE];

	for (size_t length = 0; length < sizeof whole; length++) {
		CLEANUP(text_freep) char *text = text_copy_n(whole, length);

		assert_int_equal(push_origin(text, origin), length >= sizeof whole - 2);
	}
}

static void
plain_http_is_for_allowed_literal_addresses_only(void **state)
{
	struct scene scene;

	begin(&scene, "", "");
	assert_null(push_endpoint_problem(scene.push, "http://127.0.0.1:9/x"));
	assert_null(push_endpoint_problem(scene.push, "https://push.example.org/x"));
	assert_non_null(push_endpoint_problem(scene.push, "http://localhost:9/x"));
	assert_non_null(push_endpoint_problem(scene.push, "http://192.0.2.1/x"));
	assert_non_null(push_endpoint_problem(scene.push, "http://127.0.0.1.example.org/x"));
	assert_non_null(push_endpoint_problem(scene.push, "http://[::1]/x"));
	end(&scene);
}

static json_t *
part_of(const char *token, size_t length)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	json_t *part;

	assert_true(base64url_take(&bytes, token, length));
	part = json_loadb((const char *)bytes.data, bytes.length, 0, NULL);
	assert_non_null(part);
	return part;
}

/* "Authorization: vapid t=HEAD.CLAIMS.SIGNATURE, k=KEY" */
static void
the_statement_of_the_sender_is_a_jwt_for_that_push_service(void **state)
{
	struct scene scene;
	struct instant now = { 1700000000000 };
	CLEANUP(text_freep) char *value = NULL;
	const char *token, *claims_at, *signature;
	json_t *head, *claims;

	begin(&scene, "mailto:me@example.org", "https://roost.example.org");
	value = push_authorization(scene.push, "https://push.example.org", now);
	assert_true(text_starts_with(value, "Authorization: vapid t="));
	token = value + strlen("Authorization: vapid t=");
	claims_at = strchr(token, '.') + 1;
	signature = strchr(claims_at, '.') + 1;
	head = part_of(token, (size_t)(claims_at - token) - 1);
	claims = part_of(claims_at, (size_t)(signature - claims_at) - 1);
	assert_string_equal(json_get_text(head, "typ", ""), "JWT");
	assert_string_equal(json_get_text(head, "alg", ""), "ES256");
	assert_string_equal(json_get_text(claims, "aud", ""), "https://push.example.org");
	assert_string_equal(json_get_text(claims, "sub", ""), "mailto:me@example.org");
	assert_int_equal(json_get_integer(claims, "exp", 0), 1700000000 + 12 * 3600);
	assert_int_equal(strcspn(signature, ","), 86);
	assert_string_equal(strstr(signature, ", k=") + 4, push_public_key(scene.push));
	json_decref(head);
	json_decref(claims);
	end(&scene);
}

static void
whom_to_write_to_is_the_setting_else_the_page_else_nobody(void **state)
{
	struct scene scene;

	begin(&scene, "", "https://roost.example.org");
	assert_string_equal(scene.push->subject, "https://roost.example.org");
	end(&scene);
	begin(&scene, "", "http://roost.example.org");
	assert_true(text_starts_with(scene.push->subject, "mailto:"));
	end(&scene);
}

static void
the_longest_message_fits(void **state)
{
	static struct push_sending s = { .event = UINT64_MAX };
	CLEANUP(text_freep) char *text = NULL;

	/* A quote is two bytes in JSON; printable text has nothing worse. */
	memset(s.title, '"', sizeof s.title - 1);
	memset(s.text, '"', sizeof s.text - 1);
	memset(s.tag, '"', sizeof s.tag - 1);
	memset(s.server, '"', sizeof s.server - 1);
	text = push_payload(&s, "01234567890123456789012345");
	assert_true(strlen(text) <= SEAL_PLAIN_LIMIT);
	assert_non_null(strstr(text, "\"url\":\"/\""));
}

static void
a_browser_comes_back_from_the_record_as_it_was(void **state)
{
	struct push_wish wishes[] = { { "survival", true, 7 }, { "creative", false, 9 } };
	struct push_sending sendings[] = { { .tag = "ready/survival",
					     .server = "survival",
					     .title = "survival is ready",
					     .text = "It came up.",
					     .event = 12,
					     .at = { 1700000000000 },
					     .tries = 2,
					     .next_at = { 1700000005000 } } };
	struct push_browser browser = { .id = "abc",
					.user = "anna",
					.endpoint = (char[]){ "https://push.example.org/x" },
					.auth = { 1, 2, 3 },
					.wishes = wishes,
					.wish_count = 2,
					.alerts = true,
					.alerts_after = 5,
					.created_at = { 1600000000000 },
					.changed_at = { 1600000001000 },
					.failures = 3,
					.sendings = sendings,
					.sending_count = 1 };
	unsigned char one[SEAL_PRIVATE_SIZE] = { [SEAL_PRIVATE_SIZE - 1] = 1 };
	struct push_browser *back;
	struct seal_pair pair;
	struct scene scene;
	json_t *body, *again;

	begin(&scene, "", "");
	assert_true(seal_openssl()->pair(seal_openssl(), one, &pair));
	memcpy(browser.key, pair.public_key, sizeof browser.key);
	body = push_browser_json(&browser);
	back = push_browser_parse(scene.push, "abc", body);
	assert_non_null(back);
	again = push_browser_json(back);
	assert_true(json_equal(body, again));
	push_browser_free(scene.push, back);
	json_set_text(body, "auth", "AAAA");
	assert_null(push_browser_parse(scene.push, "abc", body));
	json_decref(body);
	json_decref(again);
	end(&scene);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_origin_is_scheme_host_and_an_unusual_port),
		cmocka_unit_test(what_has_no_plain_authority_has_no_origin),
		cmocka_unit_test(every_beginning_of_an_endpoint_is_judged),
		cmocka_unit_test(plain_http_is_for_allowed_literal_addresses_only),
		cmocka_unit_test(the_statement_of_the_sender_is_a_jwt_for_that_push_service),
		cmocka_unit_test(whom_to_write_to_is_the_setting_else_the_page_else_nobody),
		cmocka_unit_test(the_longest_message_fits),
		cmocka_unit_test(a_browser_comes_back_from_the_record_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
