/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests: printed and read back, and every way one can be wrong. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "wire/manifest.h"

#define DIGEST "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static void
add(struct manifest *manifest, struct manifest_entry entry)
{
	assert_true(manifest_add(manifest, &entry));
}

static struct manifest *
sample(void)
{
	struct manifest *manifest = manifest_new();

	manifest->made = (struct instant){ 1763670000123 };
	(void)text_put(manifest->by, sizeof manifest->by, "roost/0.1.0");
	(void)text_put(manifest->server, sizeof manifest->server, "survival");
	(void)text_put(manifest->game, sizeof manifest->game, "minecraft-java");
	add(manifest, (struct manifest_entry){ .path = "world",
					       .kind = MANIFEST_DIRECTORY,
					       .mode = 0755,
					       .modified = { -5 } });
	add(manifest, (struct manifest_entry){ .path = "world/level.dat",
					       .mode = 0640,
					       .modified = { 1763670000000 },
					       .size = 4,
					       .sha256 = DIGEST,
					       .changed = true });
	add(manifest, (struct manifest_entry){ .path = "world/bad\xff\nname",
					       .kind = MANIFEST_LINK,
					       .mode = 0777,
					       .text = "level\xfe.dat" });
	add(manifest, (struct manifest_entry){ .path = "world/\xc3\xa4.pipe",
					       .kind = MANIFEST_MISSED,
					       .text = "a pipe; its content is nowhere" });
	manifest->archive_size = 123;
	(void)text_put(manifest->archive_sha256, DIGEST_TEXT_SIZE, DIGEST);
	return manifest;
}

static void
what_is_printed_is_read_back(void **unused)
{
	CLEANUP(manifest_freep) struct manifest *manifest = sample();
	CLEANUP(manifest_freep) struct manifest *again = NULL;
	CLEANUP(buf_deinit) struct buf text = BUF_NULL, once_more = BUF_NULL;
	char why[REASON_LIMIT + 1] = "";

	manifest_print(manifest, &text);
	again = manifest_parse(text.data, text.length, why);
	assert_string_equal(why, "");
	assert_non_null(again);
	assert_int_equal(again->count, 4);
	assert_int_equal(again->bytes, 4);
	assert_int_equal(again->changed_count, 1);
	assert_int_equal(again->missed_count, 1);
	assert_int_equal(again->made.ms, manifest->made.ms);
	assert_string_equal(again->entries[2].path, "world/bad\xff\nname");
	assert_string_equal(again->entries[2].text, "level\xfe.dat");
	manifest_print(again, &once_more);
	assert_string_equal(buf_text(&once_more), buf_text(&text));
}

static void
a_cut_manifest_is_never_taken_for_a_whole_one(void **unused)
{
	CLEANUP(manifest_freep) struct manifest *manifest = sample();
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	char why[REASON_LIMIT + 1];

	manifest_print(manifest, &text);
	for (size_t length = 0; length < text.length; length++)
		assert_null(manifest_parse(text.data, length, why));
}

#define HEAD "{\"roost_archive\":1,\"made\":null}\n"
#define END(entries, bytes)                           \
	"{\"entries\":" #entries ",\"bytes\":" #bytes \
	",\"archive\":{\"size\":9,\"sha256\":\"" DIGEST "\"}}\n"
#define FILE_LINE(path)                                                                      \
	"{\"path\":\"" path "\",\"kind\":\"file\",\"mode\":\"0644\",\"mtime\":0,\"size\":1," \
	"\"sha256\":\"" DIGEST "\"}\n"

static void
what_is_wrong_is_said_with_its_line(void **unused)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "line 0: cut off" },
		{ "[]\n", "line 1: not a JSON object" },
		{ "{\"roost_archive\":2}\n", "line 1: not the head" },
		{ HEAD FILE_LINE("../a") END(1, 1), "line 2: its path" },
		{ HEAD FILE_LINE("/a") END(1, 1), "line 2: its path" },
		{ HEAD FILE_LINE("a//b") END(1, 1), "line 2: its path" },
		{ HEAD FILE_LINE("a/./b") END(1, 1), "line 2: its path" },
		{ HEAD FILE_LINE("a/..") END(1, 1), "line 2: its path" },
		{ HEAD FILE_LINE("") END(1, 1), "line 2: its path" },
		{ HEAD "{\"path_base64\":\"YQBi\",\"kind\":\"missed\",\"why\":\"x\"}\n" END(1, 0),
		  "line 2: its path" },
		{ HEAD "{\"path\":\"a\",\"kind\":\"device\"}\n" END(1, 0), "line 2: its kind" },
		{ HEAD
		  "{\"path\":\"a\",\"kind\":\"file\",\"mode\":\"4755\",\"mtime\":0}\n" END(1, 0),
		  "line 2: its mode" },
		{ HEAD "{\"path\":\"a\",\"kind\":\"file\",\"mode\":\"0755\"}\n" END(1, 0),
		  "line 2: its mtime" },
		{ HEAD "{\"path\":\"a\",\"kind\":\"link\",\"mode\":\"0777\",\"mtime\":0,"
		       "\"target\":\"../b\"}\n" END(1, 0),
		  "line 2: the link's target" },
		{ HEAD
		  "{\"path\":\"a\",\"kind\":\"file\",\"mode\":\"0755\",\"mtime\":0,\"size\":-1,"
		  "\"sha256\":\"" DIGEST "\"}\n" END(1, 0),
		  "line 2: the file's size" },
		{ HEAD FILE_LINE("a") END(2, 1), "line 3: the end does not count" },
		{ HEAD FILE_LINE("a") END(1, 2), "line 3: the end does not count" },
		{ HEAD FILE_LINE("a") END(1, 1) FILE_LINE("b"), "line 4: something stands behind" },
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		char why[REASON_LIMIT + 1] = "nothing";

		assert_null(manifest_parse(cases[i].text, strlen(cases[i].text), why));
		if (strstr(why, cases[i].why) == NULL)
			fail_msg("case %zu: %s (wanted %s)", i, why, cases[i].why);
	}
}

static void
a_link_may_only_lead_inside(void **unused)
{
	static const struct {
		const char *path, *target;
		bool stays;
	} cases[] = {
		{ "a", "b", true },
		{ "a", ".", true },
		{ "a/b", "../c", true },
		{ "a/b/c", "../../d/e", true },
		{ "a", "./b//c", true },
		{ "a/b", "..", true },
		{ "a", "..", false },
		{ "a", "../b", false },
		{ "a/b", "../../c", false },
		{ "a", "/etc", false },
		{ "a", "", false },
		{ "a/b", "./../../c", false },
		/* Behind a name, which may be a link to somewhere else, ".." is not known. */
		{ "a/b", "c/../d", false },
		{ "a/b/c", "../x/..", false },
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++)
		if (manifest_link_stays_inside(cases[i].path, cases[i].target) != cases[i].stays)
			fail_msg("%s -> %s", cases[i].path, cases[i].target);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_printed_is_read_back),
		cmocka_unit_test(a_cut_manifest_is_never_taken_for_a_whole_one),
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
		cmocka_unit_test(a_link_may_only_lead_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
