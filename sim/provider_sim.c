/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated machine that games run on. A request reaches it late, or never;
 * its answer is lost, late or doubled; what it starts may boot slowly, never
 * answer, die alone or ignore its stop. What a dead roost asked for may still
 * happen.
 */

#include <signal.h>
#include <string.h>

#include "backup_sim.h"
#include "memory.h"
#include "preparation_sim.h"
#include "session_sim.h"
#include "roster_sim.h"
#include "world.h"

static struct sim_process *
find(struct world *w, const char *token)
{
	for (int i = 0; i < PROCESSES_MAX; i++) {
		if (w->processes[i].exists && strcmp(w->processes[i].token, token) == 0)
			return &w->processes[i];
	}
	return NULL;
}

/* Requests about one token are served in their order, as one machine does. */
static int64_t
served_at(struct world *w, const char *token, int64_t delay)
{
	unsigned slot = 0;

	for (const char *c = token; *c != '\0'; c++)
		slot = slot * 31 + (unsigned char)*c;
	slot %= PROCESSES_MAX;
	if (w->now + delay <= w->busy_until[slot])
		delay = w->busy_until[slot] + 1 - w->now;
	w->busy_until[slot] = w->now + delay;
	return delay;
}

static void
request(struct world *w, struct sim_request r)
{
	struct dice *d = &w->process_dice;
	struct sim_event *e;
	bool was;
	int64_t delay = dice_between(d, 1, 40);

	world_crash_point(w);
	was = memory_is_planes(false);
	invariants_asked(w, &r);
	if (!w->calm && dice_hits(d, w->faults.answer_late))
		delay = dice_between(d, 100, 14000);
	if (!w->calm && dice_hits(d, w->faults.request_lost)) {
		world_trace(w, "a request is lost (%d)", r.op);
	} else {
		e = world_add(w, SIM_EFFECT, served_at(w, r.token, delay));
		e->request = mem_new(sizeof r);
		*e->request = r;
	}
	(void)memory_is_planes(was);
	world_crash_point(w);
}

static void
request_token(struct process_port *port, struct ticket ticket, const char *token,
	      enum process_op op, int number)
{
	struct world *w = CONTAINER_OF(port, struct world, process);
	struct sim_request r = { .op = op, .ticket = ticket, .number = number, .server = -1 };

	(void)text_put(r.token, sizeof r.token, token);
	request(w, r);
}

static void
ensure(struct process_port *port, struct ticket ticket, const struct process_order *order)
{
	struct world *w = CONTAINER_OF(port, struct world, process);
	struct sim_request r = { .op = OP_ENSURE, .ticket = ticket };

	(void)text_put(r.token, sizeof r.token, order->token);
	r.server = order->server[1] - '0';
	r.port = order->address->port;
	request(w, r);
}

static void
find_later(struct process_port *port, struct ticket ticket, const char *token)
{
	request_token(port, ticket, token, OP_FIND, 0);
}

static void
say(struct process_port *port, struct ticket ticket, const char *token, const char *line)
{
	static const char *const lines[] = { "", "stop", "save-off", "save-all flush", "save-on" };
	struct world *w = CONTAINER_OF(port, struct world, process);
	struct sim_request r = { .op = OP_SAY, .ticket = ticket, .server = -1 };
	int number = 0;

	for (size_t i = 1; i < ELEMENTS(lines); i++)
		if (strcmp(line, lines[i]) == 0)
			number = (int)i;
	r.number = number;
	(void)text_put(r.token, sizeof r.token, token);
	(void)text_put(r.line, sizeof r.line, line);
	request(w, r);
}

static void
send_signal(struct process_port *port, struct ticket ticket, const char *token, int number)
{
	request_token(port, ticket, token, OP_SIGNAL, number);
}

static void
forget(struct process_port *port, struct ticket ticket, const char *token)
{
	request_token(port, ticket, token, OP_FORGET, 0);
}

static void
list(struct process_port *port, struct ticket ticket)
{
	request_token(port, ticket, "", OP_LIST, 0);
}

static void
probe(struct probe_port *port, struct ticket ticket, const struct probe_question *question)
{
	struct world *w = CONTAINER_OF(port, struct world, probe);
	struct sim_request r = { .op = OP_PROBE, .ticket = ticket };

	r.server = (question->address->port - 25500) % 100;
	r.port = question->address->port;
	invariants_reached(w, r.server, r.port);
	request(w, r);
}

/* Effects. */

static void
end_in(struct world *w, struct sim_process *p, int64_t delay)
{
	struct sim_event *e = world_add(w, SIM_END, delay);

	e->index = (int)(p - w->processes);
	e->life = p->generation;
}

static struct sim_process *
start(struct world *w, const struct sim_event *e)
{
	struct dice *d = &w->process_dice;
	struct sim_process *p = NULL;
	uint64_t generation;

	for (int i = 0; i < PROCESSES_MAX && p == NULL; i++) {
		if (!w->processes[i].exists)
			p = &w->processes[i];
	}
	if (p == NULL) {
		world_fail(w, "more than %d processes", PROCESSES_MAX);
		return NULL;
	}
	generation = p->generation + 1;
	*p = (struct sim_process){ .server = e->request->server,
				   .exists = true,
				   .alive = true,
				   .excused = e->life != w->life || w->plane == NULL,
				   .generation = generation,
				   .port = e->request->port };
	(void)text_put(p->token, sizeof p->token, e->request->token);
	p->booted_at = w->now + dice_between(d, 50, 3000);
	if (!w->calm && dice_hits(d, w->faults.boot_slow))
		p->booted_at = w->now + dice_between(d, 3000, 60000);
	if (!w->calm && dice_hits(d, w->faults.boot_never))
		p->booted_at = INT64_MAX;
	p->ignores_stop = !w->calm && dice_hits(d, w->faults.stop_ignored);
	p->no_console = dice_hits(d, w->faults.no_console);
	p->exit_status = 0;
	if (!w->calm && dice_hits(d, w->faults.process_dies))
		end_in(w, p, dice_between(d, 1, 200000));
	invariants_started(w, p);
	if (w->backup != NULL)
		backup_sim_started(w, p);
	if (w->rosters != NULL)
		roster_sim_started(w, p->server);
	if (w->workshop != NULL)
		preparation_sim_started(w, p);
	world_trace(w, "process %s of s%d starts", p->token, p->server);
	return p;
}

void
provider_sim_end(struct world *w, const struct sim_event *e)
{
	struct sim_process *p = &w->processes[e->index];
	struct fact fact = { .kind = FACT_PROCESS_ENDED };

	if (!p->exists || !p->alive || p->generation != e->life)
		return;
	if (w->backup != NULL)
		backup_sim_ended(w, p);
	p->alive = false;
	p->orphan_since = 0;
	world_trace(w, "process %s of s%d ends", p->token, p->server);
	(void)text_put(fact.server, sizeof fact.server, w->servers[p->server].name);
	(void)text_put(fact.as.process.token, sizeof fact.as.process.token, p->token);
	if (w->calm || !dice_hits(&w->process_dice, w->faults.end_untold))
		world_deliver(w, &fact, 1);
	if (provider_sim_alive(w, p->server) == 0)
		player_sim_game_ended(w, p->server);
}

static void
answer_process(const struct sim_process *p, struct reply *reply)
{
	struct process_answer *a = mem_new(sizeof *a);

	a->is = p == NULL ? PROCESS_NONE : p->alive ? PROCESS_RUNNING : PROCESS_GONE;
	if (p != NULL) {
		a->exit_status = p->exit_status;
		a->exit_signal = p->exit_signal;
		a->memory_bytes = 1 << 30;
	}
	reply->holds = REPLY_PROCESS;
	reply->as.process = a;
}

static void
refuse(struct reply *reply, const char *reason)
{
	reply->result = REPLY_REFUSED;
	(void)text_put(reply->reason, sizeof reply->reason, reason);
}

static void
do_ensure(struct world *w, const struct sim_event *e, struct reply *reply)
{
	struct sim_process *p = find(w, e->request->token);

	if (p == NULL && !w->calm && dice_hits(&w->process_dice, w->faults.refuse)) {
		refuse(reply, "no such program");
		return;
	}
	if (p == NULL)
		p = start(w, e);
	answer_process(p, reply);
}

static void
do_stop(struct world *w, const struct sim_event *e, struct reply *reply)
{
	const struct sim_request *r = e->request;
	struct sim_process *p = find(w, r->token);
	bool kill = r->op == OP_SIGNAL && r->number == SIGKILL;
	bool stop = r->op == OP_SIGNAL || r->number == 1;

	if (p == NULL || !p->alive) {
		refuse(reply, "no such process");
		return;
	}
	if (r->op == OP_SAY && p->no_console) {
		refuse(reply, "the game has no console to write to");
		return;
	}
	if (r->op == OP_SAY && r->number > 1 && w->backup != NULL)
		backup_sim_said(w, p, r->number);
	if (r->op == OP_SAY && w->rosters != NULL)
		roster_sim_said(w, p->server, r->line);
	if (kill)
		p->exit_signal = SIGKILL;
	if (kill)
		end_in(w, p, dice_between(&w->process_dice, 1, 50));
	else if (stop && !p->ignores_stop)
		end_in(w, p, dice_between(&w->process_dice, 10, 8000));
}

static void
do_forget(struct world *w, const struct sim_event *e, struct reply *reply)
{
	struct sim_process *p = find(w, e->request->token);

	if (p != NULL && p->alive)
		refuse(reply, "it runs");
	else if (p != NULL)
		p->exists = false;
}

static void
do_list(struct world *w, struct reply *reply)
{
	char *text = mem_new(PROCESSES_MAX * (RUN_TOKEN_SIZE + 1)), *end = text;

	for (int i = 0; i < PROCESSES_MAX; i++) {
		if (!w->processes[i].exists)
			continue;
		end = stpcpy(end, w->processes[i].token);
		end = stpcpy(end, "\n");
	}
	reply->holds = REPLY_TEXT;
	reply->as.text = text;
}

static bool
answers_at(const struct world *w, int server, uint16_t port)
{
	for (int i = 0; i < PROCESSES_MAX; i++) {
		const struct sim_process *p = &w->processes[i];

		if (p->exists && p->alive && p->server == server && !p->hangs &&
		    p->booted_at <= w->now && (port == 0 || p->port == port))
			return true;
	}
	return false;
}

bool
provider_sim_answers(const struct world *w, int server)
{
	return answers_at(w, server, 0);
}

unsigned
provider_sim_alive(const struct world *w, int server)
{
	unsigned alive = 0;

	for (int i = 0; i < PROCESSES_MAX; i++)
		alive += w->processes[i].exists && w->processes[i].alive &&
			 w->processes[i].server == server;
	return alive;
}

static void
hang_sometimes(struct world *w, int server)
{
	for (int i = 0; i < PROCESSES_MAX; i++) {
		struct sim_process *p = &w->processes[i];

		if (p->exists && p->alive && p->server == server && p->booted_at <= w->now &&
		    !w->calm && dice_hits(&w->process_dice, w->faults.process_hangs / 8))
			p->hangs = !p->hangs;
	}
}

static void
do_probe(struct world *w, const struct sim_request *r, struct reply *reply)
{
	struct probe_answer *a;

	hang_sometimes(w, r->server);
	if (!answers_at(w, r->server, r->port)) {
		refuse(reply, "connection refused");
		return;
	}
	a = mem_new(sizeof *a);
	a->online = player_sim_online(w, r->server);
	a->max = 20;
	a->protocol = 765;
	session_sim_name(w, r->server, a);
	reply->holds = REPLY_PROBE;
	reply->as.probe = a;
}

static void
answer(struct world *w, struct reply *reply)
{
	struct dice *d = &w->process_dice;
	struct fact fact = { .kind = FACT_REPLY };
	int64_t delay = dice_between(d, 1, 20);

	if (!w->calm && dice_hits(d, w->faults.answer_lost)) {
		reply_deinit(reply);
		return;
	}
	if (!w->calm && dice_hits(d, w->faults.answer_late))
		delay = dice_between(d, 100, 30000);
	if (!w->calm && dice_hits(d, w->faults.answer_twice)) {
		fact.as.reply = (struct reply){ .ticket = reply->ticket, .result = reply->result };
		if (reply->holds == REPLY_PROCESS) {
			fact.as.reply.holds = REPLY_PROCESS;
			fact.as.reply.as.process = mem_new(sizeof *reply->as.process);
			*fact.as.reply.as.process = *reply->as.process;
		}
		world_deliver(w, &fact, dice_between(d, 1, 5000));
	}
	fact.as.reply = *reply;
	world_deliver(w, &fact, delay);
}

/* Whoever asks after a game hears its console from then on. */
static void
attach(struct world *w, const struct sim_request *r)
{
	struct sim_process *p = find(w, r->token);

	if (p != NULL && p->alive && (r->op == OP_ENSURE || r->op == OP_FIND))
		session_sim_attached(w, p);
}

void
provider_sim_effect(struct world *w, const struct sim_event *e)
{
	struct reply reply = { .ticket = e->request->ticket };

	switch (e->request->op) {
	case OP_ENSURE:
		do_ensure(w, e, &reply);
		break;
	case OP_FIND:
		answer_process(find(w, e->request->token), &reply);
		break;
	case OP_SAY:
	case OP_SIGNAL:
		do_stop(w, e, &reply);
		break;
	case OP_FORGET:
		do_forget(w, e, &reply);
		break;
	case OP_LIST:
		do_list(w, &reply);
		break;
	case OP_PROBE:
		do_probe(w, e->request, &reply);
		break;
	}
	if (w->plane != NULL && e->life == w->life) {
		attach(w, e->request);
		answer(w, &reply);
	} else {
		reply_deinit(&reply);
	}
}

/* Half of what it asked for and had not been done yet is done all the same, some of it late. */
void
provider_sim_roost_died(struct world *w)
{
	struct dice *d = &w->process_dice;
	size_t count = w->heap_count;

	for (size_t i = 0; i < count; i++) {
		struct sim_event *e = &w->heap[i];
		struct sim_request *copy;

		if (e->kind != SIM_EFFECT || e->life != w->life)
			continue;
		/* A console keeps the order of its lines. */
		if (dice_below(d, 2) == 0 && (e->request->op != OP_SAY || e->request->number < 2)) {
			copy = mem_new(sizeof *copy);
			*copy = *e->request;
			e->request->op = OP_FIND;
			if (w->late_count < LATE_MAX)
				w->late[w->late_count++] = copy;
			else
				mem_free(copy);
		} else if (dice_below(d, 2) == 0) {
			e->request->op = OP_FIND;
		}
	}
	while (w->late_count > 0)
		world_add(w, SIM_EFFECT, dice_between(d, 1, 60000))->request =
			w->late[--w->late_count];
}

/* Games end and nobody sees how; of some not even a record is left. */
void
provider_sim_machine_died(struct world *w)
{
	for (int i = 0; i < PROCESSES_MAX; i++) {
		struct sim_process *p = &w->processes[i];

		if (!p->exists || !p->alive)
			continue;
		p->alive = false;
		if (w->backup != NULL)
			w->backup->directories[p->server].writing = 0;
		p->exit_status = -1;
		p->exists = dice_below(&w->process_dice, 4) != 0;
		player_sim_game_ended(w, p->server);
	}
	for (size_t i = 0; i < w->heap_count; i++) {
		if (w->heap[i].kind == SIM_EFFECT)
			w->heap[i].request->op = OP_FIND;
	}
}

void
provider_sim_calm(struct world *w)
{
	for (int i = 0; i < PROCESSES_MAX; i++)
		w->processes[i].hangs = false;
}

void
provider_sim_init(struct world *w)
{
	w->process = (struct process_port){ ensure, find_later, say, send_signal, forget, list };
	w->probe.ask = probe;
}
