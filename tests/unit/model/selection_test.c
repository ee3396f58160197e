/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "model/selection.h"

static const char message[] =
	"{\"service\":\"chat\",\"action\":\"join\",\"n\":5,\"r\":1.1,\"t\":true,"
	"\"z\":null,\"data\":{\"room\":\"room1234\",\"a.b\":\"dotted\"},"
	"\"list\":[\"x\",{\"y\":\"deep\"}],\"d\":\"$request.body.action\","
	"\"nul\":\"a\\u0000b\"}";

static char *
key_of(const char *expression, const char *json)
{
	CLEANUP(json_freep)
	json_t *body = json != NULL ? json_loads(json, JSON_ALLOW_NUL, NULL) : NULL;
	const char *why = NULL;
	struct selection *selection = selection_parse(expression, &why);
	char *key;

	if (selection == NULL)
		fail_msg("%s: %s", expression, why);
	key = selection_key(selection, body);
	selection_free(selection);
	return key;
}

static void
an_expression_becomes_a_key(void **unused)
{
	static const struct {
		const char *expression, *key;
	} rows[] = {
		{ "$request.body.action", "join" },
		{ "${request.body.action}", "join" },
		{ "${request.body.service}/${request.body.action}", "chat/join" },
		{ "$request.body.service/$request.body.action", "chat/join" },
		{ "${request.body.action}-${request.body.invalidPath}", "join-" },
		{ "${request.body.action}-beta", "join-beta" },
		{ "action", "action" },
		{ "\\$default", "$default" },
		{ "\\$\\\\$request.body.n", "$\\5" },
		{ "a\\b", "a\\b" },
		{ "$request.body.n", "5" },
		{ "$request.body.r", "1.1" },
		{ "$request.body.t", "true" },
		{ "$request.body.z", "null" },
		{ "$request.body.data", "{\"room\":\"room1234\",\"a.b\":\"dotted\"}" },
		{ "$request.body.data.room", "room1234" },
		{ "$request.body.data['a.b']", "dotted" },
		{ "$request.body[\"data\"].room", "room1234" },
		{ "$request.body.list[0]", "x" },
		{ "$request.body.list[1].y", "deep" },
		{ "$request.body.list[7]", "" },
		{ "$request.body.list.x", "" },
		{ "$request.body.action.more", "" },
		{ "$request.body.d", "$request.body.action" },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		CLEANUP(text_freep) char *key = key_of(rows[i].expression, message);

		assert_string_equal(key, rows[i].key);
	}
}

static void
what_is_no_json_has_only_the_static_part(void **unused)
{
	CLEANUP(text_freep) char *key = key_of("a${request.body.x}b", NULL);
	CLEANUP(text_freep) char *list = key_of("$request.body.action", "[1,2]");

	(void)unused;
	assert_string_equal(key, "ab");
	assert_string_equal(list, "");
}

static void
a_key_is_bounded_and_without_nul(void **unused)
{
	CLEANUP(json_freep) json_t *body = json_object();
	CLEANUP(text_freep) char *json = NULL;
	char *text = mem_new(SELECTION_KEY_LIMIT + 2);

	(void)unused;
	assert_null(key_of("$request.body.nul", message));
	memset(text, 'a', SELECTION_KEY_LIMIT + 1);
	json_set_text(body, "action", text);
	json = json_text(body);
	assert_null(key_of("$request.body.action", json));
	mem_free(text);
}

static void
a_malformed_expression_is_refused(void **unused)
{
	static const char *const rows[] = { "",
					    "$",
					    "${",
					    "$default",
					    "$request.header.x",
					    "$request.bodyaction",
					    "$request.body.",
					    "$request.body..a",
					    "${request.body.a",
					    "${request.body.a b}",
					    "$request.body[",
					    "$request.body[]",
					    "$request.body[x]",
					    "$request.body['x]",
					    "$request.body['x'",
					    "$request.body[-1]",
					    "$request.body[9999999]" };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		const char *why = NULL;

		if (selection_parse(rows[i], &why) != NULL)
			fail_msg("%s is taken", rows[i]);
		assert_non_null(why);
	}
}

static void
an_expression_has_at_most_so_many_steps(void **unused)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	struct selection *selection;
	const char *why;

	(void)unused;
	for (size_t i = 0; i < SELECTION_STEPS_LIMIT; i++)
		buf_put_text(&text, "x${request.body.a}");
	selection = selection_parse(buf_text(&text), &why);
	assert_non_null(selection);
	selection_free(selection);
	buf_put_text(&text, "$request.body.a");
	assert_null(selection_parse(buf_text(&text), &why));
	buf_clear(&text);
	while (text.length <= SELECTION_LIMIT)
		buf_put_text(&text, "$request.body");
	assert_null(selection_parse(buf_text(&text), &why));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_becomes_a_key),
		cmocka_unit_test(what_is_no_json_has_only_the_static_part),
		cmocka_unit_test(a_key_is_bounded_and_without_nul),
		cmocka_unit_test(a_malformed_expression_is_refused),
		cmocka_unit_test(an_expression_has_at_most_so_many_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
