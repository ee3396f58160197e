/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A circle of entries over a circle of bytes. An event's bytes are never broken
 * at the end of the circle, so that what a reader is given can be written as it
 * lies there; the rest at the end is left unused.
 */

#include "feed/ring.h"

#include <string.h>

struct entry {
	size_t start, length;
	unsigned audience;
	char type[40];
	char subject[USER_NAME_LIMIT + 1];
};

struct ring {
	struct entry *entries; /* of offset o at o % room */
	size_t room;
	unsigned char *bytes;
	size_t size;
	size_t end; /* where the next event's bytes go */
	uint64_t first, last;
};

struct ring *
ring_new(size_t events, size_t bytes, uint64_t last)
{
	struct ring *ring = mem_new(sizeof *ring);

	ASSERT(events > 0 && bytes > 0);
	ring->entries = mem_new_array(events, sizeof *ring->entries);
	ring->room = events;
	ring->bytes = mem_new(bytes);
	ring->size = bytes;
	ring->first = last + 1;
	ring->last = last;
	return ring;
}

void
ring_free(struct ring *ring)
{
	if (ring == NULL)
		return;
	mem_free(ring->entries);
	mem_free(ring->bytes);
	mem_free(ring);
}

uint64_t
ring_first(const struct ring *ring)
{
	return ring->first;
}

uint64_t
ring_last(const struct ring *ring)
{
	return ring->last;
}

static struct entry *
entry_at(const struct ring *ring, uint64_t offset)
{
	ASSERT(offset >= ring->first && offset <= ring->last);
	return &ring->entries[offset % ring->room];
}

static bool
is_empty(const struct ring *ring)
{
	return ring->first > ring->last;
}

/* Is any held event's byte in start..start+length? The held ones lie in order from the oldest. */
static bool
is_taken(const struct ring *ring, size_t start, size_t length)
{
	const struct entry *oldest;

	if (is_empty(ring))
		return false;
	oldest = entry_at(ring, ring->first);
	return oldest->start < start + length && oldest->start + oldest->length > start;
}

static void
drop_all(struct ring *ring, uint64_t last)
{
	ring->first = last + 1;
	ring->last = last;
	ring->end = 0;
}

/* Oldest events that lie between the end and the end of the circle go before it is closed. */
static void
close_circle(struct ring *ring)
{
	while (!is_empty(ring) && entry_at(ring, ring->first)->start >= ring->end && ring->end > 0)
		ring->first++;
	ring->end = 0;
}

void
ring_append(struct ring *ring, const struct store_event *e, const void *bytes, size_t length)
{
	struct entry *entry;

	ASSERT(e->offset == ring->last + 1 && length > 0);
	if (length > ring->size) {
		drop_all(ring, e->offset);
		return;
	}
	if (length > ring->size - ring->end)
		close_circle(ring);
	while (is_taken(ring, ring->end, length))
		ring->first++;
	while (ring->last + 1 - ring->first >= ring->room)
		ring->first++;
	ring->last = e->offset;
	entry = entry_at(ring, e->offset);
	*entry = (struct entry){ .start = ring->end, .length = length, .audience = e->audience };
	(void)text_put(entry->type, sizeof entry->type, e->type);
	(void)text_put(entry->subject, sizeof entry->subject, e->subject);
	memcpy(ring->bytes + ring->end, bytes, length);
	ring->end += length;
}

static bool
passes(const struct entry *entry, const struct feed_filter *filter)
{
	return feed_filter_passes(filter, entry->audience, entry->type, entry->subject);
}

enum ring_verdict
ring_next(const struct ring *ring, uint64_t after, const struct feed_filter *filter, size_t room,
	  struct ring_run *ret_run)
{
	return ring_next_until(ring, after, UINT64_MAX, filter, room, ret_run);
}

enum ring_verdict
ring_next_until(const struct ring *ring, uint64_t after, uint64_t until,
		const struct feed_filter *filter, size_t room, struct ring_run *ret_run)
{
	struct ring_run run = { .last = after };
	uint64_t last = until < ring->last ? until : ring->last;
	uint64_t at = after + 1;

	if (at < ring->first && after < last)
		return RING_FELL_OFF;
	for (; at <= last; at++) {
		const struct entry *entry = entry_at(ring, at);
		const unsigned char *bytes = ring->bytes + entry->start;

		if (!passes(entry, filter)) {
			run.last = at;
			continue;
		}
		if (run.events > 0 &&
		    (bytes != run.bytes + run.length || run.length + entry->length > room))
			break;
		if (run.events == 0)
			run.bytes = bytes;
		run.length += entry->length;
		run.events++;
		run.last = at;
	}
	*ret_run = run;
	return run.events > 0 ? RING_RUN : RING_CAUGHT_UP;
}

size_t
ring_pending(const struct ring *ring, uint64_t after)
{
	size_t pending = 0;

	if (after + 1 < ring->first)
		return SIZE_MAX;
	for (uint64_t at = after + 1; at <= ring->last; at++)
		pending += entry_at(ring, at)->length;
	return pending;
}
