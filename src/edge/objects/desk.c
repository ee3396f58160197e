/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue under one lock, threads that take from it, and a mailbox back. The lock guards the
 * two lists and nothing else; a job belongs to whoever took it off its list.
 */

#include "objects/desk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/files.h"

#define CHUNK 131072

struct desk {
	struct objects_port port;
	struct desk_store *store;
	struct courier *courier;
	uv_async_t done_soon;
	uv_thread_t threads[OBJECTS_AT_ONCE_LIMIT];
	uv_mutex_t lock;
	uv_cond_t changed;
	struct job *waiting, *done; /* done: in the order of their ends */
	struct job *running[OBJECTS_AT_ONCE_LIMIT];
	size_t waiting_count;
	bool stops;
};

static void
job_free(struct job *job)
{
	reply_deinit(&job->reply);
	mem_free(job->key);
	mem_free(job->path);
	mem_free(job->after);
	mem_free(job);
}

/* ---- what stores say and ask ---- */

static void
say(struct job *job, enum reply_result result, const char *format, va_list args)
{
	char reason[1024];

	(void)vsnprintf(reason, sizeof reason, format, args);
	job->reply.result = result;
	(void)text_put(job->reply.reason, sizeof job->reply.reason, reason);
}

void
job_refuse(struct job *job, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(job, REPLY_REFUSED, format, args);
	va_end(args);
}

void
job_unknown(struct job *job, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(job, REPLY_UNKNOWN, format, args);
	va_end(args);
}

struct object_answer *
job_done(struct job *job, enum object_is is)
{
	struct object_answer *answer = mem_new(sizeof *answer);

	ASSERT(job->reply.holds == REPLY_NOTHING);
	answer->is = is;
	job->reply.result = REPLY_DONE;
	job->reply.holds = REPLY_OBJECT;
	job->reply.as.object = answer;
	return answer;
}

ptrdiff_t
job_read(struct job *job, void *bytes, size_t size)
{
	if (atomic_load(&job->cancelled)) {
		(void)text_put(job->source->why, sizeof job->source->why, "it was given up");
		return -ECANCELED;
	}
	return job->source->read(job->source, bytes, size);
}

bool
job_wait(struct job *job, struct duration wait)
{
	struct desk *desk = job->desk;
	uint64_t until = uv_hrtime() + (uint64_t)wait.ms * 1000000, now;

	uv_mutex_lock(&desk->lock);
	while (!atomic_load(&job->cancelled) && (now = uv_hrtime()) < until)
		(void)uv_cond_timedwait(&desk->changed, &desk->lock, until - now);
	uv_mutex_unlock(&desk->lock);
	return !atomic_load(&job->cancelled);
}

/* ---- taking an object ---- */

/* What comes, watched: cancelling ends it, and its bytes are counted. */
struct watched {
	struct object_source source;
	struct object_source *from;
	struct job *job;
	uint64_t bytes;
};

static ptrdiff_t
watched_read(struct object_source *source, void *bytes, size_t size)
{
	struct watched *me = CONTAINER_OF(source, struct watched, source);
	ptrdiff_t got = -ECANCELED;

	if (atomic_load(&me->job->cancelled))
		(void)text_put(source->why, sizeof source->why, "it was given up");
	else
		got = me->from->read(me->from, bytes, size);
	if (got > 0)
		me->bytes += (uint64_t)got;
	else if (got < 0 && source->why[0] == '\0')
		(void)text_put(source->why, sizeof source->why, me->from->why);
	return got;
}

/* To the end; negative with `why` in the source. */
static int
copy_to(struct object_source *content, int fd, const char *path)
{
	CLEANUP(text_freep) char *chunk = mem_new(CHUNK);
	ptrdiff_t got;
	int r = 0;

	while (r == 0 && (got = content->read(content, chunk, CHUNK)) != 0) {
		if (got < 0)
			return (int)got;
		r = fd_write(fd, chunk, (size_t)got);
	}
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0)
		file_explain(r, "write", path, content->why, sizeof content->why);
	return r;
}

static int
take_to_path(struct job *job, struct object_source *content)
{
	CLEANUP(fd_closep)
	int fd = open(job->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0) {
		r = -errno;
		file_explain(r, "make", job->path, content->why, sizeof content->why);
		return r;
	}
	r = copy_to(content, fd, job->path);
	if (r < 0)
		(void)unlink(job->path);
	return r;
}

void
job_take(struct job *job, struct object_source *content)
{
	struct watched watched = { .source = { .read = watched_read },
				   .from = content,
				   .job = job };
	const char *why = watched.source.why;
	int r;

	if (job->reader != NULL) {
		r = job->reader->take(job->reader, &watched.source);
		why = job->reader->why;
	} else {
		r = take_to_path(job, &watched.source);
	}
	if (r < 0)
		job_refuse(job, "%s", why);
	else
		job_done(job, OBJECT_IS_DONE)->size = watched.bytes;
}

/* ---- threads ---- */

static void
append(struct job **list, struct job *job)
{
	while (*list != NULL)
		list = &(*list)->next;
	job->next = NULL;
	*list = job;
}

/* With the lock held: the next job, or NULL at the end. It is in `running`, in *ret_place. */
static struct job *
take_job(struct desk *desk, size_t *ret_place)
{
	struct job *job;

	while (desk->waiting == NULL && !desk->stops)
		uv_cond_wait(&desk->changed, &desk->lock);
	if (desk->stops)
		return NULL;
	job = desk->waiting;
	desk->waiting = job->next;
	desk->waiting_count--;
	for (*ret_place = 0; desk->running[*ret_place] != NULL; ++*ret_place)
		;
	desk->running[*ret_place] = job;
	return job;
}

static void
run(struct desk_store *store, struct job *job)
{
	job->run(store, job);
	if (job->source != NULL && job->source->end != NULL)
		job->source->end(job->source);
}

static void
work(void *argument)
{
	struct desk *desk = argument;
	struct job *job;
	size_t place;

	uv_mutex_lock(&desk->lock);
	while ((job = take_job(desk, &place)) != NULL) {
		uv_mutex_unlock(&desk->lock);
		if (atomic_load(&job->cancelled))
			job_refuse(job, "it was given up before it began");
		else
			run(desk->store, job);
		uv_mutex_lock(&desk->lock);
		desk->running[place] = NULL;
		append(&desk->done, job);
		(void)uv_async_send(&desk->done_soon);
	}
	uv_mutex_unlock(&desk->lock);
}

static void
on_done(uv_async_t *async)
{
	struct desk *desk = CONTAINER_OF(async, struct desk, done_soon);
	struct job *job, *next;

	uv_mutex_lock(&desk->lock);
	job = desk->done;
	desk->done = NULL;
	uv_mutex_unlock(&desk->lock);
	for (; job != NULL; job = next) {
		struct reply reply = job->reply;

		next = job->next;
		reply.ticket = job->ticket;
		courier_reply(desk->courier, &reply);
		job->reply = (struct reply){ .result = REPLY_DONE };
		job_free(job);
	}
}

/* ---- orders ---- */

static struct job *
job_new(struct ticket ticket, const char *key)
{
	struct job *job = mem_new(sizeof *job);

	job->ticket = ticket;
	job->key = text_copy(key);
	return job;
}

/* Into the queue, when it can be carried out. */
static void
submit(struct desk *desk, struct job *job, bool is_valid)
{
	bool fits;

	job->desk = desk;
	if (!is_valid) {
		courier_refuse(desk->courier, job->ticket,
			       "'%.100s' is not a name that an object may have", job->key);
		job_free(job);
		return;
	}
	uv_mutex_lock(&desk->lock);
	fits = desk->waiting_count < OBJECTS_QUEUE_LIMIT;
	if (fits) {
		append(&desk->waiting, job);
		desk->waiting_count++;
		uv_cond_broadcast(&desk->changed);
	}
	uv_mutex_unlock(&desk->lock);
	if (fits)
		return;
	courier_refuse(desk->courier, job->ticket, "too much else waits for the object store");
	job_free(job);
}

static struct desk *
desk_of(struct objects_port *port)
{
	return CONTAINER_OF(port, struct desk, port);
}

struct desk_store *
desk_store(struct objects_port *port)
{
	return desk_of(port)->store;
}

static void
order_put(struct objects_port *port, struct ticket ticket, const struct object_put *put)
{
	struct desk *desk = desk_of(port);
	struct job *job = job_new(ticket, put->key);

	job->run = desk->store->put;
	job->source = put->source;
	job->expected = put->expected;
	job->only_new = put->only_new;
	submit(desk, job, object_key_is_valid(put->key));
}

static void
order_get(struct objects_port *port, struct ticket ticket, const struct object_get *get)
{
	struct desk *desk = desk_of(port);
	struct job *job = job_new(ticket, get->key);

	ASSERT((get->reader != NULL) != (get->path != NULL));
	job->run = desk->store->get;
	job->offset = get->offset;
	job->length = get->length;
	job->reader = get->reader;
	job->path = text_copy(get->path);
	submit(desk, job, object_key_is_valid(get->key));
}

static void
order_head(struct objects_port *port, struct ticket ticket, const char *key)
{
	struct desk *desk = desk_of(port);
	struct job *job = job_new(ticket, key);

	job->run = desk->store->head;
	submit(desk, job, object_key_is_valid(key));
}

static void
order_list(struct objects_port *port, struct ticket ticket, const struct object_list *list)
{
	struct desk *desk = desk_of(port);
	struct job *job = job_new(ticket, list->prefix);

	ASSERT(list->limit > 0 && list->limit <= OBJECTS_PAGE_LIMIT);
	job->run = desk->store->list;
	job->after = text_copy(list->after);
	job->limit = list->limit;
	submit(desk, job,
	       object_prefix_is_valid(list->prefix) &&
		       (list->after == NULL || object_prefix_is_valid(list->after)));
}

static void
order_remove(struct objects_port *port, struct ticket ticket, const char *key)
{
	struct desk *desk = desk_of(port);
	struct job *job = job_new(ticket, key);

	job->run = desk->store->remove;
	submit(desk, job, object_key_is_valid(key));
}

static void
order_sweep(struct objects_port *port, struct ticket ticket, struct instant before)
{
	struct desk *desk = desk_of(port);
	struct job *job = job_new(ticket, "");

	job->run = desk->store->sweep;
	job->before = before;
	submit(desk, job, true);
}

static void
order_cancel(struct objects_port *port, struct ticket ticket)
{
	struct desk *desk = desk_of(port);

	uv_mutex_lock(&desk->lock);
	for (struct job *job = desk->waiting; job != NULL; job = job->next)
		if (job->ticket.v == ticket.v)
			atomic_store(&job->cancelled, true);
	for (size_t i = 0; i < OBJECTS_AT_ONCE_LIMIT; i++)
		if (desk->running[i] != NULL && desk->running[i]->ticket.v == ticket.v)
			atomic_store(&desk->running[i]->cancelled, true);
	uv_cond_broadcast(&desk->changed);
	uv_mutex_unlock(&desk->lock);
}

/* ---- beginning and end ---- */

struct objects_port *
desk_port_new(uv_loop_t *loop, struct desk_store *store, courier_deliver *deliver, void *argument)
{
	struct desk *desk = mem_new(sizeof *desk);

	desk->port = (struct objects_port){ .put = order_put,
					    .get = order_get,
					    .head = order_head,
					    .list = order_list,
					    .remove = order_remove,
					    .sweep = order_sweep,
					    .cancel = order_cancel };
	desk->store = store;
	desk->courier = courier_new(loop, deliver, argument);
	ASSERT(uv_async_init(loop, &desk->done_soon, on_done) == 0);
	ASSERT(uv_mutex_init(&desk->lock) == 0 && uv_cond_init(&desk->changed) == 0);
	for (size_t i = 0; i < OBJECTS_AT_ONCE_LIMIT; i++)
		ASSERT(uv_thread_create(&desk->threads[i], work, desk) == 0);
	return &desk->port;
}

static void
on_desk_closed(uv_handle_t *handle)
{
	mem_free(CONTAINER_OF((uv_async_t *)handle, struct desk, done_soon));
}

static void
jobs_free(struct job *job)
{
	while (job != NULL) {
		struct job *next = job->next;

		job_free(job);
		job = next;
	}
}

void
desk_port_free(struct objects_port *port)
{
	struct desk *desk;

	if (port == NULL)
		return;
	desk = desk_of(port);
	uv_mutex_lock(&desk->lock);
	desk->stops = true;
	for (size_t i = 0; i < OBJECTS_AT_ONCE_LIMIT; i++)
		if (desk->running[i] != NULL)
			atomic_store(&desk->running[i]->cancelled, true);
	uv_cond_broadcast(&desk->changed);
	uv_mutex_unlock(&desk->lock);
	for (size_t i = 0; i < OBJECTS_AT_ONCE_LIMIT; i++)
		ASSERT(uv_thread_join(&desk->threads[i]) == 0);
	jobs_free(desk->waiting);
	jobs_free(desk->done);
	desk->store->free(desk->store);
	courier_free(desk->courier);
	uv_mutex_destroy(&desk->lock);
	uv_cond_destroy(&desk->changed);
	uv_close((uv_handle_t *)&desk->done_soon, on_desk_closed);
}
