/* SPDX-License-Identifier: Apache-2.0 */
/* Files on a real disk: what is in wire/gamefile's own test is not tried again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "install/render_files.h"
#include "sys/files.h"

struct room {
	char directory[64];
	char why[REASON_LIMIT + 1];
};

static void
room_make(struct room *room)
{
	*room = (struct room){ .directory = "/tmp/roost-render-XXXXXX" };
	assert_non_null(mkdtemp(room->directory));
}

static void
room_clear(struct room *room)
{
	CLEANUP(text_freep) char *command = text_format("rm -r '%s'", room->directory);
	FILE *gone = popen(command, "r");

	assert_non_null(gone);
	assert_int_equal(pclose(gone), 0);
}

static char *
path_of(const struct room *room, const char *name)
{
	return text_format("%s/%s", room->directory, name);
}

static void
put(const struct room *room, const char *name, const char *text, mode_t mode)
{
	CLEANUP(text_freep) char *path = path_of(room, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
assert_holds(const struct room *room, const char *name, const char *text)
{
	CLEANUP(text_freep) char *path = path_of(room, name);
	char held[4096] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	held[fread(held, 1, sizeof held - 1, file)] = '\0';
	(void)fclose(file);
	assert_string_equal(held, text);
}

static bool
is_there(const struct room *room, const char *name)
{
	CLEANUP(text_freep) char *path = path_of(room, name);
	struct stat is;

	return lstat(path, &is) == 0;
}

/* "%s" in either is the room's directory. */
static int
render(struct room *room, const char *files, const char *values)
{
	CLEANUP(text_freep) char *values_text = text_format(values, room->directory);
	CLEANUP(json_freep) json_t *list = json_loads(files, 0, NULL);
	struct preparation preparation;
	struct spec_error error;
	struct complaints complaints = { .errors = &error, .max = 1 };
	struct workshop_order order = { .server = "s0",
					.directory = room->directory,
					.preparation = &preparation };
	int r;

	room->why[0] = '\0';
	preparation_read(list, NULL, "", &complaints, &preparation);
	assert_int_equal(complaints.count, 0);
	json_decref(preparation.values);
	preparation.values = json_loads(values_text, 0, NULL);
	assert_non_null(preparation.values);
	r = render_files(&order, room->why);
	preparation_deinit(&preparation);
	return r;
}

static void
assert_says(const struct room *room, const char *words)
{
	if (strstr(room->why, words) == NULL)
		fail_msg("'%s' does not say '%s'", room->why, words);
}

#define TEXT(path) "{\"path\":\"" path "\",\"format\":\"text\",\"text\":\"${word}\\n\"}"

static void
every_file_is_rendered_and_directories_on_the_way_are_made(void **unused)
{
	struct room room;

	(void)unused;
	room_make(&room);
	assert_int_equal(
		render(&room, "[" TEXT("a") "," TEXT("config/deep/b") "]", "{\"word\":\"hello\"}"),
		0);
	assert_holds(&room, "a", "hello\n");
	assert_holds(&room, "config/deep/b", "hello\n");
	room_clear(&room);
}

static void
a_changed_variable_changes_its_file_and_nothing_else(void **unused)
{
	static const char files[] = "[{\"path\":\"server.properties\",\"format\":\"properties\","
				    "\"set\":{\"motd\":\"${word}\"}}," TEXT("other") "]";
	CLEANUP(text_freep) char *path = NULL;
	struct room room;
	struct stat before, after;

	(void)unused;
	room_make(&room);
	path = path_of(&room, "other");
	put(&room, "server.properties", "# mine\nview-distance=7\nmotd=old\n", 0640);
	put(&room, "other", "new\n", 0600);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(render(&room, files, "{\"word\":\"new\"}"), 0);
	assert_holds(&room, "server.properties", "# mine\nview-distance=7\nmotd=new\n");
	/* One that is as it should be is not written. */
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	room_clear(&room);
}

static void
a_file_keeps_its_mode_and_a_new_one_is_its_owners_only(void **unused)
{
	CLEANUP(text_freep) char *old = NULL;
	CLEANUP(text_freep) char *new = NULL;
	struct room room;
	struct stat is;

	(void)unused;
	room_make(&room);
	old = path_of(&room, "old");
	new = path_of(&room, "new");
	put(&room, "old", "was\n", 0644);
	assert_int_equal(render(&room, "[" TEXT("old") "," TEXT("new") "]", "{\"word\":\"is\"}"),
			 0);
	assert_int_equal(stat(old, &is), 0);
	assert_int_equal(is.st_mode & 0777, 0644);
	assert_int_equal(stat(new, &is), 0);
	assert_int_equal(is.st_mode & 0777, 0600);
	room_clear(&room);
}

static void
one_that_is_only_for_the_first_time_is_left_alone(void **unused)
{
	static const char files[] = "[{\"path\":\"a\",\"format\":\"text\",\"only_new\":true,"
				    "\"text\":\"${word}\"}]";
	struct room room;

	(void)unused;
	room_make(&room);
	assert_int_equal(render(&room, files, "{\"word\":\"first\"}"), 0);
	assert_int_equal(render(&room, files, "{\"word\":\"second\"}"), 0);
	assert_holds(&room, "a", "first");
	room_clear(&room);
}

static void
a_file_that_is_no_such_document_is_named_and_left_as_it_is(void **unused)
{
	static const char files[] =
		"[" TEXT("first") ",{\"path\":\"conf.json\",\"format\":\"json\","
				  "\"set\":{\"a\":1}}," TEXT("last") "]";
	struct room room;

	(void)unused;
	room_make(&room);
	put(&room, "conf.json", "{ this is none", 0600);
	assert_true(render(&room, files, "{\"word\":\"x\"}") < 0);
	assert_says(&room, "conf.json");
	assert_holds(&room, "conf.json", "{ this is none");
	assert_false(is_there(&room, "last"));
	room_clear(&room);
}

static void
a_link_is_named_and_not_followed(void **unused)
{
	struct room room;
	CLEANUP(text_freep) char *link = NULL;
	CLEANUP(text_freep) char *folder = NULL;
	CLEANUP(text_freep) char *outside = NULL;

	(void)unused;
	room_make(&room);
	link = path_of(&room, "world/link");
	folder = path_of(&room, "world");
	outside = path_of(&room, "outside");
	assert_int_equal(mkdir(folder, 0700), 0);
	put(&room, "outside", "mine\n", 0600);
	assert_int_equal(symlink(outside, link), 0);
	assert_true(render(&room, "[" TEXT("world/link") "]", "{\"word\":\"x\"}") < 0);
	assert_says(&room, "world/link");
	assert_says(&room, "link");
	assert_holds(&room, "outside", "mine\n");
	/* Nor one on its way. */
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("world", link), 0);
	assert_true(render(&room, "[" TEXT("world/link/a") "]", "{\"word\":\"x\"}") < 0);
	assert_says(&room, "link");
	room_clear(&room);
}

static void
what_is_a_directory_is_named(void **unused)
{
	struct room room;
	CLEANUP(text_freep) char *folder = NULL;

	(void)unused;
	room_make(&room);
	folder = path_of(&room, "game.cfg");
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_true(render(&room, "[" TEXT("game.cfg") "]", "{\"word\":\"x\"}") < 0);
	assert_says(&room, "game.cfg");
	room_clear(&room);
}

#define SECRET_VALUES "{\"word\":{\"" SECRET_FILE_KEY "\":\"%s/secret\"}}"

static void
a_secret_is_read_from_its_file_when_it_is_needed(void **unused)
{
	struct room room;

	(void)unused;
	room_make(&room);
	put(&room, "secret", "swordfish\n", 0600);
	assert_int_equal(render(&room, "[" TEXT("a") "]", SECRET_VALUES), 0);
	assert_holds(&room, "a", "swordfish\n");
	put(&room, "secret", "another\n", 0600);
	assert_int_equal(render(&room, "[" TEXT("a") "]", SECRET_VALUES), 0);
	assert_holds(&room, "a", "another\n");
	room_clear(&room);
}

static void
a_secret_that_cannot_be_had_is_named_with_what_to_do(void **unused)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *says;
	} bad[] = { { NULL, 0, "secret" },
		    { "swordfish\n", 0644, "chmod 600" },
		    { "sword\nfish\n", 0600, "one line" },
		    { "", 0600, "secret" },
		    { "sword\x01"
		      "fish\n",
		      0600, "one line" } };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		struct room room;

		room_make(&room);
		if (bad[i].text != NULL)
			put(&room, "secret", bad[i].text, bad[i].mode);
		assert_true(render(&room, "[" TEXT("a") "]", SECRET_VALUES) < 0);
		assert_says(&room, bad[i].says);
		assert_null(strstr(room.why, "sword"));
		assert_false(is_there(&room, "a"));
		room_clear(&room);
	}
}

static void
a_secret_that_is_not_ours_to_read_is_named(void **unused)
{
	struct room room;
	pid_t child = -1;

	(void)unused;
	/* root may read anything, so somebody else tries. */
	if (geteuid() == 0) {
		room_make(&room);
		put(&room, "secret", "swordfish\n", 0600);
		assert_int_equal(chmod(room.directory, 0777), 0);
		child = fork();
		if (child == 0) {
			int r = setgid(65534) != 0 || setuid(65534) != 0 ? 2
				: render(&room, "[" TEXT("a") "]", SECRET_VALUES) < 0 &&
						strstr(room.why, "secret") != NULL &&
						strstr(room.why, "swordfish") == NULL
					? 0
					: 1;

			_exit(r);
		}
		assert_true(child > 0);
		{
			int status;

			assert_int_equal(waitpid(child, &status, 0), child);
			assert_int_equal(status, 0);
		}
	} else {
		room_make(&room);
		put(&room, "secret", "swordfish\n", 0000);
		assert_true(render(&room, "[" TEXT("a") "]", SECRET_VALUES) < 0);
		assert_says(&room, "secret");
	}
	assert_false(is_there(&room, "a"));
	room_clear(&room);
}

static void
a_directory_that_cannot_be_made_is_named(void **unused)
{
	struct room room, inside;

	(void)unused;
	room_make(&room);
	put(&room, "file", "", 0600);
	inside = room;
	(void)text_put(inside.directory + strlen(inside.directory), 8, "/file/s");
	assert_true(render(&inside, "[" TEXT("a") "]", "{\"word\":\"x\"}") < 0);
	assert_says(&inside, "file/s");
	room_clear(&room);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_is_rendered_and_directories_on_the_way_are_made),
		cmocka_unit_test(a_changed_variable_changes_its_file_and_nothing_else),
		cmocka_unit_test(a_file_keeps_its_mode_and_a_new_one_is_its_owners_only),
		cmocka_unit_test(one_that_is_only_for_the_first_time_is_left_alone),
		cmocka_unit_test(a_file_that_is_no_such_document_is_named_and_left_as_it_is),
		cmocka_unit_test(a_link_is_named_and_not_followed),
		cmocka_unit_test(what_is_a_directory_is_named),
		cmocka_unit_test(a_secret_is_read_from_its_file_when_it_is_needed),
		cmocka_unit_test(a_secret_that_cannot_be_had_is_named_with_what_to_do),
		cmocka_unit_test(a_secret_that_is_not_ours_to_read_is_named),
		cmocka_unit_test(a_directory_that_cannot_be_made_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
