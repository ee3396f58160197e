/* SPDX-License-Identifier: Apache-2.0 */
/* One transfer at a time over a multi handle of its own, which keeps the connections. */

#include "fetch/exchange.h"

#include <string.h>

#include "fetch/transfer.h"

#define LOOK_EVERY_MS 100
#define PATIENCE      10    /* times `within`, for a transfer that moves */
#define LEAST_MOVED   16384 /* bytes within `within` that are moving, where they may take for ever */

struct exchange {
	CURLM *multi;
	struct transfer_terms terms;
};

void
exchange_start(void)
{
	ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

void
exchange_stop(void)
{
	curl_global_cleanup();
}

struct exchange *
exchange_new(const struct fetch_options *options)
{
	struct exchange *exchange = mem_new(sizeof *exchange);

	exchange->multi = curl_multi_init();
	ASSERT(exchange->multi != NULL);
	transfer_terms_set(&exchange->terms, options);
	exchange->terms.body_is_lent = true;
	return exchange;
}

void
exchange_free(struct exchange *exchange)
{
	if (exchange == NULL)
		return;
	(void)curl_multi_cleanup(exchange->multi);
	transfer_terms_deinit(&exchange->terms);
	mem_free(exchange);
}

/* How much has gone and come: while that grows, there is hope. */
static curl_off_t
moved(CURL *curl)
{
	curl_off_t up = 0, down = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &up);
	(void)curl_easy_getinfo(curl, CURLINFO_SIZE_DOWNLOAD_T, &down);
	return up + down;
}

struct patience {
	uint64_t within, until, silent_until; /* ns */
	curl_off_t moved, least;
};

static bool
is_late(struct patience *p, CURL *curl)
{
	uint64_t now = uv_hrtime();
	curl_off_t amount = moved(curl);

	if (amount - p->moved >= p->least) {
		p->moved = amount;
		p->silent_until = now + p->within;
	}
	return now >= p->silent_until || now >= p->until;
}

/* True when libcurl has ended it, with how. */
static bool
run(struct exchange *exchange, struct transfer *transfer, struct patience *patience,
    const atomic_bool *cancelled, CURLcode *ret_code)
{
	int running = 1, left;
	CURLMsg *message;

	for (;;) {
		ASSERT(curl_multi_perform(exchange->multi, &running) == CURLM_OK);
		message = curl_multi_info_read(exchange->multi, &left);
		if (message != NULL) {
			*ret_code = message->data.result;
			return true;
		}
		if (atomic_load(cancelled) || is_late(patience, transfer->curl))
			return false;
		(void)curl_multi_poll(exchange->multi, NULL, 0, LOOK_EVERY_MS, NULL);
	}
}

struct reply
exchange_take(struct exchange *exchange, const struct http_order *order, struct exchange_sink *sink,
	      const atomic_bool *cancelled)
{
	struct reply reply = { .result = REPLY_REFUSED };
	struct transfer *transfer = transfer_new(order, &exchange->terms, reply.reason);
	uint64_t within = (uint64_t)order->within.ms * 1000000, now = uv_hrtime();
	struct patience patience = { within, now + PATIENCE * within, now + within, 0, 1 };
	CURLcode code;

	if (transfer == NULL)
		return reply;
	transfer->sink = sink;
	if (sink != NULL) {
		patience.until = UINT64_MAX;
		patience.least = LEAST_MOVED;
	}
	transfer->is = TRANSFER_RUNS;
	ASSERT(curl_multi_add_handle(exchange->multi, transfer->curl) == CURLM_OK);
	if (run(exchange, transfer, &patience, cancelled, &code))
		reply = transfer_reply(transfer, code);
	else
		reply = transfer_late_reply(transfer);
	(void)curl_multi_remove_handle(exchange->multi, transfer->curl);
	transfer_free(transfer);
	return reply;
}

struct reply
exchange_ask(struct exchange *exchange, const struct http_order *order,
	     const atomic_bool *cancelled)
{
	return exchange_take(exchange, order, NULL, cancelled);
}
