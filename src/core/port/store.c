/* SPDX-License-Identifier: Apache-2.0 */
/* Batches and rows: values that go to and come from the store. */

#include "port/store.h"

#include <string.h>

static const char *const kinds[] = {
	[DOCUMENT_META] = "meta",	  [DOCUMENT_SERVER] = "server",
	[DOCUMENT_STATUS] = "status",	  [DOCUMENT_RUN] = "run",
	[DOCUMENT_USER] = "user",	  [DOCUMENT_TOKEN] = "token",
	[DOCUMENT_SESSION] = "session",	  [DOCUMENT_KEY] = "key",
	[DOCUMENT_WEBHOOK] = "webhook",	  [DOCUMENT_LANE] = "lane",
	[DOCUMENT_DEAD] = "dead",	  [DOCUMENT_PUSH] = "push",
	[DOCUMENT_ROSTER] = "roster",	  [DOCUMENT_SCHEDULE] = "schedule",
	[DOCUMENT_ONLINE] = "online",	  [DOCUMENT_PLAYED] = "played",
	[DOCUMENT_PLAYER] = "player",	  [DOCUMENT_BACKUP] = "backup",
	[DOCUMENT_RESTORE] = "restore",	  [DOCUMENT_PROFILE] = "profile",
	[DOCUMENT_TEMPLATE] = "template",
};

_Static_assert(ELEMENTS(kinds) == DOCUMENT_MAX, "a document kind without a word");

const char *
document_kind_word(enum document_kind kind)
{
	ASSERT(kind < DOCUMENT_MAX);
	return kinds[kind];
}

static struct store_document *
document_for(struct store_batch *batch, enum document_kind kind, const char *key)
{
	struct store_document *d;

	for (size_t i = 0; i < batch->document_count; i++) {
		d = &batch->documents[i];
		if (d->kind == kind && strcmp(d->key, key) == 0)
			return d;
	}
	if (batch->document_count == batch->document_room) {
		batch->document_room = batch->document_room > 0 ? 2 * batch->document_room : 8;
		batch->documents = mem_resize(batch->documents, batch->document_room * sizeof *d);
	}
	d = &batch->documents[batch->document_count++];
	*d = (struct store_document){ .kind = kind, .key = text_copy(key) };
	return d;
}

void
batch_put(struct store_batch *batch, enum document_kind kind, const char *key, const char *body)
{
	struct store_document *d = document_for(batch, kind, key);

	mem_free(d->body);
	d->body = text_copy(body);
}

void
batch_add_event(struct store_batch *batch, uint64_t offset, struct instant time, const char *type,
		const char *subject, unsigned audience, char *data)
{
	struct store_event *e;

	if (batch->event_count == batch->event_room) {
		batch->event_room = batch->event_room > 0 ? 2 * batch->event_room : 8;
		batch->events = mem_resize(batch->events, batch->event_room * sizeof *e);
	}
	e = &batch->events[batch->event_count++];
	*e = (struct store_event){
		.offset = offset, .time = time, .audience = audience, .data = data
	};
	ASSERT(text_put(e->type, sizeof e->type, type));
	(void)text_put(e->subject, sizeof e->subject, subject);
}

void
batch_prune(struct store_batch *batch, enum document_kind kind, const char *prefix, unsigned keep)
{
	struct store_prune *p;

	if (batch->prune_count == batch->prune_room) {
		batch->prune_room = batch->prune_room > 0 ? 2 * batch->prune_room : 8;
		batch->prunes = mem_resize(batch->prunes, batch->prune_room * sizeof *p);
	}
	p = &batch->prunes[batch->prune_count++];
	*p = (struct store_prune){ .kind = kind, .keep = keep };
	ASSERT(text_put(p->prefix, sizeof p->prefix, prefix));
}

bool
batch_is_empty(const struct store_batch *batch)
{
	return batch->document_count == 0 && batch->event_count == 0 && batch->prune_count == 0 &&
	       batch->oldest_kept == 0;
}

static void
free_content(struct store_document *documents, size_t document_count, struct store_event *events,
	     size_t event_count)
{
	for (size_t i = 0; i < document_count; i++) {
		mem_free(documents[i].key);
		mem_free(documents[i].body);
	}
	for (size_t i = 0; i < event_count; i++)
		mem_free(events[i].data);
	mem_free(documents);
	mem_free(events);
}

void
batch_deinit(struct store_batch *batch)
{
	free_content(batch->documents, batch->document_count, batch->events, batch->event_count);
	mem_free(batch->prunes);
	*batch = (struct store_batch){ 0 };
}

static bool
is_of_type(const char *wanted, const char *type)
{
	size_t length = strlen(wanted);

	if (length > 0 && wanted[length - 1] == '.')
		return strncmp(type, wanted, length) == 0;
	return length == 0 || strcmp(type, wanted) == 0;
}

static bool
is_of_subject(const char *wanted, const char *subject)
{
	return wanted[0] == '\0' || strcmp(wanted, subject) == 0;
}

static bool
may_be_read(const struct store_query *query, const struct store_event *e)
{
	return e->audience <= query->audience ||
	       (query->user[0] != '\0' && strcmp(query->user, e->subject) == 0 &&
		(is_of_type("user.", e->type) || is_of_type("token.", e->type)));
}

bool
store_query_takes(const struct store_query *query, const struct store_event *e)
{
	bool fits = query->choice_count == 0;

	if (e->offset <= query->after || (query->before > 0 && e->offset >= query->before) ||
	    !may_be_read(query, e) || !is_of_subject(query->subject, e->subject) ||
	    !is_of_type(query->type, e->type))
		return false;
	for (size_t i = 0; i < query->choice_count && !fits; i++)
		fits = is_of_subject(query->choices[i].subject, e->subject) &&
		       is_of_type(query->choices[i].type, e->type);
	return fits;
}

void
rows_free(struct store_rows *rows)
{
	if (rows == NULL)
		return;
	free_content(rows->documents, rows->document_count, rows->events, rows->event_count);
	mem_free(rows);
}
