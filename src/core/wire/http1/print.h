/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HTTP1_PRINT_H
#define ROOST_HTTP1_PRINT_H

/* Heads of responses, as bytes. */

#include "base/buf.h"
#include "base/instant.h"

#define HTTP_DATE_SIZE 30	/* "Sun, 06 Nov 1994 08:49:37 GMT" and its end */

/* The reason phrase; "Status" for a number without one. */
const char *http_status_phrase(int status);

/* IMF-fixdate (RFC 9110 §5.6.7). */
void http_date(struct instant t, char ret_text[static HTTP_DATE_SIZE]);

/* "HTTP/1.1 200 OK\r\n" */
void http_print_status(struct buf *to, int status);

/* "Name: value\r\n". The value is ours; it must not hold a line end (asserted). */
void http_print_header(struct buf *to, const char *name, const char *value);

#endif
