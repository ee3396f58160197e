/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two passes over a head: the first only finds its end and refuses what no
 * line may hold (so a peer that speaks something else is noticed before it
 * sends 16 KiB); the second takes the finished head apart.
 */

#include "wire/http1/head.h"

#include <string.h>
#include <strings.h>

#include "wire/http1/text.h"

#define BAD_REQUEST	      400
#define CONTENT_TOO_LARGE     413
#define URI_TOO_LONG	      414
#define EXPECTATION_FAILED    417
#define HEADERS_TOO_LARGE     431
#define NOT_IMPLEMENTED	      501
#define VERSION_NOT_SUPPORTED 505

/* A head being taken apart: where we are and where it ends (behind its last CRLF CRLF). */
struct parse {
	const char *bytes;
	size_t at, end;
	struct http_head *head;
	bool has_host, has_length, has_coding, has_connection_close, has_keep_alive;
	struct http_span authority; /* of an absolute-form target */
};

static const char *const methods[] = {
#define METHOD(name) [HTTP_##name] = #name,
#include "wire/http1/method.def"
};

_Static_assert(ELEMENTS(methods) == HTTP_METHOD_MAX, "a method without a word");

const char *
http_method_word(enum http_method method)
{
	ASSERT(method < HTTP_METHOD_MAX);
	return methods[method];
}

static struct http_span
span(size_t from, size_t to)
{
	ASSERT(from <= to && to <= HTTP_HEAD_LIMIT);
	return (struct http_span){ (uint16_t)from, (uint16_t)(to - from) };
}

static bool
span_is(const char *bytes, struct http_span s, const char *word)
{
	return s.length == strlen(word) && strncasecmp(bytes + s.at, word, s.length) == 0;
}

/* The line from `at`: the offset of its CR. The first pass made sure that there is one. */
static size_t
line_end(const struct parse *p, size_t at)
{
	const char *cr = memchr(p->bytes + at, '\r', p->end - at);

	ASSERT(cr != NULL);
	return (size_t)(cr - p->bytes);
}

/* --- the request line ----------------------------------------------------------------------- */

static int
parse_method(struct parse *p, size_t end)
{
	const char *space = memchr(p->bytes + p->at, ' ', end - p->at);
	struct http_span word;

	if (space == NULL)
		return BAD_REQUEST;
	word = span(p->at, (size_t)(space - p->bytes));
	if (!http_is_token(p->bytes + word.at, word.length))
		return BAD_REQUEST;
	p->at = word.at + word.length + 1u;
	for (unsigned m = 0; m < HTTP_METHOD_MAX; m++) {
		if (word.length == strlen(methods[m]) &&
		    memcmp(p->bytes + word.at, methods[m], word.length) == 0) {
			p->head->method = (enum http_method)m;
			return 0;
		}
	}
	return NOT_IMPLEMENTED;
}

/* "http://authority/path" becomes authority and the offset of the path. */
static int
parse_absolute(struct parse *p, struct http_span target, size_t *ret_path)
{
	const char *text = p->bytes + target.at;
	size_t scheme = 0, end;

	if (target.length > 7 && strncasecmp(text, "http://", 7) == 0)
		scheme = 7;
	else if (target.length > 8 && strncasecmp(text, "https://", 8) == 0)
		scheme = 8;
	else
		return BAD_REQUEST;
	for (end = scheme; end < target.length && text[end] != '/' && text[end] != '?'; end++)
		continue;
	if (end == target.length || text[end] == '?') /* an empty path: not worth a rewrite */
		return BAD_REQUEST;
	p->authority = span(target.at + scheme, target.at + end);
	if (!http_is_authority(p->bytes + p->authority.at, p->authority.length))
		return BAD_REQUEST;
	*ret_path = target.at + end;
	return 0;
}

static int
parse_target(struct parse *p, struct http_span target)
{
	const char *bytes = p->bytes;
	size_t path = target.at, end = target.at + (size_t)target.length;
	const char *mark;

	if (target.length == 0)
		return BAD_REQUEST;
	if (target.length > HTTP_TARGET_LIMIT)
		return URI_TOO_LONG;
	if (span_is(bytes, target, "*") && p->head->method == HTTP_OPTIONS) {
		p->head->path = target;
		return 0;
	}
	if (bytes[path] != '/') {
		int status = parse_absolute(p, target, &path);

		if (status != 0)
			return status;
	}
	mark = memchr(bytes + path, '?', end - path);
	p->head->has_query = mark != NULL;
	p->head->path = span(path, mark != NULL ? (size_t)(mark - bytes) : end);
	if (mark != NULL)
		p->head->query = span((size_t)(mark - bytes) + 1, end);
	if (!http_is_path(bytes + p->head->path.at, p->head->path.length) ||
	    !http_is_query(bytes + p->head->query.at, p->head->query.length))
		return BAD_REQUEST;
	return 0;
}

static int
parse_version(struct parse *p, struct http_span word)
{
	const char *text = p->bytes + word.at;

	if (word.length != 8 || memcmp(text, "HTTP/", 5) != 0 || text[5] < '0' || text[5] > '9' ||
	    text[6] != '.' || text[7] < '0' || text[7] > '9')
		return BAD_REQUEST;
	if (text[5] != '1' || text[7] > '1')
		return VERSION_NOT_SUPPORTED;
	p->head->minor = (unsigned)(text[7] - '0');
	return 0;
}

static int
parse_request_line(struct parse *p)
{
	size_t end = line_end(p, p->at);
	int method = parse_method(p, end), version;
	const char *space;
	size_t target;

	if (method == BAD_REQUEST)
		return method;
	target = p->at;
	space = memchr(p->bytes + target, ' ', end - target);
	if (space == NULL)
		return BAD_REQUEST;
	/* The version first: another one may have other methods (HTTP/2 greets with PRI). */
	version = parse_version(p, span((size_t)(space - p->bytes) + 1, end));
	if (version != 0 || method != 0)
		return version != 0 ? version : method;
	p->at = end + 2;
	return parse_target(p, span(target, (size_t)(space - p->bytes)));
}

/* --- what single headers mean --------------------------------------------------------------- */

static int
learn_host(struct parse *p, struct http_span value)
{
	const char *bytes = p->bytes;

	if (p->has_host || !http_is_authority(bytes + value.at, value.length))
		return BAD_REQUEST;
	if (p->authority.length > 0 &&
	    (p->authority.length != value.length ||
	     strncasecmp(bytes + p->authority.at, bytes + value.at, value.length) != 0))
		return BAD_REQUEST;
	p->has_host = true;
	p->head->host = value;
	return 0;
}

static int
learn_length(struct parse *p, struct http_span value)
{
	uint64_t length = 0;

	if (p->has_length || value.length == 0)
		return BAD_REQUEST;
	for (size_t i = 0; i < value.length; i++) {
		char digit = p->bytes[value.at + i];

		if (digit < '0' || digit > '9')
			return BAD_REQUEST;
		if (length > (UINT64_MAX - 9) / 10)
			return CONTENT_TOO_LARGE;
		length = length * 10 + (uint64_t)(digit - '0');
	}
	p->has_length = true;
	p->head->content_length = length;
	return 0;
}

static int
learn_coding(struct parse *p, struct http_span value)
{
	if (p->has_coding || p->head->minor == 0)
		return BAD_REQUEST;
	if (!span_is(p->bytes, value, "chunked"))
		return NOT_IMPLEMENTED;
	p->has_coding = true;
	p->head->chunked = true;
	return 0;
}

static int
learn_connection(struct parse *p, struct http_span value)
{
	struct http_list list = { p->bytes + value.at, value.length };
	const char *item;
	size_t length;

	while (http_list_next(&list, &item, &length)) {
		if (!http_is_token(item, length))
			return BAD_REQUEST;
		if (http_same(item, length, "close"))
			p->has_connection_close = true;
		else if (http_same(item, length, "keep-alive"))
			p->has_keep_alive = true;
		else if (http_same(item, length, "upgrade"))
			p->head->upgrade = true;
	}
	return 0;
}

static int
learn_expectation(struct parse *p, struct http_span value)
{
	if (!span_is(p->bytes, value, "100-continue"))
		return EXPECTATION_FAILED;
	p->head->expects_continue = p->head->minor == 1;
	return 0;
}

static const struct {
	const char *name;
	int (*learn)(struct parse *p, struct http_span value);
} known[] = {
	{ "host", learn_host },
	{ "content-length", learn_length },
	{ "transfer-encoding", learn_coding },
	{ "connection", learn_connection },
	{ "expect", learn_expectation },
};

static int
learn(struct parse *p, const struct http_header *header)
{
	for (size_t i = 0; i < ELEMENTS(known); i++)
		if (span_is(p->bytes, header->name, known[i].name))
			return known[i].learn(p, header->value);
	return 0;
}

/* --- header lines --------------------------------------------------------------------------- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int
parse_header(struct parse *p, size_t end)
{
	const char *colon = memchr(p->bytes + p->at, ':', end - p->at);
	struct http_header header;
	size_t from, to = end;

	if (colon == NULL)
		return BAD_REQUEST;
	header.name = span(p->at, (size_t)(colon - p->bytes));
	/* A token has no white space: this also refuses folded lines and "Name :". */
	if (!http_is_token(p->bytes + header.name.at, header.name.length))
		return BAD_REQUEST;
	from = (size_t)(colon - p->bytes) + 1;
	while (from < to && is_blank(p->bytes[from]))
		from++;
	while (to > from && is_blank(p->bytes[to - 1]))
		to--;
	header.value = span(from, to);
	if (p->head->header_count == HTTP_HEADERS_LIMIT)
		return HEADERS_TOO_LARGE;
	p->head->headers[p->head->header_count++] = header;
	return learn(p, &header);
}

static int
check_whole(struct parse *p)
{
	struct http_head *head = p->head;

	if (!p->has_host && (head->minor == 1 || p->authority.length > 0))
		return BAD_REQUEST;
	if (p->has_length && p->has_coding)
		return BAD_REQUEST;
	head->keep_alive = !p->has_connection_close && (head->minor == 1 || p->has_keep_alive);
	return 0;
}

static int
parse_whole(struct parse *p)
{
	int status = parse_request_line(p);

	while (status == 0 && p->at < p->end - 2) {
		size_t end = line_end(p, p->at);

		status = parse_header(p, end);
		p->at = end + 2;
	}
	return status != 0 ? status : check_whole(p);
}

/* --- finding the end ------------------------------------------------------------------------ */

static bool
may_stand_in_head(unsigned char c)
{
	return (c >= ' ' && c != 0x7f) || c == '\t' || c == '\r' || c == '\n';
}

/* Is the byte at `at` a line end out of place? (CR without LF behind, LF without CR before.) */
static bool
is_torn(const char *bytes, size_t at)
{
	if (bytes[at] == '\n')
		return at == 0 || bytes[at - 1] != '\r';
	return at > 0 && bytes[at - 1] == '\r';
}

static int
status_too_long(const char *bytes, size_t length, size_t start)
{
	size_t first = length - start < HTTP_TARGET_LIMIT ? length - start : HTTP_TARGET_LIMIT;

	return memchr(bytes + start, '\n', first) == NULL ? URI_TOO_LONG : HEADERS_TOO_LARGE;
}

/* One empty line before a request is forgiven (RFC 9112 §2.2). */
static size_t
request_start(const char *bytes, size_t length)
{
	return length >= 2 && bytes[0] == '\r' && bytes[1] == '\n' ? 2 : 0;
}

/* Returns HTTP_DONE with the head's end, MORE or BAD. */
static enum http_parse
find_end(const char *bytes, size_t length, size_t *scanned, int *ret_status)
{
	size_t most = length < HTTP_HEAD_LIMIT ? length : HTTP_HEAD_LIMIT;
	size_t start = request_start(bytes, length);

	for (size_t at = *scanned; at < most; at++) {
		if (!may_stand_in_head((unsigned char)bytes[at]) || is_torn(bytes, at)) {
			*ret_status = BAD_REQUEST;
			return HTTP_BAD;
		}
		if (at >= start + 1 && bytes[at] == '\n' && at - start < 2) {
			*ret_status = BAD_REQUEST; /* a second empty line */
			return HTTP_BAD;
		}
		if (at >= start + 3 && bytes[at] == '\n' && bytes[at - 2] == '\n') {
			*scanned = at + 1;
			return HTTP_DONE;
		}
	}
	*scanned = most;
	if (length < HTTP_HEAD_LIMIT)
		return HTTP_MORE;
	*ret_status = status_too_long(bytes, length, start);
	return HTTP_BAD;
}

enum http_parse
http_head_parse(const char *bytes, size_t length, size_t *scanned, struct http_head *ret_head,
		int *ret_status)
{
	struct parse p = { .bytes = bytes, .head = ret_head };
	enum http_parse found = find_end(bytes, length, scanned, ret_status);

	if (found != HTTP_DONE)
		return found;
	memset(ret_head, 0, sizeof *ret_head);
	p.at = request_start(bytes, length);
	p.end = *scanned;
	ret_head->length = p.end;
	*ret_status = parse_whole(&p);
	return *ret_status == 0 ? HTTP_DONE : HTTP_BAD;
}

/* --- reading a head ------------------------------------------------------------------------- */

const struct http_header *
http_header_find(const struct http_head *head, const char *bytes, const char *name, size_t nth)
{
	for (size_t i = 0; i < head->header_count; i++)
		if (span_is(bytes, head->headers[i].name, name) && nth-- == 0)
			return &head->headers[i];
	return NULL;
}

char *
http_span_text(const char *bytes, struct http_span s)
{
	return text_copy_n(bytes + s.at, s.length);
}

char *
http_header_text(const struct http_head *head, const char *bytes, const char *name)
{
	const struct http_header *header = http_header_find(head, bytes, name, 0);

	return header != NULL ? http_span_text(bytes, header->value) : NULL;
}
