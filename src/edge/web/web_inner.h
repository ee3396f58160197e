/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEB_INNER_H
#define ROOST_WEB_INNER_H

/* What the files of edge/web share. Private to this folder. */

#include <pthread.h>

#include "feed/presence.h"
#include "http/flush.h"
#include "web/reader.h"
#include "web/socket.h"
#include "web/web.h"

#define READERS_LIMIT 19500	/* streams and WebSockets at once; below http's connections, so that the page answers */
#define PAGE_READS_LIMIT 8	/* pages of the record asked for at once */
#define PAGE_EVENTS 128		/* in one of them: at most 2 MiB of event data */
#define READER_LIFE_MS 600000	/* then it resumes, and what it may see is asked anew */
#define SOCKETS_HELD_LIMIT 67108864	/* bytes of messages not yet whole, of all WebSockets together */
#define CALLS_LIMIT 16		/* of one WebSocket, that the API has not answered */
#define HEARD_LIMIT 64		/* messages of one WebSocket on their way to an integration */
#define RUN_BYTES 65536		/* given to a socket at once */

struct web_counters {
	uint64_t api_requests, api_refused, foreign_refused, asset_requests;
	uint64_t readers_opened, readers_slow, readers_refused, events_published, pages_read;
	uint64_t sockets_opened, sockets_closed, sockets_too_many, sockets_no_pong;
	uint64_t socket_messages_in, socket_messages_out;
};

struct topic;		/* live.c */
struct wish;		/* stream.c */

struct socket_table {
	struct socket **buckets;
	size_t room, count;
};

struct web {
	struct publish_port publish;	/* what the plane holds */
	struct channel_rule *rules;	/* of the options */
	struct connections_port connections;
	struct web_options options;
	char *public_origin;		/* "https://roost.example.org", or NULL */
	bool public_is_secure;
	char epoch[ID_TEXT_SIZE];
	unsigned short *ports;
	pthread_t thread;
	bool started, stop_asked;	/* the control thread's */
	size_t downloads;		/* the control thread's: those of which a store still reads */
	_Atomic size_t consoles_watched;	/* ours to write, the control thread's to read */

	/* The web thread's own: */
	uv_loop_t loop;
	struct mailbox *mailbox;
	uv_poll_t mail;
	struct http_tls *tls;
	struct http_server *server;
	struct flush *flush;		/* of a broadcast's slices */
	size_t in_flight;
	struct web_counters counters;

	struct ring *rings[TRANSPORT_MAX];	/* SSE's always; the others' while somebody reads them */
	uint64_t oldest;		/* offset the record still holds; 0 = none */
	bool bounds_asked;		/* the record was asked for it */
	struct reader_list lists[READER_PLACES];
	size_t readers[TRANSPORT_MAX], page_reads;
	uv_idle_t slicer;		/* runs while somebody is ready */
	uv_timer_t heart;
	struct wish **wishes;
	uint32_t beat;
	unsigned beat_ms;

	struct socket_table sockets;
	struct identity **identities;
	struct topic **topics;
	struct subscriptions **shared;
	struct presence *presence;
	struct websocket_scratch *scratch;
	struct wheel wheel;		/* the sockets' deadlines */
	uv_timer_t ticker;
	uint64_t began_ms;
	size_t sockets_held;		/* bytes of messages not yet whole */
	char goodbye[124];		/* what a peer gave as the reason of its close, while that is read */

	/* Stopping. */
	bool stopping;
	void (*stopped)(void *argument);
	void *stopped_argument;
};

/* request.c: what comes over HTTP, and where it goes */
void web_on_request(void *web, struct http_exchange *exchange, const struct http_request *request);
void web_answer_problem(struct http_exchange *exchange, int status, const char *detail);
char *web_header(const struct http_request *request, const char *name) must_check;

/* ask.c: requests to the control thread, and their answers */
void web_ask(struct web *web, struct http_exchange *exchange, const struct http_request *request);

/* whole.c: the path as it came and all headers, where they are needed; refusals of the server's own */
void request_fill_whole(struct api_request *to, const struct http_request *request);
/* A problem, or what AWS's SDKs understand where they are the clients. */
void web_refuse(struct http_exchange *exchange, const struct http_request *request, int status,
		const char *detail);
void web_on_refusal(void *web, const char *path, int status, struct http_refusal *ret_refusal);

/* origin.c: does a page of ours ask, or somebody else's in the same browser? */
bool origin_is_ours(const struct web *web, const struct http_request *request);

/* assets.c: the page; false: no such file in it */
bool assets_answer(struct web *web, struct http_exchange *exchange,
		   const struct http_request *request);

/* reader.c: all who read the feed, by lists and in slices */
void readers_start(struct web *web);
void readers_stop(struct web *web);	/* its timers; the streams are ended by the server */
void readers_free(struct web *web);
void readers_wake(struct web *web, enum reader_place place);
void readers_publish(struct web *web, const struct store_event *events, size_t count);
uint64_t readers_last(const struct web *web);	/* offset of the newest event told */
bool readers_are_full(const struct web *web);
void readers_run(struct web *web);	/* in the next turn of the loop */

/* socket.c: the rest is in socket.h */
void socket_put_frame(struct buf *to, struct web *web, const struct store_event *e);
void socket_put_deflated_frame(struct buf *to, struct web *web, const struct store_event *e);

/* deadlines.c */
void deadlines_start(struct web *web);
uint32_t web_tenths(const struct web *web);	/* of a second, since it began; from 1 */

/* stream.c: server-sent events. Takes the answer's channels. */
void streams_start(struct web *web);
void streams_free(struct web *web);
void streams_add(struct web *web, struct http_exchange *exchange, struct api_answer *answer);
void streams_refuse(struct http_exchange *exchange);
/* What they were asked with is no longer: they come again, and are asked anew. */
void streams_revoke(struct web *web, const char *digest);
void stream_put_frame(struct buf *to, struct web *web, const struct store_event *e);

/* publish.c: from the plane to the readers */
void publish_start(struct web *web);

/* metrics.c: our own lines behind the API's */
void metrics_put(const struct web *web, struct buf *to);

/* download.c */
struct download;

/*
 * In the control thread: what the answer names is to be brought. NULL: it cannot be now, and
 * the answer says why. Started when the question's own letter is posted, it follows that.
 */
struct download *download_new(struct web *web, struct api_answer *answer);
void download_start(struct download *download);
/* In the web thread: whom it is for. */
void download_answer(struct download *download, struct http_exchange *exchange);

#endif
