/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/retention.h"

#define MONDAY	INT64_C(1699833600000) /* 2023-11-13T00:00:00Z */
#define DAY	INT64_C(86400000)
#define ITEMS	6
#define OFFSETS 5 /* how far one may be behind the one before it */

static const int64_t steps[OFFSETS] = { 1, DAY / 2, DAY, 6 * DAY, 15 * DAY };

static int64_t
period(struct instant made, int64_t length)
{
	return (made.ms - MONDAY + 700 * DAY) / length;
}

/* Said again and differently: how many periods with an item are there behind this one's? */
static bool
is_newest_of_its(const struct retention_item *items, size_t count, size_t at, int64_t length,
		 unsigned most)
{
	unsigned behind = 0;

	for (size_t i = at + 1; i < count; i++) {
		if (period(items[i].made, length) == period(items[at].made, length))
			return false;
		if (i + 1 == count ||
		    period(items[i].made, length) != period(items[i + 1].made, length))
			behind++;
	}
	return behind < most;
}

static void
judge_and_check(const struct retention_keep *keep, struct retention_item *items, size_t count)
{
	retention_judge(keep, items, count);
	for (size_t i = 0; i < count; i++) {
		bool stays = items[i].locked || i + 1 == count || count - i <= keep->last ||
			     is_newest_of_its(items, count, i, DAY, keep->daily) ||
			     is_newest_of_its(items, count, i, 7 * DAY, keep->weekly);

		assert_int_equal(items[i].goes, !stays);
	}
}

/* Every way to space up to six backups by five distances, with each of them locked or none. */
static void
what_stays_is_what_the_rules_say_in_every_small_case(void **unused)
{
	struct retention_item items[ITEMS] = { 0 };

	(void)unused;
	for (unsigned way = 0; way < 5 * 5 * 5 * 5 * 5; way++) {
		unsigned rest = way;

		items[0].made.ms = MONDAY + 3 * DAY / 4;
		for (size_t i = 1; i < ITEMS; i++, rest /= OFFSETS)
			items[i].made.ms = items[i - 1].made.ms + steps[rest % OFFSETS];
		for (unsigned rule = 0; rule < 4 * 4 * 4; rule++) {
			struct retention_keep keep = { rule % 4, rule / 4 % 4, rule / 16 };

			for (size_t i = 0; i < ITEMS; i++)
				items[i].locked = way % 7 == i;
			for (size_t count = 0; count <= ITEMS; count++)
				judge_and_check(&keep, items, count);
		}
	}
}

static void
a_week_begins_on_monday(void **unused)
{
	struct retention_item items[] = { { { MONDAY - 1 }, false, false },
					  { { MONDAY }, false, false },
					  { { MONDAY + 7 * DAY - 1 }, false, false } };
	struct retention_keep keep = { 0, 0, 2 };

	(void)unused;
	retention_judge(&keep, items, 3);
	assert_false(items[0].goes);
	assert_true(items[1].goes);
	assert_false(items[2].goes);
}

static void
days_without_a_backup_do_not_count(void **unused)
{
	struct retention_item items[] = { { { MONDAY }, false, false },
					  { { MONDAY + 300 * DAY }, false, false },
					  { { MONDAY + 301 * DAY }, false, false } };
	struct retention_keep keep = { 1, 3, 0 };

	(void)unused;
	retention_judge(&keep, items, 3);
	assert_false(items[0].goes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays_is_what_the_rules_say_in_every_small_case),
		cmocka_unit_test(a_week_begins_on_monday),
		cmocka_unit_test(days_without_a_backup_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
