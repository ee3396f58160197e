/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TRANSFER_H
#define ROOST_TRANSFER_H

/*
 * One request and its answer as a libcurl handle: what was asked for, what came, and what
 * its ending means. When it runs is fetch_port.c's business.
 */

#include <curl/curl.h>
#include <uv.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/limits.h"
#include "port/http.h"
#include "port/ticket.h"

struct fetch;

enum transfer_is { TRANSFER_WAITS, TRANSFER_RUNS, TRANSFER_ENDED };

struct transfer {
	struct transfer *next;
	struct fetch *fetch;
	const struct transfer_terms *terms;
	enum transfer_is is;
	struct ticket ticket;
	enum http_reach reach;
	uv_timer_t deadline;
	CURL *curl;
	struct curl_slist *headers;
	char host[HOST_MAX + 32];	/* "example.org:443": what is counted, and told to people */
	size_t held;			/* bytes of the order */
	bool sent;			/* perhaps: the request was let go */
	bool cut;			/* the answer's body was longer than is kept */
	bool head_too_long, head_is_whole;
	const char *forbidden;		/* what the refused address is; or NULL */
	size_t answer_limit, head_length;
	struct exchange_sink *sink;	/* where the body of a 200 goes; or NULL */
	bool sink_failed;
	struct http_result *result;
	struct buf body;
	char error[CURL_ERROR_SIZE];
};

/* What transfers share. */
struct transfer_terms {
	char *user_agent, *ca_file;
	struct network *allow;
	size_t allow_count;
	bool body_is_lent;		/* until the transfer's end, and not copied */
};

/* Copies of these options, in place of those before. */
struct fetch_options;
void transfer_terms_set(struct transfer_terms *terms, const struct fetch_options *options);
void transfer_terms_deinit(struct transfer_terms *terms);

/*
 * A transfer that does not run yet, or NULL with one sentence in `why` when the order can
 * never be sent. `terms` outlives it. Its timer is not initialized.
 */
struct transfer *transfer_new(const struct http_order *order, const struct transfer_terms *terms,
			      char why[static REASON_LIMIT + 1]) must_check;
void transfer_close(struct transfer *transfer);	/* libcurl's part of it; it is not under way any more */
void transfer_free(struct transfer *transfer);

/* What came of it, when libcurl has ended it. The reply's contents are the caller's. */
struct reply transfer_reply(struct transfer *transfer, CURLcode code) must_check;

/* What came of it, when time was up first. */
struct reply transfer_late_reply(const struct transfer *transfer) must_check;

#endif
