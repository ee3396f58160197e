/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be so about browsers. The documents are compared as they are before and
 * after each commit: a wish that has heard of an event owes a message from that very
 * commit on, and a message ends only because it was told or could not be.
 */

#include <string.h>

#include "push_sim.h"
#include "run.h"

#define AFTERWARDS 3000000 /* longer than all waits between tries together */

static struct sim_browser *
browser_of(struct sim_push *s, const char *id)
{
	for (int i = 0; i < s->count; i++) {
		if (strcmp(s->browsers[i].id, id) == 0)
			return &s->browsers[i];
	}
	return NULL;
}

static json_t *
stored(const struct world *w, const char *id)
{
	const char *body = store_sim_body(w, DOCUMENT_PUSH, id);

	return body != NULL ? json_loads(body, 0, NULL) : NULL;
}

/* The member of a list whose `key` is that text. */
static const json_t *
find(const json_t *document, const char *list_name, const char *key, const char *text)
{
	const json_t *list = json_object_get(document, list_name);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (strcmp(json_get_text(one, key, ""), text) == 0)
			return one;
	}
	return NULL;
}

static uint64_t
number(const json_t *object, const char *key)
{
	return (uint64_t)json_get_integer(object, key, 0);
}

static const json_t *
sending_for(const json_t *document, const char *server)
{
	CLEANUP(text_freep) char *tag = text_format("ready/%s", server);

	return find(document, "sendings", "tag", tag);
}

static bool
is_ready(const struct sim_push *s, uint64_t offset)
{
	return offset > 0 && offset <= s->event_count &&
	       strcmp(s->events[offset - 1].type, "server.ready") == 0;
}

/* What a wish has heard of in this commit is to be sent from this commit on; once is over with it. */
static void
check_wishes(struct world *w, const json_t *before, const json_t *after)
{
	const struct sim_push *s = w->push;
	const json_t *list = json_object_get(before, "servers");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *wish = json_array_get(list, i);
		const char *name = json_get_text(wish, "name", "");
		const json_t *now = find(after, "servers", "name", name);
		const json_t *sending = sending_for(after, name);
		bool once = strcmp(json_get_text(wish, "kind", ""), "once") == 0;
		uint64_t heard = number(now, "after");

		if (now == NULL &&
		    (sending == NULL || number(sending, "event") <= number(wish, "after") || !once))
			world_fail(w, "a wish for %s is gone, and nothing is to be sent", name);
		if (now == NULL || heard == number(wish, "after"))
			continue;
		if (is_ready(s, heard) && number(sending, "event") != heard)
			world_fail(w, "a wish for %s has heard of %llu, and nothing is to be sent",
				   name, (unsigned long long)heard);
		if (is_ready(s, heard) && once)
			world_fail(w, "a wish for once outlives %s being ready", name);
	}
}

/* A message ends because it was told, took another's place, or could not be told. */
static void
check_sendings(struct world *w, struct sim_browser *browser, const json_t *before,
	       const json_t *after)
{
	const json_t *list = json_object_get(before, "sendings");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *sending = json_array_get(list, i);
		const char *tag = json_get_text(sending, "tag", "");
		const json_t *now = find(after, "sendings", "tag", tag);
		uint64_t event = number(sending, "event");

		if (now != NULL && number(now, "event") >= event)
			continue;
		if (browser->accepted[event] > 0 || browser->forbidden[event] ||
		    number(sending, "tries") >= 6)
			continue;
		world_fail(w, "%s about %llu was let go, and not told", tag,
			   (unsigned long long)event);
	}
}

static void
check_document(struct world *w, const struct store_document *document)
{
	CLEANUP(json_freep) json_t *before = stored(w, document->key);
	CLEANUP(json_freep)
	json_t *after = document->body != NULL ? json_loads(document->body, 0, NULL) : NULL;
	struct sim_browser *browser = browser_of(w->push, document->key);

	if (browser == NULL || before == NULL)
		return;
	/* Let go, and perhaps made again in the same commit. */
	if (after == NULL || strcmp(json_get_text(before, "created_at", ""),
				    json_get_text(after, "created_at", "")) != 0) {
		if (!browser->may_go && number(before, "failures") < 9)
			world_fail(w, "a browser was let go that is not gone");
		browser->may_go = false;
		return;
	}
	check_sendings(w, browser, before, after);
	if (strcmp(json_get_text(before, "changed_at", ""),
		   json_get_text(after, "changed_at", "")) == 0)
		check_wishes(w, before, after);
}

static void
note_event(struct world *w, const struct store_event *event)
{
	struct sim_push *s = w->push;
	struct sim_server *server = world_server(w, event->subject);
	struct store_event *e;

	if (s->event_count == s->event_room) {
		s->event_room = s->event_room > 0 ? 2 * s->event_room : 64;
		s->events = mem_resize(s->events, s->event_room * sizeof *s->events);
	}
	e = &s->events[s->event_count++];
	*e = *event;
	e->data = text_copy(event->data);
	if (s->event_count >= PUSH_EVENTS_MAX)
		world_fail(w, "more events than a run has");
	if (server != NULL && strcmp(e->type, "server.ready") == 0)
		s->last_ready[server - w->servers] = e->offset;
}

void
push_sim_committing(struct world *w, const struct store_batch *batch)
{
	for (size_t i = 0; i < batch->event_count; i++)
		note_event(w, &batch->events[i]);
	for (size_t i = 0; i < batch->document_count; i++) {
		if (batch->documents[i].kind == DOCUMENT_PUSH)
			check_document(w, &batch->documents[i]);
	}
}

/* Nothing is sent that a crash would forget. */
void
push_sim_sent(struct world *w, const struct sim_push_post *post)
{
	const struct sim_browser *browser = &w->push->browsers[post->browser];
	CLEANUP(json_freep) json_t *document = stored(w, browser->id);
	const json_t *list = json_object_get(document, "sendings");
	bool found = false;

	for (size_t i = 0; i < json_array_size(list); i++)
		found = found || number(json_array_get(list, i), "event") == post->event;
	if (!found)
		world_fail(w, "b%d is sent %llu, which no document knows", post->browser,
			   (unsigned long long)post->event);
}

/* Nobody is told twice, unless roost could not know that they were told. */
void
push_sim_accepted(struct world *w, const struct sim_push_post *post, bool excused)
{
	struct sim_browser *browser = &w->push->browsers[post->browser];

	if (!excused && browser->accepted[post->event] > 0 && !browser->uncertain[post->event])
		world_fail(w, "b%d is told twice of %llu", post->browser,
			   (unsigned long long)post->event);
	browser->accepted[post->event]++;
	browser->uncertain[post->event] = false;
}

/* The push service has worked for long: everybody has been told. */
void
push_sim_after_quiet(struct world *w)
{
	struct sim_push *s = w->push;

	if (!run_for(w, AFTERWARDS))
		return;
	for (int i = 0; i < s->count; i++) {
		CLEANUP(json_freep) json_t *document = stored(w, s->browsers[i].id);
		const json_t *list = json_object_get(document, "servers");

		if (json_array_size(json_object_get(document, "sendings")) > 0)
			world_fail(w, "b%d has not been told", i);
		if (document != NULL && s->browsers[i].gone)
			world_fail(w, "b%d is gone, and is kept", i);
		for (size_t j = 0; j < json_array_size(list); j++) {
			const json_t *wish = json_array_get(list, j);
			const char *name = json_get_text(wish, "name", "");

			if (s->last_ready[world_server(w, name) - w->servers] >
			    number(wish, "after"))
				world_fail(w, "b%d waits for %s, which was ready", i, name);
		}
	}
}
