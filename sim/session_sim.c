/* SPDX-License-Identifier: Apache-2.0 */
/* What games tell of their players, and who hears it; see the header. */

#include "session_sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "memory.h"

#define SESSIONS_EVERY 3 /* one seed in so many has this */
#define HEARD_IN       2 /* ms; the same for all, for a console's lines keep their order */

/* The process that players are in; NULL: there is none that answers. */
static const struct sim_process *
process_of(const struct world *w, int server)
{
	for (int i = 0; i < PROCESSES_MAX; i++) {
		const struct sim_process *p = &w->processes[i];

		if (p->exists && p->alive && p->server == server && p->booted_at <= w->now)
			return p;
	}
	return NULL;
}

static struct sim_backlog *
backlog_of(struct world *w, const struct sim_process *p)
{
	struct sim_backlog *backlog = &w->sessions->backlogs[p - w->processes];

	if (backlog->generation != p->generation) {
		backlog->generation = p->generation;
		backlog->attached = 0;
		backlog->count = 0;
	}
	return backlog;
}

static void
hear(struct world *w, const struct sim_process *p, const struct sim_line *line, bool past)
{
	struct fact fact = { .kind = FACT_CONSOLE_LINE };

	(void)text_put(fact.server, sizeof fact.server, w->servers[p->server].name);
	(void)text_put(fact.as.process.token, sizeof fact.as.process.token, p->token);
	fact.as.process.line = text_copy(line->text);
	fact.as.process.place = line->place;
	fact.as.process.past = past;
	world_deliver(w, &fact, HEARD_IN);
}

static void print(struct world *w, int server, const char *format, ...) printf_like(3, 4);

static void
print(struct world *w, int server, const char *format, ...)
{
	const struct sim_process *p = process_of(w, server);
	struct sim_backlog *backlog;
	struct sim_line *line;
	char message[80];
	va_list args;

	if (p == NULL || !w->sessions->prints)
		return;
	backlog = backlog_of(w, p);
	if (backlog->count == BACKLOG_MAX)
		memmove(backlog->lines, backlog->lines + 1,
			--backlog->count * sizeof backlog->lines[0]);
	line = &backlog->lines[backlog->count++];
	line->place = w->sessions->place += 2;
	va_start(args, format);
	(void)vsnprintf(message, sizeof message, format, args);
	va_end(args);
	(void)snprintf(line->text, sizeof line->text, "[12:34:56] %s%s",
		       w->servers[server].tcp ? "" : "[Server thread/INFO]: ", message);
	world_trace(w, "s%d prints: %s", server, message);
	if (w->plane != NULL && backlog->attached == w->life)
		hear(w, p, line, false);
}

void
session_sim_attached(struct world *w, const struct sim_process *p)
{
	struct sim_backlog *backlog;

	if (w->sessions == NULL)
		return;
	backlog = backlog_of(w, p);
	if (backlog->attached == w->life)
		return;
	backlog->attached = w->life;
	backlog->attached_at = w->now;
	for (size_t i = 0; i < backlog->count; i++)
		hear(w, p, &backlog->lines[i], true);
}

bool
session_sim_tells(const struct world *w, int server)
{
	return w->sessions->prints && (!w->servers[server].tcp || w->servers[server].talks);
}

static int
number_of(const struct world *w, const struct sim_player *p)
{
	return (int)(p - w->players);
}

void
session_sim_came(struct world *w, const struct sim_player *p)
{
	struct sim_sessions *s = w->sessions;
	int player = number_of(w, p);

	if (s == NULL)
		return;
	ASSERT(s->visit_count < VISITS_MAX);
	s->visits[s->visit_count++] = (struct sim_visit){ player, p->server, w->now, 0 };
	if (w->servers[p->server].talks)
		print(w, p->server, "p%d comes", player);
	if (w->servers[p->server].tcp)
		return;
	if (!dice_hits(&s->dice, s->uuid_lost))
		print(w, p->server, "UUID of player p%d is 00000000-0000-3000-8000-%012d", player,
		      player);
	print(w, p->server, "p%d[/127.0.0.1:40000] logged in with entity id 7 at (0, 0, 0)",
	      player);
	print(w, p->server, "p%d joined the game", player);
}

void
session_sim_went(struct world *w, const struct sim_player *p, bool printed)
{
	struct sim_sessions *s = w->sessions;
	int player = number_of(w, p);

	if (s == NULL)
		return;
	for (size_t i = s->visit_count; i-- > 0;) {
		if (s->visits[i].player == player && s->visits[i].out == 0)
			s->visits[i].out = w->now;
	}
	if (printed && w->servers[p->server].talks)
		print(w, p->server, "p%d goes (it is late)", player);
	if (!printed || w->servers[p->server].tcp)
		return;
	print(w, p->server, "p%d lost connection: Disconnected", player);
	print(w, p->server, "p%d left the game", player);
}

bool
session_sim_may_pass_gate(struct world *w, int server)
{
	struct sim_sessions *s = w->sessions;

	return s != NULL && !w->servers[server].tcp && provider_sim_answers(w, server) &&
	       dice_hits(&s->dice, s->past_gate);
}

/* A list lies to a roost that hears the console: no other could know better. */
void
session_sim_name(const struct world *w, int server, struct probe_answer *answer)
{
	const struct sim_sessions *s = w->sessions;
	const struct sim_process *p = process_of(w, server);

	if (s == NULL || p == NULL || (!s->lists && !s->lies) ||
	    (s->lies && s->backlogs[p - w->processes].attached != w->life))
		return;
	for (int i = 0; i < w->player_count && answer->name_count < 12; i++) {
		if (w->players[i].is == PLAYER_IN && w->players[i].server == server)
			(void)snprintf(answer->names[answer->name_count++], sizeof answer->names[0],
				       s->lies ? "Advert%d" : "p%d", i);
	}
}

void
session_sim_init(struct world *w)
{
	struct sim_sessions *s;

	if (w->seed % SESSIONS_EVERY != 1)
		return;
	s = mem_new(sizeof *s);
	w->sessions = s;
	s->dice = dice_of(w->seed, 9);
	s->prints = dice_below(&s->dice, 4) != 0;
	s->lists = dice_below(&s->dice, 2) == 0;
	s->lies = s->prints && dice_below(&s->dice, 4) == 0;
	s->past_gate = dice_below(&s->dice, 2) == 0 ? 0 : 256;
	s->uuid_lost = dice_below(&s->dice, 2) == 0 ? 0 : 300;
}

void
session_sim_deinit(struct world *w)
{
	mem_free(w->sessions);
	w->sessions = NULL;
}
