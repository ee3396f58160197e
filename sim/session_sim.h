/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_SESSION_SIM_H
#define SIM_SESSION_SIM_H

/*
 * Games that tell of their players, and what must be so about sessions. Of each game the
 * console's lines are kept by its supervisor, who tells a roost that comes back what was
 * said meanwhile. Some consoles tell nothing; some lists are cut, hidden or lies; some
 * players come past the gate, and so outlive roost. Only a share of the seeds has this.
 */

#include "world.h"

#define VISITS_MAX   4096	/* true ones, of a run */
#define BACKLOG_MAX  500	/* lines of one game; as many as a supervisor keeps */

/* Somebody was really in the game. */
struct sim_visit {
	int player, server;
	int64_t in, out;		/* 0 = still */
};

/* A session that was told as begun, and not as ended. */
struct sim_session {
	int player, server;
	char id[ID_TEXT_SIZE];
	char run[RUN_TOKEN_SIZE];
};

/* The last session of a player at a server that ended. */
struct sim_ended {
	int64_t logout;
	char run[RUN_TOKEN_SIZE];
};

struct sim_line {
	char text[120];
	int64_t place;
};

struct sim_backlog {
	uint64_t generation;		/* of the process's slot */
	uint64_t attached;		/* life of roost that hears it */
	int64_t attached_at;
	size_t count;
	struct sim_line lines[BACKLOG_MAX];
};

struct sim_sessions {
	struct dice dice;
	bool prints;			/* consoles tell of players */
	bool lists, lies;		/* the game's list names players; or others */
	unsigned past_gate, uuid_lost;	/* in 1024 */
	int64_t place;
	struct sim_backlog backlogs[PROCESSES_MAX];
	struct sim_visit visits[VISITS_MAX];
	size_t visit_count;
	struct sim_session open[PLAYERS_MAX * SERVERS_MAX];
	size_t open_count;
	struct sim_ended ended[PLAYERS_MAX][SERVERS_MAX];
	int64_t heard_at[SERVERS_MAX];	/* something was durable of a roost that heard the console */
	int64_t deaf_until[SERVERS_MAX], deaf_for[SERVERS_MAX];	/* before that there was none, so long */
};

void session_sim_init(struct world *w);
void session_sim_deinit(struct world *w);

/* The world tells what really happens. */
void session_sim_came(struct world *w, const struct sim_player *p);
void session_sim_went(struct world *w, const struct sim_player *p, bool printed);
bool session_sim_tells(const struct world *w, int server);	/* its console, of players */
bool session_sim_may_pass_gate(struct world *w, int server);
void session_sim_name(const struct world *w, int server, struct probe_answer *answer);
void session_sim_attached(struct world *w, const struct sim_process *p);

/* session_check.c: what must be so; behind the documents of the batch, and at the end. */
void session_sim_committed(struct world *w, const struct store_batch *batch);
void session_sim_in_calm(struct world *w);
void session_sim_at_end(struct world *w);

#endif
