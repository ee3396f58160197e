/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_BUF_H
#define ROOST_BUF_H

/*
 * A growing run of bytes. `BUF_NULL` is an empty one that owns nothing.
 * `data` is not terminated unless buf_text() was asked for.
 */

#include "base/base.h"

struct buf {
	unsigned char *data;
	size_t length;
	size_t capacity;
};

#define BUF_NULL ((struct buf){ 0 })

void buf_deinit(struct buf *b);			/* usable with CLEANUP; leaves BUF_NULL */
void buf_clear(struct buf *b);			/* length 0, memory kept */
void buf_reserve(struct buf *b, size_t more);	/* room for `more` bytes behind length */
void buf_put(struct buf *b, const void *bytes, size_t length);
void buf_put_byte(struct buf *b, unsigned char byte);
void buf_put_text(struct buf *b, const char *text);
void buf_format(struct buf *b, const char *format, ...) printf_like(2, 3);
void buf_drop(struct buf *b, size_t length);	/* forget the first `length` bytes */

/* The content as terminated text, still owned by the buffer, valid until it changes. */
const char *buf_text(struct buf *b);

/* The content as terminated text, now the caller's (free with mem_free). */
char *buf_take_text(struct buf *b) must_check;

#endif
