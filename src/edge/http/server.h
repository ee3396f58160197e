/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HTTP_SERVER_H
#define ROOST_HTTP_SERVER_H

/*
 * A small strict HTTP/1.1 server on a libuv loop. One thread: everything here is
 * called, and calls back, in the loop's thread.
 *
 * A connection costs little until it says something, is never waited for without
 * a deadline, and has one request under way at a time: pipelined requests are
 * answered in order. Each whole request becomes an exchange, which is answered
 * exactly once: with a response, or by taking the connection over as a stream
 * (server-sent events; a protocol upgrade).
 */

#include <uv.h>

#include "base/address.h"
#include "base/limits.h"
#include "http/tls.h"
#include "wire/http1/head.h"

struct http_server;
struct http_exchange;
struct http_stream;

struct http_settings {
	size_t connections;		/* open at once; more are closed at the door */
	size_t connections_per_prefix;	/* of one peer (ip_prefix); loopback is not counted */
	size_t body_limit;		/* bytes; longer is 413, before the body is read */
	size_t held_limit;		/* bytes of unfinished requests of all connections; over it 503 */
	unsigned head_ms;		/* from a request's first byte (or the connection) to its head's end */
	unsigned body_ms;		/* for a body, and ... */
	unsigned body_rate;		/* ... 1 s more for each `body_rate` bytes of it that came */
	unsigned idle_ms;		/* kept alive without a request */
	unsigned answer_ms;		/* for the handler; then 503 */
	unsigned write_ms;		/* a peer that takes nothing of what is sent for this long is gone */
	size_t stream_buffer;		/* SO_SNDBUF of streams: the kernel must not hide a slow reader */
};

#define HTTP_SETTINGS_DEFAULT ((struct http_settings){		\
	.connections = HTTP_CONNECTIONS_LIMIT,			\
	.connections_per_prefix = 256,				\
	.body_limit = HTTP_BODY_LIMIT,				\
	.held_limit = HTTP_HELD_LIMIT,				\
	.head_ms = 10000,					\
	.body_ms = 30000,					\
	.body_rate = 16384,					\
	.idle_ms = 75000,					\
	.answer_ms = 60000,					\
	.write_ms = 30000,					\
	.stream_buffer = 65536,					\
})

/* Lent for the call of the handler. */
struct http_request {
	const struct http_head *head;
	const char *bytes;		/* what the head's spans point into */
	const char *path;		/* decoded and normalized, or "*" */
	const char *query;		/* raw, or NULL */
	const unsigned char *body;	/* whole, decoded */
	size_t body_length;
	struct ip ip;			/* :: when local */
	bool local;			/* over the unix socket: the peer's uid was checked */
	bool secure;			/* over TLS */
};

/* Copied while answering. Content-Length, Date and Connection are the server's to write. */
struct http_response {
	int status;
	const char *content_type;	/* or NULL */
	const char *headers;		/* more header lines, each with its CRLF; or NULL */
	const void *body;		/* not sent to HEAD, nor with 204 and 304 */
	size_t body_length;
	bool close;			/* this is the connection's last */
};

/* Each request is handed over once. The exchange is the handler's until it is answered. */
typedef void http_handler(void *argument, struct http_exchange *exchange,
			  const struct http_request *request);

/* Answer, now or later. When the peer has gone in between, this only frees the exchange. */
void http_answer(struct http_exchange *exchange, const struct http_response *response);

/*
 * How a request is refused that is never handed over: its body is too long or broken or
 * late, its path cannot be decoded, there is no room for it. `path` is as it came. What
 * is filled in (heap texts, the server's then) replaces the server's own words; the
 * connection ends after it in any case.
 */
struct http_refusal {
	int status;
	const char *content_type;
	char *headers, *body;		/* NULL: nothing was filled in */
};
typedef void http_refused(void *argument, const char *path, int status,
			  struct http_refusal *ret_refusal);

/* Has the peer gone? Then the answer is not worth much work. */
bool http_exchange_is_gone(const struct http_exchange *exchange);

/*
 * Take the connection over. `head` (status, content_type, headers) is sent without
 * a length; what follows is the stream's own business, until either side closes.
 * Returns NULL, and frees the exchange, when the peer has gone.
 */
struct http_stream_events {
	void (*on_bytes)(void *argument, const void *bytes, size_t length); /* NULL: ignored */
	void (*on_drained)(void *argument);	/* all that was pending has been sent */
	void (*on_closed)(void *argument);	/* the peer or the server ended it; forget the stream */
};

struct http_stream *http_answer_stream(struct http_exchange *exchange,
				       const struct http_response *head,
				       const struct http_stream_events *events, void *argument);

/*
 * Send bytes (copied as far as the kernel does not take them at once). True: all
 * are gone, send more if there is more. False: some are pending; wait for
 * on_drained. Neither calls back from inside.
 */
bool http_stream_send(struct http_stream *stream, const void *bytes, size_t length);
/*
 * What came behind the request and before its answer, which only a peer that does not
 * wait for it sends: on_bytes is called with it, if there is some. May end the stream.
 */
void http_stream_take_early(struct http_stream *stream);

/* The peer's address; :: over the unix socket. */
const struct ip *http_stream_ip(const struct http_stream *stream);
size_t http_stream_unsent(const struct http_stream *stream);

/* End it; on_closed is not called. What is pending is still tried to be sent. */
void http_stream_close(struct http_stream *stream);

/* `loop` and `argument` outlive the server. */
struct http_server *http_server_new(uv_loop_t *loop, const struct http_settings *settings,
				    http_handler *handle, void *argument) must_check;

/* `refused` is called with the handler's argument. NULL: the server's own words. */
void http_server_on_refusal(struct http_server *server, http_refused *refused);

/*
 * Open a door, at every address of a host that is a name. 0, or -errno with a sentence for people in `ret_why`. `tls` may be
 * NULL (plain) and outlives the server. `*ret_port` (may be NULL) is the port bound.
 */
int http_server_listen(struct http_server *server, const struct endpoint *endpoint,
		       struct http_tls *tls, char ret_why[static REASON_LIMIT + 1],
		       unsigned short *ret_port) must_check;

/*
 * A unix socket that only this process's own uid and root may speak through
 * (SO_PEERCRED); mode 0600. A socket file nobody listens on is replaced.
 */
int http_server_listen_local(struct http_server *server, const char *path,
			     char ret_why[static REASON_LIMIT + 1]) must_check;

/*
 * Close the doors, end what is idle and all streams, let what is being answered be
 * answered for at most `grace_ms`, then call `stopped`. Call once.
 */
void http_server_stop(struct http_server *server, unsigned grace_ms,
		      void (*stopped)(void *argument), void *argument);
void http_server_free(struct http_server *server);	/* after `stopped`, or never started */

struct http_counters {
	uint64_t accepted, refused_full, refused_prefix, refused_uid;
	uint64_t requests, bad_requests, timeouts, tls_failures, bytes_sent;
	uint64_t open, streams;		/* now */
};

const struct http_counters *http_server_counters(const struct http_server *server);

#endif
