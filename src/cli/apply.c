/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roost apply: declare the servers and templates of a document. Everything that can be is
 * checked here first, so that mistakes are told with their line and nothing is declared by
 * half; the daemon checks again.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/apply.h"
#include "cli/file.h"
#include "cli/show.h"
#include "model/template.h"
#include "model/tree.h"

static const struct option options[] = {
	{ "--file", 'f', "FILE", "the document, YAML or JSON; - is the standard input" },
	{ "--dry-run", 0, NULL, "say what would change, and change nothing" },
};

/* One declaration or template of the document, and where it stands there. */
struct part {
	json_t *json;
	char *pointer;
	struct server_spec *spec;	  /* of a server, once checked here; or NULL */
	struct template *template;	  /* of a template */
	const struct template *made_from; /* of a server: a template of this document; or NULL */
};

struct parts {
	struct part *list;
	size_t count;
};

struct applying {
	const char *file;
	struct tree tree;
	struct parts templates, servers;
	char *base_directory;
};

static void
parts_deinit(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		json_decref(parts->list[i].json);
		mem_free(parts->list[i].pointer);
		spec_free(parts->list[i].spec);
		template_free(parts->list[i].template);
	}
	mem_free(parts->list);
}

static void
applying_deinit(struct applying *a)
{
	parts_deinit(&a->templates);
	parts_deinit(&a->servers);
	tree_deinit(&a->tree);
	mem_free(a->base_directory);
}

static const char *
shown_file(const struct applying *a)
{
	return strcmp(a->file, "-") == 0 ? "standard input" : a->file;
}

static void
add_part(struct parts *parts, const json_t *json, const char *pointer)
{
	parts->list = mem_resize(parts->list, (parts->count + 1) * sizeof *parts->list);
	parts->list[parts->count++] =
		(struct part){ .json = json_deep_copy(json), .pointer = text_copy(pointer) };
}

static bool
add_list(struct parts *parts, const json_t *list, const char *pointer)
{
	if (list != NULL && !json_is_array(list) && !json_is_null(list))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		CLEANUP(text_freep) char *where = text_format("%s/%zu", pointer, i);

		add_part(parts, json_array_get(list, i), where);
	}
	return true;
}

/* One server, one template, a list of servers, or {templates: [...], servers: [...]}. */
static bool
take_parts(struct applying *a)
{
	const json_t *root = a->tree.root, *servers = json_object_get(root, "servers"),
		     *templates = json_object_get(root, "templates");
	size_t lists = (servers != NULL ? 1u : 0) + (templates != NULL ? 1u : 0);

	if (lists > 0)
		return json_object_size(root) == lists &&
		       add_list(&a->templates, templates, "/templates") &&
		       add_list(&a->servers, servers, "/servers");
	if (json_is_array(root))
		return add_list(&a->servers, root, "");
	if (json_is_object(root))
		add_part(json_object_get(root, "server") != NULL ? &a->templates : &a->servers,
			 root, "");
	return json_is_object(root);
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
	if (!take_parts(a) || a->templates.count + a->servers.count == 0)
		return refused(
			"%.200s declares nothing; expected one server, one template, a list of "
			"servers, or {templates: [...], servers: [...]}",
			shown_file(a));
	if (a->servers.count > SERVERS_LIMIT)
		return refused("%.200s declares more servers than roost keeps (%d)", shown_file(a),
			       SERVERS_LIMIT);
	a->base_directory = file_directory(strcmp(a->file, "-") == 0 ? "./." : a->file);
	return EXIT_DONE;
}

static void
tell(const struct applying *a, const struct part *part, const char *pointer, const char *detail)
{
	CLEANUP(text_freep) char *whole = text_format("%s%s", part->pointer, pointer);
	unsigned line, column;

	tree_find(&a->tree, whole, &line, &column);
	if (line != 0)
		(void)refused("%.200s:%u:%u: %s: %s", shown_file(a), line, column, whole, detail);
	else
		(void)refused("%.200s: %s: %s", shown_file(a), whole, detail);
}

/* ---- checking, before anything is asked ---- */

static size_t
check_template(const struct applying *a, struct part *part)
{
	struct spec_error errors[CONFIG_ERRORS_LIMIT];
	size_t count = template_parse(part->json, errors, ELEMENTS(errors), &part->template);

	for (size_t i = 0; i < count && i < ELEMENTS(errors); i++)
		tell(a, part, errors[i].pointer, errors[i].detail);
	return count;
}

static const struct template *
find_template(const struct applying *a, const char *name)
{
	for (size_t i = 0; name != NULL && i < a->templates.count; i++) {
		const struct template *template = a->templates.list[i].template;

		if (template != NULL && strcmp(template->name, name) == 0)
			return template;
	}
	return NULL;
}

/* The declaration that is checked; NULL: it is the daemon's to check, or was told about. */
static json_t *
declaration_of(const struct applying *a, struct part *part, size_t *told)
{
	struct spec_error errors[CONFIG_ERRORS_LIMIT];
	struct complaints complaints = { .errors = errors, .max = ELEMENTS(errors) };
	json_t *expanded;

	if (json_object_get(part->json, "template") == NULL)
		return json_incref(part->json);
	if (!server_name_is_valid(json_get_text(part->json, "name", ""))) {
		tell(a, part, "/name", "is missing, or not 1 to 40 of a-z, 0-9 and -");
		(*told)++;
		return NULL;
	}
	part->made_from = find_template(a, document_template(part->json));
	if (part->made_from == NULL)
		return NULL;
	expanded = template_expand(part->made_from, part->json, a->base_directory, &complaints);
	for (size_t i = 0; i < complaints.count; i++, (*told)++)
		tell(a, part, errors[i].pointer, errors[i].detail);
	return expanded;
}

static size_t
check_server(const struct applying *a, struct part *part)
{
	struct spec_error errors[CONFIG_ERRORS_LIMIT];
	size_t told = 0, count;
	CLEANUP(json_freep) json_t *declaration = declaration_of(a, part, &told);

	if (declaration == NULL)
		return told;
	count = spec_parse(declaration, a->base_directory, errors, ELEMENTS(errors), &part->spec);
	for (size_t i = 0; i < count && i < ELEMENTS(errors); i++) {
		if (part->made_from != NULL)
			template_blame(part->made_from, part->json, &errors[i]);
		tell(a, part, errors[i].pointer, errors[i].detail);
	}
	for (struct part *other = a->servers.list; other < part && count == 0; other++) {
		if (other->spec == NULL || !spec_conflicts(part->spec, other->spec, &errors[0]))
			continue;
		tell(a, part, errors[0].pointer, errors[0].detail);
		count++;
	}
	return count;
}

/* Each by itself and all beside each other. Returns how many mistakes were told. */
static size_t
check_all(const struct applying *a)
{
	size_t told = 0;

	for (size_t i = 0; i < a->templates.count && told < CONFIG_ERRORS_LIMIT; i++)
		told += check_template(a, &a->templates.list[i]);
	for (size_t i = 0; i < a->servers.count && told < CONFIG_ERRORS_LIMIT; i++)
		told += check_server(a, &a->servers.list[i]);
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

/* What the daemon says is wrong, told where it stands in the document. */
static int
refused_by_daemon(const struct applying *a, const struct part *part, const char *name,
		  const struct answer *answer)
{
	const json_t *errors = json_object_get(answer->json, "errors");

	if (json_array_size(errors) == 0)
		return refused("%s: %s", name, answer->problem);
	for (size_t i = 0; i < json_array_size(errors); i++) {
		const json_t *error = json_array_get(errors, i);

		tell(a, part, json_get_text(error, "pointer", ""),
		     json_get_text(error, "detail", ""));
	}
	return EXIT_REFUSED;
}

static char *
server_path(const struct applying *a, struct client *client, const char *name, bool dry_run)
{
	CLEANUP(text_freep) char *path = client_path("/v1/servers/%s?", name);
	CLEANUP(text_freep)
	char *base = client_is_local(client) ? client_path("&base=%s", a->base_directory) : NULL;

	return text_format("%sdry_run=%s%s", path, dry_run ? "true" : "false",
			   base != NULL ? base : "");
}

/* On the daemon's own machine relative paths begin at the document, as everywhere. */
static void
put_server(const struct applying *a, struct client *client, const struct part *part, bool dry_run,
	   struct answer *ret_answer)
{
	CLEANUP(text_freep)
	char *path = server_path(a, client, json_get_text(part->json, "name", ""), dry_run);

	client_call(client, "PUT", path, part->json, ret_answer);
}

static int
declare(const struct applying *a, struct client *client, const struct invocation *in,
	const struct part *part)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	const char *name = json_get_text(part->json, "name", "");
	bool dry_run = invocation_has(in, "--dry-run");

	if (dry_run && part->made_from != NULL) {
		/* The daemon may not know the template yet. It is right as far as can be seen here. */
		(void)printf("%s: would be made from %s\n", name, part->made_from->name);
		return EXIT_DONE;
	}
	put_server(a, client, part, dry_run, &answer);
	if (!answer_is_good(&answer))
		return refused_by_daemon(a, part, name, &answer);
	if (invocation_has(in, "--json"))
		print_json(answer.json);
	else
		print_change(name, answer.json, dry_run);
	return EXIT_DONE;
}

static int
put_template(const struct applying *a, struct client *client, const struct invocation *in,
	     const struct part *part)
{
	CLEANUP(answer_deinit) struct answer answer = { .status = 0 };
	bool dry_run = invocation_has(in, "--dry-run");
	const char *name = part->template->name;
	CLEANUP(text_freep)
	char *label = text_format("template %s", name);
	CLEANUP(text_freep)
	char *path =
		client_path(dry_run ? "/v1/templates/%s?dry_run=true" : "/v1/templates/%s", name);
	json_t *server;
	size_t i;

	client_call(client, "PUT", path, part->json, &answer);
	if (!answer_is_good(&answer))
		return refused_by_daemon(a, part, label, &answer);
	if (invocation_has(in, "--json")) {
		print_json(answer.json);
		return EXIT_DONE;
	}
	print_change(label, answer.json, dry_run);
	json_array_foreach(json_object_get(answer.json, "servers"), i, server)
	{
		(void)printf("  ");
		print_change(json_get_text(server, "name", "?"), server, dry_run);
	}
	return EXIT_DONE;
}

/* What only the daemon can check is checked before anything is changed. */
static int
try_servers(const struct applying *a, struct client *client)
{
	int worst = EXIT_DONE;

	for (size_t i = 0; i < a->servers.count; i++) {
		const struct part *part = &a->servers.list[i];
		CLEANUP(answer_deinit) struct answer answer = { .status = 0 };

		if (part->spec != NULL)
			continue;
		put_server(a, client, part, true, &answer);
		if (!answer_is_good(&answer))
			worst = refused_by_daemon(a, part, json_get_text(part->json, "name", "?"),
						  &answer);
	}
	return worst;
}

static int
apply(const struct invocation *in, const struct applying *a)
{
	CLEANUP(client_freep) struct client *client = NULL;
	int status, worst = EXIT_DONE;

	if (check_all(a) > 0)
		return EXIT_REFUSED;
	status = client_new(in, &client);
	if (status == EXIT_DONE)
		status = try_servers(a, client);
	if (status != EXIT_DONE)
		return status;
	for (size_t i = 0; i < a->templates.count && worst == EXIT_DONE; i++)
		worst = put_template(a, client, in, &a->templates.list[i]);
	if (worst != EXIT_DONE)
		return worst;
	for (size_t i = 0; i < a->servers.count; i++) {
		status = declare(a, client, in, &a->servers.list[i]);
		if (status != EXIT_DONE)
			worst = status;
	}
	return worst;
}

/* `roost apply -f FILE`, `roost template apply FILE`. */
int
apply_file(const struct invocation *in, const char *file)
{
	CLEANUP(applying_deinit) struct applying a = { .file = file };
	int status = read_document(&a);

	return status == EXIT_DONE ? apply(in, &a) : status;
}

/* `roost template check FILE`: nothing is asked of the daemon. */
int
check_file(const char *file)
{
	CLEANUP(applying_deinit) struct applying a = { .file = file };
	int status = read_document(&a);

	if (status != EXIT_DONE)
		return status;
	if (check_all(&a) > 0)
		return EXIT_REFUSED;
	for (size_t i = 0; i < a.templates.count; i++)
		(void)printf("template %s: right\n", a.templates.list[i].template->name);
	for (size_t i = 0; i < a.servers.count; i++)
		(void)printf("%s: %s\n", json_get_text(a.servers.list[i].json, "name", "?"),
			     a.servers.list[i].spec != NULL
				     ? "right"
				     : "its template is not in this file; the daemon checks it");
	return EXIT_DONE;
}

static int
run(const struct invocation *in)
{
	const char *file = invocation_option(in, "--file");

	if (file == NULL)
		return misused(in, "which document? roost apply -f FILE");
	return apply_file(in, file);
}

const struct command apply_command = {
	.name = "apply",
	.words = "-f FILE",
	.summary = "declare servers and templates, and print what changed",
	.about = "FILE holds one server, a list of servers, one template, or {templates: [...], "
		 "servers: [...]}, in YAML or JSON, as in the configuration. Applying the same "
		 "again changes nothing. Relative paths in it begin at FILE's directory when roost "
		 "runs on this machine.",
	.options = options,
	.option_count = ELEMENTS(options),
	.speaks = true,
	.run = run,
};
