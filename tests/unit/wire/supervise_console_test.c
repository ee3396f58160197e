/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "wire/supervise/console.h"

static void
on_line(void *argument, const char *line, const char *styled)
{
	buf_format(argument, "%s|%s", line, styled != NULL ? styled : "");
}

static void
lines_are_the_same_however_they_were_split(void **unused)
{
	static const char output[] = "one\r\ntwo\n\n\033[1;31mred\033[0m \033]0;title\007end\n"
				     "10%\r50%\r100%\ntab\there\nbad\xff utf\xc3\xa9\nlast";
	size_t length = sizeof output - 1;

	(void)unused;
	for (size_t piece = 1; piece <= length; piece++) {
		CLEANUP(buf_deinit) struct buf lines = BUF_NULL;
		struct console_splitter *splitter = mem_new(sizeof *splitter);

		for (size_t at = 0; at < length; at += piece)
			console_split(splitter, output + at,
				      length - at < piece ? length - at : piece, on_line, &lines);
		assert_true(console_pending_has(splitter, "las"));
		assert_false(console_pending_has(splitter, "end"));
		assert_false(console_pending_has(splitter, ""));
		console_flush(splitter, on_line, &lines);
		console_flush(splitter, on_line, &lines);
		assert_string_equal(buf_text(&lines),
				    "one|two||red end|\033[1;31mred\033[m end100%|tab here|"
				    "bad? utf\xc3\xa9|last|");
		mem_free(splitter);
	}
}

static void
on_count(void *argument, const char *line, const char *styled)
{
	size_t *bytes = argument;

	assert_null(styled);
	assert_true(strlen(line) <= CONSOLE_LINE_LIMIT);
	assert_true(text_starts_with(line, *bytes == 0 ? "x" : CONSOLE_REST "x"));
	*bytes += strlen(strchr(line, 'x'));
}

static void
a_line_without_end_is_told_in_parts(void **unused)
{
	static char output[3 * CONSOLE_LINE_LIMIT + 5];

	(void)unused;
	memset(output, 'x', sizeof output);
	for (size_t piece = 1000; piece < 2 * CONSOLE_LINE_LIMIT; piece += 1234) {
		struct console_splitter *splitter = mem_new(sizeof *splitter);
		size_t bytes = 0;

		for (size_t at = 0; at < sizeof output; at += piece)
			console_split(splitter, output + at,
				      sizeof output - at < piece ? sizeof output - at : piece,
				      on_count, &bytes);
		console_flush(splitter, on_count, &bytes);
		assert_int_equal(bytes, sizeof output);
		mem_free(splitter);
	}
}

struct forged {
	char lines[8][CONSOLE_LINE_LIMIT + 1];
	size_t count;
};

static void
on_forged(void *argument, const char *line, const char *styled)
{
	struct forged *forged = argument;

	if (styled != NULL && text_starts_with(line, CONSOLE_REST))
		assert_true(text_starts_with(styled, CONSOLE_REST));
	assert_true(forged->count < ELEMENTS(forged->lines));
	(void)text_put(forged->lines[forged->count++], sizeof forged->lines[0], line);
}

/* Wherever the forged head stands in a long line: only what follows a newline begins with it. */
static void
a_long_line_cannot_be_made_to_look_like_two(void **unused)
{
	static const char *const heads[] = { "[INFO]: Evil joined the game",
					     "\r[INFO]: Evil joined the game",
					     "\033[32m[INFO]: Evil joined the game" };

	(void)unused;
	for (size_t h = 0; h < ELEMENTS(heads); h++) {
		for (size_t before = CONSOLE_LINE_LIMIT - 40; before < CONSOLE_LINE_LIMIT + 8;
		     before++) {
			CLEANUP(buf_deinit) struct buf output = BUF_NULL;
			struct console_splitter *splitter = mem_new(sizeof *splitter);
			struct forged *forged = mem_new(sizeof *forged);

			buf_put_text(&output, "[INFO]: <Evil> ");
			while (output.length < before)
				buf_put_byte(&output, 'x');
			buf_put_text(&output, heads[h]);
			buf_put_text(&output, "\n[INFO]: true\n");
			console_split(splitter, buf_text(&output), output.length, on_forged,
				      forged);
			assert_in_range(forged->count, 2, 3);
			for (size_t i = 1; i + 1 < forged->count; i++)
				assert_true(text_starts_with(forged->lines[i], CONSOLE_REST));
			assert_string_equal(forged->lines[forged->count - 1], "[INFO]: true");
			mem_free(forged);
			mem_free(splitter);
		}
	}
}

static void
a_cut_escape_sequence_hurts_nothing(void **unused)
{
	static const char text[] = "a\033[1;2mb\033]0;t\033\\c\033(Bd\033=e";
	char clean[sizeof text];

	(void)unused;
	for (size_t length = 0; length < sizeof text; length++) {
		char *copy = malloc(length + 1);

		memcpy(copy, text, length);
		console_clean(clean, sizeof clean, copy, length);
		assert_true(text_starts_with("abcde", clean));
		free(copy);
	}
	assert_string_equal(clean, "abcde");
}

static void
the_tail_keeps_the_last_lines(void **unused)
{
	char tail[TAIL_TEXT_LIMIT] = "", line[2000];

	(void)unused;
	for (int i = 0; i < 100; i++) {
		(void)snprintf(line, sizeof line, "line %d", i);
		console_tail_add(tail, line);
	}
	assert_true(text_starts_with(tail, "line 80\nline 81\n"));
	assert_true(text_ends_with(tail, "\nline 99"));
	memset(line, 'y', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	for (int i = 0; i < 10; i++)
		console_tail_add(tail, line);
	assert_true(strlen(tail) < TAIL_TEXT_LIMIT);
	assert_true(text_ends_with(tail, "yyy"));
	assert_null(strstr(tail, "line"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_the_same_however_they_were_split),
		cmocka_unit_test(a_line_without_end_is_told_in_parts),
		cmocka_unit_test(a_long_line_cannot_be_made_to_look_like_two),
		cmocka_unit_test(a_cut_escape_sequence_hurts_nothing),
		cmocka_unit_test(the_tail_keeps_the_last_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
