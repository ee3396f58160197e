/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transfers in a queue and under way, and libcurl's multi interface between libuv's timer
 * and polls. What makes it hard is who may be freed when: libuv keeps handles until they
 * are closed, so a transfer goes with its timer and the port with the last handle.
 */

#include "fetch/fetch_port.h"

#include <string.h>

#include "fetch/transfer.h"

#define CONNECTIONS_KEPT 64

/* A socket that libcurl waits for. */
struct watch {
	struct watch *next;
	struct fetch *fetch;
	uv_poll_t poll;
	curl_socket_t socket;
};

struct fetch {
	struct http_port port;
	uv_loop_t *loop;
	struct courier *courier;
	CURLM *multi;
	uv_timer_t alarm; /* libcurl's */
	struct watch *watches;
	struct transfer *waiting, *running;
	size_t waiting_count, waiting_bytes;
	size_t running_count[2]; /* by reach */
	struct transfer_terms terms;
	unsigned held; /* handles that libuv still has */
};

static void
let_go(struct fetch *fetch)
{
	if (--fetch->held > 0)
		return;
	transfer_terms_deinit(&fetch->terms);
	mem_free(fetch);
	curl_global_cleanup();
}

/* ---- the order of things ---- */

static void
on_deadline_closed(uv_handle_t *handle)
{
	struct transfer *transfer = CONTAINER_OF((uv_timer_t *)handle, struct transfer, deadline);
	struct fetch *fetch = transfer->fetch;

	transfer_free(transfer);
	let_go(fetch);
}

static void
take_out(struct transfer **list, const struct transfer *transfer)
{
	while (*list != transfer)
		list = &(*list)->next;
	*list = transfer->next;
}

/* Out of everything; its memory goes when its timer is closed. */
static void
end(struct transfer *transfer)
{
	struct fetch *fetch = transfer->fetch;

	ASSERT(transfer->is != TRANSFER_ENDED);
	if (transfer->is == TRANSFER_WAITS) {
		take_out(&fetch->waiting, transfer);
		fetch->waiting_count--;
		fetch->waiting_bytes -= transfer->held;
	} else {
		take_out(&fetch->running, transfer);
		fetch->running_count[transfer->reach]--;
		(void)curl_multi_remove_handle(fetch->multi, transfer->curl);
	}
	transfer->is = TRANSFER_ENDED;
	transfer_close(transfer);
	uv_close((uv_handle_t *)&transfer->deadline, on_deadline_closed);
}

/* The operator's own are bounded in all; others also by host. */
static bool
has_room(const struct fetch *fetch, const struct transfer *wish)
{
	bool is_public = wish->reach == HTTP_REACH_PUBLIC;
	size_t same = 0;

	if (fetch->running_count[wish->reach] >= (is_public ? FETCH_PUBLIC_LIMIT : FETCH_ANY_LIMIT))
		return false;
	for (const struct transfer *t = fetch->running; t != NULL && is_public; t = t->next)
		same += t->reach == wish->reach && strcmp(t->host, wish->host) == 0;
	return same < FETCH_PUBLIC_HOST_LIMIT;
}

/* Start what may start, the oldest first. */
static void
advance(struct fetch *fetch)
{
	struct transfer **at = &fetch->waiting;

	while (*at != NULL) {
		struct transfer *transfer = *at;

		if (!has_room(fetch, transfer)) {
			at = &transfer->next;
			continue;
		}
		*at = transfer->next;
		fetch->waiting_count--;
		fetch->waiting_bytes -= transfer->held;
		transfer->next = fetch->running;
		fetch->running = transfer;
		fetch->running_count[transfer->reach]++;
		transfer->is = TRANSFER_RUNS;
		ASSERT(curl_multi_add_handle(fetch->multi, transfer->curl) == CURLM_OK);
	}
}

static void
answer(struct transfer *transfer, struct reply reply)
{
	struct fetch *fetch = transfer->fetch;

	courier_reply(fetch->courier, &reply);
	end(transfer);
}

static void
on_deadline(uv_timer_t *timer)
{
	struct transfer *transfer = CONTAINER_OF(timer, struct transfer, deadline);
	struct fetch *fetch = transfer->fetch;

	answer(transfer, transfer_late_reply(transfer));
	advance(fetch);
}

/* ---- libcurl and libuv ---- */

static void
collect(struct fetch *fetch)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(fetch->multi, &left)) != NULL) {
		CURLcode code = message->data.result;
		char *found = NULL;

		ASSERT(message->msg == CURLMSG_DONE);
		ASSERT(curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &found) ==
		       CURLE_OK);
		answer((struct transfer *)(void *)found,
		       transfer_reply((struct transfer *)(void *)found, code));
	}
	advance(fetch);
}

static void
on_alarm(uv_timer_t *timer)
{
	struct fetch *fetch = CONTAINER_OF(timer, struct fetch, alarm);
	int running;

	(void)curl_multi_socket_action(fetch->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(fetch);
}

static int
on_timeout(CURLM *multi, long wait_ms, void *argument)
{
	struct fetch *fetch = argument;

	(void)multi;
	if (wait_ms < 0)
		(void)uv_timer_stop(&fetch->alarm);
	else
		(void)uv_timer_start(&fetch->alarm, on_alarm, (uint64_t)wait_ms, 0);
	return 0;
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = CONTAINER_OF(poll, struct watch, poll);
	struct fetch *fetch = watch->fetch;
	int running, what = 0;

	if (status < 0)
		what = CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		what |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		what |= CURL_CSELECT_OUT;
	(void)curl_multi_socket_action(fetch->multi, watch->socket, what, &running);
	collect(fetch);
}

static void
on_watch_closed(uv_handle_t *handle)
{
	struct watch *watch = CONTAINER_OF((uv_poll_t *)handle, struct watch, poll);
	struct fetch *fetch = watch->fetch;

	mem_free(watch);
	let_go(fetch);
}

static void
watch_close(struct watch *watch)
{
	struct watch **at = &watch->fetch->watches;

	while (*at != watch)
		at = &(*at)->next;
	*at = watch->next;
	uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
}

static struct watch *
watch_new(struct fetch *fetch, curl_socket_t socket)
{
	struct watch *watch = mem_new(sizeof *watch);

	watch->fetch = fetch;
	watch->socket = socket;
	watch->next = fetch->watches;
	fetch->watches = watch;
	fetch->held++;
	ASSERT(uv_poll_init_socket(fetch->loop, &watch->poll, socket) == 0);
	return watch;
}

static int
on_socket(CURL *curl, curl_socket_t socket, int what, void *argument, void *known)
{
	struct fetch *fetch = argument;
	struct watch *watch = known;
	int events = 0;

	(void)curl;
	if (what == CURL_POLL_REMOVE) {
		if (watch != NULL) {
			(void)curl_multi_assign(fetch->multi, socket, NULL);
			watch_close(watch);
		}
		return 0;
	}
	if (watch == NULL) {
		watch = watch_new(fetch, socket);
		(void)curl_multi_assign(fetch->multi, socket, watch);
	}
	if (what != CURL_POLL_OUT)
		events |= UV_READABLE;
	if (what != CURL_POLL_IN)
		events |= UV_WRITABLE;
	ASSERT(uv_poll_start(&watch->poll, events, on_poll) == 0);
	return 0;
}

/* ---- from outside ---- */

static void
send_order(struct http_port *port, struct ticket ticket, const struct http_order *order)
{
	struct fetch *fetch = CONTAINER_OF(port, struct fetch, port);
	char why[REASON_LIMIT + 1];
	struct transfer *transfer, **at = &fetch->waiting;

	if (fetch->waiting_count >= FETCH_QUEUE_LIMIT ||
	    fetch->waiting_bytes + order->body_length > FETCH_QUEUE_BYTES_LIMIT) {
		courier_refuse(fetch->courier, ticket, "too much else is waiting to be sent");
		return;
	}
	transfer = transfer_new(order, &fetch->terms, why);
	if (transfer == NULL) {
		courier_refuse(fetch->courier, ticket, "%s", why);
		return;
	}
	transfer->fetch = fetch;
	transfer->ticket = ticket;
	fetch->held++;
	ASSERT(uv_timer_init(fetch->loop, &transfer->deadline) == 0);
	uv_update_time(fetch->loop);
	ASSERT(uv_timer_start(&transfer->deadline, on_deadline,
			      order->within.ms > 0 ? (uint64_t)order->within.ms : 1, 0) == 0);
	while (*at != NULL)
		at = &(*at)->next;
	*at = transfer;
	fetch->waiting_count++;
	fetch->waiting_bytes += transfer->held;
	advance(fetch);
}

void
fetch_port_configure(struct http_port *port, const struct fetch_options *options)
{
	struct fetch *fetch = CONTAINER_OF(port, struct fetch, port);

	transfer_terms_set(&fetch->terms, options);
}

struct http_port *
fetch_port_new(uv_loop_t *loop, const struct fetch_options *options, courier_deliver *deliver,
	       void *argument)
{
	struct fetch *fetch = mem_new(sizeof *fetch);

	ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	fetch->port.send = send_order;
	fetch->loop = loop;
	fetch->courier = courier_new(loop, deliver, argument);
	fetch->held = 1;
	ASSERT(uv_timer_init(loop, &fetch->alarm) == 0);
	fetch->multi = curl_multi_init();
	ASSERT(fetch->multi != NULL);
	(void)curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	(void)curl_multi_setopt(fetch->multi, CURLMOPT_SOCKETDATA, fetch);
	(void)curl_multi_setopt(fetch->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	(void)curl_multi_setopt(fetch->multi, CURLMOPT_TIMERDATA, fetch);
	(void)curl_multi_setopt(fetch->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
	fetch_port_configure(&fetch->port, options);
	return &fetch->port;
}

static void
on_alarm_closed(uv_handle_t *handle)
{
	let_go(CONTAINER_OF((uv_timer_t *)handle, struct fetch, alarm));
}

void
fetch_port_free(struct http_port *port)
{
	struct fetch *fetch;

	if (port == NULL)
		return;
	fetch = CONTAINER_OF(port, struct fetch, port);
	while (fetch->running != NULL)
		end(fetch->running);
	while (fetch->waiting != NULL)
		end(fetch->waiting);
	(void)curl_multi_cleanup(fetch->multi);
	while (fetch->watches != NULL)
		watch_close(fetch->watches);
	courier_free(fetch->courier);
	uv_close((uv_handle_t *)&fetch->alarm, on_alarm_closed);
}
