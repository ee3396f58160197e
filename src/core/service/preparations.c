/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A job for each server that is being prepared, or was for the run it is in. What makes it
 * hard is that a start asks while nothing may be decided: so asking only leaves a wish, and
 * the next turn sees to it.
 */

#include "service/preparations.h"

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "model/preparation.h"
#include "service/keyed.h"

#define LOOK_EVERY     DURATION_MS(500) /* at how far an installation is */
#define UNKNOWN_WITHIN DURATION_S(30)	/* an order nobody knows of, and no answer: it is lost */

enum job_is {
	JOB_WANTED,
	JOB_INSTALLING,
	JOB_INSTALLED, /* its files are to be rendered */
	JOB_RENDERING,
	JOB_DONE,
	JOB_FAILED
};

struct job {
	char server[SERVER_NAME_LIMIT + 1];
	struct preparations *of;
	enum job_is is;
	char token[RUN_TOKEN_SIZE]; /* of the start it is for; "" = somebody asked */
	char by[USER_NAME_LIMIT + 1];
	bool again;
	char what[INSTALL_DIGEST_SIZE]; /* is prepared: the declaration when it began */
	struct ticket ticket;		/* of the order under way */
	struct instant unknown_since;	/* the workshop knows nothing of it */
	bool cancelled;
	bool begun_told;
	struct instant since;
	bool answered; /* what the order came to is not told yet */
	char said[REASON_LIMIT + 1];
	char reason[REASON_LIMIT + 1];
};

struct preparations {
	struct plane *plane;
	struct plane_service service;
	struct keyed jobs;
};

static const struct server *
server_of(const struct job *job)
{
	return plane_server(job->of->plane, job->server);
}

static struct workshop_port *
workshop_of(const struct preparations *p)
{
	return plane_ports(p->plane)->workshop;
}

static void
job_remove(struct job *job)
{
	if (job->ticket.v != 0)
		plane_forget(job->of->plane, job->ticket);
	(void)keyed_remove(&job->of->jobs, job->server);
	mem_free(job);
}

static struct job *
job_new(struct preparations *p, const char *server)
{
	struct job *job = mem_new(sizeof *job);

	(void)text_put(job->server, sizeof job->server, server);
	job->of = p;
	keyed_add(&p->jobs, job);
	return job;
}

static bool
is_under_way(const struct job *job)
{
	return job->is != JOB_DONE && job->is != JOB_FAILED;
}

static bool
needs_none(const struct server *server)
{
	return server->spec->preparation == NULL || preparation_is_empty(server->spec->preparation);
}

/* Has the declaration become another since the job began? */
static bool
is_of_old(const struct job *job, const struct server *server)
{
	char what[INSTALL_DIGEST_SIZE];

	preparation_fingerprint(server->spec->preparation, server->spec->local.directory, what);
	return strcmp(job->what, what) != 0 && !MUTANT(PREPARED_FOR_ANOTHER);
}

/* ---- telling ---- */

static json_t *
news(const struct job *job)
{
	json_t *data = json_object();

	json_set_text(data, "by", job->by[0] != '\0' ? job->by : NULL);
	return data;
}

static void
tell_begun(struct job *job)
{
	const struct server *server = server_of(job);
	json_t *data = news(job);

	job->begun_told = true;
	json_set_integer(data, "steps", (json_int_t)server->spec->preparation->step_count);
	plane_tell(job->of->plane, EVENT_INSTALL_STARTED, job->server, data);
}

static void
tell_end(struct job *job, struct instant now)
{
	json_t *data;

	if (job->is == JOB_FAILED && !job->begun_told && job->cancelled)
		return;
	if (!job->begun_told)
		tell_begun(job);
	data = news(job);
	json_set_integer(data, "took_ms", instant_since(now, job->since).ms);
	if (job->is == JOB_FAILED)
		json_set_text(data, "reason", job->reason);
	else if (job->said[0] != '\0')
		json_set_text(data, "note", job->said);
	plane_tell(job->of->plane,
		   job->is == JOB_FAILED ? EVENT_INSTALL_FAILED : EVENT_INSTALL_FINISHED,
		   job->server, data);
}

/* ---- orders ---- */

static void
on_answer(void *argument, const struct reply *reply)
{
	struct job *job = argument;

	job->ticket = (struct ticket){ 0 };
	job->answered = true;
	if (reply->result != REPLY_DONE) {
		(void)text_put(job->reason, sizeof job->reason,
			       reply->reason[0] != '\0' ? reply->reason
							: "It is not known what became of it.");
		/* The next look tells whether it was the steps or the files. */
	} else {
		job->reason[0] = '\0';
		if (job->is == JOB_INSTALLING && reply->holds == REPLY_TEXT)
			(void)text_put(job->said, sizeof job->said, reply->as.text);
	}
	plane_wake_service(job->of->plane, &job->of->service);
}

static void
order(struct job *job, const struct server *server)
{
	struct workshop_port *port = workshop_of(job->of);
	const struct workshop_order wanted = { .server = job->server,
					       .directory = server->spec->local.directory,
					       .preparation = server->spec->preparation,
					       .again = job->again || MUTANT(PREPARED_EACH_TIME) };

	job->ticket = plane_expect(job->of->plane, on_answer, job);
	if (job->is == JOB_INSTALLING)
		port->install(port, job->ticket, &wanted);
	else
		port->render(port, job->ticket, &wanted);
}

/* ---- what becomes of a job ---- */

/* Is the start that it is for still under way? What somebody asked for always is. */
static bool
is_wanted(const struct job *job, const struct server *server)
{
	char token[RUN_TOKEN_SIZE];

	if (server == NULL || server->spec->preparation == NULL)
		return false;
	if (job->token[0] == '\0')
		return true;
	run_token(&server->status.run, token);
	return strcmp(token, job->token) == 0 && server->status.run.id[0] != '\0' &&
	       (!is_under_way(job) || server->status.want == WANT_UP);
}

/* An order was answered. */
static void
go_on(struct job *job, const struct server *server, struct instant now)
{
	bool was_install = job->is == JOB_INSTALLING;

	job->answered = false;
	if (job->reason[0] != '\0') {
		job->is = JOB_FAILED;
		tell_end(job, now);
	} else if (was_install) {
		job->is = server->spec->preparation->file_count > 0 ? JOB_INSTALLED : JOB_DONE;
		if (job->token[0] == '\0' && job->said[0] == '\0')
			(void)text_put(job->said, sizeof job->said,
				       "It was installed before, and nothing was done.");
		if (job->said[0] != '\0' || job->begun_told) {
			enum job_is next = job->is;

			job->is = JOB_DONE;
			tell_end(job, now);
			job->is = next;
		}
	} else {
		job->is = JOB_DONE;
	}
}

/*
 * How far is the order? One that the workshop knows nothing of, and that nobody answers, did
 * not come there, or its answer did not come here: it is ordered anew.
 */
static void
look_at_order(struct job *job, struct instant now)
{
	struct workshop_port *port = workshop_of(job->of);
	struct workshop_progress progress;

	if (port->progress(port, job->ticket, &progress)) {
		job->unknown_since = NEVER;
		if (job->is == JOB_INSTALLING && !job->begun_told && !job->cancelled &&
		    progress.begun)
			tell_begun(job);
		return;
	}
	if (!instant_is_set(job->unknown_since))
		job->unknown_since = now;
	if (instant_since(now, job->unknown_since).ms < UNKNOWN_WITHIN.ms)
		return;
	plane_forget(job->of->plane, job->ticket);
	job->ticket = (struct ticket){ 0 };
	job->unknown_since = NEVER;
	if (job->cancelled)
		job->is = JOB_FAILED;
}

/* One job's turn; it may be gone behind it. */
static void
look_at(struct job *job, struct instant now)
{
	const struct server *server = server_of(job);
	struct workshop_port *port = workshop_of(job->of);
	bool is_wanted_still = is_wanted(job, server);

	if (!is_wanted_still && job->ticket.v != 0 && !job->cancelled) {
		job->cancelled = true;
		port->cancel(port, job->ticket);
	}
	if (job->ticket.v != 0)
		look_at_order(job, now);
	if (!is_wanted_still) {
		if (job->ticket.v == 0)
			job_remove(job);
		return;
	}
	if (job->is == JOB_WANTED) {
		job->since = now;
		preparation_fingerprint(server->spec->preparation, server->spec->local.directory,
					job->what);
		job->is =
			server->spec->preparation->step_count > 0 ? JOB_INSTALLING : JOB_RENDERING;
	} else if (job->answered) {
		go_on(job, server, now);
		if (job->is == JOB_INSTALLED)
			job->is = JOB_RENDERING;
	}
	if (!is_under_way(job) && job->token[0] == '\0')
		job_remove(job);
}

static struct instant
decide(struct plane_service *service, struct instant now)
{
	struct preparations *p = CONTAINER_OF(service, struct preparations, service);
	bool any = false;

	for (size_t i = p->jobs.count; i > 0; i--)
		look_at(p->jobs.items[i - 1], now);
	for (size_t i = 0; i < p->jobs.count; i++)
		any = any || is_under_way(p->jobs.items[i]);
	return any ? instant_add(now, LOOK_EVERY) : NEVER;
}

static void
act(struct plane_service *service, struct instant now)
{
	struct preparations *p = CONTAINER_OF(service, struct preparations, service);

	(void)now;
	for (size_t i = 0; i < p->jobs.count; i++) {
		struct job *job = p->jobs.items[i];
		const struct server *server = server_of(job);

		if ((job->is == JOB_INSTALLING || job->is == JOB_RENDERING) && job->ticket.v == 0 &&
		    !job->answered && server != NULL && server->spec->preparation != NULL)
			order(job, server);
	}
}

/* A change of events wakes it anyway; it reads the servers themselves. */
static void
told(struct plane_service *service, const struct store_event *events, size_t count)
{
	(void)service;
	(void)events;
	(void)count;
}

/* ---- the start ---- */

static enum consent
answer_start(const struct job *job, char ret_reason[static REASON_LIMIT + 1])
{
	if (job->is == JOB_DONE || (job->is == JOB_FAILED && MUTANT(PREPARED_BADLY)))
		return CONSENT_GIVEN;
	if (job->is != JOB_FAILED)
		return MUTANT(PREPARED_IN_HASTE) ? CONSENT_GIVEN : CONSENT_WAITS;
	(void)text_put(ret_reason, REASON_LIMIT + 1, job->reason);
	return CONSENT_REFUSED;
}

/* In a run that is durable, of which a start is under way. */
static enum consent
consent_start(struct preparations *p, const struct server *server,
	      char ret_reason[static REASON_LIMIT + 1])
{
	const char *name = server->spec->name;
	struct job *job = keyed_find(&p->jobs, name);
	char token[RUN_TOKEN_SIZE];

	if (needs_none(server))
		return job != NULL && job->ticket.v != 0 ? CONSENT_WAITS : CONSENT_GIVEN;
	run_token(&server->status.run, token);
	if (token[0] == '\0')
		return CONSENT_WAITS;
	if (job != NULL && strcmp(job->token, token) == 0 && !job->cancelled &&
	    (is_under_way(job) || !is_of_old(job, server)))
		return answer_start(job, ret_reason);
	/* What goes on there for something else comes first, and what people asked for. */
	if (job != NULL && (job->ticket.v != 0 || (job->token[0] == '\0' && is_under_way(job))))
		return CONSENT_WAITS;
	if (job != NULL)
		job_remove(job);
	job = job_new(p, name);
	(void)text_put(job->token, sizeof job->token, token);
	plane_wake_service(p->plane, &p->service);
	return CONSENT_WAITS;
}

/*
 * Before its run is durable nothing can be said of a start: what is known is about the run
 * before it, or the try.
 */
static enum consent
consent(struct plane_service *service, enum consent_to to, const char *name,
	char ret_reason[static REASON_LIMIT + 1])
{
	struct preparations *p = CONTAINER_OF(service, struct preparations, service);
	const struct server *server = plane_server(p->plane, name);

	if (workshop_of(p) == NULL || server == NULL)
		return CONSENT_GIVEN;
	switch (to) {
	case CONSENT_AT_ONCE:
		if (MUTANT(PREPARED_BEFORE))
			break;
		return needs_none(server) && keyed_find(&p->jobs, name) == NULL ? CONSENT_GIVEN
										: CONSENT_WAITS;
	case CONSENT_PREPARED:
		return consent_start(p, server, ret_reason);
	case CONSENT_RESTORED:
	case CONSENT_RELEASE:
	case CONSENT_MAX:
		break;
	}
	return CONSENT_GIVEN;
}

/* ---- outside ---- */

struct preparations *
preparations_new(struct plane *plane)
{
	struct preparations *p = mem_new(sizeof *p);

	p->plane = plane;
	p->service = (struct plane_service){
		.decide = decide, .act = act, .told = told, .consent = consent
	};
	return p;
}

void
preparations_load(struct preparations *p)
{
	plane_add_service(p->plane, &p->service);
}

void
preparations_unload(struct preparations *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->jobs.count; i++)
		mem_free(p->jobs.items[i]);
	keyed_deinit(&p->jobs);
	mem_free(p);
}

enum preparations_answer
preparations_install(struct preparations *p, const char *name, const char *by, bool again)
{
	const struct server *server = plane_server(p->plane, name);
	struct job *job = keyed_find(&p->jobs, name);

	if (workshop_of(p) == NULL || server->spec->preparation == NULL ||
	    server->spec->preparation->step_count == 0)
		return PREPARATIONS_NOTHING;
	if (!plane_is_at_rest(p->plane, name))
		return PREPARATIONS_AWAKE;
	if (job != NULL && (job->ticket.v != 0 || is_under_way(job)))
		return PREPARATIONS_BUSY;
	if (job != NULL)
		job_remove(job);
	job = job_new(p, name);
	job->again = again;
	(void)text_put(job->by, sizeof job->by, by);
	plane_wake_service(p->plane, &p->service);
	return PREPARATIONS_BEGUN;
}

bool
preparations_cancel(struct preparations *p, const char *name)
{
	struct job *job = keyed_find(&p->jobs, name);
	struct workshop_port *port = workshop_of(p);

	if (job == NULL || job->is != JOB_INSTALLING || job->ticket.v == 0)
		return false;
	port->cancel(port, job->ticket);
	return true;
}

bool
preparations_progress(const struct preparations *p, const char *name,
		      struct workshop_progress *ret_progress)
{
	const struct job *job = keyed_find(&p->jobs, name);
	struct workshop_port *port = workshop_of(p);

	return job != NULL && job->is == JOB_INSTALLING && job->ticket.v != 0 &&
	       port->progress(port, job->ticket, ret_progress);
}
