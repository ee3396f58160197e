/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_GAMEFILE_EDIT_H
#define ROOST_GAMEFILE_EDIT_H

/* Between the formats: a text, and what is to be put in place of parts of it. */

#include "wire/gamefile/gamefile.h"

/* Put `text` in place of the bytes from `from` to `to` (the same: put it there). */
struct edit {
	size_t from, to;
	char *text;
};

struct editing {
	const char *old;	/* terminated */
	size_t length;
	const char *line_end;	/* as the text has it: "\n" or "\r\n" */
	struct edit *edits;
	size_t count, room;
	char *why;		/* REASON_LIMIT + 1 bytes */
};

/* One line: its bytes without its end, and where the next begins. */
struct line {
	size_t from, to, next;
};
bool line_at(const struct editing *e, size_t at, struct line *ret_line) must_check;

void editing_init(struct editing *e, const char *old, size_t length, char *why);
void editing_deinit(struct editing *e);
/* Takes the text. */
void editing_put(struct editing *e, size_t from, size_t to, char *text);
/* A whole line at `at`, which is the beginning of one or the text's end. Takes the text. */
void editing_add_line(struct editing *e, size_t at, char *text);
/* Would two of them replace the same bytes? Keys that are one to the format do. */
bool editing_is_torn(const struct editing *e) must_check;
/* The edited text; edits at one place keep their order. They are not torn. */
void editing_apply(struct editing *e, struct buf *to);

bool refuse_edit(struct editing *e, const char *format, ...) printf_like(2, 3);

/* A text, number or boolean as it is written without quotes; NULL for anything else. */
char *scalar_text(const json_t *value, const char *yes, const char *no) must_check;

/* Each merges `set` into e->old; false with e->why. */
bool properties_merge(struct editing *e, const json_t *set) must_check;
bool ini_merge(struct editing *e, const json_t *set) must_check;
bool lines_merge(struct editing *e, const json_t *set) must_check;
bool commands_merge(struct editing *e, const json_t *set) must_check;
bool yaml_merge(struct editing *e, const json_t *set) must_check;
/* These make the whole text themselves. */
bool json_merge(const char *old, size_t length, const json_t *set, struct buf *to, char *why)
	must_check;
/* Is the edited YAML what was meant? */
bool yaml_is_merged(const struct editing *e, const json_t *set, const struct buf *is) must_check;

/* `over` laid over `under`, which is changed; members of objects are gone into. */
void tree_lay_over(json_t *under, const json_t *over);

#endif
