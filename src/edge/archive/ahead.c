/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring between two threads. Its places belong to the thread that fills or empties them, so
 * bytes are copied without the lock; only `made` and `taken`, which only grow, are under it.
 */

#include "archive/ahead.h"

#include <string.h>
#include <uv.h>

struct ahead {
	struct object_source source;
	struct object_source *from;
	unsigned char *ring;
	uv_thread_t thread;
	bool has_thread;
	uv_mutex_t lock;
	uv_cond_t changed;
	/* With the lock held: */
	uint64_t made, taken; /* bytes so far */
	bool stops;
	bool ended; /* `last` is what the source said */
	ptrdiff_t last;
};

/* With the lock held: how much may be put at ret_at; 0 = no more is wanted. */
static size_t
wait_for_room(struct ahead *ahead, size_t *ret_at)
{
	size_t room, to_the_end;

	while (ahead->made - ahead->taken == AHEAD_SIZE && !ahead->stops)
		uv_cond_wait(&ahead->changed, &ahead->lock);
	if (ahead->stops)
		return 0;
	*ret_at = (size_t)(ahead->made % AHEAD_SIZE);
	room = AHEAD_SIZE - (size_t)(ahead->made - ahead->taken);
	to_the_end = AHEAD_SIZE - *ret_at;
	return room < to_the_end ? room : to_the_end;
}

static void
read_ahead(void *argument)
{
	struct ahead *ahead = argument;
	size_t at, room;

	uv_mutex_lock(&ahead->lock);
	while (!ahead->ended && (room = wait_for_room(ahead, &at)) > 0) {
		ptrdiff_t got;

		uv_mutex_unlock(&ahead->lock);
		got = ahead->from->read(ahead->from, ahead->ring + at, room);
		uv_mutex_lock(&ahead->lock);
		ahead->ended = got <= 0;
		ahead->last = got;
		if (got > 0)
			ahead->made += (uint64_t)got;
		uv_cond_signal(&ahead->changed);
	}
	uv_mutex_unlock(&ahead->lock);
}

/* With the lock held: how much there is at ret_at; 0 = the source has ended. */
static size_t
wait_for_bytes(struct ahead *ahead, size_t *ret_at)
{
	size_t there, to_the_end;

	while (ahead->made == ahead->taken && !ahead->ended)
		uv_cond_wait(&ahead->changed, &ahead->lock);
	*ret_at = (size_t)(ahead->taken % AHEAD_SIZE);
	there = (size_t)(ahead->made - ahead->taken);
	to_the_end = AHEAD_SIZE - *ret_at;
	return there < to_the_end ? there : to_the_end;
}

static ptrdiff_t
ahead_read(struct object_source *source, void *bytes, size_t size)
{
	struct ahead *ahead = CONTAINER_OF(source, struct ahead, source);
	size_t at, there;

	if (!ahead->has_thread)
		ASSERT(uv_thread_create(&ahead->thread, read_ahead, ahead) == 0);
	ahead->has_thread = true;
	uv_mutex_lock(&ahead->lock);
	ASSERT(!ahead->stops);
	there = wait_for_bytes(ahead, &at);
	uv_mutex_unlock(&ahead->lock);
	if (there == 0) {
		if (ahead->last < 0)
			(void)text_put(source->why, sizeof source->why, ahead->from->why);
		return ahead->last;
	}
	if (there > size)
		there = size;
	memcpy(bytes, ahead->ring + at, there);
	uv_mutex_lock(&ahead->lock);
	ahead->taken += there;
	uv_cond_signal(&ahead->changed);
	uv_mutex_unlock(&ahead->lock);
	return (ptrdiff_t)there;
}

struct ahead *
ahead_new(struct object_source *from)
{
	struct ahead *ahead = mem_new(sizeof *ahead);

	ahead->source.read = ahead_read;
	ahead->from = from;
	ahead->ring = mem_new(AHEAD_SIZE);
	ASSERT(uv_mutex_init(&ahead->lock) == 0);
	ASSERT(uv_cond_init(&ahead->changed) == 0);
	return ahead;
}

void
ahead_end(struct ahead *ahead)
{
	uv_mutex_lock(&ahead->lock);
	ahead->stops = true;
	uv_cond_signal(&ahead->changed);
	uv_mutex_unlock(&ahead->lock);
	if (ahead->has_thread)
		ASSERT(uv_thread_join(&ahead->thread) == 0);
	ahead->has_thread = false;
}

void
ahead_free(struct ahead *ahead)
{
	if (ahead == NULL)
		return;
	ahead_end(ahead);
	uv_cond_destroy(&ahead->changed);
	uv_mutex_destroy(&ahead->lock);
	mem_free(ahead->ring);
	mem_free(ahead);
}

struct object_source *
ahead_source(struct ahead *ahead)
{
	return &ahead->source;
}
