/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_ROSTER_SIM_H
#define SIM_ROSTER_SIM_H

/*
 * Who may play, and what must be so about it. Games hold their own lists, read at their
 * start and written at each change; operators in them ban and op as they like, people edit
 * the files of games that sleep, and roost is told things all the while. Only a share of the
 * seeds has this.
 */

#include "game/game_file.h"
#include "port/files.h"
#include "service/roster.h"
#include "world.h"

#define ROSTERS_EVERY 8
#define ROSTERS_AT    3		/* seeds of this remainder */
#define ROSTER_NAMES  5		/* players p0 ... are spoken of */
#define ROSTER_LISTS  3		/* those of players */

struct roster_faults {
	unsigned refuse, late, line_lost, lag;	/* in 1024 */
};

/* A question about files that is under way. */
struct sim_job {
	bool is_on, writes;
	struct ticket ticket;
	size_t count;
	char *texts[FILES_AT_ONCE];	/* to be written; NULL: left */
	char *was[FILES_AT_ONCE];	/* NULL: it was not there */
};

/* One server's directory, and the game that runs in it. */
struct sim_yard {
	char *files[FILES_AT_ONCE];	/* NULL: there is none */
	unsigned held[ROSTER_LISTS];	/* by a game that runs: bits of names */
	/* The last words of both sides, and when. */
	unsigned roost_value[ROSTER_LISTS], game_value[ROSTER_LISTS];
	int64_t roost_said[ROSTER_LISTS][ROSTER_NAMES], game_said[ROSTER_LISTS][ROSTER_NAMES];
	int64_t roost_at[ROSTER_LISTS][ROSTER_NAMES][2];
	int64_t game_at[ROSTER_LISTS][ROSTER_NAMES][2];	/* when the game's was no, and yes */
	bool is_edited;			/* by hand, and not read since: a sleeper's are read at its start */
	bool is_sure[ROSTER_LISTS][ROSTER_NAMES];	/* nothing of roost's was on its way then */
	unsigned stored[ROSTER_NAMES];	/* flags on record */
	int64_t banned_at[ROSTER_NAMES];	/* since when a ban is; 0 = it is not */
	struct sim_job job;
};

struct sim_rosters {
	struct world *world;
	struct dice dice;
	struct roster_faults faults;
	struct files_port port;
	struct users *users;		/* of the roost that lives; or NULL */
	struct rosters *now;
	struct sim_yard yards[SERVERS_MAX];
};

void roster_sim_init(struct world *w);
void roster_sim_deinit(struct world *w);
void roster_sim_birth(struct world *w);		/* the plane is new; in its memory */
void roster_sim_loaded(struct world *w);
void roster_sim_roost_died(struct world *w);
void roster_sim_end(struct world *w);
void roster_sim_started(struct world *w, int server);	/* a game reads its lists */
void roster_sim_said(struct world *w, int server, const char *line);	/* a game is told */
void roster_sim_lag(struct world *w, const struct sim_event *e);	/* ... and does it */
void roster_sim_job(struct world *w, const struct sim_event *e);
void roster_sim_act(struct world *w);		/* somebody changes something somewhere */
void roster_sim_line(struct world *w, const struct sim_event *e);
void roster_sim_committed(struct world *w, const struct store_batch *batch);
void roster_sim_knocks(struct world *w, const struct sim_player *p, int index);
void roster_sim_after_quiet(struct world *w);

#endif
