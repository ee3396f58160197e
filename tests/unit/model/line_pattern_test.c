/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/line_pattern.h"

static bool
takes(const char *text, const char *line, struct line_taken taken[static LINE_HOLE_MAX])
{
	struct line_pattern pattern;
	char why[REASON_LIMIT + 1];

	assert_true(line_pattern_parse(LINE_SAYS_LEFT, text, &pattern, why));
	return line_pattern_match(&pattern, line, taken);
}

#define assert_taken(taken, expected)                                        \
	do {                                                                 \
		assert_non_null((taken).text);                               \
		assert_int_equal((taken).length, strlen(expected));          \
		assert_memory_equal((taken).text, expected, (taken).length); \
	} while (0)

static void
holes_take_what_stands_in_their_place(void **unused)
{
	struct line_taken taken[LINE_HOLE_MAX];

	(void)unused;
	assert_true(takes("{time}: ACTION[Server]: {player} [{*}] joins game. {*}",
			  "2026-11-21 10:02:20: ACTION[Server]: robin [127.0.0.1] joins game. "
			  "List of players: robin",
			  taken));
	assert_taken(taken[LINE_HOLE_TIME], "2026-11-21 10:02:20");
	assert_taken(taken[LINE_HOLE_PLAYER], "robin");
	assert_null(taken[LINE_HOLE_REASON].text);
	assert_true(takes("[{time}][game]: leave player='{*}:{player with spaces}'",
			  "[2026-11-21 10:02:20][game]: leave player='0:it's me'", taken));
	assert_taken(taken[LINE_HOLE_PLAYER_SPACED], "it's me");
	assert_true(takes("{player} has left ({reason})", "bob has left (read (error))", taken));
	assert_taken(taken[LINE_HOLE_REASON], "read (error)");
	assert_true(takes("{player} left: {reason}", "bob left: ", taken));
	assert_taken(taken[LINE_HOLE_REASON], "");
	assert_true(takes("*** {player} left", "*** bob left", taken));
	assert_false(takes("*** {player} left", "<eve> bob left", taken));
	assert_true(takes("< {player} left", "< \xc3\xa9mile left", taken));
	assert_taken(taken[LINE_HOLE_PLAYER], "\xc3\xa9mile");
}

static void
the_whole_line_is_compared(void **unused)
{
	struct line_taken taken[LINE_HOLE_MAX];

	(void)unused;
	assert_true(takes("{player} left", "bob left", taken));
	assert_false(takes("{player} left", "bob left.", taken));
	assert_false(takes("{player} left", " bob left", taken));
	assert_false(takes("{player} left", "<eve> bob left", taken));
	assert_false(takes("{player} left", "eve: bob left", taken));
	assert_false(takes("{player} left", " left", taken));
	assert_false(takes("{time}: {player} left", "eve: bob left", taken));
	assert_false(takes("{time}: {player} left", "10:00 eve: bob left", taken));
	/* Nothing is tried twice: the first ` left` is where the name ends. */
	assert_false(takes("{player} left{*}", "eve says: bob left", taken));
	assert_false(takes("{*} {player} left{*}", "10:00 <eve> bob left", taken));
}

static void
what_nobody_can_say_in_luantis_chat(void **unused)
{
	struct line_taken taken[LINE_HOLE_MAX];

	(void)unused;
	assert_false(takes("{time}: ACTION[Server]: {player} [{*}] joins game. {*}",
			   "2026-11-21 10:02:20: ACTION[Server]: CHAT: <robin> eve [127.0.0.1] "
			   "joins game. List of players: eve",
			   taken));
	assert_false(takes("{time}: ACTION[Server]: {player} [{*}] joins game. {*}",
			   "2026-11-21 10:02:20: ACTION[Server]: CHAT: <robin> 2026-11-21 "
			   "10:02:20: ACTION[Server]: eve [1] joins game. *",
			   taken));
}

static void
a_mistake_is_told_of(void **unused)
{
	static const struct {
		enum line_says says;
		const char *text, *why;
	} wrong[] = {
		{ LINE_SAYS_JOINED, "", "nothing but holes" },
		{ LINE_SAYS_JOINED, "joined", "no {player}" },
		{ LINE_SAYS_JOINED, "{player}", "nothing but holes" },
		{ LINE_SAYS_JOINED, "{player} {*}", "nothing but holes" },
		{ LINE_SAYS_JOINED, "{player} and {player} joined", "a second {player}" },
		{ LINE_SAYS_JOINED, "{player} and {player with spaces} joined",
		  "a second {player with spaces}" },
		{ LINE_SAYS_JOINED, "{playr} joined", "{playr}, which is no hole" },
		{ LINE_SAYS_JOINED, "{Player} joined", "{Player}, which is no hole" },
		{ LINE_SAYS_JOINED, "{} joined", "{}, which is no hole" },
		{ LINE_SAYS_JOINED, "{player joined", "a brace" },
		{ LINE_SAYS_JOINED, "player} joined", "a brace" },
		{ LINE_SAYS_JOINED, "{{player}} joined", "a brace" },
		{ LINE_SAYS_JOINED, "{player joined {time}", "a brace" },
		{ LINE_SAYS_JOINED, "{player}{*} joined", "{player}{*} with nothing between" },
		{ LINE_SAYS_JOINED, "{time}{player} joined", "{time}{player} with nothing" },
		{ LINE_SAYS_JOINED, "{player} joined {*}{*}", "{*}{*} with nothing" },
		{ LINE_SAYS_JOINED, "{player} joined: {reason}", "{reason}, which is no hole" },
		{ LINE_SAYS_JOINED, "{player} is {uuid}", "{uuid}, which is no hole" },
		{ LINE_SAYS_JOINED, "{player} joined\n", "one line of text" },
		{ LINE_SAYS_JOINED, "{player} joined \xff", "one line of text" },
		{ LINE_SAYS_JOINED, "{player} 1{*}2{*}3{*}4{*}5{*}6{*}7{*}8{*}",
		  "more than 8 holes" },
		{ LINE_SAYS_LEFT, "left", "no {player}" },
		{ LINE_SAYS_SAVED, "{*}", "nothing but holes" },
		{ LINE_SAYS_SAVED, "{player} saved", "{player}, which is no hole" },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(wrong); i++) {
		struct line_pattern pattern;
		char why[REASON_LIMIT + 1] = "";

		assert_false(line_pattern_parse(wrong[i].says, wrong[i].text, &pattern, why));
		if (strstr(why, wrong[i].why) == NULL)
			fail_msg("'%s': %s", wrong[i].text, why);
	}
}

static void
the_longest_pattern_is_taken_and_no_longer_one(void **unused)
{
	char text[LINE_PATTERN_LIMIT + 2], why[REASON_LIMIT + 1];
	struct line_taken taken[LINE_HOLE_MAX];
	struct line_pattern pattern;

	(void)unused;
	memset(text, 'a', sizeof text);
	memcpy(text, "{player} ", 9);
	text[LINE_PATTERN_LIMIT + 1] = '\0';
	assert_false(line_pattern_parse(LINE_SAYS_JOINED, text, &pattern, why));
	text[LINE_PATTERN_LIMIT] = '\0';
	assert_true(line_pattern_parse(LINE_SAYS_JOINED, text, &pattern, why));
	assert_false(line_pattern_match(&pattern, text + 9, taken));
}

/* All patterns of up to so many tokens, with all lines of so many characters. */

static const char *const tokens[] = { "a", "b", " ", "{player}", "{time}", "{*}" };
static const char letters[] = "ab1 ";

#define TOKENS_MOST  4
#define LETTERS_MOST 5

static bool
may_be(enum line_hole hole, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (hole == LINE_HOLE_PLAYER && text[i] == ' ')
			return false;
		if (hole == LINE_HOLE_TIME && text[i] != '1' && text[i] != ' ')
			return false;
	}
	return hole == LINE_HOLE_ANYTHING || length > 0;
}

/* Is there any way at all to see the pattern in the line? */
static bool
could_be(const struct line_pattern *pattern, size_t part, const char *line)
{
	const struct line_part *p = &pattern->parts[part];

	if (part == pattern->count)
		return *line == '\0';
	if (p->hole == LINE_HOLE_MAX)
		return strncmp(line, p->text, p->length) == 0 &&
		       could_be(pattern, part + 1, line + p->length);
	for (size_t length = 0; length <= strlen(line); length++) {
		if (may_be(p->hole, line, length) && could_be(pattern, part + 1, line + length))
			return true;
	}
	return false;
}

static size_t
holes_of(const struct line_pattern *pattern)
{
	size_t count = 0;

	for (size_t i = 0; i < pattern->count; i++)
		count += pattern->parts[i].hole != LINE_HOLE_MAX;
	return count;
}

static void
check(const struct line_pattern *pattern, const char *line, size_t *matched)
{
	struct line_taken taken[LINE_HOLE_MAX];
	bool is = line_pattern_match(pattern, line, taken);
	bool could = could_be(pattern, 0, line);

	assert_true(could || !is);
	if (holes_of(pattern) <= 1)
		assert_int_equal(is, could);
	*matched += is;
	if (is && taken[LINE_HOLE_PLAYER].text != NULL)
		assert_true(may_be(LINE_HOLE_PLAYER, taken[LINE_HOLE_PLAYER].text,
				   taken[LINE_HOLE_PLAYER].length));
}

static void
check_lines(const struct line_pattern *pattern, char *line, size_t length, size_t *matched)
{
	line[length] = '\0';
	check(pattern, line, matched);
	for (size_t i = 0; length < LETTERS_MOST && letters[i] != '\0'; i++) {
		line[length] = letters[i];
		check_lines(pattern, line, length + 1, matched);
	}
	line[length] = '\0';
}

static void
walk(char *text, size_t count, size_t *matched)
{
	size_t length = strlen(text);
	char line[LETTERS_MOST + 1], why[REASON_LIMIT + 1];
	struct line_pattern pattern;

	if (line_pattern_parse(LINE_SAYS_OWN, text, &pattern, why))
		check_lines(&pattern, line, 0, matched);
	for (size_t i = 0; count < TOKENS_MOST && i < ELEMENTS(tokens); i++) {
		strcpy(text + length, tokens[i]);
		walk(text, count + 1, matched);
		text[length] = '\0';
	}
}

static void
what_is_taken_could_stand_there(void **unused)
{
	char text[TOKENS_MOST * 10 + 1] = "";
	size_t matched = 0;

	(void)unused;
	walk(text, 0, &matched);
	assert_true(matched > 1000);
}

static void
a_plain_line_has_no_colours_and_no_end(void **unused)
{
	char plain[CONSOLE_LINE_LIMIT + 1];
	char *longest = mem_new(CONSOLE_LINE_LIMIT + 100);

	(void)unused;
	line_make_plain("\033[0;32mbob \033[1mleft\033[m\r\n", plain);
	assert_string_equal(plain, "bob left");
	line_make_plain("\033[", plain);
	assert_string_equal(plain, "");
	memset(longest, 'a', CONSOLE_LINE_LIMIT + 99);
	line_make_plain(longest, plain);
	assert_int_equal(strlen(plain), CONSOLE_LINE_LIMIT);
	mem_free(longest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holes_take_what_stands_in_their_place),
		cmocka_unit_test(the_whole_line_is_compared),
		cmocka_unit_test(what_nobody_can_say_in_luantis_chat),
		cmocka_unit_test(a_mistake_is_told_of),
		cmocka_unit_test(the_longest_pattern_is_taken_and_no_longer_one),
		cmocka_unit_test(what_is_taken_could_stand_there),
		cmocka_unit_test(a_plain_line_has_no_colours_and_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
