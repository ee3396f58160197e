/* SPDX-License-Identifier: Apache-2.0 */
/* A circle of lines: see the header. */

#include "wire/supervise/backlog.h"

#include <string.h>

#define LINES_A_MS 64

int64_t
backlog_beginning(struct instant began)
{
	int64_t ms = began.ms > 0 ? began.ms : 0;

	return (ms & ((INT64_C(1) << 42) - 1)) * LINES_A_MS * BACKLOG_STEP; /* until 2109 */
}

static size_t
size_of(const struct backlog_line *line)
{
	return strlen(line->line) + (line->styled != NULL ? strlen(line->styled) : 0);
}

static void
drop_first(struct backlog *backlog)
{
	struct backlog_line *line = &backlog->lines[backlog->first++ % CONSOLE_TAIL_LINES];

	backlog->bytes -= size_of(line);
	backlog->lost = line->place;
	mem_free(TAKE(line->line));
	mem_free(TAKE(line->styled));
}

void
backlog_add(struct backlog *backlog, int64_t place, const char *line, const char *styled)
{
	struct backlog_line *at;

	ASSERT(place > backlog->last);
	if (backlog_count(backlog) == CONSOLE_TAIL_LINES)
		drop_first(backlog);
	at = &backlog->lines[backlog->end++ % CONSOLE_TAIL_LINES];
	*at = (struct backlog_line){ place, text_copy(line), text_copy(styled) };
	backlog->last = place;
	backlog->bytes += size_of(at);
	while (backlog->bytes > CONSOLE_TAIL_BYTES)
		drop_first(backlog);
}

const struct backlog_line *
backlog_at(const struct backlog *backlog, size_t n)
{
	ASSERT(n < backlog_count(backlog));
	return &backlog->lines[(backlog->first + n) % CONSOLE_TAIL_LINES];
}

size_t
backlog_count(const struct backlog *backlog)
{
	return backlog->end - backlog->first;
}

void
backlog_deinit(struct backlog *backlog)
{
	while (backlog_count(backlog) > 0)
		drop_first(backlog);
}
