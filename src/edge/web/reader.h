/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_WEB_READER_H
#define ROOST_WEB_READER_H

/*
 * Those who watch the feed, whatever their transport: each is a cursor in a ring of
 * frames that were encoded once for all of its transport. One that is further behind
 * reads pages of the record until it reaches the ring, so that nothing is left out and
 * nothing comes twice: the ring is entered exactly behind the last event sent.
 *
 * Private to edge/web. A server-sent stream (stream.c) and a WebSocket (socket.c) begin
 * with a struct reader and say by a struct reader_kind what is their own.
 */

#include "feed/cursor.h"
#include "feed/ring.h"
#include "http/server.h"

struct web;
struct page;

enum transport {
	TRANSPORT_SSE,
	TRANSPORT_TEXT,		/* WebSocket text frames */
	TRANSPORT_DEFLATED,	/* the same, compressed (RFC 7692) */
	TRANSPORT_MAX
};

/* Where a reader is, is what it waits for: it is on exactly one of these lists. */
enum reader_place {
	READER_NOWHERE,		/* only while it is made or ended */
	READER_QUIET,		/* asked for nothing: what happens is no matter to it */
	READER_IDLE,		/* a stream that has everything */
	READER_LISTENING,	/* a WebSocket that has everything */
	READER_READY,		/* there may be something for it */
	READER_BLOCKED,		/* its socket, or a page of the record, is waited for */
	READER_STARVED,		/* needs a page, while too many are being read */
	READER_DOOMED,		/* a WebSocket that is to be ended in a moment */
	READER_PLACES
};

struct reader_list { struct reader *first, *last; };

struct reader {
	struct reader *next, *previous;
	struct web *web;
	struct http_stream *stream;
	struct page *page;	/* being read for it */
	uint64_t after;		/* has everything up to here */
	uint32_t sent_beat;	/* when it last was sent something: web->beat; of a WebSocket: tenths */
	uint8_t transport;
	uint8_t place;
	bool joined;		/* has reached the ring */
};

enum reader_end {
	READER_END_SLOW,	/* its socket took nothing while a whole ring went by */
	READER_END_RIGHTS,	/* what it may see has changed */
	READER_END_UNREADABLE	/* the record cannot be read now */
};

struct reader_kind {
	enum reader_place rest;	/* where it waits for news */
	/* What passes, and the last offset to go to: UINT64_MAX, or the end of a replay. */
	uint64_t (*filter)(const struct reader *r, struct feed_filter *ret_filter);
	void (*put)(struct buf *to, const struct web *web, const struct store_event *e);
	/* Has all that passes, up to what filter() said. To be put on a list, or ended. */
	void (*caught_up)(struct reader *r);
	/* Events before r->after + 1 are no longer kept: say so. False: its socket takes no more now. */
	bool (*tell_gap)(struct reader *r);
	void (*end)(struct reader *r, enum reader_end why);	/* it will resume where it is */
	const char *(*user)(const struct reader *r);
};

extern const struct reader_kind stream_kind, socket_kind;

/* A reader begins nowhere; its memory is the kind's. */
void reader_enter(struct reader *r, struct web *web, enum transport transport);
void reader_leave(struct reader *r);
void reader_put(struct reader *r, enum reader_place place);
void reader_make_ready(struct reader *r);	/* to be told what there is, in its slice */

/* Send; false, and on the list of the blocked: some of it waits for the socket. */
bool reader_send(struct reader *r, const void *bytes, size_t length);
void reader_drained(struct reader *r);		/* the socket has taken all */

const struct reader_kind *reader_kind_of(const struct reader *r);

/* "EPOCH:OFFSET" of where it is. */
void reader_position(const struct reader *r, char text[static CURSOR_TEXT_SIZE]);

/* pages.c: the record's, for those behind the ring */
void pages_ask(struct reader *r);
/* Ask for the record's bounds, to judge a cursor; stream.c is told by stream_resume(). */
void pages_ask_bounds(struct reader *r, const struct cursor *cursor);
void pages_learn_bounds(struct web *web);	/* what the record holds now */
void page_forget(struct page *page);		/* its reader has left */

/* stream.c */
void stream_resume(struct reader *r, const struct cursor *cursor, uint64_t last);

#endif
