/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern, and behind a line break a line of a console: whatever the one is taken to say of
 * the other, it stands there. A line that a pattern was filled with by somebody who chose
 * names that are no part of it is matched by it.
 */

#include "fuzz.h"
#include "model/line_pattern.h"

/* What stands for a hole has nothing of any text that could be around it. */
static const char *
value_of(enum line_hole hole)
{
	switch (hole) {
	case LINE_HOLE_PLAYER:
	case LINE_HOLE_PLAYER_SPACED:
	case LINE_HOLE_REASON:
	case LINE_HOLE_ANYTHING:
		return "\x01\x02";
	case LINE_HOLE_TIME:
		return "7";
	case LINE_HOLE_UUID:
		return "069a79f4-44e9-4726-a5be-fca90e38aaf5";
	case LINE_HOLE_MAX:
		break;
	}
	return "";
}

static bool
has(const struct line_pattern *pattern, enum line_hole hole)
{
	for (size_t i = 0; i < pattern->count; i++) {
		if (pattern->parts[i].hole == hole)
			return true;
	}
	return false;
}

static void
check_filled(const struct line_pattern *pattern)
{
	CLEANUP(buf_deinit) struct buf line = BUF_NULL;
	struct line_taken taken[LINE_HOLE_MAX];

	if (has(pattern, LINE_HOLE_TIME) || has(pattern, LINE_HOLE_UUID))
		return;
	for (size_t i = 0; i < pattern->count; i++) {
		const struct line_part *part = &pattern->parts[i];

		if (part->hole == LINE_HOLE_MAX)
			buf_put(&line, part->text, part->length);
		else
			buf_put_text(&line, value_of(part->hole));
	}
	ASSERT(line_pattern_match(pattern, buf_text(&line), taken));
}

static void
check_line(const struct line_pattern *pattern, const char *line)
{
	struct line_taken taken[LINE_HOLE_MAX];
	const char *end = line + strlen(line);

	if (!line_pattern_match(pattern, line, taken))
		return;
	for (size_t i = 0; i < LINE_HOLE_MAX; i++) {
		ASSERT((taken[i].text != NULL) == has(pattern, (enum line_hole)i));
		if (taken[i].text == NULL)
			continue;
		ASSERT(taken[i].text >= line && taken[i].text + taken[i].length <= end);
	}
	if (taken[LINE_HOLE_PLAYER].text != NULL)
		ASSERT(memchr(taken[LINE_HOLE_PLAYER].text, ' ', taken[LINE_HOLE_PLAYER].length) ==
		       NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *text = text_copy_n((const char *)data, size);
	size_t length = strcspn(text, "\n");
	char why[REASON_LIMIT + 1] = "", plain[CONSOLE_LINE_LIMIT + 1];
	const char *line = text[length] == '\n' ? text + length + 1 : "";

	text[length] = '\0';
	line_make_plain(line, plain);
	for (unsigned says = 0; says < LINE_SAYS_MAX; says++) {
		struct line_pattern pattern;

		if (!line_pattern_parse((enum line_says)says, text, &pattern, why)) {
			ASSERT(why[0] != '\0' && text_is_printable(why, strlen(why)));
			continue;
		}
		check_filled(&pattern);
		check_line(&pattern, plain);
	}
	return 0;
}
