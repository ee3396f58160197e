/* SPDX-License-Identifier: Apache-2.0 */
/* What games do with their worlds, and what people wish of backups; see backup_sim.h. */

#include <stdio.h>
#include <string.h>

#include "backup_sim.h"
#include "memory.h"

/* Games */

static void
save_later(struct world *w, const struct sim_process *p, int64_t in_ms, bool flush)
{
	struct sim_event *e = world_add(w, SIM_SAVES, in_ms);

	e->index = (int)(p - w->processes);
	e->life = p->generation;
	e->ticket.v = flush;
}

void
backup_sim_started(struct world *w, struct sim_process *p)
{
	const struct sim_directory *d = &w->backup->directories[p->server];

	if (d->half && !p->excused)
		world_fail(w, "s%d is started while its world is exchanged", p->server);
	save_later(w, p, dice_between(&w->backup->dice, 500, 10000), false);
}

static void
write_world(struct world *w, struct sim_process *p)
{
	struct sim_directory *d = &w->backup->directories[p->server];

	d->world.version = d->memory;
	d->world.excused = d->world.excused || p->excused;
	d->world.torn = false;
	d->changes++;
}

void
backup_sim_saves(struct world *w, const struct sim_event *e)
{
	struct sim_process *p = &w->processes[e->index];
	struct sim_directory *d = &w->backup->directories[p->server];
	struct fact fact = { .kind = FACT_CONSOLE_LINE };
	struct sim_backup *s = w->backup;
	bool flush = e->ticket.v != 0, is_here = p->exists && p->generation == e->life && p->alive;

	if (!is_here)
		return;
	if (flush && d->writing > 0)
		d->writing--;
	if (p->booted_at <= w->now) {
		d->memory++;
		if (flush || !p->held)
			write_world(w, p);
	}
	if (!flush) {
		save_later(w, p, dice_between(&s->dice, 500, 10000), false);
		return;
	}
	if (w->plane == NULL || (!w->calm && dice_hits(&s->dice, s->faults.mute)))
		return;
	(void)text_put(fact.server, sizeof fact.server, w->servers[p->server].name);
	(void)text_put(fact.as.process.token, sizeof fact.as.process.token, p->token);
	fact.as.process.line = text_copy("[12:00:00] [Server thread/INFO]: Saved the game");
	world_deliver(w, &fact, 1);
}

/* 2: save-off, 3: save-all flush, 4: save-on. */
void
backup_sim_said(struct world *w, struct sim_process *p, int line)
{
	struct sim_backup *s = w->backup;
	struct fact fact = { .kind = FACT_CONSOLE_LINE };

	if (line == 2 || line == 4) {
		p->held = line == 2;
		p->held_since = w->now;
		world_trace(w, "saving of %s is %s", p->token, p->held ? "held" : "let go");
	}
	if (line != 3)
		return;
	s->directories[p->server].writing++;
	save_later(w, p, dice_between(&s->dice, 10, 3000), true);
	if (w->plane == NULL || !dice_hits(&s->dice, s->faults.chat))
		return;
	(void)text_put(fact.server, sizeof fact.server, w->servers[p->server].name);
	fact.as.process.line = text_copy("[12:00:00] [Server thread/INFO]: <p1> Saved the game");
	world_deliver(w, &fact, 1);
}

/* A game that ends by itself has saved; one that is killed has not. */
void
backup_sim_ended(struct world *w, struct sim_process *p)
{
	if (p->exit_signal == 0 && p->booted_at <= w->now)
		write_world(w, p);
	w->backup->directories[p->server].writing = 0;
	p->held = false;
}

/* Life and operators */

void
backup_sim_birth(struct world *w)
{
	w->backup->now = backups_new(w->plane);
}

void
backup_sim_loaded(struct world *w)
{
	backups_load(w->backup->now);
}

void
backup_sim_end(struct world *w)
{
	backups_free(w->backup->now);
	w->backup->now = NULL;
}

static void
restore(struct world *w, int server)
{
	struct sim_backup *s = w->backup;
	int to = (int)dice_below(&s->dice, (unsigned)w->server_count);
	size_t count = backups_count(s->now, w->servers[server].name);
	struct backups_wish wish = { .server = w->servers[server].name, .by = "operator" };

	if (count == 0)
		return;
	wish.id = backups_at(s->now, wish.server, dice_below(&s->dice, (unsigned)count))->id;
	if (backups_restore(s->now, &wish, w->servers[to].name) == BACKUPS_DONE)
		world_trace(w, "s%d is restored from %s of s%d", to, wish.id, server);
}

void
backup_sim_operate(struct world *w)
{
	struct sim_backup *s = w->backup;
	struct dice *d = &s->dice;
	int server = (int)dice_below(d, (unsigned)w->server_count);
	struct backups_wish wish = { .server = w->servers[server].name, .by = "operator" };
	char id[ID_TEXT_SIZE];

	if (w->calm)
		return;
	world_add(w, SIM_BACKUPS, dice_between(d, 1000, 60000));
	if (w->plane == NULL || !plane_is_loaded(w->plane))
		return;
	(void)memory_is_planes(true);
	if (dice_below(d, 3) != 0)
		(void)backups_make(s->now, dice_below(d, 2) == 0 ? BACKUP_DEMAND : BACKUP_SCHEDULE,
				   &wish, id);
	else
		restore(w, server);
	(void)memory_is_planes(false);
	w->turn_due = w->now;
}

void
backup_sim_calm(struct world *w)
{
	w->backup->away_until = 0;
}

static void
declare(struct world *w, int i)
{
	struct sim_backup *s = w->backup;
	struct sim_server *server = &w->servers[i];
	struct dice *d = &s->dice;
	char *json = server->json, *policy = strstr(json, "\"policy\":{");
	bool gated = dice_below(d, 4) != 0;

	ASSERT(policy != NULL);
	s->directories[i].gated = gated;
	server->json = text_format(
		"%.*s\"backup\":{\"save_within\":\"%llds\",\"keep\":{\"last\":%u,"
		"\"daily\":0,\"weekly\":%u}},\"policy\":{\"backup\":\"%s\",\"backup_within\":\"%"
		"llds\",%s",
		(int)(policy - json), json, (long long)dice_between(d, 1, 8), 1 + dice_below(d, 3),
		dice_below(d, 2), gated ? "before_sleep" : "never",
		(long long)(dice_below(d, 3) == 0 ? 0 : dice_between(d, 5, 100)),
		policy + strlen("\"policy\":{"));
	mem_free(json);
}

/* One that no document knows, made when a clock was far ahead. */
static void
put_from_tomorrow(struct sim_backup *s)
{
	struct sim_archive *a = &s->archives[0];

	(void)text_put(a->name, sizeof a->name, "s0/01TOMORROW");
	a->has_tar = a->has_manifest = true;
	a->tar = a->manifest = ++s->packs;
	a->modified = s->world->now + INT64_C(1000) * 86400000;
}

void
backup_sim_init(struct world *w)
{
	struct sim_backup *s;
	unsigned *each;

	if (w->seed % BACKUPS_EVERY != 1)
		return;
	s = w->backup = mem_new(sizeof *s);
	s->world = w;
	s->dice = dice_of(w->seed, 9);
	s->blanks = dice_of(w->seed, 10);
	each = (unsigned *)&s->faults;
	for (size_t i = 0; i < sizeof s->faults / sizeof *each; i++)
		each[i] = dice_below(&s->dice, 2) == 0 ? 0 : 1 + dice_below(&s->dice, 100);
	if (dice_below(&s->blanks, 2) == 0)
		s->blank = 1 + dice_below(&s->blanks, 60);
	if (dice_below(&s->blanks, 3) == 0)
		put_from_tomorrow(s);
	backup_sim_make_port(s);
	for (int i = 0; i < w->server_count; i++) {
		s->directories[i].memory = s->directories[i].world.version = (uint64_t)(i + 1)
									     << 40;
		declare(w, i);
	}
	world_add(w, SIM_BACKUPS, dice_between(&s->dice, 1000, 60000));
}

/* Workers die with roost; what they had sent to the store may still come there, some of it late. */
void
backup_sim_roost_died(struct world *w)
{
	struct sim_backup *s = w->backup;
	struct sim_order late[16];
	size_t count = 0;

	s->now = NULL;
	for (size_t i = 0; i < w->heap_count; i++) {
		struct sim_event *e = &w->heap[i];
		bool was_sent;

		if (e->kind != SIM_ARCHIVE || e->life != w->life)
			continue;
		was_sent = e->order->op == ARCHIVE_COMMIT || e->order->op == ARCHIVE_REMOVE;
		if (was_sent && dice_below(&s->dice, 2) == 0 && count < ELEMENTS(late))
			late[count++] = *e->order;
		e->order->op = ARCHIVE_SWEEP; /* which does nothing, and nobody hears of it */
		e->order->ticket = (struct ticket){ 0 };
	}
	while (count > 0) {
		late[--count].ticket = (struct ticket){ 0 };
		(void)backup_order_later(w, &late[count], dice_between(&s->dice, 1, 60000));
	}
}

void
backup_sim_deinit(struct world *w)
{
	mem_free(w->backup);
	w->backup = NULL;
}
