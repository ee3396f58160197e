/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers as one thread knows them: who is held for each, what it last answered,
 * and letting the held in. Hard because a whole crowd is let in at one moment:
 * in slices, so that the others in the thread are served, or one by one where
 * the game's throttle would refuse the second.
 */

#include "relay/thread.h"

struct place *
place_get(struct relay_thread *thread, struct shared_server *shared)
{
	struct place *place = shared->places[thread->index];

	if (place != NULL)
		return place;
	place = mem_new(sizeof *place);
	(void)__atomic_add_fetch(&shared->references, 1, __ATOMIC_RELAXED);
	place->shared = shared;
	place->timer.kind = TIMER_PLACE;
	place->next = thread->places;
	if (place->next != NULL)
		place->next->previous = place;
	thread->places = place;
	shared->places[thread->index] = place;
	return place;
}

struct place *
place_of(struct relay_thread *thread, const struct gate_server *server)
{
	struct place *place;
	size_t index;

	if (server == NULL)
		return NULL;
	index = (size_t)(server - thread->table->servers);
	ASSERT(index < thread->table->server_count);
	place = place_get(thread, thread->snapshot->servers[index]);
	place->server = server;
	return place;
}

void
place_drop_if_unused(struct relay_thread *thread, struct place *place)
{
	if (place->users > 0 || place->server != NULL)
		return;
	ASSERT(place->held.count == 0);
	timers_clear(&thread->timers, &place->timer);
	if (place->next != NULL)
		place->next->previous = place->previous;
	if (place->previous != NULL)
		place->previous->next = place->next;
	else
		thread->places = place->next;
	status_answer_deinit(&place->answer);
	for (size_t i = 0; i < ELEMENTS(place->fetched); i++)
		buf_deinit(&place->fetched[i].frame);
	place->shared->places[thread->index] = NULL;
	shared_unref(place->shared);
	mem_free(place);
}

void
place_leave(struct relay_thread *thread, struct place *place)
{
	ASSERT(place->users > 0);
	place->users--;
	place_drop_if_unused(thread, place);
}

/* May one be let in now? If not, when. */
static bool
may_release(struct place *place, int64_t now, int64_t *ret_at)
{
	int64_t at = __atomic_load_n(&place->shared->release_at, __ATOMIC_RELAXED);

	if (!verdict_wants_spacing(place->server))
		return true;
	while (now >= at) {
		if (__atomic_compare_exchange_n(&place->shared->release_at, &at, now + SPACING_MS,
						false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return true;
	}
	*ret_at = at;
	return false;
}

void
place_release(struct relay_thread *thread, struct place *place)
{
	unsigned left = RELEASES_A_TURN;
	int64_t at = thread->now + RELEASE_EVERY_MS;

	place->users++; /* the last of them must not take the place away */
	while (place->held.first != NULL && place->server != NULL &&
	       verdict_waiting(place->server, 0).is == VERDICT_LET_IN) {
		if (left-- == 0 || !may_release(place, thread->now, &at)) {
			timers_set(&thread->timers, &place->timer, at);
			break;
		}
		dial(thread, place->held.first);
	}
	place_leave(thread, place);
}

/* A newer table: who is held may be let in, or has to be told something. */
static void
judge_held(struct relay_thread *thread, struct place *place)
{
	struct visit *next;

	place->users++;
	for (struct visit *visit = place->held.first; visit != NULL; visit = next) {
		next = visit->next;
		wait_judge(thread, visit);
	}
	place_release(thread, place);
	place_leave(thread, place);
}

void
places_update(struct relay_thread *thread, struct snapshot *snapshot)
{
	struct snapshot *old = thread->snapshot;
	struct place *next;

	for (struct place *place = thread->places; place != NULL; place = place->next) {
		place->server = NULL;
		place->is_answer_fresh = false;
	}
	thread->snapshot = snapshot;
	thread->table = snapshot->table;
	for (size_t i = 0; i < thread->table->server_count; i++)
		(void)place_of(thread, &thread->table->servers[i]);
	thread->is_nobody_fresh = false;
	for (struct place *place = thread->places; place != NULL; place = next) {
		place->users++;
		guests_judge(thread, place);
		if (place->held.count > 0)
			judge_held(thread, place);
		next = place->next; /* what ends meanwhile is in this place only */
		place_leave(thread, place);
	}
	snapshot_unref(old);
	COUNT(thread, tables);
}
