/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <string.h>

#include <cmocka.h>

#include "model/config.h"
#include "model/setting.h"
#include "model/spec.h"

#define MINIMAL                                                           \
	"{\"name\":\"survival\",\"game\":\"minecraft-java\",\"address\":" \
	"\"127.0.0.1:25570\",\"local\":{\"command\":[\"java\"]}}"
#define MAX 8

/* Parse `text`, which is `MINIMAL` with `more` members set; both JSON. */
static size_t
parse(const char *more, struct spec_error errors[static MAX], struct server_spec **ret_spec)
{
	CLEANUP(json_freep) json_t *document = json_loads(MINIMAL, JSON_REJECT_DUPLICATES, NULL);
	CLEANUP(json_freep) json_t *extra = json_loads(more, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(extra);
	json_object_update_recursive(document, extra);
	*ret_spec = NULL;
	return spec_parse(document, "/srv/roost", errors, MAX, ret_spec);
}

static void
assert_refused(const char *more, const char *pointer, const char *says)
{
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *spec = NULL;
	size_t count = parse(more, errors, &spec);

	if (count == 0)
		fail_msg("%s was accepted", more);
	assert_null(spec);
	assert_string_equal(errors[0].pointer, pointer);
	if (strstr(errors[0].detail, says) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", more, errors[0].detail, says);
}

static void
a_short_declaration_gets_the_defaults_of_the_contract(void **unused)
{
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *spec = NULL;

	(void)unused;
	assert_int_equal(parse("{}", errors, &spec), 0);
	assert_string_equal(spec->name, "survival");
	assert_int_equal(spec->game, GAME_MINECRAFT_JAVA);
	assert_string_equal(spec->hosts[0], "survival");
	assert_null(spec->hosts[1]);
	assert_string_equal(spec->local.directory, "/srv/roost");
	assert_string_equal(spec->stop.console, "stop");
	assert_int_equal(spec->stop.signal, 0);
	assert_int_equal(spec->stop.within.ms, 60000);
	assert_int_equal(spec->policy.wake_on, WAKE_ON_JOIN);
	assert_int_equal(spec->policy.hold_for.ms, 600000);
	assert_int_equal(spec->policy.start_within.ms, 600000);
	assert_int_equal(spec->policy.idle_after.ms, 900000);
	assert_int_equal(spec->policy.grace.ms, 300000);
	assert_int_equal(spec->policy.max_duration.ms, 0);
	assert_int_equal(spec->policy.min_players, 0);
	assert_int_equal(spec->policy.warnings, 3);
	assert_int_equal(spec->policy.warning_every.ms, 90000);
	assert_int_equal(spec->policy.restarts, 1);
	assert_true(spec->policy.wake_filter);
	assert_int_equal(spec->policy.hold_queue, HOLD_QUEUE_DEFAULT);
}

static void
every_member_is_read_and_written_back_the_same(void **unused)
{
	static const char more[] =
		"{\"hosts\":[\"Survival.Example.ORG.\",\"*.play.example.org\",\"*\"],"
		"\"local\":{\"command\":[\"java\",\"-port\",25570],\"directory\":\"./worlds/x\","
		"\"environment\":{\"EULA\":true,\"PORT\":25570,\"A\":\"b=c\"},\"pty\":true,"
		"\"memory\":\"512MiB\",\"cpu\":\"1.5\"},\"stop\":{\"signal\":\"SIGINT\","
		"\"within\":\"5s\"},\"warn_command\":\"say {text}\",\"motd\":\"a\\nb\","
		"\"icon\":\"icon.png\",\"max_players\":7,\"proxy_protocol\":true,"
		"\"policy\":{\"wake_on\":\"never\",\"idle_after\":0,\"hold_queue\":3,"
		"\"wake_filter\":false,\"min_players\":4,\"max_duration\":\"90m\"},"
		"\"schedules\":[{\"cron\":\"0 18 * * fri\",\"zone\":\"Europe/Paris\","
		"\"do\":\"wake\"},{\"cron\":\"@daily\",\"do\":\"command\",\"line\":\"save-all\","
		"\"missed\":\"once\"}]}";
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *spec = NULL;
	CLEANUP(spec_freep) struct server_spec *again = NULL;
	CLEANUP(json_freep) json_t *written = NULL;
	CLEANUP(json_freep) json_t *rewritten = NULL;

	(void)unused;
	assert_int_equal(parse(more, errors, &spec), 0);
	assert_string_equal(spec->hosts[0], "survival.example.org");
	assert_string_equal(spec->local.command[2], "25570");
	assert_string_equal(spec->local.directory, "/srv/roost/worlds/x");
	assert_string_equal(spec->local.environment[0], "EULA=true");
	assert_string_equal(spec->local.environment[1], "PORT=25570");
	assert_string_equal(spec->local.environment[2], "A=b=c");
	assert_int_equal(spec->local.memory, 512 << 20);
	assert_int_equal(spec->local.cpu_millis, 1500);
	assert_int_equal(spec->stop.signal, SIGINT);
	assert_null(spec->stop.console);
	assert_int_equal(spec->policy.idle_after.ms, 0);
	assert_string_equal(spec->icon, "/srv/roost/icon.png");
	written = spec_json(spec);
	assert_int_equal(spec_parse(written, "/elsewhere", errors, MAX, &again), 0);
	rewritten = spec_json(again);
	assert_true(json_equal(written, rewritten));
	assert_string_equal(json_string_value(json_object_get(json_object_get(written, "policy"),
							      "max_duration")),
			    "90m");
}

static void
what_is_wrong_is_said_with_its_place_and_what_is_allowed(void **unused)
{
	(void)unused;
	assert_refused("{\"policy\":{\"idle_aftr\":\"5m\"}}", "/policy/idle_aftr",
		       "did you mean idle_after?");
	assert_refused("{\"polcy\":{}}", "/polcy", "did you mean policy?");
	assert_refused("{\"schedules\":{}}", "/schedules", "a list");
	assert_refused("{\"schedules\":[{\"cron\":\"0 18 * *\",\"do\":\"wake\"}]}",
		       "/schedules/0/cron", "five fields");
	assert_refused("{\"schedules\":[{\"cron\":\"0 24 * * *\",\"do\":\"wake\"}]}",
		       "/schedules/0/cron", "the hour, '24', is not 0 to 23");
	assert_refused("{\"schedules\":[{\"cron\":\"@daily\",\"do\":\"dance\"}]}",
		       "/schedules/0/do", "expected wake, sleep, command or backup");
	assert_refused("{\"backup\":{\"paths\":[\"world\",\"../etc\"]}}", "/backup/paths/1",
		       "not a path inside local.directory");
	assert_refused("{\"backup\":{\"paths\":[\".roost/x\"]}}", "/backup/paths/0",
		       "not a path inside local.directory");
	assert_refused("{\"backup\":{\"hold_command\":\"freeze\"}}", "/backup/resume_command",
		       "is missing");
	assert_refused("{\"backup\":{\"keep\":{\"last\":0}}}", "/backup/keep/last", "1 to 1000");
	assert_refused("{\"schedules\":[{\"cron\":\"@daily\",\"do\":\"command\"}]}",
		       "/schedules/0/line", "needs its line");
	assert_refused("{\"schedules\":[{\"cron\":\"@daily\",\"do\":\"wake\",\"line\":\"x\"}]}",
		       "/schedules/0/line", "leave it out");
	assert_refused("{\"schedules\":[{\"cron\":\"@daily\",\"do\":\"wake\","
		       "\"zone\":\"../../etc/passwd\"}]}",
		       "/schedules/0/zone", "time zone");
	assert_refused("{\"schedules\":[{\"cron\":\"@daily\",\"do\":\"wake\"},"
		       "{\"cron\":\"@daily\",\"do\":\"wake\",\"missed\":\"once\"}]}",
		       "/schedules/1", "twice");
	assert_refused("{\"zzz\":1}", "/zzz", "known here: name, game, hosts");
	assert_refused("{\"a/b~c\":1}", "/a~1b~0c", "there is no setting");
	assert_refused("{\"policy\":5}", "/policy", "expected a group of settings: wake_on");
	assert_refused("{\"policy.idle_after\":\"5m\"}", "/policy.idle_after", "no setting");
	assert_refused("{\"policy\":{\"idle_after\":\"5 minutes\"}}", "/policy/idle_after",
		       "expected a duration such as 90s, 15m or 2h, 0 to 30d");
	assert_refused("{\"policy\":{\"idle_after\":90}}", "/policy/idle_after", "90 is not");
	assert_refused("{\"policy\":{\"restarts\":11}}", "/policy/restarts", "0 to 10");
	assert_refused("{\"policy\":{\"wake_on\":\"jion\"}}", "/policy/wake_on",
		       "did you mean join?");
	assert_refused("{\"game\":\"minecraft\"}", "/game",
		       "minecraft-java, minecraft-bedrock, source, tcp or udp");
	assert_refused("{\"name\":\"Survival!\"}", "/name", "1 to 40 of a-z");
	assert_refused("{\"name\":7}", "/name", "quotes");
	assert_refused("{\"local\":{\"command\":[]}}", "/local/command", "a list of 1 to");
	assert_refused("{\"local\":{\"command\":[\"java\",{}]}}", "/local/command/1", "{}");
	assert_refused("{\"local\":{\"environment\":{\"OK\":\"1\",\"A-B\":\"x\"}}}",
		       "/local/environment/A-B", "names");
	assert_refused("{\"local\":{\"memory\":\"512 megs\"}}", "/local/memory", "512MiB");
	assert_refused("{\"local\":{\"cpu\":-1}}", "/local/cpu", "1.5");
	assert_refused("{\"local\":{\"pty\":\"yes\"}}", "/local/pty", "true or false");
	assert_refused("{\"address\":\"25570\"}", "/address", "host:port");
	assert_refused("{\"address\":\"127.0.0.1:0\"}", "/address", "port 1 to 65535");
	assert_refused("{\"address\":\":25570\"}", "/address", "the host is missing");
	assert_refused("{\"stop\":{\"signal\":\"STOP\"}}", "/stop/signal", "TERM, INT");
	assert_refused("{\"stop\":{\"console\":\"\"}}", "/stop/console", "1 to 1000 bytes");
	assert_refused("{\"stop\":{\"console\":\"a\\nb\"}}", "/stop/console", "on one line");
	assert_refused("{\"stop\":{\"console\":\"x\",\"signal\":\"TERM\"}}", "/stop", "not both");
	assert_refused("{\"hosts\":[\"ok.org\",\"no spaces\"]}", "/hosts/1", "play.example.org");
	assert_refused("{\"hosts\":[\"a.org\",\"A.ORG.\"]}", "/hosts/1", "twice");
	assert_refused("{\"listen\":[\":1\"]}", "/listen", "gate.listen");
	assert_refused("{\"warn_command\":\"say hi\"}", "/warn_command", "{text}");
}

#define RCON "\"rcon\":{\"address\":\"127.0.0.1:27015\",\"password_file\":\"secret\"}"

static void
games_of_datagrams_have_listeners_of_their_own(void **unused)
{
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *bedrock = NULL, *source = NULL, *udp = NULL;
	CLEANUP(json_freep) json_t *canonical = NULL;

	(void)unused;
	assert_refused("{\"game\":\"udp\"}", "/listen", "a udp game needs a listener");
	assert_refused("{\"game\":\"source\",\"listen\":[\":25570\"]}", "/listen/0",
		       "where the game itself listens");
	assert_refused("{\"game\":\"minecraft-bedrock\",\"hosts\":[\"a\"]}", "/hosts",
		       "name no host");
	assert_refused("{\"game\":\"source\",\"proxy_protocol\":true}", "/proxy_protocol",
		       "spoken to in datagrams");
	assert_refused("{\"game\":\"minecraft-bedrock\",\"query\":{\"port\":1}}", "/query/port",
		       "only for");
	assert_refused("{\"game\":\"source\",\"query\":{\"protocol\":\"a2s\"}}", "/query/protocol",
		       "only for udp");
	assert_refused("{\"game\":\"source\",\"udp\":{\"first_bytes\":\"00\"}}", "/udp/first_bytes",
		       "only for udp");
	assert_refused("{\"game\":\"udp\",\"listen\":[\":1\"],\"udp\":{\"first_bytes\":\"4f4\"}}",
		       "/udp/first_bytes", "in hex");
	assert_int_equal(
		parse("{\"game\":\"udp\",\"listen\":[\":1\"],\"udp\":{\"first_bytes\":\"4f 45\"},"
		      "\"query\":{\"protocol\":\"a2s\",\"port\":7}}",
		      errors, &udp),
		0);
	assert_int_equal(udp->udp.idle.ms, 60000);
	assert_int_equal(spec_asked_as(udp), GAME_SOURCE);
	assert_false(spec_is_counted_by_gate(udp));
	assert_int_equal(parse("{\"game\":\"minecraft-bedrock\"}", errors, &bedrock), 0);
	assert_string_equal(bedrock->stop.console, "stop");
	canonical = spec_json(bedrock);
	assert_int_equal(bedrock->rcon.address.port, 0);
	assert_int_equal(spec_parse(canonical, "/srv", errors, MAX, &source), 0);
}

static void
rcon_needs_an_address_and_a_password(void **unused)
{
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *spec = NULL;

	(void)unused;
	assert_refused("{\"rcon\":{\"address\":\"127.0.0.1:25575\"}}", "/rcon/password_file",
		       "missing");
	assert_refused("{\"rcon\":{\"password_file\":\"x\"}}", "/rcon/address", "missing");
	assert_refused("{\"rcon\":{\"address\":\":25575\",\"password_file\":\"x\"}}",
		       "/rcon/address", "the host is missing");
	assert_int_equal(parse("{\"game\":\"source\"," RCON "}", errors, &spec), 0);
	assert_string_equal(spec->rcon.password_file, "/srv/roost/secret");
	assert_string_equal(spec->stop.console, "quit");
}

static void
a_tcp_game_needs_a_listener_of_its_own(void **unused)
{
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *spec = NULL;

	(void)unused;
	assert_refused("{\"game\":\"tcp\"}", "/listen", "needs a listener");
	assert_refused("{\"game\":\"tcp\",\"listen\":[\"[::]:25570\"]}", "/listen/0",
		       "the game itself listens");
	assert_refused("{\"game\":\"tcp\",\"listen\":[\":5556\"],\"hosts\":[\"a\"]}", "/hosts",
		       "name no host");
	assert_int_equal(parse("{\"game\":\"tcp\",\"listen\":\"[::]:5556\",\"ready_line\":\"ok\"}",
			       errors, &spec),
			 0);
	assert_int_equal(spec->listen_count, 1);
	assert_int_equal(spec->listen[0].port, 5556);
	assert_int_equal(spec->stop.signal, SIGTERM);
	assert_null(spec->stop.console);
}

static void
secrets_of_the_environment_are_files(void **unused)
{
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *spec = NULL;

	(void)unused;
	assert_refused("{\"local\":{\"command\":\"x\",\"environment\":{\"A\":\"b\"},"
		       "\"environment_files\":{\"A\":\"c\"}}}",
		       "/local/environment_files/A", "too");
	assert_refused("{\"local\":{\"command\":\"x\",\"environment_files\":{\"A\":\"\"}}}",
		       "/local/environment_files/A", "no file");
	assert_refused(
		"{\"local\":{\"command\":\"x\",\"environment_files\":{\"ROOST_RUN\":\"c\"}}}",
		"/local/environment_files/ROOST_RUN", "roost's own");
	assert_int_equal(
		parse("{\"local\":{\"command\":\"x\",\"environment_files\":{\"A\":\"./b=c\","
		      "\"B\":\"/d\"}}}",
		      errors, &spec),
		0);
	assert_string_equal(spec->local.environment_files[0], "A=/srv/roost/b=c");
	assert_string_equal(spec->local.environment_files[1], "B=/d");
}

#define TCP "{\"game\":\"tcp\",\"listen\":\"[::]:5556\""

static void
lines_of_a_console_are_checked_where_they_are_declared(void **unused)
{
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *spec = NULL;

	(void)unused;
	assert_refused(TCP ",\"joined_lines\":\"{player} in\"}", "/left_lines", "is missing");
	assert_refused(TCP ",\"left_lines\":\"{player} out\"}", "/joined_lines", "is missing");
	assert_refused(TCP ",\"joined_lines\":[\"{player} in\",\"in\"],\"left_lines\":\"{player} "
			   "out\"}",
		       "/joined_lines/1", "no {player}");
	assert_refused(TCP ",\"joined_lines\":\"{player} in\",\"left_lines\":\"{playr} out\"}",
		       "/left_lines/0", "{playr}");
	assert_refused("{\"joined_lines\":\"{player} in\",\"left_lines\":\"{player} out\"}",
		       "/joined_lines", "minecraft-java");
	assert_refused(TCP ",\"backup\":{\"save_command\":\"save\",\"saved_line\":\"{player}\"}}",
		       "/backup/saved_line", "no hole");
	assert_int_equal(parse(TCP ",\"joined_lines\":[],\"left_lines\":[]}", errors, &spec), 0);
	assert_null(spec->joined_lines);
	assert_false(spec_is_counted_by_lines(spec));
	spec_freep(&spec);
	assert_int_equal(parse(TCP ",\"joined_lines\":\"{player} in\",\"left_lines\":\"{player} "
				   "out\"}",
			       errors, &spec),
			 0);
	assert_true(spec_is_counted_by_lines(spec));
}

static void
all_errors_are_told_in_document_order_up_to_the_bound(void **unused)
{
	static const char text[] = "{\"c\":1,\"name\":\"X\",\"policy\":{\"grace\":true},\"b\":2}";
	CLEANUP(json_freep) json_t *document = json_loads(text, 0, NULL);
	struct spec_error errors[MAX];
	struct server_spec *spec = NULL;

	(void)unused;
	assert_int_equal(spec_parse(document, NULL, errors, MAX, &spec), 7);
	assert_string_equal(errors[0].pointer, "/c");
	assert_string_equal(errors[1].pointer, "/name");
	assert_string_equal(errors[2].pointer, "/policy/grace");
	assert_string_equal(errors[3].pointer, "/b");
	assert_string_equal(errors[4].pointer, "/game");
	assert_string_equal(errors[5].pointer, "/local/command");
	assert_string_equal(errors[6].pointer, "/address");
	assert_int_equal(spec_parse(document, NULL, errors, 2, &spec), 2);
	assert_null(spec);
}

static void
every_setting_refuses_every_other_kind_of_value(void **unused)
{
	static const char *const values[] = { "[[]]",	     "{\"x y\":{}}",	   "-1",  "1e300",
					      "\"\\u0001\"", "\"nonsense value\"", "true" };
	const struct setting_table *table = server_settings();

	(void)unused;
	for (size_t i = 0; i < table->count; i++) {
		size_t refused = 0;

		for (size_t j = 0; j < ELEMENTS(values); j++) {
			CLEANUP(json_freep)
			json_t *v = json_loads(values[j], JSON_DECODE_ANY, NULL);
			CLEANUP(spec_freep) struct server_spec *spec = mem_new(sizeof *spec);
			struct spec_error errors[MAX];
			struct complaints complaints = { .errors = errors, .max = MAX };

			setting_read(&table->rows[i], v, "/here", &complaints, spec);
			refused += complaints.count;
			if (complaints.count > 0)
				assert_true(text_starts_with(errors[0].pointer, "/here"));
		}
		assert_in_range(refused, 3, ELEMENTS(values));
	}
}

static void
two_servers_share_neither_name_nor_host_nor_port(void **unused)
{
	static const struct {
		const char *more, *pointer;
	} cases[] = {
		{ "{}", "/name" },
		{ "{\"name\":\"b\"}", "/address" },
		{ "{\"name\":\"b\",\"address\":\"localhost:25570\"}", "/address" },
		{ "{\"name\":\"b\",\"address\":\"127.0.0.1:2\",\"hosts\":[\"x\",\"survival\"]}",
		  "/hosts/1" },
		{ "{\"name\":\"b\",\"address\":\"127.0.0.1:2\"}", NULL },
		{ "{\"name\":\"b\",\"address\":\"192.0.2.1:25570\"}", NULL },
		{ "{\"name\":\"b\",\"game\":\"udp\",\"listen\":[\"127.0.0.1:7\"]}", NULL },
	};
	struct spec_error errors[MAX];
	CLEANUP(spec_freep) struct server_spec *first = NULL;

	(void)unused;
	assert_int_equal(parse("{}", errors, &first), 0);
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		CLEANUP(spec_freep) struct server_spec *second = NULL;
		struct spec_error error;

		assert_int_equal(parse(cases[i].more, errors, &second), 0);
		assert_int_equal(spec_conflicts(second, first, &error), cases[i].pointer != NULL);
		if (cases[i].pointer != NULL)
			assert_string_equal(error.pointer, cases[i].pointer);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_declaration_gets_the_defaults_of_the_contract),
		cmocka_unit_test(every_member_is_read_and_written_back_the_same),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place_and_what_is_allowed),
		cmocka_unit_test(games_of_datagrams_have_listeners_of_their_own),
		cmocka_unit_test(rcon_needs_an_address_and_a_password),
		cmocka_unit_test(a_tcp_game_needs_a_listener_of_its_own),
		cmocka_unit_test(secrets_of_the_environment_are_files),
		cmocka_unit_test(lines_of_a_console_are_checked_where_they_are_declared),
		cmocka_unit_test(all_errors_are_told_in_document_order_up_to_the_bound),
		cmocka_unit_test(every_setting_refuses_every_other_kind_of_value),
		cmocka_unit_test(two_servers_share_neither_name_nor_host_nor_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
