/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "feed/cursor.h"
#include "fixture.h"

#define NOW ((struct instant){ 1700000000000 })

/* Events 11 to 20, one a second, the newest now. */
static uint64_t
from(struct feed_keep keep, size_t page)
{
	struct store_event events[10] = { 0 };
	struct store_rows rows = { .events = events, .event_count = page, .last = 20 };

	for (size_t i = 0; i < 10; i++) {
		events[i].offset = 11 + i;
		events[i].time.ms = NOW.ms - 9000 + (int64_t)i * 1000;
	}
	return prune_from(&keep, &rows, NOW);
}

static void
what_is_older_or_more_than_is_kept_goes_and_the_newest_stays(void **unused)
{
	(void)unused;
	assert_int_equal(from((struct feed_keep){ { 0 }, 0 }, 10), 0);
	for (unsigned seconds = 1; seconds < 12; seconds++)
		assert_int_equal(from((struct feed_keep){ DURATION_S(seconds), 0 }, 10),
				 seconds < 9 ? 20 - seconds : 0);
	for (unsigned events = 1; events < 12; events++)
		assert_int_equal(from((struct feed_keep){ { 0 }, events }, 10),
				 events < 10 ? 21 - events : 0);
	assert_int_equal(from((struct feed_keep){ { 1 }, 0 }, 10), 20);
	/* Whichever asks for less; and what is not in the page is not decided on. */
	assert_int_equal(from((struct feed_keep){ DURATION_S(3), 8 }, 10), 17);
	assert_int_equal(from((struct feed_keep){ DURATION_S(8), 3 }, 10), 18);
	assert_int_equal(from((struct feed_keep){ { 0 }, 1 }, 4), 15);
	assert_int_equal(from((struct feed_keep){ { 0 }, 1 }, 0), 0);
}

static void
tell(struct fixture *f, size_t count)
{
	for (size_t i = 0; i < count; i++)
		plane_tell(f->plane, EVENT_USER_SIGNED_IN, "ada", NULL);
	fixture_run(f, DURATION_S(1));
}

static void
the_oldest_go_in_pages_and_readers_can_tell(void **unused)
{
	struct plane_settings settings = { .keep = { .events = 10 } };
	struct fixture f = { .oldest = 0 };
	struct cursor place = { .epoch = "01TEST", .offset = 2 };
	size_t commits;

	(void)unused;
	fixture_start(&f);
	for (int i = 0; i < 5; i++)
		tell(&f, EVENTS_PAGE_LIMIT / 2);
	fixture_run(&f, DURATION_S(120));
	assert_int_equal(f.oldest, 0); /* for ever is the default */
	plane_configure(f.plane, &settings);
	fixture_run(&f, DURATION_MS(200));
	assert_int_equal(f.oldest, EVENTS_PAGE_LIMIT + 1);
	fixture_run(&f, DURATION_S(5));
	assert_int_equal(f.oldest, f.event_count - 9);
	assert_int_equal(cursor_resume(&place, "01TEST", f.oldest, f.event_count).what, RESUME_GAP);
	place.offset = f.oldest - 1;
	assert_int_equal(cursor_resume(&place, "01TEST", f.oldest, f.event_count).what,
			 RESUME_RESUMED);
	/* Nothing more goes, and so nothing is committed, until there is more. */
	fixture_run(&f, DURATION_S(60));
	commits = f.commits;
	fixture_run(&f, DURATION_S(600));
	assert_int_equal(f.commits, commits);
	/* Age counts as well, and whatever it says, one stays. */
	settings.keep.time.ms = 1000;
	plane_configure(f.plane, &settings);
	fixture_run(&f, DURATION_S(120));
	assert_int_equal(f.oldest, f.event_count);
	fixture_stop(&f);
}

static struct instant
decide_nothing(struct plane_service *service, struct instant now)
{
	return NEVER;
}

static uint64_t
needs_seven(const struct plane_service *service)
{
	return 7;
}

static void
what_a_service_has_yet_to_read_stays(void **unused)
{
	struct plane_settings settings = { .keep = { .events = 1 } };
	struct plane_service service = { .decide = decide_nothing, .needs = needs_seven };
	struct fixture f = { .oldest = 0 };

	(void)unused;
	fixture_start(&f);
	plane_add_service(f.plane, &service);
	tell(&f, 20);
	plane_configure(f.plane, &settings);
	fixture_run(&f, DURATION_S(300));
	assert_int_equal(f.oldest, 7);
	fixture_stop(&f);
}

static void
a_full_disk_puts_forgetting_off(void **unused)
{
	struct plane_settings settings = { .keep = { .events = 1 } };
	struct fixture f = { .oldest = 0 };

	(void)unused;
	fixture_start(&f);
	tell(&f, 10);
	f.store_is_full = true;
	plane_configure(f.plane, &settings);
	fixture_run(&f, DURATION_S(30));
	assert_int_equal(f.oldest, 0);
	f.store_is_full = false;
	fixture_run(&f, DURATION_S(30));
	assert_int_equal(f.oldest, f.event_count);
	fixture_stop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_older_or_more_than_is_kept_goes_and_the_newest_stays),
		cmocka_unit_test(the_oldest_go_in_pages_and_readers_can_tell),
		cmocka_unit_test(what_a_service_has_yet_to_read_stays),
		cmocka_unit_test(a_full_disk_puts_forgetting_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
