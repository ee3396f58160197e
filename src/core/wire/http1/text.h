/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HTTP1_TEXT_H
#define ROOST_HTTP1_TEXT_H

/*
 * The alphabets of HTTP (RFC 9110 §5.6, RFC 3986) and what is read out of
 * header values: lists, cookies, preferences, entity tags; paths and queries as
 * they are meant.
 */

#include "base/base.h"
#include "base/buf.h"

int http_hex_value(char c);	/* of a hexadecimal digit, or -1 */
bool http_is_token(const char *text, size_t length);	/* false when empty */
bool http_is_path(const char *text, size_t length);	/* pchar and '/', well-formed %XX */
bool http_is_query(const char *text, size_t length);	/* visible ASCII without '#' */
/* host [":" port], the host a name, an IPv4 address or an [IPv6 address]; no user. */
bool http_is_authority(const char *text, size_t length);

/* Is the text this word, in any case? */
bool http_same(const char *text, size_t length, const char *word);

/* A comma-separated list, item by item, white space and empty items left out. */
struct http_list { const char *text; size_t length; };
bool http_list_next(struct http_list *list, const char **ret_item, size_t *ret_length);

/*
 * The path as it is meant: percent-decoded, "." and ".." resolved, runs of
 * slashes made one. False when it would leave the root, or when a decoded byte is
 * a control, a slash, a backslash or not UTF-8. The caller frees.
 */
bool http_path_decode(const char *path, size_t length, char **ret_path) must_check;

/*
 * One parameter of a raw query ("a=1&b=x%20y", '+' is a space), the first of that
 * name; NULL when it is absent or malformed. The caller frees.
 */
char *http_query_get(const char *query, const char *name) must_check;

/* The value of one cookie in a `Cookie` header (RFC 6265 §4.2.1); NULL: absent. */
char *http_cookie_get(const char *cookies, size_t length, const char *name) must_check;

/*
 * Is `word` named in a list with weights (`Accept`, `Accept-Encoding`), with a
 * weight above zero? Ranges such as "*" do not count: it must be asked for.
 */
bool http_accepts(const char *value, size_t length, const char *word);

/* Does `If-None-Match` name this entity tag (quotes included), or "*"? Weak comparison. */
bool http_etag_matches(const char *value, size_t length, const char *etag);

#endif
