/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roost's side of one run: see the header. All of it follows from one question,
 * asked whenever there is no connection: who holds the run's lock? Somebody:
 * connect to it. Nobody: the record tells whether the run has ended, must be
 * taken over, or never began.
 */

#include "process/link.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "process/crowd.h"
#include "process/groups.h"
#include "process/plan.h"
#include "process/rundir.h"
#include "process/taken.h"
#include "process/waiting.h"
#include "process/wire.h"
#include "sys/clock.h"
#include "sys/files.h"

#define ORDER_SERIAL  1	   /* of the answer to an order (supervise.c) */
#define CONNECT_EVERY 5	   /* ms, while a supervisor that holds the lock opens its socket */
#define RETRY_EVERY   1000 /* ms, while none can be had, and between looks at deadlines */

struct link {
	struct link *next;
	struct link_host *host;
	char token[RUN_TOKEN_LIMIT + 1];
	struct supervise_order *order; /* to start with, if it never began; or NULL */
	char **secrets;		       /* files to be read for it then, "NAME=path"; or NULL */
	struct endpoint address; /* of that order: where the game is to listen; port 0 = not told */
	bool is_datagrams;	 /* there, for UDP */
	struct wire *wire;	 /* NULL = not open */
	uv_timer_t timer;
	struct waiting *waiting;
	int64_t serial;
	uint64_t connect_until; /* uv_now(); after that, tries are rare */
	bool end_is_news;	/* somebody is to be told when it ends */
	bool answered;		/* this supervisor has shown that it works */
	bool refused;		/* it could not start the game */
	bool ready_told;
	struct run_record last; /* pid 0: nothing heard yet */
};

static void link_try(struct link *link);
static void on_lost(void *argument);

static void
tell(struct link *link, enum fact_kind kind)
{
	struct fact fact = { .kind = kind };

	(void)text_put(fact.server, sizeof fact.server, link->last.server);
	(void)text_put(fact.as.process.token, sizeof fact.as.process.token, link->token);
	courier_fact(link->host->courier, &fact);
}

static void
tell_line(struct link *link, const struct message *message)
{
	struct fact fact = { .kind = FACT_CONSOLE_LINE };

	(void)text_put(fact.server, sizeof fact.server, link->last.server);
	(void)text_put(fact.as.process.token, sizeof fact.as.process.token, link->token);
	fact.as.process.line = text_copy(message->text);
	fact.as.process.styled = text_copy(message->styled);
	fact.as.process.place = message->place;
	fact.as.process.past = message->past;
	courier_fact(link->host->courier, &fact);
}

/* ---- what the supervisor tells ---- */

/* The run has begun, or cannot: nothing is left to start. */
static void
order_drop(struct link *link)
{
	if (link->order != NULL)
		supervise_order_deinit(link->order);
	mem_free(TAKE(link->order));
	texts_free(TAKE(link->secrets));
}

/*
 * A restart of the service takes the controllers back for a moment, and each
 * game's limits with them (deploy/roost.service).
 */
static void
limits_renew(const struct run_record *record)
{
	bool limited = record->memory_limit > 0 || record->cpu_limit > 0;

	if (limited && !instant_is_set(record->ended_at))
		(void)!group_make(record->group, record->memory_limit, record->cpu_limit);
}

static void
on_status(struct link *link, const struct message *message)
{
	struct waiting *waiting;

	link->last = *message->status;
	if (!link->answered)
		limits_renew(&link->last);
	link->answered = true;
	order_drop(link);
	if (link->last.ready_line_seen && !link->ready_told) {
		link->ready_told = true;
		tell(link, FACT_READY_LINE);
	}
	while ((waiting = waiting_take_serial(&link->waiting, message->serial)) != NULL)
		waiting_show(waiting, link->host->courier, &link->last);
}

static void
on_outcome(struct link *link, const struct message *message)
{
	struct waiting *waiting;

	if (message->kind == MESSAGE_REFUSED && message->serial == ORDER_SERIAL) {
		link->refused = true;
		order_drop(link);
	}
	while ((waiting = waiting_take_serial(&link->waiting, message->serial)) != NULL) {
		if (message->kind == MESSAGE_DONE)
			waiting_done(waiting, link->host->courier);
		else
			waiting_refuse(waiting, link->host->courier, message->text);
	}
}

static void
on_message(void *argument, const struct message *message)
{
	struct link *link = argument;

	switch (message->kind) {
	case MESSAGE_STATUS:
		on_status(link, message);
		return;
	case MESSAGE_DONE:
	case MESSAGE_REFUSED:
		on_outcome(link, message);
		return;
	case MESSAGE_LINE:
		tell_line(link, message);
		return;
	case MESSAGE_READY:
		if (!link->ready_told)
			tell(link, FACT_READY_LINE);
		link->ready_told = true;
		return;
	case MESSAGE_SAY:
	case MESSAGE_SIGNAL:
	case MESSAGE_ASK:
	case MESSAGE_MAX:
		return; /* a supervisor does not ask */
	}
}

/* ---- requests ---- */

static void
request_send(struct link *link, struct waiting *waiting)
{
	static const enum message_kind kinds[] = {
		[LINK_ASK] = MESSAGE_ASK, [LINK_SAY] = MESSAGE_SAY, [LINK_SIGNAL] = MESSAGE_SIGNAL
	};

	waiting->serial = ++link->serial;
	waiting->sent = true;
	wire_send(link->wire, &(struct message){ .kind = kinds[waiting->request.wish],
						 .serial = waiting->serial,
						 .text = (char *)waiting->request.text,
						 .number = waiting->request.number });
}

/* Whatever the supervisor was told and did not confirm may have happened or not. */
static void
unconfirmed(struct link *link)
{
	struct waiting *kept = NULL, **last = &kept, *waiting;

	while ((waiting = waiting_take(&link->waiting)) != NULL) {
		if (waiting->sent && waiting->request.wish != LINK_ASK) {
			waiting_unknown(waiting, link->host->courier,
					"the game's supervisor was lost before it answered");
			continue;
		}
		waiting->sent = false;
		waiting->next = NULL;
		*last = waiting;
		last = &waiting->next;
	}
	link->waiting = kept;
}

/* ---- the life of a link ---- */

static void
on_link_closed(uv_handle_t *handle)
{
	mem_free(CONTAINER_OF((uv_timer_t *)handle, struct link, timer));
}

static void
link_close(struct link *link)
{
	struct waiting *waiting;

	wire_free(TAKE(link->wire));
	order_drop(link);
	while ((waiting = waiting_take(&link->waiting)) != NULL)
		waiting_free(waiting);
	for (struct link **at = &link->host->links; *at != NULL; at = &(*at)->next) {
		if (*at == link) {
			*at = link->next;
			break;
		}
	}
	uv_close((uv_handle_t *)&link->timer, on_link_closed);
}

static void
on_tick(uv_timer_t *timer)
{
	struct link *link = CONTAINER_OF(timer, struct link, timer);
	struct waiting *waiting;

	while ((waiting = waiting_take_expired(&link->waiting, uv_now(link->host->loop))) != NULL)
		waiting_unknown(waiting, link->host->courier,
				"the game's supervisor does not answer");
	if (link->wire == NULL)
		link_try(link);
	else if (link->waiting != NULL)
		ASSERT(uv_timer_start(timer, on_tick, RETRY_EVERY, 0) == 0);
}

static void
link_wait(struct link *link, uint64_t ms)
{
	ASSERT(uv_timer_start(&link->timer, on_tick, ms, 0) == 0);
}

static struct link *
link_new(struct link_host *host, const char *token)
{
	struct link *link = mem_new(sizeof *link);

	link->host = host;
	link->serial = ORDER_SERIAL;
	(void)text_put(link->token, sizeof link->token, token);
	ASSERT(uv_timer_init(host->loop, &link->timer) == 0);
	link->connect_until = uv_now(host->loop) + SUPERVISE_ANSWER_WITHIN;
	link->next = host->links;
	host->links = link;
	return link;
}

/* A socket to a supervisor; one that has an order from us answers it unasked. */
static void
link_open(struct link *link, int fd, bool has_order)
{
	const struct wire_hears hears = { on_message, on_lost, link };

	link->wire = wire_new(link->host->loop, fd, &hears);
	link->end_is_news = true;
	link->answered = link->refused = false;
	if (!has_order) /* who is it, and was the ready line seen while we were away? */
		wire_send(link->wire,
			  &(struct message){ .kind = MESSAGE_ASK, .serial = ++link->serial });
	for (struct waiting *waiting = link->waiting; waiting != NULL; waiting = waiting->next) {
		if (has_order && waiting->request.wish == LINK_ASK) {
			waiting->serial = ORDER_SERIAL;
			waiting->sent = true;
		} else {
			request_send(link, waiting);
		}
	}
	link_wait(link, RETRY_EVERY);
}

/* The run has ended, or (NULL) there is none: answer who waits, and go. */
static void
link_ended(struct link *link, const struct run_record *record)
{
	const char *why = record != NULL ? "the game has ended" : "no such game was started";
	struct waiting *waiting;

	while ((waiting = waiting_take(&link->waiting)) != NULL) {
		if (waiting->request.wish == LINK_ASK)
			waiting_show(waiting, link->host->courier, record);
		else
			waiting_refuse(waiting, link->host->courier, why);
	}
	if (record != NULL && link->end_is_news) {
		link->last = *record;
		tell(link, FACT_PROCESS_ENDED);
	}
	link_close(link);
}

/* No supervisor can be had: serve what can be served by the record and the pid. */
static void
link_serve_alone(struct link *link, const struct run_record *record, const char *why)
{
	struct waiting *waiting;

	while ((waiting = waiting_take(&link->waiting)) != NULL) {
		if (waiting->request.wish == LINK_ASK)
			waiting_show(waiting, link->host->courier, record);
		else if (waiting->request.wish == LINK_SIGNAL &&
			 kill(-(pid_t)record->pid, waiting->request.number) == 0)
			waiting_done(waiting, link->host->courier);
		else
			waiting_refuse(waiting, link->host->courier, why);
	}
	link_wait(link, RETRY_EVERY);
}

static void
link_refuse(struct link *link, const char *why)
{
	struct waiting *waiting;

	while ((waiting = waiting_take(&link->waiting)) != NULL)
		waiting_refuse(waiting, link->host->courier, why);
	link_close(link);
}

/* Nothing is known and nothing can be done now: `why` goes to who waits. */
static void
link_fail(struct link *link, int error, const char *doing)
{
	char why[REASON_LIMIT + 1];

	file_explain(error, doing, link->token, why, sizeof why);
	link_refuse(link, why);
}

/* It ended and nobody wrote down how: another boot, or the disk was full. */
static void
record_end(struct link *link, int folder, struct run_record *record)
{
	if (instant_is_set(link->last.ended_at) && link->last.start_time == record->start_time)
		*record = link->last;
	else
		record->ended_at = sys_now();
	(void)!rundir_write(folder, record, true);
	group_remove(record->group);
}

static void link_begin(struct link *link, int folder, int lock);

/*
 * Was the supervisor killed between writing the record and letting the game go?
 * Its process ends by itself then, without ever having been the program. True
 * when that is the case, or not known yet; what follows has been arranged.
 */
static bool
link_never_began(struct link *link, int folder, int lock, const struct run_record *record)
{
	bool lives = process_is_same(record);

	if (faccessat(folder, RUNDIR_BEGUN, F_OK, 0) == 0)
		return false;
	if (!lives) {
		(void)unlinkat(folder, RUNDIR_STATE, 0);
		link_begin(link, folder, lock);
		return true;
	}
	if (uv_now(link->host->loop) >= link->connect_until)
		return false;
	link_wait(link, CONNECT_EVERY);
	return true;
}

/* The record says that it runs, and nobody looks after it. */
static void
link_take_over(struct link *link, int folder, int lock, struct run_record *record)
{
	CLEANUP(supervise_order_deinit) struct supervise_order order = { 0 };
	char boot_id[BOOT_ID_SIZE];
	int fd;

	boot_id_read(boot_id);
	if (!text_equal(boot_id, record->boot_id) || instant_is_set(link->last.ended_at)) {
		record_end(link, folder, record);
		link_ended(link, record);
		return;
	}
	if (link_never_began(link, folder, lock, record))
		return;
	plan_take_over(link->token, &order);
	fd = spawner_send(link->host->spawner, &order, folder, lock);
	if (fd >= 0) {
		link_open(link, fd, true);
	} else if (process_is_same(record)) {
		link->end_is_news = true;
		link_serve_alone(link, record,
				 "the game's console is gone: its supervisor died and no other "
				 "could be started");
	} else {
		record_end(link, folder, record);
		link_ended(link, record);
	}
}

/* Nothing is started, and nothing is left. */
static void
link_refuse_start(struct link *link, const char *why)
{
	(void)!rundir_remove(link->host->runs, link->token);
	link_refuse(link, why);
}

/* The game's port is a stranger's. */
static void
link_refuse_address(struct link *link)
{
	char address[HOST_MAX + 16], why[REASON_LIMIT + 1];

	endpoint_text(&link->address, address, sizeof address);
	(void)snprintf(why, sizeof why,
		       "another program already listens at %.120s; stop it, or give this server "
		       "another address",
		       address);
	link_refuse_start(link, why);
}

/* With its secrets, which are here for this moment only. Returns a socket, or -errno. */
static int
link_order(struct link *link, int folder, int lock, char why[static REASON_LIMIT + 1])
{
	int fd = -EACCES;

	if (plan_add_secrets(link->order, link->secrets, why, REASON_LIMIT + 1)) {
		why[0] = '\0';
		fd = spawner_send(link->host->spawner, link->order, folder, lock);
	}
	plan_drop_secrets(link->order, link->secrets);
	return fd;
}

/* Nothing was ever started here. */
static void
link_begin(struct link *link, int folder, int lock)
{
	char why[REASON_LIMIT + 1];
	int fd;

	if (link->order == NULL || link->waiting == NULL) {
		if (link->refused)
			(void)!rundir_remove(link->host->runs, link->token);
		link_ended(link, NULL);
		return;
	}
	if (address_is_taken(&link->address, link->is_datagrams)) {
		link_refuse_address(link);
		return;
	}
	fd = link_order(link, folder, lock, why);
	if (fd < 0 && why[0] != '\0')
		link_refuse_start(link, why);
	else if (fd < 0)
		link_fail(link, fd, "start a supervisor for run");
	else
		link_open(link, fd, true);
}

/* The lock is taken: connect to whoever took it, again and again for a while. */
static void
link_connect(struct link *link, int folder)
{
	int fd = rundir_connect(folder);

	if (fd >= 0)
		link_open(link, fd, false);
	else
		link_wait(link, uv_now(link->host->loop) < link->connect_until ? CONNECT_EVERY
									       : RETRY_EVERY);
}

static void
link_try(struct link *link)
{
	CLEANUP(fd_closep)
	int folder = rundir_open(link->host->runs, link->token, link->order != NULL);
	CLEANUP(fd_closep) int lock = folder < 0 ? folder : rundir_lock(folder);
	struct run_record record;
	int r;

	if (folder == -ENOENT) {
		link_ended(link, NULL);
	} else if (lock == -EWOULDBLOCK) {
		link_connect(link, folder);
	} else if (lock < 0) {
		link_fail(link, lock, "open the folder of run");
	} else {
		r = rundir_read(folder, &record);
		if (r == -ENOENT)
			link_begin(link, folder, lock);
		else if (r < 0)
			link_fail(link, r, "read the state of run");
		else if (instant_is_set(record.ended_at))
			link_ended(link, &record);
		else
			link_take_over(link, folder, lock, &record);
	}
}

/* The supervisor has gone: because the game has, or by violence. */
static void
on_lost(void *argument)
{
	struct link *link = argument;

	wire_free(TAKE(link->wire));
	unconfirmed(link);
	link->connect_until = uv_now(link->host->loop) + SUPERVISE_ANSWER_WITHIN;
	if (link->answered || link->refused)
		link_try(link);
	else /* one that died at once may do so again: not in a circle */
		link_wait(link, RETRY_EVERY);
}

/* ---- from outside ---- */

struct link *
link_find(struct link_host *host, const char *token)
{
	struct link *link = host->links;

	while (link != NULL && !text_equal(link->token, token))
		link = link->next;
	return link;
}

void
link_send(struct link_host *host, const char *token, const struct link_request *request,
	  const struct process_order *order)
{
	struct link *link = link_find(host, token);
	bool is_new = link == NULL;

	if (is_new)
		link = link_new(host, token);
	waiting_add(&link->waiting, request, uv_now(host->loop) + SUPERVISE_ANSWER_WITHIN);
	if (order != NULL && link->order == NULL && link->last.pid == 0) {
		link->order = mem_new(sizeof *link->order);
		plan_make(order, host->groups, host->limits_kept, link->order);
		link->secrets = texts_copy(order->local->environment_files);
		if (order->address != NULL)
			link->address = *order->address;
		link->is_datagrams = order->is_datagrams;
	}
	if (link->wire != NULL) {
		struct waiting *last = link->waiting;

		while (last->next != NULL)
			last = last->next;
		request_send(link, last);
		if (!uv_is_active((uv_handle_t *)&link->timer))
			link_wait(link, RETRY_EVERY);
	} else if (is_new) {
		link_try(link);
	}
}

void
link_watch(struct link_host *host, const char *token)
{
	struct link *link = link_new(host, token);

	link->end_is_news = true;
	link_try(link);
}

void
links_close(struct link_host *host)
{
	while (host->links != NULL)
		link_close(host->links);
}
