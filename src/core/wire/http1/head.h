/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HTTP1_HEAD_H
#define ROOST_HTTP1_HEAD_H

/*
 * The head of an HTTP/1.1 request (RFC 9112), parsed once into a value whose
 * parts are offsets into the bytes it was parsed from. Strict: whatever two
 * programs could read differently (bare CR or LF, white space before a colon,
 * folded lines, two lengths, a length beside a transfer coding) is refused,
 * because that difference is what request smuggling is made of.
 *
 * Feed it all bytes received so far; it says MORE until the empty line is there.
 */

#include "base/base.h"
#include "base/limits.h"

#define HTTP_TARGET_LIMIT 8000		/* RFC 9112 §3: at least 8000; longer is 414 */

enum http_method {
#define METHOD(name) HTTP_##name,
#include "wire/http1/method.def"
	HTTP_METHOD_MAX
};

struct http_span { uint16_t at, length; };	/* the head is at most HTTP_HEAD_LIMIT */

struct http_header {
	struct http_span name, value;	/* value without white space around it; maybe empty */
};

struct http_head {
	enum http_method method;
	unsigned minor;			/* HTTP/1.minor: 0 or 1 */
	size_t length;			/* bytes of the head, its empty line included */
	struct http_span path;		/* raw; starts with '/', or is "*" (OPTIONS) */
	struct http_span query;		/* raw, without '?' */
	bool has_query;
	struct http_span host;		/* "name" or "name:port"; empty only in HTTP/1.0 */
	bool chunked;			/* the body is chunked, else content_length bytes long */
	uint64_t content_length;
	bool keep_alive;		/* the peer is willing to send another request */
	bool upgrade;			/* `Connection: upgrade` */
	bool expects_continue;		/* `Expect: 100-continue` */
	size_t header_count;
	struct http_header headers[HTTP_HEADERS_LIMIT];
};

enum http_parse { HTTP_MORE, HTTP_DONE, HTTP_BAD };

/*
 * Parse a head from the first `length` bytes of a request. `*scanned` starts as 0
 * and spares looking at the same bytes twice when more have come. On HTTP_BAD
 * `*ret_status` is what to answer: 400, 413, 414, 417, 431, 501 or 505; nothing
 * behind a bad head can be trusted, so the connection is to be closed.
 */
enum http_parse http_head_parse(const char *bytes, size_t length, size_t *scanned,
				struct http_head *ret_head, int *ret_status) must_check;

/* The `nth` (from 0) header of that name, in any case; NULL when there is none. */
const struct http_header *http_header_find(const struct http_head *head, const char *bytes,
					   const char *name, size_t nth);

/* Copy of a span (or of a header's value) as text; NULL when there is no such header. */
char *http_span_text(const char *bytes, struct http_span span) must_check;
char *http_header_text(const struct http_head *head, const char *bytes, const char *name)
	must_check;

const char *http_method_word(enum http_method method);

#endif
