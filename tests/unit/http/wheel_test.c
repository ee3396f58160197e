/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/peers.h"
#include "http/wheel.h"

#define MANY 1000

static struct wheel wheel;
static uint64_t now;

struct timed {
	struct wheel_entry entry;
	uint64_t reached_at;
	struct timed *other; /* cleared when this one is reached */
};

static void
on_reached(void *argument, struct wheel_entry *entry)
{
	struct timed *t = CONTAINER_OF(entry, struct timed, entry);

	(void)argument;
	t->reached_at = now;
	if (t->other != NULL)
		wheel_clear(&wheel, &t->other->entry);
}

static void
a_deadline_is_reached_once_and_never_early(void **unused)
{
	static struct timed all[MANY];

	(void)unused;
	now = 12345;
	wheel_init(&wheel, 10, now);
	for (uint64_t i = 0; i < MANY; i++)
		wheel_set(&wheel, &all[i].entry, now + i * 37);
	for (; wheel.count > 0; now += 7)
		wheel_turn(&wheel, now, on_reached, NULL);
	for (uint64_t i = 0; i < MANY; i++) {
		assert_true(all[i].reached_at >= 12345 + i * 37);
		assert_true(all[i].reached_at <= 12345 + i * 37 + 20);
	}
}

static void
a_wheel_that_stood_still_catches_up(void **unused)
{
	struct timed near = { 0 }, far = { 0 };

	(void)unused;
	now = 0;
	wheel_init(&wheel, 10, now);
	wheel_set(&wheel, &near.entry, 50);
	wheel_set(&wheel, &far.entry, 200000);
	now = 100000;
	wheel_turn(&wheel, now, on_reached, NULL);
	assert_int_equal(near.reached_at, 100000);
	assert_int_equal(far.reached_at, 0);
	now = 200010;
	wheel_turn(&wheel, now, on_reached, NULL);
	assert_int_equal(far.reached_at, 200010);
	assert_int_equal(wheel.count, 0);
}

static void
one_deadline_may_take_another_back(void **unused)
{
	struct timed first = { 0 }, second = { 0 };

	(void)unused;
	now = 0;
	first.other = &second;
	second.other = &first;
	wheel_init(&wheel, 10, now);
	wheel_set(&wheel, &first.entry, 15);
	wheel_set(&wheel, &second.entry, 15);
	now = 20;
	wheel_turn(&wheel, now, on_reached, NULL);
	assert_int_equal(first.reached_at, 20);
	assert_int_equal(second.reached_at, 0);
	assert_int_equal(wheel.count, 0);
}

static struct ip
ip(const char *text)
{
	struct ip parsed;

	ASSERT(ip_parse(text, &parsed));
	return parsed;
}

static void
each_peer_has_its_own_count(void **unused)
{
	struct peers *peers = peers_new();
	struct ip a = ip("192.0.2.1"), b = ip("192.0.2.2"), here = ip("127.0.0.1");
	struct ip near1 = ip("2001:db8::1"), near2 = ip("2001:db8::2"), far = ip("2001:db9::1");

	(void)unused;
	assert_true(peers_enter(peers, &a, 2) && peers_enter(peers, &a, 2));
	assert_false(peers_enter(peers, &a, 2));
	assert_true(peers_enter(peers, &b, 2));
	peers_leave(peers, &a);
	assert_true(peers_enter(peers, &a, 2));
	assert_true(peers_enter(peers, &near1, 1));
	assert_false(peers_enter(peers, &near2, 1));
	assert_true(peers_enter(peers, &far, 1));
	for (unsigned i = 0; i < 10; i++)
		assert_true(peers_enter(peers, &here, 1));
	peers_free(peers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_deadline_is_reached_once_and_never_early),
		cmocka_unit_test(a_wheel_that_stood_still_catches_up),
		cmocka_unit_test(one_deadline_may_take_another_back),
		cmocka_unit_test(each_peer_has_its_own_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
