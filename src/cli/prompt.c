/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libedit asks for characters one by one through get_character(), which is where
 * everything else is waited for too. A line that comes meanwhile takes the place of the
 * prompt: that is erased, with all rows that the typed text has come to, and drawn again below.
 */

#include "cli/prompt.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "cli/terminal.h"

#define HISTORY_LINES 500
#define COLUMNS_LEAST 2

struct prompt {
	EditLine *edit;
	History *history;
	char *path; /* of the history's file, or NULL */
	char *text;
	struct prompt_watch watch;
	bool typing; /* the prompt is on the screen */
	bool over;
};

/* --- history ---------------------------------------------------------------------------------- */

/* Make `path` and what it lies in, for us alone. */
static void
make_directories(char *path)
{
	for (char *at = path + 1; *at != '\0'; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		(void)mkdir(path, 0700);
		*at = '/';
	}
}

/* NULL: there is nowhere to keep it. */
static char *
history_path(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path = NULL;

	if (state != NULL && *state == '/')
		path = text_format("%s/roost/console-history", state);
	else if (home != NULL && *home == '/')
		path = text_format("%s/.local/state/roost/console-history", home);
	if (path != NULL)
		make_directories(path);
	return path;
}

static void
history_begin(struct prompt *p)
{
	HistEvent event;
	mode_t before;

	p->history = history_init();
	ASSERT(p->history != NULL);
	(void)history(p->history, &event, H_SETSIZE, HISTORY_LINES);
	(void)history(p->history, &event, H_SETUNIQUE, 1);
	p->path = history_path();
	if (p->path == NULL)
		return;
	before = umask(077);
	(void)history(p->history, &event, H_LOAD, p->path);
	(void)umask(before);
}

static void
history_keep(struct prompt *p, const char *line)
{
	HistEvent event;
	mode_t before;

	if (line[0] == '\0' || line[0] == ' ')
		return;
	(void)history(p->history, &event, H_ENTER, line);
	if (p->path == NULL)
		return;
	before = umask(077);
	(void)history(p->history, &event, H_SAVE, p->path);
	(void)umask(before);
}

/* --- what is on the screen -------------------------------------------------------------------- */

static size_t
columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < COLUMNS_LEAST)
		return 80;
	return size.ws_col;
}

/* From the cursor back to where the prompt begins, and nothing left behind there. */
static void
erase_typed(struct prompt *p)
{
	const LineInfo *line = el_line(p->edit);
	CLEANUP(text_freep)
	char *before = text_copy_n(line->buffer, (size_t)(line->cursor - line->buffer));
	size_t rows = (text_width(p->text) + text_width(before)) / columns();

	(void)fputc('\r', stdout);
	if (rows > 0)
		(void)printf("\033[%zuA", rows);
	(void)fputs("\033[J", stdout);
}

void
prompt_print(struct prompt *p, const char *line)
{
	if (p->typing)
		erase_typed(p);
	(void)printf("%s\n", line); /* the terminal itself makes \r\n of it */
	(void)fflush(stdout);
	if (p->typing)
		(void)el_set(p->edit, EL_REFRESH);
}

/* --- characters ------------------------------------------------------------------------------- */

/* Wait until something was typed; false: leave. */
static bool
await_typing(struct prompt *p)
{
	for (;;) {
		struct pollfd polls[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
					   { .fd = p->watch.fd(p->watch.argument),
					     .events = POLLIN } };
		int found = poll(polls, 2, p->watch.patience(p->watch.argument));

		if (found < 0 && errno != EINTR)
			return false;
		if (found < 0)
			continue;
		if ((found == 0 || polls[1].revents != 0) && !p->watch.on_event(p->watch.argument))
			return false;
		if (found > 0 && polls[0].revents != 0)
			return true;
	}
}

/* One character of however many bytes; what is none is left out. */
static int
get_character(EditLine *edit, wchar_t *ret_character)
{
	struct prompt *p;
	mbstate_t state = { 0 };
	size_t length;
	char byte;

	if (el_get(edit, EL_CLIENTDATA, &p) != 0)
		return -1;
	for (;;) {
		if (!await_typing(p) || read(STDIN_FILENO, &byte, 1) != 1) {
			p->over = true;
			return 0;
		}
		length = mbrtowc(ret_character, &byte, 1, &state);
		if (length == 0 || length == 1)
			return 1;
		if (length == (size_t)-1)
			state = (mbstate_t){ 0 };
	}
}

static char *
get_prompt(EditLine *edit)
{
	struct prompt *p;

	return el_get(edit, EL_CLIENTDATA, &p) == 0 ? p->text : (char *)"> ";
}

/* --- its life --------------------------------------------------------------------------------- */

struct prompt *
prompt_new(const char *text, const struct prompt_watch *watch)
{
	const char *term = getenv("TERM");
	struct prompt *p;

	if (term == NULL || *term == '\0' || strcmp(term, "dumb") == 0)
		return NULL;
	if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	p = mem_new(sizeof *p);
	p->text = text_copy(text);
	p->watch = *watch;
	p->edit = el_init("roost", stdin, stdout, stderr);
	if (p->edit == NULL) {
		prompt_free(p);
		return NULL;
	}
	history_begin(p);
	(void)el_set(p->edit, EL_CLIENTDATA, p);
	(void)el_set(p->edit, EL_PROMPT, get_prompt);
	(void)el_set(p->edit, EL_HIST, history, p->history);
	(void)el_set(p->edit, EL_SIGNAL, 1);
	(void)el_set(p->edit, EL_EDITOR, "emacs");
	(void)el_set(p->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
	(void)el_set(p->edit, EL_GETCFN, get_character);
	(void)el_source(p->edit, NULL);
	return p;
}

void
prompt_free(struct prompt *p)
{
	if (p == NULL)
		return;
	if (p->edit != NULL)
		el_end(p->edit);
	if (p->history != NULL)
		history_end(p->history);
	mem_free(p->path);
	mem_free(p->text);
	mem_free(p);
}

char *
prompt_read(struct prompt *p)
{
	const char *typed;
	char *line = NULL;
	int length;

	p->typing = true;
	typed = el_gets(p->edit, &length);
	p->typing = false;
	if (typed != NULL && length > 0 && !p->over) {
		line = text_copy_n(typed, strcspn(typed, "\r\n"));
		history_keep(p, line);
	} else {
		(void)printf("\n");
	}
	return line;
}
