/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a configuration: read or refused with a reason, never both. What
 * was read as a tree is read again from its JSON as the same; an accepted
 * declaration is accepted again from its canonical form.
 */

#include <string.h>

#include "model/config.h"
#include "model/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_tree(const char *text, size_t size)
{
	CLEANUP(text_freep) char *json = NULL;
	struct tree tree, again;
	struct tree_error error = { .line = 0 };

	if (!tree_read(text, size, &tree, &error)) {
		ASSERT(error.detail[0] != '\0');
		return;
	}
	json = json_text(tree.root);
	if (json_is_object(tree.root) || json_is_array(tree.root)) {
		ASSERT(tree_read(json, strlen(json), &again, &error));
		ASSERT(json_equal(tree.root, again.root));
		tree_deinit(&again);
	}
	tree_deinit(&tree);
}

static void
check_server(const struct server_spec *spec)
{
	CLEANUP(json_freep) json_t *written = spec_json(spec);
	CLEANUP(json_freep) json_t *rewritten = NULL;
	CLEANUP(spec_freep) struct server_spec *again = NULL;
	struct spec_error error;

	ASSERT(spec_parse(written, NULL, &error, 1, &again) == 0);
	rewritten = spec_json(again);
	ASSERT(json_equal(written, rewritten));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *text = text_copy_n((const char *)data, size);
	struct config_source source = { .text = text, .length = size, .base_directory = "/base" };
	struct config_error errors[CONFIG_ERRORS_LIMIT];
	struct config *config = NULL;
	size_t count;

	if (size > 65536)
		return 0;
	check_tree(text, size);
	count = config_read(&source, errors, &config);
	ASSERT((count == 0) == (config != NULL));
	for (size_t i = 0; i < count; i++) {
		char told[CONFIG_ERROR_TEXT_SIZE];

		ASSERT(errors[i].detail[0] != '\0');
		config_error_text(&errors[i], "file", told);
	}
	for (size_t i = 0; config != NULL && i < config->server_count; i++)
		check_server(config->servers[i]);
	config_free(config);
	return 0;
}
