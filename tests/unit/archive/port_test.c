/* SPDX-License-Identifier: Apache-2.0 */
/* Worlds to a directory store and back, by the port that the services see. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive_port.h"
#include "objects/objects_directory.h"
#include "sys/files.h"

/* Only root has a name space for mounts of its own: made before any thread is. */
static bool has_mounts;

struct fixture {
	char directory[64];
	char *world, *other, *fresh, *aside, *backups;
	uv_loop_t loop;
	struct archive_port *port;
	struct objects_port *store;
	struct reply replies[32];
	size_t count;
	uint64_t last_ticket;
	bool inside;
};

static int
remove_one(const char *path, const struct stat *is, int type, struct FTW *where)
{
	(void)is;
	(void)type;
	(void)where;
	return remove(path);
}

static void
put_bytes(const char *root, const char *path, const void *bytes, size_t length)
{
	CLEANUP(text_freep) char *whole = text_format("%s/%s", root, path);
	CLEANUP(text_freep) char *above = text_copy_n(whole, (size_t)(strrchr(whole, '/') - whole));

	assert_int_equal(directory_make(above), 0);
	assert_int_equal(file_write(AT_FDCWD, whole, bytes, length, FILE_SURVIVES_PROCESS), 0);
}

static void
put(const char *root, const char *path, const char *text)
{
	put_bytes(root, path, text, strlen(text));
}

static const char *
get(const char *root, const char *path)
{
	static char text[64];
	CLEANUP(text_freep) char *whole = text_format("%s/%s", root, path);
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;

	text[0] = '\0';
	if (file_read(AT_FDCWD, whole, sizeof text, &content) == 0)
		(void)text_put(text, sizeof text, buf_text(&content));
	return text;
}

static void
on_fact(void *argument, const struct fact *fact)
{
	struct fixture *f = argument;

	assert_false(f->inside);
	assert_int_equal(fact->kind, FACT_REPLY);
	assert_true(f->count < ELEMENTS(f->replies));
	f->replies[f->count++] = fact->as.reply;
}

static int
set_up(void **state)
{
	struct fixture *f = mem_new(sizeof *f);

	(void)snprintf(f->directory, sizeof f->directory, "/tmp/roost-archives-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	f->world = text_format("%s/world", f->directory);
	f->other = text_format("%s/other", f->directory);
	f->fresh = text_format("%s/other/.roost/fresh", f->directory);
	f->aside = text_format("%s/other/.roost/aside", f->directory);
	f->backups = text_format("%s/backups", f->directory);
	put(f->world, "level.dat", "seed");
	put(f->world, "region/r.0.0.mca", "blocks");
	put(f->world, ".roost/left/over", "not the world's");
	assert_int_equal(mkdir(f->backups, 0700), 0);
	assert_int_equal(uv_loop_init(&f->loop), 0);
	f->port = archive_port_new(&f->loop, "roost/test", on_fact, f);
	f->store = objects_directory_new(&f->loop, f->backups, archive_port_on_fact, f->port);
	archive_port_add(f->port, "local", f->store);
	*state = f;
	return 0;
}

static void
close_port(struct fixture *f)
{
	desk_port_free(TAKE(f->store));
	archive_port_free(TAKE(f->port));
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	close_port(f);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	for (size_t i = 0; i < f->count; i++)
		reply_deinit(&f->replies[i]);
	(void)nftw(f->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(f->world);
	mem_free(f->other);
	mem_free(f->fresh);
	mem_free(f->aside);
	mem_free(f->backups);
	mem_free(f);
	return 0;
}

/* ---- asking ---- */

static struct ticket
ticket(struct fixture *f)
{
	f->inside = true;
	return (struct ticket){ ++f->last_ticket };
}

static const struct reply *
wait_for(struct fixture *f)
{
	size_t before = f->count;

	f->inside = false;
	while (f->count == before)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	return &f->replies[f->count - 1];
}

static const struct archive_answer *
done(const struct reply *reply)
{
	if (reply->result != REPLY_DONE)
		fail_msg("%d: %s", (int)reply->result, reply->reason);
	assert_int_equal(reply->holds, REPLY_ARCHIVE);
	return reply->as.archive;
}

static void
refused(const struct reply *reply, const char *part)
{
	if (reply->result != REPLY_REFUSED || strstr(reply->reason, part) == NULL)
		fail_msg("%d: %s (wanted refused: %s)", (int)reply->result, reply->reason, part);
}

static void
order_pack(struct fixture *f, const char *name)
{
	const struct archive_pack pack = { .store = "local",
					   .name = name,
					   .root = f->world,
					   .server = "survival",
					   .game = "tcp",
					   .made = { 1795000000123 } };

	f->port->pack(f->port, ticket(f), &pack);
}

static const struct reply *
pack(struct fixture *f, const char *name)
{
	order_pack(f, name);
	return wait_for(f);
}

static const struct reply *
commit(struct fixture *f, const char *name, const struct archive_answer *packed)
{
	f->port->commit(f->port, ticket(f), "local", name, packed->manifest,
			packed->manifest_length);
	return wait_for(f);
}

static void
make(struct fixture *f, const char *name)
{
	const struct archive_answer *packed = done(pack(f, name));

	(void)done(commit(f, name, packed));
}

static const struct reply *
look(struct fixture *f, const char *name)
{
	f->port->look(f->port, ticket(f), "local", name);
	return wait_for(f);
}

static const struct reply *
verify(struct fixture *f, const char *name)
{
	f->port->verify(f->port, ticket(f), "local", name);
	return wait_for(f);
}

static const struct reply *
unpack(struct fixture *f, const char *name)
{
	f->port->unpack(f->port, ticket(f), "local", name, f->fresh);
	return wait_for(f);
}

static const struct reply *
swap(struct fixture *f)
{
	const struct archive_swap order = { f->other, NULL, f->fresh, f->aside };

	f->port->swap(f->port, ticket(f), &order);
	return wait_for(f);
}

static const struct reply *
discard(struct fixture *f, const char *directory)
{
	f->port->discard(f->port, ticket(f), directory);
	return wait_for(f);
}

static const struct reply *
list(struct fixture *f, const char *prefix, const char *after)
{
	f->port->list(f->port, ticket(f), "local", prefix, after);
	return wait_for(f);
}

/* ---- what it does ---- */

static void
a_world_goes_into_the_store_and_comes_out_for_another_server(void **state)
{
	struct fixture *f = *state;
	const struct archive_answer *answer = done(pack(f, "survival/1"));

	assert_int_equal(answer->files, 2);
	assert_int_equal(answer->bytes, 10);
	assert_null(strstr(answer->manifest, ".roost"));
	assert_false(done(look(f, "survival/1"))->is_there); /* not committed: none */
	assert_false(done(verify(f, "survival/1"))->is_there);
	(void)done(commit(f, "survival/1", answer));
	answer = done(look(f, "survival/1"));
	assert_true(answer->is_there);
	assert_int_equal(answer->files, 2);
	assert_int_equal(answer->made.ms, 1795000000123);
	assert_string_equal(answer->server, "survival");
	assert_true(done(verify(f, "survival/1"))->is_there);

	put(f->other, "level.dat", "theirs");
	put(f->other, "logs/latest.log", "theirs");
	assert_true(done(unpack(f, "survival/1"))->is_there);
	assert_true(done(unpack(f, "survival/1"))->is_there); /* in place of the one before */
	(void)done(swap(f));
	(void)done(swap(f));
	assert_string_equal(get(f->other, "level.dat"), "seed");
	assert_string_equal(get(f->other, "region/r.0.0.mca"), "blocks");
	assert_string_equal(get(f->other, "logs/latest.log"), "");
	assert_string_equal(get(f->aside, "logs/latest.log"), "theirs");
	(void)done(discard(f, f->fresh));
	(void)done(discard(f, f->aside));
	(void)done(discard(f, f->aside));
	assert_int_equal(access(f->aside, F_OK), -1);
	refused(discard(f, f->other), "not made by roost");
}

/* A backup of the backups grows for ever, and a restore takes them away: also over a link. */
static void
what_is_roosts_own_is_neither_packed_nor_exchanged(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *link = text_format("%s/world/link", f->directory);
	CLEANUP(text_freep) char *inside = text_format("%s/backups/world", f->directory);
	char *part[] = { "world", NULL };
	struct archive_pack order = {
		.store = "local", .name = "survival/1", .server = "survival", .game = "tcp"
	};
	char *stores[] = { "backups", NULL };
	const struct archive_swap all = { f->directory, NULL, f->fresh, f->aside };
	const struct archive_swap one = { f->directory, stores, f->fresh, f->aside };

	guard_add_home(archive_port_guard(f->port), f->other);
	guard_add_store(archive_port_guard(f->port), f->backups);
	make(f, "survival/0");
	put(inside, "level.dat", "seed");
	assert_int_equal(symlink(f->directory, link), 0);
	for (size_t i = 0; i < 3; i++) {
		order.root = i == 0 ? f->directory : i == 1 ? inside : link;
		f->port->pack(f->port, ticket(f), &order);
		refused(wait_for(f), "a directory of its own");
	}
	order.root = link;
	order.paths = part; /* the world alone may be */
	f->port->pack(f->port, ticket(f), &order);
	(void)done(wait_for(f));
	(void)done(unpack(f, "survival/0"));
	f->port->swap(f->port, ticket(f), &all);
	refused(wait_for(f), "a directory of its own");
	f->port->swap(f->port, ticket(f), &one);
	refused(wait_for(f), "a directory of its own");
	assert_string_equal(get(f->world, "level.dat"), "seed");
	assert_true(done(look(f, "survival/0"))->is_there);
}

/* The first path is exchanged when the second one cannot be. */
static void
an_exchange_that_failed_in_the_middle_may_have_happened(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *blocked = text_format("%s/region", f->aside);
	char *paths[] = { "level.dat", "region/r.0.0.mca", NULL };
	const struct archive_swap order = { f->other, paths, f->fresh, f->aside };
	const struct reply *reply;

	make(f, "survival/1");
	put(f->other, "level.dat", "theirs");
	put(f->other, "region/r.0.0.mca", "theirs");
	put(f->aside, ".roost", ""); /* as it is when its plan is still to come */
	put(f->aside, "region", "");
	(void)done(unpack(f, "survival/1"));
	f->port->swap(f->port, ticket(f), &order);
	reply = wait_for(f);
	assert_int_equal(reply->result, REPLY_UNKNOWN);
	assert_non_null(strstr(reply->reason, "region/r.0.0.mca"));
	assert_string_equal(get(f->other, "level.dat"), "seed");
	assert_string_equal(get(f->other, "region/r.0.0.mca"), "theirs");
	assert_int_equal(unlink(blocked), 0);
	f->port->swap(f->port, ticket(f), &order);
	(void)done(wait_for(f));
	assert_string_equal(get(f->other, "region/r.0.0.mca"), "blocks");
}

static void
what_is_an_archive_is_never_replaced(void **state)
{
	struct fixture *f = *state;
	const struct archive_answer *first = done(pack(f, "survival/1")), *second;

	put(f->world, "level.dat", "grown");
	second = done(pack(f, "survival/1")); /* what is not committed is */
	(void)done(commit(f, "survival/1", second));
	(void)done(commit(f, "survival/1", second)); /* asked again: it is there */
	refused(commit(f, "survival/1", first), "another archive");
	refused(pack(f, "survival/1"), "already");
	assert_true(done(verify(f, "survival/1"))->is_there);
}

static void
a_damaged_archive_is_not_good(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *path = text_format("%s/survival/1.tar.zst", f->backups);
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;

	make(f, "survival/1");
	assert_int_equal(file_read(AT_FDCWD, path, 100000, &content), 0);
	content.data[content.length - 1] ^= 1;
	put_bytes(f->backups, "survival/1.tar.zst", content.data, content.length);
	assert_int_equal(verify(f, "survival/1")->result, REPLY_REFUSED);
	assert_int_equal(unpack(f, "survival/1")->result, REPLY_REFUSED);
	assert_int_equal(access(f->fresh, F_OK), -1);
	assert_int_equal(unlink(path), 0);
	refused(verify(f, "survival/1"), "the archive itself is not");
	put(f->backups, "survival/1.manifest", "{");
	refused(look(f, "survival/1"), "line 1");
}

static void
archives_are_listed_and_removed(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = { "survival/1", "survival/1-a", "survival/2" };
	const struct archive_answer *answer;

	for (size_t i = 0; i < ELEMENTS(names); i++)
		make(f, names[i]);
	make(f, "creative/1");
	(void)done(pack(f, "survival/3"));
	put(f->backups, "survival/notes.txt", "somebody's");
	answer = done(list(f, "survival/", NULL));
	assert_int_equal(answer->name_count, 4);
	assert_false(answer->more);
	for (size_t i = 0; i < ELEMENTS(names); i++) {
		assert_string_equal(answer->names[i].name, names[i]);
		assert_true(answer->names[i].is_whole);
		assert_true(answer->names[i].size > 50);
		assert_true(answer->names[i].modified.ms > 1600000000000);
	}
	assert_string_equal(answer->names[3].name, "survival/3");
	assert_false(answer->names[3].is_whole);
	answer = done(list(f, "", "survival/1-a"));
	assert_int_equal(answer->name_count, 2);
	assert_string_equal(answer->names[0].name, "survival/2");

	for (unsigned i = 0; i < 2; i++) {
		f->port->remove(f->port, ticket(f), "local", "survival/2");
		(void)done(wait_for(f));
		assert_false(done(look(f, "survival/2"))->is_there);
	}
	assert_int_equal(done(list(f, "survival/2", NULL))->name_count, 0);
	f->port->sweep(f->port, ticket(f), "local", (struct instant){ INT64_MAX });
	(void)done(wait_for(f));
}

static void
a_world_that_cannot_be_read_is_no_archive(void **state)
{
	struct fixture *f = *state;
	struct archive_pack order = { .store = "local",
				      .name = "survival/1",
				      .root = "/nowhere/at/all",
				      .server = "survival",
				      .game = "tcp" };
	char *paths[] = { "../other", NULL };

	f->port->pack(f->port, ticket(f), &order);
	refused(wait_for(f), "/nowhere/at/all");
	order.paths = paths;
	f->port->pack(f->port, ticket(f), &order);
	refused(wait_for(f), "'../other' is not a path");
	paths[0] = ".roost/left";
	f->port->pack(f->port, ticket(f), &order);
	refused(wait_for(f), "'.roost/left' is not a path");
	order.store = "elsewhere";
	f->port->pack(f->port, ticket(f), &order);
	refused(wait_for(f), "no store named 'elsewhere'");
	assert_int_equal(done(list(f, "", NULL))->name_count, 0);
}

/* The other server's disk has no room for it: its world is as it was, and what was begun is gone. */
static void
a_full_disk_ends_a_restore_and_leaves_the_world(void **state)
{
	struct fixture *f = *state;
	const size_t size = 6000000;
	unsigned char *bytes;

	if (!has_mounts)
		skip(); /* only root may */
	assert_int_equal(mkdir(f->other, 0700), 0);
	if (mount("none", f->other, "tmpfs", 0, "size=4m") < 0)
		skip();
	put(f->other, "level.dat", "theirs");
	make(f, "survival/1");
	bytes = mem_new(size);
	put_bytes(f->world, "region/r.1.1.mca", bytes, size);
	mem_free(bytes);
	make(f, "survival/2");
	refused(unpack(f, "survival/2"), "the disk is full");
	assert_int_equal(access(f->fresh, F_OK), -1);
	assert_string_equal(get(f->other, "level.dat"), "theirs");
	assert_true(done(unpack(f, "survival/1"))->is_there); /* there is room again */
	(void)done(swap(f));
	assert_string_equal(get(f->other, "level.dat"), "seed");
	assert_int_equal(umount2(f->other, MNT_DETACH), 0);
}

/* The store's disk has no room for it: there is no archive, and those that were stay. */
static void
a_full_store_makes_no_archive_and_costs_none(void **state)
{
	struct fixture *f = *state;
	const size_t size = 6000000;
	unsigned char *bytes;
	uint32_t seed = 1;

	if (!has_mounts || mount("none", f->backups, "tmpfs", 0, "size=4m") < 0)
		skip(); /* only root may */
	make(f, "survival/1");
	bytes = mem_new(size);
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (unsigned char)(seed >> 24);
	}
	put_bytes(f->world, "region/r.1.1.mca", bytes, size);
	mem_free(bytes);
	refused(pack(f, "survival/2"), "the disk is full");
	assert_int_equal(done(list(f, "survival/", NULL))->name_count, 1);
	assert_true(done(verify(f, "survival/1"))->is_there);
	assert_int_equal(umount2(f->backups, MNT_DETACH), 0);
}

/* Names are any bytes; what is said of them goes into documents, events and terminals. */
static void
what_cannot_be_read_is_named_readably(void **state)
{
	struct fixture *f = *state;
	char part[256], path[2 * sizeof part];
	const struct reply *reply;

	for (size_t i = 0; i < 2; i++) {
		CLEANUP(text_freep) char *deep = text_copy(f->world);

		memset(part, '\xff', sizeof part - 1);
		part[0] = i == 0 ? '\n' : '\xff';
		part[255] = '\0';
		for (unsigned depth = 0; depth < 5; depth++) {
			char *deeper = text_format("%s/%s", deep, part);

			mem_free(deep);
			deep = deeper;
			assert_int_equal(mkdir(deep, 0700), 0);
		}
		reply = pack(f, "survival/1");
		refused(reply, "a path is longer than 1024 bytes");
		assert_true(text_is_printable(reply->reason, strlen(reply->reason)));
		(void)snprintf(path, sizeof path, "%s/%s", f->world, part);
		assert_int_equal(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	}
	make(f, "survival/1");
}

/* A world that takes long enough to be looked at meanwhile. */
static void
grow(struct fixture *f)
{
	const size_t size = 30000000;
	unsigned char *bytes = mem_new(size);
	uint32_t seed = 1;

	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (unsigned char)(seed >> 24);
	}
	put_bytes(f->world, "region/r.1.1.mca", bytes, size);
	mem_free(bytes);
}

static void
progress_is_seen_and_an_order_is_given_up(void **state)
{
	struct fixture *f = *state;
	struct archive_progress progress = { .bytes = 0 };

	grow(f);
	order_pack(f, "survival/1");
	f->inside = false;
	while (progress.bytes == 0) {
		assert_true(f->port->progress(f->port, (struct ticket){ 1 }, &progress));
		(void)uv_run(&f->loop, UV_RUN_NOWAIT);
		assert_int_equal(f->count, 0);
	}
	assert_int_equal(progress.bytes_expected, 30000010);
	f->port->cancel(f->port, (struct ticket){ 1 });
	refused(wait_for(f), "given up");
	assert_false(f->port->progress(f->port, (struct ticket){ 1 }, &progress));
	f->port->cancel(f->port, (struct ticket){ 1 });
	assert_int_equal(done(list(f, "", NULL))->name_count, 0);
}

static void
short_orders_pass_by_the_long_ones_that_wait(void **state)
{
	struct fixture *f = *state;
	char name[16];

	grow(f);
	for (int i = 0; i < 6; i++) {
		(void)snprintf(name, sizeof name, "long/%d", i);
		order_pack(f, name);
	}
	assert_false(done(look(f, "survival/1"))->is_there);
	assert_int_equal(f->count, 1);
	f->port->cancel(f->port, (struct ticket){ 6 }); /* one that waits */
	refused(wait_for(f), "before it began");
	while (f->count < 7)
		(void)wait_for(f);
	for (size_t i = 2; i < 7; i++)
		assert_true(done(&f->replies[i])->files == 3);
}

static void
the_port_may_end_while_it_is_at_work(void **state)
{
	struct fixture *f = *state;

	grow(f);
	make(f, "survival/1");
	for (int i = 2; i < 6; i++) {
		char name[16];

		(void)snprintf(name, sizeof name, "survival/%d", i);
		order_pack(f, name);
		f->port->verify(f->port, ticket(f), "local", "survival/1");
		f->port->discard(f->port, ticket(f), f->fresh);
	}
	f->inside = false;
	for (int i = 0; i < 3; i++)
		(void)uv_run(&f->loop, UV_RUN_NOWAIT);
	close_port(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_world_goes_into_the_store_and_comes_out_for_another_server),
		TEST(what_is_roosts_own_is_neither_packed_nor_exchanged),
		TEST(an_exchange_that_failed_in_the_middle_may_have_happened),
		TEST(what_is_an_archive_is_never_replaced),
		TEST(a_damaged_archive_is_not_good),
		TEST(archives_are_listed_and_removed),
		TEST(a_world_that_cannot_be_read_is_no_archive),
		TEST(what_cannot_be_read_is_named_readably),
		TEST(a_full_disk_ends_a_restore_and_leaves_the_world),
		TEST(a_full_store_makes_no_archive_and_costs_none),
		TEST(progress_is_seen_and_an_order_is_given_up),
		TEST(short_orders_pass_by_the_long_ones_that_wait),
		TEST(the_port_may_end_while_it_is_at_work),
	};

	has_mounts = unshare(CLONE_NEWNS) == 0 &&
		     mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
