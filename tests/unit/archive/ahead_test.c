/* SPDX-License-Identifier: Apache-2.0 */
/* A source read ahead: the same bytes, the same end, and nothing left running behind it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "archive/ahead.h"

/* Numbers, `piece` bytes a read at most; then `last`. */
struct numbers {
	struct object_source source;
	size_t piece, length, at;
	ptrdiff_t last;
	unsigned reads;
};

static unsigned char
number_at(size_t at)
{
	return (unsigned char)(at * 31 + at / 251);
}

static ptrdiff_t
numbers_read(struct object_source *source, void *bytes, size_t size)
{
	struct numbers *me = CONTAINER_OF(source, struct numbers, source);
	size_t length = me->length - me->at;

	me->reads++;
	if (length == 0) {
		(void)text_put(source->why, sizeof source->why, "there are no more numbers");
		return me->last;
	}
	if (length > me->piece)
		length = me->piece;
	if (length > size)
		length = size;
	for (size_t i = 0; i < length; i++)
		((unsigned char *)bytes)[i] = number_at(me->at + i);
	me->at += length;
	return (ptrdiff_t)length;
}

static struct numbers
numbers_of(size_t length, size_t piece)
{
	return (struct numbers){ .source = { .read = numbers_read },
				 .length = length,
				 .piece = piece };
}

/* Pulled in reads of `size`: how many came, right and in order; what the end was. */
static size_t
pull(struct ahead *ahead, size_t size, ptrdiff_t *ret_end)
{
	struct object_source *source = ahead_source(ahead);
	unsigned char *bytes = mem_new(size);
	size_t came = 0;

	while ((*ret_end = source->read(source, bytes, size)) > 0) {
		assert_true((size_t)*ret_end <= size);
		for (size_t i = 0; i < (size_t)*ret_end; i++)
			if (bytes[i] != number_at(came + i))
				fail_msg("byte %zu is another", came + i);
		came += (size_t)*ret_end;
	}
	mem_free(bytes);
	return came;
}

static void
every_byte_comes_once_and_in_order(void **state)
{
	static const size_t lengths[] = {
		0, 1, AHEAD_SIZE - 1, AHEAD_SIZE, AHEAD_SIZE + 1, 3 * AHEAD_SIZE + 7
	};
	static const size_t pieces[] = { 1000, 65536, 2 * AHEAD_SIZE };

	(void)state;
	for (size_t i = 0; i < ELEMENTS(lengths); i++) {
		for (size_t j = 0; j < ELEMENTS(pieces) * ELEMENTS(pieces); j++) {
			struct numbers numbers =
				numbers_of(lengths[i], pieces[j / ELEMENTS(pieces)]);
			struct ahead *ahead = ahead_new(&numbers.source);
			ptrdiff_t end;

			assert_int_equal(pull(ahead, pieces[j % ELEMENTS(pieces)], &end),
					 lengths[i]);
			assert_int_equal(end, 0);
			ahead_free(ahead);
		}
	}
}

static void
a_failure_comes_behind_what_was_there_and_says_why(void **state)
{
	struct numbers numbers = numbers_of(100000, 4096);
	struct ahead *ahead = ahead_new(&numbers.source);
	ptrdiff_t end;

	(void)state;
	numbers.last = -EIO;
	assert_int_equal(pull(ahead, 3000, &end), 100000);
	assert_int_equal(end, -EIO);
	assert_string_equal(ahead_source(ahead)->why, "there are no more numbers");
	ahead_free(ahead);
}

static void
it_can_be_ended_at_any_time_and_reads_no_more(void **state)
{
	(void)state;
	for (size_t pulled = 0; pulled <= 3 * AHEAD_SIZE; pulled += AHEAD_SIZE / 3) {
		struct numbers numbers = numbers_of(64 * (size_t)AHEAD_SIZE, 65536);
		struct ahead *ahead = ahead_new(&numbers.source);
		struct object_source *source = ahead_source(ahead);
		unsigned char bytes[4096];
		unsigned reads;

		for (size_t came = 0; came < pulled;)
			came += (size_t)source->read(source, bytes, sizeof bytes);
		ahead_end(ahead);
		reads = numbers.reads;
		assert_true(pulled > 0 ? reads > 0 : reads == 0);
		assert_true(numbers.at <= pulled + sizeof bytes + AHEAD_SIZE);
		ahead_end(ahead);
		ahead_free(ahead);
		assert_int_equal(numbers.reads, reads);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_comes_once_and_in_order),
		cmocka_unit_test(a_failure_comes_behind_what_was_there_and_says_why),
		cmocka_unit_test(it_can_be_ended_at_any_time_and_reads_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
