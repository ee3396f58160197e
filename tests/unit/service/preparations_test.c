/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../keeper/fixture.h"
#include "service/preparations.h"

#define ORDERS 16

/* A workshop that notes what it is told, and answers when the test says so. */
struct noted {
	bool is_install, again, cancelled, gone;
	struct ticket ticket;
	char motd[40];
};

struct scene {
	struct fixture world;
	struct workshop_port port;
	struct preparations *preparations;
	struct noted orders[ORDERS];
	size_t count;
};

static void
note(struct workshop_port *port, struct ticket ticket, const struct workshop_order *order,
     bool is_install)
{
	struct scene *s = CONTAINER_OF(port, struct scene, port);
	struct noted *noted = &s->orders[s->count];

	assert_true(s->count < ORDERS);
	*noted =
		(struct noted){ .is_install = is_install, .again = order->again, .ticket = ticket };
	(void)text_put(noted->motd, sizeof noted->motd,
		       json_get_text(order->preparation->values, "motd", ""));
	s->count++;
}

static void
order_install(struct workshop_port *port, struct ticket ticket, const struct workshop_order *order)
{
	note(port, ticket, order, true);
}

static void
order_render(struct workshop_port *port, struct ticket ticket, const struct workshop_order *order)
{
	note(port, ticket, order, false);
}

static void
order_cancel(struct workshop_port *port, struct ticket ticket)
{
	struct scene *s = CONTAINER_OF(port, struct scene, port);

	for (size_t i = 0; i < s->count; i++)
		s->orders[i].cancelled =
			s->orders[i].cancelled || s->orders[i].ticket.v == ticket.v;
}

static bool
order_progress(struct workshop_port *port, struct ticket ticket,
	       struct workshop_progress *ret_progress)
{
	struct scene *s = CONTAINER_OF(port, struct scene, port);

	for (size_t i = 0; i < s->count; i++) {
		if (s->orders[i].ticket.v != ticket.v || s->orders[i].gone)
			continue;
		*ret_progress = (struct workshop_progress){ .step_count = 1, .begun = true };
		return true;
	}
	return false;
}

static void
declare(struct scene *s, const char *motd, bool with_steps)
{
	CLEANUP(text_freep)
	char *json = text_format(
		"{\"name\":\"survival\",\"game\":\"tcp\",\"listen\":\"127.0.0.1:5600\","
		"\"address\":\"127.0.0.1:5601\",\"local\":{\"command\":\"game\",\"directory\":"
		"\"/srv/s0\"},\"policy\":{\"restarts\":1},\"preparation\":{\"files\":[{\"path\":"
		"\"game.cfg\",\"format\":\"text\",\"text\":\"${motd}\"}],\"install\":[%s],"
		"\"values\":{\"motd\":\"%s\"}}}",
		with_steps ? "{\"do\":\"run\",\"command\":[\"true\"]}" : "", motd);

	fixture_declare(&s->world, json);
	fixture_run(&s->world, DURATION_MS(10));
}

static void
born(struct scene *s)
{
	s->preparations = preparations_new(s->world.plane);
	preparations_load(s->preparations);
	plane_attend(s->world.plane);
	fixture_run(&s->world, DURATION_MS(0));
}

static void
start(struct scene *s)
{
	memset(s, 0, sizeof *s);
	s->port =
		(struct workshop_port){ order_install, order_render, order_cancel, order_progress };
	s->world.workshop = &s->port;
	s->world.boot = DURATION_S(2);
	fixture_start(&s->world);
	born(s);
	declare(s, "one", true);
}

static void
end(struct scene *s)
{
	fixture_stop(&s->world);
	preparations_unload(s->preparations);
}

static void
wake(struct scene *s)
{
	fixture_wish(&s->world, "survival", WANT_UP);
	fixture_run(&s->world, DURATION_S(1));
}

static struct noted *
last(struct scene *s)
{
	assert_true(s->count > 0);
	return &s->orders[s->count - 1];
}

/* The last order ends well: an installation says that it did something. */
static void
done(struct scene *s)
{
	struct reply reply = { .ticket = last(s)->ticket };

	if (last(s)->is_install) {
		reply.holds = REPLY_TEXT;
		reply.as.text = text_copy("It is installed.");
	}
	last(s)->gone = true;
	fixture_reply(&s->world, reply);
	fixture_run(&s->world, DURATION_S(1));
}

static void
refuse(struct scene *s, const char *why)
{
	struct reply reply = { .ticket = last(s)->ticket, .result = REPLY_REFUSED };

	(void)text_put(reply.reason, sizeof reply.reason, why);
	last(s)->gone = true;
	fixture_reply(&s->world, reply);
	fixture_run(&s->world, DURATION_S(1));
}

static enum state
state(struct scene *s)
{
	return fixture_server(&s->world, "survival")->status.state;
}

static void
assert_order(struct scene *s, size_t count, bool is_install)
{
	assert_int_equal(s->count, count);
	assert_int_equal(last(s)->is_install, is_install);
}

static void
a_game_starts_once_it_is_installed_and_its_files_are_rendered(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s);
	wake(&s);
	assert_order(&s, 1, true);
	assert_null(fixture_running(&s.world));
	done(&s);
	assert_order(&s, 2, false);
	assert_null(fixture_running(&s.world));
	done(&s);
	fixture_run(&s.world, DURATION_S(4));
	assert_int_equal(state(&s), STATE_READY);
	assert_int_equal(s.count, 2);
	assert_int_equal(fixture_count(&s.world, "install.started"), 1);
	assert_int_equal(fixture_count(&s.world, "install.finished"), 1);
	end(&s);
}

static void
a_start_fails_with_the_step_that_failed_and_the_next_one_tries_again(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s);
	wake(&s);
	refuse(&s, "Install step 'Get it' failed: no such host");
	assert_int_equal(state(&s), STATE_FAILED);
	assert_string_equal(fixture_server(&s.world, "survival")->status.reason,
			    "Install step 'Get it' failed: no such host");
	assert_int_equal(fixture_count(&s.world, "install.failed"), 1);
	wake(&s);
	assert_order(&s, 2, true);
	end(&s);
}

static void
a_start_fails_with_the_file_that_could_not_be_rendered(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s);
	declare(&s, "one", false);
	wake(&s);
	assert_order(&s, 1, false);
	refuse(&s, "'game.cfg' could not be written");
	assert_int_equal(state(&s), STATE_FAILED);
	assert_string_equal(fixture_server(&s.world, "survival")->status.reason,
			    "'game.cfg' could not be written");
	end(&s);
}

static void
up(struct scene *s)
{
	size_t before = s->count;

	wake(s);
	while (s->count > before && s->count < ORDERS && !last(s)->gone)
		done(s);
	fixture_run(&s->world, DURATION_S(4));
	assert_int_equal(state(s), STATE_READY);
}

static void
a_game_that_crashed_is_prepared_again_before_it_starts_again(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s);
	up(&s);
	declare(&s, "two", true);
	assert_int_equal(s.count, 2);
	fixture_end(&s.world);
	fixture_run(&s.world, DURATION_S(2));
	assert_int_equal(state(&s), STATE_WAKING);
	assert_null(fixture_running(&s.world));
	assert_order(&s, 3, true);
	assert_string_equal(last(&s)->motd, "two");
	done(&s);
	done(&s);
	fixture_run(&s.world, DURATION_S(4));
	assert_int_equal(state(&s), STATE_READY);
	assert_int_equal(s.count, 4);
	end(&s);
}

static void
a_game_that_is_called_back_while_it_goes_down_is_prepared_for_its_next_run(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s);
	up(&s);
	s.world.stubborn = true;
	fixture_wish(&s.world, "survival", WANT_DOWN);
	fixture_run(&s.world, DURATION_S(3));
	assert_int_equal(state(&s), STATE_SETTLING);
	fixture_wish(&s.world, "survival", WANT_UP);
	fixture_run(&s.world, DURATION_S(1));
	assert_int_equal(s.count, 2);
	fixture_end(&s.world);
	s.world.stubborn = false;
	fixture_run(&s.world, DURATION_S(2));
	assert_int_equal(state(&s), STATE_WAKING);
	assert_order(&s, 3, true);
	end(&s);
}

static void
nothing_is_prepared_while_the_game_runs(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s);
	up(&s);
	assert_int_equal(preparations_install(s.preparations, "survival", "admin", true),
			 PREPARATIONS_AWAKE);
	/* Not for a wish that is true already, nor by a roost that comes back to it. */
	wake(&s);
	fixture_restart(&s.world);
	preparations_unload(s.preparations);
	born(&s);
	wake(&s);
	fixture_run(&s.world, DURATION_S(5));
	assert_int_equal(s.count, 2);
	end(&s);
}

static void
what_is_declared_meanwhile_is_prepared_instead(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s);
	wake(&s);
	declare(&s, "two", true);
	done(&s);
	done(&s);
	/* All of it again: which of the two was installed nobody knows. */
	assert_order(&s, 3, true);
	assert_string_equal(last(&s)->motd, "two");
	assert_null(fixture_running(&s.world));
	done(&s);
	assert_string_equal(last(&s)->motd, "two");
	done(&s);
	fixture_run(&s.world, DURATION_S(4));
	assert_int_equal(state(&s), STATE_READY);
	assert_int_equal(s.count, 4);
	end(&s);
}

static void
a_sleep_gives_an_installation_up_and_the_next_start_waits_for_its_end(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s);
	wake(&s);
	fixture_wish(&s.world, "survival", WANT_DOWN);
	fixture_run(&s.world, DURATION_S(2));
	assert_int_equal(state(&s), STATE_ASLEEP);
	assert_true(last(&s)->cancelled);
	wake(&s);
	assert_int_equal(s.count, 1);
	refuse(&s, "it was given up");
	assert_order(&s, 2, true);
	assert_false(last(&s)->again);
	/* It is the first that was given up; nobody is told that it failed. */
	assert_int_equal(state(&s), STATE_WAKING);
	assert_int_equal(fixture_count(&s.world, "install.failed"), 0);
	end(&s);
}

static void
an_order_that_nobody_answers_is_given_again(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s);
	wake(&s);
	fixture_run(&s.world, DURATION_S(120));
	assert_int_equal(s.count, 1); /* it is known, and simply takes long */
	last(&s)->gone = true;
	fixture_run(&s.world, DURATION_S(40));
	assert_order(&s, 2, true);
	/* The first one's answer comes after all, and is nobody's. */
	fixture_reply(&s.world, (struct reply){ .ticket = s.orders[0].ticket });
	fixture_run(&s.world, DURATION_S(1));
	assert_int_equal(s.count, 2);
	end(&s);
}

static void
somebody_installs_a_sleeper_once_or_anew(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s);
	assert_int_equal(preparations_install(s.preparations, "survival", "admin", true),
			 PREPARATIONS_BEGUN);
	assert_int_equal(preparations_install(s.preparations, "survival", "admin", true),
			 PREPARATIONS_BUSY);
	fixture_run(&s.world, DURATION_S(1));
	assert_order(&s, 1, true);
	assert_true(last(&s)->again);
	/* A start waits for it, and does not ask for it again. */
	wake(&s);
	assert_int_equal(s.count, 1);
	done(&s);
	done(&s);
	assert_order(&s, 3, true);
	assert_false(last(&s)->again);
	end(&s);
}

static void
somebody_gives_an_installation_up_and_is_told_why_it_ended(void **unused)
{
	struct workshop_progress progress;
	struct scene s;

	(void)unused;
	start(&s);
	assert_false(preparations_cancel(s.preparations, "survival"));
	assert_int_equal(preparations_install(s.preparations, "survival", "admin", false),
			 PREPARATIONS_BEGUN);
	fixture_run(&s.world, DURATION_S(1));
	assert_true(preparations_progress(s.preparations, "survival", &progress));
	assert_true(preparations_cancel(s.preparations, "survival"));
	assert_true(last(&s)->cancelled);
	refuse(&s, "it was given up");
	assert_non_null(strstr(fixture_last(&s.world, "install.failed"), "it was given up"));
	assert_non_null(strstr(fixture_last(&s.world, "install.failed"), "admin"));
	assert_false(preparations_progress(s.preparations, "survival", &progress));
	end(&s);
}

static void
without_steps_there_is_nothing_to_install(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s);
	declare(&s, "one", false);
	assert_int_equal(preparations_install(s.preparations, "survival", "admin", false),
			 PREPARATIONS_NOTHING);
	end(&s);
}

static void
what_needs_no_preparation_any_more_waits_for_what_is_under_way(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s);
	wake(&s);
	fixture_declare(&s.world,
			"{\"name\":\"survival\",\"game\":\"tcp\",\"listen\":\"127.0.0.1:5600\","
			"\"address\":\"127.0.0.1:5601\",\"local\":{\"command\":\"game\","
			"\"directory\":\"/srv/s0\"}}");
	fixture_run(&s.world, DURATION_S(2));
	assert_true(last(&s)->cancelled);
	assert_null(fixture_running(&s.world));
	refuse(&s, "it was given up");
	fixture_run(&s.world, DURATION_S(4));
	assert_int_equal(state(&s), STATE_READY);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_game_starts_once_it_is_installed_and_its_files_are_rendered),
		cmocka_unit_test(
			a_start_fails_with_the_step_that_failed_and_the_next_one_tries_again),
		cmocka_unit_test(a_start_fails_with_the_file_that_could_not_be_rendered),
		cmocka_unit_test(a_game_that_crashed_is_prepared_again_before_it_starts_again),
		cmocka_unit_test(
			a_game_that_is_called_back_while_it_goes_down_is_prepared_for_its_next_run),
		cmocka_unit_test(nothing_is_prepared_while_the_game_runs),
		cmocka_unit_test(what_is_declared_meanwhile_is_prepared_instead),
		cmocka_unit_test(
			a_sleep_gives_an_installation_up_and_the_next_start_waits_for_its_end),
		cmocka_unit_test(an_order_that_nobody_answers_is_given_again),
		cmocka_unit_test(somebody_installs_a_sleeper_once_or_anew),
		cmocka_unit_test(somebody_gives_an_installation_up_and_is_told_why_it_ended),
		cmocka_unit_test(without_steps_there_is_nothing_to_install),
		cmocka_unit_test(what_needs_no_preparation_any_more_waits_for_what_is_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
