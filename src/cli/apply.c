/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost apply: declare the servers of a document. Everything is checked here
 * first, so that mistakes are told with their line and nothing is declared by
 * half; the daemon checks again.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/file.h"
#include "cli/show.h"
#include "model/tree.h"

static const struct option options[] = {
	{ "--file", 'f', "FILE", "the document, YAML or JSON; - is the standard input" },
	{ "--dry-run", 0, NULL, "say what would change, and change nothing" },
};

struct applying {
	const char *file;
	struct tree tree;
	json_t *documents;	   /* the declarations, as written */
	bool under_servers, alone; /* where they stand in the document */
	char *base_directory;
};

static void
applying_deinit(struct applying *a)
{
	json_decref(a->documents);
	tree_deinit(&a->tree);
	mem_free(a->base_directory);
}

static const char *
shown_file(const struct applying *a)
{
	return strcmp(a->file, "-") == 0 ? "standard input" : a->file;
}

static int
read_document(struct applying *a)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	struct tree_error error = { .line = 0 };
	int failed = file_slurp(a->file, CONFIG_TEXT_LIMIT, &content);

	if (failed == -EFBIG)
		return refused("%.200s is larger than %d bytes", shown_file(a), CONFIG_TEXT_LIMIT);
	if (failed < 0)
		return refused("cannot read %.200s: %s", shown_file(a), strerror(-failed));
	if (!tree_read(buf_text(&content), content.length, &a->tree, &error))
		return refused("%.200s:%u:%u: %s", shown_file(a), error.line, error.column,
			       error.detail);
	a->documents = documents_of(a->tree.root);
	if (a->documents == NULL || json_array_size(a->documents) == 0)
		return refused(
			"%.200s declares nothing; expected one server, a list of servers, or "
			"{servers: [...]}",
			shown_file(a));
	a->alone = json_is_object(a->tree.root);
	a->under_servers = a->alone && json_object_get(a->tree.root, "servers") != NULL;
	a->base_directory = file_directory(strcmp(a->file, "-") == 0 ? "./." : a->file);
	return EXIT_DONE;
}

static void
tell(const struct applying *a, size_t index, const struct spec_error *error)
{
	CLEANUP(text_freep)
	char *pointer = a->under_servers ? text_format("/servers/%zu%s", index, error->pointer)
			: a->alone	 ? text_copy(error->pointer)
					 : text_format("/%zu%s", index, error->pointer);
	unsigned line, column;

	tree_find(&a->tree, pointer, &line, &column);
	if (line != 0)
		(void)refused("%.200s:%u:%u: %s: %s", shown_file(a), line, column, pointer,
			      error->detail);
	else
		(void)refused("%.200s: %s: %s", shown_file(a), pointer, error->detail);
}

/* Each by itself and all beside each other. Returns how many mistakes were told. */
static size_t
check_documents(const struct applying *a, struct server_spec **specs)
{
	struct spec_error errors[CONFIG_ERRORS_LIMIT];
	size_t told = 0, i;
	json_t *document;

	json_array_foreach(a->documents, i, document)
	{
		size_t count = spec_parse(document, a->base_directory, errors, ELEMENTS(errors),
					  &specs[i]);

		for (size_t j = 0; j < count && told < CONFIG_ERRORS_LIMIT; j++, told++)
			tell(a, i, &errors[j]);
		for (size_t j = 0; j < i && count == 0; j++) {
			if (specs[j] == NULL || !spec_conflicts(specs[i], specs[j], &errors[0]))
				continue;
			tell(a, i, &errors[0]);
			told++;
		}
	}
	return told;
}

/* "/policy/idle_after" as it is written: "policy.idle_after". */
static void
put_path(struct buf *b, const char *pointer)
{
	CLEANUP(text_freep) char *path = text_copy(pointer + (*pointer == '/'));

	for (char *c = path; *c != '\0'; c++) {
		if (*c == '/')
			*c = '.';
	}
	put_clean(b, path);
}

/* What the daemon says it did: "survival: declared", "survival: changed (policy.idle_after)". */
static void
print_change(const char *name, const json_t *outcome, bool dry_run)
{
	const json_t *changes = json_object_get(outcome, "changes");
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;
	json_t *pointer;
	size_t i;

	buf_format(&b, "%s: ", name);
	if (json_get_bool(outcome, "made", false)) {
		buf_put_text(&b, dry_run ? "would be declared" : "declared");
	} else if (!json_get_bool(outcome, "changed", true)) {
		buf_put_text(&b, "unchanged");
	} else {
		buf_put_text(&b, dry_run ? "would be changed: " : "changed: ");
		json_array_foreach(changes, i, pointer)
		{
			buf_put_text(&b, i == 0 ? "" : ", ");
			put_path(&b, json_is_string(pointer) ? json_string_value(pointer) : "?");
		}
	}
	(void)printf("%s\n", buf_text(&b));
}

static int
declare(struct client *client, const struct invocation *in, const struct server_spec *spec,
	const json_t *document)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	/* On the daemon's own machine relative paths begin at the document, as everywhere. */
	CLEANUP(json_freep)
	json_t *body = client_is_local(client) ? spec_json(spec) : json_deep_copy(document);
	CLEANUP(text_freep) char *path = NULL;
	bool dry_run = invocation_has(in, "--dry-run");

	path = client_path(dry_run ? "/v1/servers/%s?dry_run=true" : "/v1/servers/%s", spec->name);
	client_call(client, "PUT", path, body, &answer);
	if (!answer_is_good(&answer))
		return refused("%s: %s", spec->name, answer.problem);
	if (invocation_has(in, "--json"))
		print_json(answer.json);
	else
		print_change(spec->name, answer.json, dry_run);
	return EXIT_DONE;
}

static int
apply(const struct invocation *in, const struct applying *a, struct server_spec **specs)
{
	CLEANUP(client_freep) struct client *client = NULL;
	int status, worst = EXIT_DONE;
	json_t *document;
	size_t i;

	if (check_documents(a, specs) > 0)
		return EXIT_REFUSED;
	status = client_new(in, &client);
	if (status != EXIT_DONE)
		return status;
	json_array_foreach(a->documents, i, document)
	{
		status = declare(client, in, specs[i], document);
		if (status != EXIT_DONE)
			worst = status;
	}
	return worst;
}

static int
run(const struct invocation *in)
{
	CLEANUP(applying_deinit) struct applying a = { .file = invocation_option(in, "--file") };
	struct server_spec **specs;
	size_t count;
	int status;

	if (a.file == NULL)
		return misused(in, "which document? roost apply -f FILE");
	status = read_document(&a);
	if (status != EXIT_DONE)
		return status;
	count = json_array_size(a.documents);
	if (count > SERVERS_LIMIT)
		return refused("%.200s declares more servers than roost keeps (%d)", shown_file(&a),
			       SERVERS_LIMIT);
	specs = mem_new_array(count, sizeof *specs);
	status = apply(in, &a, specs);
	for (size_t i = 0; i < count; i++)
		spec_free(specs[i]);
	mem_free(specs);
	return status;
}

const struct command apply_command = {
	.name = "apply",
	.words = "-f FILE",
	.summary = "declare servers, and print what changed",
	.about = "FILE holds one server, a list of servers, or {servers: [...]}, in YAML or JSON, "
		 "as "
		 "under `servers:` in the configuration. Applying the same again changes nothing. "
		 "Relative paths in it begin at FILE's directory when roost runs on this machine.",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.run = run,
};
