/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal: colour, width, time and secrets. See the header. */

#include "cli/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"

#define SECRET_LIMIT 1024

bool
terminal_is_tty(int fd)
{
	return isatty(fd) != 0;
}

bool
terminal_has_colour(void)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return terminal_is_tty(STDOUT_FILENO) && (no_colour == NULL || *no_colour == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

const char *
colour_begin(enum colour colour)
{
	if (!terminal_has_colour())
		return "";
	switch (colour) {
	case COLOUR_NONE:
		return "";
	case COLOUR_GOOD:
		return "\033[32m";
	case COLOUR_BUSY:
		return "\033[33m";
	case COLOUR_BAD:
		return "\033[31m";
	case COLOUR_QUIET:
		return "\033[2m";
	}
	return "";
}

const char *
colour_end(void)
{
	return terminal_has_colour() ? "\033[0m" : "";
}

void
put_clean(struct buf *b, const char *text)
{
	size_t length = strlen(text);
	char *clean = mem_new(length + 1);

	text_clean(clean, length + 1, text, length);
	buf_put_text(b, clean);
	mem_free(clean);
}

void
print_json(const json_t *json)
{
	size_t flags = terminal_is_tty(STDOUT_FILENO) ? JSON_INDENT(2) : JSON_COMPACT;
	char *text = json_dumps(json, flags | JSON_ENCODE_ANY);

	ASSERT(text != NULL);
	(void)printf("%s\n", text);
	mem_free(text);
}

struct instant
clock_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (struct instant){ (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 };
}

void
clock_text(struct instant t, struct instant now, char text[static CLOCK_TEXT_SIZE])
{
	time_t then_s = (time_t)(t.ms / 1000), now_s = (time_t)(now.ms / 1000);
	struct tm then_tm, now_tm;
	bool today;

	if (localtime_r(&then_s, &then_tm) == NULL || localtime_r(&now_s, &now_tm) == NULL) {
		(void)text_put(text, CLOCK_TEXT_SIZE, "?");
		return;
	}
	today = then_tm.tm_year == now_tm.tm_year && then_tm.tm_yday == now_tm.tm_yday;
	(void)strftime(text, CLOCK_TEXT_SIZE, today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then_tm);
}

/* The first line of standard input; NULL when there is none. */
static char *
read_line(void)
{
	char line[SECRET_LIMIT + 2];

	if (fgets(line, sizeof line, stdin) == NULL)
		return NULL;
	line[strcspn(line, "\r\n")] = '\0';
	return text_copy(line);
}

static char *
read_hidden(const char *prompt)
{
	struct termios before, hidden;
	char *line;

	(void)fprintf(stderr, "%s: ", prompt);
	(void)fflush(stderr);
	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return read_line();
	hidden = before;
	hidden.c_lflag &= (tcflag_t)~ECHO;
	hidden.c_lflag |= ECHONL;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	line = read_line();
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	return line;
}

char *
ask_secret(const char *prompt, bool twice)
{
	CLEANUP(text_freep) char *first = NULL;
	CLEANUP(text_freep) char *second = NULL;
	bool tty = terminal_is_tty(STDIN_FILENO);

	first = tty ? read_hidden(prompt) : read_line();
	if (first == NULL || *first == '\0') {
		(void)refused("no password was given; type one, or write it to the standard input");
		return NULL;
	}
	if (tty && twice) {
		second = read_hidden("Once more");
		if (!text_equal(first, second)) {
			(void)refused("the two passwords differ; nothing was changed");
			return NULL;
		}
	}
	return TAKE(first);
}
