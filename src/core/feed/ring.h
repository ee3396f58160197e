/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RING_H
#define ROOST_RING_H

/*
 * The newest events, each encoded once, shared by all readers of one transport
 * (one ring for SSE frames, one for WebSocket text). A reader is an offset: the
 * last event it has. A slow reader costs nothing but that integer; when the ring
 * has gone past it, it is told so and reads pages from the store until it has
 * caught up with ring_first().
 *
 *	reader->after = ...;			// from the resume verdict
 *	for (;;) {				// whenever its socket takes bytes
 *		switch (ring_next(ring, reader->after, &reader->filter, 65536, &run)) {
 *		case RING_RUN:			// write run.bytes, then:
 *			reader->after = run.last;
 *			continue;
 *		case RING_CAUGHT_UP:		// wait for ring_append
 *			reader->after = run.last;
 *			return;
 *		case RING_FELL_OFF:		// read a page behind reader->after from the store
 *			return;
 *		}
 *	}
 *
 * The bytes of a run stay valid until the next ring_append(): write them at once
 * and keep a copy of what the socket did not take. One thread; pure.
 */

#include "feed/cloudevent.h"

struct ring;

/*
 * A ring of at most `events` events and `bytes` bytes, both at least 1, that
 * begins behind offset `last` (what the record holds already).
 */
struct ring *ring_new(size_t events, size_t bytes, uint64_t last) must_check;
void ring_free(struct ring *ring);

/*
 * Append the event `e`, whose offset must be ring_last() + 1, encoded as `bytes`
 * (copied). The oldest go as it needs their room; an event larger than the whole
 * ring empties it and is read from the store by everybody.
 */
void ring_append(struct ring *ring, const struct store_event *e, const void *bytes, size_t length);

uint64_t ring_first(const struct ring *ring);	/* the oldest held; ring_last() + 1 when empty */
uint64_t ring_last(const struct ring *ring);

enum ring_verdict {
	RING_RUN,		/* there are bytes for this reader */
	RING_CAUGHT_UP,		/* nothing more that passes the filter */
	RING_FELL_OFF		/* events behind `after` are no longer here */
};

struct ring_run {
	const unsigned char *bytes;	/* contiguous, whole events */
	size_t length;
	size_t events;
	uint64_t last;			/* the reader's new position once these are written */
};

/*
 * What comes behind `after` for a reader: the longest contiguous run of events
 * that pass, of at most `room` bytes but at least one event. Events that do not
 * pass are skipped; run.last counts them too. On RING_FELL_OFF ret_run is left alone.
 */
enum ring_verdict ring_next(const struct ring *ring, uint64_t after,
			    const struct feed_filter *filter, size_t room,
			    struct ring_run *ret_run) must_check;

/* The same, but nothing behind `until`: of a replay that ends where live events go on. */
enum ring_verdict ring_next_until(const struct ring *ring, uint64_t after, uint64_t until,
				  const struct feed_filter *filter, size_t room,
				  struct ring_run *ret_run) must_check;

/* Bytes still to be told to a reader at `after`, filter not considered; SIZE_MAX when it fell off. */
size_t ring_pending(const struct ring *ring, uint64_t after);

#endif
