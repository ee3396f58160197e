/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SIGV4_CANONICAL_H
#define ROOST_SIGV4_CANONICAL_H

/* The one form of a message that both sides compute and sign. */

#include "wire/sigv4/sigv4.h"

/* Percent-encoded: every byte but the unreserved ones (RFC 3986 §2.3), and '/' when it is kept. */
void sigv4_encode(struct buf *to, const char *text, size_t length, bool keep_slash);

void sigv4_canonical_path(struct buf *to, const char *path, enum sigv4_style style);

/* Sorted by name, then value; '+' is a space. False when there are too many parameters. */
bool sigv4_canonical_query(struct buf *to, const char *query, bool but_signature) must_check;

/* False when a header that is named did not come. */
bool sigv4_canonical_headers(struct buf *to, const struct sigv4_message *message,
			     const char *signed_headers) must_check;

/* All of it; `payload` is a hash in hexadecimal or SIGV4_UNSIGNED. */
struct sigv4_view {
	enum sigv4_style style;
	bool presigned;			/* the query's own signature is no part of it */
	const char *signed_headers, *payload;
};
bool sigv4_canonical(struct buf *to, const struct sigv4_message *message,
		     const struct sigv4_view *view) must_check;

/* "AWS4-HMAC-SHA256", time, scope, hash of the canonical form. */
struct sigv4_scope {
	const char *time;		/* its first eight bytes are the day */
	const char *region, *service;
};
void sigv4_scope_text(struct buf *to, const struct sigv4_scope *scope);
void sigv4_text_to_sign(struct buf *to, const struct sigv4_scope *scope,
			const struct buf *canonical);

void sigv4_hash(const void *bytes, size_t length, char ret_text[static SIGV4_HASH_SIZE]);
void sigv4_compute(const char *secret, const struct sigv4_scope *scope,
		   const struct buf *canonical, unsigned char ret_signature[static 32]);

#endif
