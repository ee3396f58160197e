/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Players and the gate they come to: they knock, wait, give up, come back, play,
 * idle, and sometimes come by the hundred. The gate holds them by the table it
 * was shown last, as the real one does. Operators wish servers up and down.
 */

#include <stdio.h>
#include <string.h>

#include "world.h"

#define CROWD 200

static void
tell(struct world *w, struct sim_player *p, enum fact_kind kind, const char *reason)
{
	struct fact fact = { .kind = kind };

	if (w->plane == NULL)
		return;
	(void)text_put(fact.server, sizeof fact.server, w->servers[p->server].name);
	fact.as.player.connection = p->connection;
	(void)snprintf(fact.as.player.player, sizeof fact.as.player.player, "p%d",
		       (int)(p - w->players));
	fact.as.player.after = DURATION_MS(w->now - p->since);
	(void)text_put(fact.as.player.reason, sizeof fact.as.player.reason, reason);
	world_deliver(w, &fact, 1);
}

static const struct gate_server *
shown(const struct world *w, int server)
{
	for (size_t i = 0; w->table != NULL && i < w->table->server_count; i++) {
		if (strcmp(w->table->servers[i].name, w->servers[server].name) == 0)
			return &w->table->servers[i];
	}
	return NULL;
}

static void
go_in(struct world *w, struct sim_player *p)
{
	tell(w, p, FACT_JOINED, "");
	world_trace(w, "p%d is let in at s%d", (int)(p - w->players), p->server);
	p->is = PLAYER_IN;
	p->since = w->now;
}

static void
come(struct world *w, struct sim_player *p)
{
	const struct gate_server *g;

	p->server = (int)dice_below(&w->player_dice, (unsigned)w->server_count);
	g = shown(w, p->server);
	if (w->plane == NULL || g == NULL)
		return;
	p->connection = ++w->last_connection;
	p->since = w->now;
	p->generation++;
	if (g->state == STATE_READY && provider_sim_answers(w, p->server)) {
		go_in(w, p);
		return;
	}
	if (!g->wake_on_join && g->state != STATE_WAKING)
		return;
	world_trace(w, "p%d knocks at s%d", (int)(p - w->players), p->server);
	tell(w, p, FACT_KNOCKED, "");
	tell(w, p, FACT_HELD, "");
	p->is = PLAYER_HELD;
	p->attempt = g->attempt;
	p->held_in = g->state;
	world_add(w, SIM_GATE, g->hold_for.ms)->index = (int)(p - w->players);
}

static void
release(struct world *w, struct sim_player *p, const char *why)
{
	world_trace(w, "p%d is told: %s", (int)(p - w->players), why);
	tell(w, p, FACT_RELEASED, why);
	if (why[0] != '\0')
		tell(w, p, FACT_REFUSED, why);
	p->is = PLAYER_AWAY;
}

void
player_sim_gate(struct world *w, const struct sim_event *e)
{
	struct sim_player *p = &w->players[e->index];
	const struct gate_server *g = shown(w, p->server);
	bool other = g != NULL && (g->attempt != p->attempt || p->held_in != STATE_FAILED);

	if (p->is != PLAYER_HELD || g == NULL)
		return;
	if (w->now - p->since >= g->hold_for.ms)
		release(w, p, "it took too long");
	else if (g->state == STATE_READY && provider_sim_answers(w, p->server))
		go_in(w, p);
	else if (g->state == STATE_READY)
		world_add(w, SIM_GATE, 500)->index = e->index;
	else if (g->state == STATE_FAILED && other)
		release(w, p, "it failed");
}

void
player_sim_act(struct world *w, const struct sim_event *e)
{
	struct sim_player *p = &w->players[e->index];
	struct dice *d = &w->player_dice;

	if (w->quiet)
		return;
	switch (p->is) {
	case PLAYER_AWAY:
		come(w, p);
		break;
	case PLAYER_HELD:
		if (dice_below(d, 6) == 0)
			release(w, p, "");
		break;
	case PLAYER_IN:
		if (dice_below(d, 2) == 0) {
			tell(w, p, FACT_LEFT, "left");
			p->is = PLAYER_AWAY;
		}
		break;
	}
	world_add(w, SIM_PLAYER, dice_between(d, 500, w->player_count > 20 ? 200000 : 90000))
		->index = e->index;
}

unsigned
player_sim_online(const struct world *w, int server)
{
	unsigned online = 0;

	for (int i = 0; i < w->player_count; i++)
		online += w->players[i].is == PLAYER_IN && w->players[i].server == server;
	return online;
}

void
player_sim_game_ended(struct world *w, int server)
{
	for (int i = 0; i < w->player_count; i++) {
		struct sim_player *p = &w->players[i];

		if (p->is != PLAYER_IN || p->server != server)
			continue;
		tell(w, p, FACT_LEFT, "the game ended");
		p->is = PLAYER_AWAY;
	}
}

/* The gate dies with roost, and with it every connection. */
void
player_sim_roost_died(struct world *w)
{
	for (int i = 0; i < w->player_count; i++)
		w->players[i].is = PLAYER_AWAY;
	for (int i = 0; i < ACKS_MAX; i++)
		w->acks[i].server = -1;
}

void
player_sim_go_home(struct world *w)
{
	for (int i = 0; i < w->player_count; i++) {
		struct sim_player *p = &w->players[i];

		if (p->is == PLAYER_HELD)
			release(w, p, "");
		if (p->is == PLAYER_IN)
			tell(w, p, FACT_LEFT, "went home");
		p->is = PLAYER_AWAY;
	}
}

void
player_sim_wish(struct world *w, int server, enum want want)
{
	struct fact fact = { .kind = FACT_WISH };

	if (w->plane == NULL || !plane_is_loaded(w->plane))
		return;
	(void)text_put(fact.server, sizeof fact.server, w->servers[server].name);
	fact.as.wish.want = want;
	fact.as.wish.cause = CAUSE_API;
	fact.as.wish.now = want == WANT_DOWN && dice_below(&w->player_dice, 3) == 0;
	(void)text_put(fact.as.wish.by, sizeof fact.as.wish.by, "operator");
	world_trace(w, "s%d is wished %s", server, want == WANT_UP ? "up" : "down");
	roost_wish(w, &fact, server);
}

void
player_sim_operate(struct world *w)
{
	struct dice *d = &w->player_dice;

	if (w->calm)
		return;
	player_sim_wish(w, (int)dice_below(d, (unsigned)w->server_count),
			dice_below(d, 2) == 0 ? WANT_UP : WANT_DOWN);
	world_add(w, SIM_OPERATOR, dice_between(d, 10, dice_below(d, 4) == 0 ? 500 : 60000));
}

void
player_sim_init(struct world *w)
{
	struct dice *d = &w->player_dice;

	w->player_count = dice_below(d, 128) == 0 ? CROWD : (int)dice_below(d, 7);
	for (int i = 0; i < w->player_count; i++)
		world_add(w, SIM_PLAYER, dice_between(d, 500, 60000))->index = i;
	world_add(w, SIM_OPERATOR, dice_between(d, 100, 30000));
}
