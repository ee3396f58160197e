/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/inside.h"
#include "install/unpack_any.h"
#include "sys/files.h"

/* One entry: a file, with `link` a link, with a path that ends in / a directory. */
struct item {
	const char *path, *content, *link;
	unsigned mode;
};

struct place {
	char directory[64];
	int root, archive;
	atomic_bool cancelled;
	_Atomic uint64_t bytes;
	char why[REASON_LIMIT + 1];
};

static struct place *
place_new(void)
{
	struct place *place = mem_new(sizeof *place);

	(void)text_put(place->directory, sizeof place->directory, "/tmp/roost-unpack-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	place->root = open(place->directory, O_RDONLY | O_DIRECTORY);
	assert_true(place->root >= 0);
	place->archive = -1;
	return place;
}

static void
place_free(struct place *place)
{
	CLEANUP(text_freep) char *command = text_format("rm -r '%s'", place->directory);
	FILE *gone = popen(command, "r");

	assert_non_null(gone);
	(void)pclose(gone);
	fd_closep(&place->archive);
	fd_closep(&place->root);
	mem_free(place);
}

enum kind { ZIP, TAR, TAR_GZ, TAR_XZ, TAR_ZST, KINDS };

static void
begin(struct archive *writer, enum kind kind)
{
	if (kind == ZIP)
		assert_int_equal(archive_write_set_format_zip(writer), ARCHIVE_OK);
	else
		assert_int_equal(archive_write_set_format_pax_restricted(writer), ARCHIVE_OK);
	if (kind == TAR_GZ)
		assert_int_equal(archive_write_add_filter_gzip(writer), ARCHIVE_OK);
	if (kind == TAR_XZ)
		assert_int_equal(archive_write_add_filter_xz(writer), ARCHIVE_OK);
	if (kind == TAR_ZST)
		assert_int_equal(archive_write_add_filter_zstd(writer), ARCHIVE_OK);
}

static void
pack(struct place *place, enum kind kind, const struct item *items)
{
	struct archive *writer = archive_write_new();
	CLEANUP(text_freep) char *path = text_format("%s/archive", place->directory);

	fd_closep(&place->archive);
	place->archive = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(place->archive >= 0);
	begin(writer, kind);
	assert_int_equal(archive_write_open_fd(writer, place->archive), ARCHIVE_OK);
	for (const struct item *item = items; item->path != NULL; item++) {
		struct archive_entry *entry = archive_entry_new();
		size_t length = item->content != NULL ? strlen(item->content) : 0;

		archive_entry_set_pathname(entry, item->path);
		archive_entry_set_perm(entry, item->mode != 0 ? item->mode : 0644);
		archive_entry_set_size(entry, (la_int64_t)length);
		archive_entry_set_filetype(entry, item->link != NULL		    ? AE_IFLNK
						  : text_ends_with(item->path, "/") ? AE_IFDIR
										    : AE_IFREG);
		if (item->link != NULL)
			archive_entry_set_symlink(entry, item->link);
		assert_int_equal(archive_write_header(writer, entry), ARCHIVE_OK);
		if (length > 0)
			assert_int_equal(archive_write_data(writer, item->content, length),
					 (la_ssize_t)length);
		archive_entry_free(entry);
	}
	assert_int_equal(archive_write_close(writer), ARCHIVE_OK);
	assert_int_equal(archive_write_free(writer), ARCHIVE_OK);
	assert_int_equal(lseek(place->archive, 0, SEEK_SET), 0);
}

static int
unpack(struct place *place, const char *to, unsigned strip, char *const *keep)
{
	struct unpack_any unpack = { .root = place->root,
				     .archive = place->archive,
				     .to = to,
				     .strip = strip,
				     .keep = keep,
				     .cancelled = &place->cancelled,
				     .bytes = &place->bytes };

	return unpack_any(&unpack, place->why);
}

static bool
has(struct place *place, const char *path, const char *content)
{
	CLEANUP(buf_deinit) struct buf is = BUF_NULL;

	return file_read(place->root, path, 1 << 20, &is) == 0 &&
	       strcmp(buf_text(&is), content) == 0;
}

static void
every_kind_of_archive_is_unpacked(void **unused)
{
	static const struct item items[] = { { "game-1.2/", NULL, NULL, 0755 },
					     { "game-1.2/bin/server", "run me", NULL, 0755 },
					     { "game-1.2/readme.txt", "read me", NULL, 0 },
					     { NULL, NULL, NULL, 0 } };

	(void)unused;
	for (enum kind kind = 0; kind < KINDS; kind++) {
		struct place *place = place_new();
		struct stat is;

		pack(place, kind, items);
		if (unpack(place, "here", 1, NULL) != 0)
			fail_msg("%d: %s", (int)kind, place->why);
		assert_true(has(place, "here/bin/server", "run me"));
		assert_true(has(place, "here/readme.txt", "read me"));
		assert_int_equal(fstatat(place->root, "here/bin/server", &is, 0), 0);
		assert_int_equal(is.st_mode & 07777, 0700);
		assert_true(atomic_load(&place->bytes) > 0);
		place_free(place);
	}
}

static void
what_leads_out_is_refused_and_makes_nothing(void **unused)
{
	static const struct item bad[] = {
		{ "../out", "x", NULL, 0 },
		{ "a/../../out", "x", NULL, 0 },
		{ "/tmp/roost-out", "x", NULL, 0 },
		{ "link", NULL, "/etc", 0 },
		{ "link", NULL, "../..", 0 },
		{ "a/link", NULL, "b/../../../c", 0 },
		{ "a/link", NULL, "b/../c", 0 }, /* where does b lead? */
		{ ".roost/installed.json", "x", NULL, 0 },
	};

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		const struct item items[] = { bad[i], { NULL, NULL, NULL, 0 } };
		struct place *place = place_new();

		pack(place, TAR, items);
		assert_int_equal(unpack(place, ".", 0, NULL), -EBADMSG);
		assert_non_null(strstr(place->why, "leads out"));
		assert_int_equal(access("/tmp/roost-out", F_OK), -1);
		place_free(place);
	}
}

/* Each stays inside by its own text, and the second leads out over the first. */
static void
links_lead_out_together_neither(void **unused)
{
	static const struct item items[] = { { "a/b/", NULL, NULL, 0755 },
					     { "a/b/up", NULL, "../..", 0 },
					     { "out", NULL, "a/b/up/../..", 0 },
					     { NULL, NULL, NULL, 0 } };
	struct place *place = place_new();
	struct stat is;

	(void)unused;
	pack(place, TAR, items);
	assert_int_equal(unpack(place, "x", 0, NULL), -EBADMSG);
	assert_non_null(strstr(place->why, "leads out"));
	assert_int_equal(fstatat(place->root, "x/out", &is, AT_SYMLINK_NOFOLLOW), -1);
	place_free(place);
}

static void
links_are_bounded_for_they_wait_in_memory(void **unused)
{
	static char names[10001][8];
	static struct item items[10002];
	struct place *place = place_new();

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(names); i++) {
		(void)snprintf(names[i], sizeof names[i], "l%zu", i);
		items[i] = (struct item){ names[i], NULL, "there", 0 };
	}
	pack(place, TAR_GZ, items);
	assert_int_equal(unpack(place, ".", 0, NULL), -EBADMSG);
	assert_non_null(strstr(place->why, "links"));
	assert_int_equal(faccessat(place->root, "l0", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	place_free(place);
}

static void
nothing_is_written_through_a_link(void **unused)
{
	static const struct item items[] = { { "plugins/a.jar", "x", NULL, 0 },
					     { NULL, NULL, NULL, 0 } };
	struct place *place = place_new();
	struct place *other = place_new();

	(void)unused;
	assert_int_equal(symlinkat(other->directory, place->root, "plugins"), 0);
	pack(place, ZIP, items);
	assert_true(unpack(place, ".", 0, NULL) < 0);
	assert_non_null(strstr(place->why, "link"));
	assert_false(has(other, "a.jar", "x"));
	place_free(other);
	place_free(place);
}

static void
links_that_stay_inside_are_made_last(void **unused)
{
	static const struct item items[] = { { "lib/libgame.so", NULL, "libgame.so.1", 0 },
					     { "lib/libgame.so.1", "code", NULL, 0755 },
					     { NULL, NULL, NULL, 0 } };
	struct place *place = place_new();

	(void)unused;
	for (int i = 0; i < 2; i++) {
		pack(place, TAR_GZ, items);
		assert_int_equal(unpack(place, ".", 0, NULL), 0);
		assert_true(has(place, "lib/libgame.so", "code"));
	}
	place_free(place);
}

static void
what_is_to_be_kept_is_kept_when_it_is_there(void **unused)
{
	static const struct item items[] = { { "server.properties", "new", NULL, 0 },
					     { "worlds/a.db", "new", NULL, 0 },
					     { "game", "new", NULL, 0 },
					     { NULL, NULL, NULL, 0 } };
	static char properties[] = "server.properties", worlds[] = "worlds";
	char *const keep[] = { properties, worlds, NULL };
	struct place *place = place_new();

	(void)unused;
	pack(place, ZIP, items);
	assert_int_equal(unpack(place, ".", 0, keep), 0);
	assert_true(has(place, "server.properties", "new"));
	assert_int_equal(
		file_write(place->root, "server.properties", "mine", 4, FILE_SURVIVES_PROCESS), 0);
	assert_int_equal(file_write(place->root, "game", "old", 3, FILE_SURVIVES_PROCESS), 0);
	pack(place, ZIP, items);
	assert_int_equal(unpack(place, ".", 0, keep), 0);
	assert_true(has(place, "server.properties", "mine"));
	assert_true(has(place, "game", "new"));
	place_free(place);
}

static void
what_is_no_archive_or_is_cut_off_is_refused(void **unused)
{
	static const struct item items[] = { { "a", "some content that is long enough", NULL, 0 },
					     { NULL, NULL, NULL, 0 } };
	struct place *place = place_new();
	off_t length;

	(void)unused;
	pack(place, TAR_ZST, items);
	length = lseek(place->archive, 0, SEEK_END);
	for (off_t cut = 0; cut < length; cut++) {
		assert_int_equal(ftruncate(place->archive, length - 1 - cut), 0);
		assert_int_equal(lseek(place->archive, 0, SEEK_SET), 0);
		assert_true(unpack(place, "x", 0, NULL) < 0);
		assert_true(place->why[0] != '\0');
	}
	place_free(place);
}

static void
paths_that_leave_are_known(void **unused)
{
	static const char *const bad[] = { "",	     "/",	 "/a",	 "a/",	  "a//b",
					   ".",	     "..",	 "a/..", "./a",	  "a/./b",
					   ".roost", ".roost/x", "a\nb", "a/../b" };
	static const char *const good[] = { "a", "a/b", "..a", "a..", ".a", ".roostx", "a/.roost" };

	(void)unused;
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_false(inside_path_is_valid(bad[i]));
	for (size_t i = 0; i < ELEMENTS(good); i++)
		assert_true(inside_path_is_valid(good[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_archive_is_unpacked),
		cmocka_unit_test(what_leads_out_is_refused_and_makes_nothing),
		cmocka_unit_test(links_lead_out_together_neither),
		cmocka_unit_test(links_are_bounded_for_they_wait_in_memory),
		cmocka_unit_test(nothing_is_written_through_a_link),
		cmocka_unit_test(links_that_stay_inside_are_made_last),
		cmocka_unit_test(what_is_to_be_kept_is_kept_when_it_is_there),
		cmocka_unit_test(what_is_no_archive_or_is_cut_off_is_refused),
		cmocka_unit_test(paths_that_leave_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
