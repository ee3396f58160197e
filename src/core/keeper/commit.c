/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One batch at a time. A batch that was refused is asked again, the same one
 * with the same numbers, until it is durable: nothing of it has been acted on
 * or told, so waiting is safe and dropping it is not. After a refusal or no
 * answer the record itself is asked whether it has it.
 */

#include "keeper/plane_inside.h"

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"

#define RETRY_FIRST_MS 250
#define RETRY_MAX_MS   10000

static void
ask(struct plane *plane)
{
	plane->flight_is = FLIGHT_ASKED;
	plane->flight_ticket = plane_ticket(plane);
	plane->ports.store->commit(plane->ports.store, plane->flight_ticket, &plane->flight);
}

static void
number_events(struct plane *plane)
{
	for (size_t i = 0; i < plane->flight.event_count; i++)
		plane->flight.events[i].offset = plane->last_offset + 1 + i;
}

static void
tell(struct plane *plane)
{
	struct store_batch *b = &plane->flight;

	if (b->event_count == 0)
		return;
	plane->ports.publish->events(plane->ports.publish, b->events, b->event_count);
	services_told(plane, b->events, b->event_count);
}

void
commit_begin(struct plane *plane)
{
	ASSERT(plane->flight_is == FLIGHT_NONE);
	plane->flight = plane->next;
	plane->next = (struct store_batch){ 0 };
	number_events(plane);
	if (MUTANT(TELL_BEFORE_COMMIT))
		tell(plane);
	ask(plane);
}

static void
become_durable(struct plane *plane)
{
	plane->flight_is = FLIGHT_NONE;
	plane->refusals = 0;
	plane->trouble[0] = '\0';
	plane->last_offset += plane->flight.event_count;
	for (size_t i = 0; i < plane->kept_count; i++) {
		struct kept *kept = plane->kept[i];

		if (!kept->staged)
			continue;
		kept->staged = false;
		flow_saved(&kept->draft.flow, plane->now);
		kept->server.status = kept->draft;
		plane->show_due = true;
	}
	if (!MUTANT(TELL_BEFORE_COMMIT))
		tell(plane);
	batch_deinit(&plane->flight);
}

static void
try_later(struct plane *plane, const char *reason)
{
	int64_t delay = RETRY_FIRST_MS;

	for (unsigned i = 0; i < plane->refusals && delay < RETRY_MAX_MS; i++)
		delay *= 2;
	plane->refusals++;
	plane->flight_is = FLIGHT_WAITS;
	plane->retry_at = instant_add(plane->now, DURATION_MS(delay));
	(void)snprintf(plane->trouble, sizeof plane->trouble,
		       "The record does not take what happened: %s",
		       reason[0] != '\0' ? reason : "no answer");
}

/* Is the batch in the record? Asked before it is sent again. */
static void
check(struct plane *plane)
{
	struct store_query query = { .what = STORE_BOUNDS };

	plane->flight_is = FLIGHT_CHECKS;
	plane->flight_ticket = plane_ticket(plane);
	plane->ports.store->read(plane->ports.store, plane->flight_ticket, &query);
}

static bool
settle_check(struct plane *plane, const struct reply *reply)
{
	uint64_t last;

	if (reply->result != REPLY_DONE || reply->holds != REPLY_ROWS) {
		try_later(plane, reply->reason);
		return false;
	}
	last = reply->as.rows->last;
	if (plane->flight.event_count > 0 &&
	    last == plane->last_offset + plane->flight.event_count) {
		become_durable(plane);
		return true;
	}
	/* Anything else was written by somebody else: two of us on one record. */
	ASSERT(last == plane->last_offset);
	if (MUTANT(SKIPPED_OFFSET)) {
		plane->last_offset++;
		number_events(plane);
	}
	ask(plane);
	return false;
}

bool
commit_settle(struct plane *plane)
{
	struct reply reply = plane->flight_reply;
	bool durable = false;

	if (plane->flight_is == FLIGHT_WAITS && instant_reached(plane->now, plane->retry_at))
		check(plane);
	if (!plane->flight_answered)
		return false;
	plane->flight_answered = false;
	if (plane->flight_is == FLIGHT_CHECKS) {
		durable = settle_check(plane, &reply);
	} else if (reply.result == REPLY_DONE ||
		   (MUTANT(REFUSED_COMMIT_IS_DONE) && reply.result == REPLY_REFUSED)) {
		become_durable(plane);
		durable = true;
	} else {
		try_later(plane, reply.reason);
	}
	reply_deinit(&reply);
	return durable;
}

struct instant
commit_due(const struct plane *plane)
{
	return plane->flight_is == FLIGHT_WAITS ? plane->retry_at : NEVER;
}
