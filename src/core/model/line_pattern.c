/* SPDX-License-Identifier: Apache-2.0 */
/* Lines with holes: see the header. */

#include "model/line_pattern.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "model/setting.h"

enum {
	JOINED = 1 << LINE_SAYS_JOINED,
	LEFT = 1 << LINE_SAYS_LEFT,
	SAVED = 1 << LINE_SAYS_SAVED,
	OWN = 1 << LINE_SAYS_OWN
};

static const struct hole_row {
	const char *word;
	unsigned in;
} rows[] = {
#define HOLE(name, word, in) { word, in },
#include "model/line_hole.def"
};

_Static_assert(ELEMENTS(rows) == LINE_HOLE_MAX, "a hole without a row");

/* Parsing. */

static void
put_holes(enum line_says says, struct buf *to)
{
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		if (rows[i].in & 1U << says)
			buf_format(to, "{%s}%s", rows[i].word, i == LINE_HOLE_ANYTHING ? "" : ", ");
	}
}

static bool
refuse_unknown(enum line_says says, const char *word, size_t length,
	       char why[static REASON_LIMIT + 1])
{
	CLEANUP(buf_deinit) struct buf holes = BUF_NULL;

	put_holes(says, &holes);
	(void)snprintf(why, REASON_LIMIT + 1,
		       "has {%.*s}, which is no hole of it; expected %s (anything, also a brace of "
		       "the line's own)",
		       length < 40 ? (int)length : 40, word, buf_text(&holes));
	return false;
}

/* The hole that begins at `text`; `*ret_length` of it. */
static bool
hole_at(enum line_says says, const char *text, struct line_part *ret_part,
	char why[static REASON_LIMIT + 1])
{
	size_t length = strcspn(text + 1, "{}");

	*ret_part = (struct line_part){ .text = text, .length = length + 2 };
	if (*text == '}' || text[length + 1] != '}') {
		(void)snprintf(why, REASON_LIMIT + 1,
			       "has a brace that no hole is made of; write {*} where the line has "
			       "one, or a hole such as {player}");
		return false;
	}
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		if (!(rows[i].in & 1U << says) || strlen(rows[i].word) != length ||
		    strncmp(rows[i].word, text + 1, length) != 0)
			continue;
		ret_part->hole = (enum line_hole)i;
		return true;
	}
	return refuse_unknown(says, text + 1, length, why);
}

static bool
has_hole(const struct line_pattern *pattern, enum line_hole hole)
{
	for (size_t i = 0; i < pattern->count; i++) {
		if (pattern->parts[i].hole == hole)
			return true;
	}
	return false;
}

static bool
is_name(enum line_hole hole)
{
	return hole == LINE_HOLE_PLAYER || hole == LINE_HOLE_PLAYER_SPACED;
}

static bool
has_name(const struct line_pattern *pattern)
{
	return has_hole(pattern, LINE_HOLE_PLAYER) || has_hole(pattern, LINE_HOLE_PLAYER_SPACED);
}

/* May this hole stand behind what there is? */
static bool
hole_fits(const struct line_pattern *pattern, const struct line_part *part,
	  char why[static REASON_LIMIT + 1])
{
	const struct line_part *last =
		pattern->count > 0 ? &pattern->parts[pattern->count - 1] : NULL;
	size_t holes = 0;

	for (size_t i = 0; i < pattern->count; i++)
		holes += pattern->parts[i].hole != LINE_HOLE_MAX;
	if (holes == LINE_HOLES_LIMIT)
		(void)snprintf(why, REASON_LIMIT + 1, "has more than %d holes", LINE_HOLES_LIMIT);
	else if (last != NULL && last->hole != LINE_HOLE_MAX)
		(void)snprintf(why, REASON_LIMIT + 1,
			       "has %.*s%.*s with nothing between them: where would the one end?",
			       (int)last->length, last->text, (int)part->length, part->text);
	else if (part->hole != LINE_HOLE_ANYTHING &&
		 (has_hole(pattern, part->hole) || (is_name(part->hole) && has_name(pattern))))
		(void)snprintf(why, REASON_LIMIT + 1, "has a second %.*s", (int)part->length,
			       part->text);
	else
		return true;
	return false;
}

/* Some of it must be known, or any line would do. */
static bool
has_text(const struct line_pattern *pattern)
{
	for (size_t i = 0; i < pattern->count; i++) {
		const struct line_part *part = &pattern->parts[i];

		for (size_t at = 0; part->hole == LINE_HOLE_MAX && at < part->length; at++) {
			if (part->text[at] != ' ')
				return true;
		}
	}
	return false;
}

static bool
is_whole(enum line_says says, const struct line_pattern *pattern, char why[static REASON_LIMIT + 1])
{
	const char *what = NULL;

	if (!has_text(pattern))
		what = "is nothing but holes: any line would do";
	else if ((says == LINE_SAYS_JOINED || says == LINE_SAYS_LEFT) && !has_name(pattern))
		what = "has no {player}: whose name is it that stands there? ({player with "
		       "spaces}, where names have them)";
	if (what == NULL)
		return true;
	return (void)text_put(why, REASON_LIMIT + 1, what), false;
}

bool
line_pattern_parse(enum line_says says, const char *text, struct line_pattern *ret_pattern,
		   char ret_why[static REASON_LIMIT + 1])
{
	struct line_pattern pattern = { .count = 0 };
	size_t length = strlen(text);

	ASSERT(says < LINE_SAYS_MAX);
	if (length > LINE_PATTERN_LIMIT || !text_is_printable(text, length)) {
		(void)snprintf(ret_why, REASON_LIMIT + 1,
			       "is not one line of text of at most %d bytes", LINE_PATTERN_LIMIT);
		return false;
	}
	while (*text != '\0') {
		struct line_part part = { .hole = LINE_HOLE_MAX,
					  .text = text,
					  .length = strcspn(text, "{}") };

		if (part.length == 0 &&
		    (!hole_at(says, text, &part, ret_why) || !hole_fits(&pattern, &part, ret_why)))
			return false;
		ASSERT(pattern.count < ELEMENTS(pattern.parts));
		pattern.parts[pattern.count++] = part;
		text += part.length;
	}
	if (!is_whole(says, &pattern, ret_why))
		return false;
	*ret_pattern = pattern;
	return true;
}

/* Matching. */

/* 8-4-4-4-12 hexadecimal digits. */
static bool
is_uuid(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text[i] != '-' : strchr("0123456789abcdefABCDEF", text[i]) == NULL)
			return false;
	}
	return length == 36;
}

static bool
consists_of(const char *text, size_t length, const char *characters)
{
	for (size_t i = 0; i < length; i++) {
		if (strchr(characters, text[i]) == NULL)
			return false;
	}
	return length > 0;
}

static bool
hole_takes(enum line_hole hole, const char *text, size_t length)
{
	switch (hole) {
	case LINE_HOLE_PLAYER:
		return length > 0 && memchr(text, ' ', length) == NULL;
	case LINE_HOLE_PLAYER_SPACED:
		return length > 0 && text[0] != ' ' && text[length - 1] != ' ';
	case LINE_HOLE_TIME:
		return consists_of(text, length, "0123456789 -/:.,+TZ");
	case LINE_HOLE_UUID:
		return is_uuid(text, length);
	case LINE_HOLE_REASON:
	case LINE_HOLE_ANYTHING:
		return true;
	case LINE_HOLE_MAX:
		break;
	}
	ASSERT(!"a hole");
	return false;
}

/* Where the hole before `next` ends; NULL: nowhere. */
static const char *
end_of_hole(const char *at, const char *end, const struct line_part *next, bool is_last)
{
	if (next == NULL)
		return end;
	if (!is_last)
		return memmem(at, (size_t)(end - at), next->text, next->length);
	if ((size_t)(end - at) < next->length ||
	    memcmp(end - next->length, next->text, next->length) != 0)
		return NULL;
	return end - next->length;
}

bool
line_pattern_match(const struct line_pattern *pattern, const char *line,
		   struct line_taken ret_taken[static LINE_HOLE_MAX])
{
	struct line_taken taken[LINE_HOLE_MAX] = { { NULL, 0 } };
	const char *at = line, *end = line + strlen(line), *stop;

	for (size_t i = 0; i < pattern->count; i++) {
		const struct line_part *part = &pattern->parts[i];
		const struct line_part *next = i + 1 < pattern->count ? part + 1 : NULL;

		if (part->hole == LINE_HOLE_MAX) {
			if ((size_t)(end - at) < part->length ||
			    memcmp(at, part->text, part->length) != 0)
				return false;
			at += part->length;
			continue;
		}
		stop = end_of_hole(at, end, next, i + 2 == pattern->count);
		if (stop == NULL || !hole_takes(part->hole, at, (size_t)(stop - at)))
			return false;
		taken[part->hole] = (struct line_taken){ at, (size_t)(stop - at) };
		at = stop;
	}
	if (at != end)
		return false;
	memcpy(ret_taken, taken, sizeof taken);
	return true;
}

void
line_make_plain(const char *line, char ret_plain[static CONSOLE_LINE_LIMIT + 1])
{
	size_t length = 0;

	while (*line != '\0' && length < CONSOLE_LINE_LIMIT) {
		if (line[0] == '\033' && line[1] == '[') {
			line += 2;
			line += strspn(line, "0123456789;?");
			line += *line != '\0';
		} else {
			ret_plain[length++] = *line++;
		}
	}
	ret_plain[length] = '\0';
	ret_plain[strcspn(ret_plain, "\r\n")] = '\0';
}
