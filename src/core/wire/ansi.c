/* SPDX-License-Identifier: Apache-2.0 */
/* From left to right, text between two escape sequences at a time: see the header. */

#include "wire/ansi.h"

#include <stdio.h>
#include <string.h>

#define ESCAPE	     0x1b
#define BELL	     0x07
#define SIZE_LEAST   8
#define RESET	     "\033[m"
#define RESET_SIZE   3
#define STYLES_LIMIT 32 /* parameters of one sequence; a colour of 24 bits takes five */

struct line {
	char *to;
	size_t size, put;
	bool keeps; /* colours */
	bool in_force, styled;
};

/* --- how long a sequence is ------------------------------------------------------------------ */

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
	case 'X':
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

/* --- colours ---------------------------------------------------------------------------------- */

/* The numbers between `ESC [` and `m`; false when there is anything but digits and semicolons. */
static bool
read_styles(const char *s, size_t length, unsigned styles[static STYLES_LIMIT], size_t *ret_count)
{
	unsigned number = 0;
	size_t count = 0;

	for (size_t i = 0; i <= length; i++) {
		if (i == length || s[i] == ';') {
			if (count == STYLES_LIMIT)
				return false;
			styles[count++] = number;
			number = 0;
		} else if (s[i] >= '0' && s[i] <= '9' && number < 1000) {
			number = number * 10 + (unsigned)(s[i] - '0');
		} else {
			return false;
		}
	}
	*ret_count = count;
	return true;
}

/* Weights and the sixteen colours. Not: blinking, concealed, other fonts. */
static bool
is_plain_style(unsigned style)
{
	static const unsigned char weights[] = { 1, 2, 3, 4, 7, 9, 22, 23, 24, 27, 29 };

	return (style < 30 && memchr(weights, (int)style, sizeof weights) != NULL) ||
	       (style >= 30 && style <= 37) || (style >= 39 && style <= 47) || style == 49 ||
	       (style >= 90 && style <= 97) || (style >= 100 && style <= 107);
}

/* `38;5;N` and `38;2;R;G;B`, 48 alike: how many numbers it takes, 0 when it is none. */
static size_t
wide_colour_length(const unsigned *styles, size_t count)
{
	size_t length = count < 2 ? 0 : styles[1] == 5 ? 3 : styles[1] == 2 ? 5 : 0;

	if (length > count)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (styles[i] > 255)
			return 0;
	return length;
}

struct sequence {
	char text[STYLES_LIMIT * 5 + 8];
	size_t length, count; /* count: of styles in it */
	bool in_force;	      /* behind it */
};

static void
put_styles(struct sequence *sequence, const unsigned *styles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sequence->length += (size_t)snprintf(
			sequence->text + sequence->length, sizeof sequence->text - sequence->length,
			"%s%u", sequence->count++ > 0 ? ";" : "", styles[i]);
	sequence->in_force = true;
}

/* What may stay of a sequence. A reset in it makes what stands before it pointless. */
static void
sequence_make(struct sequence *sequence, const unsigned *styles, size_t count, bool in_force)
{
	*sequence = (struct sequence){ .in_force = in_force };
	for (size_t i = 0, used; i < count; i += used) {
		bool is_wide = styles[i] == 38 || styles[i] == 48;

		used = is_wide ? wide_colour_length(styles + i, count - i) : 1;
		if (used == 0)
			return; /* what follows a colour that is none cannot be told apart from it */
		if (styles[i] == 0) {
			*sequence = (struct sequence){ .count = in_force };
			/* An empty parameter is the shortest reset. */
		} else if (is_wide || is_plain_style(styles[i])) {
			put_styles(sequence, styles + i, used);
		}
	}
}

static void
put_sequence(struct line *line, const char *s, size_t length)
{
	unsigned styles[STYLES_LIMIT];
	struct sequence sequence;
	size_t count, room = line->size - line->put;

	if (!line->keeps || length < 3 || s[1] != '[' || s[length - 1] != 'm' ||
	    !read_styles(s + 2, length - 3, styles, &count))
		return;
	sequence_make(&sequence, styles, count, line->in_force);
	if (sequence.count == 0 || room < sequence.length + RESET_SIZE + RESET_SIZE + 1)
		return;
	line->put += (size_t)snprintf(line->to + line->put, room, "\033[%sm", sequence.text);
	line->in_force = sequence.in_force;
	line->styled = true;
}

/* --- text ------------------------------------------------------------------------------------- */

/* Up to the next byte that is not simply text. */
static size_t
text_length(const char *s, size_t length)
{
	size_t at = 0;

	while (at < length && s[at] != ESCAPE && s[at] != '\r' && s[at] != '\t' && s[at] != '\0' &&
	       s[at] != BELL)
		at++;
	return at;
}

static void
put_text(struct line *line, const char *s, size_t length)
{
	size_t kept = line->in_force ? RESET_SIZE : 0;

	if (line->size - line->put <= kept)
		return;
	text_clean(line->to + line->put, line->size - line->put - kept, s, length);
	line->put += strlen(line->to + line->put);
}

static size_t
put_next(struct line *line, const char *s, size_t length)
{
	size_t used = text_length(s, length);

	if (used > 0) {
		put_text(line, s, used);
		return used;
	}
	if (s[0] == ESCAPE) {
		used = escape_length(s, length);
		put_sequence(line, s, used);
		return used;
	}
	if (s[0] == '\r') {
		line->put = 0;
		line->in_force = line->styled = false;
	} else if (s[0] == '\t') {
		put_text(line, " ", 1);
	}
	return 1;
}

static bool
clean(struct line *line, const char *from, size_t length)
{
	ASSERT(line->size >= SIZE_LEAST);
	if (length > 0 && from[length - 1] == '\r')
		length--;
	for (size_t at = 0; at < length;)
		at += put_next(line, from + at, length - at);
	if (line->in_force) {
		memcpy(line->to + line->put, RESET, RESET_SIZE);
		line->put += RESET_SIZE;
	}
	line->to[line->put] = '\0';
	return line->styled;
}

bool
ansi_keep(char *to, size_t size, const char *from, size_t length)
{
	struct line line = { .to = to, .size = size, .keeps = true };

	return clean(&line, from, length);
}

void
ansi_strip(char *to, size_t size, const char *from, size_t length)
{
	struct line line = { .to = to, .size = size };

	(void)clean(&line, from, length);
}

bool
ansi_is_kept(const char *text)
{
	size_t length = strlen(text);
	char *again = mem_new(length + SIZE_LEAST);
	bool same;

	(void)ansi_keep(again, length + SIZE_LEAST, text, length);
	same = strcmp(again, text) == 0;
	mem_free(again);
	return same;
}
