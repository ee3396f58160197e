/* SPDX-License-Identifier: Apache-2.0 */
/* roost template import: an egg of Pterodactyl or Pelican as a template, and what was left out. */

#include "cli/template_import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/terminal.h"
#include "model/egg.h"
#include "model/template.h"
#include "model/tree.h"
#include "sys/files.h"

#define EGG_LIMIT    1048576 /* bytes; the longest have install scripts of some ten kB */
#define ERRORS_LIMIT 10

static int
read_egg(const char *path, struct tree *ret_tree)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	struct tree_error error = { .line = 0 };
	char why[REASON_LIMIT + 1];
	int r = file_read(AT_FDCWD, path, EGG_LIMIT, &text);

	if (r < 0) {
		file_explain(r, "read", path, why, sizeof why);
		return refused("%s", why);
	}
	if (!tree_read(buf_text(&text), text.length, ret_tree, &error))
		return refused("%s:%u:%u: %s", path, error.line, error.column, error.detail);
	return EXIT_DONE;
}

static void
print_notes(const json_t *notes)
{
	for (size_t i = 0; i < json_array_size(notes); i++) {
		CLEANUP(buf_deinit) struct buf note = BUF_NULL;

		put_clean(&note, json_string_value(json_array_get(notes, i)));
		(void)fprintf(stderr, "- %s\n", buf_text(&note));
	}
}

/* What has still to be mended by hand. */
static void
print_errors(const json_t *document)
{
	struct spec_error errors[ERRORS_LIMIT];
	struct template *template = NULL;
	size_t count = template_parse(document, errors, ERRORS_LIMIT, &template);

	template_free(template);
	for (size_t i = 0; i < count && i < ERRORS_LIMIT; i++)
		(void)fprintf(stderr, "- To be mended: %s: %s\n", errors[i].pointer,
			      errors[i].detail);
}

static int
write_template(const json_t *document, const char *path)
{
	CLEANUP(text_freep) char *text = json_dumps(document, JSON_INDENT(2));
	char why[REASON_LIMIT + 1];
	int r;

	ASSERT(text != NULL);
	if (path == NULL) {
		(void)printf("%s\n", text);
		return EXIT_DONE;
	}
	if (access(path, F_OK) == 0)
		return refused("'%s' is there already; name another file, or remove it", path);
	r = file_write(AT_FDCWD, path, text, strlen(text), FILE_SURVIVES_PROCESS);
	if (r == 0)
		return EXIT_DONE;
	file_explain(r, "write", path, why, sizeof why);
	return refused("%s", why);
}

int
template_import(const char *path, const char *output)
{
	struct tree tree;
	json_t *notes = NULL, *document;
	int status = read_egg(path, &tree);

	if (status != EXIT_DONE)
		return status;
	document = egg_import(tree.root, &notes);
	if (document == NULL) {
		status = refused("%s: %s", path, json_string_value(json_array_get(notes, 0)));
	} else {
		status = write_template(document, output);
		if (status == EXIT_DONE) {
			print_notes(notes);
			print_errors(document);
		}
	}
	json_decref(document);
	json_decref(notes);
	tree_deinit(&tree);
	return status;
}
