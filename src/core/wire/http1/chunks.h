/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HTTP1_CHUNKS_H
#define ROOST_HTTP1_CHUNKS_H

/*
 * The chunked transfer coding of a request's body (RFC 9112 §7.1), byte by byte.
 * Chunk extensions are skipped, trailers are dropped; both are bounded.
 */

#include "base/buf.h"

#define CHUNK_LINE_LIMIT 256	/* a size with its extensions; nobody sends any */
#define CHUNK_TRAILER_LIMIT 4096

enum http_chunks_state {
	CHUNK_SIZE,
	CHUNK_EXTENSION,
	CHUNK_SIZE_END,		/* CR seen, LF due */
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_TRAILER_START,
	CHUNK_TRAILER,
	CHUNK_TRAILER_END,
	CHUNK_LAST_LF,
	CHUNK_DONE
};

struct http_chunks {
	enum http_chunks_state state;
	unsigned line;		/* bytes of the line under way; of all trailers */
	unsigned digits;
	uint64_t left;		/* of the chunk under way */
};

#define HTTP_CHUNKS_NULL ((struct http_chunks){ 0 })

enum http_chunks_result {
	CHUNKS_MORE,
	CHUNKS_ENDED,		/* the body is whole; bytes behind *ret_used are the next request's */
	CHUNKS_BAD,		/* answer 400 and close */
	CHUNKS_TOO_LARGE	/* `body` would pass `limit`: 413 and close */
};

/* Take bytes; data is put behind `body`. `*ret_used` tells how many were taken. */
enum http_chunks_result http_chunks_feed(struct http_chunks *chunks, const char *bytes,
					 size_t length, size_t limit, struct buf *body,
					 size_t *ret_used) must_check;

#endif
