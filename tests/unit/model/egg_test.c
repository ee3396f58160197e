/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model/egg.h"
#include "model/template.h"

/* PTDL_v2: three documents in texts, rules in one text. */
static const char version_2[] =
	"{'meta': {'version': 'PTDL_v2', 'update_url': null}, 'name': 'Block Game Server',"
	" 'author': 'somebody@example.org', 'description': 'A game of blocks.',"
	" 'features': ['eula', 'java_version'],"
	" 'docker_images': {'Java 21': 'example.org/java:21'}, 'file_denylist': [],"
	" 'startup': 'java -Xms128M -Xmx{{SERVER_MEMORY}}M -jar \\'{{SERVER_JARFILE}}\\' nogui',"
	" 'config': {"
	"  'files': '{\\'server.properties\\': {\\'parser\\': \\'properties\\', \\'find\\': {"
	"\\'server-port\\': \\'{{server.build.default.port}}\\', \\'server-ip\\': \\'0.0.0.0\\'}},"
	"\\'motd.xml\\': {\\'parser\\': \\'xml\\', \\'find\\': {\\'a\\': \\'b\\'}}}',"
	"  'startup': '{\\'done\\': \\')! For help, type \\'}', 'logs': '{}', 'stop': 'stop'},"
	" 'scripts': {'installation': {'script': 'curl -o server.jar https://example.org/', "
	"'container': 'alpine:3', 'entrypoint': 'ash'}},"
	" 'variables': ["
	"  {'name': 'Jar file', 'description': 'The jar', 'env_variable': 'SERVER_JARFILE',"
	"   'default_value': 'server.jar', 'user_viewable': true, 'user_editable': true,"
	"   'rules': 'required|string|max:20|regex:/^([\\\\w\\\\d._-]+)(\\\\.jar)$/', "
	"'field_type': 'text'},"
	"  {'name': 'Mode', 'description': '', 'env_variable': 'MODE', 'default_value': 'easy',"
	"   'rules': 'required|string|in:easy,hard'},"
	"  {'name': 'Query', 'env_variable': 'QUERY', 'default_value': '1', 'rules': 'boolean'},"
	"  {'name': 'Slots', 'env_variable': 'SLOTS', 'default_value': '20', 'rules': "
	"'required|integer|between:1,64'},"
	"  {'name': 'Note', 'env_variable': 'NOTE', 'default_value': '', 'rules': "
	"'nullable|string'}]}";

/* PTDL_v1: an image, no types of fields. */
static const char version_1[] =
	"{'meta': {'version': 'PTDL_v1'}, 'name': 'Shooter', 'image': 'example.org/shooter',"
	" 'startup': './shooter -port {{SERVER_PORT}} -name \\'{{NAME}}\\' && echo done',"
	" 'config': {'files': '{\\'cfg/server.cfg\\': {\\'parser\\': \\'file\\', \\'find\\': "
	"{\\'hostname\\': \\'hostname {{env.NAME}}\\', \\'rcon\\': {\\'a\\': \\'b\\'}}}}',"
	"  'startup': '{\\'done\\': [\\'regex:^Ready .*$\\']}', 'stop': '^C'},"
	" 'variables': [{'name': 'Name', 'env_variable': 'NAME', 'default_value': 'My ${x} server',"
	"   'rules': 'required|string|size:5'}]}";

/* PLCN_v3: nothing is in texts, several start-up lines, rules in lists. */
static const char version_3[] =
	"{'meta': {'version': 'PLCN_v3'}, 'uuid': 'a', 'name': 'Builder', 'tags': ['x'],"
	" 'startup_commands': {'Default': './builder {{WORLD}} {{server.allocations.default.port}} "
	"{{nothing}}', 'Other': './other'},"
	" 'config': {'files': {'a.json': {'parser': 'json', 'find': {'net.port': "
	"'{{server.allocations.default.port}}', 'net.list[0].x': 'y'}}, 'b.ini': {'parser': 'ini', "
	"'find': {'main.world': '{{server.environment.WORLD}}'}}},"
	"  'startup': {'done': ['Listening', 'Open']}, 'stop': '^SIGTERM'},"
	" 'variables': [{'name': 'World', 'env_variable': 'WORLD', 'default_value': 'w1', 'sort': "
	"1,"
	"   'rules': ['required', 'string', 'regex:/^[a-z0-9]+$/']}]}";

struct imported {
	json_t *template, *notes;
};

static struct imported
import(const char *egg)
{
	CLEANUP(text_freep) char *text = text_copy(egg);
	CLEANUP(json_freep) json_t *document = NULL;
	struct imported imported;
	json_error_t error;

	for (char *c = text; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	document = json_loads(text, 0, &error);
	if (document == NULL)
		fail_msg("%d: %s", error.column, error.text);
	imported.template = egg_import(document, &imported.notes);
	return imported;
}

static void
imported_free(struct imported *imported)
{
	json_decref(imported->template);
	json_decref(imported->notes);
}

static bool
notes_say(const struct imported *imported, const char *part)
{
	for (size_t i = 0; i < json_array_size(imported->notes); i++)
		if (strstr(json_string_value(json_array_get(imported->notes, i)), part) != NULL)
			return true;
	return false;
}

static void
assert_is(const json_t *value, const char *expected)
{
	CLEANUP(text_freep) char *text = json_text(value);

	assert_string_equal(text, expected);
}

static const json_t *
at(const struct imported *imported, const char *a, const char *b)
{
	return json_object_get(json_object_get(imported->template, a), b);
}

static void
assert_template(const struct imported *imported)
{
	CLEANUP(template_freep) struct template *template = NULL;
	struct spec_error error;

	if (template_parse(imported->template, &error, 1, &template) != 0)
		fail_msg("%s: %s", error.pointer, error.detail);
}

static void
an_egg_of_pterodactyl_becomes_a_template(void **unused)
{
	CLEANUP(imported_free) struct imported egg = import(version_2);

	(void)unused;
	assert_template(&egg);
	assert_is(json_object_get(egg.template, "template"), "\"block-game-server\"");
	assert_is(at(&egg, "server", "game"), "\"minecraft-java\"");
	assert_is(json_object_get(at(&egg, "server", "local"), "command"),
		  "[\"java\",\"-Xms128M\",\"-Xmx${memory.MiB}M\",\"-jar\",\"${server_jarfile}\","
		  "\"nogui\"]");
	assert_is(at(&egg, "server", "stop"), "{\"console\":\"stop\"}");
	assert_is(json_object_get(egg.template, "files"),
		  "[{\"path\":\"server.properties\",\"format\":\"properties\",\"set\":{\"server-"
		  "port\":"
		  "\"${port}\",\"server-ip\":\"0.0.0.0\"}},{\"path\":\"eula.txt\",\"format\":"
		  "\"properties\",\"set\":{\"eula\":\"${eula}\"}}]");
	assert_is(json_array_get(json_object_get(egg.template, "variables"), 0),
		  "{\"name\":\"server_jarfile\",\"title\":\"Jar file\",\"help\":\"The "
		  "jar\",\"pattern\":"
		  "\"([A-Za-z0-9_0-9._-]+)(\\\\.jar)\",\"between\":[0,20],\"default\":\"server."
		  "jar\"}");
	assert_true(notes_say(&egg, "install script needs a container"));
	assert_true(notes_say(&egg, "container images"));
	assert_true(notes_say(&egg, "motd.xml"));
	assert_true(notes_say(&egg, "1 or 0"));
}

static void
an_old_egg_says_what_does_not_go(void **unused)
{
	CLEANUP(imported_free) struct imported egg = import(version_1);

	(void)unused;
	assert_template(&egg);
	assert_is(at(&egg, "server", "game"), "\"udp\"");
	assert_is(at(&egg, "server", "stop"), "{\"signal\":\"INT\"}");
	assert_is(json_object_get(json_array_get(json_object_get(egg.template, "variables"), 0),
				  "name"),
		  "\"name_egg\"");
	assert_is(json_object_get(json_array_get(json_object_get(egg.template, "files"), 0), "set"),
		  "{\"hostname\":\"hostname ${name_egg}\"}");
	assert_true(notes_say(&egg, "written for a shell"));
	assert_true(notes_say(&egg, "regular expression (^Ready .*$)"));
	assert_true(notes_say(&egg, "'size:5'"));
	assert_true(notes_say(&egg, "only replaced where"));
	assert_true(notes_say(&egg, "taken to be UDP"));
}

static void
an_egg_of_pelican_becomes_a_template(void **unused)
{
	CLEANUP(imported_free) struct imported egg = import(version_3);

	(void)unused;
	assert_template(&egg);
	assert_is(json_object_get(at(&egg, "server", "local"), "command"),
		  "[\"./builder\",\"${world}\",\"${port}\",\"\"]");
	assert_is(at(&egg, "server", "ready_line"), "\"Listening\"");
	assert_is(at(&egg, "server", "stop"), "{\"signal\":\"TERM\"}");
	assert_is(json_object_get(egg.template, "files"),
		  "[{\"path\":\"a.json\",\"format\":\"json\",\"set\":{\"net\":{\"port\":\"${port}"
		  "\"}}},"
		  "{\"path\":\"b.ini\",\"format\":\"ini\",\"set\":{\"main\":{\"world\":\"${world}"
		  "\"}}}]");
	assert_true(notes_say(&egg, "{{nothing}}"));
	assert_true(notes_say(&egg, "several start-up lines"));
	assert_true(notes_say(&egg, "several lines that mean ready"));
	assert_true(notes_say(&egg, "means many members"));
}

static void
what_is_no_egg_is_told(void **unused)
{
	static const char *const others[] = { "{}", "{'meta': {'version': 'PTDL_v9'}}", "[]" };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(others); i++) {
		CLEANUP(imported_free) struct imported egg = import(others[i]);

		assert_null(egg.template);
		assert_true(notes_say(&egg, "not an egg"));
	}
}

static void
an_egg_with_nothing_in_it_is_still_read(void **unused)
{
	CLEANUP(imported_free) struct imported egg = import("{'meta': {'version': 'PTDL_v2'}}");

	(void)unused;
	assert_non_null(egg.template);
	assert_true(notes_say(&egg, "no start-up line"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_egg_of_pterodactyl_becomes_a_template),
		cmocka_unit_test(an_old_egg_says_what_does_not_go),
		cmocka_unit_test(an_egg_of_pelican_becomes_a_template),
		cmocka_unit_test(what_is_no_egg_is_told),
		cmocka_unit_test(an_egg_with_nothing_in_it_is_still_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
