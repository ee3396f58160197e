/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "wire/ansi.h"

static const char *
kept(const char *text)
{
	static char line[ANSI_LINE_SIZE];

	(void)ansi_keep(line, sizeof line, text, strlen(text));
	return line;
}

static void
colours_and_weights_are_kept_in_their_shortest_form(void **unused)
{
	static const char *const rows[][2] = {
		{ "plain", "plain" },
		{ "\033[31mred\033[0m", "\033[31mred\033[m" },
		{ "\033[01;31mred\033[00m.", "\033[1;31mred\033[m." },
		{ "\033[38;5;208mx\033[39m", "\033[38;5;208mx\033[39m\033[m" },
		{ "\033[48;2;1;20;255mx\033[m", "\033[48;2;1;20;255mx\033[m" },
		{ "\033[31ma\033[0;1mb", "\033[31ma\033[;1mb\033[m" },
		{ "\033[m\033[0mnothing in force", "nothing in force" },
		{ "\033[31;0mnor here", "nor here" },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++)
		assert_string_equal(kept(rows[i][0]), rows[i][1]);
}

static void
a_line_never_colours_the_next(void **unused)
{
	(void)unused;
	assert_string_equal(kept("\033[7minverse"), "\033[7minverse\033[m");
	assert_string_equal(kept("\033[31mone\rtwo"), "two");
}

/* Each is what a player could get onto the console of somebody who looks at it. */
static void
no_line_moves_the_cursor_sets_the_title_or_reaches_the_clipboard(void **unused)
{
	static const char *const rows[] = {
		"\033[2J",		     /* erase the screen */
		"\033[10;10H",		     /* move the cursor */
		"\033[A",		     /* up, over what is there */
		"\033[6n",		     /* report the position, as if typed */
		"\033[c",		     /* report what it is */
		"\033[?1049h",		     /* the other screen */
		"\033[8m",		     /* concealed text */
		"\033[5m",		     /* blinking */
		"\033[3:4m",		     /* parts of parameters */
		"\033[38;5;256m",	     /* a colour that is none */
		"\033[38;2;1;2m",	     /* half a colour */
		"\033[1000000000000m",	     /* a number that overflows */
		"\033]0;title\007",	     /* the title, ended by BEL */
		"\033]2;title\033\\",	     /* and by ST */
		"\033]52;c;ZXZpbA==\007",    /* the clipboard */
		"\033]8;;http://evil\033\\", /* a link */
		"\033P+q544e\033\\",	     /* a device control string */
		"\033X\033[31m\033\\", /* a string that holds a sequence: that may be used up too */
		"\033_G\033\\",	       /* a picture */
		"\033c",	       /* reset of the terminal */
		"\033(0",	       /* another character set */
		"\033[",	       /* cut off */
		"\033",
	};
	char text[128];

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		(void)snprintf(text, sizeof text, "a%s", rows[i]);
		if (strchr(rows[i], 'X') == NULL)
			assert_string_equal(kept(text), "a");
		assert_null(strstr(kept(text), "\033]"));
	}
	assert_string_equal(kept("a\b\177\xc2\x9b"
				 "2J\x9b"
				 "1m"),
			    "a???2J?1m");
}

static void
without_colours_the_text_is_the_same(void **unused)
{
	char line[64];
	static const char text[] = "\033[1mbold\033[0m \033]0;t\007end\r";

	(void)unused;
	ansi_strip(line, sizeof line, text, sizeof text - 1);
	assert_string_equal(line, "bold end");
}

/* Whatever the room: whole sequences, whole characters, and no colour left in force. */
static void
a_cut_line_is_whole_and_ends_without_colour(void **unused)
{
	static const char text[] = "\033[31mab\xc3\xa9\033[1;32mcd\033[0mef";
	char line[sizeof text + 8];

	(void)unused;
	for (size_t size = 8; size <= sizeof line; size++) {
		(void)ansi_keep(line, size, text, sizeof text - 1);
		assert_true(strlen(line) < size);
		assert_true(ansi_is_kept(line));
	}
	assert_string_equal(line, "\033[31mab\xc3\xa9\033[1;32mcd\033[mef");
}

static void
what_is_not_as_kept_is_seen(void **unused)
{
	(void)unused;
	assert_true(ansi_is_kept("\033[31mred\033[m"));
	assert_true(ansi_is_kept(""));
	assert_false(ansi_is_kept("\033[31mred"));
	assert_false(ansi_is_kept("\033[031mred\033[m"));
	assert_false(ansi_is_kept("\033[2J"));
	assert_false(ansi_is_kept("tab\t"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colours_and_weights_are_kept_in_their_shortest_form),
		cmocka_unit_test(a_line_never_colours_the_next),
		cmocka_unit_test(no_line_moves_the_cursor_sets_the_title_or_reaches_the_clipboard),
		cmocka_unit_test(without_colours_the_text_is_the_same),
		cmocka_unit_test(a_cut_line_is_whole_and_ends_without_colour),
		cmocka_unit_test(what_is_not_as_kept_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
