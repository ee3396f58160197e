/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ANSI_H
#define ROOST_ANSI_H

/*
 * A line of a console for people, from bytes of any origin. What a game prints may be
 * chosen by whoever plays it, and a terminal obeys what it is shown: it moves its cursor,
 * changes its title, writes to the clipboard (OSC 52), answers as if one had typed. Of all
 * escape sequences (ECMA-48 §5.3 to 5.6) only *select graphic rendition* (§8.3.117) can
 * stay, and of it only colours and weights: nothing that hides text. The rest is dropped;
 * what is not printable UTF-8 becomes '?', a tab a space, and a carriage return drops what
 * stands before it.
 */

#include "base/base.h"
#include "base/limits.h"

#define ANSI_LINE_SIZE (CONSOLE_LINE_LIMIT + 8)	/* of a line of that many bytes, with its end */

/*
 * Keep colours: each sequence in its shortest form, and behind the last a reset when
 * one is in force, so that lines do not colour each other. Cut to fit `size` (8 or more),
 * never inside a sequence or a character. Returns whether there is any colour in it.
 * Doing it again changes nothing.
 */
bool ansi_keep(char *to, size_t size, const char *from, size_t length);

/* Drop colours too. */
void ansi_strip(char *to, size_t size, const char *from, size_t length);

/* Is it what ansi_keep() would make of it? */
bool ansi_is_kept(const char *text);

#endif
