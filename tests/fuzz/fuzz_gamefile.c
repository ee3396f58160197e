/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a file that a game reads: the first says which format, then the value that is
 * set, to a line end, then the file. Rendering is refused with a sentence, or done twice is
 * done once; and of what can be read again (JSON, YAML) all else is as it was.
 */

#include "fuzz.h"
#include "model/tree.h"
#include "wire/gamefile/gamefile.h"

static json_t *
read_tree(enum file_format format, const struct buf *text)
{
	struct tree_error error;
	struct tree tree;
	json_t *root = NULL;

	if (format == FILE_JSON)
		return json_loadb((const char *)text->data, text->length, 0, NULL);
	if (format == FILE_YAML &&
	    tree_read((const char *)text->data, text->length, &tree, &error)) {
		root = json_deep_copy(tree.root);
		tree_deinit(&tree);
	}
	return root;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 1 ? memchr(data + 1, '\n', size - 1) : NULL;
	size_t value = end != NULL ? (size_t)(end - data - 1) : 0;
	CLEANUP(json_freep) json_t *set = json_object();
	CLEANUP(json_freep) json_t *values = json_object();
	CLEANUP(json_freep) json_t *tree = NULL;
	CLEANUP(buf_deinit) struct buf made = BUF_NULL, again = BUF_NULL;
	struct prepared_file file = { .set = set };
	char why[REASON_LIMIT + 1] = "";
	unsigned char *old;
	bool fine;

	if (end == NULL || memchr(data + 1, '\0', value) != NULL)
		return 0; /* no variable's value holds a NUL: JSON's reader takes none */
	file.format = (enum file_format)(1 + data[0] % (FILE_FORMAT_MAX - 1));
	json_object_set_new(values, "v", json_stringn((const char *)data + 1, value));
	if (json_object_get(values, "v") == NULL)
		return 0;
	json_object_set_new(set, "key", json_string("${v}"));
	if (file.format == FILE_YAML || file.format == FILE_JSON)
		json_object_set_new(set, "a", json_pack("{s:i}", "b", 5));
	old = fuzz_copy(end + 1, size - value - 2);
	fine = gamefile_render(&file, values, old, size - value - 2, &made, why);
	free(old);
	if (!fine) {
		ASSERT(why[0] != '\0' && made.length == 0);
		return 0;
	}
	ASSERT(gamefile_render(&file, values, buf_text(&made), made.length, &again, why));
	if (file.format != FILE_LINES)
		ASSERT(strcmp(buf_text(&made), buf_text(&again)) == 0);
	if (file.format == FILE_JSON || file.format == FILE_YAML) {
		tree = read_tree(file.format, &made);
		ASSERT(json_equal(json_object_get(tree, "key"), json_object_get(values, "v")));
		ASSERT(json_get_integer(json_object_get(tree, "a"), "b", 0) == 5);
	}
	return 0;
}
