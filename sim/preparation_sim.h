/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_PREPARATION_SIM_H
#define SIM_PREPARATION_SIM_H

/*
 * Directories in which games are installed and files rendered, and what must be so about
 * them: no game starts before both were done for its start and for what is declared, what is
 * installed is not installed again unless somebody wants it so, what was cut off is done
 * again, and a start that fails for it says why. People change what is declared meanwhile.
 * Only a share of the seeds has this.
 */

#include "port/workshop.h"
#include "service/preparations.h"
#include "world.h"

#define WORKSHOPS_EVERY 3
#define WORKSHOPS_AT	2	/* seeds of this remainder */

/* Chances in 1024 at each occasion. */
struct workshop_faults {
	unsigned request_lost, answer_lost, answer_late, answer_twice, refuse, slow;
};

/* An order, from when it is given to its end. */
struct sim_task {
	bool is_on, is_install, again, begun, cancelled;
	struct ticket ticket;
	int64_t version;		/* of what is to be installed, or rendered */
};

/* One server's directory, and what is declared to be in it. */
struct sim_place {
	int64_t install_wanted, files_wanted, changed_at;
	int64_t installed, rendered;	/* versions; 0 = not, or not all of it */
	int64_t rendered_at;
	bool is_fresh;			/* rendered since a game last started */
	char started[RUN_TOKEN_SIZE];	/* the start that it was rendered for */
	bool again_wished;		/* somebody wants it installed anew */
	unsigned refused;		/* which refusal the start under way is owed; 0 = none */
	struct sim_task task;
};

struct sim_workshop {
	struct world *world;
	struct dice dice;
	struct workshop_faults faults;
	struct workshop_port port;
	struct preparations *now;	/* of the roost that lives; or NULL */
	struct sim_place places[SERVERS_MAX];
	unsigned refusals;
};

void preparation_sim_init(struct world *w);	/* behind the declarations */
void preparation_sim_deinit(struct world *w);
void preparation_sim_birth(struct world *w);
void preparation_sim_loaded(struct world *w);
void preparation_sim_roost_died(struct world *w);
void preparation_sim_end(struct world *w);
void preparation_sim_task(struct world *w, const struct sim_event *e);	/* an order's next step */
void preparation_sim_act(struct world *w);	/* somebody changes or wishes something */
void preparation_sim_started(struct world *w, const struct sim_process *p);
void preparation_sim_event(struct world *w, int server, enum event_type type, const char *data);

#endif
