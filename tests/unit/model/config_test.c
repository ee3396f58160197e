/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "model/config.h"

#define SERVER                             \
	"servers:\n"                       \
	"  - name: survival\n"             \
	"    game: minecraft-java\n"       \
	"    local: { command: [java] }\n" \
	"    address: 127.0.0.1:25570\n"

/* The environment of a test: NULL-terminated pairs "NAME=value". */
static const char *
find_variable(void *argument, const char *name)
{
	const char *const *pairs = argument;
	size_t length = strlen(name);

	for (; *pairs != NULL; pairs++) {
		if (strncmp(*pairs, name, length) == 0 && (*pairs)[length] == '=')
			return *pairs + length + 1;
	}
	return NULL;
}

static const char *
name_at(void *argument, size_t index)
{
	static char name[128];
	const char *const *pairs = argument;

	for (; *pairs != NULL && index > 0; pairs++)
		index--;
	if (*pairs == NULL)
		return NULL;
	(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(*pairs, "="), *pairs);
	return name;
}

static char *
read_secret_file(void *argument, const char *path)
{
	(void)argument;
	return strcmp(path, "/run/secrets/roost") == 0 ? text_copy("from the file\n") : NULL;
}

static size_t
read_with(const char *text, const char *const *environment,
	  struct config_error errors[static CONFIG_ERRORS_LIMIT], struct config **ret_config)
{
	struct config_source source = {
		.text = text,
		.length = text != NULL ? strlen(text) : 0,
		.base_directory = "/etc/roost",
		.variable = find_variable,
		.variable_at = name_at,
		.file = read_secret_file,
		.argument = (void *)(uintptr_t)environment,
	};

	return config_read(&source, errors, ret_config);
}

static const char *const nothing[] = { NULL };

static struct config *
accepted(const char *text, const char *const *environment)
{
	struct config_error errors[CONFIG_ERRORS_LIMIT];
	struct config *config = NULL;
	char told[CONFIG_ERROR_TEXT_SIZE];

	if (read_with(text, environment, errors, &config) != 0) {
		config_error_text(&errors[0], "roost.yaml", told);
		fail_msg("%s", told);
	}
	return config;
}

static void
assert_refused(const char *text, const char *const *environment, const char *expected)
{
	struct config_error errors[CONFIG_ERRORS_LIMIT];
	struct config *config = NULL;
	char told[CONFIG_ERROR_TEXT_SIZE];
	size_t count = read_with(text, environment, errors, &config);

	if (count == 0) {
		config_free(config);
		fail_msg("accepted: %s", text);
	}
	config_error_text(&errors[0], "roost.yaml", told);
	if (!text_starts_with(told, expected))
		fail_msg("told \"%s\" instead of \"%s\"", told, expected);
}

static void
nothing_at_all_is_a_configuration(void **unused)
{
	CLEANUP(config_freep) struct config *c = accepted(NULL, nothing);
	CLEANUP(config_freep) struct config *empty = accepted("", nothing);

	(void)unused;
	assert_string_equal(c->data, "/etc/roost/data");
	assert_string_equal(c->database, "sqlite");
	assert_string_equal(c->http.listen.host, "127.0.0.1");
	assert_int_equal(c->http.listen.port, 8080);
	assert_string_equal(c->http.public_url, "");
	assert_null(c->http.tls.certificate);
	assert_int_equal(c->gate.listen_count, 1);
	assert_string_equal(c->gate.listen[0].host, "::");
	assert_int_equal(c->gate.listen[0].port, 25565);
	assert_true(c->gate.limits.wakes.per_second > 0.19 &&
		    c->gate.limits.wakes.per_second < 0.21);
	assert_int_equal(c->gate.limits.handshake_within.ms, 5000);
	assert_null(c->admin.password);
	assert_int_equal(c->server_count, 0);
	assert_string_equal(empty->data, c->data);
}

static void
a_whole_file_is_read(void **unused)
{
	CLEANUP(config_freep)
	struct config *c = accepted(
		"data: /var/lib/roost\n"
		"http:\n"
		"  listen: \"[::1]:9000\"\n"
		"  public_url: https://games.example.org/\n"
		"  tls: { certificate: a.pem, key: /k.pem }\n"
		"gate:\n"
		"  listen: [\"0.0.0.0:25565\", \":25566\"]\n"
		"  proxy_from: [10.0.0.0/8, \"::1\"]\n"
		"  unknown_host: \"\"\n"
		"  forwarded_hosts: true\n"
		"  limits: { logins: { per_second: 0.5, burst: 3 }, half_open: 100 }\n" SERVER,
		nothing);

	(void)unused;
	assert_string_equal(c->data, "/var/lib/roost");
	assert_string_equal(c->http.listen.host, "::1");
	assert_string_equal(c->http.public_url, "https://games.example.org");
	assert_string_equal(c->http.tls.certificate, "/etc/roost/a.pem");
	assert_string_equal(c->http.tls.key, "/k.pem");
	assert_int_equal(c->gate.listen_count, 2);
	assert_int_equal(c->gate.proxy_from_count, 2);
	assert_int_equal(c->gate.proxy_from[0].bits, 104);
	assert_string_equal(c->gate.unknown_host, "");
	assert_true(c->gate.forwarded_hosts);
	assert_true(c->gate.limits.logins.per_second == 0.5);
	assert_int_equal(c->gate.limits.half_open, 100);
	assert_int_equal(c->server_count, 1);
	assert_string_equal(c->servers[0]->name, "survival");
	assert_string_equal(c->servers[0]->local.directory, "/etc/roost");
}

static void
what_is_wrong_is_told_with_file_line_path_and_what_is_allowed(void **unused)
{
	(void)unused;
	assert_refused("htp: {}\n", nothing,
		       "roost.yaml:1:1: /htp: there is no setting htp; did you mean http?");
	assert_refused(
		"http:\n  listen: 8080\n", nothing,
		"roost.yaml:2:3: /http/listen: 8080 is not possible here; expected host:port");
	assert_refused("gate: { threads: many }\n", nothing,
		       "roost.yaml:1:9: /gate/threads: \"many\" is not possible here; expected a "
		       "whole number, 0 to 64");
	assert_refused("gate:\n  proxy_from:\n    - 10.0.0.0/8\n    - 300.0.0.0/8\n", nothing,
		       "roost.yaml:4:7: /gate/proxy_from/1: ");
	assert_refused("database: mysql\n", nothing, "roost.yaml:1:1: /database: not a database");
	assert_refused("http: { tls: { key: k.pem } }\n", nothing,
		       "roost.yaml:1:16: /http/tls/key: needs http.tls.certificate");
	assert_refused("http: { public_url: games.example.org }\n", nothing,
		       "roost.yaml:1:9: /http/public_url: expected an address such as https");
	assert_refused("[1]\n", nothing, "roost.yaml:1:1: expected a group of settings: data,");
	assert_refused("a: [\n", nothing, "roost.yaml:2:1");
	assert_refused("servers: {}\n", nothing, "roost.yaml:1:1: /servers: expected a list");
	assert_refused(SERVER "    idle_after: 5m\n", nothing,
		       "roost.yaml:6:5: /servers/0/idle_after: there is no setting idle_after");
	assert_refused("servers:\n  - name: a\n    game: tcp\n", nothing,
		       "roost.yaml:2:5: /servers/0/local/command: local.command is missing");
}

static void
a_secret_is_never_repeated(void **unused)
{
	static const char *const environment[] = { "ROOST_ADMIN_PASSWORD=hunter2", NULL };
	struct config_error errors[CONFIG_ERRORS_LIMIT];
	struct config *config = NULL;

	(void)unused;
	assert_int_equal(read_with(NULL, environment, errors, &config), 1);
	assert_null(strstr(errors[0].detail, "hunter2"));
	assert_int_equal(read_with("admin: {password: [hunter2]}", nothing, errors, &config), 1);
	assert_null(strstr(errors[0].detail, "hunter2"));
	assert_int_equal(read_with("database: postgres://a:hunter2@h/d", nothing, errors, &config),
			 1);
	assert_null(strstr(errors[0].detail, "hunter2"));
}

static void
all_mistakes_are_told_in_the_order_of_the_file(void **unused)
{
	struct config_error errors[CONFIG_ERRORS_LIMIT];
	struct config *config = NULL;

	(void)unused;
	assert_int_equal(read_with("servers: [{name: A}]\nx: 1\nhttp: {listen: [], y: 2}\n",
				   nothing, errors, &config),
			 7);
	for (size_t i = 1; i < 7; i++)
		assert_true(errors[i - 1].line <= errors[i].line);
	assert_string_equal(errors[6].pointer, "/http/y");
}

static void
two_servers_that_share_something_are_refused(void **unused)
{
	(void)unused;
	assert_refused(
		SERVER "  - name: b\n    game: minecraft-java\n    hosts: [survival]\n"
		       "    local: { command: [java] }\n    address: 127.0.0.1:25571\n",
		nothing,
		"roost.yaml:8:13: /servers/1/hosts/0: is a host that server survival already has");
	assert_refused("gate: { listen: \":25570\" }\n" SERVER, nothing,
		       "roost.yaml:6:5: /servers/0/address: gate.listen already listens there");
	assert_refused("http: { listen: \"127.0.0.1:25565\" }\n", nothing,
		       "roost.yaml:1:9: /http/listen: gate.listen already has this port");
}

static void
the_environment_wins(void **unused)
{
	static const char *const environment[] = { "ROOST_HTTP_LISTEN=0.0.0.0:81",
						   "ROOST_GATE_LISTEN=[::]:1, 127.0.0.1:2",
						   "ROOST_GATE_FORWARDED_HOSTS=true",
						   "ROOST_GATE_LIMITS_HALF_OPEN=64",
						   "ROOST_GATE_LIMITS_WAKES_PER_SECOND=1.5",
						   "ROOST_GATE_UNKNOWN_HOST=",
						   "ROOST_DATA=relative",
						   "ROOST_GATE_THREADS=",
						   NULL };
	CLEANUP(config_freep)
	struct config *c = accepted("http: { listen: 127.0.0.1:9 }\ndata: /d\n", environment);

	(void)unused;
	assert_string_equal(c->http.listen.host, "0.0.0.0");
	assert_int_equal(c->http.listen.port, 81);
	assert_int_equal(c->gate.listen_count, 2);
	assert_int_equal(c->gate.listen[1].port, 2);
	assert_true(c->gate.forwarded_hosts);
	assert_int_equal(c->gate.limits.half_open, 64);
	assert_true(c->gate.limits.wakes.per_second == 1.5);
	assert_string_equal(c->gate.unknown_host, "");
	assert_string_equal(c->data, "relative");
	assert_int_equal(c->gate.threads, 0);
}

static void
a_platform_sets_the_port(void **unused)
{
	static const char *const port[] = { "PORT=5000", "SERVER_PORT=6000", NULL };
	static const char *const server_port[] = { "SERVER_PORT=6000", NULL };
	static const char *const bad[] = { "PORT=http", NULL };
	CLEANUP(config_freep) struct config *first = accepted(NULL, port);
	CLEANUP(config_freep) struct config *second = accepted(NULL, server_port);

	(void)unused;
	assert_int_equal(first->http.listen.port, 5000);
	assert_int_equal(second->http.listen.port, 6000);
	assert_refused(NULL, bad, "PORT: not a port");
}

static void
a_wrong_variable_is_told_by_its_name(void **unused)
{
	static const char *const words[] = { "ROOST_GATE_FORWARDED_HOSTS=yes", NULL };
	static const char *const listen[] = { "ROOST_HTTP_LISTEN=8080", NULL };
	static const char *const database[] = { "ROOST_DATABASE=postgres://x", NULL };
	static const char *const servers[] = { "ROOST_SERVERS=[{name: x, game: chess}]", NULL };

	(void)unused;
	assert_refused(NULL, words,
		       "ROOST_GATE_FORWARDED_HOSTS: \"yes\" is not possible here; "
		       "expected true or false");
	assert_refused(NULL, listen, "ROOST_HTTP_LISTEN: \"8080\" is not possible");
	assert_refused(NULL, database, "ROOST_DATABASE: PostgreSQL is not supported");
	assert_refused(NULL, servers, "ROOST_SERVERS: /servers/0/game: \"chess\"");
}

static void
a_secret_may_lie_in_a_file(void **unused)
{
	static const char *const file[] = { "ROOST_ADMIN_PASSWORD_FILE=/run/secrets/roost", NULL };
	static const char *const gone[] = { "ROOST_ADMIN_PASSWORD_FILE=/gone", NULL };
	static const char *const both[] = { "ROOST_ADMIN_PASSWORD_FILE=/run/secrets/roost",
					    "ROOST_ADMIN_PASSWORD=something", NULL };
	CLEANUP(config_freep) struct config *c = accepted(NULL, file);

	(void)unused;
	assert_string_equal(c->admin.password, "from the file");
	assert_refused(NULL, gone, "ROOST_ADMIN_PASSWORD_FILE: the file it names cannot be read");
	assert_refused(NULL, both, "ROOST_ADMIN_PASSWORD_FILE: is set beside");
}

static void
note_change(void *argument, const char *path, bool takes_effect)
{
	buf_format(argument, "%s=%d ", path, takes_effect);
}

static void
a_comparison_says_what_needs_a_restart(void **unused)
{
	CLEANUP(config_freep) struct config *a = accepted("gate: {unknown_host: x}", nothing);
	CLEANUP(config_freep)
	struct config *b =
		accepted("gate: {unknown_host: y, threads: 3, limits: {half_open: 99}}", nothing);
	CLEANUP(buf_deinit) struct buf changes = BUF_NULL;

	(void)unused;
	config_compare(a, a, note_change, &changes);
	assert_int_equal(changes.length, 0);
	config_compare(a, b, note_change, &changes);
	assert_string_equal(buf_text(&changes),
			    "gate.threads=0 gate.unknown_host=1 gate.limits.half_open=1 ");
}

static void
channels_are_read_in_both_ways_they_may_be_written(void **unused)
{
	static const char *const environment[] = { "ROOST_CHANNELS=a:player:admin, b/*:staff:staff",
						   NULL };
	struct config *c = accepted("channels:\n"
				    "  - name: news\n"
				    "    post: admin\n"
				    "  - { name: \"chat/*\", read: staff }\n"
				    "  - \"x:player:player\"\n",
				    nothing);

	(void)unused;
	assert_int_equal(c->channels_count, 3);
	assert_string_equal(c->channels[0].name, "news");
	assert_int_equal(c->channels[0].read, ROLE_PLAYER);
	assert_int_equal(c->channels[0].post, ROLE_ADMIN);
	assert_int_equal(c->channels[1].read, ROLE_STAFF);
	assert_int_equal(c->channels[1].post, ROLE_STAFF);
	assert_string_equal(c->channels[2].name, "x");
	config_free(c);
	c = accepted("channels: []\n", environment);
	assert_int_equal(c->channels_count, 2);
	assert_int_equal(c->channels[0].post, ROLE_ADMIN);
	assert_string_equal(c->channels[1].name, "b/*");
	config_free(c);
}

static void
a_channel_that_is_wrong_is_told_where(void **unused)
{
	static const char *const wrong[] = {
		"{ name: news, raed: staff }",
		"{ name: server/x }",
		"{ read: staff }",
		"{ name: news, read: nobody }",
		"{ name: news, post: 3 }",
		"\"news\"",
		"\"news:player\"",
		"\"news:player:boss\"",
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		CLEANUP(text_freep)
		char *text = text_format("channels:\n  - { name: a }\n  - %s\n", wrong[i]);

		assert_refused(text, nothing, "roost.yaml:3:5: /channels/1: ");
	}
	assert_refused("channels: news\n", nothing, "roost.yaml:1:1: /channels: ");
}

static void
a_variable_that_means_nothing_is_refused(void **unused)
{
	static const char *const slip[] = { "ROOST_HTTP_LISTN=127.0.0.1:1", NULL };
	static const char *const far[] = { "ROOST_COLOUR=blue", NULL };
	static const char *const no_secret[] = { "ROOST_HTTP_LISTEN_FILE=/x", NULL };
	static const char *const others[] = { "ROOST_CONFIG=x",
					      "ROOST_URL=x",
					      "ROOST_TOKEN=x",
					      "ROOST_TOKEN_FILE=x",
					      "ROOST_BUILD=x",
					      "ROOST_SERVICE_HOST=10.0.0.1",
					      "ROOST_PORT=tcp://x:1",
					      "ROOST_PORT_80_TCP_PROTO=tcp",
					      NULL };

	(void)unused;
	assert_refused("", slip,
		       "ROOST_HTTP_LISTN: not a setting; did you mean ROOST_HTTP_LISTEN?");
	assert_refused("", far, "ROOST_COLOUR: not a setting; `roost help settings`");
	assert_refused("", no_secret, "ROOST_HTTP_LISTEN_FILE: not a setting");
	config_free(accepted("", others));
}

static void
servers_are_made_from_templates_of_the_file_and_of_roost(void **unused)
{
	static const char text[] =
		"templates:\n"
		"- template: blocks\n"
		"  title: Blocks\n"
		"  variables: [{name: port, type: port, default: 25599}]\n"
		"  server: {game: minecraft-java, address: '127.0.0.1:${port}', local: {command: "
		"[x], "
		"directory: 'worlds/${name}'}}\n"
		"servers:\n"
		"- {name: one, template: blocks, hosts: ['*']}\n"
		"- {name: two, template: tcp, variables: {program: nc, public_port: 25601}}\n";
	struct config_error errors[CONFIG_ERRORS_LIMIT];
	CLEANUP(config_freep) struct config *config = NULL;

	(void)unused;
	if (read_with(text, nothing, errors, &config) != 0)
		fail_msg("%s: %s", errors[0].pointer, errors[0].detail);
	assert_int_equal(config->template_count, 1);
	assert_string_equal(config->servers[0]->local.directory, "/etc/roost/worlds/one");
	assert_int_equal(config->servers[0]->address.port, 25599);
	assert_int_equal(config->servers[1]->listen[0].port, 25601);
	assert_refused("servers:\n- {name: one, template: blocks}\n", nothing,
		       "roost.yaml:2:15: /servers/0/template: is neither");
	assert_refused("servers:\n- {name: one, template: tcp}\n", nothing,
		       "roost.yaml:2:3: /servers/0/variables/program: Program is missing");
	assert_refused("templates:\n- {template: x, title: x, server: {game: '${y}'}}\n", nothing,
		       "roost.yaml:2:36: /templates/0/server/game: there is no variable y");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_variable_that_means_nothing_is_refused),
		cmocka_unit_test(nothing_at_all_is_a_configuration),
		cmocka_unit_test(a_whole_file_is_read),
		cmocka_unit_test(what_is_wrong_is_told_with_file_line_path_and_what_is_allowed),
		cmocka_unit_test(a_secret_is_never_repeated),
		cmocka_unit_test(all_mistakes_are_told_in_the_order_of_the_file),
		cmocka_unit_test(two_servers_that_share_something_are_refused),
		cmocka_unit_test(the_environment_wins),
		cmocka_unit_test(a_platform_sets_the_port),
		cmocka_unit_test(a_wrong_variable_is_told_by_its_name),
		cmocka_unit_test(a_secret_may_lie_in_a_file),
		cmocka_unit_test(a_comparison_says_what_needs_a_restart),
		cmocka_unit_test(channels_are_read_in_both_ways_they_may_be_written),
		cmocka_unit_test(a_channel_that_is_wrong_is_told_where),
		cmocka_unit_test(servers_are_made_from_templates_of_the_file_and_of_roost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
