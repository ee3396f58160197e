/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_FETCH_PORT_H
#define ROOST_FETCH_PORT_H

/*
 * port/http.h by libcurl, on the control thread's loop. HTTP/2 where both ends have it;
 * connections are kept and used again. Nothing comes from the environment (no proxy, no
 * netrc), there are no cookies, and only http and https.
 *
 * Requests wait in a queue beyond FETCH_..._LIMIT; the wait is part of their `within`.
 * With HTTP_REACH_PUBLIC the address that is really connected to is judged
 * (base/reach.h), so that a name that changes its mind changes nothing.
 *
 * A kept connection that the other side closed before it answered a byte is not an
 * answer: libcurl asks once more over a fresh one, as browsers do. Whoever counts should
 * number what it sends.
 */

#include "port/http.h"
#include "sys/courier.h"

/* Copied. */
struct fetch_options {
	const char *user_agent;		/* "roost/0.1.0" */
	const char *ca_file;		/* PEM: trusted beside the machine's own; or NULL */
	const struct network *allow;	/* special networks that PUBLIC may reach all the same */
	size_t allow_count;
};

/* `loop` and `argument` outlive the port. */
struct http_port *fetch_port_new(uv_loop_t *loop, const struct fetch_options *options,
				 courier_deliver *deliver, void *argument) must_check;

/* Other options from now on; what is under way goes on. */
void fetch_port_configure(struct http_port *port, const struct fetch_options *options);

/* What is under way is dropped, nothing is answered. Run the loop until it has no handles left. */
void fetch_port_free(struct http_port *port);

#endif
