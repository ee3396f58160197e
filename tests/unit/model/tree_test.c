/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "model/tree.h"

static void
assert_reads(const char *yaml, const char *json)
{
	struct tree tree;
	struct tree_error error;
	CLEANUP(text_freep) char *text = NULL;

	if (!tree_read(yaml, strlen(yaml), &tree, &error))
		fail_msg("%s: %s", yaml, error.detail);
	text = json_text(tree.root);
	assert_string_equal(text, json);
	tree_deinit(&tree);
}

static void
assert_refuses(const char *yaml, size_t length, unsigned line, const char *says)
{
	struct tree tree;
	struct tree_error error;

	if (tree_read(yaml, length, &tree, &error))
		fail_msg("%.60s was accepted", yaml);
	if (strstr(error.detail, says) == NULL)
		fail_msg("%.60s: \"%s\" does not say \"%s\"", yaml, error.detail, says);
	if (line != 0)
		assert_int_equal(error.line, line);
}

static void
plain_words_become_values_only_when_nothing_is_lost(void **unused)
{
	(void)unused;
	assert_reads("", "null");
	assert_reads("# only a comment\n", "null");
	assert_reads("a: 5\nb: -7\nc: 0\nd: 25565", "{\"a\":5,\"b\":-7,\"c\":0,\"d\":25565}");
	assert_reads("[010, 1.20, 0x1F, +5, -0, 1e3, 1234567890123456789]",
		     "[\"010\",\"1.20\",\"0x1F\",\"+5\",\"-0\",\"1e3\",\"1234567890123456789\"]");
	assert_reads("[true, false, yes, No, TRUE, \"true\"]",
		     "[true,false,\"yes\",\"No\",\"TRUE\",\"true\"]");
	assert_reads("a:\nb: ~\nc: null\nd: ''", "{\"a\":null,\"b\":null,\"c\":null,\"d\":\"\"}");
	assert_reads("a: |\n  two\n  lines\n", "{\"a\":\"two\\nlines\\n\"}");
	assert_reads("stop: { console: \"stop\", within: 60s }",
		     "{\"stop\":{\"console\":\"stop\",\"within\":\"60s\"}}");
}

static void
json_is_read_too(void **unused)
{
	(void)unused;
	assert_reads("{\n\t\"a\": [1, 2.5, \"x\\u00e9\"],\n\t\"b\": null\n}",
		     "{\"a\":[1,\"2.5\",\"x\xc3\xa9\"],\"b\":null}");
	assert_reads("{\"a\": \"\\ud83d\\ude00\"}", "{\"a\":\"\xf0\x9f\x98\x80\"}");
}

static void
what_may_mislead_or_explode_is_refused(void **unused)
{
	char nul[] = "a: \"x\\0y\"";

	(void)unused;
	assert_refuses("a: &x [1]\nb: *x", 15, 1, "anchors");
	assert_refuses("b: *x", 5, 1, "anchors");
	assert_refuses("a: !!python/object x", 20, 1, "tags");
	assert_refuses("a: !local x", 11, 1, "tags");
	assert_refuses("a: 1\nb: 2\na: 3\n", 15, 3, "twice");
	assert_refuses("a: 1\n---\nb: 2\n", 14, 2, "one document");
	assert_refuses("? [x]\n: 1\n", 10, 1, "a name was expected");
	assert_refuses(nul, sizeof nul - 1, 1, "NUL");
	assert_refuses("a: \xff\xfe", 5, 0, "UTF-8");
	assert_refuses("a: b\x01", 5, 0, "UTF-8");
	assert_refuses("\xff\xfe"
		       "a\0:\0",
		       6, 0, "UTF-8");
	assert_refuses("a: [1, 2\nb: 3", 13, 0, "not YAML");
	assert_refuses("a:\n\t- b", 7, 2, "not YAML");
}

static void
depth_and_number_of_values_are_bounded(void **unused)
{
	CLEANUP(buf_deinit) struct buf deep = BUF_NULL;
	CLEANUP(buf_deinit) struct buf block = BUF_NULL;
	CLEANUP(buf_deinit) struct buf wide = BUF_NULL;

	(void)unused;
	for (int i = 0; i < 5000; i++) {
		buf_put_text(&deep, "[[");
		buf_put_text(&block, "- ");
	}
	assert_refuses(buf_text(&deep), deep.length, 1, "nested too deep");
	assert_refuses(buf_text(&block), block.length, 1, "nested too deep");
	for (int i = 0; i < TREE_NODES_LIMIT + 1; i++)
		buf_put_text(&wide, "- 1\n");
	assert_refuses(buf_text(&wide), wide.length, TREE_NODES_LIMIT, "too many values");
}

static void
every_value_remembers_where_it_was_written(void **unused)
{
	static const char yaml[] = "http:\n  listen: x\nservers:\n  - name: a\n    hosts: [b,\n"
				   "      c]\n  - name: d\n";
	static const struct {
		const char *pointer;
		unsigned line, column;
	} cases[] = { { "", 1, 1 },
		      { "/http/listen", 2, 3 },
		      { "/http/listener", 1, 1 },
		      { "/servers/0", 4, 5 },
		      { "/servers/0/address", 4, 5 },
		      { "/servers/0/hosts/1", 6, 7 },
		      { "/servers/1/name", 7, 5 },
		      { "/elsewhere", 1, 1 } };
	struct tree tree;
	struct tree_error error;

	(void)unused;
	assert_true(tree_read(yaml, strlen(yaml), &tree, &error));
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		unsigned line, column;

		tree_find(&tree, cases[i].pointer, &line, &column);
		if (line != cases[i].line || column != cases[i].column)
			fail_msg("%s is at %u:%u", cases[i].pointer, line, column);
	}
	tree_deinit(&tree);
}

static void
every_prefix_of_a_document_is_read_or_refused(void **unused)
{
	static const char yaml[] = "a: {b: [1, \"x\\n\", *c], d: |\n  e\n}\n? f\n: !!g h\n--- i";

	(void)unused;
	for (size_t length = 0; length < sizeof yaml; length++) {
		struct tree tree;
		struct tree_error error = { .line = 0 };
		CLEANUP(text_freep) char *copy = text_copy_n(yaml, length);

		if (tree_read(copy, length, &tree, &error))
			tree_deinit(&tree);
		else
			assert_true(error.detail[0] != '\0');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_words_become_values_only_when_nothing_is_lost),
		cmocka_unit_test(json_is_read_too),
		cmocka_unit_test(what_may_mislead_or_explode_is_refused),
		cmocka_unit_test(depth_and_number_of_values_are_bounded),
		cmocka_unit_test(every_value_remembers_where_it_was_written),
		cmocka_unit_test(every_prefix_of_a_document_is_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
