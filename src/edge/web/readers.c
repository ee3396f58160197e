/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Those who watch the feed by server-sent events (WHATWG HTML §9.2). Each is a
 * cursor into one ring of frames encoded once; one that is further behind reads
 * pages of the record until it reaches the ring, so that nothing is left out and
 * nothing comes twice: the ring is entered exactly behind the last event sent.
 *
 * What makes it hard is their number. Telling all of them at once would hold up
 * every request for a tenth of a second, so a broadcast only marks them ready and
 * goes out in slices, one a turn of the loop.
 */

#include "web/web_inner.h"

#include <string.h>

#define RING_EVENTS_DEFAULT  8192
#define RING_BYTES_DEFAULT   (2u << 20)
#define HEARTBEAT_MS_DEFAULT 15000
#define RETRY_MS	     1000 /* a browser's wait before it comes back, and ... */
#define RETRY_SPREAD_MS	     2000 /* ... as much more for some, lest all come at once */

static const char stream_type[] = "text/event-stream";
static const char stream_headers[] = "Cache-Control: no-store\r\n"
				     "X-Accel-Buffering: no\r\n"
				     "X-Content-Type-Options: nosniff\r\n";

struct reader {
	struct reader *next, *previous;
	struct reader_list *list;
	struct web *web;
	struct http_stream *stream;
	struct page *page; /* being read for it */
	struct feed_filter filter;
	char user[USER_NAME_LIMIT + 1];
	uint64_t after;	    /* has everything up to here */
	uint32_t sent_beat; /* when it last was sent something */
	uint32_t last_beat; /* when it is to come anew */
	bool joined;	    /* has reached the ring */
};

/* A question to the record. Outlives its reader. */
struct page {
	struct web *web;
	struct reader *reader; /* NULL: has left */
	uint64_t published;    /* the ring's last when it was asked */
	bool resume;	       /* asks for the bounds, to judge `cursor` */
	struct cursor cursor;
};

/* --- lists ---------------------------------------------------------------------------------- */

static void
list_remove(struct reader *r)
{
	if (r->list == NULL)
		return;
	if (r->previous != NULL)
		r->previous->next = r->next;
	else
		r->list->first = r->next;
	if (r->next != NULL)
		r->next->previous = r->previous;
	else
		r->list->last = r->previous;
	r->list = NULL;
	r->next = r->previous = NULL;
}

static void
list_put(struct reader_list *list, struct reader *r)
{
	list_remove(r);
	r->list = list;
	r->previous = list->last;
	if (list->last != NULL)
		list->last->next = r;
	else
		list->first = r;
	list->last = r;
}

static void on_slice(uv_idle_t *slicer);

static void
make_ready(struct web *web, struct reader *r)
{
	list_put(&web->ready, r);
	if (!uv_is_closing((uv_handle_t *)&web->slicer))
		ASSERT(uv_idle_start(&web->slicer, on_slice) == 0);
}

static void
make_all_ready(struct web *web, struct reader_list *list)
{
	while (list->first != NULL)
		make_ready(web, list->first);
}

/* --- a reader's life ------------------------------------------------------------------------ */

static void
reader_free(struct reader *r)
{
	list_remove(r);
	if (r->page != NULL)
		r->page->reader = NULL;
	ASSERT(r->web->readers > 0);
	r->web->readers--;
	mem_free(r);
}

/* Let it come again: it will resume where it is. */
static void
reader_end(struct reader *r)
{
	http_stream_close(r->stream);
	reader_free(r);
}

static void
on_closed(void *argument)
{
	reader_free(argument);
}

static void
on_drained(void *argument)
{
	struct reader *r = argument;

	if (r->page == NULL)
		make_ready(r->web, r);
}

static const struct http_stream_events reader_events = {
	.on_drained = on_drained,
	.on_closed = on_closed,
};

/* Returns whether the socket took all of it. */
static bool
reader_send(struct reader *r, const void *bytes, size_t length)
{
	r->sent_beat = r->web->beat;
	if (http_stream_send(r->stream, bytes, length))
		return true;
	list_put(&r->web->blocked, r);
	return false;
}

/* --- being told where one is ---------------------------------------------------------------- */

static const char *
verdict_word(enum resume what)
{
	return what == RESUME_UNKNOWN_EPOCH ? "unknown epoch" : resume_word(what);
}

static bool
tell_position(struct reader *r, const char *verdict)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	struct web *web = r->web;
	struct cursor at = { .offset = r->after };
	char id[CURSOR_TEXT_SIZE];

	(void)text_put(at.epoch, sizeof at.epoch, web->epoch);
	cursor_text(&at, id);
	buf_format(&text, "retry: %llu\n\n",
		   (unsigned long long)(RETRY_MS +
					web->counters.readers_opened * 397 % RETRY_SPREAD_MS));
	buf_format(&text,
		   "id: %s\nevent: feed.position\ndata: {\"position\":\"%s\",\"verdict\":\"%s\","
		   "\"epoch\":\"%s\",\"oldest\":%llu,\"newest\":%llu}\n\n",
		   id, id, verdict, web->epoch, (unsigned long long)web->oldest,
		   (unsigned long long)ring_last(web->ring));
	return reader_send(r, text.data, text.length);
}

static void
resume_from(struct reader *r, const struct cursor *cursor, uint64_t last)
{
	struct web *web = r->web;
	uint64_t first = web->oldest < last ? web->oldest : last;
	struct resume_verdict verdict = cursor_resume(cursor, web->epoch, first, last);

	r->after = verdict.from;
	if (tell_position(r, verdict_word(verdict.what)))
		make_ready(web, r);
}

/* --- pages of the record -------------------------------------------------------------------- */

static void on_page(void *argument, struct store_rows *rows, const char *reason);

static void
ask_record(struct reader *r, const struct store_query *query, const struct cursor *cursor)
{
	struct web *web = r->web;
	struct page *page = mem_new(sizeof *page);

	page->web = web;
	page->reader = r;
	page->published = ring_last(web->ring);
	page->resume = cursor != NULL;
	if (cursor != NULL)
		page->cursor = *cursor;
	r->page = page;
	list_put(&web->blocked, r);
	web->page_reads++;
	web->counters.pages_read++;
	web->options.read(web->options.read_argument, query, web->mailbox, on_page, page);
}

static void
ask_page(struct reader *r)
{
	struct store_query query = { .what = STORE_EVENTS,
				     .after = r->after,
				     .audience = r->filter.role,
				     .limit = PAGE_EVENTS };

	if (r->web->page_reads >= PAGE_READS_LIMIT) {
		list_put(&r->web->starved, r);
		return;
	}
	(void)text_put(query.subject, sizeof query.subject, r->filter.server);
	(void)text_put(query.type, sizeof query.type, r->filter.type);
	ask_record(r, &query, NULL);
}

/* What of the page is behind the reader and has been published; more comes by the ring. */
static void
put_page(struct reader *r, const struct store_rows *rows, const struct page *page, struct buf *to)
{
	for (size_t i = 0; i < rows->event_count; i++) {
		const struct store_event *e = &rows->events[i];

		if (e->offset <= r->after || e->offset > ring_last(r->web->ring))
			continue;
		r->after = e->offset;
		if (feed_filter_passes(&r->filter, e->audience, e->type, e->subject))
			cloudevent_put_sse(to, r->web->epoch, e);
	}
	if (!rows->more || rows->event_count == 0)
		r->after = r->after > page->published ? r->after : page->published;
}

static void
take_page(struct reader *r, const struct store_rows *rows, const struct page *page)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;

	/* The record's tail was cut off while this reader was on its way. */
	if (rows->first > r->after + 1) {
		r->after = rows->first - 1;
		if (!tell_position(r, verdict_word(RESUME_GAP)))
			return;
	}
	put_page(r, rows, page, &text);
	if (text.length == 0 || reader_send(r, text.data, text.length))
		make_ready(r->web, r);
}

static void
on_page(void *argument, struct store_rows *rows, const char *reason)
{
	static const char sorry[] = ": the record cannot be read now; come again\n\n";
	struct page *page = argument;
	struct reader *r = page->reader;
	struct web *web = page->web;

	(void)reason; /* whoever keeps the store tells people */
	ASSERT(web->page_reads > 0);
	web->page_reads--;
	make_all_ready(web, &web->starved);
	if (rows != NULL && rows->first > web->oldest)
		web->oldest = rows->first;
	if (r != NULL) {
		r->page = NULL;
		if (rows == NULL) {
			(void)reader_send(r, sorry, sizeof sorry - 1);
			reader_end(r);
		} else if (page->resume) {
			resume_from(r, &page->cursor, rows->last);
		} else {
			take_page(r, rows, page);
		}
	}
	rows_free(rows);
	mem_free(page);
}

/* --- slices --------------------------------------------------------------------------------- */

/* It has everything. Quiet ones hear a heartbeat, or proxies on the way give them up. */
static void
caught_up(struct reader *r)
{
	struct web *web = r->web;

	r->joined = true;
	if ((int32_t)(web->beat - r->last_beat) >= 0) {
		reader_end(r);
		return;
	}
	if (web->beat - r->sent_beat >= 2 && !reader_send(r, ":\n\n", 3))
		return;
	list_put(&web->idle, r);
}

/* At most one send. */
static void
advance(struct reader *r)
{
	struct web *web = r->web;
	struct ring_run run;

	switch (ring_next(web->ring, r->after, &r->filter, RUN_BYTES, &run)) {
	case RING_RUN:
		r->joined = true;
		r->after = run.last;
		if (!reader_send(r, run.bytes, run.length))
			return;
		if (r->after == ring_last(web->ring))
			list_put(&web->idle, r);
		else
			make_ready(web, r);
		return;
	case RING_CAUGHT_UP:
		r->after = run.last;
		caught_up(r);
		return;
	case RING_FELL_OFF:
		ask_page(r);
		return;
	}
}

static void
on_slice(uv_idle_t *slicer)
{
	struct web *web = slicer->data;

	for (unsigned sends = 0; sends < SLICE_SENDS && web->ready.first != NULL; sends++)
		advance(web->ready.first);
	if (web->ready.first == NULL)
		(void)uv_idle_stop(slicer);
}

/* Half a heartbeat: whoever was sent nothing for two of them gets one. */
static void
on_beat(uv_timer_t *heart)
{
	struct web *web = heart->data;

	web->beat++;
	make_all_ready(web, &web->idle);
}

/* --- news ----------------------------------------------------------------------------------- */

/* Its socket has taken nothing while a whole ring went by. */
static void
end_slow_readers(struct web *web)
{
	struct reader *next;

	for (struct reader *r = web->blocked.first; r != NULL; r = next) {
		next = r->next;
		if (!r->joined || r->page != NULL || r->after + 1 >= ring_first(web->ring))
			continue;
		web->counters.readers_slow++;
		reader_end(r);
	}
}

/* What somebody may see has changed: end their streams, so that it is asked anew. */
static void
end_readers_of(struct web *web, const char *user)
{
	struct reader_list *lists[] = { &web->idle, &web->ready, &web->blocked, &web->starved };

	for (size_t i = 0; i < ELEMENTS(lists); i++) {
		struct reader *next;

		for (struct reader *r = lists[i]->first; r != NULL; r = next) {
			next = r->next;
			if (strcmp(r->user, user) == 0)
				reader_end(r);
		}
	}
}

static bool
changes_rights(const struct store_event *e)
{
	return strcmp(e->type, event_word(EVENT_USER_CHANGED)) == 0 ||
	       strcmp(e->type, event_word(EVENT_TOKEN_REVOKED)) == 0;
}

void
readers_publish(struct web *web, const struct store_event *events, size_t count)
{
	CLEANUP(buf_deinit) struct buf frame = BUF_NULL;

	for (size_t i = 0; i < count; i++) {
		buf_clear(&frame);
		cloudevent_put_sse(&frame, web->epoch, &events[i]);
		ring_append(web->ring, &events[i], frame.data, frame.length);
		if (web->oldest == 0)
			web->oldest = events[i].offset;
	}
	web->counters.events_published += count;
	for (size_t i = 0; i < count; i++)
		if (changes_rights(&events[i]))
			end_readers_of(web, events[i].subject);
	end_slow_readers(web);
	make_all_ready(web, &web->idle);
}

/* --- coming --------------------------------------------------------------------------------- */

/*
 * 200, a time to come back and the end: the only refusal after which a browser's
 * EventSource tries again by itself.
 */
void
readers_refuse(struct http_exchange *exchange)
{
	static const char text[] = "retry: 5000\n\n";
	struct http_response response = { .status = 200,
					  .content_type = stream_type,
					  .headers = stream_headers,
					  .body = text,
					  .body_length = sizeof text - 1,
					  .close = true };

	http_answer(exchange, &response);
}

static struct reader *
reader_new(struct web *web, const struct api_answer *answer)
{
	struct reader *r = mem_new(sizeof *r);
	uint32_t life = READER_LIFE_MS / web->beat_ms + 1;

	r->web = web;
	r->filter.role = answer->stream.role;
	(void)text_put(r->filter.server, sizeof r->filter.server, answer->stream.server);
	(void)text_put(r->filter.type, sizeof r->filter.type, answer->stream.type);
	(void)text_put(r->user, sizeof r->user, answer->stream.user);
	r->sent_beat = web->beat;
	r->last_beat = web->beat + life - (uint32_t)(web->counters.readers_opened % (life / 4 + 1));
	web->readers++;
	web->counters.readers_opened++;
	return r;
}

static void
begin(struct reader *r, const struct api_answer *answer)
{
	struct store_query bounds = { .what = STORE_BOUNDS };
	struct cursor cursor = { .offset = answer->stream.after };
	struct web *web = r->web;

	(void)text_put(cursor.epoch, sizeof cursor.epoch, answer->stream.epoch);
	if (!answer->stream.resume) {
		r->after = ring_last(web->ring);
		if (tell_position(r, "live"))
			make_ready(web, r);
	} else if (cursor.offset + 1 >= ring_first(web->ring) &&
		   cursor.offset <= ring_last(web->ring)) {
		resume_from(r, &cursor, ring_last(web->ring));
	} else {
		ask_record(r, &bounds, &cursor);
	}
}

void
readers_add(struct web *web, struct http_exchange *exchange, const struct api_answer *answer)
{
	struct http_response head = { .status = 200,
				      .content_type = stream_type,
				      .headers = stream_headers };
	struct reader *r;

	if (web->readers >= READERS_LIMIT || web->stopping) {
		web->counters.readers_refused++;
		readers_refuse(exchange);
		return;
	}
	r = reader_new(web, answer);
	r->stream = http_answer_stream(exchange, &head, &reader_events, r);
	if (r->stream == NULL) {
		reader_free(r);
		return;
	}
	begin(r, answer);
}

void
readers_start(struct web *web)
{
	const struct web_options *o = &web->options;

	web->ring =
		ring_new(o->ring_events > 0 ? o->ring_events : RING_EVENTS_DEFAULT,
			 o->ring_bytes > 0 ? o->ring_bytes : RING_BYTES_DEFAULT, o->last_offset);
	web->oldest = o->last_offset > 0 ? 1 : 0;
	web->beat_ms = (o->heartbeat_ms > 0 ? o->heartbeat_ms : HEARTBEAT_MS_DEFAULT) / 2;
	ASSERT(web->beat_ms > 0);
	ASSERT(uv_idle_init(&web->loop, &web->slicer) == 0);
	web->slicer.data = web;
	ASSERT(uv_timer_init(&web->loop, &web->heart) == 0);
	web->heart.data = web;
	ASSERT(uv_timer_start(&web->heart, on_beat, web->beat_ms, web->beat_ms) == 0);
}

void
readers_stop(struct web *web)
{
	uv_close((uv_handle_t *)&web->slicer, NULL);
	uv_close((uv_handle_t *)&web->heart, NULL);
}

void
readers_free(struct web *web)
{
	ASSERT(web->readers == 0);
	ring_free(web->ring);
}
