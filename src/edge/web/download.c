/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive on its way from a store's thread to a client. Two chunks: one is filled while the
 * other is sent, and none is given back before the client took it, so a slow client makes the
 * store's thread wait and costs no memory. The hard part is who may let go of it: only the web
 * thread does, when the store is done with it (`last`) and the client is.
 */

#include "web/web_inner.h"

#include <errno.h>
#include <string.h>

#include "wire/http1/print.h"

struct download {
	struct object_reader reader; /* the store's thread pulls by it */
	struct web *web;
	char *store, *name, *file_name;
	uint64_t size;
	struct letter more; /* there is a chunk: from the store's thread */
	struct letter last; /* there is no more: from the control thread */
	uv_mutex_t lock;    /* guards the next three */
	uv_cond_t changed;
	size_t length; /* of `ready`; 0 = it may be filled */
	bool is_gone;  /* nobody wants it any more */
	unsigned char *ready, *spare;
	/* The web thread's own: */
	struct http_exchange *exchange; /* until the first chunk */
	struct http_stream *stream;	/* from then on, until either side ends it */
	uint64_t sent;
	bool is_draining; /* the chunk is not all taken yet */
	bool is_last;
	char why[REASON_LIMIT +
		 1]; /* it did not come to its end; written before `last` is posted */
};

/* ---- the store's thread ---- */

/* Hand over what is in `spare` when the chunk before it was taken. False: nobody wants it. */
static bool
hand_over(struct download *d, size_t length)
{
	unsigned char *filled = d->spare;
	bool is_gone;

	uv_mutex_lock(&d->lock);
	while (d->length > 0 && !d->is_gone)
		uv_cond_wait(&d->changed, &d->lock);
	is_gone = d->is_gone;
	d->spare = d->ready;
	d->ready = filled;
	d->length = length;
	uv_mutex_unlock(&d->lock);
	return !is_gone;
}

static void open_more(void *reader, struct letter *letter);

static int
on_take(struct object_reader *reader, struct object_source *content)
{
	struct download *d = CONTAINER_OF(reader, struct download, reader);
	ptrdiff_t got;

	while ((got = content->read(content, d->spare, DOWNLOAD_CHUNK)) > 0) {
		if (!hand_over(d, (size_t)got)) {
			(void)text_put(reader->why, sizeof reader->why, "the client has gone");
			return -ECANCELED;
		}
		mailbox_post(d->web->mailbox, &d->more, open_more);
	}
	if (got < 0)
		(void)text_put(reader->why, sizeof reader->why, content->why);
	return (int)got;
}

/* ---- the web thread ---- */

static void
download_free(struct download *d)
{
	uv_mutex_destroy(&d->lock);
	uv_cond_destroy(&d->changed);
	mem_free(d->store);
	mem_free(d->name);
	mem_free(d->file_name);
	mem_free(d->ready);
	mem_free(d->spare);
	mem_free(d);
}

static void
give_back(struct download *d, bool is_gone)
{
	uv_mutex_lock(&d->lock);
	d->length = 0;
	d->is_gone = d->is_gone || is_gone;
	uv_cond_signal(&d->changed);
	uv_mutex_unlock(&d->lock);
}

static void
on_drained(void *argument)
{
	struct download *d = argument;

	if (d->is_draining) {
		d->is_draining = false;
		give_back(d, false);
	}
	if (!d->is_last)
		return;
	http_stream_close(d->stream);
	download_free(d);
}

static void
on_closed(void *argument)
{
	struct download *d = argument;

	d->stream = NULL;
	give_back(d, true);
	if (d->is_last)
		download_free(d);
}

static void
begin_stream(struct download *d)
{
	static const struct http_stream_events events = { .on_drained = on_drained,
							  .on_closed = on_closed };
	CLEANUP(text_freep)
	char *headers = text_format("Content-Length: %llu\r\n"
				    "Content-Disposition: attachment; filename=\"%s\"\r\n"
				    "Cache-Control: no-store\r\n"
				    "X-Content-Type-Options: nosniff\r\n",
				    (unsigned long long)d->size, d->file_name);
	const struct http_response head = { .status = 200,
					    .content_type = "application/zstd",
					    .headers = headers };

	d->stream = http_answer_stream(TAKE(d->exchange), &head, &events, d);
	if (d->stream == NULL)
		give_back(d, true);
}

/* A chunk came. More of them than were told of are not sent: the client has its length. */
static void
open_more(void *reader, struct letter *letter)
{
	struct download *d = CONTAINER_OF(letter, struct download, more);

	(void)reader;
	if (d->exchange != NULL)
		begin_stream(d);
	if (d->stream == NULL)
		return;
	d->sent += d->length;
	if (d->sent > d->size) {
		http_stream_close(TAKE(d->stream));
		give_back(d, true);
		return;
	}
	if (http_stream_send(d->stream, d->ready, d->length))
		give_back(d, false);
	else
		d->is_draining = true;
}

/* The store is done with it: so are we, as soon as the client took the rest. */
static void
open_last(void *reader, struct letter *letter)
{
	struct download *d = CONTAINER_OF(letter, struct download, last);

	(void)reader;
	d->is_last = true;
	if (d->exchange != NULL)
		web_answer_problem(TAKE(d->exchange), 502,
				   d->why[0] != '\0' ? d->why : "the archive is empty");
	if (d->stream != NULL && http_stream_unsent(d->stream) > 0)
		return; /* on_drained, or on_closed */
	if (d->stream != NULL)
		http_stream_close(d->stream);
	download_free(d);
}

void
download_answer(struct download *d, struct http_exchange *exchange)
{
	d->exchange = exchange;
}

/* ---- the control thread ---- */

static void
on_fetched(void *argument, const char *why_not)
{
	struct download *d = argument;

	(void)text_put(d->why, sizeof d->why, why_not != NULL ? why_not : "");
	d->web->downloads--;
	mailbox_post(d->web->mailbox, &d->last, open_last);
}

static void
refuse(struct api_answer *answer, int status, const char *detail)
{
	CLEANUP(json_freep) json_t *problem = json_object();

	json_set_text(problem, "type", "about:blank");
	json_set_text(problem, "title", http_status_phrase(status));
	json_set_integer(problem, "status", status);
	json_set_text(problem, "detail", detail);
	answer->kind = ANSWER_WHOLE;
	answer->status = status;
	answer->content_type = "application/problem+json";
	answer->retry_after = 10;
	answer->body = json_text(problem);
	answer->body_length = strlen(answer->body);
}

struct download *
download_new(struct web *web, struct api_answer *answer)
{
	struct download *d;

	if (web->options.fetch == NULL || web->downloads >= DOWNLOADS_LIMIT) {
		refuse(answer, 503,
		       "Other backups are being downloaded. Try again when they are done.");
		return NULL;
	}
	web->downloads++;
	d = mem_new(sizeof *d);
	d->reader.take = on_take;
	d->web = web;
	d->store = text_copy(answer->download.store);
	d->name = text_copy(answer->download.name);
	d->file_name = text_copy(answer->download.file_name);
	d->size = answer->download.size;
	d->ready = mem_new(DOWNLOAD_CHUNK);
	d->spare = mem_new(DOWNLOAD_CHUNK);
	ASSERT(uv_mutex_init(&d->lock) == 0 && uv_cond_init(&d->changed) == 0);
	return d;
}

void
download_start(struct download *d)
{
	const struct web_options *options = &d->web->options;

	if (!options->fetch(options->fetch_argument, d->store, d->name, &d->reader, on_fetched, d))
		on_fetched(d,
			   "the store that the backup is in is not in the configuration any more");
}
