/* SPDX-License-Identifier: Apache-2.0 */
/* How backups are made and restored. */

#include "backups_scene.h"

static void
a_sleeping_server_is_copied_and_counts_once_it_was_read_back(void **unused)
{
	const struct backup *b;
	struct scene s;

	(void)unused;
	start(&s, "");
	b = make(&s);
	assert_int_equal(b->state, BACKUP_GOOD);
	assert_true(b->at_rest);
	assert_int_equal(b->files, 3);
	assert_non_null(strstr(s.shelf.asked, "pack /srv/survival\ncommit local\nverify local\n"));
	assert_int_equal(fixture_count(&s.world, "backup.started"), 1);
	assert_int_equal(fixture_count(&s.world, "backup.finished"), 1);
	restart(&s);
	assert_int_equal(backups_count(s.backups, "survival"), 1);
	assert_int_equal(backups_at(s.backups, "survival", 0)->state, BACKUP_GOOD);
	end(&s);
}

static void
a_running_game_is_held_saved_copied_and_let_go(void **unused)
{
	const struct backup *b;
	struct scene s;

	(void)unused;
	start(&s, "");
	wake(&s);
	b = make(&s);
	assert_int_equal(b->state, BACKUP_HOLDING);
	assert_string_equal(s.world.said, "save-off\nsave-all flush\n");
	note_line(&s, "[12:00:00] [Server thread/INFO]: <Bob> Saved the game");
	note_line(&s, "[12:00:00] [Server thread/INFO]: [Server] Saved the game");
	note_line(&s, "[12:00:00] [Server thread/INFO]: * Bob Saved the game");
	assert_int_equal(b->state, BACKUP_HOLDING);
	note_line(&s, "[12:00:00] [Server thread/INFO]: Saved the game");
	assert_int_equal(b->state, BACKUP_GOOD);
	assert_false(b->at_rest);
	assert_string_equal(s.world.said, "save-off\nsave-all flush\nsave-on\n");
	end(&s);
}

static void
a_game_that_does_not_say_that_it_saved_is_let_go_and_the_backup_fails(void **unused)
{
	const struct backup *b;
	struct scene s;

	(void)unused;
	start(&s, "");
	wake(&s);
	b = make(&s);
	fixture_run(&s.world, DURATION_S(70));
	assert_int_equal(b->state, BACKUP_FAILED);
	assert_non_null(strstr(b->reason, "save_within"));
	assert_string_equal(s.world.said, "save-off\nsave-all flush\nsave-on\n");
	assert_int_equal(fixture_count(&s.world, "backup.failed"), 1);
	end(&s);
}

static void
what_is_held_when_roost_dies_is_let_go_and_the_backup_made_anew(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, "");
	wake(&s);
	(void)make(&s);
	s.world.said[0] = '\0';
	restart(&s);
	fixture_run(&s.world, DURATION_S(5));
	assert_string_equal(s.world.said, "save-on\n");
	note_line(&s, "Saved the game"); /* of the try before */
	fixture_run(&s.world, DURATION_S(20));
	assert_string_equal(s.world.said, "save-on\nsave-off\nsave-all flush\n");
	note_line(&s, "Saved the game");
	assert_int_equal(backups_at(s.backups, "survival", 0)->state, BACKUP_GOOD);
	assert_string_equal(s.world.said, "save-on\nsave-off\nsave-all flush\nsave-on\n");
	end(&s);
}

static void
what_is_held_is_let_go_until_the_game_takes_it(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, "");
	wake(&s);
	(void)make(&s);
	s.world.no_console = true;
	restart(&s);
	fixture_run(&s.world, DURATION_S(60));
	s.world.said[0] = '\0';
	s.world.no_console = false;
	fixture_run(&s.world, DURATION_S(6));
	assert_true(text_starts_with(s.world.said, "save-on\n"));
	end(&s);
}

static void
a_save_that_a_game_died_of_does_not_hold_up_the_next_one(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, "");
	wake(&s);
	(void)make(&s);
	assert_string_equal(s.world.said, "save-off\nsave-all flush\n");
	s.world.said[0] = '\0';
	fixture_end(&s.world);
	fixture_run(&s.world, DURATION_S(10));
	wake(&s);
	fixture_run(&s.world, DURATION_S(20));
	assert_string_equal(s.world.said, "save-off\nsave-all flush\n");
	note_line(&s, "Saved the game");
	assert_int_equal(backups_at(s.backups, "survival", 0)->state, BACKUP_GOOD);
	end(&s);
}

/* What holds it was declared, and is not declared any more when it is to be let go. */
static void
what_is_held_is_let_go_also_when_its_declaration_changed(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, ",\"backup\":{\"hold_command\":\"halt\",\"save_command\":\"store\","
		  "\"saved_line\":\"stored\",\"resume_command\":\"carry on\"}");
	wake(&s);
	(void)make(&s);
	assert_non_null(strstr(s.world.said, "halt\n"));
	s.world.no_console = true;
	restart(&s);
	declare_as(&s, "survival", 25570, ",\"backup\":{\"online\":\"no\"}");
	s.world.said[0] = '\0';
	s.world.no_console = false;
	fixture_run(&s.world, DURATION_S(40));
	assert_non_null(strstr(s.world.said, "carry on\n"));
	end(&s);
}

static void
a_sleep_waits_for_a_verified_backup(void **unused)
{
	const struct backup *b;
	struct scene s;

	(void)unused;
	start(&s, SLEEPS_BACKED);
	wake(&s);
	s.shelf.waits = true;
	put_to_sleep(&s);
	assert_int_equal(state(&s), STATE_SETTLING);
	assert_int_equal(fixture_server(&s.world, "survival")->status.phase, PHASE_BACKING_UP);
	assert_null(fixture_running(&s.world));
	fixture_run(&s.world, DURATION_S(600));
	assert_int_equal(state(&s), STATE_SETTLING);
	shelf_answer(&s.shelf);
	fixture_run(&s.world, DURATION_S(2));
	assert_int_equal(state(&s), STATE_ASLEEP);
	b = backups_at(s.backups, "survival", 0);
	assert_int_equal(b->state, BACKUP_GOOD);
	assert_int_equal(b->kind, BACKUP_SLEEP);
	assert_int_equal(fixture_count(&s.world, "backup.finished"), 1);
	end(&s);
}

static void
a_store_that_fails_keeps_the_machine_and_is_told_once(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, SLEEPS_BACKED);
	wake(&s);
	s.shelf.refuses = "the store is away";
	put_to_sleep(&s);
	fixture_run(&s.world, DURATION_S(1800));
	assert_int_equal(state(&s), STATE_SETTLING);
	assert_int_equal(fixture_count(&s.world, "backup.failed"), 1);
	assert_non_null(strstr(fixture_last(&s.world, "backup.failed"), "\"retrying\":true"));
	s.shelf.refuses = NULL;
	fixture_run(&s.world, DURATION_S(601));
	assert_int_equal(state(&s), STATE_ASLEEP);
	assert_int_equal(shelf_count(&s.shelf), 1);
	end(&s);
}

static void
a_sleep_that_waited_long_enough_goes_on_without_and_tells_it(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, SLEEPS_BACKED);
	wake(&s);
	s.shelf.refuses = "the store is away";
	put_to_sleep(&s);
	fixture_run(&s.world, DURATION_S(1800));
	restart(&s); /* the time that it waited is not forgotten */
	fixture_run(&s.world, DURATION_S(1750));
	assert_int_equal(state(&s), STATE_SETTLING);
	fixture_run(&s.world, DURATION_S(60));
	assert_int_equal(state(&s), STATE_ASLEEP);
	assert_int_equal(fixture_count(&s.world, "backup.failed"), 2);
	assert_non_null(strstr(fixture_last(&s.world, "backup.failed"), "\"released\":true"));
	assert_true(backups_at(s.backups, "survival", 0)->released);
	end(&s);
}

static void
who_wants_it_up_again_comes_first_and_nothing_torn_counts(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, SLEEPS_BACKED);
	wake(&s);
	s.shelf.waits = true;
	put_to_sleep(&s);
	fixture_wish(&s.world, "survival", WANT_UP);
	fixture_run(&s.world, DURATION_S(10));
	assert_int_equal(state(&s), STATE_READY);
	assert_non_null(strstr(s.shelf.asked, "cancel"));
	assert_int_equal(shelf_count(&s.shelf), 0);
	assert_int_equal(fixture_count(&s.world, "backup.cancelled"), 1);
	assert_int_equal(fixture_count(&s.world, "backup.failed"), 0);
	assert_int_equal(backups_count(s.backups, "survival"), 0);
	end(&s);
}

static void
a_start_waits_until_a_copy_at_rest_has_really_ended_and_it_is_made_online(void **unused)
{
	const struct backup *b;
	struct scene s;

	(void)unused;
	start(&s, "");
	s.shelf.waits = true;
	b = make(&s);
	assert_int_equal(b->state, BACKUP_PACKING);
	fixture_wish(&s.world, "survival", WANT_UP);
	fixture_run(&s.world, DURATION_S(10));
	assert_int_equal(state(&s), STATE_READY);
	assert_int_equal(b->state, BACKUP_HOLDING);
	s.shelf.waits = false;
	note_line(&s, "Saved the game");
	assert_int_equal(b->state, BACKUP_GOOD);
	assert_false(b->at_rest);
	end(&s);
}

/* As by a world whose disk is not mounted. */
static void
a_world_that_is_suddenly_empty_is_no_backup(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, ",\"backup\":{\"keep\":{\"last\":1,\"daily\":0,\"weekly\":0}}");
	s.shelf.is_empty = true;
	assert_int_equal(make(&s)->state, BACKUP_GOOD); /* of one that never had a file it is one */
	s.shelf.is_empty = false;
	assert_int_equal(make(&s)->state, BACKUP_GOOD);
	s.shelf.is_empty = true;
	assert_int_equal(make(&s)->state, BACKUP_FAILED);
	assert_non_null(strstr(fixture_last(&s.world, "backup.failed"), "is its disk mounted?"));
	fixture_run(&s.world, DURATION_S(10));
	assert_int_equal(shelf_count(&s.shelf), 1);
	end(&s);
}

static void
a_damaged_archive_does_not_count_and_the_next_try_is_another(void **unused)
{
	struct scene s;

	(void)unused;
	start(&s, SLEEPS_BACKED);
	wake(&s);
	s.shelf.waits = true;
	put_to_sleep(&s);
	shelf_answer(&s.shelf);
	s.shelf.waits = false;
	for (int i = 0; i < 3; i++) { /* between its steps */
		fixture_run(&s.world, DURATION_MS(1));
		if (shelf_count(&s.shelf) > 0)
			break;
	}
	for (size_t i = 0; i < SHELF_MOST; i++)
		if (s.shelf.archives[i].is_whole)
			s.shelf.archives[i].is_damaged = true;
	fixture_run(&s.world, DURATION_S(120));
	assert_int_equal(state(&s), STATE_ASLEEP);
	assert_int_equal(shelf_count(&s.shelf), 1);
	end(&s);
}

static void
a_restore_gives_back_the_world_and_keeps_the_old_one_until_it_ran_well(void **unused)
{
	const struct backup *b;
	struct restore r;
	struct scene s;

	(void)unused;
	start(&s, "");
	b = make(&s);
	s.shelf.now_world = 2;
	assert_int_equal(restore(&s, b, NULL), BACKUPS_DONE);
	assert_int_equal(s.shelf.now_world, 1);
	assert_int_equal(s.shelf.aside_world, 2);
	assert_int_equal(fixture_count(&s.world, "restore.finished"), 1);
	assert_true(backups_restoring(s.backups, "survival", &r));
	assert_int_equal(r.kept, 1);
	restart(&s);
	wake(&s);
	fixture_run(&s.world, DURATION_S(500));
	assert_int_equal(s.shelf.aside_world, 2);
	fixture_run(&s.world, DURATION_S(200));
	assert_int_equal(s.shelf.aside_world, 0);
	assert_false(backups_restoring(s.backups, "survival", &r));
	end(&s);
}

static void
a_damaged_backup_is_not_restored_and_the_world_stays(void **unused)
{
	const struct backup *b;
	struct scene s;
	char name[128];

	(void)unused;
	start(&s, "");
	b = make(&s);
	s.shelf.now_world = 2;
	(void)snprintf(name, sizeof name, "survival/%s", b->archive);
	shelf_find(&s.shelf, name)->is_damaged = true;
	assert_int_equal(restore(&s, b, NULL), BACKUPS_DONE);
	assert_int_equal(s.shelf.now_world, 2);
	assert_int_equal(s.shelf.fresh_world, 0);
	assert_non_null(strstr(fixture_last(&s.world, "restore.failed"), "damaged"));
	wake(&s);
	end(&s);
}

static void
a_running_server_is_not_restored(void **unused)
{
	struct backups_wish wish = { .server = "survival", .by = "ada" };
	const struct backup *b;
	struct scene s;

	(void)unused;
	start(&s, "");
	b = make(&s);
	wake(&s);
	wish.id = b->id;
	assert_int_equal(backups_restore(s.backups, &wish, NULL), BACKUPS_REFUSED);
	assert_string_equal(wish.why, "survival is ready; put it to sleep first.");
	wish.id = "01NONE";
	assert_int_equal(backups_restore(s.backups, &wish, NULL), BACKUPS_NO_SUCH);
	end(&s);
}

static void
a_backup_becomes_the_world_of_another_server(void **unused)
{
	const struct backup *b;
	struct scene s;

	(void)unused;
	start(&s, "");
	declare_as(&s, "creative", 25571, "");
	b = make(&s);
	assert_int_equal(restore(&s, b, "creative"), BACKUPS_DONE);
	assert_non_null(strstr(s.shelf.asked, "unpack /srv/creative/.roost/restore-"));
	assert_non_null(
		strstr(fixture_last(&s.world, "restore.finished"), "\"from\":\"survival\""));
	end(&s);
}

static void
declare_in(struct scene *s, const char *name, unsigned port, const char *directory)
{
	CLEANUP(text_freep)
	char *json = text_format("{\"name\":\"%s\",\"game\":\"minecraft-java\",\"address\":"
				 "\"127.0.0.1:%u\",\"local\":{\"command\":\"x\","
				 "\"directory\":\"%s\"}}",
				 name, port, directory);

	fixture_declare(&s->world, json);
	fixture_run(&s->world, DURATION_MS(10));
}

static void
a_restore_puts_nobody_else_s_world_aside(void **unused)
{
	const struct backup *b;
	struct scene s;

	(void)unused;
	start(&s, "");
	b = make(&s);
	declare_in(&s, "beside", 25571, "/srv/survival-two");
	declare_in(&s, "above", 25572, "/srv");
	assert_int_equal(restore(&s, b, NULL), BACKUPS_DONE);
	declare_in(&s, "inside", 25573, "/srv/survival/lobby");
	assert_int_equal(restore(&s, b, NULL), BACKUPS_REFUSED);
	assert_int_equal(restore(&s, b, "above"), BACKUPS_REFUSED);
	assert_int_equal(restore(&s, b, "inside"), BACKUPS_DONE);
	declare_in(&s, "inside", 25573, "/srv/survival/");
	assert_int_equal(restore(&s, b, NULL), BACKUPS_REFUSED);
	declare_in(&s, "inside", 25573, "/srv/elsewhere");
	assert_int_equal(restore(&s, b, NULL), BACKUPS_DONE);
	end(&s);
}

/* Its files and its backups stay, and are its own again when it is declared again. */
static void
a_server_that_is_removed_and_declared_again_has_its_backups(void **unused)
{
	char id[ID_TEXT_SIZE];
	struct scene s;

	(void)unused;
	start(&s, ",\"backup\":{\"keep\":{\"last\":1,\"daily\":0,\"weekly\":0}}");
	(void)text_put(id, sizeof id, make(&s)->id);
	assert_true(plane_remove(s.world.plane, "survival", "ada"));
	fixture_run(&s.world, DURATION_S(3 * 86400));
	restart(&s);
	fixture_run(&s.world, DURATION_S(3 * 86400));
	assert_int_equal(shelf_count(&s.shelf), 1);
	declare_as(&s, "survival", 25570, "");
	fixture_run(&s.world, DURATION_S(2 * 86400));
	assert_int_equal(backups_count(s.backups, "survival"), 1);
	assert_int_equal(backups_find(s.backups, "survival", id)->state, BACKUP_GOOD);
	assert_int_equal(restore(&s, backups_find(s.backups, "survival", id), NULL), BACKUPS_DONE);
	end(&s);
}

static void
a_start_waits_for_a_restore(void **unused)
{
	const struct backup *b;
	struct scene s;

	(void)unused;
	start(&s, "");
	b = make(&s);
	s.shelf.now_world = 2;
	s.shelf.waits = true;
	assert_int_equal(restore(&s, b, NULL), BACKUPS_DONE);
	fixture_wish(&s.world, "survival", WANT_UP);
	fixture_run(&s.world, DURATION_S(60));
	assert_int_equal(state(&s), STATE_WAKING);
	assert_null(fixture_running(&s.world));
	s.shelf.waits = false;
	shelf_answer(&s.shelf);
	fixture_run(&s.world, DURATION_S(20));
	assert_int_equal(state(&s), STATE_READY);
	assert_int_equal(s.shelf.now_world, 1);
	/* It runs with the world that it was given: that counts. */
	assert_int_equal(s.shelf.aside_world, 2);
	fixture_run(&s.world, DURATION_S(700));
	assert_int_equal(s.shelf.aside_world, 0);
	end(&s);
}

static void
without_stores_nothing_is_promised_and_nothing_waits(void **unused)
{
	struct backups_wish wish = { .server = "survival", .by = "ada" };
	char id[ID_TEXT_SIZE];
	struct scene s;

	(void)unused;
	memset(&s, 0, sizeof s);
	s.world.boot = DURATION_S(2);
	fixture_start(&s.world);
	born(&s);
	declare_as(&s, "survival", 25570, SLEEPS_BACKED);
	assert_int_equal(backups_make(s.backups, BACKUP_DEMAND, &wish, id), BACKUPS_REFUSED);
	wake(&s);
	put_to_sleep(&s);
	assert_int_equal(state(&s), STATE_ASLEEP);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sleeping_server_is_copied_and_counts_once_it_was_read_back),
		cmocka_unit_test(a_running_game_is_held_saved_copied_and_let_go),
		cmocka_unit_test(
			a_game_that_does_not_say_that_it_saved_is_let_go_and_the_backup_fails),
		cmocka_unit_test(what_is_held_when_roost_dies_is_let_go_and_the_backup_made_anew),
		cmocka_unit_test(what_is_held_is_let_go_until_the_game_takes_it),
		cmocka_unit_test(a_save_that_a_game_died_of_does_not_hold_up_the_next_one),
		cmocka_unit_test(what_is_held_is_let_go_also_when_its_declaration_changed),
		cmocka_unit_test(a_sleep_waits_for_a_verified_backup),
		cmocka_unit_test(a_store_that_fails_keeps_the_machine_and_is_told_once),
		cmocka_unit_test(a_sleep_that_waited_long_enough_goes_on_without_and_tells_it),
		cmocka_unit_test(who_wants_it_up_again_comes_first_and_nothing_torn_counts),
		cmocka_unit_test(
			a_start_waits_until_a_copy_at_rest_has_really_ended_and_it_is_made_online),
		cmocka_unit_test(a_world_that_is_suddenly_empty_is_no_backup),
		cmocka_unit_test(a_damaged_archive_does_not_count_and_the_next_try_is_another),
		cmocka_unit_test(
			a_restore_gives_back_the_world_and_keeps_the_old_one_until_it_ran_well),
		cmocka_unit_test(a_damaged_backup_is_not_restored_and_the_world_stays),
		cmocka_unit_test(a_running_server_is_not_restored),
		cmocka_unit_test(a_backup_becomes_the_world_of_another_server),
		cmocka_unit_test(a_restore_puts_nobody_else_s_world_aside),
		cmocka_unit_test(a_server_that_is_removed_and_declared_again_has_its_backups),
		cmocka_unit_test(a_start_waits_for_a_restore),
		cmocka_unit_test(without_stores_nothing_is_promised_and_nothing_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
