/* SPDX-License-Identifier: Apache-2.0 */
/* A server's console over the API: what it says, and what is said to it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "api_fixture.h"

#define CONSOLE "/v1/servers/survival/console"
#define COMMAND "/v1/servers/survival/command"

static void
says(struct api_fixture *f, int64_t place, bool past, const char *line)
{
	struct fact fact = { .kind = FACT_CONSOLE_LINE, .server = "survival" };

	fact.as.process.line = text_copy(line);
	fact.as.process.place = place;
	fact.as.process.past = past;
	fixture_note(&f->world, &fact);
}

/* The lines that are answered, each with its number: "16:a 32:b". */
static char *
asked(struct api_fixture *f, const char *query, const char *member, bool expected)
{
	CLEANUP(json_freep)
	json_t *json = api_expect(f, (struct asked){ .path = CONSOLE, .query = query }, 200);
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	const json_t *numbers = json_object_get(json, "numbers");
	const json_t *line;
	size_t i;

	json_array_foreach(json_object_get(json, "lines"), i, line)
	{
		buf_format(&text, "%s%lld:%s", i > 0 ? " " : "",
			   (long long)json_integer_value(json_array_get(numbers, i)),
			   json_string_value(line));
	}
	assert_int_equal(json_array_size(numbers), json_array_size(json_object_get(json, "lines")));
	if (member != NULL)
		assert_int_equal(json_get_bool(json, member, !expected), expected);
	else
		assert_null(json_object_get(json, "gap"));
	return buf_take_text(&text);
}

static void
expect(struct api_fixture *f, const char *query, const char *lines)
{
	CLEANUP(text_freep) char *text = asked(f, query, NULL, false);

	assert_string_equal(text, lines);
}

static void
expect_gap(struct api_fixture *f, const char *query, const char *lines, bool gap)
{
	CLEANUP(text_freep) char *text = asked(f, query, "gap", gap);

	assert_string_equal(text, lines);
}

static void
lines_are_asked_for_by_number_by_text_and_by_how_many(void **state)
{
	struct api_fixture *f = *state;

	expect(f, NULL, "");
	says(f, 160, false, "Starting");
	says(f, 176, false, "[Server] anna joined");
	says(f, 0, false, "answer of RCON");
	says(f, 192, false, "Anna LEFT");
	expect(f, NULL, "160:Starting 176:[Server] anna joined 177:answer of RCON 192:Anna LEFT");
	expect(f, "tail=1", "192:Anna LEFT");
	expect(f, "limit=2", "177:answer of RCON 192:Anna LEFT");
	expect(f, "search=ANNA", "176:[Server] anna joined 192:Anna LEFT");
	expect(f, "search=anna&tail=1", "192:Anna LEFT");
	expect(f, "search=nobody", "");
	expect_gap(f, "after=176", "177:answer of RCON 192:Anna LEFT", false);
	expect_gap(f, "after=192", "", false);
	expect_gap(f, "after=176&search=anna", "192:Anna LEFT", false);
	assert_int_equal(api_status(f, (struct asked){ .path = CONSOLE,
						       .query = "search=",
						       .bearer = f->token[ROLE_ADMIN] }),
			 422);
}

static void
who_comes_back_is_told_each_line_once_and_of_each_gap(void **state)
{
	struct api_fixture *f = *state;
	char line[32];

	/* roost has just begun: of what was before 160 it knows nothing. */
	says(f, 160, true, "a");
	says(f, 176, true, "b");
	expect_gap(f, "after=159", "160:a 176:b", false);
	expect_gap(f, "after=144", "160:a 176:b", true);
	/* The same supervisor tells it all again. */
	says(f, 160, true, "a");
	says(f, 176, true, "b");
	says(f, 192, false, "c");
	expect_gap(f, "after=160", "176:b 192:c", false);
	/* A place ahead of all there was is of another time. */
	expect_gap(f, "after=999999", "", true);
	expect_gap(f, "after=160&limit=1", "192:c", true);
	for (int64_t i = 0; i < CONSOLE_TAIL_LINES; i++) {
		(void)snprintf(line, sizeof line, "%lld", (long long)i);
		says(f, 208 + i * 16, false, line);
	}
	expect_gap(f, "after=192&search=499", "8192:499", false);
	expect_gap(f, "after=176&search=499", "8192:499", true);
}

static void
a_clock_that_was_set_back_never_makes_numbers_smaller(void **state)
{
	struct api_fixture *f = *state;

	says(f, 160000, false, "before");
	says(f, 160, false, "after");
	says(f, 176, false, "again");
	expect(f, NULL, "160000:before 160001:after 160002:again");
}

static void
colours_are_kept_for_those_who_ask_and_nothing_else_of_a_terminals(void **state)
{
	struct api_fixture *f = *state;
	struct fact fact = { .kind = FACT_CONSOLE_LINE, .server = "survival" };

	fact.as.process.line = text_copy("red end");
	fact.as.process.styled = text_copy("\033[31mred\033[m\033]52;c;eA==\007 \033[2Jend");
	fixture_note(&f->world, &fact);
	expect(f, NULL, "1:red end");
	expect(f, "ansi=false", "1:red end");
	expect(f, "ansi=true", "1:\033[31mred\033[m end");
	expect(f, "search=d%20e", "1:red end");
}

static void
a_line_of_the_past_is_for_who_reads_and_not_for_who_acts(void **state)
{
	struct api_fixture *f = *state;
	static const char join[] = "[12:00:00] [Server thread/INFO]: anna joined the game";

	json_decref(api_expect(
		f, (struct asked){ .method = API_POST, .path = "/v1/servers/survival/wake" }, 202));
	fixture_run(&f->world, DURATION_S(30));
	says(f, 160, true, join);
	fixture_run(&f->world, DURATION_S(30));
	assert_int_equal(fixture_count(&f->world, "player.joined"), 0);
	CLEANUP(text_freep) char *text = asked(f, "search=anna", NULL, false);

	assert_non_null(strstr(text, "anna joined"));
}

/* --- what is said to it --------------------------------------------------------------------- */

static void
begin(struct api_fixture *f, struct config_rate rate)
{
	api_free(f->api);
	fixture_restart(&f->world);
	f->api = api_new(f->world.plane, &(struct api_settings){ .version = "1",
								 .public_url = "",
								 .data_directory = "/d",
								 .base_directory = "/b",
								 .console_commands = rate });
	mem_free(api_start(f->api, NULL));
	json_decref(api_expect(
		f, (struct asked){ .method = API_POST, .path = "/v1/servers/survival/wake" }, 202));
	fixture_run(&f->world, DURATION_S(30));
}

static struct asked
line_of(const struct api_fixture *f, enum role role, const char *body)
{
	return (struct asked){
		.method = API_POST, .path = COMMAND, .body = body, .bearer = f->token[role]
	};
}

static void
a_user_who_says_too_much_waits_and_others_do_not(void **state)
{
	struct api_fixture *f = *state;
	struct told told;

	begin(f, (struct config_rate){ .per_second = 0.5, .burst = 3 });
	for (int i = 0; i < 3; i++)
		assert_int_equal(api_status(f, line_of(f, ROLE_STAFF, "{\"line\":\"a\"}")), 202);
	told = api_ask(f, line_of(f, ROLE_STAFF, "{\"line\":\"b\"}"));
	assert_int_equal(told.answer.status, 429);
	assert_in_range(told.answer.retry_after, 1, 2);
	told_done(&told);
	assert_int_equal(api_status(f, line_of(f, ROLE_ADMIN, "{\"line\":\"c\"}")), 202);
	fixture_run(&f->world, DURATION_S(2));
	assert_int_equal(api_status(f, line_of(f, ROLE_STAFF, "{\"line\":\"d\"}")), 202);
	assert_int_equal(fixture_count(&f->world, "server.command_sent"), 5);
	assert_null(strstr(f->world.said, "b\n"));
}

static void
without_a_bound_any_number_is_taken(void **state)
{
	struct api_fixture *f = *state;

	begin(f, (struct config_rate){ 0 });
	for (int i = 0; i < 50; i++)
		assert_int_equal(api_status(f, line_of(f, ROLE_STAFF, "{\"line\":\"a\"}")), 202);
}

static void
each_command_is_recorded_with_who_and_which_way(void **state)
{
	struct api_fixture *f = *state;
	const char *event;

	begin(f, (struct config_rate){ 0 });
	assert_int_equal(api_status(f, line_of(f, ROLE_STAFF, "{\"line\":\"op anna\"}")), 202);
	event = fixture_last(&f->world, "server.command_sent");
	assert_non_null(strstr(event, "\"by\":\"s\""));
	assert_non_null(strstr(event, "\"line\":\"op anna\""));
	assert_non_null(strstr(event, "\"via\":\"api\""));
	assert_null(strstr(event, "unsure"));
	assert_int_equal(api_status(f, (struct asked){ .method = API_POST,
						       .path = COMMAND,
						       .body = "{\"line\":\"list\"}",
						       .local = true }),
			 202);
	event = fixture_last(&f->world, "server.command_sent");
	assert_non_null(strstr(event, "\"by\":\"local\""));
	assert_non_null(strstr(event, "\"via\":\"cli\""));
	assert_int_equal(api_status(f, line_of(f, ROLE_PLAYER, "{\"line\":\"stop\"}")), 403);
	assert_int_equal(fixture_count(&f->world, "server.command_sent"), 2);
}

static void
what_is_no_line_is_refused_with_the_place(void **state)
{
	static const struct {
		const char *body, *detail;
	} rows[] = {
		{ "{\"line\":\"say \\u001b[31mhi\"}", "behind byte 4" },
		{ "{\"line\":\"a\\nstop\"}", "behind byte 1" },
		{ "{\"line\":\"\\u0085\"}", "behind byte 0" },
		{ "{\"line\":\"\\u00e9\\u007f\"}", "behind byte 2" },
		{ "{\"line\":\"\"}", "1 to 1000 bytes" },
	};
	struct api_fixture *f = *state;
	char body[1100] = "{\"line\":\"";

	begin(f, (struct config_rate){ 0 });
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct told told = api_ask(f, line_of(f, ROLE_STAFF, rows[i].body));

		assert_int_equal(told.answer.status, 422);
		assert_non_null(strstr(told.answer.body, "/line"));
		assert_non_null(strstr(told.answer.body, rows[i].detail));
		told_done(&told);
	}
	for (size_t length = 999; length <= 1002; length++) {
		memset(body + 9, 'x', length);
		memcpy(body + 9 + length, "\"}", 3);
		assert_int_equal(api_status(f, line_of(f, ROLE_STAFF, body)),
				 length <= 1000 ? 202 : 422);
	}
	assert_null(strchr(f->world.said, '\033'));
}

#define WITH_API(test) cmocka_unit_test_setup_teardown(test, api_fixture_new, api_fixture_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_API(lines_are_asked_for_by_number_by_text_and_by_how_many),
		WITH_API(who_comes_back_is_told_each_line_once_and_of_each_gap),
		WITH_API(a_clock_that_was_set_back_never_makes_numbers_smaller),
		WITH_API(colours_are_kept_for_those_who_ask_and_nothing_else_of_a_terminals),
		WITH_API(a_line_of_the_past_is_for_who_reads_and_not_for_who_acts),
		WITH_API(a_user_who_says_too_much_waits_and_others_do_not),
		WITH_API(without_a_bound_any_number_is_taken),
		WITH_API(each_command_is_recorded_with_who_and_which_way),
		WITH_API(what_is_no_line_is_refused_with_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
