/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting old events, a page at a time: the oldest are read, and what need not
 * be kept goes with the next commit. A page is little work for the store, so a
 * record that was kept for years does not stop everything when it is to be short.
 */

#include "keeper/prune.h"

#include "keeper/plane_inside.h"

#define PRUNE_EVERY DURATION_S(60)
#define PRUNE_AGAIN DURATION_S(1) /* while whole pages go */

uint64_t
prune_from(const struct feed_keep *keep, const struct store_rows *oldest, struct instant now)
{
	uint64_t from = 0;

	for (size_t i = 0; i < oldest->event_count; i++) {
		const struct store_event *e = &oldest->events[i];
		bool is_old = keep->time.ms > 0 && instant_since(now, e->time).ms > keep->time.ms;
		bool is_one_too_many = keep->events > 0 && oldest->last - e->offset >= keep->events;

		if (e->offset >= oldest->last || (!is_old && !is_one_too_many))
			break;
		from = e->offset + 1;
	}
	return from;
}

/* What a service has yet to read stays until then. */
static uint64_t
still_needed(const struct plane *plane, uint64_t from)
{
	for (const struct plane_service *s = plane->services; s != NULL && from > 0; s = s->next) {
		uint64_t needed = s->needs != NULL ? s->needs(s) : 0;

		if (needed > 0 && needed < from)
			from = needed;
	}
	return from;
}

static void
on_oldest(void *argument, const struct reply *reply)
{
	struct plane *plane = argument;
	struct pruner *pruner = &plane->pruner;
	const struct store_rows *rows = reply->as.rows;
	bool whole;

	pruner->asked.ticket = (struct ticket){ 0 };
	pruner->asked.due = instant_add(plane->now, PRUNE_EVERY);
	if (reply->result != REPLY_DONE || reply->holds != REPLY_ROWS)
		return;
	pruner->first = rows->first;
	pruner->from = prune_from(&plane->settings.keep, rows, plane->now);
	pruner->from = still_needed(plane, pruner->from);
	if (pruner->from <= rows->first)
		pruner->from = 0;
	whole = rows->event_count > 0 &&
		pruner->from > rows->events[rows->event_count - 1].offset && rows->more;
	if (whole)
		pruner->asked.due = instant_add(plane->now, PRUNE_AGAIN);
}

void
prune_decide(struct plane *plane)
{
	uint64_t from = still_needed(plane, plane->pruner.from);

	plane->next.oldest_kept = from > plane->pruner.first ? from : 0;
	plane->pruner.from = 0;
}

void
prune_act(struct plane *plane)
{
	struct watch *asked = &plane->pruner.asked;
	struct store_query query = { .what = STORE_EVENTS,
				     .audience = ROLE_MAX - 1,
				     .limit = EVENTS_PAGE_LIMIT };

	if (asked->ticket.v != 0 &&
	    instant_reached(plane->now, instant_add(asked->asked_at, FLOW_ANSWER_WITHIN))) {
		plane_forget(plane, asked->ticket);
		*asked = (struct watch){ .due = plane->now };
	}
	if (asked->ticket.v != 0 || plane->now.ms < asked->due.ms ||
	    (plane->settings.keep.time.ms == 0 && plane->settings.keep.events == 0))
		return;
	asked->ticket = plane_expect(plane, on_oldest, plane);
	asked->asked_at = plane->now;
	plane->ports.store->read(plane->ports.store, asked->ticket, &query);
}

struct instant
prune_due(const struct plane *plane)
{
	const struct watch *asked = &plane->pruner.asked;

	if (plane->settings.keep.time.ms == 0 && plane->settings.keep.events == 0)
		return NEVER;
	if (plane->pruner.from != 0)
		return plane->now;
	if (asked->ticket.v != 0)
		return instant_add(asked->asked_at, FLOW_ANSWER_WITHIN);
	return instant_is_set(asked->due) ? asked->due : plane->now;
}
