/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of HTTP/1.1 from any bytes: the same verdict however they are split, a
 * head whose parts lie inside it and are what they claim to be, and a chunked
 * body that comes out the same in one piece and in two.
 */

#include <string.h>

#include "fuzz.h"
#include "wire/http1/chunks.h"
#include "wire/http1/head.h"
#include "wire/http1/text.h"

#define BODY_LIMIT 1000

static void
check_span(const struct http_head *head, struct http_span span)
{
	ASSERT((size_t)span.at + span.length <= head->length);
}

static void
check_headers(const struct http_head *head, const char *bytes)
{
	for (size_t i = 0; i < head->header_count; i++) {
		const struct http_header *h = &head->headers[i];
		const char *value = bytes + h->value.at;

		check_span(head, h->name);
		check_span(head, h->value);
		ASSERT(http_is_token(bytes + h->name.at, h->name.length));
		ASSERT(memchr(value, '\r', h->value.length) == NULL);
		ASSERT(memchr(value, '\n', h->value.length) == NULL);
		mem_free(http_cookie_get(value, h->value.length, "a"));
		(void)http_accepts(value, h->value.length, "gzip");
		(void)http_etag_matches(value, h->value.length, "\"a\"");
	}
}

/* A decoded path is absolute, holds no dots that lead out, and is its own decoding. */
static void
check_path(const char *path)
{
	ASSERT(path[0] == '/' && strstr(path, "//") == NULL);
	ASSERT(strstr(path, "/../") == NULL && !text_ends_with(path, "/.."));
	ASSERT(strstr(path, "/./") == NULL && strchr(path, '\\') == NULL);
	ASSERT(text_is_printable(path, strlen(path)));
}

static void
check_head(const struct http_head *head, const char *bytes)
{
	CLEANUP(text_freep) char *path = NULL;
	CLEANUP(text_freep) char *query = http_span_text(bytes, head->query);

	mem_free(http_query_get(query, "a"));
	ASSERT(head->length <= HTTP_HEAD_LIMIT && head->header_count <= HTTP_HEADERS_LIMIT);
	ASSERT(!head->chunked || head->content_length == 0);
	check_span(head, head->path);
	check_span(head, head->query);
	check_span(head, head->host);
	check_headers(head, bytes);
	if (http_path_decode(bytes + head->path.at, head->path.length, &path))
		check_path(path);
}

static enum http_chunks_result
feed(const char *bytes, size_t length, size_t split, struct buf *body, size_t *ret_used)
{
	struct http_chunks chunks = HTTP_CHUNKS_NULL;
	size_t first = 0, second = 0;
	enum http_chunks_result result =
		http_chunks_feed(&chunks, bytes, split, BODY_LIMIT, body, &first);

	if (result == CHUNKS_MORE)
		result = http_chunks_feed(&chunks, bytes + split, length - split, BODY_LIMIT, body,
					  &second);
	*ret_used = first + second;
	ASSERT(body->length <= BODY_LIMIT && *ret_used <= length);
	return result;
}

static void
check_chunks(const char *bytes, size_t length)
{
	CLEANUP(buf_deinit) struct buf whole = BUF_NULL;
	CLEANUP(buf_deinit) struct buf parts = BUF_NULL;
	size_t used, used_split, split = length > 0 ? (unsigned char)bytes[0] % length : 0;
	enum http_chunks_result result = feed(bytes, length, length, &whole, &used);

	ASSERT(feed(bytes, length, split, &parts, &used_split) == result);
	ASSERT(used == used_split && whole.length == parts.length);
	ASSERT(whole.length == 0 || memcmp(whole.data, parts.data, whole.length) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_head head, again;
	const char *bytes = (const char *)data;
	int status = 0, status_again = 0;
	size_t scanned = 0, all = 0;
	enum http_parse result = HTTP_MORE;

	if (size > 2 * HTTP_HEAD_LIMIT)
		return 0;
	/* One more byte at a time at first, then in larger steps. */
	for (size_t n = 0; result == HTTP_MORE && n <= size; n += 1 + n / 64)
		result = http_head_parse(bytes, n, &scanned, &head, &status);
	if (result == HTTP_MORE)
		result = http_head_parse(bytes, size, &scanned, &head, &status);
	ASSERT(http_head_parse(bytes, size, &all, &again, &status_again) == result);
	ASSERT(result != HTTP_BAD || status == status_again);
	if (result == HTTP_DONE) {
		ASSERT(memcmp(&head, &again, sizeof head) == 0);
		check_head(&head, bytes);
		check_chunks(bytes + head.length, size - head.length);
	}
	check_chunks(bytes, size);
	return 0;
}
