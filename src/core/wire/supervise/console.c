/* SPDX-License-Identifier: Apache-2.0 */
/* Output as lines: see the header. Escape sequences are those of ECMA-48 §5.3-5.6. */

#include "wire/supervise/console.h"

#include <string.h>

#define ESCAPE 0x1b
#define BELL   0x07

/* Behind `ESC [`: parameters and intermediates, then one final byte. */
static size_t
control_sequence_length(const char *s, size_t length)
{
	size_t at = 0;

	while (at < length && (unsigned char)s[at] >= 0x20 && (unsigned char)s[at] <= 0x3f)
		at++;
	return at < length ? at + 1 : at;
}

/* Behind `ESC ]` and its kin: until BEL or ESC \. */
static size_t
command_string_length(const char *s, size_t length)
{
	size_t at = 0;

	while (at < length && s[at] != BELL && s[at] != ESCAPE)
		at++;
	if (at + 1 < length && s[at] == ESCAPE && s[at + 1] == '\\')
		return at + 2;
	return at < length && s[at] == BELL ? at + 1 : at;
}

/* The whole escape sequence at `s`, which begins with ESC. */
static size_t
escape_length(const char *s, size_t length)
{
	if (length < 2)
		return 1;
	switch (s[1]) {
	case '[':
		return 2 + control_sequence_length(s + 2, length - 2);
	case ']':
	case 'P':
	case '^':
	case '_':
		return 2 + command_string_length(s + 2, length - 2);
	case '(':
	case ')':
	case '#':
		return length < 3 ? length : 3;
	default:
		return 2;
	}
}

void
console_clean(char *to, size_t size, const char *from, size_t length)
{
	char plain[CONSOLE_LINE_LIMIT];
	size_t put = 0, at = 0;

	ASSERT(size > 0);
	if (length > 0 && from[length - 1] == '\r')
		length--;
	while (at < length && put < sizeof plain) {
		if (from[at] == ESCAPE) {
			at += escape_length(from + at, length - at);
			continue;
		}
		if (from[at] == '\r')
			put = 0;
		else if (from[at] == '\t')
			plain[put++] = ' ';
		else if (from[at] != '\0' && from[at] != BELL)
			plain[put++] = from[at];
		at++;
	}
	text_clean(to, size, plain, put);
}

static void
tell(struct console_splitter *splitter, console_line *line, void *argument)
{
	char clean[CONSOLE_LINE_LIMIT + 1];

	console_clean(clean, sizeof clean, splitter->pending, splitter->length);
	splitter->length = 0;
	line(argument, clean);
}

void
console_split(struct console_splitter *splitter, const char *bytes, size_t length,
	      console_line *line, void *argument)
{
	while (length > 0) {
		const char *end = memchr(bytes, '\n', length);
		size_t part = end != NULL ? (size_t)(end - bytes) : length;
		size_t room = sizeof splitter->pending - splitter->length;
		bool ends = end != NULL && part <= room;

		if (part > room)
			part = room;
		memcpy(splitter->pending + splitter->length, bytes, part);
		splitter->length += part;
		bytes += part + ends;
		length -= part + ends;
		if (ends || (splitter->length == sizeof splitter->pending && length > 0))
			tell(splitter, line, argument);
	}
}

void
console_flush(struct console_splitter *splitter, console_line *line, void *argument)
{
	if (splitter->length > 0)
		tell(splitter, line, argument);
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
