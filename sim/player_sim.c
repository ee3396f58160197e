/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Players and the gate they come to: they knock, wait, give up, come back, play,
 * idle, and sometimes come by the hundred. Where they are led, whether they are
 * held and for how long is decided by the gate's own code and the table it was
 * shown last; their clients are of every kind, also such as never answer. Operators wish servers up and down.
 */

#include <stdio.h>
#include <string.h>

#include "gate/route.h"
#include "gate/verdict.h"
#include "session_sim.h"
#include "roster_sim.h"
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

/* As the gate finds it: by the host of a handshake, or (tcp, udp) by the listener. */
static const struct gate_server *
shown(const struct world *w, int server)
{
	const char *name = w->servers[server].name;
	char raw[HOST_MAX + 1], host[HOST_MAX + 1];
	int length;

	for (size_t i = 0; w->table != NULL && i < w->table->server_count; i++) {
		if (w->servers[server].tcp && strcmp(w->table->servers[i].name, name) == 0)
			return &w->table->servers[i];
	}
	if (w->table == NULL || w->servers[server].tcp)
		return NULL;
	length = snprintf(raw, sizeof raw, "%s.%cFML2%c", name, 0, 0);
	raw[0] = 'S';
	ASSERT(route_clean(raw, (size_t)length, host));
	return route_find(w->table, host);
}

static unsigned
held_at(const struct world *w, int server)
{
	unsigned held = 0;

	for (int i = 0; i < w->player_count; i++)
		held += w->players[i].is == PLAYER_HELD && w->players[i].server == server;
	return held;
}

static void
go_in(struct world *w, struct sim_player *p)
{
	tell(w, p, FACT_JOINED, "");
	world_trace(w, "p%d is let in at s%d", (int)(p - w->players), p->server);
	p->is = PLAYER_IN;
	p->since = w->now;
	p->past_gate = false;
	session_sim_came(w, p);
}

static void
leave(struct world *w, struct sim_player *p, const char *how, bool printed)
{
	if (!p->past_gate)
		tell(w, p, FACT_LEFT, how);
	p->is = PLAYER_AWAY;
	session_sim_went(w, p, printed);
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

/* What his client says to a question: not understood, under the question's own id. */
static void
answer(struct sim_player *p, const unsigned char *question, size_t length)
{
	unsigned char frame[8] = { 7, 0x02 };
	size_t used;

	if (!p->answers || length < 7 || question[1] != 0x04)
		return;
	memcpy(frame + 2, question + 2, 5);
	ASSERT(hold_heard(&p->hold, frame, sizeof frame, &used) == HOLD_HEARD_ANSWER);
	ASSERT(used == sizeof frame);
}

/* One turn of the hold, by the gate's own machine. */
static void
hold_on(struct world *w, struct sim_player *p)
{
	unsigned char bytes[HOLD_SEND_LIMIT];
	struct instant now = { w->now };
	size_t length;

	switch (hold_turn(&p->hold, now, bytes, &length)) {
	case HOLD_IS_OVER:
	case HOLD_CANNOT_WAIT:
		release(w, p, "it took too long");
		return;
	case HOLD_PEER_IS_DEAD:
		release(w, p, "");
		return;
	case HOLD_GOES_ON:
		if (w->now - p->since > w->servers[p->server].policy.hold_for.ms + 1)
			world_fail(w, "p%d is held for longer than hold_for",
				   (int)(p - w->players));
		break;
	}
	answer(p, bytes, length);
	if (hold_take_wake(&p->hold, now)) {
		world_trace(w, "p%d knocks at s%d", (int)(p - w->players), p->server);
		if (w->rosters != NULL)
			roster_sim_knocks(w, p, (int)(p - w->players));
		tell(w, p, FACT_KNOCKED, "");
	}
	/* A newer table may have asked before the time: one turn is planned, not two. */
	if (p->turn_at > w->now && p->turn_at <= hold_due(&p->hold).ms + 1)
		return;
	p->turn_at = hold_due(&p->hold).ms + 1;
	world_add(w, SIM_GATE, p->turn_at - w->now)->index = (int)(p - w->players);
}

static void
begin_hold(struct world *w, struct sim_player *p, const struct gate_server *g)
{
	static const int32_t protocols[] = { 47, 340, 393, 767, 775, -1 };
	struct dice *d = &w->player_dice;
	const struct hold_rules rules = {
		.protocol = protocols[dice_below(d, ELEMENTS(protocols))],
		.wake_filter = g->wake_filter && !g->is_datagrams, /* those have shown it */
		.hold_for = g->hold_for,
		.chance = dice_below(d, 1000),
	};

	p->answers = dice_below(d, 4) != 0;
	p->is = PLAYER_HELD;
	p->turn_at = 0;
	tell(w, p, FACT_HELD, "");
	hold_init(&p->hold, &rules, (struct instant){ w->now });
	hold_on(w, p);
}

static bool
is_welcome(const struct world *w, const struct sim_player *p, const struct gate_server *g)
{
	char name[PLAYER_NAME_LIMIT + 1];
	enum kick why;

	(void)snprintf(name, sizeof name, "p%d", (int)(p - w->players));
	return g == NULL || verdict_is_welcome(g, name, NULL, &why);
}

static void
come(struct world *w, struct sim_player *p)
{
	const struct gate_server *g;
	struct verdict verdict;

	p->server = (int)dice_below(&w->player_dice, (unsigned)w->server_count);
	if (session_sim_may_pass_gate(w, p->server)) {
		p->is = PLAYER_IN;
		p->since = w->now;
		p->past_gate = true;
		session_sim_came(w, p);
		return;
	}
	g = shown(w, p->server);
	if (w->plane == NULL || g == NULL)
		return;
	p->connection = ++w->last_connection;
	p->since = w->now;
	p->generation++;
	if (!is_welcome(w, p, g)) {
		tell(w, p, FACT_REFUSED, "banned");
		return;
	}
	verdict = g->is_datagrams ? datagram_sim_come(w, g, p->connection, held_at(w, p->server))
				  : verdict_arriving(g, held_at(w, p->server));
	p->attempt = verdict.attempt;
	switch (verdict.is) {
	case VERDICT_LET_IN:
		if (provider_sim_answers(w, p->server))
			go_in(w, p);
		break;
	case VERDICT_HOLD:
		begin_hold(w, p, g);
		break;
	case VERDICT_TURN_AWAY:
		if (g->state == STATE_READY ||
		    (g->state == STATE_WAKING && held_at(w, p->server) < g->hold_queue))
			world_fail(w, "p%d is refused at %s, which is %s", (int)(p - w->players),
				   g->name, state_word(g->state));
		tell(w, p, FACT_REFUSED, "not now");
		break;
	}
}

/* A newer table came, or it is time for the hold's next turn. */
void
player_sim_gate(struct world *w, const struct sim_event *e)
{
	struct sim_player *p = &w->players[e->index];
	struct verdict verdict;

	if (p->is != PLAYER_HELD)
		return;
	if (!is_welcome(w, p, shown(w, p->server))) {
		release(w, p, "banned");
		return;
	}
	verdict = verdict_waiting(shown(w, p->server), p->attempt);
	switch (verdict.is) {
	case VERDICT_LET_IN:
		if (!provider_sim_answers(w, p->server)) {
			world_add(w, SIM_GATE, 500)->index = e->index;
			break;
		}
		hold_release(&p->hold);
		go_in(w, p);
		break;
	case VERDICT_HOLD:
		hold_on(w, p);
		break;
	case VERDICT_TURN_AWAY:
		release(w, p, "it failed");
		break;
	}
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
			leave(w, p, "left", true);
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
		leave(w, p, "the game ended", false);
	}
}

/* The gate dies with roost, and with it every connection. */
void
player_sim_roost_died(struct world *w)
{
	for (int i = 0; i < w->player_count; i++) {
		struct sim_player *p = &w->players[i];

		if (p->is == PLAYER_IN && p->past_gate)
			continue;
		if (p->is == PLAYER_IN)
			session_sim_went(w, p, true);
		p->is = PLAYER_AWAY;
	}
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
			leave(w, p, "went home", true);
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
	datagram_sim_flood(w);
	player_sim_wish(w, (int)dice_below(d, (unsigned)w->server_count),
			dice_below(d, 2) == 0 ? WANT_UP : WANT_DOWN);
	if (dice_below(d, 8) == 0)
		roost_move(w, (int)dice_below(d, (unsigned)w->server_count));
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
