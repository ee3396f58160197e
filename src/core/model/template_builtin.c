/* SPDX-License-Identifier: Apache-2.0 */
/* The templates that come with roost. That each is right is what a test says, not a user's start. */

#include "model/builtin.h"
#include "model/template.h"
#include "model/tree.h"

size_t
template_builtin_count(void)
{
	return builtin_text_count;
}

struct template *
template_builtin_at(size_t index)
{
	struct template *template = NULL;
	struct tree_error tree_error;
	struct spec_error error;
	struct tree tree;

	ASSERT(index < builtin_text_count);
	ASSERT(tree_read(builtin_texts[index].text, builtin_texts[index].length, &tree,
			 &tree_error));
	ASSERT(template_parse(tree.root, &error, 1, &template) == 0);
	tree_deinit(&tree);
	return template;
}

struct template *
template_builtin(const char *name)
{
	for (size_t i = 0; i < builtin_text_count; i++) {
		struct template *template = template_builtin_at(i);

		if (text_equal(template->name, name))
			return template;
		template_free(template);
	}
	return NULL;
}
