/* SPDX-License-Identifier: Apache-2.0 */
/* Directories, the workers in them, and those who change what is declared; see the header. */

#include "preparation_sim.h"

#include <stdio.h>
#include <string.h>

#include "memory.h"

/* What is spliced into each declaration. Its two versions are numbers of six digits. */
#define DECLARED                                                                                  \
	"\"preparation\":{\"files\":[{\"path\":\"game.cfg\",\"format\":\"text\","                 \
	"\"text\":\"${files}\"}],\"install\":[{\"do\":\"run\",\"command\":[\"make\",\"${game}\"]" \
	"}],\"values\":{\"game\":100001,\"files\":100001}},"
#define FIRST 100001

static struct sim_workshop *
workshop_of(struct workshop_port *port)
{
	return CONTAINER_OF(port, struct sim_workshop, port);
}

/* ---- orders ---- */

static void
task_later(struct world *w, int server, int64_t in_ms)
{
	struct sim_event *e = world_add(w, SIM_WORKSHOP, in_ms);

	e->index = server;
	e->ticket = w->workshop->places[server].task.ticket;
}

static int64_t
takes(struct sim_workshop *s, bool is_install)
{
	if (!is_install)
		return dice_between(&s->dice, 1, 60);
	if (!s->world->calm && dice_hits(&s->dice, s->faults.slow))
		return dice_between(&s->dice, 2000, 90000);
	return dice_between(&s->dice, 10, 5000);
}

static void
check_order(struct world *w, int server, const struct sim_task *task)
{
	struct sim_place *place = &w->workshop->places[server];

	if (place->task.is_on)
		world_fail(w, "two orders at once in the directory of s%d", server);
	for (int i = 0; i < PROCESSES_MAX; i++) {
		const struct sim_process *p = &w->processes[i];

		if (p->exists && p->alive && p->server == server && !p->excused)
			world_fail(w, "s%d is prepared while %s runs in it", server, p->token);
	}
	if (task->again && !place->again_wished)
		world_fail(w, "s%d is installed again, and nobody wanted it", server);
	/* One whose answer was lost is ordered once more; one that does not ask for it is another. */
	if (task->is_install && !task->again)
		place->again_wished = false;
}

static int64_t
version_in(const struct workshop_order *order, const char *name)
{
	return json_integer_value(json_object_get(order->preparation->values, name));
}

static void
give(struct workshop_port *port, struct ticket ticket, const struct workshop_order *order,
     bool is_install)
{
	struct sim_workshop *s = workshop_of(port);
	struct world *w = s->world;
	int server = order->server[1] - '0';
	struct sim_task task = { .is_on = true,
				 .is_install = is_install,
				 .again = is_install && order->again,
				 .ticket = ticket,
				 .version = version_in(order, is_install ? "game" : "files") };
	bool was;

	world_crash_point(w);
	was = memory_is_planes(false);
	check_order(w, server, &task);
	if (!w->calm && dice_hits(&s->dice, s->faults.request_lost)) {
		world_trace(w, "an order for the directory of s%d is lost", server);
	} else {
		s->places[server].task = task;
		task_later(w, server, dice_between(&s->dice, 1, 30));
	}
	(void)memory_is_planes(was);
	world_crash_point(w);
}

static void
install(struct workshop_port *port, struct ticket ticket, const struct workshop_order *order)
{
	give(port, ticket, order, true);
}

static void
render(struct workshop_port *port, struct ticket ticket, const struct workshop_order *order)
{
	give(port, ticket, order, false);
}

static void
cancel(struct workshop_port *port, struct ticket ticket)
{
	struct sim_workshop *s = workshop_of(port);
	struct world *w = s->world;
	bool was;

	world_crash_point(w);
	was = memory_is_planes(false);
	for (int i = 0; i < w->server_count; i++) {
		struct sim_task *task = &s->places[i].task;

		if (!task->is_on || task->ticket.v != ticket.v)
			continue;
		world_trace(w, "the order for s%d is given up", i);
		task->cancelled = true;
		task_later(w, i, dice_between(&s->dice, 1, 2000));
	}
	(void)memory_is_planes(was);
	world_crash_point(w);
}

static bool
progress(struct workshop_port *port, struct ticket ticket, struct workshop_progress *ret_progress)
{
	struct sim_workshop *s = workshop_of(port);

	world_crash_point(s->world);
	for (int i = 0; i < s->world->server_count; i++) {
		const struct sim_task *task = &s->places[i].task;

		if (!task->is_on || task->ticket.v != ticket.v)
			continue;
		*ret_progress = (struct workshop_progress){ .step_count = 1, .begun = task->begun };
		return true;
	}
	return false;
}

/* ---- what becomes of them ---- */

static void
answer(struct world *w, const struct reply *reply, const char *text)
{
	struct sim_workshop *s = w->workshop;
	struct fact fact = { .kind = FACT_REPLY, .as.reply = *reply };
	int64_t delay = dice_between(&s->dice, 1, 20);
	unsigned times = 1;

	if (!w->calm && dice_hits(&s->dice, s->faults.answer_lost))
		return;
	if (!w->calm && dice_hits(&s->dice, s->faults.answer_late))
		delay = dice_between(&s->dice, 1000, 60000);
	if (!w->calm && dice_hits(&s->dice, s->faults.answer_twice))
		times = 2;
	for (; times > 0; times--, delay += dice_between(&s->dice, 1, 5000)) {
		if (text != NULL) {
			fact.as.reply.holds = REPLY_TEXT;
			fact.as.reply.as.text = text_copy(text);
		}
		world_deliver(w, &fact, delay);
	}
}

/* A refusal has a number, by which the reason of the start that fails for it is known. */
static void
refuse(struct world *w, int server, struct sim_place *place)
{
	struct sim_workshop *s = w->workshop;
	struct reply reply = { .ticket = place->task.ticket, .result = REPLY_REFUSED };

	world_trace(w, "s%d cannot be prepared", server);
	s->refusals++;
	(void)snprintf(reply.reason, sizeof reply.reason, "the disk is full (%u)", s->refusals);
	/* The last one counts: roost may never have heard of one before. */
	place->refused = !place->task.cancelled && w->servers[server].stored_state == STATE_WAKING
				 ? s->refusals
				 : 0;
	answer(w, &reply, NULL);
}

static bool
begins(struct world *w, int server, struct sim_place *place)
{
	struct sim_task *task = &place->task;
	struct reply reply = { .ticket = task->ticket };

	if (task->begun || task->cancelled)
		return false;
	task->begun = true;
	if (task->is_install && place->installed == task->version && !task->again) {
		task->is_on = false;
		answer(w, &reply, "");
		return true;
	}
	if (task->is_install) {
		world_trace(w, "s%d is being installed", server);
		place->installed = 0;
	}
	task_later(w, server, takes(w->workshop, task->is_install));
	return true;
}

static void
finish(struct world *w, int server, struct sim_place *place)
{
	struct sim_workshop *s = w->workshop;
	struct reply reply = { .ticket = place->task.ticket };

	place->task.is_on = false;
	if (place->task.cancelled || (!w->calm && dice_hits(&s->dice, s->faults.refuse))) {
		refuse(w, server, place);
		return;
	}
	world_trace(w, "s%d is %s", server, place->task.is_install ? "installed" : "rendered");
	if (place->task.is_install) {
		place->installed = place->task.version;
		answer(w, &reply, "It is installed.");
		return;
	}
	place->rendered = place->task.version;
	place->rendered_at = w->now;
	place->is_fresh = true;
	place->refused = 0;
	answer(w, &reply, NULL);
}

void
preparation_sim_task(struct world *w, const struct sim_event *e)
{
	struct sim_place *place = &w->workshop->places[e->index];

	if (e->life != w->life || !place->task.is_on || place->task.ticket.v != e->ticket.v)
		return;
	if (!begins(w, e->index, place))
		finish(w, e->index, place);
}

/* ---- what must be so ---- */

void
preparation_sim_started(struct world *w, const struct sim_process *p)
{
	struct sim_place *place = &w->workshop->places[p->server];
	bool is_as_declared =
		place->installed == place->install_wanted && place->rendered == place->files_wanted;

	if (!p->excused && place->installed == 0)
		world_fail(w, "s%d starts and is not installed", p->server);
	/* A machine that restarts forgets games, and a start that was under way goes on. */
	if (!p->excused && !place->is_fresh && strcmp(place->started, p->token) != 0)
		world_fail(w, "s%d starts and its files were not rendered for it", p->server);
	/* What is declared when all is ready is for its next start. */
	if (!p->excused && !is_as_declared && place->changed_at <= place->rendered_at)
		world_fail(w, "s%d starts with what was prepared for another declaration",
			   p->server);
	place->is_fresh = false;
	place->refused = 0;
	(void)text_put(place->started, sizeof place->started, p->token);
}

void
preparation_sim_event(struct world *w, int server, enum event_type type, const char *data)
{
	struct sim_place *place = &w->workshop->places[server];
	char number[24];

	if (type == EVENT_SERVER_FAILED && place->refused != 0) {
		(void)snprintf(number, sizeof number, "(%u)", place->refused);
		if (strstr(data, number) == NULL)
			world_fail(w, "s%d could not be prepared, and why it failed is not said",
				   server);
	}
	if (type == EVENT_SERVER_FAILED || type == EVENT_SERVER_ASLEEP ||
	    type == EVENT_SERVER_SLEEP_REQUESTED)
		place->refused = 0;
}

/* ---- people ---- */

static void
change(struct world *w, int server)
{
	struct sim_place *place = &w->workshop->places[server];
	bool is_game = dice_below(&w->workshop->dice, 2) == 0;
	char *at = strstr(w->servers[server].json, is_game ? "\"game\":1" : "\"files\":1");
	char digits[8];

	ASSERT(at != NULL);
	(void)snprintf(digits, sizeof digits, "%06d",
		       (int)(is_game ? ++place->install_wanted : ++place->files_wanted));
	memcpy(strchr(at, ':') + 1, digits, 6);
	place->changed_at = w->now;
	world_trace(w, "what is to be in the directory of s%d changes", server);
	roost_declare(w, server);
}

static void
wish(struct world *w, int server)
{
	struct sim_workshop *s = w->workshop;
	struct sim_place *place = &s->places[server];
	bool again = dice_below(&s->dice, 2) == 0, cancels = dice_below(&s->dice, 4) == 0;

	if (w->plane == NULL || !plane_is_loaded(w->plane))
		return;
	(void)memory_is_planes(true);
	if (cancels && preparations_cancel(s->now, w->servers[server].name))
		world_trace(w, "the installation of s%d is cancelled", server);
	else if (preparations_install(s->now, w->servers[server].name, "operator", again) ==
		 PREPARATIONS_BEGUN)
		place->again_wished = place->again_wished || again;
	(void)memory_is_planes(false);
	w->turn_due = w->now;
}

void
preparation_sim_act(struct world *w)
{
	struct dice *d = &w->workshop->dice;
	int server = (int)dice_below(d, (unsigned)w->server_count);

	if (w->calm)
		return;
	if (dice_below(d, 2) == 0)
		change(w, server);
	else
		wish(w, server);
	world_add(w, SIM_TINKER, dice_between(d, 500, 30000));
}

/* ---- the life of roost ---- */

void
preparation_sim_birth(struct world *w)
{
	w->workshop->now = preparations_new(w->plane);
}

void
preparation_sim_loaded(struct world *w)
{
	preparations_load(w->workshop->now);
}

/* Its workers die with it: of an installation no mark is left, of files some are written. */
void
preparation_sim_roost_died(struct world *w)
{
	struct sim_workshop *s = w->workshop;

	s->now = NULL;
	for (int i = 0; i < w->server_count; i++) {
		struct sim_place *place = &s->places[i];

		if (place->task.is_on && place->task.begun && !place->task.is_install &&
		    dice_below(&s->dice, 2) == 0)
			place->rendered = place->task.version;
		place->task = (struct sim_task){ .is_on = false };
		place->refused = 0;
		place->again_wished = false;
	}
}

void
preparation_sim_end(struct world *w)
{
	preparations_unload(w->workshop->now);
	w->workshop->now = NULL;
}

static void
declare(struct world *w, int server)
{
	char *json = w->servers[server].json, *at = strstr(json, "\"policy\":{");

	ASSERT(at != NULL);
	w->servers[server].json = text_format("%.*s" DECLARED "%s", (int)(at - json), json, at);
	mem_free(json);
	w->workshop->places[server] =
		(struct sim_place){ .install_wanted = FIRST, .files_wanted = FIRST };
}

void
preparation_sim_init(struct world *w)
{
	struct sim_workshop *s;
	unsigned *each;

	if (w->seed % WORKSHOPS_EVERY != WORKSHOPS_AT)
		return;
	s = w->workshop = mem_new(sizeof *s);
	s->world = w;
	s->dice = dice_of(w->seed, 11);
	s->port = (struct workshop_port){ install, render, cancel, progress };
	each = (unsigned *)&s->faults;
	for (size_t i = 0; i < sizeof s->faults / sizeof *each; i++)
		each[i] = dice_below(&s->dice, 2) == 0 ? 0 : 1 + dice_below(&s->dice, 100);
	for (int i = 0; i < w->server_count; i++)
		declare(w, i);
	world_add(w, SIM_TINKER, dice_between(&s->dice, 500, 30000));
}

void
preparation_sim_deinit(struct world *w)
{
	mem_free(w->workshop);
	w->workshop = NULL;
}
