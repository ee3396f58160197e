/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEB_H
#define ROOST_WEB_H

/*
 * The web edge: a thread with a loop of its own that speaks HTTP to browsers,
 * scripts and the command line. It serves the page, carries requests to the API
 * (which lives in the control thread) and answers back, and feeds those who
 * watch the feed.
 *
 * Between the two threads go letters only: a request as a letter to the control
 * thread's mailbox, its answer as the same letter to ours; committed events and
 * console lines as letters to ours. Whoever opens the control thread's mailbox
 * need not know: the letters open themselves (and call api_handle there). After
 * opening letters a turn of the plane is due, as after every fact.
 *
 * Every function here is called in the control thread.
 */

#include "api/api.h"
#include "http/server.h"
#include "loop/mailbox.h"
#include "port/objects.h"
#include "port/publish.h"

struct web;

/* A read of the record: `on_rows` is called in the thread that opens `mailbox`; rows are its to free. */
typedef void web_rows(void *argument, struct store_rows *rows, const char *reason);
typedef void web_read(void *argument, const struct store_query *query, struct mailbox *mailbox,
		      web_rows *on_rows, void *rows_argument);

/*
 * The bytes of an archive into `reader`, in a thread of whoever has them; `ended` is called once,
 * later, in the control thread: then the reader is not used any more (archive_port_read fits).
 */
typedef void web_fetched(void *argument, const char *why_not);
typedef bool web_fetch(void *argument, const char *store, const char *name,
		       struct object_reader *reader, web_fetched *ended, void *ended_argument);

/* WebSocket connections. Limits as API Gateway has them (its quotas for WebSocket APIs). */
struct socket_settings {
	size_t message_limit;		/* bytes of a client's message */
	size_t frame_limit;		/* and of one frame of it */
	size_t queue_limit;		/* bytes that may wait for a client that reads slowly */
	unsigned idle_ms;		/* neither side has said anything: closed */
	unsigned lifetime_ms;		/* closed; it comes back and resumes. 0 = none */
	unsigned ping_ms;		/* a ping this often; no answer before the next: closed */
	double messages_per_second;	/* of one client; 0 = no limit */
	double messages_burst;
	bool compress;			/* permessage-deflate, when asked for */
	const struct channel_rule *rules;	/* the operator's channels; copied */
	size_t rule_count;
};

#define SOCKET_SETTINGS_DEFAULT ((struct socket_settings){	\
	.message_limit = 131072,				\
	.frame_limit = 32768,					\
	.queue_limit = 1048576,					\
	.idle_ms = 600000,					\
	.lifetime_ms = 7200000,					\
	.ping_ms = 25000,					\
	.messages_per_second = 50,				\
	.messages_burst = 200,					\
	.compress = true,					\
})

struct web_options {
	const struct endpoint *listen;
	size_t listen_count;
	const char *socket_path;	/* the owner's door, DATA/roost.sock; or NULL */
	const char *certificate;	/* PEM files: all of `listen` speaks TLS; or NULL */
	const char *key;
	const char *public_url;		/* as users see it, its origin is trusted; or "" */
	struct http_settings http;	/* HTTP_SETTINGS_DEFAULT */
	struct socket_settings sockets;	/* SOCKET_SETTINGS_DEFAULT */

	struct mailbox *control;	/* the control thread's */
	struct api *api;		/* used in the control thread only */

	/* The record: its name, the last offset at start, and pages of it. Called in the web thread. */
	const char *epoch;
	uint64_t first_offset;		/* the oldest; 0 = nothing is known to have been forgotten */
	uint64_t last_offset;
	web_read *read;			/* sqlite_store_read fits */
	void *read_argument;

	web_fetch *fetch;		/* called in the control thread; or NULL: nothing is downloaded */
	void *fetch_argument;

	bool io_uring;			/* for broadcasts, where the kernel allows it */
	size_t ring_events, ring_bytes;	/* newest events kept for readers; 0 = 8192, 2 MiB */
	unsigned heartbeat_ms;		/* to quiet readers; 0 = 15 s */
};

/* Open the doors, then start the thread. NULL, with a sentence for people, when a door cannot be opened. */
struct web *web_new(const struct web_options *options, char ret_why[static REASON_LIMIT + 1])
	must_check;

/* The port bound by `listen[index]`. */
unsigned short web_port(const struct web *web, size_t index);

/* What the plane tells, goes to everybody who watches. */
struct publish_port *web_publish_port(struct web *web);

/* What the control plane sends to WebSocket connections. */
struct connections_port *web_connections_port(struct web *web);

/* Read the certificate's files again; `told` is called with NULL, or with why the old one stays. */
void web_reload_certificate(struct web *web, void (*told)(void *argument, const char *why_not),
			    void *argument);

/*
 * Close the doors; what is being answered has `grace_ms` to end. `stopped` is
 * called once nothing is left; then web_free().
 */
void web_stop(struct web *web, unsigned grace_ms, void (*stopped)(void *argument), void *argument);
void web_free(struct web *web);		/* joins the thread; stops it first, without grace, when need be */

#endif
