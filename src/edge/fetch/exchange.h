/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_EXCHANGE_H
#define ROOST_EXCHANGE_H

/*
 * The same client for a thread that may wait: one request after the other, under the same
 * rules and walls as port/http.h, over connections that are kept between them. For large
 * bodies, which have no business in the control thread. A body is lent, not copied.
 */

#include <stdatomic.h>

#include "fetch/fetch_port.h"

struct exchange;

/* Used by one thread at a time. Whoever makes one has called exchange_start() before. */
struct exchange *exchange_new(const struct fetch_options *options) must_check;
void exchange_free(struct exchange *exchange);

/* Once, before threads: libcurl's own beginning; and its end. */
void exchange_start(void);
void exchange_stop(void);

/*
 * Send the order and wait for what comes of it, as port/http.h says it. Also ends, with
 * Unknown or Refused, when `cancelled` becomes true (looked at ten times a second) or no
 * byte moves for `order->within`; a transfer that moves has ten times as long.
 */
struct reply exchange_ask(struct exchange *exchange, const struct http_order *order,
			  const atomic_bool *cancelled) must_check;

/* Takes a body as it comes. */
struct exchange_sink {
	/* 0, or negative with one sentence in `why`: then the transfer is over, and refused with it. */
	int (*take)(struct exchange_sink *sink, const void *bytes, size_t length);
	char why[REASON_LIMIT + 1];
	uint64_t expected;	/* bytes, as the answer's head says; 0 = it does not */
};

/*
 * The same, for downloads: the body of an answer with status 200 goes to the sink, others'
 * are kept as far as `answer_limit`. It may last as long as bytes come: what bounds it is
 * the sink, and a `within` in which less than 16 KiB came, so that nobody holds it up with a
 * byte now and then.
 */
struct reply exchange_take(struct exchange *exchange, const struct http_order *order,
			   struct exchange_sink *sink, const atomic_bool *cancelled) must_check;

#endif
