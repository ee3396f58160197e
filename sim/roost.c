/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of the plane in the simulated world: it is born, it turns, it is
 * killed inside whatever it was doing, and it is born again over what is stored.
 */

#include <string.h>

#include "backup_sim.h"
#include "gate/route.h"
#include "memory.h"
#include "preparation_sim.h"
#include "push_sim.h"
#include "roster_sim.h"
#include "schedule_sim.h"
#include "webhook_sim.h"
#include "world.h"

static void
show(struct gate_port *port, struct gate_table *table)
{
	struct world *w = CONTAINER_OF(port, struct world, gate);
	bool was;

	world_crash_point(w);
	route_prepare(table); /* in the table's own memory */
	was = memory_is_planes(false);
	gate_table_unref(w->table);
	w->table = table;
	for (size_t i = 0; i < table->server_count; i++)
		invariants_reached(w, table->servers[i].name[1] - '0',
				   table->servers[i].backend.port);
	for (int i = 0; i < w->player_count; i++) {
		struct sim_player *p = &w->players[i];

		if (p->is == PLAYER_HELD)
			world_add(w, SIM_GATE, 1)->index = i;
	}
	(void)memory_is_planes(was);
}

static void
publish(struct publish_port *port, const struct store_event *events, size_t count)
{
	struct world *w = CONTAINER_OF(port, struct world, publish);

	world_crash_point(w);
	invariants_told(w, events, count);
	world_crash_point(w);
}

static void
fill(struct chance_port *port, void *bytes, size_t length)
{
	struct world *w = CONTAINER_OF(port, struct world, chance);
	unsigned char *to = bytes;

	for (size_t i = 0; i < length; i++)
		to[i] = (unsigned char)dice_next(&w->plane_dice);
}

static void
declare(struct world *w, int i)
{
	CLEANUP(json_freep) json_t *document = json_loads(w->servers[i].json, 0, NULL);
	struct spec_error error = { "", "" };
	struct server_spec *spec;

	if (spec_parse(document, "/", &error, 1, &spec) != 0) {
		world_fail(w, "declaration refused: %s %s", error.pointer, error.detail);
		return;
	}
	(void)plane_declare(w->plane, spec, "file");
}

static void
declare_all(struct world *w)
{
	for (int i = 0; i < w->server_count; i++)
		declare(w, i);
}

/* 127.0.0.1:25500 becomes 127.0.0.1:25600, and back. */
void
roost_move(struct world *w, int server)
{
	char *port = strstr(w->servers[server].json, "127.0.0.1:25");

	ASSERT(port != NULL);
	port += strlen("127.0.0.1:25");
	*port = *port == '5' ? '6' : '5';
	world_trace(w, "s%d is declared elsewhere", server);
	roost_declare(w, server);
}

void
roost_declare(struct world *w, int server)
{
	if (w->plane == NULL || !plane_is_loaded(w->plane))
		return;
	(void)memory_is_planes(true);
	declare(w, server);
	(void)memory_is_planes(false);
	w->turn_due = w->now;
}

void
roost_birth(struct world *w)
{
	struct plane_ports ports = { .store = &w->store,
				     .process = &w->process,
				     .probe = &w->probe,
				     .gate = &w->gate,
				     .publish = &w->publish,
				     .chance = &w->chance,
				     .http = w->webhooks != NULL ? &w->webhooks->http : NULL,
				     .zones = w->schedules != NULL ? &w->schedules->zones : NULL };
	struct plane_settings settings = { .keep = w->keep };

	if (w->plane != NULL)
		return;
	if (w->backup != NULL) {
		ports.archive = &w->backup->port;
		ports.attended_later = true;
	}
	/* Where every message to a browser is counted, nothing is forgotten before it. */
	if (w->push != NULL) {
		settings.keep = w->keep = (struct feed_keep){ .events = 0 };
		ports.http = &w->push->http;
		ports.seal = &w->push->seal;
		ports.secrets = &w->push->secrets;
	}
	if (w->rosters != NULL)
		ports.files = &w->rosters->port;
	if (w->workshop != NULL) {
		ports.workshop = &w->workshop->port;
		ports.attended_later = true;
	}
	w->born_at = w->now;
	w->gate.show = show;
	w->publish.events = publish;
	w->chance.fill = fill;
	w->life++;
	w->told_offset = 0;
	world_trace(w, "roost is started (life %llu)", (unsigned long long)w->life);
	(void)memory_is_planes(true);
	w->plane = plane_new(&ports, &settings);
	if (w->webhooks != NULL)
		webhook_sim_birth(w);
	if (w->push != NULL)
		push_sim_birth(w);
	if (w->schedules != NULL)
		schedule_sim_birth(w);
	if (w->backup != NULL)
		backup_sim_birth(w);
	if (w->rosters != NULL)
		roster_sim_birth(w);
	if (w->workshop != NULL)
		preparation_sim_birth(w);
	(void)memory_is_planes(false);
	w->turn_due = w->now;
}

void
roost_kill(struct world *w)
{
	(void)memory_is_planes(false);
	w->in_plane = false;
	w->crashes++;
	world_trace(w, "roost is killed");
	w->plane = NULL;
	w->table = NULL; /* it was the plane's memory, and so is gone too */
	w->turn_due = 0;
	memory_forget();
	store_sim_roost_died(w);
	provider_sim_roost_died(w);
	player_sim_roost_died(w);
	if (w->webhooks != NULL)
		webhook_sim_roost_died(w);
	if (w->push != NULL)
		push_sim_roost_died(w);
	if (w->schedules != NULL)
		schedule_sim_roost_died(w);
	if (w->backup != NULL)
		backup_sim_roost_died(w);
	if (w->rosters != NULL)
		roster_sim_roost_died(w);
	if (w->workshop != NULL)
		preparation_sim_roost_died(w);
	world_add(w, SIM_BIRTH, dice_between(&w->crash_dice, 20, 20000) + schedule_sim_dead_for(w));
}

void
roost_machine(struct world *w)
{
	world_trace(w, "the machine restarts");
	provider_sim_machine_died(w);
	if (w->plane != NULL)
		roost_kill(w);
}

void
roost_turn(struct world *w)
{
	struct instant due;
	bool loaded;

	w->turns++;
	if (++w->turns_now > 2000) {
		world_fail(w, "it turns without end at one instant");
		return;
	}
	if (setjmp(w->crash) != 0) {
		roost_kill(w);
		return;
	}
	(void)memory_is_planes(true);
	w->in_plane = true;
	loaded = plane_is_loaded(w->plane);
	due = plane_turn(w->plane, (struct instant){ w->now });
	if (!loaded && plane_is_loaded(w->plane)) {
		declare_all(w);
		if (w->webhooks != NULL)
			webhook_sim_loaded(w);
		if (w->push != NULL)
			push_sim_loaded(w);
		if (w->schedules != NULL)
			schedule_sim_loaded(w);
		if (w->backup != NULL)
			backup_sim_loaded(w);
		if (w->rosters != NULL)
			roster_sim_loaded(w);
		if (w->workshop != NULL)
			preparation_sim_loaded(w);
		plane_attend(w->plane);
		due.ms = w->now;
	}
	w->in_plane = false;
	(void)memory_is_planes(false);
	w->turn_due = due.ms;
}

void
roost_note(struct world *w, struct fact *fact)
{
	if (fact->kind == FACT_REPLY && fact->as.reply.holds == REPLY_PROCESS)
		memory_adopt(fact->as.reply.as.process);
	if (fact->kind == FACT_REPLY && fact->as.reply.holds == REPLY_PROBE)
		memory_adopt(fact->as.reply.as.probe);
	if (fact->kind == FACT_REPLY && fact->as.reply.holds == REPLY_TEXT)
		memory_adopt(fact->as.reply.as.text);
	if (fact->kind == FACT_REPLY && fact->as.reply.holds == REPLY_ARCHIVE) {
		memory_adopt(fact->as.reply.as.archive->manifest);
		memory_adopt(fact->as.reply.as.archive->names);
		memory_adopt(fact->as.reply.as.archive);
	}
	if (fact->kind == FACT_CONSOLE_LINE)
		memory_adopt(fact->as.process.line);
	(void)memory_is_planes(true);
	plane_note(w->plane, fact);
	(void)memory_is_planes(false);
	mem_free(fact);
	w->turn_due = w->now;
}

static void
on_done(void *argument)
{
	struct ack *ack = argument;

	if (ack->world->plane != NULL)
		invariants_acknowledged(ack->world, ack);
	ack->server = -1;
}

/* A wish, and the promise that it is kept once it has been acknowledged. */
void
roost_wish(struct world *w, const struct fact *fact, int server)
{
	struct ack *ack = &w->acks[w->ack_next++ % ACKS_MAX];

	*ack = (struct ack){ w, server, fact->as.wish.want, w->last_offset };
	(void)memory_is_planes(true);
	plane_note(w->plane, fact);
	plane_after_commit(w->plane, on_done, ack);
	(void)memory_is_planes(false);
	w->turn_due = w->now;
}

void
roost_end(struct world *w)
{
	if (w->plane == NULL)
		return;
	(void)memory_is_planes(true);
	plane_free(w->plane);
	if (w->webhooks != NULL)
		webhook_sim_end(w);
	if (w->push != NULL)
		push_sim_end(w);
	if (w->schedules != NULL)
		schedule_sim_end(w);
	if (w->backup != NULL)
		backup_sim_end(w);
	if (w->rosters != NULL)
		roster_sim_end(w);
	if (w->workshop != NULL)
		preparation_sim_end(w);
	gate_table_unref(w->table);
	(void)memory_is_planes(false);
	w->plane = NULL;
	w->table = NULL;
	if (memory_count() > 0)
		world_fail(w, "%zu blocks of memory were left behind", memory_count());
	memory_forget();
}
