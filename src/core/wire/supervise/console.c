/* SPDX-License-Identifier: Apache-2.0 */
/* Output as lines: see the header. */

#include "wire/supervise/console.h"

#include <string.h>

#include "wire/ansi.h"

void
console_clean(char *to, size_t size, const char *from, size_t length)
{
	ansi_strip(to, size, from, length);
}

static size_t
mark_length(const struct console_splitter *splitter)
{
	return splitter->is_rest ? strlen(CONSOLE_REST) : 0;
}

/* The mark stands before what is clean: a carriage return in the rest does not take it away. */
static void
tell(struct console_splitter *splitter, console_line *line, void *argument)
{
	char clean[CONSOLE_LINE_LIMIT + 1], styled[ANSI_LINE_SIZE];
	size_t mark = mark_length(splitter);
	bool has_colour =
		ansi_keep(styled + mark, sizeof styled - mark, splitter->pending, splitter->length);

	memcpy(clean, CONSOLE_REST, mark);
	memcpy(styled, CONSOLE_REST, mark);
	ansi_strip(clean + mark, sizeof clean - mark, splitter->pending, splitter->length);
	splitter->length = 0;
	line(argument, clean, has_colour ? styled : NULL);
}

void
console_split(struct console_splitter *splitter, const char *bytes, size_t length,
	      console_line *line, void *argument)
{
	while (length > 0) {
		const char *end = memchr(bytes, '\n', length);
		size_t part = end != NULL ? (size_t)(end - bytes) : length;
		size_t most = sizeof splitter->pending - mark_length(splitter);
		size_t room = most - splitter->length;
		bool ends = end != NULL && part <= room;

		if (part > room)
			part = room;
		memcpy(splitter->pending + splitter->length, bytes, part);
		splitter->length += part;
		bytes += part + ends;
		length -= part + ends;
		if (!ends && (splitter->length < most || length == 0))
			continue;
		tell(splitter, line, argument);
		splitter->is_rest = !ends;
	}
}

void
console_flush(struct console_splitter *splitter, console_line *line, void *argument)
{
	if (splitter->length > 0)
		tell(splitter, line, argument);
	splitter->is_rest = false;
}

bool
console_pending_has(const struct console_splitter *splitter, const char *text)
{
	char clean[CONSOLE_LINE_LIMIT + 1];

	if (splitter->length == 0 || text[0] == '\0')
		return false;
	console_clean(clean, sizeof clean, splitter->pending, splitter->length);
	return strstr(clean, text) != NULL;
}

/* Cut the first line off. */
static void
drop_first(char *tail)
{
	char *end = strchr(tail, '\n');

	if (end == NULL)
		*tail = '\0';
	else
		memmove(tail, end + 1, strlen(end + 1) + 1);
}

static size_t
count_lines(const char *tail)
{
	size_t count = *tail != '\0';

	for (; *tail != '\0'; tail++)
		count += *tail == '\n';
	return count;
}

void
console_tail_add(char tail[static TAIL_TEXT_LIMIT], const char *line)
{
	char cut[TAIL_TEXT_LIMIT / 4];
	size_t length;

	(void)text_put(cut, sizeof cut, line);
	while (count_lines(tail) >= TAIL_LINES_LIMIT ||
	       strlen(tail) + strlen(cut) + 2 > TAIL_TEXT_LIMIT)
		drop_first(tail);
	length = strlen(tail);
	if (length > 0)
		tail[length++] = '\n';
	memcpy(tail + length, cut, strlen(cut) + 1);
}
