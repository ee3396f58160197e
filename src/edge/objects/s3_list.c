/* SPDX-License-Identifier: Apache-2.0 */
/* Listing objects, and aborting uploads that never ended, page by page. */

#include <stdio.h>
#include <string.h>

#include "objects/s3_call.h"
#include "wire/sigv4/canonical.h"

#define SWEEP_ROUNDS 100

struct page {
	struct s3_session *session;
	struct object_answer *answer;
	char last[S3_TEXT_LIMIT + 1]; /* key, as told */
	char *aborts[OBJECTS_PAGE_LIMIT][2];
	size_t abort_count;
};

static void
on_object(void *argument, const struct s3_item *item)
{
	struct page *page = argument;
	const char *prefix = page->session->s3->prefix;
	struct object_answer *answer = page->answer;
	struct object_entry *entry;

	(void)text_put(page->last, sizeof page->last, item->key);
	if (!text_starts_with(item->key, prefix) ||
	    !object_key_is_valid(item->key + strlen(prefix)) ||
	    answer->entry_count == page->session->job->limit)
		return; /* somebody else's */
	entry = &answer->entries[answer->entry_count++];
	entry->size = item->size;
	entry->modified = item->time;
	ASSERT(text_put(entry->key, sizeof entry->key, item->key + strlen(prefix)));
}

static void
add_parameter(struct buf *query, const char *name, const char *before, const char *value)
{
	buf_format(query, "%s%s=", query->length > 0 ? "&" : "", name);
	sigv4_encode(query, before, strlen(before), false);
	sigv4_encode(query, value, strlen(value), false);
}

/* One page into `page`; false when there is none, and why is said. */
static bool
ask_page(struct page *page, struct buf *query,
	 void (*on_item)(void *argument, const struct s3_item *item), bool *ret_more)
{
	const struct s3_call call = { .method = "GET",
				      .query = buf_text(query),
				      .answer_limit = OBJECT_ANSWER_LIMIT };
	struct s3_answer answer;
	bool fine = s3_ask(page->session, &call, &answer);

	if (fine)
		fine = s3_list_parse(answer.http->body, answer.http->body_length, on_item, page,
				     ret_more);
	if (!fine)
		job_refuse(page->session->job, "%s",
			   answer.why[0] != '\0' ? answer.why
						 : "the object store's list is not one");
	s3_answer_deinit(&answer);
	return fine;
}

void
s3_list(struct desk_store *store, struct job *job)
{
	struct s3_session session = s3_session_of(store, job);
	struct page *page = mem_new(sizeof *page);
	struct object_answer *answer = mem_new(sizeof *answer);
	const char *prefix = session.s3->prefix;
	char limit[16];
	bool fine;

	answer->entries = mem_new_array(job->limit, sizeof *answer->entries);
	page->session = &session;
	page->answer = answer;
	(void)snprintf(limit, sizeof limit, "%u", job->limit);
	if (job->after != NULL)
		(void)snprintf(page->last, sizeof page->last, "%s%s", prefix, job->after);
	do {
		CLEANUP(buf_deinit) struct buf query = BUF_NULL;

		add_parameter(&query, "list-type", "", "2");
		add_parameter(&query, "max-keys", "", limit);
		add_parameter(&query, "prefix", prefix, job->key);
		if (page->last[0] != '\0')
			add_parameter(&query, "start-after", "", page->last);
		fine = ask_page(page, &query, on_object, &answer->more);
	} while (fine && answer->more && answer->entry_count == 0);
	if (fine) {
		*job_done(job, OBJECT_IS_DONE) = *answer;
		mem_free(answer);
	} else {
		object_answer_free(answer);
	}
	mem_free(page);
	s3_session_deinit(&session);
}

static void
on_upload(void *argument, const struct s3_item *item)
{
	struct page *page = argument;
	const char *prefix = page->session->s3->prefix;

	if (page->abort_count == OBJECTS_PAGE_LIMIT || item->upload_id == NULL ||
	    !text_starts_with(item->key, prefix) ||
	    !object_key_is_valid(item->key + strlen(prefix)) ||
	    item->time.ms >= page->session->job->before.ms)
		return;
	page->aborts[page->abort_count][0] = text_copy(item->key + strlen(prefix));
	page->aborts[page->abort_count++][1] = text_copy(item->upload_id);
}

/* Abort what the page told. */
static void
abort_all(struct page *page)
{
	for (size_t i = 0; i < page->abort_count; i++) {
		CLEANUP(buf_deinit) struct buf query = BUF_NULL;

		add_parameter(&query, "uploadId", "", page->aborts[i][1]);
		s3_abort(page->session, page->aborts[i][0], buf_text(&query));
		mem_free(page->aborts[i][0]);
		mem_free(page->aborts[i][1]);
	}
}

void
s3_sweep(struct desk_store *store, struct job *job)
{
	struct s3_session session = s3_session_of(store, job);
	struct page *page = mem_new(sizeof *page);
	uint64_t swept = 0;
	bool fine, more = false;

	page->session = &session;
	for (unsigned round = 0; round < SWEEP_ROUNDS; round++) {
		CLEANUP(buf_deinit) struct buf query = BUF_NULL;

		page->abort_count = 0;
		buf_put_text(&query, "uploads=");
		add_parameter(&query, "prefix", session.s3->prefix, "");
		fine = ask_page(page, &query, on_upload, &more);
		abort_all(page);
		swept += page->abort_count;
		if (!fine || !more || page->abort_count == 0 || atomic_load(&job->cancelled))
			break;
	}
	if (fine)
		job_done(job, OBJECT_IS_DONE)->swept = swept;
	mem_free(page);
	s3_session_deinit(&session);
}
