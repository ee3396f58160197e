/* SPDX-License-Identifier: Apache-2.0 */
/* A game's status answer as a value: right ones, strange ones, hostile ones. */

#include "bytes.h"

#include <stdio.h>

#include "wire/minecraft/answer.h"
#include "wire/minecraft/component.h"

static bool
parse(const char *json, struct probe_answer *answer)
{
	return probe_answer_parse(json, strlen(json), answer);
}

static void
an_ordinary_answer_is_understood(void **unused)
{
	struct probe_answer answer;

	(void)unused;
	assert_true(parse("{\"version\":{\"name\":\"Paper 1.20.4\",\"protocol\":765},"
			  "\"players\":{\"max\":20,\"online\":2,\"sample\":[{\"name\":\"Ann\"},"
			  "{\"name\":\"B\\u0007b\"},{\"id\":1},{\"name\":\"Ben\"}]},"
			  "\"description\":{\"text\":\"Hi\"}}",
			  &answer));
	assert_int_equal(answer.protocol, 765);
	assert_string_equal(answer.version, "Paper 1.20.4");
	assert_int_equal(answer.online, 2);
	assert_int_equal(answer.max, 20);
	assert_int_equal(answer.name_count, 2);
	assert_string_equal(answer.names[1], "Ben");
	assert_string_equal(answer.motd, "{\"text\":\"Hi\"}");
	assert_non_null(answer.status_json);
	mem_free(answer.status_json);
}

static void
what_is_not_an_answer_is_not_taken_for_one(void **unused)
{
	static const char *const wrong[] = {
		"", "{", "[]", "{}", "\"x\"", "{\"version\":1}", "HTTP/1.1 400 Bad Request"
	};
	struct probe_answer answer;

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_false(parse(wrong[i], &answer));
}

static void
absurd_members_are_clipped(void **unused)
{
	struct probe_answer answer;

	(void)unused;
	assert_true(parse("{\"version\":{\"name\":[],\"protocol\":99999999999},\"players\":"
			  "{\"max\":-5,\"online\":9999999999999,\"sample\":{}},\"description\":7}",
			  &answer));
	assert_int_equal(answer.protocol, -1);
	assert_string_equal(answer.version, "");
	assert_int_equal(answer.max, 0);
	assert_int_equal(answer.online, INT32_MAX);
	assert_string_equal(answer.motd, "");
	mem_free(answer.status_json);
}

static void
a_long_motd_becomes_its_text(void **unused)
{
	CLEANUP(buf_deinit) struct buf json = BUF_NULL;
	CLEANUP(json_freep) json_t *motd = NULL;
	struct probe_answer answer;

	(void)unused;
	buf_put_text(&json, "{\"players\":{},\"description\":[");
	for (unsigned i = 0; i < 200; i++)
		buf_put_text(&json, "{\"text\":\"\xc3\xa9\\\"\",\"bold\":true},");
	buf_put_text(&json, "\"\"]}");
	assert_true(parse(buf_text(&json), &answer));
	motd = json_loads(answer.motd, 0, NULL);
	assert_non_null(motd);
	assert_true(text_starts_with(json_get_text(motd, "text", ""), "\xc3\xa9\"\xc3\xa9\""));
	mem_free(answer.status_json);
}

static void
an_answer_too_long_for_a_client_is_not_kept(void **unused)
{
	CLEANUP(buf_deinit) struct buf json = BUF_NULL;
	struct probe_answer answer;

	(void)unused;
	buf_put_text(&json, "{\"players\":{\"online\":3},\"mods\":\"");
	for (unsigned i = 0; i < STATUS_TEXT_LIMIT; i++)
		buf_put_byte(&json, 'm');
	buf_put_text(&json, "\"}");
	assert_true(parse(buf_text(&json), &answer));
	assert_int_equal(answer.online, 3);
	assert_null(answer.status_json);
}

static void
no_control_character_comes_through(void **unused)
{
	struct probe_answer answer;

	(void)unused;
	assert_true(parse("{\"players\":{},\"version\":{\"name\":\"\\u001b[31mred\"},"
			  "\"description\":\"a\x7f\xc2\x9b"
			  "b\"}",
			  &answer));
	assert_string_equal(answer.version, "?[31mred");
	assert_string_equal(answer.motd, "\"a??b\"");
	assert_true(text_is_printable(answer.status_json, strlen(answer.status_json)));
	mem_free(answer.status_json);
}

static void
components_are_flattened_in_order(void **unused)
{
	static const struct {
		const char *json, *text;
	} known[] = {
		{ "\"a\"", "a" },
		{ "{\"text\":\"a\",\"extra\":[\"b\",{\"text\":\"c\",\"extra\":[\"d\"]}]}", "abcd" },
		{ "[\"a\",{\"text\":\"b\"}]", "ab" },
		{ "{\"translate\":\"x.y\"}", "x.y" },
		{ "{\"text\":7}", "" },
		{ "3", "" },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(known); i++) {
		CLEANUP(json_freep) json_t *component = NULL;
		CLEANUP(buf_deinit) struct buf flat = BUF_NULL;

		component = json_loads(known[i].json, JSON_DECODE_ANY, NULL);
		assert_non_null(component);
		component_flatten(component, &flat, 100);
		assert_string_equal(buf_text(&flat), known[i].text);
	}
}

static void
a_deep_component_ends(void **unused)
{
	CLEANUP(buf_deinit) struct buf json = BUF_NULL, flat = BUF_NULL;
	CLEANUP(json_freep) json_t *component = NULL;

	(void)unused;
	for (unsigned i = 0; i < 1000; i++)
		buf_put_text(&json, "{\"text\":\"x\",\"extra\":[");
	buf_put_text(&json, "\"y\"");
	for (unsigned i = 0; i < 1000; i++)
		buf_put_text(&json, "]}");
	component = json_loads(buf_text(&json), 0, NULL);
	component_flatten(component, &flat, 4000);
	assert_int_equal(flat.length, 16);
}

static void
flattening_stops_between_characters(void **unused)
{
	CLEANUP(json_freep) json_t *component = json_loads("[\"a\xc3\xa9\xc3\xa9\"]", 0, NULL);
	CLEANUP(buf_deinit) struct buf flat = BUF_NULL;

	(void)unused;
	component_flatten(component, &flat, 4);
	assert_string_equal(buf_text(&flat), "a\xc3\xa9");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_answer_is_understood),
		cmocka_unit_test(what_is_not_an_answer_is_not_taken_for_one),
		cmocka_unit_test(absurd_members_are_clipped),
		cmocka_unit_test(a_long_motd_becomes_its_text),
		cmocka_unit_test(an_answer_too_long_for_a_client_is_not_kept),
		cmocka_unit_test(no_control_character_comes_through),
		cmocka_unit_test(components_are_flattened_in_order),
		cmocka_unit_test(a_deep_component_ends),
		cmocka_unit_test(flattening_stops_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
