/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each event's bytes are its offset, written again and again to a length that
 * follows from the offset, so that any byte out of place is seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "feed/ring.h"

static size_t
length_of(uint64_t offset, size_t most)
{
	return 1 + (size_t)((offset * 7919) % most);
}

static void
append(struct ring *ring, uint64_t offset, size_t length)
{
	struct store_event e = { .offset = offset, .audience = ROLE_PLAYER };
	unsigned char bytes[256];

	assert_true(length <= sizeof bytes);
	memset(bytes, (int)(offset & 0xff), sizeof bytes);
	(void)text_put(e.type, sizeof e.type, offset % 3 == 0 ? "player.left" : "server.ready");
	(void)text_put(e.subject, sizeof e.subject, offset % 2 == 0 ? "even" : "odd");
	ring_append(ring, &e, bytes, length);
}

/* Read all there is behind `after`; returns how many events, or -1 after a fall. */
static int
drain(const struct ring *ring, uint64_t after, const struct feed_filter *filter, size_t room,
      size_t most)
{
	struct ring_run run;
	int count = 0;

	for (;;) {
		size_t at = 0;

		switch (ring_next(ring, after, filter, room, &run)) {
		case RING_FELL_OFF:
			return -1;
		case RING_CAUGHT_UP:
			assert_true(run.last == ring_last(ring));
			return count;
		case RING_RUN:
			break;
		}
		assert_true(run.last > after && run.last <= ring_last(ring));
		assert_true(run.length <= room || run.events == 1);
		for (uint64_t offset = after + 1; offset <= run.last; offset++) {
			if (!feed_filter_passes(filter, ROLE_PLAYER,
						offset % 3 == 0 ? "player.left" : "server.ready",
						offset % 2 == 0 ? "even" : "odd"))
				continue;
			for (size_t i = 0; i < length_of(offset, most); i++)
				assert_int_equal(run.bytes[at++], offset & 0xff);
			count++;
		}
		assert_true(at == run.length);
		after = run.last;
	}
}

static void
every_reader_gets_every_event_or_is_told_that_it_fell_off(void **unused)
{
	const struct feed_filter all = { .role = ROLE_PLAYER };

	(void)unused;
	for (size_t events = 1; events <= 6; events++) {
		for (size_t bytes = 1; bytes <= 40; bytes++) {
			struct ring *ring = ring_new(events, bytes, 100);

			for (uint64_t offset = 101; offset < 160; offset++) {
				append(ring, offset, length_of(offset, 13));
				assert_true(ring_last(ring) == offset);
				for (uint64_t after = 100; after <= offset; after++) {
					int got = drain(ring, after, &all, 20, 13);

					if (after + 1 < ring_first(ring))
						assert_int_equal(got, -1);
					else
						assert_int_equal(got, (int)(offset - after));
				}
			}
			ring_free(ring);
		}
	}
}

/* It holds at least what must fit: no event goes before its room is needed. */
static void
the_ring_keeps_as_many_events_as_it_was_made_for(void **unused)
{
	struct ring *ring = ring_new(10, 1000, 0);

	(void)unused;
	for (uint64_t offset = 1; offset <= 500; offset++) {
		append(ring, offset, length_of(offset, 50));
		assert_true(ring_first(ring) == (offset > 10 ? offset - 9 : 1));
	}
	ring_free(ring);
}

static void
a_filtered_reader_moves_past_what_it_does_not_get(void **unused)
{
	struct feed_filter even = { .role = ROLE_PLAYER, .server = "even", .type = "server." };
	struct feed_filter none = { .role = ROLE_NOBODY };
	struct ring *ring = ring_new(50, 10000, 0);
	struct ring_run run;

	(void)unused;
	for (uint64_t offset = 1; offset <= 30; offset++)
		append(ring, offset, length_of(offset, 13));
	assert_int_equal(drain(ring, 0, &even, 65536, 13), 10);
	assert_int_equal(ring_next(ring, 0, &none, 65536, &run), RING_CAUGHT_UP);
	assert_true(run.last == 30);
	ring_free(ring);
}

static void
an_event_larger_than_the_ring_sends_everybody_to_the_store(void **unused)
{
	const struct feed_filter all = { .role = ROLE_PLAYER };
	struct ring *ring = ring_new(10, 20, 0);
	struct ring_run run;

	(void)unused;
	append(ring, 1, 5);
	append(ring, 2, 21);
	assert_int_equal(ring_next(ring, 1, &all, 100, &run), RING_FELL_OFF);
	assert_int_equal(ring_next(ring, 2, &all, 100, &run), RING_CAUGHT_UP);
	append(ring, 3, length_of(3, 13));
	assert_int_equal(drain(ring, 2, &all, 100, 13), 1);
	assert_true(ring_pending(ring, 2) == length_of(3, 13));
	assert_true(ring_pending(ring, 1) == SIZE_MAX);
	ring_free(ring);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reader_gets_every_event_or_is_told_that_it_fell_off),
		cmocka_unit_test(the_ring_keeps_as_many_events_as_it_was_made_for),
		cmocka_unit_test(a_filtered_reader_moves_past_what_it_does_not_get),
		cmocka_unit_test(an_event_larger_than_the_ring_sends_everybody_to_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
