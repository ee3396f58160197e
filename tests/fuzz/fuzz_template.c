/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a template: what is accepted is written and read back the same, and what it
 * expands to is a declaration that is.
 */

#include "fuzz.h"
#include "model/template.h"
#include "model/tree.h"

static void
check_expanded(const struct template *template)
{
	CLEANUP(json_freep)
	json_t *document = json_pack("{s:s, s:s}", "name", "one", "template", template->name);
	struct spec_error errors[2];
	struct complaints complaints = { .errors = errors, .max = 2 };
	CLEANUP(json_freep)
	json_t *expanded = template_expand(template, document, "/srv", &complaints);
	CLEANUP(spec_freep) struct server_spec *spec = NULL;
	CLEANUP(json_freep) json_t *written = NULL;

	if (expanded == NULL) {
		ASSERT(complaints.count > 0);
		return;
	}
	if (spec_parse(expanded, "/srv", errors, 1, &spec) != 0) {
		template_blame(template, document, &errors[0]);
		ASSERT(errors[0].detail[0] != '\0');
		return;
	}
	written = spec_json(spec);
	spec_free(TAKE(spec));
	ASSERT(spec_parse(written, "/elsewhere", errors, 1, &spec) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = fuzz_copy(data, size);
	CLEANUP(template_freep) struct template *template = NULL;
	CLEANUP(template_freep) struct template *again = NULL;
	struct tree_error tree_error;
	struct spec_error error;
	struct tree tree;
	size_t errors;

	if (!tree_read((const char *)copy, size, &tree, &tree_error)) {
		free(copy);
		return 0;
	}
	free(copy);
	errors = template_parse(tree.root, &error, 1, &template);
	tree_deinit(&tree);
	if (errors > 0) {
		ASSERT(error.detail[0] != '\0');
		return 0;
	}
	check_expanded(template);
	ASSERT(template_parse(template_json(template), &error, 1, &again) == 0);
	ASSERT(strcmp(template->digest, again->digest) == 0);
	return 0;
}
