/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of the record, for readers that are behind the ring. A page is asked for in
 * one thread and comes back later: its reader may have left, and more may have been
 * published, so it says what it was asked with.
 */

#include "web/web_inner.h"

#include <string.h>

/* A question to the record. Outlives its reader. */
struct page {
	struct web *web;
	struct reader *reader; /* NULL: has left */
	uint64_t published;    /* the last offset told when it was asked */
	bool resume;	       /* asks for the bounds, to judge `cursor` */
	struct cursor cursor;
};

static void on_page(void *argument, struct store_rows *rows, const char *reason);

static void
ask_record(struct web *web, struct reader *r, const struct store_query *query,
	   const struct cursor *cursor)
{
	struct page *page = mem_new(sizeof *page);

	page->web = web;
	page->reader = r;
	page->published = readers_last(web);
	page->resume = cursor != NULL;
	if (cursor != NULL)
		page->cursor = *cursor;
	if (r != NULL) {
		r->page = page;
		reader_put(r, READER_BLOCKED);
	}
	web->page_reads++;
	web->counters.pages_read++;
	web->options.read(web->options.read_argument, query, web->mailbox, on_page, page);
}

void
pages_ask_bounds(struct reader *r, const struct cursor *cursor)
{
	struct store_query bounds = { .what = STORE_BOUNDS };

	ask_record(r->web, r, &bounds, cursor);
}

void
pages_learn_bounds(struct web *web)
{
	struct store_query bounds = { .what = STORE_BOUNDS };

	ask_record(web, NULL, &bounds, NULL);
}

void
pages_ask(struct reader *r)
{
	struct store_query query = { .what = STORE_EVENTS,
				     .after = r->after,
				     .limit = PAGE_EVENTS };
	struct feed_filter filter = { .role = ROLE_NOBODY };

	if (r->web->page_reads >= PAGE_READS_LIMIT) {
		reader_put(r, READER_STARVED);
		return;
	}
	(void)reader_kind_of(r)->filter(r, &filter);
	feed_filter_narrow(&filter, &query);
	ask_record(r->web, r, &query, NULL);
}

void
page_forget(struct page *page)
{
	page->reader = NULL;
}

/* What of the page is behind the reader and has been published; more comes by the ring. */
static void
put_page(struct reader *r, const struct store_rows *rows, const struct page *page, struct buf *to)
{
	const struct reader_kind *kind = reader_kind_of(r);
	struct feed_filter filter = { .role = ROLE_NOBODY };
	uint64_t until = kind->filter(r, &filter);
	uint64_t known = page->published < until ? page->published : until;

	if (until > readers_last(r->web))
		until = readers_last(r->web);
	for (size_t i = 0; i < rows->event_count; i++) {
		const struct store_event *e = &rows->events[i];

		if (e->offset <= r->after || e->offset > until)
			continue;
		r->after = e->offset;
		if (feed_filter_passes(&filter, e->audience, e->type, e->subject))
			kind->put(to, r->web, e);
	}
	/* The page reached the end of what it was asked about, or of what is wanted. */
	if (!rows->more || rows->event_count == 0 ||
	    rows->events[rows->event_count - 1].offset > until)
		r->after = r->after > known ? r->after : known;
}

static void
take_page(struct reader *r, const struct store_rows *rows, const struct page *page)
{
	CLEANUP(buf_deinit) struct buf text = BUF_NULL;

	/* The record's tail was cut off while this reader was on its way. */
	if (rows->first > r->after + 1) {
		r->after = rows->first - 1;
		if (!reader_kind_of(r)->tell_gap(r))
			return;
	}
	put_page(r, rows, page, &text);
	if (text.length == 0 || reader_send(r, text.data, text.length))
		reader_make_ready(r);
}

static void
on_page(void *argument, struct store_rows *rows, const char *reason)
{
	struct page *page = argument;
	struct reader *r = page->reader;
	struct web *web = page->web;

	(void)reason; /* whoever keeps the store tells people */
	ASSERT(web->page_reads > 0);
	web->page_reads--;
	readers_wake(web, READER_STARVED);
	if (rows != NULL && rows->first > web->oldest)
		web->oldest = rows->first;
	if (r != NULL) {
		r->page = NULL;
		if (rows == NULL)
			reader_kind_of(r)->end(r, READER_END_UNREADABLE);
		else if (page->resume)
			stream_resume(r, &page->cursor, rows->last);
		else
			take_page(r, rows, page);
	}
	rows_free(rows);
	mem_free(page);
}
