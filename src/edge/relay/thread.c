/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread's turn: events, then deadlines, then those who had more than their
 * share, then what ended is given back and what happened is told. Nothing that
 * ended in a turn is used again before its end, so that a later event of the
 * same turn finds it ended, and not somebody else in its place.
 */

#include "relay/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "sys/clock.h"

#define EVENTS_A_TURN 256

static int64_t
steady_ms(void)
{
	struct timespec t;

	/* Deadlines of seconds do not need better, and this one is never a system call. */
	ASSERT(clock_gettime(CLOCK_MONOTONIC_COARSE, &t) == 0);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct instant
thread_wall(struct relay_thread *thread)
{
	if (!instant_is_set(thread->wall))
		thread->wall = sys_now();
	return thread->wall;
}

bool
thread_watch(struct relay_thread *thread, int fd, void *what, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = what };

	return epoll_ctl(thread->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool
thread_admits(struct relay_thread *thread, const struct ip *ip, enum admit_what what)
{
	struct relay *relay = thread->relay;
	bool admits;

	ASSERT(pthread_mutex_lock(&relay->admit_lock) == 0);
	admits = admit_take(relay->admit, &thread->table->limits, ip, what,
			    (struct instant){ thread->now });
	ASSERT(pthread_mutex_unlock(&relay->admit_lock) == 0);
	return admits;
}

void
thread_feed(struct relay_thread *thread, struct visit *visit, bool is_starved)
{
	if (visit->is_hungry)
		return;
	visit->is_hungry = true;
	visit->next_hungry = NULL;
	if (is_starved) {
		visit->next_hungry = thread->starved;
		thread->starved = visit;
	} else if (thread->hungry == NULL) {
		thread->hungry = thread->hungry_last = visit;
	} else {
		thread->hungry_last->next_hungry = visit;
		thread->hungry_last = visit;
	}
}

static void
on_event(struct relay_thread *thread, const struct epoll_event *event)
{
	uintptr_t address = (uintptr_t)event->data.ptr;
	void *what = (void *)(address & ~(uintptr_t)1);

	switch ((enum watched) * (uint8_t *)what) {
	case WATCHED_VISIT:
		on_visit(thread, what, (address & 1) != 0, event->events);
		break;
	case WATCHED_LISTENER:
		on_listener(thread, what);
		break;
	case WATCHED_FETCH:
		on_fetch(thread, what);
		break;
	case WATCHED_GUEST:
		on_guest(thread, what);
		break;
	case WATCHED_MAILBOX:
		(void)mailbox_open_all(thread->mailbox, thread);
		break;
	}
}

static void
run_timers(struct relay_thread *thread)
{
	struct timer *timer;

	while ((timer = timers_take_due(&thread->timers, thread->now)) != NULL) {
		switch ((enum timer_kind)timer->kind) {
		case TIMER_VISIT:
			on_visit_timer(thread, CONTAINER_OF(timer, struct visit, timer));
			break;
		case TIMER_PLACE:
			place_release(thread, CONTAINER_OF(timer, struct place, timer));
			break;
		case TIMER_GUEST:
			on_guest_timer(thread, CONTAINER_OF(timer, struct guest, timer));
			break;
		case TIMER_FETCH:
			fetch_end(thread, CONTAINER_OF(timer, struct fetch, timer));
			break;
		}
	}
}

/* Those who wait for a share (all of `list`), once each. */
static void
feed(struct relay_thread *thread, struct visit *list)
{
	while (list != NULL) {
		struct visit *visit = list;

		list = visit->next_hungry;
		visit->is_hungry = false;
		if (visit->state == VISIT_BRIDGED)
			bridge_run(thread, visit);
	}
}

static void
feed_the_hungry(struct relay_thread *thread)
{
	struct visit *starved = NULL;

	if (!slab_is_exhausted(&thread->tools.rests))
		starved = TAKE(thread->starved);
	feed(thread, starved);
	feed(thread, TAKE(thread->hungry));
}

static void
bury(struct relay_thread *thread)
{
	struct visit *later = NULL;

	while (thread->ended != NULL) {
		struct visit *visit = thread->ended;

		thread->ended = visit->next;
		if (visit->is_hungry) { /* still in a list: after its next share */
			visit->next = later;
			later = visit;
			continue;
		}
		visit->state = VISIT_FREE;
		slab_give(&thread->visits, visit);
	}
	thread->ended = later;
	if (thread->guests != NULL)
		guests_bury(thread->guests);
	if (thread->has_closed_listener)
		listeners_bury(thread);
}

static void
turn(struct relay_thread *thread)
{
	struct epoll_event events[EVENTS_A_TURN];
	bool is_busy = thread->hungry != NULL ||
		       (thread->starved != NULL && !slab_is_exhausted(&thread->tools.rests));
	int wait = is_busy ? 0 : timers_wait(&thread->timers, thread->now);
	int count = epoll_wait(thread->epoll, events, EVENTS_A_TURN, wait);

	ASSERT(count >= 0 || errno == EINTR);
	thread->now = steady_ms();
	thread->wall = NEVER;
	for (int i = 0; i < count; i++)
		on_event(thread, &events[i]);
	run_timers(thread);
	feed_the_hungry(thread);
	post_flush(thread);
	bury(thread);
	tell_all(thread);
	if (thread->is_stopping && thread->visits.taken == 0 && thread->ended == NULL)
		thread->is_over = true;
}

static void *
run(void *argument)
{
	struct relay_thread *thread = argument;

	while (!thread->is_over)
		turn(thread);
	return NULL;
}

void
thread_init(struct relay_thread *thread, struct relay *relay, unsigned index)
{
	static const uint16_t mailbox_mark = WATCHED_MAILBOX; /* aligned: bit 0 is a mark */

	*thread = (struct relay_thread){ .relay = relay, .index = index };
	thread->mailbox = mailbox_new();
	thread->epoll = epoll_create1(EPOLL_CLOEXEC);
	thread->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ASSERT(thread->epoll >= 0);
	thread->now = steady_ms();
	lane_tools_init(&thread->tools);
	slab_init(&thread->visits, sizeof(struct visit), RELAY_CONNECTIONS_LIMIT);
	slab_init(&thread->greetings, sizeof(struct greeting), RELAY_CONNECTIONS_LIMIT);
	slab_init(&thread->small, SMALL_GREETING, RELAY_CONNECTIONS_LIMIT);
	slab_init(&thread->middle, MIDDLE_GREETING, RELAY_CONNECTIONS_LIMIT);
	slab_init(&thread->large, LARGE_GREETING, RELAY_LARGE_GREETINGS_LIMIT);
	for (size_t i = 0; i < RELAY_FETCHES_LIMIT; i++) {
		thread->fetches[i].watched = WATCHED_FETCH;
		thread->fetches[i].is_free = true;
		thread->fetches[i].timer.kind = TIMER_FETCH;
	}
	ASSERT(thread_watch(thread, mailbox_fd(thread->mailbox), (void *)(uintptr_t)&mailbox_mark,
			    EPOLLIN));
}

int
thread_start(struct relay_thread *thread)
{
	sigset_t all, before;
	int error;

	/* Signals are the control thread's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread->thread, NULL, run, thread);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

void
thread_deinit(struct relay_thread *thread)
{
	struct place *next;

	fetches_end(thread);
	for (struct place *place = thread->places; place != NULL; place = next) {
		next = place->next;
		place->server = NULL;
		place_drop_if_unused(thread, place);
	}
	guests_free(thread->guests);
	snapshot_unref(thread->snapshot);
	status_answer_deinit(&thread->nobody);
	buf_deinit(&thread->print);
	timers_deinit(&thread->timers);
	lane_tools_deinit(&thread->tools);
	slab_deinit(&thread->visits);
	slab_deinit(&thread->greetings);
	slab_deinit(&thread->small);
	slab_deinit(&thread->middle);
	slab_deinit(&thread->large);
	(void)close(thread->epoll);
	if (thread->spare >= 0)
		(void)close(thread->spare);
	mailbox_free(thread->mailbox);
}
