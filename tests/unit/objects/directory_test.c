/* SPDX-License-Identifier: Apache-2.0 */
/* The directory store: what every store does, and what is special to files. */

#include "shop.h"

#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "objects/objects_directory.h"

/* Only root has a name space for mounts of its own: made before any thread is. */
static bool has_mounts;

struct fixture {
	struct shop shop;
	char directory[64], *store;
};

static int
remove_one(const char *path, const struct stat *is, int type, struct FTW *where)
{
	(void)is;
	(void)type;
	(void)where;
	return remove(path);
}

static int
set_up(void **state)
{
	struct fixture *f = mem_new(sizeof *f);

	(void)snprintf(f->directory, sizeof f->directory, "/tmp/roost-objects-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	f->store = text_format("%s/store", f->directory);
	shop_init(&f->shop);
	f->shop.port = objects_directory_new(&f->shop.loop, f->store, on_shop_fact, &f->shop);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	desk_port_free(f->shop.port);
	shop_deinit(&f->shop);
	(void)nftw(f->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(f->store);
	mem_free(f);
	return 0;
}

static void
a_directory_is_a_store(void **state)
{
	struct fixture *f = *state;

	it_does_what_every_store_does(&f->shop, f->directory);
	assert_int_equal(shop_sweep(&f->shop, INT64_MAX)->as.object->swept, 0);
}

static void
what_never_ended_is_swept_and_never_listed(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *left = text_format("%s/.unfinished/0123", f->store);
	FILE *file;

	assert_is(shop_put(&f->shop, "a", "x", 1), OBJECT_IS_DONE);
	file = fopen(left, "w");
	assert_non_null(file);
	assert_int_equal(flock(fileno(file), LOCK_EX), 0); /* whoever writes it lives */
	assert_int_equal(shop_list(&f->shop, "", NULL, 10)->as.object->entry_count, 1);
	assert_int_equal(shop_sweep(&f->shop, 1000)->as.object->swept, 0);
	assert_int_equal(fclose(file), 0); /* and is dead */
	assert_int_equal(shop_sweep(&f->shop, 1000)->as.object->swept, 1);
	assert_int_equal(access(left, F_OK), -1);
	file = fopen(left, "w");
	assert_non_null(file);
	assert_int_equal(flock(fileno(file), LOCK_EX),
			 0); /* or hangs for longer than anything takes */
	assert_int_equal(shop_sweep(&f->shop, INT64_MAX)->as.object->swept, 1);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(access(left, F_OK), -1);
	assert_content(&f->shop, "a", "x", 1);
}

static void
links_are_not_followed_out_of_the_store(void **state)
{
	struct fixture *f = *state;
	CLEANUP(text_freep) char *inner = text_format("%s/out", f->store);
	CLEANUP(text_freep) char *file = text_format("%s/passwd", f->store);
	CLEANUP(text_freep) char *outside = text_format("%s/outside", f->directory);

	assert_is(shop_put(&f->shop, "a", "x", 1), OBJECT_IS_DONE);
	assert_int_equal(mkdir(outside, 0700), 0);
	assert_int_equal(symlink(outside, inner), 0);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	assert_int_equal(shop_put(&f->shop, "out/b", "x", 1)->result, REPLY_REFUSED);
	assert_int_equal(rmdir(outside), 0); /* nothing was put there */
	assert_int_equal(shop_head(&f->shop, "passwd")->result, REPLY_REFUSED);
	assert_int_equal(shop_list(&f->shop, "", NULL, 10)->as.object->entry_count, 1);
}

static void
a_directory_that_is_gone_is_trouble_and_not_emptiness(void **state)
{
	struct fixture *f = *state;
	struct object_memory memory;
	const struct object_get get = { .key = "a", .reader = &memory.reader };

	object_memory_init(&memory, 10);
	assert_refused(shop_head(&f->shop, "a"), "is its disk mounted?");
	assert_refused(shop_get(&f->shop, &get), "is its disk mounted?");
	assert_refused(shop_list(&f->shop, "", NULL, 10), "is its disk mounted?");
	assert_refused(shop_remove(&f->shop, "a"), "is its disk mounted?");
}

/* A disk of 4 MB in the place of the store, in a name space of our own. False: only root may. */
static bool
mount_small_disk(const struct fixture *f)
{
	if (!has_mounts)
		return false;
	assert_int_equal(mkdir(f->store, 0700), 0);
	return mount("none", f->store, "tmpfs", 0, "size=4m") == 0;
}

static void
a_disk_that_is_full_is_said_and_keeps_what_it_had(void **state)
{
	struct fixture *f = *state;
	unsigned char *bytes;

	if (!mount_small_disk(f))
		skip();
	bytes = mem_new(6000000);
	assert_is(shop_put(&f->shop, "first", bytes, 2000000), OBJECT_IS_DONE);
	for (unsigned i = 0; i < 3; i++) { /* what it wrote of the large one is gone again */
		assert_refused(shop_put(&f->shop, "large", bytes, 6000000), "the disk is full");
		assert_is(shop_head(&f->shop, "large"), OBJECT_IS_NONE);
	}
	assert_refused(shop_put(&f->shop, "first", bytes, 6000000), "the disk is full");
	assert_content(&f->shop, "first", bytes, 2000000);
	assert_is(shop_put(&f->shop, "second", bytes, 1500000), OBJECT_IS_DONE);
	assert_is(shop_remove(&f->shop, "first"), OBJECT_IS_DONE); /* also when nothing is left */
	assert_is(shop_put_new(&f->shop, "manifest", "first"), OBJECT_IS_DONE);
	assert_is(shop_put_new(&f->shop, "manifest", "second"), OBJECT_IS_TAKEN);
	mem_free(bytes);
	assert_int_equal(umount2(f->store, MNT_DETACH), 0);
}

static ptrdiff_t
endless_read(struct object_source *source, void *bytes, size_t size)
{
	(void)source;
	(void)size;
	memset(bytes, 0, 1);
	return 1;
}

static void
what_is_cancelled_ends_and_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	static struct object_source endless = { .read = endless_read };
	const struct object_put put = { .key = "endless", .source = &endless };
	struct objects_port *port = f->shop.port;

	port->put(port, (struct ticket){ 7 }, &put);
	port->cancel(port, (struct ticket){ 8 });
	port->cancel(port, (struct ticket){ 7 });
	assert_refused(shop_wait(&f->shop), "given up");
	assert_is(shop_put(&f->shop, "a", "x", 1), OBJECT_IS_DONE);
	assert_is(shop_head(&f->shop, "endless"), OBJECT_IS_NONE);
	port->put(port, (struct ticket){ 9 }, &put); /* and the end of the store ends it too */
}

static void
many_orders_are_all_answered(void **state)
{
	struct fixture *f = *state;
	struct objects_port *port = f->shop.port;

	assert_is(shop_put(&f->shop, "a", "x", 1), OBJECT_IS_DONE);
	for (int i = 0; i < 40; i++)
		port->head(port, (struct ticket){ 7 }, "a");
	while (f->shop.count < 41)
		assert_is(shop_wait(&f->shop), OBJECT_IS_DONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_directory_is_a_store),
		TEST(what_never_ended_is_swept_and_never_listed),
		TEST(links_are_not_followed_out_of_the_store),
		TEST(a_directory_that_is_gone_is_trouble_and_not_emptiness),
		TEST(a_disk_that_is_full_is_said_and_keeps_what_it_had),
		TEST(what_is_cancelled_ends_and_leaves_nothing),
		TEST(many_orders_are_all_answered),
	};

	has_mounts = unshare(CLONE_NEWNS) == 0 &&
		     mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
