/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue under one lock, threads that take from it, and a mailbox back. The lock guards the
 * lists and the options; a job belongs to whoever took it, but for its watch, which is atomic.
 */

#include "install/workshop_port.h"

#include <string.h>

#include "fetch/exchange.h"
#include "install/installer.h"

#define THREADS	 4
#define INSTALLS 3    /* at once: downloads share one line anyway */
#define QUEUE	 1000 /* as many as there are servers */

struct job {
	struct job *next;
	struct ticket ticket;
	bool is_install;
	char *server, *directory;
	struct preparation *preparation;
	bool again;
	struct installer_watch watch;
	struct reply reply;
};

struct workshop {
	struct workshop_port port;
	struct courier *courier;
	workshop_render *render;
	uv_async_t done_soon;
	uv_thread_t threads[THREADS];
	uv_mutex_t lock;
	uv_cond_t changed;
	struct job *waiting, *done; /* done: in the order of their ends */
	struct job *running[THREADS];
	size_t waiting_count;
	bool stops;
	struct downloader_options options; /* ours, deep */
};

static struct workshop *
workshop_of(struct workshop_port *port)
{
	return CONTAINER_OF(port, struct workshop, port);
}

/* ---- options ---- */

static void
options_free(struct downloader_options *options)
{
	mem_free((char *)options->fetch.user_agent);
	mem_free((char *)options->fetch.ca_file);
	mem_free((struct network *)options->fetch.allow);
	texts_free((char **)options->mirrors);
}

static struct downloader_options
options_copy(const struct downloader_options *from)
{
	struct network *allow = mem_new_array(from->fetch.allow_count, sizeof *allow);

	if (from->fetch.allow_count > 0)
		memcpy(allow, from->fetch.allow, from->fetch.allow_count * sizeof *allow);
	return (struct downloader_options){
		.fetch = { .user_agent = text_copy(from->fetch.user_agent),
			   .ca_file = text_copy(from->fetch.ca_file),
			   .allow = allow,
			   .allow_count = from->fetch.allow_count },
		.mirrors = texts_copy(from->mirrors),
	};
}

/* ---- jobs ---- */

static void
job_free(struct job *job)
{
	reply_deinit(&job->reply);
	preparation_free(job->preparation);
	mem_free(job->server);
	mem_free(job->directory);
	mem_free(job);
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

static void
append(struct job **list, struct job *job)
{
	while (*list != NULL)
		list = &(*list)->next;
	job->next = NULL;
	*list = job;
}

static void
refuse(struct job *job, const char *why)
{
	job->reply.result = REPLY_REFUSED;
	(void)text_put(job->reply.reason, sizeof job->reply.reason, why);
}

static void
install(struct workshop *workshop, struct job *job)
{
	struct installer_order order = { .directory = job->directory,
					 .preparation = job->preparation,
					 .watch = &job->watch };
	char said[REASON_LIMIT + 1];
	int r = 0;

	uv_mutex_lock(&workshop->lock);
	order.downloader = downloader_new(&workshop->options);
	uv_mutex_unlock(&workshop->lock);
	if (job->again)
		r = installer_forget(job->directory);
	if (r == 0)
		r = installer_run(&order, said);
	else
		(void)text_put(said, sizeof said, "what was installed before cannot be forgotten");
	downloader_free(order.downloader);
	if (r < 0) {
		refuse(job, said);
		return;
	}
	job->reply.holds = REPLY_TEXT;
	job->reply.as.text = text_copy(r == 1 ? "" : said[0] != '\0' ? said : "It is installed.");
}

static void
do_job(struct workshop *workshop, struct job *job)
{
	const struct workshop_order order = { .server = job->server,
					      .directory = job->directory,
					      .preparation = job->preparation };
	char why[REASON_LIMIT + 1] = "";

	if (atomic_load(&job->watch.cancelled))
		refuse(job, "it was given up before it began");
	else if (job->is_install)
		install(workshop, job);
	else if (workshop->render(&order, why) < 0)
		refuse(job, why);
}

/* ---- threads ---- */

static bool
may_run(const struct workshop *workshop, const struct job *job)
{
	size_t installs = 0;

	for (size_t i = 0; i < THREADS; i++) {
		const struct job *other = workshop->running[i];

		if (other == NULL)
			continue;
		if (strcmp(other->server, job->server) == 0)
			return false;
		installs += other->is_install ? 1 : 0;
	}
	return !job->is_install || installs < INSTALLS;
}

/* With the lock held: the first job that may run, or NULL at the end. */
static struct job *
take_job(struct workshop *workshop, size_t place)
{
	while (!workshop->stops) {
		for (struct job **at = &workshop->waiting; *at != NULL; at = &(*at)->next) {
			struct job *job = *at;

			if (!may_run(workshop, job))
				continue;
			*at = job->next;
			workshop->waiting_count--;
			workshop->running[place] = job;
			return job;
		}
		uv_cond_wait(&workshop->changed, &workshop->lock);
	}
	return NULL;
}

struct worker {
	struct workshop *workshop;
	size_t place;
};

static void
work(void *argument)
{
	struct worker worker = *(struct worker *)argument;
	struct workshop *workshop = worker.workshop;
	struct job *job;

	mem_free(argument);
	uv_mutex_lock(&workshop->lock);
	while ((job = take_job(workshop, worker.place)) != NULL) {
		uv_mutex_unlock(&workshop->lock);
		do_job(workshop, job);
		uv_mutex_lock(&workshop->lock);
		workshop->running[worker.place] = NULL;
		append(&workshop->done, job);
		(void)uv_async_send(&workshop->done_soon);
		uv_cond_broadcast(&workshop->changed);
	}
	uv_mutex_unlock(&workshop->lock);
}

static void
on_done(uv_async_t *async)
{
	struct workshop *workshop = CONTAINER_OF(async, struct workshop, done_soon);
	struct job *job, *next;

	uv_mutex_lock(&workshop->lock);
	job = workshop->done;
	workshop->done = NULL;
	uv_mutex_unlock(&workshop->lock);
	for (; job != NULL; job = next) {
		struct reply reply = job->reply;

		next = job->next;
		reply.ticket = job->ticket;
		courier_reply(workshop->courier, &reply);
		job->reply = (struct reply){ .result = REPLY_DONE };
		job_free(job);
	}
}

/* ---- orders ---- */

static void
submit(struct workshop_port *port, struct ticket ticket, const struct workshop_order *order,
       bool is_install)
{
	struct workshop *workshop = workshop_of(port);
	struct job *job = mem_new(sizeof *job);
	bool fits;

	job->ticket = ticket;
	job->is_install = is_install;
	job->again = order->again;
	job->server = text_copy(order->server);
	job->directory = text_copy(order->directory);
	job->preparation = preparation_copy(order->preparation);
	uv_mutex_lock(&workshop->lock);
	fits = workshop->waiting_count < QUEUE;
	if (fits) {
		append(&workshop->waiting, job);
		workshop->waiting_count++;
		uv_cond_broadcast(&workshop->changed);
	}
	uv_mutex_unlock(&workshop->lock);
	if (fits)
		return;
	courier_refuse(workshop->courier, ticket, "too much else is being prepared");
	job_free(job);
}

static void
order_install(struct workshop_port *port, struct ticket ticket, const struct workshop_order *order)
{
	submit(port, ticket, order, true);
}

static void
order_render(struct workshop_port *port, struct ticket ticket, const struct workshop_order *order)
{
	submit(port, ticket, order, false);
}

static void
order_cancel(struct workshop_port *port, struct ticket ticket)
{
	struct workshop *workshop = workshop_of(port);

	uv_mutex_lock(&workshop->lock);
	for (struct job *job = workshop->waiting; job != NULL; job = job->next)
		if (job->ticket.v == ticket.v)
			atomic_store(&job->watch.cancelled, true);
	for (size_t i = 0; i < THREADS; i++)
		if (workshop->running[i] != NULL && workshop->running[i]->ticket.v == ticket.v)
			atomic_store(&workshop->running[i]->watch.cancelled, true);
	uv_mutex_unlock(&workshop->lock);
}

static void
tell(struct job *job, struct workshop_progress *ret_progress)
{
	const struct preparation *preparation = job->preparation;
	size_t step = atomic_load(&job->watch.step);

	*ret_progress = (struct workshop_progress){
		.step = step,
		.step_count = preparation->step_count,
		.bytes = atomic_load(&job->watch.bytes),
		.bytes_expected = atomic_load(&job->watch.bytes_expected),
		.begun = atomic_load(&job->watch.begun),
	};
	if (step < preparation->step_count)
		installer_title(&preparation->steps[step], ret_progress->title,
				sizeof ret_progress->title);
}

static bool
order_progress(struct workshop_port *port, struct ticket ticket,
	       struct workshop_progress *ret_progress)
{
	struct workshop *workshop = workshop_of(port);
	bool found = false;

	uv_mutex_lock(&workshop->lock);
	for (struct job *job = workshop->waiting; job != NULL && !found; job = job->next) {
		found = job->ticket.v == ticket.v;
		if (found)
			tell(job, ret_progress);
	}
	for (size_t i = 0; i < THREADS && !found; i++) {
		found = workshop->running[i] != NULL && workshop->running[i]->ticket.v == ticket.v;
		if (found)
			tell(workshop->running[i], ret_progress);
	}
	uv_mutex_unlock(&workshop->lock);
	return found;
}

/* ---- beginning and end ---- */

void
workshop_port_configure(struct workshop_port *port, const struct downloader_options *options)
{
	struct workshop *workshop = workshop_of(port);

	uv_mutex_lock(&workshop->lock);
	options_free(&workshop->options);
	workshop->options = options_copy(options);
	uv_mutex_unlock(&workshop->lock);
}

struct workshop_port *
workshop_port_new(uv_loop_t *loop, const struct downloader_options *options,
		  workshop_render *render, courier_deliver *deliver, void *argument)
{
	struct workshop *workshop = mem_new(sizeof *workshop);

	exchange_start();
	workshop->port = (struct workshop_port){ .install = order_install,
						 .render = order_render,
						 .cancel = order_cancel,
						 .progress = order_progress };
	workshop->render = render;
	workshop->options = options_copy(options);
	workshop->courier = courier_new(loop, deliver, argument);
	ASSERT(uv_async_init(loop, &workshop->done_soon, on_done) == 0);
	ASSERT(uv_mutex_init(&workshop->lock) == 0 && uv_cond_init(&workshop->changed) == 0);
	for (size_t i = 0; i < THREADS; i++) {
		struct worker *worker = mem_new(sizeof *worker);

		*worker = (struct worker){ workshop, i };
		ASSERT(uv_thread_create(&workshop->threads[i], work, worker) == 0);
	}
	return &workshop->port;
}

static void
on_closed(uv_handle_t *handle)
{
	mem_free(CONTAINER_OF((uv_async_t *)handle, struct workshop, done_soon));
}

void
workshop_port_free(struct workshop_port *port)
{
	struct workshop *workshop;

	if (port == NULL)
		return;
	workshop = workshop_of(port);
	uv_mutex_lock(&workshop->lock);
	workshop->stops = true;
	for (size_t i = 0; i < THREADS; i++)
		if (workshop->running[i] != NULL)
			atomic_store(&workshop->running[i]->watch.cancelled, true);
	uv_cond_broadcast(&workshop->changed);
	uv_mutex_unlock(&workshop->lock);
	for (size_t i = 0; i < THREADS; i++)
		ASSERT(uv_thread_join(&workshop->threads[i]) == 0);
	jobs_free(workshop->waiting);
	jobs_free(workshop->done);
	options_free(&workshop->options);
	courier_free(workshop->courier);
	exchange_stop();
	uv_mutex_destroy(&workshop->lock);
	uv_cond_destroy(&workshop->changed);
	uv_close((uv_handle_t *)&workshop->done_soon, on_closed);
}
