/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be so about webhooks whenever something is durable: nothing that an
 * endpoint wants is behind its cursor without having been taken, being a dead letter,
 * or being owed by a lane; and none is given up without a word.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "webhook_sim.h"

static bool
is_wanted(const struct sim_hook *hook, const struct store_event *e)
{
	if (hook->kind == 1)
		return text_starts_with(e->type, "server.") && e->audience <= ROLE_PLAYER;
	if (hook->kind == 2)
		return strcmp(e->subject, "s0") == 0 && !text_starts_with(e->type, "user.");
	return true;
}

static struct sim_hook *
hook_of(struct sim_webhooks *s, const char *key)
{
	for (int i = 0; i < s->count; i++) {
		if (s->hooks[i].id[0] != '\0' && text_starts_with(key, s->hooks[i].id))
			return &s->hooks[i];
	}
	return NULL;
}

static uint64_t
number_in(const char *body, const char *key)
{
	char pattern[32];
	const char *at;

	(void)snprintf(pattern, sizeof pattern, "\"%s\":", key);
	at = strstr(body, pattern);
	return at != NULL ? strtoull(at + strlen(pattern), NULL, 10) : 0;
}

/* Does a lane that is stored owe this event? */
static bool
is_owed(const struct world *w, const struct sim_hook *hook, const struct store_event *e)
{
	CLEANUP(text_freep) char *key = text_format("%s/%s", hook->id, e->subject);
	const char *body = store_sim_body(w, DOCUMENT_LANE, key);

	return body != NULL && number_in(body, "offset") < e->offset;
}

static void
check_hook(struct world *w, struct sim_hook *hook)
{
	const struct sim_webhooks *s = w->webhooks;
	uint64_t skipped_to = hook->cursor >= hook->skipping_to ? hook->skipping_to : 0;
	bool all = true;

	for (uint64_t offset = hook->floor + 1; offset <= hook->cursor; offset++) {
		const struct store_event *e = &s->events[offset - 1];

		if (hook->fate[offset] == FATE_OPEN && offset <= skipped_to)
			hook->fate[offset] = FATE_SKIPPED;
		if (hook->fate[offset] == FATE_OPEN && !is_owed(w, hook, e))
			world_fail(w, "%s passes over %llu, which was not taken", hook->id,
				   (unsigned long long)offset);
		all = all && hook->fate[offset] != FATE_OPEN;
		if (all)
			hook->floor = offset;
	}
	if (hook->enabled && hook->floor == w->last_offset)
		hook->was_off = false;
	if (skipped_to > 0)
		hook->skipping_to = 0;
}

/* Said to be forgotten: then it must be. */
static void
note_missed(struct world *w, const char *data)
{
	struct sim_webhooks *s = w->webhooks;

	for (int i = 0; i < s->count; i++) {
		struct sim_hook *hook = &s->hooks[i];

		if (hook->id[0] == '\0' || strstr(data, hook->id) == NULL)
			continue;
		if (!hook->was_off)
			world_fail(w, "h%d was on, and what it is to be told is forgotten", i);
		for (uint64_t at = number_in(data, "from"); at <= number_in(data, "to"); at++) {
			if (at >= w->first_offset)
				world_fail(w, "%llu is said to be forgotten",
					   (unsigned long long)at);
			if (hook->fate[at] == FATE_OPEN)
				hook->fate[at] = FATE_SKIPPED;
		}
	}
}

static void
note_events(struct world *w, const struct store_batch *batch)
{
	struct sim_webhooks *s = w->webhooks;

	for (size_t i = 0; i < batch->event_count; i++) {
		struct store_event *e;

		if (s->event_count == s->event_room) {
			s->event_room = s->event_room > 0 ? 2 * s->event_room : 64;
			s->events = mem_resize(s->events, s->event_room * sizeof *s->events);
		}
		e = &s->events[s->event_count++];
		*e = batch->events[i];
		e->data = text_copy(batch->events[i].data);
		if (s->event_count >= HOOK_EVENTS)
			world_fail(w, "more events than a run has");
		if (strcmp(e->type, "webhook.missed") == 0)
			note_missed(w, e->data);
		for (int j = 0; j < s->count; j++) {
			if (!is_wanted(&s->hooks[j], e))
				s->hooks[j].fate[s->event_count] = FATE_SKIPPED;
		}
	}
}

static bool
has_event(const struct store_batch *batch, const char *type, const char *id)
{
	for (size_t i = 0; i < batch->event_count; i++) {
		if (strcmp(batch->events[i].type, type) == 0 &&
		    strstr(batch->events[i].data, id) != NULL)
			return true;
	}
	return false;
}

static void
note_hook(struct world *w, const struct store_batch *batch, const char *key, const char *body)
{
	struct sim_webhooks *s = w->webhooks;
	struct sim_hook *hook = hook_of(s, key);
	bool enabled = strstr(body, "\"enabled\":true") != NULL;
	const char *label = strstr(body, "\"label\":\"h");

	if (hook == NULL) {
		hook = &s->hooks[label[strlen("\"label\":\"h")] - '0'];
		(void)text_put(hook->id, sizeof hook->id, key);
		hook->floor = number_in(body, "cursor");
		for (uint64_t i = 0; i <= hook->floor; i++)
			hook->fate[i] = FATE_SKIPPED;
	} else if (hook->enabled && !enabled && !has_event(batch, "webhook.disabled", hook->id) &&
		   !has_event(batch, "webhook.changed", hook->id)) {
		world_fail(w, "%s is given up without a word", hook->id);
	}
	hook->enabled = enabled;
	hook->was_off = hook->was_off || !enabled;
	hook->cursor = number_in(body, "cursor");
}

void
webhook_sim_committed(struct world *w, const struct store_batch *batch)
{
	struct sim_webhooks *s = w->webhooks;

	note_events(w, batch);
	for (size_t i = 0; i < batch->document_count; i++) {
		const struct store_document *d = &batch->documents[i];
		const char *body = store_sim_body(w, d->kind, d->key);
		struct sim_hook *hook;

		if (d->kind == DOCUMENT_WEBHOOK && body != NULL)
			note_hook(w, batch, d->key, body);
		hook = d->kind == DOCUMENT_DEAD && body != NULL ? hook_of(s, d->key) : NULL;
		if (hook != NULL && hook->fate[number_in(body, "offset")] == FATE_OPEN)
			hook->fate[number_in(body, "offset")] = FATE_DEAD;
	}
	for (int i = 0; i < s->count; i++)
		check_hook(w, &s->hooks[i]);
}

void
webhook_sim_read(struct world *w, const struct store_query *query, struct store_rows *rows)
{
	const struct sim_webhooks *s = w->webhooks;
	/* So that paging is walked; forgetting is paced by whole pages. */
	unsigned most = query->limit < EVENTS_PAGE_LIMIT ? 3 : query->limit;

	rows->events = mem_new_array(s->event_count + 1, sizeof *rows->events);
	for (size_t i = query->after + 1 > w->first_offset ? query->after : w->first_offset - 1;
	     i < s->event_count; i++) {
		const struct store_event *e = &s->events[i];

		if (e->audience > query->audience ||
		    (query->subject[0] != '\0' && strcmp(query->subject, e->subject) != 0))
			continue;
		if (rows->event_count == most) {
			rows->more = true;
			return;
		}
		rows->events[rows->event_count] = *e;
		rows->events[rows->event_count++].data = text_copy(e->data);
	}
}

/* In the calm everything that is not given up was told everything. */
void
webhook_sim_after_quiet(struct world *w)
{
	const struct sim_webhooks *s = w->webhooks;

	for (int i = 0; i < s->count; i++) {
		const struct sim_hook *hook = &s->hooks[i];

		if (hook->id[0] == '\0')
			world_fail(w, "h%d was never made", i);
		for (uint64_t offset = hook->floor + 1; hook->enabled && offset <= s->event_count;
		     offset++) {
			/* What was told in the last seconds may be on its way. */
			if (hook->fate[offset] == FATE_OPEN &&
			    s->events[offset - 1].time.ms < w->now - 5000)
				world_fail(w, "h%d was not told of %llu", i,
					   (unsigned long long)offset);
		}
	}
}

/* Those that were given up are switched on again, or not. */
void
webhook_sim_calm(struct world *w)
{
	struct sim_webhooks *s = w->webhooks;

	if (w->plane == NULL || !plane_is_loaded(w->plane))
		return;
	(void)memory_is_planes(true);
	for (int i = 0; i < s->count; i++) {
		if (!s->hooks[i].enabled && dice_below(&s->dice, 2) == 0)
			(void)webhooks_enable(s->now, s->hooks[i].id, false, "admin");
	}
	(void)memory_is_planes(false);
	w->turn_due = w->now;
}
