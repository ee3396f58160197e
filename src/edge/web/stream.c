/* SPDX-License-Identifier: Apache-2.0 */
/* Those who watch the feed by server-sent events (WHATWG HTML §9.2): frames, heartbeats, a life's end. */

#include "web/web_inner.h"

#include <string.h>

#define RETRY_MS	1000 /* a browser's wait before it comes back, and ... */
#define RETRY_SPREAD_MS 2000 /* ... as much more for some, lest all come at once */

static const char stream_type[] = "text/event-stream";
static const char stream_headers[] = "Cache-Control: no-store\r\n"
				     "X-Accel-Buffering: no\r\n"
				     "X-Content-Type-Options: nosniff\r\n";

struct stream {
	struct reader reader;
	struct feed_filter filter;
	struct channel_set channels;
	char user[USER_NAME_LIMIT + 1];
	uint32_t last_beat; /* when it is to come anew */
};

static struct stream *
stream_of(struct reader *r)
{
	return CONTAINER_OF(r, struct stream, reader);
}

static void
stream_free(struct stream *s)
{
	reader_leave(&s->reader);
	channel_set_deinit(&s->channels);
	mem_free(s);
}

/* Let it come again: it will resume where it is. */
static void
stream_end(struct stream *s)
{
	http_stream_close(s->reader.stream);
	stream_free(s);
}

static void
on_closed(void *argument)
{
	stream_free(argument);
}

static void
on_drained(void *argument)
{
	struct stream *s = argument;

	reader_drained(&s->reader);
}

static const struct http_stream_events stream_events = {
	.on_drained = on_drained,
	.on_closed = on_closed,
};

/* --- as a reader ---------------------------------------------------------------------------- */

void
stream_put_frame(struct buf *to, struct web *web, const struct store_event *e)
{
	cloudevent_put_sse(to, web->epoch, e);
}

static void
put(struct buf *to, const struct web *web, const struct store_event *e)
{
	cloudevent_put_sse(to, web->epoch, e);
}

static uint64_t
filter(const struct reader *r, struct feed_filter *ret_filter)
{
	*ret_filter = CONTAINER_OF(r, struct stream, reader)->filter;
	return UINT64_MAX;
}

static const char *
user(const struct reader *r)
{
	return CONTAINER_OF(r, struct stream, reader)->user;
}

/* Quiet ones hear a heartbeat, or proxies on the way give them up. */
static void
caught_up(struct reader *r)
{
	struct web *web = r->web;

	if ((int32_t)(web->beat - stream_of(r)->last_beat) >= 0) {
		stream_end(stream_of(r));
		return;
	}
	if (web->beat - r->sent_beat >= 2 && !reader_send(r, ":\n\n", 3))
		return;
	reader_put(r, READER_IDLE);
}

static bool
tell_position(struct reader *r, const char *verdict)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;
	struct web *web = r->web;
	char id[CURSOR_TEXT_SIZE];

	reader_position(r, id);
	buf_format(&text, "retry: %llu\n\n",
		   (unsigned long long)(RETRY_MS +
					web->counters.readers_opened * 397 % RETRY_SPREAD_MS));
	buf_format(&text,
		   "id: %s\nevent: feed.position\ndata: {\"position\":\"%s\",\"verdict\":\"%s\","
		   "\"epoch\":\"%s\",\"oldest\":%llu,\"newest\":%llu}\n\n",
		   id, id, verdict, web->epoch, (unsigned long long)web->oldest,
		   (unsigned long long)readers_last(web));
	return reader_send(r, text.data, text.length);
}

static bool
tell_gap(struct reader *r)
{
	return tell_position(r, resume_word(RESUME_GAP));
}

static void
end(struct reader *r, enum reader_end why)
{
	static const char sorry[] = ": the record cannot be read now; come again\n\n";

	if (why == READER_END_UNREADABLE)
		(void)reader_send(r, sorry, sizeof sorry - 1);
	stream_end(stream_of(r));
}

const struct reader_kind stream_kind = {
	.rest = READER_IDLE,
	.filter = filter,
	.put = put,
	.caught_up = caught_up,
	.tell_gap = tell_gap,
	.end = end,
	.user = user,
};

/* --- coming --------------------------------------------------------------------------------- */

void
stream_resume(struct reader *r, const struct cursor *cursor, uint64_t last)
{
	struct web *web = r->web;
	uint64_t first = web->oldest < last ? web->oldest : last;
	struct resume_verdict verdict = cursor_resume(cursor, web->epoch, first, last);

	r->after = verdict.from;
	if (tell_position(r, resume_word(verdict.what)))
		reader_make_ready(r);
}

/*
 * 200, a time to come back and the end: the only refusal after which a browser's
 * EventSource tries again by itself.
 */
void
streams_refuse(struct http_exchange *exchange)
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

static struct stream *
stream_new(struct web *web, struct api_answer *answer)
{
	struct stream *s = mem_new(sizeof *s);
	uint32_t life = READER_LIFE_MS / web->beat_ms + 1;

	reader_enter(&s->reader, web, TRANSPORT_SSE);
	s->filter.role = answer->stream.role;
	(void)text_put(s->filter.server, sizeof s->filter.server, answer->stream.server);
	(void)text_put(s->filter.type, sizeof s->filter.type, answer->stream.type);
	(void)text_put(s->user, sizeof s->user, answer->stream.user);
	s->filter.user = s->user[0] != '\0' ? s->user : NULL;
	s->channels = answer->stream.channels;
	answer->stream.channels = (struct channel_set){ 0 };
	s->filter.channels = s->channels.count > 0 ? &s->channels : NULL;
	s->last_beat = web->beat + life - (uint32_t)(web->counters.readers_opened % (life / 4 + 1));
	web->counters.readers_opened++;
	return s;
}

static void
begin(struct reader *r, const struct api_answer *answer)
{
	struct cursor cursor = { .offset = answer->stream.after };
	struct web *web = r->web;
	const struct ring *ring = web->rings[TRANSPORT_SSE];

	(void)text_put(cursor.epoch, sizeof cursor.epoch, answer->stream.epoch);
	if (!answer->stream.resume) {
		r->after = ring_last(ring);
		if (tell_position(r, "live"))
			reader_make_ready(r);
	} else if (cursor.offset + 1 >= ring_first(ring) && cursor.offset <= ring_last(ring)) {
		stream_resume(r, &cursor, ring_last(ring));
	} else {
		pages_ask_bounds(r, &cursor);
	}
}

void
streams_add(struct web *web, struct http_exchange *exchange, struct api_answer *answer)
{
	struct http_response head = { .status = 200,
				      .content_type = stream_type,
				      .headers = stream_headers };
	struct stream *s;

	if (readers_are_full(web) || web->stopping) {
		web->counters.readers_refused++;
		streams_refuse(exchange);
		return;
	}
	s = stream_new(web, answer);
	s->reader.stream = http_answer_stream(exchange, &head, &stream_events, s);
	if (s->reader.stream == NULL)
		stream_free(s);
	else
		begin(&s->reader, answer);
}
