/* SPDX-License-Identifier: Apache-2.0 */
/* A reader's place in the feed: see the header. The text is a peer's, so every character counts. */

#include "feed/cursor.h"

#include <stdio.h>
#include <string.h>

static const char *const words[] = {
	[RESUME_RESUMED] = "resumed",
	[RESUME_GAP] = "gap",
	[RESUME_UNKNOWN_EPOCH] = "unknown epoch",
};

_Static_assert(ELEMENTS(words) == RESUME_MAX, "a verdict without a word");

static bool
offset_parse(const char *text, uint64_t *ret_offset)
{
	uint64_t offset = 0;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return false;
	for (const char *c = text; *c != '\0'; c++) {
		if (*c < '0' || *c > '9')
			return false;
		if (offset > ((uint64_t)INT64_MAX - (uint64_t)(*c - '0')) / 10)
			return false;
		offset = offset * 10 + (uint64_t)(*c - '0');
	}
	*ret_offset = offset;
	return true;
}

static bool
is_epoch(const char *text, size_t length)
{
	if (length == 0 || length >= ID_TEXT_SIZE)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
			return false;
	}
	return true;
}

bool
cursor_parse(const char *text, struct cursor *ret_cursor)
{
	const char *colon = strchr(text, ':');
	struct cursor c = { .offset = 0 };

	if (colon != NULL) {
		size_t length = (size_t)(colon - text);

		if (!is_epoch(text, length))
			return false;
		memcpy(c.epoch, text, length);
		text = colon + 1;
	}
	if (!offset_parse(text, &c.offset))
		return false;
	*ret_cursor = c;
	return true;
}

void
cursor_text(const struct cursor *c, char text[static CURSOR_TEXT_SIZE])
{
	if (c->epoch[0] == '\0')
		(void)snprintf(text, CURSOR_TEXT_SIZE, "%llu", (unsigned long long)c->offset);
	else
		(void)snprintf(text, CURSOR_TEXT_SIZE, "%s:%llu", c->epoch,
			       (unsigned long long)c->offset);
}

struct resume_verdict
cursor_resume(const struct cursor *c, const char *epoch, uint64_t first, uint64_t last)
{
	struct resume_verdict v = { .oldest = first };
	uint64_t before_oldest = first > 0 ? first - 1 : 0;

	ASSERT(first <= last);
	if ((c->epoch[0] != '\0' && strcmp(c->epoch, epoch) != 0) || c->offset > last) {
		v.what = RESUME_UNKNOWN_EPOCH;
		v.from = before_oldest;
	} else if (c->offset < before_oldest) {
		v.what = RESUME_GAP;
		v.from = before_oldest;
	} else {
		v.what = RESUME_RESUMED;
		v.from = c->offset;
	}
	return v;
}

const char *
resume_word(enum resume what)
{
	ASSERT(what < RESUME_MAX);
	return words[what];
}
