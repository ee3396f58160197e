/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PATTERN_H
#define ROOST_PATTERN_H

/*
 * Extended regular expressions (POSIX, of bytes) as templates have them. What would cost
 * without bound is refused: back-references, and repetitions (`+`, {n,m}) that come to more
 * than 2000 characters when they are written out, for so the C library keeps them; or that stand right behind one
 * another, or in one another more than four deep.
 */

#include "base/base.h"
#include "base/limits.h"

/* Is it one that may be used? False with a sentence. */
bool pattern_is_valid(const char *pattern, char ret_why[static REASON_LIMIT + 1]) must_check;

/* Does a valid pattern match all of the text? */
bool pattern_matches(const char *pattern, const char *text) must_check;

/* What the first of its groups that takes part finds in the text: the caller's, or NULL when nothing matches. */
char *pattern_find(const char *pattern, const char *text) must_check;

#endif
