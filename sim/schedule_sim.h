/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_SCHEDULE_SIM_H
#define SIM_SCHEDULE_SIM_H

/*
 * Servers with schedules, in a zone whose clocks are put forward or back while the run lasts,
 * on a machine whose own is set now and then. When each was due is found here the slow way,
 * second by second; what is stored of it must agree, whenever roost dies and however long it
 * is dead. Only a share of the seeds.
 */

#include "service/schedules.h"
#include "wire/zone/zone.h"
#include "world.h"

#define SCHEDULES_EACH 3

/* `*` or a number in each field that may be one; seconds are always given. */
struct sim_schedule {
	int second, minute, hour;	/* -1 = * */
	int every;			/* so many seconds; 0 = as `second` says */
	bool utc;
	enum schedule_verb verb;
	bool once;			/* when it was missed */
	int64_t until, due;		/* as stored; 0 = not yet */
	int64_t before;			/* `until`, when the clock was set far back */
};

struct sim_schedules {
	struct dice dice;
	struct zones_port zones;
	struct zone *paris, *utc;
	struct schedules *now;		/* of the roost that lives; or NULL */
	struct sim_schedule of[SERVERS_MAX][SCHEDULES_EACH];
	int count[SERVERS_MAX];
	int64_t set_by;			/* ms from the world's time to the machine's clock */
	int64_t back_from, back_at;	/* how it was set before it was set back last, and when that was */
	int64_t walked_from;		/* since it leapt to there, or roost was born, the clock ran on */
};

void schedule_sim_init(struct world *w);	/* before servers are declared: it may move the clock */
void schedule_sim_deinit(struct world *w);
char *schedule_sim_json(struct world *w, int server);	/* a member of the declaration, or ""; the caller's */
void schedule_sim_birth(struct world *w);
void schedule_sim_loaded(struct world *w);
void schedule_sim_roost_died(struct world *w);
void schedule_sim_end(struct world *w);
void schedule_sim_clock(struct world *w);	/* it is set */
void schedule_sim_calm(struct world *w);	/* it is right, and stays so */
int64_t schedule_sim_dead_for(struct world *w);	/* ms that roost stays dead longer */
void schedule_sim_committed(struct world *w, const struct store_batch *batch);
void schedule_sim_in_calm(struct world *w);

#endif
