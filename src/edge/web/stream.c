/* SPDX-License-Identifier: Apache-2.0 */
/* Those who watch the feed by server-sent events (WHATWG HTML §9.2): frames, heartbeats, a life's end. */

#include "web/web_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS	1000 /* a browser's wait before it comes back, and ... */
#define RETRY_SPREAD_MS 2000 /* ... as much more for some, lest all come at once */

static const char stream_type[] = "text/event-stream";
static const char stream_headers[] = "Cache-Control: no-store\r\n"
				     "X-Accel-Buffering: no\r\n"
				     "X-Content-Type-Options: nosniff\r\n";

#define WISH_BUCKETS 256

/* What streams asked for: one for all that asked for the same. */
struct wish {
	struct wish *next; /* in the table */
	size_t references;
	uint32_t hash;
	struct feed_filter filter; /* its user is each stream's own */
	struct channel_set channels;
};

struct stream {
	struct reader reader;
	struct wish *wish;
	uint32_t last_beat; /* when it is to come anew */
	uint64_t proof;	    /* proof_of() what it was asked with; 0 = nothing */
	char user[];	    /* "" = nobody by name */
};

static struct stream *
stream_of(struct reader *r)
{
	return CONTAINER_OF(r, struct stream, reader);
}

/* --- wishes --------------------------------------------------------------------------------- */

/* Channels tell most wishes apart; the rest is compared. */
static uint32_t
wish_hash(const struct api_answer *a)
{
	uint32_t hash = channel_set_hash(&a->stream.channels) + (uint32_t)a->stream.role;

	for (const char *c = a->stream.server; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	return hash;
}

static bool
is_same(const struct wish *wish, uint32_t hash, const struct api_answer *a)
{
	return wish->hash == hash && wish->filter.role == a->stream.role &&
	       strcmp(wish->filter.server, a->stream.server) == 0 &&
	       strcmp(wish->filter.type, a->stream.type) == 0 &&
	       channel_set_equal(&wish->channels, &a->stream.channels);
}

/* May take the answer's channels. */
static struct wish *
wish_of(struct web *web, struct api_answer *a)
{
	uint32_t hash = wish_hash(a);
	struct wish **bucket = &web->wishes[hash % WISH_BUCKETS], *wish = *bucket;

	while (wish != NULL && !is_same(wish, hash, a))
		wish = wish->next;
	if (wish == NULL) {
		wish = mem_new(sizeof *wish);
		wish->hash = hash;
		wish->filter.role = a->stream.role;
		(void)text_put(wish->filter.server, sizeof wish->filter.server, a->stream.server);
		(void)text_put(wish->filter.type, sizeof wish->filter.type, a->stream.type);
		wish->channels = a->stream.channels;
		a->stream.channels = (struct channel_set){ 0 };
		wish->filter.channels = wish->channels.count > 0 ? &wish->channels : NULL;
		wish->next = *bucket;
		*bucket = wish;
	}
	wish->references++;
	return wish;
}

static void
wish_leave(struct web *web, struct wish *wish)
{
	struct wish **at = &web->wishes[wish->hash % WISH_BUCKETS];

	ASSERT(wish->references > 0);
	if (--wish->references > 0)
		return;
	while (*at != wish)
		at = &(*at)->next;
	*at = wish->next;
	channel_set_deinit(&wish->channels);
	mem_free(wish);
}

void
streams_start(struct web *web)
{
	web->wishes = mem_new_array(WISH_BUCKETS, sizeof(struct wish *));
}

void
streams_free(struct web *web)
{
	mem_free(web->wishes);
}

/* --- ending --------------------------------------------------------------------------------- */

static void
stream_free(struct stream *s)
{
	struct web *web = s->reader.web;

	reader_leave(&s->reader);
	wish_leave(web, s->wish);
	mem_free(s);
}

/* Let it come again: it will resume where it is. */
static void
stream_end(struct stream *s)
{
	http_stream_close(s->reader.stream);
	stream_free(s);
}

/* The first 64 bits of a digest are enough to know it by. */
static uint64_t
proof_of(const char *digest)
{
	char beginning[17];

	(void)snprintf(beginning, sizeof beginning, "%s", digest);
	return strtoull(beginning, NULL, 16);
}

void
streams_revoke(struct web *web, const char *digest)
{
	for (size_t i = READER_NOWHERE + 1; i < READER_DOOMED; i++) {
		struct reader *next;

		for (struct reader *r = web->lists[i].first; r != NULL; r = next) {
			next = r->next;
			if (r->transport == TRANSPORT_SSE &&
			    stream_of(r)->proof == proof_of(digest))
				stream_end(stream_of(r));
		}
	}
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
	const struct stream *s = CONTAINER_OF(r, struct stream, reader);

	*ret_filter = s->wish->filter;
	ret_filter->user = s->user[0] != '\0' ? s->user : NULL;
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

/* No later than what it was asked with: beats are counted down. */
static void
end_in_time(struct stream *s, struct instant expires_at)
{
	const struct web *web = s->reader.web;
	uint32_t at = deadline_tenths(web, expires_at), beats;

	if (at == 0)
		return;
	beats = (uint32_t)((uint64_t)(at - web_tenths(web)) * 100 / web->beat_ms);
	if ((int32_t)(s->last_beat - (web->beat + beats)) > 0)
		s->last_beat = web->beat + beats;
}

static struct stream *
stream_new(struct web *web, struct api_answer *answer)
{
	size_t user_size = strlen(answer->stream.user) + 1;
	struct stream *s = mem_new(sizeof *s + user_size);
	uint32_t life = READER_LIFE_MS / web->beat_ms + 1;

	reader_enter(&s->reader, web, TRANSPORT_SSE);
	s->wish = wish_of(web, answer);
	memcpy(s->user, answer->stream.user, user_size);
	s->last_beat = web->beat + life - (uint32_t)(web->counters.readers_opened % (life / 4 + 1));
	web->counters.readers_opened++;
	s->proof = proof_of(answer->stream.digest);
	end_in_time(s, answer->stream.expires_at);
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
