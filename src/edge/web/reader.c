/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The readers' lists, and how they are told. What makes it hard is their number:
 * telling all of them at once would hold up every request for a tenth of a second,
 * so a broadcast only marks them ready and goes out in slices, one a turn of the loop.
 */

#include "web/web_inner.h"

#include <string.h>

#define RING_EVENTS_DEFAULT  8192
#define RING_BYTES_DEFAULT   (2u << 20)
#define HEARTBEAT_MS_DEFAULT 15000

const struct reader_kind *
reader_kind_of(const struct reader *r)
{
	return r->transport == TRANSPORT_SSE ? &stream_kind : &socket_kind;
}

/* --- lists ---------------------------------------------------------------------------------- */

static void
list_remove(struct reader *r)
{
	struct reader_list *list = &r->web->lists[r->place];

	if (r->place == READER_NOWHERE)
		return;
	if (r->previous != NULL)
		r->previous->next = r->next;
	else
		list->first = r->next;
	if (r->next != NULL)
		r->next->previous = r->previous;
	else
		list->last = r->previous;
	r->place = READER_NOWHERE;
	r->next = r->previous = NULL;
}

void
reader_put(struct reader *r, enum reader_place place)
{
	struct reader_list *list = &r->web->lists[place];

	list_remove(r);
	r->place = (uint8_t)place;
	r->previous = list->last;
	if (list->last != NULL)
		list->last->next = r;
	else
		list->first = r;
	list->last = r;
}

static void on_slice(uv_idle_t *slicer);

void
readers_run(struct web *web)
{
	if (!uv_is_closing((uv_handle_t *)&web->slicer))
		ASSERT(uv_idle_start(&web->slicer, on_slice) == 0);
}

void
reader_make_ready(struct reader *r)
{
	struct web *web = r->web;

	reader_put(r, READER_READY);
	readers_run(web);
}

void
readers_wake(struct web *web, enum reader_place place)
{
	while (web->lists[place].first != NULL)
		reader_make_ready(web->lists[place].first);
}

/* --- rings ---------------------------------------------------------------------------------- */

static struct ring *
ring_make(const struct web *web, uint64_t last)
{
	const struct web_options *o = &web->options;

	return ring_new(o->ring_events > 0 ? o->ring_events : RING_EVENTS_DEFAULT,
			o->ring_bytes > 0 ? o->ring_bytes : RING_BYTES_DEFAULT, last);
}

static struct ring *
ring_of(const struct reader *r)
{
	return r->web->rings[r->transport];
}

uint64_t
readers_last(const struct web *web)
{
	return ring_last(web->rings[TRANSPORT_SSE]);
}

bool
readers_are_full(const struct web *web)
{
	size_t count = 0;

	for (size_t i = 0; i < TRANSPORT_MAX; i++)
		count += web->readers[i];
	return count >= READERS_LIMIT;
}

/* --- a reader's life ------------------------------------------------------------------------ */

/* A ring is made for the first of its transport, and holds what happens from then on. */
void
reader_enter(struct reader *r, struct web *web, enum transport transport)
{
	r->web = web;
	r->transport = (uint8_t)transport;
	r->sent_beat = web->beat;
	if (web->rings[transport] == NULL)
		web->rings[transport] = ring_make(web, readers_last(web));
	web->readers[transport]++;
}

void
reader_leave(struct reader *r)
{
	struct web *web = r->web;

	list_remove(r);
	if (r->page != NULL)
		page_forget(r->page);
	ASSERT(web->readers[r->transport] > 0);
	web->readers[r->transport]--;
	if (web->readers[r->transport] == 0 && r->transport == TRANSPORT_DEFLATED) {
		ring_free(web->rings[r->transport]);
		web->rings[r->transport] = NULL;
	}
}

static uint32_t
beat_now(const struct reader *r)
{
	return r->transport == TRANSPORT_SSE ? r->web->beat : web_tenths(r->web);
}

bool
reader_send(struct reader *r, const void *bytes, size_t length)
{
	r->sent_beat = beat_now(r);
	if (http_stream_send(r->stream, bytes, length))
		return true;
	if (r->place != READER_BLOCKED)
		reader_put(r, READER_BLOCKED);
	return false;
}

void
reader_drained(struct reader *r)
{
	if (r->page == NULL && r->place == READER_BLOCKED)
		reader_make_ready(r);
}

void
reader_position(const struct reader *r, char text[static CURSOR_TEXT_SIZE])
{
	struct cursor at = { .offset = r->after };

	(void)text_put(at.epoch, sizeof at.epoch, r->web->epoch);
	cursor_text(&at, text);
}

/* --- slices --------------------------------------------------------------------------------- */

/* What is told in one turn of the loop, and who is on no list meanwhile. */
struct slice {
	struct http_send sends[FLUSH_SENDS];
	struct reader *readers[FLUSH_SENDS];
	bool has_more[FLUSH_SENDS];
	size_t count;
};

static void
slice_add(struct slice *slice, struct reader *r, const struct ring_run *run, bool has_more)
{
	r->sent_beat = beat_now(r);
	list_remove(r);
	slice->sends[slice->count] = (struct http_send){ .stream = r->stream,
							 .bytes = run->bytes,
							 .length = run->length };
	slice->readers[slice->count] = r;
	slice->has_more[slice->count++] = has_more;
}

static void
slice_send(struct slice *slice, struct flush *flush)
{
	flush_send(flush, slice->sends, slice->count);
	for (size_t i = 0; i < slice->count; i++) {
		struct reader *r = slice->readers[i];

		if (!slice->sends[i].ret_gone)
			reader_put(r, READER_BLOCKED);
		else if (slice->has_more[i])
			reader_make_ready(r);
		else
			reader_put(r, reader_kind_of(r)->rest);
	}
}

/* At most one send. */
static void
advance(struct reader *r, struct slice *slice)
{
	const struct reader_kind *kind = reader_kind_of(r);
	struct feed_filter filter = { .role = ROLE_NOBODY };
	uint64_t until = kind->filter(r, &filter);
	struct ring_run run;

	switch (ring_next_until(ring_of(r), r->after, until, &filter, RUN_BYTES, &run)) {
	case RING_RUN:
		r->joined = true;
		r->after = run.last;
		slice_add(slice, r, &run, r->after < readers_last(r->web) || r->after >= until);
		return;
	case RING_CAUGHT_UP:
		r->joined = true;
		r->after = run.last;
		kind->caught_up(r);
		return;
	case RING_FELL_OFF:
		pages_ask(r);
		return;
	}
}

static void
on_slice(uv_idle_t *slicer)
{
	struct web *web = slicer->data;
	struct reader_list *ready = &web->lists[READER_READY];
	struct slice slice;

	sockets_reap(web);
	slice.count = 0;
	for (size_t told = 0; told < FLUSH_SENDS && ready->first != NULL; told++)
		advance(ready->first, &slice);
	slice_send(&slice, web->flush);
	if (ready->first == NULL)
		(void)uv_idle_stop(slicer);
}

/* Half a heartbeat: whoever was sent nothing for two of them gets one. */
static void
on_beat(uv_timer_t *heart)
{
	struct web *web = heart->data;

	web->beat++;
	readers_wake(web, READER_IDLE);
	/* Places are judged at once by what is known of the record, and it forgets its oldest. */
	if (web->sockets.count > 0 && !web->stopping)
		pages_learn_bounds(web);
}

/* --- news ----------------------------------------------------------------------------------- */

/* Its socket has taken nothing while a whole ring went by. */
static void
end_slow_readers(struct web *web)
{
	struct reader *next;

	for (struct reader *r = web->lists[READER_BLOCKED].first; r != NULL; r = next) {
		next = r->next;
		if (!r->joined || r->page != NULL || r->after + 1 >= ring_first(ring_of(r)))
			continue;
		web->counters.readers_slow++;
		reader_kind_of(r)->end(r, READER_END_SLOW);
	}
}

/* What somebody may see has changed: end what they have open, so that it is asked anew. */
static void
end_readers_of(struct web *web, const char *user)
{
	for (size_t i = READER_NOWHERE + 1; i < READER_DOOMED; i++) {
		struct reader *next;

		for (struct reader *r = web->lists[i].first; r != NULL; r = next) {
			next = r->next;
			if (strcmp(reader_kind_of(r)->user(r), user) == 0)
				reader_kind_of(r)->end(r, READER_END_RIGHTS);
		}
	}
}

static bool
changes_rights(const struct store_event *e)
{
	return strcmp(e->type, event_word(EVENT_USER_CHANGED)) == 0 ||
	       strcmp(e->type, event_word(EVENT_TOKEN_REVOKED)) == 0;
}

/* Once for each transport that has a ring, however many read it. */
static void
put_in_rings(struct web *web, const struct store_event *e, struct buf *frame)
{
	static void (*const put[])(struct buf *, struct web *, const struct store_event *) = {
		[TRANSPORT_SSE] = stream_put_frame,
		[TRANSPORT_TEXT] = socket_put_frame,
		[TRANSPORT_DEFLATED] = socket_put_deflated_frame,
	};

	for (size_t i = 0; i < TRANSPORT_MAX; i++) {
		if (web->rings[i] == NULL)
			continue;
		buf_clear(frame);
		put[i](frame, web, e);
		ring_append(web->rings[i], e, frame->data, frame->length);
	}
}

void
readers_publish(struct web *web, const struct store_event *events, size_t count)
{
	CLEANUP(buf_deinit) struct buf frame = BUF_NULL;

	for (size_t i = 0; i < count; i++) {
		put_in_rings(web, &events[i], &frame);
		if (web->oldest == 0)
			web->oldest = events[i].offset;
	}
	web->counters.events_published += count;
	for (size_t i = 0; i < count; i++)
		if (changes_rights(&events[i]))
			end_readers_of(web, events[i].subject);
	end_slow_readers(web);
	readers_wake(web, READER_IDLE);
	readers_wake(web, READER_LISTENING);
}

/* --- beginning and end ---------------------------------------------------------------------- */

void
readers_start(struct web *web)
{
	const struct web_options *o = &web->options;

	streams_start(web);
	web->rings[TRANSPORT_SSE] = ring_make(web, o->last_offset);
	web->oldest = o->first_offset > 0 ? o->first_offset : o->last_offset > 0;
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
	for (size_t i = 0; i < TRANSPORT_MAX; i++) {
		ASSERT(web->readers[i] == 0);
		ring_free(web->rings[i]);
	}
	streams_free(web);
}
