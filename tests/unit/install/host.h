/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TEST_MIRROR_H
#define ROOST_TEST_MIRROR_H

/* A few files on a port of this machine, over plain HTTP, by a thread of their own. */

#include "base/base.h"

struct page {
	const char *path;	/* NULL: the last */
	const char *status;	/* "200 OK"; NULL is that */
	const char *header;	/* "Location: …" or NULL */
	const void *body;
	size_t length;		/* 0: of the text */
	size_t said;		/* Content-Length when it lies; 0: it does not */
	unsigned drip_ms;	/* between one byte of the body and the next */
};

struct mirror;

struct mirror *mirror_new(const struct page *pages) must_check;	/* lent */
void mirror_free(struct mirror *mirror);
unsigned mirror_port(const struct mirror *mirror);
unsigned mirror_asked(const struct mirror *mirror);		/* how often, so far */

#endif
