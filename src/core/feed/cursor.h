/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CURSOR_H
#define ROOST_CURSOR_H

/*
 * A reader's place in the feed, as it is written outside: `EPOCH:OFFSET`, the id
 * of the last event the reader has. EPOCH names the record, OFFSET counts its
 * events from 1 without gaps; offset 0 stands before the first.
 */

#include "base/base.h"
#include "base/limits.h"

#define CURSOR_TEXT_SIZE (ID_TEXT_SIZE + 21)	/* epoch, ':', 20 digits, and the end */

struct cursor {
	char epoch[ID_TEXT_SIZE];	/* "" = of whatever record there is */
	uint64_t offset;		/* at most INT64_MAX: databases have no more */
};

/*
 * `EPOCH:OFFSET` (epoch: 1 to 26 ASCII letters and digits), or a bare `OFFSET`.
 * Offsets have no sign, no leading zero and no space. Returns false for anything
 * else and leaves *ret_cursor alone.
 */
bool cursor_parse(const char *text, struct cursor *ret_cursor) must_check;
void cursor_text(const struct cursor *c, char text[static CURSOR_TEXT_SIZE]);

/* What a reader that comes back is told: never a silent loss. */
enum resume {
	RESUME_RESUMED,		/* nothing was missed that the record does not give now */
	RESUME_GAP,		/* events between the position and `oldest` are no longer kept */
	RESUME_UNKNOWN_EPOCH,	/* the position is not in this record (or ahead of its end) */
	RESUME_MAX
};

struct resume_verdict {
	enum resume what;
	uint64_t from;		/* the reader goes on behind this offset: the oldest kept after a loss */
	uint64_t oldest;	/* oldest offset kept; 0 = none */
};

/* The record holds offsets first..last (0, 0 = none). */
struct resume_verdict cursor_resume(const struct cursor *c, const char *epoch, uint64_t first,
				    uint64_t last);

const char *resume_word(enum resume what);	/* "resumed", "gap", "unknown epoch" */

#endif
