/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receiving: bytes become requests, one after the other. What makes it hard is
 * who may call whom: a handler may answer while it is being called, and an
 * answer makes room for the next pipelined request. So there is one loop,
 * connection_process(), which is never entered twice for one connection, and a
 * connection is only freed by libuv's close callback.
 */

#include "http/connection.h"

#include "wire/http1/text.h"

#define AHEAD_LIMIT  32768u  /* pipelined bytes taken while an answer is waited for */
#define UNSENT_LIMIT 262144u /* answers not yet taken by the peer: no further request */

static const char continue_line[] = "HTTP/1.1 100 Continue\r\n\r\n";

/* --- life ----------------------------------------------------------------------------------- */

static void
request_free(struct connection *c)
{
	if (c->request == NULL)
		return;
	buf_deinit(&c->request->body);
	mem_free(TAKE(c->request));
}

/* What a peer makes us hold is charged to it, and to all of them together. */
static void
charge(struct connection *c, size_t held)
{
	ASSERT(held <= UINT32_MAX);
	c->server->held += held - c->charged;
	c->charged = (uint32_t)held;
}

static size_t
held_by(const struct connection *c)
{
	return c->in.length + (c->request != NULL ? c->request->body.length : 0);
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;
	struct http_server *server = c->server;

	ASSERT(c->state == CONNECTION_CLOSED && c->writing == NULL && c->exchange == NULL);
	if (c->stream.events != NULL) {
		server->counters.streams--;
		c->stream.events->on_closed(c->stream.argument);
	}
	if (c->counted)
		peers_leave(server->peers, &c->ip);
	if (c->previous != NULL)
		c->previous->next = c->next;
	else
		server->connections = c->next;
	if (c->next != NULL)
		c->next->previous = c->previous;
	charge(c, 0);
	request_free(c);
	tls_session_free(c->tls);
	buf_deinit(&c->in);
	buf_deinit(&c->out);
	mem_free(c);
	server->counters.open--;
	server_connection_gone(server);
}

void
connection_close(struct connection *c)
{
	if (c->state == CONNECTION_CLOSED)
		return;
	c->state = CONNECTION_CLOSED;
	wheel_clear(&c->server->wheel, &c->timer);
	if (c->exchange != NULL) {
		c->exchange->connection = NULL;
		c->exchange = NULL;
	}
	uv_close(&c->io.handle, on_handle_closed);
}

void
connection_set_deadline(struct connection *c, unsigned ms)
{
	wheel_set(&c->server->wheel, &c->timer, uv_now(c->server->loop) + ms);
	server_tick_start(c->server);
}

void
connection_await_request(struct connection *c)
{
	const struct http_settings *settings = &c->server->settings;

	connection_set_deadline(c, c->in.length > 0 ? settings->head_ms : settings->idle_ms);
}

/* --- requests ------------------------------------------------------------------------------- */

static void
hand_over(struct connection *c, const unsigned char *body, size_t body_length)
{
	const struct http_head *head = &c->request->head;
	struct http_server *server = c->server;
	const char *bytes = (const char *)c->in.data;
	struct http_request request = { .head = head,
					.bytes = bytes,
					.body = body,
					.body_length = body_length,
					.ip = c->ip,
					.local = c->local,
					.secure = c->tls != NULL };
	CLEANUP(text_freep) char *path = NULL;
	CLEANUP(text_freep) char *query = NULL;

	if (head->path.length == 1 && bytes[head->path.at] == '*') {
		path = text_copy("*");
	} else if (!http_path_decode(bytes + head->path.at, head->path.length, &path)) {
		answer_bad_path(c);
		return;
	}
	if (head->has_query)
		query = http_span_text(bytes, head->query);
	request.path = path;
	request.query = query;
	c->exchange = mem_new(sizeof *c->exchange);
	*c->exchange = (struct http_exchange){ .connection = c,
					       .method = head->method,
					       .minor = head->minor,
					       .keep_alive = head->keep_alive };
	c->state = CONNECTION_ANSWERING;
	connection_set_deadline(c, server->settings.answer_ms);
	server->counters.requests++;
	server->handle(server->argument, c->exchange, &request);
}

/* The request is whole and uses the first `used` bytes of `in`. */
static bool
request_whole(struct connection *c, const unsigned char *body, size_t body_length, size_t used)
{
	hand_over(c, body, body_length);
	request_free(c);
	c->scanned = 0;
	/* An error answer or a close may have dropped what was received. */
	if (c->in.length >= used)
		buf_drop(&c->in, used);
	return true;
}

static bool
step_chunks(struct connection *c)
{
	struct request_under_way *r = c->request;
	size_t head = r->head.length, used = 0;
	const char *bytes = (const char *)c->in.data + head;

	switch (http_chunks_feed(&r->chunks, bytes, c->in.length - head,
				 c->server->settings.body_limit, &r->body, &used)) {
	case CHUNKS_MORE:
		c->in.length = head;
		return false;
	case CHUNKS_ENDED:
		return request_whole(c, r->body.data, r->body.length, head + used);
	case CHUNKS_TOO_LARGE:
		answer_error(c, 413);
		return false;
	case CHUNKS_BAD:
		answer_error(c, 400);
		return false;
	}
	return false;
}

static bool
step_body(struct connection *c)
{
	const struct http_head *head = &c->request->head;
	size_t whole;

	if (head->chunked)
		return step_chunks(c);
	whole = head->length + (size_t)head->content_length;
	if (c->in.length < whole)
		return false;
	return request_whole(c, c->in.data + head->length, (size_t)head->content_length, whole);
}

/* The head is there. Refuse a body that is too long before it is sent. */
static bool
begin_body(struct connection *c)
{
	const struct http_head *head = &c->request->head;

	c->request->known = true;
	if (head->content_length > c->server->settings.body_limit) {
		answer_error(c, 413);
		return false;
	}
	c->state = CONNECTION_BODY;
	c->request->since = uv_now(c->server->loop);
	connection_set_deadline(c, c->server->settings.body_ms);
	if (head->expects_continue && c->in.length == head->length &&
	    (head->chunked || head->content_length > 0))
		output_put(c, continue_line, sizeof continue_line - 1);
	return true;
}

static bool
step_head(struct connection *c)
{
	struct request_under_way *r;
	size_t scanned = c->scanned;
	enum http_parse parsed;
	int status = 0;

	if (c->in.length == 0 || output_unsent(c) > UNSENT_LIMIT)
		return false;
	if (c->request == NULL)
		c->request = mem_new(sizeof *c->request);
	r = c->request;
	parsed = http_head_parse((const char *)c->in.data, c->in.length, &scanned, &r->head,
				 &status);
	c->scanned = (uint32_t)scanned; /* of at most HTTP_HEAD_LIMIT */
	switch (parsed) {
	case HTTP_MORE:
		return false;
	case HTTP_DONE:
		return begin_body(c);
	case HTTP_BAD:
		c->server->counters.bad_requests++;
		answer_error(c, status);
		return false;
	}
	return false;
}

static bool
step(struct connection *c)
{
	switch (c->state) {
	case CONNECTION_HEAD:
		return step_head(c);
	case CONNECTION_BODY:
		return step_body(c);
	case CONNECTION_ANSWERING:
	case CONNECTION_STREAMING:
	case CONNECTION_FLUSHING:
	case CONNECTION_LINGERING:
	case CONNECTION_CLOSED:
		return false;
	}
	return false;
}

void
connection_process(struct connection *c)
{
	if (c->processing)
		return;
	c->processing = true;
	while (step(c))
		continue;
	c->processing = false;
	charge(c, held_by(c));
	if (c->state == CONNECTION_BODY && c->server->held > c->server->settings.held_limit)
		answer_error(c, 503);
	if (c->in.length == 0 && c->state != CONNECTION_CLOSED) {
		buf_deinit(&c->in);
		if (c->state == CONNECTION_HEAD)
			request_free(c);
	}
	/* A peer that has closed its side gets its answers, and no more is waited for. */
	if (c->state == CONNECTION_HEAD && c->peer_ended && output_unsent(c) <= UNSENT_LIMIT)
		output_finish(c);
	output_flush(c);
	connection_may_read(c);
}

/* --- bytes in ------------------------------------------------------------------------------- */

static void
take_plain(struct connection *c, const void *bytes, size_t length)
{
	switch (c->state) {
	case CONNECTION_HEAD:
		if (c->in.length == 0 && c->was_used)
			connection_set_deadline(c, c->server->settings.head_ms);
		buf_put(&c->in, bytes, length);
		connection_process(c);
		return;
	case CONNECTION_BODY:
		buf_put(&c->in, bytes, length);
		connection_process(c);
		return;
	case CONNECTION_ANSWERING:
		buf_put(&c->in, bytes, length);
		connection_may_read(c);
		return;
	case CONNECTION_STREAMING:
		if (c->stream.events->on_bytes != NULL)
			c->stream.events->on_bytes(c->stream.argument, bytes, length);
		return;
	case CONNECTION_FLUSHING:
	case CONNECTION_LINGERING:
	case CONNECTION_CLOSED:
		return;
	}
}

static void
take_cipher(struct connection *c, const void *bytes, size_t length)
{
	CLEANUP(buf_deinit) struct buf plain = BUF_NULL;
	bool ended = false;
	bool fine = tls_session_take(c->tls, bytes, length, &plain, &c->out, &ended);

	if (!fine)
		c->server->counters.tls_failures++;
	if (plain.length > 0)
		take_plain(c, plain.data, plain.length);
	output_flush(c);
	if (!fine)
		connection_close(c);
	else if (ended && c->state != CONNECTION_CLOSED && c->state != CONNECTION_LINGERING)
		c->peer_ended = true;
}

static void
take_end(struct connection *c)
{
	c->peer_ended = true;
	switch (c->state) {
	case CONNECTION_HEAD:
		connection_process(c);
		return;
	case CONNECTION_ANSWERING:
	case CONNECTION_FLUSHING:
		return; /* the answer is still wanted */
	case CONNECTION_BODY:
	case CONNECTION_STREAMING:
	case CONNECTION_LINGERING:
		connection_close(c);
		return;
	case CONNECTION_CLOSED:
		return;
	}
}

static void
on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	struct connection *c = handle->data;

	(void)suggested;
	*ret_buffer = uv_buf_init(c->server->read_buffer, sizeof c->server->read_buffer);
}

static void
on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
	struct connection *c = stream->data;

	if (length == 0 || c->state == CONNECTION_CLOSED)
		return;
	if (length == UV_EOF) {
		c->reading = false;
		(void)uv_read_stop(stream);
		take_end(c);
	} else if (length < 0) {
		connection_close(c);
	} else if (c->tls != NULL && c->state != CONNECTION_LINGERING) {
		take_cipher(c, buffer->base, (size_t)length);
		if (c->peer_ended)
			take_end(c);
	} else {
		take_plain(c, buffer->base, (size_t)length);
	}
}

/* Read on unless the peer is so far ahead that it has to wait. */
void
connection_may_read(struct connection *c)
{
	bool wanted = !c->peer_ended;

	if (c->state == CONNECTION_CLOSED)
		return;
	if (c->state == CONNECTION_ANSWERING || c->state == CONNECTION_HEAD)
		wanted = wanted && c->in.length < AHEAD_LIMIT;
	if (wanted == c->reading)
		return;
	c->reading = wanted;
	if (wanted)
		wanted = uv_read_start(&c->io.stream, on_buffer, on_read) == 0;
	else
		wanted = uv_read_stop(&c->io.stream) == 0;
	if (!wanted)
		connection_close(c);
}

void
connection_start(struct connection *c, struct http_tls *tls)
{
	if (tls != NULL)
		c->tls = tls_session_new(tls);
	connection_set_deadline(c, c->server->settings.head_ms);
	connection_may_read(c);
}

/* --- deadlines ------------------------------------------------------------------------------ */

/* A body that keeps coming earns time by its bytes. */
static void
body_is_late(struct connection *c)
{
	const struct http_settings *settings = &c->server->settings;
	uint64_t now = uv_now(c->server->loop);
	uint64_t received = c->in.length + c->request->body.length;
	uint64_t until =
		c->request->since + settings->body_ms + received * 1000 / settings->body_rate;

	if (now < until) {
		connection_set_deadline(c, (unsigned)(until - now));
		return;
	}
	c->server->counters.timeouts++;
	answer_error(c, 408);
}

/*
 * Output is pending at its deadline. A peer that has taken some of it since the
 * last one is only slow, and gets another; one that has taken nothing is gone.
 */
static void
output_is_late(struct connection *c)
{
	size_t unsent = output_unsent(c);

	if (c->unsent_then != 0 && unsent >= c->unsent_then) {
		connection_close(c);
		return;
	}
	c->unsent_then = unsent < UINT32_MAX ? (uint32_t)unsent : UINT32_MAX;
	connection_set_deadline(c, c->server->settings.write_ms);
}

static void
head_is_late(struct connection *c)
{
	if (output_is_pending(c)) {
		output_is_late(c);
		return;
	}
	if (c->in.length == 0) { /* only idle: nothing to say */
		connection_close(c);
		return;
	}
	c->server->counters.timeouts++;
	answer_error(c, 408);
}

static void
answer_is_late(struct connection *c)
{
	c->server->counters.timeouts++;
	c->exchange->connection = NULL;
	c->exchange = NULL;
	answer_error(c, 503);
}

void
connection_reached(void *server, struct wheel_entry *entry)
{
	struct connection *c = CONTAINER_OF(entry, struct connection, timer);

	(void)server;
	switch (c->state) {
	case CONNECTION_HEAD:
		head_is_late(c);
		return;
	case CONNECTION_BODY:
		body_is_late(c);
		return;
	case CONNECTION_ANSWERING:
		answer_is_late(c);
		return;
	case CONNECTION_STREAMING:
	case CONNECTION_FLUSHING:
		output_is_late(c);
		return;
	case CONNECTION_LINGERING:
		connection_close(c);
		return;
	case CONNECTION_CLOSED:
		return;
	}
}
