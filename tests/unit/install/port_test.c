/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "install/workshop_port.h"

#define REPLIES 16

struct asker {
	uv_loop_t loop;
	struct workshop_port *port;
	char directory[64];
	struct reply replies[REPLIES];
	size_t count;
};

static void
on_fact(void *argument, const struct fact *fact)
{
	struct asker *asker = argument;

	assert_true(asker->count < REPLIES);
	asker->replies[asker->count++] = fact->as.reply;
}

static int
render(const struct workshop_order *order, char ret_why[static REASON_LIMIT + 1])
{
	if (strcmp(order->server, "bad") != 0)
		return 0;
	(void)text_put(ret_why, REASON_LIMIT + 1, "no ink");
	return -EIO;
}

static struct asker *
asker_new(void)
{
	struct asker *asker = mem_new(sizeof *asker);
	const struct downloader_options options = { .fetch = { .user_agent = "roost/test" } };

	(void)text_put(asker->directory, sizeof asker->directory, "/tmp/roost-port-XXXXXX");
	assert_non_null(mkdtemp(asker->directory));
	assert_int_equal(uv_loop_init(&asker->loop), 0);
	asker->port = workshop_port_new(&asker->loop, &options, render, on_fact, asker);
	return asker;
}

static void
asker_free(struct asker *asker)
{
	CLEANUP(text_freep) char *command = text_format("rm -r '%s'", asker->directory);
	FILE *gone = popen(command, "r");

	assert_non_null(gone);
	(void)pclose(gone);
	workshop_port_free(asker->port);
	(void)uv_run(&asker->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&asker->loop), 0);
	for (size_t i = 0; i < asker->count; i++)
		reply_deinit(&asker->replies[i]);
	mem_free(asker);
}

static void
wait_for(struct asker *asker, size_t count)
{
	while (asker->count < count)
		(void)uv_run(&asker->loop, UV_RUN_ONCE);
}

/* Order a script, or without one the rendering of files. */
static void
order(struct asker *asker, uint64_t ticket, const char *server, const char *script)
{
	CLEANUP(json_freep)
	json_t *list = json_pack("[{s:s, s:[s,s,s]}]", "do", "run", "command", "sh", "-c",
				 script != NULL ? script : "true");
	struct preparation preparation;
	struct spec_error error;
	struct complaints complaints = { .errors = &error, .max = 1 };
	const struct workshop_order wanted = { .server = server,
					       .directory = asker->directory,
					       .preparation = &preparation };
	size_t before = asker->count;

	preparation_read(NULL, list, "", &complaints, &preparation);
	assert_int_equal(complaints.count, 0);
	if (script != NULL)
		asker->port->install(asker->port, (struct ticket){ ticket }, &wanted);
	else
		asker->port->render(asker->port, (struct ticket){ ticket }, &wanted);
	assert_int_equal(asker->count, before);
	preparation_deinit(&preparation);
}

static void
an_installation_is_answered_once_it_is_done(void **unused)
{
	struct asker *asker = asker_new();

	(void)unused;
	order(asker, 1, "a", "echo hello > made");
	wait_for(asker, 1);
	assert_int_equal(asker->replies[0].ticket.v, 1);
	assert_int_equal(asker->replies[0].result, REPLY_DONE);
	assert_string_equal(asker->replies[0].as.text, "It is installed.");
	order(asker, 2, "a", "echo hello > made");
	wait_for(asker, 2);
	assert_string_equal(asker->replies[1].as.text, "");
	asker_free(asker);
}

static void
one_that_fails_is_refused_with_the_reason(void **unused)
{
	struct asker *asker = asker_new();

	(void)unused;
	order(asker, 1, "a", "exit 4");
	wait_for(asker, 1);
	assert_int_equal(asker->replies[0].result, REPLY_REFUSED);
	assert_non_null(strstr(asker->replies[0].reason, "exit status 4"));
	asker_free(asker);
}

static void
orders_of_one_server_are_done_one_by_one(void **unused)
{
	struct asker *asker = asker_new();

	(void)unused;
	for (uint64_t i = 1; i <= 4; i++) {
		char script[64];

		(void)snprintf(script, sizeof script,
			       ": %u; mkdir busy && sleep 0.05 && rmdir busy", (unsigned)i);
		order(asker, i, "a", script);
	}
	wait_for(asker, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(asker->replies[i].ticket.v, i + 1);
		assert_int_equal(asker->replies[i].result, REPLY_DONE);
	}
	asker_free(asker);
}

static void
files_are_rendered_however_many_installations_go_on(void **unused)
{
	static const char *const servers[] = { "a", "b", "c", "d", "e" };
	struct asker *asker = asker_new();

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(servers); i++)
		order(asker, i + 1, servers[i], "sleep 1000");
	order(asker, 7, "good", NULL);
	order(asker, 8, "bad", NULL);
	wait_for(asker, 2);
	assert_int_equal(asker->replies[0].ticket.v, 7);
	assert_int_equal(asker->replies[0].result, REPLY_DONE);
	assert_int_equal(asker->replies[1].result, REPLY_REFUSED);
	assert_string_equal(asker->replies[1].reason, "no ink");
	asker_free(asker);
}

static void
an_installation_tells_how_far_it_is_and_can_be_given_up(void **unused)
{
	struct asker *asker = asker_new();
	struct workshop_progress progress = { .begun = false };

	(void)unused;
	order(asker, 1, "a", "sleep 1000");
	while (!progress.begun)
		assert_true(asker->port->progress(asker->port, (struct ticket){ 1 }, &progress));
	assert_int_equal(progress.step, 0);
	assert_int_equal(progress.step_count, 1);
	assert_string_equal(progress.title, "run sh");
	asker->port->cancel(asker->port, (struct ticket){ 1 });
	wait_for(asker, 1);
	assert_int_equal(asker->replies[0].result, REPLY_REFUSED);
	assert_non_null(strstr(asker->replies[0].reason, "given up"));
	assert_false(asker->port->progress(asker->port, (struct ticket){ 1 }, &progress));
	asker_free(asker);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_installation_is_answered_once_it_is_done),
		cmocka_unit_test(one_that_fails_is_refused_with_the_reason),
		cmocka_unit_test(orders_of_one_server_are_done_one_by_one),
		cmocka_unit_test(files_are_rendered_however_many_installations_go_on),
		cmocka_unit_test(an_installation_tells_how_far_it_is_and_can_be_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
