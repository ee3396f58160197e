/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/room.h"

struct heard {
	struct room_watch *watch;
	int count;
	int64_t free_bytes, size_bytes;
};

static void
on_fact(void *argument, const struct fact *fact)
{
	struct heard *heard = argument;

	heard->count++;
	heard->free_bytes = fact->as.disk.free_bytes;
	heard->size_bytes = fact->as.disk.size_bytes;
	room_watch_free(heard->watch);
}

static void
the_room_is_told_at_once(void **unused)
{
	struct heard heard = { 0 };
	uv_loop_t loop;

	(void)unused;
	assert_int_equal(uv_loop_init(&loop), 0);
	heard.watch = room_watch_new(&loop, "/", on_fact, &heard);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(heard.count, 1);
	assert_true(heard.size_bytes > 0 && heard.free_bytes <= heard.size_bytes);
}

static void
on_early_fact(void *argument, const struct fact *fact)
{
	const struct heard *heard = argument;

	(void)fact;
	assert_non_null(heard->watch);
}

static void
nothing_is_told_after_the_end(void **unused)
{
	struct heard heard = { 0 };
	uv_loop_t loop;

	(void)unused;
	assert_int_equal(uv_loop_init(&loop), 0);
	heard.watch = room_watch_new(&loop, "/", on_early_fact, &heard);
	(void)uv_run(&loop, UV_RUN_NOWAIT);
	room_watch_free(TAKE(heard.watch));
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_room_is_told_at_once),
		cmocka_unit_test(nothing_is_told_after_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
