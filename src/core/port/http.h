/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PORT_HTTP_H
#define ROOST_PORT_HTTP_H

/*
 * Asking others over HTTP: webhooks, push services, an operator's integrations,
 * later clouds. One request, one answer, under one deadline; redirects are
 * answers, never followed. TLS is always verified.
 */

#include "base/instant.h"
#include "port/ticket.h"

enum http_reach {
	HTTP_REACH_PUBLIC,	/* addresses come from users: never a private, loopback, link-local or metadata one */
	HTTP_REACH_ANY		/* the operator wrote the address into the configuration */
};

/* Lent for the call. */
struct http_order {
	const char *method;		/* "POST" */
	const char *url;		/* http:// or https://, without user and password */
	const char *const *headers;	/* "Name: value", without line breaks */
	size_t header_count;
	const void *body;
	size_t body_length;
	struct duration within;		/* all of it: look-up, connecting, TLS, the answer's end */
	size_t answer_limit;		/* bytes of the answer's body that are kept; more is cut, not refused */
	enum http_reach reach;
};

#define HTTP_RESULT_HEADERS 32	/* S3 servers send up to twenty */

struct http_result {
	int status;
	char *body;			/* NUL-terminated for convenience; never NULL */
	size_t body_length;
	size_t header_count;		/* the first HTTP_RESULT_HEADERS, names in lower case */
	struct { char *name, *value; } headers[HTTP_RESULT_HEADERS];
};

/* The first header of that (lower-case) name, or NULL. */
const char *http_result_header(const struct http_result *result, const char *name);
/* A date as headers have it (RFC 9110 §5.6.7, all three forms). */
bool http_date_parse(const char *text, struct instant *ret_at) must_check;

/* `Retry-After` in seconds, or as a date after `now`; bounded to a day; 0 = none. */
struct duration http_result_retry_after(const struct http_result *result, struct instant now);
void http_result_free(struct http_result *result);

struct http_port {
	/*
	 * REPLY_HTTP when an answer came, whatever its status. Refused: nothing was
	 * sent (no such host, nobody listens, forbidden address, certificate not
	 * trusted); the reason says which. Unknown: it was sent, or may have been, and no
	 * whole answer came in time.
	 */
	void (*send)(struct http_port *port, struct ticket ticket, const struct http_order *order);
};

#endif
