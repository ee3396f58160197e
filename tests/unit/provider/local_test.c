/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "model/server.h"
#include "port/probe.h"
#include "port/process.h"
#include "port/rcon.h"
#include "provider/provider.h"

#define NOW ((struct instant){ 1700000000000 })

static char asked[128]; /* the last request, as text */

static void
ensure(struct process_port *port, struct ticket ticket, const struct process_order *order)
{
	(void)snprintf(asked, sizeof asked, "ensure %s", order->token);
}

static void
find(struct process_port *port, struct ticket ticket, const char *token)
{
	(void)snprintf(asked, sizeof asked, "find %s", token);
}

static void
say(struct process_port *port, struct ticket ticket, const char *token, const char *line)
{
	(void)snprintf(asked, sizeof asked, "say %s", line);
}

static void
send_signal(struct process_port *port, struct ticket ticket, const char *token, int number)
{
	(void)snprintf(asked, sizeof asked, "signal %d", number);
}

static void
forget(struct process_port *port, struct ticket ticket, const char *token)
{
	(void)snprintf(asked, sizeof asked, "forget %s", token);
}

static void
probe(struct probe_port *port, struct ticket ticket, const struct probe_question *question)
{
	(void)snprintf(asked, sizeof asked, "probe");
}

static struct process_port process = { ensure, find, say, send_signal, forget, NULL };
static void
say_by_rcon(struct rcon_port *port, struct ticket ticket, const struct console_order *order)
{
	(void)snprintf(asked, sizeof asked, "rcon %s", order->line);
}

static struct probe_port prober = { probe };
static struct rcon_port rcon = { say_by_rcon };
static char stop_line[] = "stop";
static struct server_spec spec;
static struct server_status status;
static struct flow flow;
static struct flow_scene scene;

static int
a_scene(void **unused)
{
	(void)unused;
	spec = (struct server_spec){ .game = GAME_MINECRAFT_JAVA,
				     .stop = { stop_line, 0, DURATION_S(60) } };
	status = (struct server_status){ .run = { .id = "01RUN" } };
	scene = (struct flow_scene){ .spec = &spec,
				     .status = &status,
				     .flow = &flow,
				     .process = &process,
				     .probe = &prober,
				     .rcon = &rcon,
				     .now = NOW };
	flow = (struct flow){ .direction = FLOW_FORWARD, .step_since = NOW };
	return 0;
}

static const struct flow_step *
step(const struct recipe *recipe, const char *name)
{
	for (unsigned i = 0; i < recipe->count; i++) {
		if (strcmp(recipe->steps[i].name, name) == 0)
			return &recipe->steps[i];
	}
	fail_msg("no step %s", name);
	return NULL;
}

static const char *
request(flow_send *send, unsigned attempt)
{
	flow.attempt = attempt;
	send(&scene, (struct ticket){ 1 });
	return asked;
}

static enum verdict
judged_process(flow_judge *judge, enum process_is is, bool ready_line)
{
	struct process_answer answer = { .is = is, .ready_line_seen = ready_line };
	struct reply reply = { .holds = REPLY_PROCESS, .as.process = &answer };
	char reason[REASON_LIMIT + 1] = "";

	return judge(&scene, &reply, reason);
}

static enum verdict
judged(flow_judge *judge, enum reply_result result)
{
	struct reply reply = { .result = result, .reason = "because" };
	char reason[REASON_LIMIT + 1] = "";

	return judge(&scene, &reply, reason);
}

static const struct recipe *start, *stop;

static void
a_process_is_ensured_under_its_token(void **unused)
{
	const struct flow_step *s = step(start, "ensure");

	(void)unused;
	assert_string_equal(request(s->send, 0), "ensure 01RUN");
	assert_string_equal(request(s->send, 3), "ensure 01RUN");
	status.run.restarts = 1;
	assert_string_equal(request(s->send, 0), "ensure 01RUN-1");
	assert_int_equal(judged_process(s->judge, PROCESS_RUNNING, false), VERDICT_NEXT);
	assert_int_equal(judged_process(s->judge, PROCESS_GONE, false), VERDICT_FAIL);
	assert_int_equal(judged_process(s->judge, PROCESS_NONE, false), VERDICT_AGAIN);
	assert_int_equal(judged(s->judge, REPLY_REFUSED), VERDICT_FAIL);
}

static void
the_game_is_asked_and_its_process_looked_at_between(void **unused)
{
	const struct flow_step *s = step(start, "answer");
	struct reply reply = { .holds = REPLY_PROBE };
	char reason[REASON_LIMIT + 1];
	unsigned looks = 0;

	(void)unused;
	assert_string_equal(request(s->send, 0), "probe");
	for (unsigned i = 0; i < 64; i++)
		looks += strcmp(request(s->send, i), "find 01RUN") == 0;
	assert_int_equal(looks, 8);
	flow.look = true;
	assert_string_equal(request(s->send, 0), "find 01RUN");
	assert_int_equal(s->judge(&scene, &reply, reason), VERDICT_NEXT);
	assert_int_equal(judged(s->judge, REPLY_REFUSED), VERDICT_AGAIN);
	assert_int_equal(judged_process(s->judge, PROCESS_RUNNING, true), VERDICT_AGAIN);
	assert_int_equal(judged_process(s->judge, PROCESS_GONE, false), VERDICT_FAIL);
	assert_int_equal(judged_process(s->judge, PROCESS_NONE, false), VERDICT_FAIL);
}

static void
a_tcp_game_is_ready_by_its_port_or_where_one_is_named_its_line(void **unused)
{
	const struct flow_step *s = step(start, "answer");
	char line[] = "Done";

	(void)unused;
	spec.game = GAME_TCP;
	assert_string_equal(request(s->send, 0), "probe");
	assert_int_equal(s->judge(&scene, &(struct reply){ .holds = REPLY_PROBE }, NULL),
			 VERDICT_NEXT);
	spec.ready_line = line;
	assert_string_equal(request(s->send, 0), "find 01RUN");
	assert_string_equal(request(s->send, 1), "find 01RUN");
	assert_int_equal(judged_process(s->judge, PROCESS_RUNNING, false), VERDICT_AGAIN);
	assert_int_equal(judged_process(s->judge, PROCESS_RUNNING, true), VERDICT_NEXT);
}

static void
a_line_makes_no_minecraft_server_ready(void **unused)
{
	const struct flow_step *s = step(start, "answer");
	char line[] = "Done";

	(void)unused;
	spec.ready_line = line;
	assert_string_equal(request(s->send, 0), "probe");
	assert_string_equal(request(s->send, 1), "probe");
	assert_int_equal(judged_process(s->judge, PROCESS_RUNNING, true), VERDICT_AGAIN);
}

static void
what_has_no_console_is_signalled_at_once(void **unused)
{
	const struct flow_step *s = step(stop, "save");

	(void)unused;
	flow.refused = true;
	assert_string_equal(request(s->send, 1), "signal 15");
	flow.refused = false;
	assert_string_equal(request(s->send, 2), "find 01RUN");
	flow.refused = true;
	assert_string_equal(request(s->send, 3), "find 01RUN");
	spec.stop = (struct stop_rule){ NULL, SIGINT, DURATION_S(60) };
	assert_string_equal(request(s->send, 1), "find 01RUN");
}

static void
an_end_that_nobody_saw_is_told_as_that(void **unused)
{
	const struct flow_step *s = step(start, "answer");
	struct process_answer answer = { .is = PROCESS_GONE, .exit_status = -1 };
	struct reply reply = { .holds = REPLY_PROCESS, .as.process = &answer };
	char reason[REASON_LIMIT + 1] = "";

	(void)unused;
	assert_int_equal(s->judge(&scene, &reply, reason), VERDICT_FAIL);
	assert_non_null(strstr(reason, "the machine was restarted"));
	answer = (struct process_answer){ .is = PROCESS_NONE };
	reason[0] = '\0';
	assert_int_equal(s->judge(&scene, &reply, reason), VERDICT_FAIL);
	assert_non_null(strstr(reason, "the machine was restarted"));
}

static void
players_are_told_twice_before_a_stop(void **unused)
{
	const struct flow_step *s = step(stop, "announce");

	(void)unused;
	assert_string_equal(request(s->send, 0),
			    "say say This server goes to sleep in 10 seconds.");
	assert_int_equal(judged(s->judge, REPLY_DONE), VERDICT_AGAIN);
	assert_string_equal(request(s->send, 1), "say say This server goes to sleep in 5 seconds.");
	assert_int_equal(judged(s->judge, REPLY_REFUSED), VERDICT_AGAIN);
	assert_string_equal(request(s->send, 2), "find 01RUN");
	assert_int_equal(judged(s->judge, REPLY_REFUSED), VERDICT_NEXT);
}

static void
a_stop_asks_then_looks_then_ends_it(void **unused)
{
	const struct flow_step *s = step(stop, "save");

	(void)unused;
	assert_string_equal(request(s->send, 0), "say stop");
	assert_string_equal(request(s->send, 1), "find 01RUN");
	scene.now = instant_add(NOW, DURATION_S(60));
	assert_string_equal(request(s->send, 2), "signal 9");
	assert_string_equal(request(s->send, 3), "find 01RUN");
	spec.stop = (struct stop_rule){ NULL, SIGTERM, DURATION_S(60) };
	assert_string_equal(request(s->send, 0), "signal 15");
	assert_int_equal(judged(s->judge, REPLY_DONE), VERDICT_AGAIN);
	assert_int_equal(judged(s->judge, REPLY_REFUSED), VERDICT_AGAIN);
	assert_int_equal(judged_process(s->judge, PROCESS_RUNNING, false), VERDICT_AGAIN);
	assert_int_equal(judged_process(s->judge, PROCESS_GONE, false), VERDICT_NEXT);
	assert_int_equal(judged_process(s->judge, PROCESS_NONE, false), VERDICT_NEXT);
}

static void
what_is_left_is_forgotten_ended_and_looked_at(void **unused)
{
	const struct flow_step *s = step(stop, "release");
	const struct flow_step *undo = step(start, "ensure");

	(void)unused;
	assert_ptr_equal(s->send, undo->undo);
	assert_string_equal(request(s->send, 0), "forget 01RUN");
	assert_int_equal(judged(s->judge, REPLY_DONE), VERDICT_NEXT);
	assert_int_equal(judged(s->judge, REPLY_REFUSED), VERDICT_AGAIN);
	assert_string_equal(request(s->send, 1), "signal 9");
	assert_int_equal(judged(s->judge, REPLY_DONE), VERDICT_AGAIN);
	assert_string_equal(request(s->send, 2), "find 01RUN");
	assert_int_equal(judged_process(s->judge, PROCESS_NONE, false), VERDICT_NEXT);
	assert_int_equal(judged_process(s->judge, PROCESS_GONE, false), VERDICT_AGAIN);
}

static void
with_rcon_a_game_is_warned_and_stopped_by_it(void **unused)
{
	(void)unused;
	spec.rcon.address.port = 25575;
	assert_string_equal(request(step(stop, "announce")->send, 0),
			    "rcon say This server goes to sleep in 10 seconds.");
	assert_string_equal(request(step(stop, "save")->send, 0), "rcon stop");
	scene.rcon = NULL;
	assert_string_equal(request(step(stop, "save")->send, 0), "say stop");
}

static void
recipes_are_found_again_by_name(void **unused)
{
	(void)unused;
	assert_ptr_equal(provider_recipe("local-start-2"), start);
	assert_ptr_equal(provider_recipe("local-stop-2"), stop);
	assert_null(provider_recipe("no-such"));
}

#define TEST(name) cmocka_unit_test_setup(name, a_scene)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_process_is_ensured_under_its_token),
		TEST(the_game_is_asked_and_its_process_looked_at_between),
		TEST(a_tcp_game_is_ready_by_its_port_or_where_one_is_named_its_line),
		TEST(a_line_makes_no_minecraft_server_ready),
		TEST(what_has_no_console_is_signalled_at_once),
		TEST(an_end_that_nobody_saw_is_told_as_that),
		TEST(players_are_told_twice_before_a_stop),
		TEST(a_stop_asks_then_looks_then_ends_it),
		TEST(what_is_left_is_forgotten_ended_and_looked_at),
		TEST(with_rcon_a_game_is_warned_and_stopped_by_it),
		TEST(recipes_are_found_again_by_name),
	};

	start = provider_get(PROVIDER_LOCAL)->start;
	stop = provider_get(PROVIDER_LOCAL)->stop;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
