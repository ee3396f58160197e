/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_BASE64_H
#define ROOST_BASE64_H

/*
 * Bytes as text (RFC 4648). Standard: `+`, `/` and padding. Url: `-`, `_` and none
 * (§5, as JWT and Web Push write it). Reading is strict: one text for one run of bytes.
 */

#include "base/buf.h"

void base64_put(struct buf *b, const void *bytes, size_t length);
void base64url_put(struct buf *b, const void *bytes, size_t length);

/* Appends the bytes; false (and nothing appended) when the text is not exactly right. */
bool base64_take(struct buf *b, const char *text, size_t length) must_check;
bool base64url_take(struct buf *b, const char *text, size_t length) must_check;

#endif
