/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What README.md and docs/ show as YAML is a configuration that roost takes: every
 * fenced block is cut out, written to a file of its own and read as roost serve would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/file.h"

#define FENCE	   "\n```yaml\n"
#define FENCE_ENDS "\n```"

static const char *root;
static char place[] = "/tmp/roost-documents-XXXXXX";

/* Returns whether roost would take it; says why not. */
static bool
is_accepted(const char *text, size_t length)
{
	CLEANUP(text_freep) char *path = text_format("%s/roost.yaml", place);
	struct config_load load;
	FILE *file = fopen(path, "w");
	bool accepted;

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	config_load(path, &load);
	accepted = load.config != NULL;
	if (!accepted)
		config_load_explain(&load);
	config_load_deinit(&load);
	(void)unlink(path);
	return accepted;
}

/* How many blocks of YAML the document has, all of which must be taken. */
static unsigned
check_document(const char *name)
{
	CLEANUP(text_freep) char *path = text_format("%s/%s", root, name);
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	unsigned count = 0;
	const char *at;

	assert_int_equal(file_slurp(path, 1 << 20, &content), 0);
	at = buf_text(&content);
	while ((at = strstr(at, FENCE)) != NULL) {
		const char *end;

		at += sizeof FENCE - 1;
		end = strstr(at, FENCE_ENDS);
		assert_non_null(end);
		count++;
		if (!is_accepted(at, (size_t)(end + 1 - at)))
			fail_msg("%s: block %u of YAML is refused, see above", name, count);
		at = end;
	}
	return count;
}

static void
every_block_of_yaml_is_a_configuration(void **unused)
{
	(void)unused;
	assert_true(check_document("README.md") >= 1);
	assert_true(check_document("docs/servers.md") >= 5);
	assert_true(check_document("docs/templates.md") >= 2);
	(void)check_document("docs/api.md");
	(void)check_document("docs/configuration.md");
}

/* So that the test above cannot be right for a wrong reason. */
static void
a_block_with_a_slip_of_the_pen_is_refused(void **unused)
{
	static const char text[] = "servers:\n  - name: a\n    gaem: tcp\n";

	(void)unused;
	assert_false(is_accepted(text, sizeof text - 1));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_block_of_yaml_is_a_configuration),
		cmocka_unit_test(a_block_with_a_slip_of_the_pen_is_refused),
	};
	int failed;

	root = argc > 1 ? argv[1] : ".";
	if (mkdtemp(place) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)rmdir(place);
	return failed;
}
