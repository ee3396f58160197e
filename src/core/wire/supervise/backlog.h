/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_BACKLOG_H
#define ROOST_BACKLOG_H

/*
 * The last lines of a console and where each stands: at most CONSOLE_TAIL_LINES of
 * them and CONSOLE_TAIL_BYTES of text, the oldest falling off. A supervisor has one
 * for its game, so that a roost that comes back is told what it missed; roost has one
 * for each server.
 *
 * A place is a number that only grows. A supervisor's lines stand at multiples of
 * BACKLOG_STEP behind backlog_beginning() of when it began, so they are the same
 * however often roost is started, and those of a later run are greater: up to 64
 * lines for each millisecond between two beginnings. What roost adds itself (answers of
 * RCON) stands in between.
 */

#include "base/instant.h"
#include "base/limits.h"

#define BACKLOG_STEP 16

struct backlog_line {
	int64_t place;
	char *line;
	char *styled;		/* with its colours; NULL: it has none */
};

struct backlog {
	struct backlog_line lines[CONSOLE_TAIL_LINES];	/* the nth ever at n % CONSOLE_TAIL_LINES */
	size_t first, end;				/* first..end-1 are held */
	size_t bytes;
	int64_t last;		/* the greatest place there was; 0: none */
	int64_t lost;		/* of the last line that was there, or may have been, and is not held */
};

/* Where a supervisor that began then begins to count; below 2^53. */
int64_t backlog_beginning(struct instant began);

/* `place` is greater than `last`. The texts are copied. */
void backlog_add(struct backlog *backlog, int64_t place, const char *line, const char *styled);

/* The nth line held, from the oldest; n < end - first. */
const struct backlog_line *backlog_at(const struct backlog *backlog, size_t n);
size_t backlog_count(const struct backlog *backlog);

void backlog_deinit(struct backlog *backlog);

#endif
