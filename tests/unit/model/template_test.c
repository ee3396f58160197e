/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "model/template.h"
#include "model/tree.h"

#define MAX 8

#define BLOCKS                                                                             \
	"template: blocks\n"                                                               \
	"title: Blocks\n"                                                                  \
	"variables:\n"                                                                     \
	"- {name: memory, type: size, default: 2GiB, between: [1GiB, 8GiB]}\n"             \
	"- {name: port, type: port, default: 25570}\n"                                     \
	"- {name: motd, default: A server, between: [0, 20]}\n"                            \
	"- {name: mode, type: choice, choices: [easy, hard], default: easy}\n"             \
	"- {name: players, type: number, default: 20, between: [1, 100]}\n"                \
	"- {name: eula, type: boolean}\n"                                                  \
	"- {name: pass, type: secret}\n"                                                   \
	"- {name: grace, type: duration, default: 5m}\n"                                   \
	"server:\n"                                                                        \
	"  game: minecraft-java\n"                                                         \
	"  local: {command: [java, '-Xmx${memory.MiB}M'], directory: 'worlds/${name}'}\n"  \
	"  address: '127.0.0.1:${port}'\n"                                                 \
	"  max_players: '${players}'\n"                                                    \
	"  rcon: {address: '127.0.0.1:25999', password_file: '${pass}'}\n"                 \
	"  policy: {grace: '${grace}'}\n"                                                  \
	"files:\n"                                                                         \
	"- path: server.properties\n"                                                      \
	"  format: properties\n"                                                           \
	"  set: {motd: '${motd}', rcon.password: '${pass}'}\n"                             \
	"install:\n"                                                                       \
	"- {do: accept, variable: eula, title: The licence, url: 'https://a.test/eula'}\n" \
	"- {do: fetch, url: 'https://a.test/${mode}', pick: {jar: [url]}}\n"               \
	"- {do: download, url: '${jar}', to: server.jar, unchecked: true}\n"

static json_t *
read_yaml(const char *text)
{
	struct tree_error error;
	struct tree tree;
	json_t *root;

	if (!tree_read(text, strlen(text), &tree, &error))
		fail_msg("%u: %s", error.line, error.detail);
	root = json_deep_copy(tree.root);
	tree_deinit(&tree);
	return root;
}

static struct template *
make(const char *text)
{
	CLEANUP(json_freep) json_t *document = read_yaml(text);
	struct spec_error errors[MAX];
	struct template *template = NULL;

	if (template_parse(document, errors, MAX, &template) != 0)
		fail_msg("%s: %s", errors[0].pointer, errors[0].detail);
	return template;
}

/* The blocks, with one of its lines replaced by another. */
static void
assert_refused(const char *line, const char *by, const char *pointer, const char *says)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	CLEANUP(template_freep) struct template *template = NULL;
	CLEANUP(json_freep) json_t *document = NULL;
	struct spec_error errors[MAX];
	const char *at = strstr(BLOCKS, line);

	assert_non_null(at);
	buf_put(&text, BLOCKS, (size_t)(at - BLOCKS));
	buf_put_text(&text, by);
	buf_put_text(&text, at + strlen(line));
	document = read_yaml(buf_text(&text));
	if (template_parse(document, errors, MAX, &template) == 0)
		fail_msg("%s was accepted", by);
	if (!text_equal(errors[0].pointer, pointer) || strstr(errors[0].detail, says) == NULL)
		fail_msg("%s: %s, not %s: %s", errors[0].pointer, errors[0].detail, pointer, says);
}

/* Expands and parses; what is wrong is told as of what was written. */
static size_t
declare(const struct template *template, const char *text, struct spec_error errors[static MAX],
	struct server_spec **ret_spec)
{
	CLEANUP(json_freep) json_t *document = read_yaml(text);
	struct complaints complaints = { .errors = errors, .max = MAX };
	CLEANUP(json_freep)
	json_t *expanded = template_expand(template, document, "/srv", &complaints);
	size_t count;

	*ret_spec = NULL;
	if (expanded == NULL)
		return complaints.count;
	count = spec_parse(expanded, "/srv", errors, MAX, ret_spec);
	for (size_t i = 0; i < count; i++)
		template_blame(template, document, &errors[i]);
	return count;
}

static void
assert_not_declared(const char *text, const char *pointer, const char *says)
{
	CLEANUP(template_freep) struct template *template = make(BLOCKS);
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *spec = NULL;

	if (declare(template, text, errors, &spec) == 0)
		fail_msg("%s was accepted", text);
	if (!text_equal(errors[0].pointer, pointer) || strstr(errors[0].detail, says) == NULL)
		fail_msg("%s: %s, not %s: %s", errors[0].pointer, errors[0].detail, pointer, says);
}

static void
a_server_is_declared_from_a_template(void **unused)
{
	CLEANUP(template_freep) struct template *template = make(BLOCKS);
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *spec = NULL;

	(void)unused;
	if (declare(template,
		    "{name: one, template: blocks, variables: {memory: 4GiB, eula: true, pass: "
		    "secret.txt, players: '30'}, hosts: ['*'], policy: {idle_after: 5m}}",
		    errors, &spec) != 0)
		fail_msg("%s: %s", errors[0].pointer, errors[0].detail);
	assert_string_equal(spec->local.command[1], "-Xmx4096M");
	assert_string_equal(spec->local.directory, "/srv/worlds/one");
	assert_string_equal(spec->rcon.password_file, "/srv/secret.txt");
	assert_int_equal(spec->address.port, 25570);
	assert_int_equal(spec->max_players, 30);
	assert_string_equal(spec->hosts[0], "*");
	assert_int_equal(spec->policy.idle_after.ms, 300000);
	assert_int_equal(spec->policy.grace.ms, 300000);
	assert_int_equal(spec->preparation->file_count, 1);
	assert_int_equal(spec->preparation->step_count, 3);
}

static void
an_argument_that_comes_out_empty_is_left_out(void **unused)
{
	CLEANUP(template_freep)
	struct template *template =
		make("template: any\ntitle: Any\nvariables:\n- {name: word}\nserver:\n  game: tcp\n"
		     "  listen: '127.0.0.1:1'\n  address: '127.0.0.1:2'\n"
		     "  local: {command: [prog, '${word}', '', '-${word}']}\n");
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *spec = NULL;

	(void)unused;
	if (declare(template, "{name: one, template: any}", errors, &spec) != 0)
		fail_msg("%s: %s", errors[0].pointer, errors[0].detail);
	assert_string_equal(spec->local.command[1], ""); /* that was written so */
	assert_string_equal(spec->local.command[2], "-");
	assert_null(spec->local.command[3]);
}

static void
what_is_declared_is_kept_with_what_was_written(void **unused)
{
	CLEANUP(template_freep) struct template *template = make(BLOCKS);
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *spec = NULL;
	CLEANUP(spec_freep) struct server_spec *again = NULL;
	CLEANUP(json_freep) json_t *written = NULL;
	CLEANUP(json_freep) json_t *rewritten = NULL;
	CLEANUP(json_freep) json_t *source = NULL;
	CLEANUP(json_freep) json_t *expected = NULL;
	const char *text = "{name: one, template: blocks, variables: {eula: true, pass: /s}, "
			   "hosts: ['*']}";

	(void)unused;
	assert_int_equal(declare(template, text, errors, &spec), 0);
	written = spec_json(spec);
	assert_int_equal(spec_parse(written, "/elsewhere", errors, MAX, &again), 0);
	rewritten = spec_json(again);
	assert_true(json_equal(written, rewritten));
	source = origin_document("one", spec->origin);
	expected = read_yaml(text);
	assert_true(json_equal(source, expected));
	assert_string_equal(origin_base(spec->origin), "/srv");
}

static void
a_template_is_read_back_the_same(void **unused)
{
	CLEANUP(template_freep) struct template *template = make(BLOCKS);
	CLEANUP(template_freep) struct template *again = NULL;
	struct spec_error errors[MAX];

	(void)unused;
	if (template_parse(template_json(template), errors, MAX, &again) != 0)
		fail_msg("%s: %s", errors[0].pointer, errors[0].detail);
	assert_true(json_equal((json_t *)template_json(template), (json_t *)template_json(again)));
	assert_string_equal(template->digest, again->digest);
}

static void
what_is_wrong_with_a_template_is_said_with_its_place(void **unused)
{
	(void)unused;
	assert_refused("title: Blocks\n", "title: Blocks\nextra: 1\n", "/extra",
		       "no setting extra");
	assert_refused("title: Blocks\n", "", "/title", "missing");
	assert_refused("${memory.MiB}", "${memry}", "/server/local/command/1", "no variable memry");
	assert_refused("${memory.MiB}", "${memory.s}", "/server/local/command/1", "has no s");
	assert_refused("${memory.MiB}", "${pass}", "/server/local/command/1", "secret");
	assert_refused("'https://a.test/${mode}'", "'https://a.test/${pass}'", "/install/1/url",
		       "secret");
	assert_refused("{motd: '${motd}'", "{'${motd}': x", "/files/0/set/${motd}", "not in names");
	assert_refused("2GiB, between", "9GiB, between", "/variables/0/default", "1GiB to 8GiB");
	assert_refused("[1GiB, 8GiB]", "[8GiB, 1GiB]", "/variables/0/between", "least");
	assert_refused("default: easy", "default: medium", "/variables/3/default", "easy or hard");
	assert_refused("variable: eula", "variable: motd", "/install/0/variable", "no boolean");
	assert_refused("- {name: eula, type: boolean}",
		       "- {name: eula, type: boolean, default: true}", "/install/0/variable",
		       "never assumed");
	assert_refused("'${jar}', to: server.jar", "'${later}', to: server.jar", "/install/2/url",
		       "no variable later");
	assert_refused("to: server.jar", "to: ../server.jar", "/install/2/to", "inside");
	assert_refused("to: server.jar", "to: server.jar, from: x", "/install/2/from",
		       "not for download");
	assert_refused("path: server.properties", "path: /etc/passwd", "/files/0/path", "inside");
	assert_refused("format: properties", "format: text", "/files/0/text", "missing");
	assert_refused("game: minecraft-java", "game: tcp", "/server/listen", "listener");
	assert_refused("game: minecraft-java", "game: minecraft-java\n  name: x", "/server/name",
		       "own");
}

static void
what_is_wrong_is_told_where_the_person_wrote_it(void **unused)
{
#define RIGHT "eula: true, pass: /s"
	(void)unused;
	assert_not_declared("{name: one, template: blocks, variables: {pass: /s}}",
			    "/variables/eula", "accepted");
	assert_not_declared("{name: one, template: blocks, variables: {eula: true}}",
			    "/variables/pass", "missing");
	assert_not_declared("{name: one, template: blocks, variables: {" RIGHT ", memory: 1MiB}}",
			    "/variables/memory", "1GiB to 8GiB");
	assert_not_declared("{name: one, template: blocks, variables: {" RIGHT ", memry: 1}}",
			    "/variables/memry", "did you mean memory");
	assert_not_declared("{name: one, template: blocks, variables: {" RIGHT ", mode: medium}}",
			    "/variables/mode", "easy or hard");
	assert_not_declared("{name: one, template: blocks, variables: {" RIGHT ", grace: 60h}}",
			    "/variables/grace", "0 to 1d");
	assert_not_declared("{name: ONE, template: blocks, variables: {" RIGHT "}}", "/name",
			    "a-z");
	assert_not_declared("{name: one, template: blocks, variables: {" RIGHT "}, hots: [x]}",
			    "/hots", "hosts");
	assert_not_declared("{name: one, template: blocks, variables: {" RIGHT
			    "}, policy: {grace: 60h}}",
			    "/policy/grace", "0 to 1d");
	assert_not_declared("{name: one, template: blocks, variables: [1]}", "/variables",
			    "object");
}

static void
every_type_takes_its_own_and_nothing_else(void **unused)
{
	CLEANUP(template_freep) struct template *template = make(BLOCKS);
	static const struct {
		const char *name, *given, *value; /* NULL: refused */
	} cases[] = {
		{ "memory", "\"1024MiB\"", "\"1GiB\"" },
		{ "memory", "2048", NULL },
		{ "memory", "\"much\"", NULL },
		{ "port", "1", "1" },
		{ "port", "\"25565\"", "25565" },
		{ "port", "0", NULL },
		{ "port", "65536", NULL },
		{ "port", "\"1x\"", NULL },
		{ "port", "\"\"", NULL },
		{ "motd", "12", "\"12\"" },
		{ "motd", "\"two\\nlines\"", NULL },
		{ "motd", "\"\\u001b[0m\"", NULL },
		{ "motd", "\"123456789012345678901\"", NULL },
		{ "motd", "[]", NULL },
		{ "mode", "\"hard\"", "\"hard\"" },
		{ "mode", "\"har\"", NULL },
		{ "eula", "\"true\"", "true" },
		{ "eula", "1", NULL },
		{ "pass", "\"/x\"", "{\"secret_file\":\"/x\"}" },
		{ "pass", "{\"secret_file\":\"/x\"}", "{\"secret_file\":\"/x\"}" },
		{ "pass", "{\"value\":\"/x\"}", NULL },
		{ "grace", "\"60s\"", "\"1m\"" },
		{ "grace", "60", NULL },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		CLEANUP(json_freep)
		json_t *given = json_loads(cases[i].given, JSON_DECODE_ANY, NULL);
		char why[REASON_LIMIT + 1] = "";
		CLEANUP(json_freep)
		json_t *value =
			variable_value(template_variable(template, cases[i].name), given, why);
		CLEANUP(text_freep) char *text = value != NULL ? json_text(value) : NULL;

		if (!text_equal(text, cases[i].value))
			fail_msg("%s: %s became %s", cases[i].name, cases[i].given,
				 text != NULL ? text : why);
		assert_true(value != NULL || why[0] != '\0');
	}
}

static void
an_installation_is_another_only_when_what_it_uses_changes(void **unused)
{
	CLEANUP(template_freep) struct template *template = make(BLOCKS);
	static const struct {
		const char *more;
		bool is_other;
	} cases[] = { { "", false },
		      { ", motd: Hello", false },
		      { ", memory: 3GiB", false },
		      { ", mode: hard", true },
		      { ", mode: easy", false } };
	char first[INSTALL_DIGEST_SIZE] = "";

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		char text[200], digest[INSTALL_DIGEST_SIZE];
		CLEANUP(spec_freep) struct server_spec *spec = NULL;
		struct spec_error errors[MAX];

		(void)snprintf(text, sizeof text,
			       "{name: one, template: blocks, variables: {" RIGHT "%s}}",
			       cases[i].more);
		assert_int_equal(declare(template, text, errors, &spec), 0);
		preparation_digest(spec->preparation, digest);
		assert_int_equal(strlen(digest), 64);
		if (i == 0)
			memcpy(first, digest, sizeof first);
		assert_int_equal(strcmp(first, digest) != 0, cases[i].is_other);
	}
}

static void
a_value_is_picked_out_of_a_document(void **unused)
{
	CLEANUP(json_freep)
	json_t *document =
		json_loads("{\"versions\":[{\"id\":\"1.20\",\"url\":\"a\"},{\"id\":\"1.21\","
			   "\"url\":\"b\",\"build\":7},{\"id\":\"1.22\",\"url\":\"c\"}]}",
			   0, NULL);
	static const struct {
		const char *path, *found;
	} cases[] = { { "[\"versions\",{\"id\":\"1.21\"},\"url\"]", "\"b\"" },
		      { "[\"versions\",0,\"url\"]", "\"a\"" },
		      { "[\"versions\",-1,\"url\"]", "\"c\"" },
		      { "[\"versions\",{\"build\":\"7\"},\"id\"]", "\"1.21\"" },
		      { "[\"versions\",3,\"url\"]", NULL },
		      { "[\"versions\",-4]", NULL },
		      { "[\"versions\",{\"id\":\"9\"}]", NULL },
		      { "[\"versions\",\"id\"]", NULL },
		      { "[true]", NULL } };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		CLEANUP(json_freep) json_t *path = json_loads(cases[i].path, 0, NULL);
		const json_t *found = pick_find(document, path);
		CLEANUP(text_freep) char *text = found != NULL ? json_text(found) : NULL;

		if (!text_equal(text, cases[i].found))
			fail_msg("%s: %s", cases[i].path, text != NULL ? text : "nothing");
	}
}

static void
a_step_is_done_when_its_variables_say_so(void **unused)
{
	CLEANUP(json_freep)
	json_t *install =
		read_yaml("[{do: let, values: {a: 'x${mode}'}, when: {mode: [hard, mad]}, "
			  "unless: {n: 3}}]");
	CLEANUP(json_freep) json_t *values = read_yaml("{mode: hard, n: 2}");
	struct spec_error error;
	struct complaints complaints = { .errors = &error, .max = 1 };
	struct preparation p;
	struct install_step filled;
	char why[REASON_LIMIT + 1];

	(void)unused;
	preparation_read(NULL, install, "", &complaints, &p);
	assert_int_equal(complaints.count, 0);
	assert_true(install_step_applies(&p.steps[0], values));
	assert_true(install_step_fill(&p.steps[0], values, &filled, why));
	assert_string_equal(json_get_text(filled.values, "a", ""), "xhard");
	install_step_deinit(&filled);
	json_object_set_new(values, "n", json_integer(3));
	assert_false(install_step_applies(&p.steps[0], values));
	json_object_set_new(values, "n", json_integer(1));
	json_object_set_new(values, "mode", json_string("easy"));
	assert_false(install_step_applies(&p.steps[0], values));
	preparation_deinit(&p);
}

static void
what_comes_with_roost_is_right(void **unused)
{
	(void)unused;
	assert_true(template_builtin_count() > 0);
	for (size_t i = 0; i < template_builtin_count(); i++) {
		CLEANUP(template_freep) struct template *template = template_builtin_at(i);

		assert_non_null(template->description);
		if (i > 0) {
			CLEANUP(template_freep)
			struct template *before = template_builtin_at(i - 1);

			assert_true(strcmp(before->name, template->name) < 0);
		}
	}
	assert_null(template_builtin("no-such"));
}

/* However few of the errors are kept: what is wrong is not looked at as if it were right. */
static void
what_has_no_room_to_be_said_is_wrong_all_the_same(void **unused)
{
	CLEANUP(json_freep)
	json_t *document = read_yaml("template: x\nnone: 1\nnor: 2\n"
				     "variables: [{}, {title: a}, {type: choice}, {=name: b}]\n"
				     "files: [{}, {format: json}, {set: 5}, {path: a}]\n"
				     "install: [{}, {do: run}, {do: download, to: a}, {do: need}]\n"
				     "server: {schedules: [{}, {do: wake}, {cron: '* * * * *'}], "
				     "files: [{}], install: [{do: fetch}]}\n");
	CLEANUP(json_freep)
	json_t *declaration =
		read_yaml("name: x\nnone: 1\nnor: 2\n"
			  "schedules: [{}, {do: wake}, {cron: '* * * * *'}, {do: 5, at: 7}]\n");
	struct spec_error errors[64];

	(void)unused;
	for (size_t max = 1; max <= ELEMENTS(errors); max++) {
		CLEANUP(template_freep) struct template *template = NULL;
		CLEANUP(spec_freep) struct server_spec *spec = NULL;

		assert_in_range(template_parse(document, errors, max, &template), 1, max);
		assert_null(template);
		assert_in_range(spec_parse(declaration, "/", errors, max, &spec), 1, max);
		assert_null(spec);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_is_declared_from_a_template),
		cmocka_unit_test(an_argument_that_comes_out_empty_is_left_out),
		cmocka_unit_test(what_is_declared_is_kept_with_what_was_written),
		cmocka_unit_test(a_template_is_read_back_the_same),
		cmocka_unit_test(what_is_wrong_with_a_template_is_said_with_its_place),
		cmocka_unit_test(what_is_wrong_is_told_where_the_person_wrote_it),
		cmocka_unit_test(every_type_takes_its_own_and_nothing_else),
		cmocka_unit_test(an_installation_is_another_only_when_what_it_uses_changes),
		cmocka_unit_test(a_value_is_picked_out_of_a_document),
		cmocka_unit_test(a_step_is_done_when_its_variables_say_so),
		cmocka_unit_test(what_comes_with_roost_is_right),
		cmocka_unit_test(what_has_no_room_to_be_said_is_wrong_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
