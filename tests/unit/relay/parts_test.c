/* SPDX-License-Identifier: Apache-2.0 */
/* The relay's small parts: entries of a slab, deadlines in a heap, pipes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "relay/pipes.h"
#include "relay/slab.h"
#include "relay/timer.h"

static void
a_slab_gives_each_entry_once_and_no_more_than_agreed(void **unused)
{
	unsigned char *entries[5];
	struct slab slab;

	slab_init(&slab, 40, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_false(slab_is_exhausted(&slab));
		entries[i] = slab_take(&slab);
		assert_non_null(entries[i]);
		memset(entries[i], (int)i, 40);
	}
	assert_true(slab_is_exhausted(&slab));
	assert_null(slab_take(&slab));
	for (size_t i = 0; i < 5; i++) {
		for (size_t k = 0; k < 40; k++)
			assert_int_equal(entries[i][k], i);
		assert_ptr_equal(slab_at(&slab, slab_index(&slab, entries[i])), entries[i]);
	}
	slab_give(&slab, entries[2]);
	assert_ptr_equal(slab_take(&slab), entries[2]);
	assert_null(slab_at(&slab, 5));
	slab_deinit(&slab);
}

static void
cold_entries_keep_their_place_but_not_their_pages(void **unused)
{
	enum { COUNT = 64, SIZE = 65536 };
	unsigned char *entries[COUNT];
	struct slab slab;

	slab_init(&slab, SIZE, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		entries[i] = slab_take(&slab);
		memset(entries[i], 1, SIZE);
	}
	for (size_t i = 0; i < COUNT; i++)
		slab_give_cold(&slab, entries[i]);
	assert_int_equal(slab.taken, 0);
	assert_int_equal(entries[COUNT - 1][SIZE / 2], 0); /* given back to the system */
	assert_int_equal(entries[0][SIZE / 2], 1);	   /* warm: kept */
	for (size_t i = 0; i < COUNT; i++)
		assert_non_null(slab_take(&slab));
	slab_deinit(&slab);
}

static void
deadlines_come_in_order_whatever_was_set_moved_and_cleared(void **unused)
{
	enum { COUNT = 1000 };
	static struct timer set[COUNT];
	struct timers timers = { 0 };
	struct timer *timer;
	uint32_t chance = 1;
	int64_t last = 0;
	unsigned left = 0;

	for (int round = 0; round < 5000; round++) {
		struct timer *any;

		chance = chance * 1664525 + 1013904223;
		any = &set[(chance >> 8) % COUNT];
		if (chance >> 30 == 0)
			timers_clear(&timers, any);
		else
			timers_set(&timers, any, 1 + (chance >> 12) % 5000);
	}
	for (size_t i = 0; i < COUNT; i++)
		left += timer_is_set(&set[i]);
	assert_true(left > 100);
	assert_null(timers_take_due(&timers, 0));
	while ((timer = timers_take_due(&timers, 100000)) != NULL) {
		assert_true(timer->at >= last);
		assert_false(timer_is_set(timer));
		last = timer->at;
		left--;
	}
	assert_int_equal(left, 0);
	assert_int_equal(timers_wait(&timers, 0), -1);
	timers_deinit(&timers);
}

static void
the_wait_is_until_the_earliest_and_never_negative(void **unused)
{
	struct timers timers = { 0 };
	struct timer a = { 0 }, b = { 0 };

	timers_set(&timers, &a, 500);
	timers_set(&timers, &b, 200);
	assert_int_equal(timers_wait(&timers, 50), 150);
	assert_int_equal(timers_wait(&timers, 900), 0);
	timers_clear(&timers, &b);
	assert_int_equal(timers_wait(&timers, 50), 450);
	timers_deinit(&timers);
}

static void
a_pipe_that_is_given_back_with_bytes_is_empty_when_taken_again(void **unused)
{
	static struct pipes pipes;
	struct pipe_pair *pairs[RELAY_PIPES_LIMIT], *pair;
	char byte;

	for (size_t i = 0; i < RELAY_PIPES_LIMIT; i++) {
		pairs[i] = pipes_take(&pipes);
		assert_non_null(pairs[i]);
	}
	assert_null(pipes_take(&pipes));
	assert_int_equal(write(pairs[3]->in, "x", 1), 1);
	pairs[3]->bytes = 1;
	pipes_give(&pipes, pairs[3]);
	pair = pipes_take(&pipes);
	assert_non_null(pair);
	assert_int_equal(pair->bytes, 0);
	assert_int_equal(read(pair->out, &byte, 1), -1);
	for (size_t i = 0; i < RELAY_PIPES_LIMIT; i++)
		pipes_give(&pipes, i == 3 ? pair : pairs[i]);
	pipes_deinit(&pipes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slab_gives_each_entry_once_and_no_more_than_agreed),
		cmocka_unit_test(cold_entries_keep_their_place_but_not_their_pages),
		cmocka_unit_test(deadlines_come_in_order_whatever_was_set_moved_and_cleared),
		cmocka_unit_test(the_wait_is_until_the_earliest_and_never_negative),
		cmocka_unit_test(a_pipe_that_is_given_back_with_bytes_is_empty_when_taken_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
