/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fixture.h"

static const char survival[] =
	"{\"name\": \"survival\", \"game\": \"minecraft-java\", \"provider\": \"local\","
	" \"local\": {\"command\": [\"java\"], \"directory\": \"survival\"},"
	" \"address\": \"127.0.0.1:25570\", \"stop\": {\"console\": \"stop\", \"within\": \"60s\"},"
	" \"policy\": {\"idle_after\": \"15m\", \"grace\": \"5m\", \"start_within\": \"10m\"}}";

static int
start(void **state)
{
	struct fixture *f = mem_new(sizeof *f);

	f->boot = DURATION_S(20);
	fixture_start(f);
	fixture_declare(f, survival);
	*state = f;
	return 0;
}

static int
stop(void **state)
{
	fixture_stop(*state);
	mem_free(*state);
	return 0;
}

static enum state
state_of(struct fixture *f)
{
	return fixture_server(f, "survival")->status.state;
}

static void
a_wish_wakes_a_server_and_a_wish_puts_it_to_sleep(void **state)
{
	struct fixture *f = *state;

	fixture_wish(f, "survival", WANT_UP);
	fixture_run(f, DURATION_S(1));
	assert_int_equal(state_of(f), STATE_WAKING);
	assert_non_null(fixture_running(f));
	fixture_run(f, DURATION_S(20));
	assert_int_equal(state_of(f), STATE_READY);
	assert_int_equal(f->table->servers[0].state, STATE_READY);
	fixture_wish(f, "survival", WANT_DOWN);
	fixture_run(f, DURATION_S(5));
	assert_int_equal(state_of(f), STATE_ASLEEP);
	assert_null(fixture_running(f));
	assert_int_equal(f->process_count, 0);
	assert_int_equal(fixture_count(f, "server.ready"), 1);
	assert_int_equal(fixture_count(f, "server.asleep"), 1);
	assert_int_equal(f->told, f->event_count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_wish_wakes_a_server_and_a_wish_puts_it_to_sleep,
						start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
