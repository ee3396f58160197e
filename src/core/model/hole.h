/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HOLE_H
#define ROOST_HOLE_H

/*
 * Texts with holes, as templates have them: `-Xmx${memory.MiB}M`. A hole is `${name}`, or
 * `${name.unit}` for a size (B, KiB, MiB, GiB) or a duration (ms, s, m, h) as a whole number
 * of these, rounded down. `$${` is a `${` that is none; any other `$` is itself.
 *
 * Holes are filled once: what comes out of one is never looked at again, so that no value can
 * make another hole. They are in texts only, never in the names of members. A text that is
 * one hole and nothing else becomes its value, with its type.
 *
 * Values are an object, by name: text (also choices, sizes and durations, as they are
 * written), whole numbers (also ports), booleans; or {"secret_file": "/path"} for a secret,
 * which fills no hole until whoever renders has put its content there as text.
 */

#include "base/json.h"
#include "base/limits.h"

#define SECRET_FILE_KEY "secret_file"

/* [a-z][a-z0-9_]*, at most VARIABLE_NAME_LIMIT bytes. */
bool variable_name_is_valid(const char *name) must_check;

/* Calls back for each hole; false with a sentence when one is not well formed (`${`, `${A B}`). */
typedef void hole_found(void *argument, const char *name, const char *unit);
bool holes_find(const char *text, hole_found *found, void *argument,
		char ret_why[static REASON_LIMIT + 1]) must_check;

/* What is done to a value that becomes part of a longer text. */
enum hole_escape {
	HOLE_PLAIN,
	HOLE_OF_URL		/* all but unreserved characters (RFC 3986 §2.3) become %XX */
};

/* The filled text as JSON: a text, or what the one hole holds. NULL with a sentence. */
json_t *hole_fill(const char *text, const json_t *values, enum hole_escape escape,
		  char ret_why[static REASON_LIMIT + 1]) must_check;

/* The same, always as text, which the caller frees. */
char *hole_fill_text(const char *text, const json_t *values, enum hole_escape escape,
		     char ret_why[static REASON_LIMIT + 1]) must_check;

/*
 * All texts in `from`, however deep. NULL with a sentence, and the pointer of the text
 * (RFC 6901, cut when it does not fit).
 */
#define HOLE_POINTER_SIZE 256
json_t *holes_fill(const json_t *from, const json_t *values, char ret_pointer[static HOLE_POINTER_SIZE],
		   char ret_why[static REASON_LIMIT + 1]) must_check;

#endif
