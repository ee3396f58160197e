/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes on their way out. Small answers go to the kernel at once; what it does
 * not take is handed to libuv in one piece, and while that is on its way more
 * gathers in `out`. So one connection has at most two buffers, whatever is sent.
 */

#include "http/connection.h"

#include <string.h>

#define LINGER_MS 2000

struct write {
	uv_write_t request;
	struct connection *connection;
	struct buf bytes;
};

bool
output_is_pending(const struct connection *c)
{
	return c->writing != NULL || c->out.length > 0;
}

size_t
output_unsent(const struct connection *c)
{
	return c->out.length +
	       (c->writing != NULL ? uv_stream_get_write_queue_size(&c->io.stream) : 0);
}

void
output_put(struct connection *c, const void *bytes, size_t length)
{
	if (c->state == CONNECTION_CLOSED)
		return;
	if (c->tls == NULL) {
		buf_put(&c->out, bytes, length);
		return;
	}
	if (!tls_session_put(c->tls, bytes, length, &c->out))
		connection_close(c);
}

static void
on_shut_down(uv_shutdown_t *request, int status)
{
	(void)status; /* the connection's deadline and its reads see to the rest */
	mem_free(request);
}

/* Our side is done: close it and drop what comes, so that the peer can read our last words. */
static void
linger(struct connection *c)
{
	uv_shutdown_t *request;

	buf_clear(&c->in);
	if (c->peer_ended) {
		connection_close(c);
		return;
	}
	c->state = CONNECTION_LINGERING;
	connection_set_deadline(c, LINGER_MS);
	request = mem_new(sizeof *request);
	if (uv_shutdown(request, &c->io.stream, on_shut_down) != 0) {
		mem_free(request);
		connection_close(c);
		return;
	}
	connection_may_read(c);
}

static void
drained(struct connection *c)
{
	buf_deinit(&c->out);
	c->unsent_then = 0;
	switch (c->state) {
	case CONNECTION_FLUSHING:
		linger(c);
		return;
	case CONNECTION_STREAMING:
		wheel_clear(&c->server->wheel, &c->timer);
		if (c->stream.events->on_drained != NULL)
			c->stream.events->on_drained(c->stream.argument);
		return;
	case CONNECTION_HEAD:
		connection_await_request(c);
		connection_process(c); /* pipelined requests may have waited for room */
		return;
	case CONNECTION_BODY:
	case CONNECTION_ANSWERING:
		connection_process(c);
		return;
	case CONNECTION_LINGERING:
	case CONNECTION_CLOSED:
		return;
	}
}

static void
on_written(uv_write_t *request, int status)
{
	struct write *write = CONTAINER_OF(request, struct write, request);
	struct connection *c = write->connection;

	c->server->counters.bytes_sent += write->bytes.length;
	buf_deinit(&write->bytes);
	mem_free(write);
	c->writing = NULL;
	if (c->state == CONNECTION_CLOSED)
		return;
	if (status != 0) {
		connection_close(c);
		return;
	}
	if (c->out.length > 0)
		output_flush(c);
	if (c->state != CONNECTION_CLOSED && !output_is_pending(c))
		drained(c);
}

/* Hand the rest to libuv. */
static void
write_rest(struct connection *c)
{
	struct write *write = mem_new(sizeof *write);
	uv_buf_t bytes;

	write->connection = c;
	write->bytes = c->out;
	c->out = BUF_NULL;
	bytes = uv_buf_init((char *)write->bytes.data, (unsigned)write->bytes.length);
	c->writing = write;
	if (uv_write(&write->request, &c->io.stream, &bytes, 1, on_written) == 0)
		return;
	c->writing = NULL;
	buf_deinit(&write->bytes);
	mem_free(write);
	connection_close(c);
}

void
output_flush(struct connection *c)
{
	uv_buf_t bytes;
	int sent;

	if (c->state == CONNECTION_CLOSED || c->writing != NULL || c->out.length == 0)
		return;
	bytes = uv_buf_init((char *)c->out.data, (unsigned)c->out.length);
	sent = uv_try_write(&c->io.stream, &bytes, 1);
	if (sent < 0 && sent != UV_EAGAIN) {
		connection_close(c);
		return;
	}
	if (sent > 0) {
		c->server->counters.bytes_sent += (uint64_t)sent;
		buf_drop(&c->out, (size_t)sent);
	}
	if (c->out.length > 0)
		write_rest(c);
	else
		buf_deinit(&c->out);
}

bool
output_put_rest(struct connection *c, const void *bytes, size_t length)
{
	if (length > 0) {
		output_put(c, bytes, length);
		output_flush(c);
	}
	if (c->state != CONNECTION_STREAMING)
		return false;
	if (!output_is_pending(c))
		return true;
	if (c->timer.next == NULL)
		connection_set_deadline(c, c->server->settings.write_ms);
	return false;
}

void
output_finish(struct connection *c)
{
	if (c->state == CONNECTION_CLOSED)
		return;
	if (c->tls != NULL)
		tls_session_end(c->tls, &c->out);
	c->state = CONNECTION_FLUSHING;
	connection_set_deadline(c, c->server->settings.write_ms);
	output_flush(c);
	if (c->state == CONNECTION_FLUSHING && !output_is_pending(c))
		linger(c);
}
