/* SPDX-License-Identifier: Apache-2.0 */
/* Answering: responses are printed straight into the connection's output, streams take it over. */

#include "http/connection.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/clock.h"

/* The Date header's value, printed once a second. */
const char *
answer_date(struct http_server *server)
{
	struct instant now = sys_now();

	if (now.ms / 1000 != server->date_second) {
		server->date_second = now.ms / 1000;
		http_date(now, server->date);
	}
	return server->date;
}

static bool
has_body(const struct http_exchange *exchange, int status)
{
	return exchange->method != HTTP_HEAD && status >= 200 && status != 204 && status != 304;
}

static void
print_head(struct buf *to, struct http_server *server, const struct http_response *response)
{
	http_print_status(to, response->status);
	http_print_header(to, "Date", answer_date(server));
	if (response->content_type != NULL)
		http_print_header(to, "Content-Type", response->content_type);
	if (response->headers != NULL)
		buf_put_text(to, response->headers);
}

static void
print_response(struct buf *to, struct connection *c, const struct http_exchange *exchange,
	       const struct http_response *response, bool close)
{
	print_head(to, c->server, response);
	if (response->status >= 200 && response->status != 204 && response->status != 304)
		buf_format(to, "Content-Length: %zu\r\n", response->body_length);
	if (close)
		http_print_header(to, "Connection", "close");
	else if (exchange->minor == 0)
		http_print_header(to, "Connection", "keep-alive");
	buf_put(to, "\r\n", 2);
	if (has_body(exchange, response->status))
		buf_put(to, response->body, response->body_length);
}

/* Print to `out`, through TLS when there is some. */
static void
put_response(struct connection *c, const struct http_exchange *exchange,
	     const struct http_response *response, bool close)
{
	CLEANUP(buf_deinit) struct buf plain = BUF_NULL;

	if (c->tls == NULL) {
		print_response(&c->out, c, exchange, response, close);
		return;
	}
	print_response(&plain, c, exchange, response, close);
	output_put(c, plain.data, plain.length);
}

static void
next_request(struct connection *c)
{
	c->was_used = true;
	c->state = CONNECTION_HEAD;
	connection_await_request(c);
	connection_process(c);
}

void
http_answer(struct http_exchange *exchange, const struct http_response *response)
{
	struct connection *c = exchange->connection;
	bool close;

	if (c != NULL) {
		ASSERT(c->state == CONNECTION_ANSWERING && c->exchange == exchange);
		c->exchange = NULL;
		close = response->close || !exchange->keep_alive || c->server->stopping;
		put_response(c, exchange, response, close);
		if (close)
			output_finish(c);
		else if (c->state != CONNECTION_CLOSED)
			next_request(c);
	}
	mem_free(exchange);
}

bool
http_exchange_is_gone(const struct http_exchange *exchange)
{
	return exchange->connection == NULL;
}

/* What whoever handles requests wants to be said instead. */
static void
ask_for_words(const struct connection *c, int status, struct http_refusal *refusal)
{
	CLEANUP(text_freep) char *path = NULL;

	if (c->server->refused == NULL || c->request == NULL || !c->request->known)
		return;
	path = http_span_text((const char *)c->in.data, c->request->head.path);
	c->server->refused(c->server->argument, path, status, refusal);
}

static const char *
error_detail(int status)
{
	switch (status) {
	case 400:
		return "The request is not HTTP as RFC 9112 has it.";
	case 408:
		return "The request did not come whole in time.";
	case 413:
		return "The body is larger than roost takes.";
	case 414:
		return "The address is longer than roost takes.";
	case 431:
		return "The headers are more or longer than roost takes.";
	case 503:
		return "roost is busy; try again in a moment.";
	default:
		return "roost does not do what the request asks of HTTP.";
	}
}

static void
end_with_error(struct connection *c, int status, const char *detail, const char *errors)
{
	struct http_exchange exchange = { .method = HTTP_GET, .minor = 1 };
	char body[512];
	struct http_response response = { .status = status,
					  .content_type = "application/problem+json",
					  .headers = status == 503 ? "Retry-After: 1\r\n" : NULL,
					  .body = body };
	struct http_refusal refusal = { .status = 0 };

	if (c->state == CONNECTION_CLOSED)
		return;
	ask_for_words(c, status, &refusal);
	response.body_length = (size_t)snprintf(
		body, sizeof body,
		"{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\"%s}",
		http_status_phrase(status), status, detail, errors);
	if (refusal.body != NULL)
		response = (struct http_response){ .status = refusal.status,
						   .content_type = refusal.content_type,
						   .headers = refusal.headers,
						   .body = refusal.body,
						   .body_length = strlen(refusal.body) };
	put_response(c, &exchange, &response, true);
	mem_free(refusal.headers);
	mem_free(refusal.body);
	output_finish(c);
}

void
answer_error(struct connection *c, int status)
{
	end_with_error(c, status, error_detail(status), "");
}

void
answer_bad_path(struct connection *c)
{
	end_with_error(
		c, 400, "The path of the request is not right.",
		",\"errors\":[{\"pointer\":\"path\",\"detail\":\"is no UTF-8 percent-encoded, "
		"or has a control character, a slash or a backslash in a name\"}]");
}

/* --- streams -------------------------------------------------------------------------------- */

/* Without these the kernel hides a reader that has stopped reading, megabytes long, for hours. */
static void
set_stream_options(struct connection *c)
{
	int size = (int)c->server->settings.stream_buffer;
	uv_os_fd_t fd;

	if (uv_fileno(&c->io.handle, &fd) == 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	if (!c->local)
		(void)uv_tcp_keepalive(&c->io.tcp, 1, 60);
}

static struct http_stream *
take_over(struct connection *c, const struct http_stream_events *events, void *argument)
{
	c->exchange = NULL;
	c->state = CONNECTION_STREAMING;
	c->stream = (struct http_stream){ events, argument };
	c->server->counters.streams++;
	wheel_clear(&c->server->wheel, &c->timer);
	set_stream_options(c);
	return &c->stream;
}

struct http_stream *
http_answer_stream(struct http_exchange *exchange, const struct http_response *head,
		   const struct http_stream_events *events, void *argument)
{
	CLEANUP(buf_deinit) struct buf bytes = BUF_NULL;
	struct connection *c = exchange->connection;

	mem_free(exchange);
	if (c == NULL)
		return NULL;
	ASSERT(c->state == CONNECTION_ANSWERING && c->exchange == exchange);
	print_head(&bytes, c->server, head);
	if (head->status != 101)
		http_print_header(&bytes, "Connection", "close");
	buf_put(&bytes, "\r\n", 2);
	output_put(c, bytes.data, bytes.length);
	if (c->state == CONNECTION_CLOSED)
		return NULL;
	(void)take_over(c, events, argument);
	if (c->peer_ended || c->server->stopping)
		connection_close(c); /* on_closed follows */
	else
		output_flush(c);
	connection_may_read(c);
	return &c->stream;
}

bool
http_stream_send(struct http_stream *stream, const void *bytes, size_t length)
{
	struct connection *c = CONTAINER_OF(stream, struct connection, stream);

	if (c->state != CONNECTION_STREAMING)
		return false;
	if (c->tls == NULL && !output_is_pending(c)) {
		uv_buf_t all = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)length);
		int sent = uv_try_write(&c->io.stream, &all, 1);

		if (sent > 0) {
			c->server->counters.bytes_sent += (uint64_t)sent;
			bytes = (const char *)bytes + sent;
			length -= (size_t)sent;
		}
	}
	return length == 0 && !output_is_pending(c) ? true : output_put_rest(c, bytes, length);
}

void
http_stream_take_early(struct http_stream *stream)
{
	struct connection *c = CONTAINER_OF(stream, struct connection, stream);
	CLEANUP(buf_deinit) struct buf early = c->in;

	c->in = BUF_NULL;
	if (early.length > 0 && c->state == CONNECTION_STREAMING)
		stream->events->on_bytes(stream->argument, early.data, early.length);
}

const struct ip *
http_stream_ip(const struct http_stream *stream)
{
	return &CONTAINER_OF(stream, struct connection, stream)->ip;
}

size_t
http_stream_unsent(const struct http_stream *stream)
{
	return output_unsent(CONTAINER_OF(stream, struct connection, stream));
}

void
http_stream_close(struct http_stream *stream)
{
	struct connection *c = CONTAINER_OF(stream, struct connection, stream);

	ASSERT(c->stream.events != NULL);
	c->stream.events = NULL;
	c->server->counters.streams--;
	if (c->state == CONNECTION_STREAMING)
		output_finish(c);
}
