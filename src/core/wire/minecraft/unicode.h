/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MINECRAFT_UNICODE_H
#define ROOST_MINECRAFT_UNICODE_H

/* UTF-8 (RFC 3629), character by character; what is not valid reads as '?'. */

#include "base/buf.h"

/* The character at `bytes` (at least one is left); returns how many bytes it took. */
size_t utf8_next(const unsigned char *bytes, size_t left, uint32_t *ret_code);
void utf8_put(struct buf *to, uint32_t code);

/* One character in UTF-16BE; returns how many units (1 or 2). */
size_t utf16_put(struct buf *to, uint32_t code);

/*
 * UTF-16BE text as printable ASCII: false if a character is not, or the text is
 * longer than `size` allows; then *to is "".
 */
bool utf16_ascii(const unsigned char *bytes, size_t units, char *to, size_t size) must_check;

#endif
