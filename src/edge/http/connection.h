/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_HTTP_CONNECTION_H
#define ROOST_HTTP_CONNECTION_H

/*
 * One accepted connection, and what the files of this folder know of the server.
 * Private to edge/http.
 *
 * A connection is in one place at a time (its state), has at most one request
 * under way, and owns its memory only while that is needed: an idle one has no
 * buffers. It is freed by libuv's close callback and by nothing else.
 */

#include "base/buf.h"
#include "http/peers.h"
#include "http/server.h"
#include "http/wheel.h"
#include "wire/http1/chunks.h"
#include "wire/http1/print.h"

enum connection_state {
	CONNECTION_HEAD,	/* a request's head is due (idle when nothing of it has come) */
	CONNECTION_BODY,	/* its body is due */
	CONNECTION_ANSWERING,	/* the handler has it */
	CONNECTION_STREAMING,	/* taken over */
	CONNECTION_FLUSHING,	/* the last answer is on its way; then close */
	CONNECTION_LINGERING,	/* we have closed our side; what the peer still sends is dropped */
	CONNECTION_CLOSED	/* waits for libuv's close callback */
};

/* The request being received or answered. */
struct request_under_way {
	struct http_head head;	/* its bytes stay at the start of the connection's `in` */
	struct http_chunks chunks;
	struct buf body;	/* a chunked one; others are taken from `in` where they are */
	uint64_t since;		/* loop time at which the body began */
	bool known;		/* the head was parsed */
};

struct http_stream {
	const struct http_stream_events *events;
	void *argument;
};

struct connection {
	struct http_server *server;
	struct connection *next, *previous;
	struct wheel_entry timer;
	struct buf in;		/* received and not yet understood */
	struct buf out;		/* to be sent and not yet given to libuv */
	struct write *writing;	/* given to libuv */
	struct request_under_way *request;
	struct http_exchange *exchange;
	struct tls_session *tls;
	struct http_stream stream;
	struct ip ip;
	uint32_t scanned;	/* of a head in `in` */
	uint32_t charged;	/* of the server's `held` */
	uint32_t unsent_then;	/* at the last deadline of the output; 0 = not reached yet */
	enum connection_state state : 8;
	bool local : 1;
	bool counted : 1;	/* in the server's peers */
	bool processing : 1;	/* inside connection_process: answers must not recurse */
	bool reading : 1;	/* libuv is asked to read */
	bool peer_ended : 1;
	bool was_used : 1;	/* has sent a request before */
	/* Last, because one of TCP, of which there may be 20,000, has no room for a pipe behind it. */
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} io;
};

/* A request in the handler's hands. Outlives its connection. */
struct http_exchange {
	struct connection *connection;	/* NULL: gone */
	enum http_method method;
	unsigned minor;
	bool keep_alive;
};

struct listener {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} io;
	struct listener *next;
	struct http_server *server;
	struct http_tls *tls;
	bool local;
	bool closing;
	char *path;		/* of a unix socket: removed at the end */
};

struct http_server {
	uv_loop_t *loop;
	uv_timer_t ticker;
	bool ticking;
	struct http_settings settings;
	http_handler *handle;
	http_refused *refused;
	void *argument;
	struct wheel wheel;
	struct peers *peers;
	struct listener *listeners;
	struct connection *connections;
	struct http_counters counters;
	size_t held;			/* bytes of unfinished requests */
	char read_buffer[65536];	/* shared: what is read is taken before the next read */
	char date[HTTP_DATE_SIZE];
	int64_t date_second;
	bool stopping;
	uint64_t stop_at;		/* loop time at which the grace is over */
	void (*stopped)(void *argument);
	void *stopped_argument;
	unsigned handles;		/* listeners and ticker still to be closed */
};

/* connection.c: receiving */
void connection_start(struct connection *c, struct http_tls *tls);
void connection_await_request(struct connection *c);	/* arms the deadline for the next one */
void connection_process(struct connection *c);
void connection_reached(void *server, struct wheel_entry *entry);
void connection_set_deadline(struct connection *c, unsigned ms);
void connection_close(struct connection *c);
void connection_may_read(struct connection *c);

/* output.c: sending */
void output_put(struct connection *c, const void *bytes, size_t length);
void output_flush(struct connection *c);
/* What is left of a stream's send; an error that the first of it met is met again. False: some is pending. */
bool output_put_rest(struct connection *c, const void *bytes, size_t length);
bool output_is_pending(const struct connection *c);
size_t output_unsent(const struct connection *c);
/* Send what is pending, say goodbye, and close once it is sent. */
void output_finish(struct connection *c);

/* answer.c: answering */
/* Our own answers to what is no good request; the connection's last. */
void answer_error(struct connection *c, int status);
void answer_bad_path(struct connection *c);
const char *answer_date(struct http_server *server);

/* server.c */
void server_connection_gone(struct http_server *server);
void server_tick_start(struct http_server *server);

#endif
