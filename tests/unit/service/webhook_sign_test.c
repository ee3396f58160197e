/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service/webhook_sign.h"

static const char body[] = "{\"test\": 2432232314}";
static const struct webhook_content content = { "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body,
						sizeof body - 1 };

/* The example of Standard Webhooks' own libraries. */
static void
the_example_of_the_specification_is_signed_as_it_says(void **unused)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	(void)unused;
	assert_true(webhook_signature_put(&b, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &content));
	assert_string_equal(buf_text(&b), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void
what_is_no_secret_signs_nothing(void **unused)
{
	static const char *const wrong[] = { "", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_M?" };
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_false(webhook_signature_put(&b, wrong[i], &content));
	assert_int_equal(b.length, 0);
}

static void
a_secret_is_its_bytes_in_base64(void **unused)
{
	unsigned char random[WEBHOOK_SECRET_BYTES] = { 0 };
	char secret[WEBHOOK_SECRET_SIZE];

	(void)unused;
	webhook_secret_text(random, secret);
	assert_string_equal(secret, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
}

static void
a_body_holds_the_whole_event(void **unused)
{
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	char data[] = "{\"run\":\"1\"}", id[WEBHOOK_ID_SIZE];
	struct store_event event = { .offset = 7,
				     .time = { 1700000000123 },
				     .type = "server.ready",
				     .subject = "survival",
				     .data = data };

	(void)unused;
	webhook_body_put(&b, "01E", &event);
	assert_string_equal(buf_text(&b),
			    "{\"type\":\"server.ready\",\"timestamp\":\"2023-11-14T22:13:20.123Z\","
			    "\"data\":{\"specversion\":\"1.0\",\"id\":\"01E:7\","
			    "\"source\":\"/servers/survival\",\"type\":\"server.ready\","
			    "\"subject\":\"survival\",\"time\":\"2023-11-14T22:13:20.123Z\","
			    "\"data\":{\"run\":\"1\"}}}");
	webhook_id_text("01E", 7, id);
	assert_string_equal(id, "01E-7");
}

static void
addresses_are_checked(void **unused)
{
	static const char *const right[] = { "http://a", "https://example.org/x?y=z",
					     "https://[::1]:8/", "https://a/@b" };
	static const char *const wrong[] = {
		"",	     "ftp://a",	       "https://",     "https://:80",
		"http:/a",   "https://u:p@a/", "https://a/#b", "https://a b",
		"https://ä/"
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(right); i++)
		assert_true(webhook_url_is_valid(right[i]));
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_false(webhook_url_is_valid(wrong[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_specification_is_signed_as_it_says),
		cmocka_unit_test(what_is_no_secret_signs_nothing),
		cmocka_unit_test(a_secret_is_its_bytes_in_base64),
		cmocka_unit_test(a_body_holds_the_whole_event),
		cmocka_unit_test(addresses_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
