/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/tree.h"
#include "wire/gamefile/gamefile.h"

struct merged {
	const char *old, *set, *made; /* set: YAML; made NULL: refused */
};

static json_t *
read_yaml(const char *text)
{
	struct tree_error error;
	struct tree tree;
	json_t *root;

	if (!tree_read(text, strlen(text), &tree, &error))
		fail_msg("%s: %u: %s", text, error.line, error.detail);
	root = json_deep_copy(tree.root);
	tree_deinit(&tree);
	return root;
}

static bool
render(enum file_format format, const char *old, const json_t *set, struct buf *to, char *why)
{
	CLEANUP(json_freep) json_t *values = read_yaml("{motd: 'Hi ${port}', port: 25570}");
	struct prepared_file file = { .format = format, .set = (json_t *)set };

	return gamefile_render(&file, values, old, old != NULL ? strlen(old) : 0, to, why);
}

static void
assert_merged(enum file_format format, const struct merged *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(json_freep) json_t *set = read_yaml(cases[i].set);
		CLEANUP(buf_deinit) struct buf made = BUF_NULL, again = BUF_NULL;
		char why[REASON_LIMIT + 1] = "";

		if (!render(format, cases[i].old, set, &made, why)) {
			if (cases[i].made != NULL)
				fail_msg("%s into %s: %s", cases[i].set, cases[i].old, why);
			assert_true(why[0] != '\0' && made.length == 0);
			continue;
		}
		if (!text_equal(buf_text(&made), cases[i].made))
			fail_msg("%s into %s: became %s", cases[i].set, cases[i].old,
				 buf_text(&made));
		assert_true(render(format, buf_text(&made), set, &again, why));
		if (strcmp(buf_text(&made), buf_text(&again)) != 0)
			fail_msg("done twice: %s, then %s", buf_text(&made), buf_text(&again));
	}
}

static void
properties_are_set_and_all_else_stays(void **unused)
{
	static const struct merged cases[] = {
		{ NULL, "{a: 1}", "a=1\n" },
		{ "", "{a: 1, b: true}", "a=1\nb=true\n" },
		{ "# hi\nb = 2\n a : 1\n! c\n", "{a: 3}", "# hi\nb = 2\na=3\n! c\n" },
		{ "a=1", "{b: 2}", "a=1\nb=2" },
		{ "a=1\r\nb=2\r\n", "{c: 3}", "a=1\r\nb=2\r\nc=3\r\n" },
		{ "a=1\na=2\n", "{a: 3}", "a=1\na=3\n" },
		{ "a=one\\\n   two\nb=1\n", "{a: x}", "a=x\nb=1\n" },
		{ "a=one\\\n   two\nb=1\n", "{a: onetwo}", "a=one\\\n   two\nb=1\n" },
		{ "#a=1\\\na=2\n", "{a: 3}", "#a=1\\\na=3\n" },
		{ "motd=\\u00a7aHi\n", "{motd: §aHi}", "motd=\\u00a7aHi\n" },
		{ "motd=x\n", "{motd: §😀}", "motd=\\u00A7\\uD83D\\uDE00\n" },
		{ "motd=\\uD83D\\uDE00\n", "{motd: 😀}", "motd=\\uD83D\\uDE00\n" },
		{ "a=1\n", "{a: \"x\\nb=2\"}", "a=x\\nb=2\n" },
		{ "a=1\n", "{a: ' x\\'}", "a=\\ x\\\\\n" },
		{ "a=1\n", "{'b c=': 1}", "a=1\nb\\ c\\==1\n" },
		{ "a\n", "{a: ''}", "a\n" },
		{ "a 1\n", "{a: '1'}", "a 1\n" },
		{ "a=1\n", "{a: '${motd}'}", "a=Hi ${port}\n" },
		{ "a=1\n", "{a: '${port}', b: 'p${port}'}", "a=25570\nb=p25570\n" },
		{ "a=1\n", "{a: '${none}'}", NULL },
		{ "a=1\n", "{a: null}", NULL },
	};

	(void)unused;
	assert_merged(FILE_PROPERTIES, cases, ELEMENTS(cases));
}

static void
ini_files_keep_their_sections_and_comments(void **unused)
{
	static const struct merged cases[] = {
		{ NULL, "{a: 1}", "a = 1\n" },
		{ NULL, "{s: {k: 1}, a: 2, t: {l: 3}, b: 4}",
		  "a = 2\nb = 4\n[s]\nk = 1\n[t]\nl = 3\n" },
		{ "; c\n", "{s: {k: 1}, a: 2}", "; c\na = 2\n[s]\nk = 1\n" },
		{ "a=1\n", "{a: 2, b: x}", "a=2\nb=x\n" },
		{ "a = 1 \n# end\n", "{b: 2}", "a = 1 \nb = 2\n# end\n" },
		{ "; top\n[s]\nk=1\n", "{a: 1}", "; top\na=1\n[s]\nk=1\n" },
		{ "[s]\nk=1\n\n[t]\nk=2\n", "{s: {k: 3, l: 4}}", "[s]\nk=3\nl=4\n\n[t]\nk=2\n" },
		{ "[s]\nk=1", "{t: {k: 2, l: 'x y'}}", "[s]\nk=1\n[t]\nk = 2\nl = x y" },
		{ "[s]\n", "{s: {k: 1}}", "[s]\nk = 1\n" },
		{ "[s]\nk=1\n", "{k: 2}", "k=2\n[s]\nk=1\n" },
		{ "a=1\n", "{a: \"1\\nb=2\"}", NULL },
		{ "a=1\n", "{a: ' x'}", NULL },
		{ "a=1\n", "{a: '\"\"\"'}", NULL },
		{ "a=1\n", "{'a=b': x}", NULL },
		{ "a=1\n", "{'[s]': x}", NULL },
		{ "a=1\n", "{'s]': {k: 1}}", NULL },
		{ "a=1\n", "{a: 2, '': {a: 3}}", NULL },
		{ "b=1\n", "{'': {a: 3}}", NULL },
	};

	(void)unused;
	assert_merged(FILE_INI, cases, ELEMENTS(cases));
}

static void
json_keeps_its_members_and_their_order(void **unused)
{
	static const struct merged cases[] = {
		{ NULL, "{a: {b: [1, x]}}",
		  "{\n  \"a\": {\n    \"b\": [\n      1,\n      \"x\"\n    ]\n  }\n}\n" },
		{ "{\"z\":1,\"a\":{\"b\":0.1}}", "{a: {c: '${motd}'}}",
		  "{\n  \"z\": 1,\n  \"a\": {\n    \"b\": 0.1,\n    \"c\": \"Hi ${port}\"\n  "
		  "}\n}\n" },
		{ "{ \"a\" : 1 }", "{a: 1}", "{ \"a\" : 1 }" },
		{ "{\n    \"a\": 1\n}", "{a: 2}", "{\n    \"a\": 2\n}\n" },
		{ "{\"a\": 0.12345678901234566}", "{b: 1}",
		  "{\n  \"a\": 0.12345678901234566,\n  \"b\": 1\n}\n" },
		{ "{\"a\":", "{a: 1}", NULL },
		{ "[1]", "{a: 1}", NULL },
	};

	(void)unused;
	assert_merged(FILE_JSON, cases, ELEMENTS(cases));
}

static void
yaml_keeps_comments_and_order(void **unused)
{
	static const struct merged cases[] = {
		{ NULL, "{a: 1}", "a: 1\n" },
		{ "# only\n", "{a: {b: x}}", "# only\na: {\"b\": \"x\"}\n" },
		{ "# top\na: 1 # one\nb:\n  c: x\n  # last\nd: [1, 2]\n", "{a: 2, b: {c: y, e: 3}}",
		  "# top\na: 2 # one\nb:\n  c: \"y\"\n  e: 3\n  # last\nd: [1, 2]\n" },
		{ "a:\nb: 1\n", "{a: x}", "a: \"x\"\nb: 1\n" },
		{ "a:   # none\nb: 1\n", "{a: x}", "a: \"x\"   # none\nb: 1\n" },
		{ "a: |\n  one\n  two\nb: 1\n", "{a: x}", "a: \"x\"\nb: 1\n" },
		{ "é: ü\na: 1\n", "{a: 2, é: ö}", "é: \"ö\"\na: 2\n" },
		{ "{a: 1, b: {}}", "{a: 2, b: {c: 3}, d: 4}", "{a: 2, b: {c: 3}, d: 4}" },
		{ "a:\n  b:\n    c: 1\nd: 2", "{a: {b: {e: 5}, f: 6}}",
		  "a:\n  b:\n    c: 1\n    e: 5\n  f: 6\nd: 2" },
		{ "a: yes\n", "{a: 'yes'}", "a: \"yes\"\n" },
		{ "a: word\n", "{a: word}", "a: word\n" },
		{ "a: 1.5\n", "{a: '1.5'}", "a: \"1.5\"\n" },
		{ "a: 1\n", "{a: \"x\\n- b: 2\"}", "a: \"x\\n- b: 2\"\n" },
		{ "a: 1\n", "{a: '${motd}'}", "a: \"Hi ${port}\"\n" },
		{ "a:\n- 1\n", "{b: 2}", "a:\n- 1\nb: 2\n" },
		{ "a:\n- 1\n", "{a: 2}", NULL },
		{ "a: {b: 1}\n", "{a: 2}", NULL },
		{ "- a\n", "{a: 2}", NULL },
		{ NULL, "{}", "" },
		{ "", "{}", "" },
		{ "# c\n", "{}", "# c\n" },
		{ "a: [1\n", "{a: 2}", NULL },
		{ "a: &x 1\nb: *x\n", "{a: 2}", NULL },
	};

	(void)unused;
	assert_merged(FILE_YAML, cases, ELEMENTS(cases));
}

static void
lines_and_commands_are_replaced_whole(void **unused)
{
	static const struct merged lines[] = {
		{ "port 1\nname x\n", "{'port ': 'port ${port}', 'map ': map a}",
		  "port 25570\nname x\nmap a\n" },
		{ "a1\na2\n", "{a: b}", "b\nb\n" },
		{ "a1\n", "{a: \"b\\nc\"}", NULL },
		{ "ab1\na2\nabc\n", "{a: x, ab: y}", "y\nx\ny\n" },
		{ "ab1\na2\n", "{ab: y, a: x}", "y\nx\n" },
	};
	static const struct merged commands[] = {
		{ NULL, "{sv_name: My server, sv_port: 8303, sv_on: true}",
		  "sv_name \"My server\"\nsv_port 8303\nsv_on 1\n" },
		{ "# c\nsv_name old\nsv_names x\n", "{sv_name: new}",
		  "# c\nsv_name \"new\"\nsv_names x\n" },
		{ "", "{sv_name: 'a\"; quit'}", NULL },
		{ "", "{sv_name: 'a\\'}", NULL },
		{ "", "{'a; quit': 1}", NULL },
		{ "a b c\n", "{a: 1, 'a b': 2}", "a b 2\na 1\n" },
		{ NULL, "{a: 1, 'a b': 2}", "a 1\na b 2\n" },
	};

	(void)unused;
	(void)lines;
	for (size_t i = 0; i < ELEMENTS(lines); i++) {
		CLEANUP(json_freep) json_t *set = read_yaml(lines[i].set);
		CLEANUP(buf_deinit) struct buf made = BUF_NULL;
		char why[REASON_LIMIT + 1] = "";
		bool fine = render(FILE_LINES, lines[i].old, set, &made, why);

		assert_int_equal(fine, lines[i].made != NULL);
		if (fine)
			assert_string_equal(buf_text(&made), lines[i].made);
	}
	assert_merged(FILE_COMMANDS, commands, ELEMENTS(commands));
}

static void
a_text_is_all_of_its_file(void **unused)
{
	CLEANUP(json_freep) json_t *values = read_yaml("{port: 1, motd: x}");
	CLEANUP(json_freep) json_t *lines = read_yaml("{port: 1, motd: \"x\\ny\"}");
	CLEANUP(buf_deinit) struct buf made = BUF_NULL;
	struct prepared_file file = { .format = FILE_TEXT, .text = (char *)"p ${port}\n$${x}\n" };
	char why[REASON_LIMIT + 1];

	(void)unused;
	assert_true(gamefile_render(&file, values, "old", 3, &made, why));
	assert_string_equal(buf_text(&made), "p 1\n${x}\n");
	assert_false(gamefile_render(&file, lines, NULL, 0, &made, why));
	assert_false(gamefile_render(&file, values, "o\0d", 3, &made, why));
}

/* What was made is not lost when somebody wrote on it by hand, at any place. */
static void
every_beginning_of_a_file_is_merged_or_refused(void **unused)
{
	static const struct {
		enum file_format format;
		const char *text;
	} files[] = {
		{ FILE_PROPERTIES, "# c\na=1\\\n 2\n\\u0041 b : x\\\\\n! d\r\nq" },
		{ FILE_INI, "a = 1\n[s]\r\nk=2\n; c\n[t\nx" },
		{ FILE_JSON, "{\"a\": {\"b\": [1, 2.5, null]}, \"c\": \"\\u00e9\"}" },
		{ FILE_YAML, "a: 1 # c\nb:\n  - x\n  - {y: 'z'}\nc: |\n  t\n\n  u\nd: \"e\\n\"\n" },
		{ FILE_LINES, "a\r\nb\nc" },
		{ FILE_COMMANDS, "a \"b\"\n\n  c 1\nd" },
	};
	CLEANUP(json_freep) json_t *set = read_yaml("{a: 7, zz: text}");

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(files); i++) {
		for (size_t length = 0; length <= strlen(files[i].text); length++) {
			CLEANUP(text_freep) char *old = text_copy_n(files[i].text, length);
			CLEANUP(buf_deinit) struct buf made = BUF_NULL, again = BUF_NULL;
			char why[REASON_LIMIT + 1] = "";

			if (!render(files[i].format, old, set, &made, why)) {
				assert_true(why[0] != '\0');
				assert_true(files[i].format == FILE_JSON ||
					    files[i].format == FILE_YAML);
				continue;
			}
			assert_true(render(files[i].format, buf_text(&made), set, &again, why));
			if (files[i].format != FILE_LINES)
				assert_string_equal(buf_text(&made), buf_text(&again));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(properties_are_set_and_all_else_stays),
		cmocka_unit_test(ini_files_keep_their_sections_and_comments),
		cmocka_unit_test(json_keeps_its_members_and_their_order),
		cmocka_unit_test(yaml_keeps_comments_and_order),
		cmocka_unit_test(lines_and_commands_are_replaced_whole),
		cmocka_unit_test(a_text_is_all_of_its_file),
		cmocka_unit_test(every_beginning_of_a_file_is_merged_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
