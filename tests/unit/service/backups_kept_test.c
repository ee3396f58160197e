/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept, what goes, and what the stores hold against what is on record. */

#include "backups_scene.h"

static void
old_backups_go_once_newer_ones_are_good_and_locked_ones_stay(void **unused)
{
	struct backups_wish wish = { .server = "survival", .by = "ada" };
	struct scene s;

	(void)unused;
	start(&s, ",\"backup\":{\"keep\":{\"last\":2,\"daily\":0,\"weekly\":0}}");
	wish.id = make(&s)->id;
	assert_int_equal(backups_lock(s.backups, &wish, true), BACKUPS_DONE);
	for (int i = 0; i < 4; i++)
		assert_int_equal(make(&s)->state, BACKUP_GOOD);
	fixture_run(&s.world, DURATION_S(10));
	assert_int_equal(backups_count(s.backups, "survival"), 3);
	assert_int_equal(shelf_count(&s.shelf), 3);
	assert_int_equal(fixture_count(&s.world, "backup.removed"), 2);
	assert_int_equal(backups_remove(s.backups, &wish), BACKUPS_REFUSED);
	end(&s);
}

static void
what_is_in_the_store_and_not_on_record_is_taken_in(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, "");
	shelf_put(&s.shelf, "survival/01FOUND", true, s.world.now);
	shelf_put(&s.shelf, "survival/01LEFT", false, s.world.now);
	shelf_put(&s.shelf, "survival/notes/x", true, s.world.now);
	shelf_put(&s.shelf, "other/01OTHER", true, s.world.now);
	restart(&s);
	fixture_run(&s.world, DURATION_S(5));
	assert_int_equal(backups_count(s.backups, "survival"), 1);
	assert_int_equal(backups_at(s.backups, "survival", 0)->state, BACKUP_GOOD);
	assert_int_equal(backups_at(s.backups, "survival", 0)->kind, BACKUP_FOUND);
	assert_non_null(shelf_find(&s.shelf, "survival/01LEFT"));
	fixture_run(&s.world, DURATION_S(2 * 86400));
	assert_null(shelf_find(&s.shelf, "survival/01LEFT"));
	assert_non_null(shelf_find(&s.shelf, "survival/01FOUND"));
	assert_non_null(shelf_find(&s.shelf, "other/01OTHER"));
	end(&s);
}

/* As by a disk that is not mounted, or a bucket that was misspelled. */
static void
empty_the_shelf(struct scene *s, struct shelf_archive kept[static SHELF_MOST])
{
	memcpy(kept, s->shelf.archives, sizeof s->shelf.archives);
	memset(s->shelf.archives, 0, sizeof s->shelf.archives);
}

static void
a_backup_that_is_gone_from_its_store_is_told_once_and_doubted(void **unused)
{
	struct shelf_archive kept[SHELF_MOST];
	const struct backup *b;
	struct scene s;

	(void)unused;
	start(&s, "");
	b = make(&s);
	empty_the_shelf(&s, kept);
	fixture_run(&s.world, DURATION_S(3 * 86400));
	assert_int_equal(b->state, BACKUP_GOOD);
	assert_true(b->gone);
	assert_non_null(strstr(b->reason, "not in its store"));
	assert_non_null(strstr(fixture_last(&s.world, "backup.failed"), "not in its store"));
	assert_int_equal(fixture_count(&s.world, "backup.failed"), 1);
	end(&s);
}

static void
a_store_that_seemed_to_be_empty_costs_no_backup(void **unused)
{
	struct shelf_archive kept[SHELF_MOST];
	struct scene s;

	(void)unused;
	start(&s, ",\"backup\":{\"keep\":{\"last\":20,\"daily\":0,\"weekly\":0}}");
	for (int i = 0; i < 12; i++)
		assert_int_equal(make(&s)->state, BACKUP_GOOD);
	empty_the_shelf(&s, kept);
	restart(&s);
	fixture_run(&s.world, DURATION_S(2 * 86400));
	memcpy(s.shelf.archives, kept, sizeof kept);
	restart(&s);
	fixture_run(&s.world, DURATION_S(2 * 86400));
	assert_int_equal(shelf_count(&s.shelf), 12);
	assert_int_equal(backups_count(s.backups, "survival"), 12);
	for (size_t i = 0; i < 12; i++) {
		const struct backup *b = backups_at(s.backups, "survival", i);

		assert_int_equal(b->state, BACKUP_GOOD);
		assert_string_equal(b->reason, "");
		assert_false(b->gone);
	}
	end(&s);
}

/* What a clock that was wrong once made is neither the newest for ever, nor does it push out others. */
static void
a_backup_of_a_time_to_come_removes_nothing(void **unused)
{
	struct instant future;
	struct scene s;

	(void)unused;
	start(&s, ",\"backup\":{\"keep\":{\"last\":1,\"daily\":0,\"weekly\":0}}");
	future = instant_add(s.world.now, DURATION_S(400 * 86400));
	shelf_put(&s.shelf, "survival/01FUTURE", true, future);
	restart(&s);
	fixture_run(&s.world, DURATION_S(60));
	assert_int_equal(backups_at(s.backups, "survival", 0)->packed_at.ms, future.ms);
	for (int i = 0; i < 3; i++) {
		const struct backup *b = make(&s);

		assert_int_equal(b->state, BACKUP_GOOD);
	}
	fixture_run(&s.world, DURATION_S(10));
	assert_non_null(shelf_find(&s.shelf, "survival/01FUTURE"));
	assert_int_equal(shelf_count(&s.shelf), 2);
	end(&s);
}

static void
a_check_that_fails_is_told_and_a_good_one_takes_the_doubt_away(void **unused)
{
	struct backups_wish wish = { .server = "survival", .by = "ada" };
	const struct backup *b;
	struct scene s;

	(void)unused;
	start(&s, "");
	b = make(&s);
	wish.id = b->id;
	s.shelf.refuses = "the store is away";
	assert_int_equal(backups_check(s.backups, &wish), BACKUPS_DONE);
	fixture_run(&s.world, DURATION_S(5));
	assert_string_equal(b->reason, "the store is away");
	assert_int_equal(b->state, BACKUP_GOOD);
	assert_int_equal(fixture_count(&s.world, "backup.failed"), 1);
	s.shelf.refuses = NULL;
	assert_int_equal(backups_check(s.backups, &wish), BACKUPS_DONE);
	fixture_run(&s.world, DURATION_S(5));
	assert_string_equal(b->reason, "");
	assert_int_equal(fixture_count(&s.world, "backup.checked"), 1);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_backups_go_once_newer_ones_are_good_and_locked_ones_stay),
		cmocka_unit_test(what_is_in_the_store_and_not_on_record_is_taken_in),
		cmocka_unit_test(a_backup_that_is_gone_from_its_store_is_told_once_and_doubted),
		cmocka_unit_test(a_store_that_seemed_to_be_empty_costs_no_backup),
		cmocka_unit_test(a_backup_of_a_time_to_come_removes_nothing),
		cmocka_unit_test(a_check_that_fails_is_told_and_a_good_one_takes_the_doubt_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
