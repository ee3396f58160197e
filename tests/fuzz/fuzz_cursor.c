/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a place in the feed: what is accepted is printed as it was
 * written, and a verdict never sends a reader past an event that it lacks.
 */

#include <string.h>

#include "feed/cloudevent.h"
#include "feed/cursor.h"
#include "fuzz.h"

static void
check_resume(const struct cursor *c)
{
	for (uint64_t first = 0; first < 3; first++) {
		for (uint64_t last = first; last < (first > 0 ? 5 : 1); last++) {
			struct resume_verdict v = cursor_resume(c, "EPOCH", first, last);

			ASSERT(v.what < RESUME_MAX && v.from <= last);
			if (v.what == RESUME_RESUMED)
				ASSERT(v.from == c->offset && v.from + 1 >= first);
			else
				ASSERT(v.from + 1 == first || (first == 0 && v.from == 0));
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_freep) char *text = text_copy_n((const char *)data, size);
	char printed[CURSOR_TEXT_SIZE];
	struct cursor c = { .offset = 0 };

	if (cursor_parse(text, &c)) {
		cursor_text(&c, printed);
		ASSERT(strcmp(printed, text) == 0);
		check_resume(&c);
	}
	if (feed_type_is_valid(text)) {
		struct feed_filter filter = { .role = ROLE_ADMIN };

		ASSERT(text_put(filter.type, sizeof filter.type, text));
		ASSERT(feed_filter_passes(&filter, ROLE_PLAYER, text, ""));
	}
	return 0;
}
