/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_PUSH_SIM_H
#define SIM_PUSH_SIM_H

/*
 * Browsers, their push service, and what must be so about them. The service takes, is
 * busy, refuses, says that a browser is gone, or says nothing; the way to it loses requests and
 * answers. Only a share of the seeds has them.
 */

#include "service/push.h"
#include "world.h"

#define BROWSERS_MAX	4
#define BROWSERS_EVERY	8	/* one seed in so many has browsers, ... */
#define BROWSERS_AT	4	/* ... those with this remainder */
#define PUSH_EVENTS_MAX 8192	/* of a run, at most; it is over with more */

/* Chances in 1024 at each request. */
struct push_faults {
	unsigned fails, busy, gone, forbidden, silent, late, refused, request_lost, answer_lost;
};

struct sim_browser {
	char id[DIGEST_TEXT_SIZE];	/* "" = it has never asked */
	bool gone;			/* it was said to be, since it last asked */
	bool may_go;			/* said to be gone, or taken back by its user, since it was made */
	unsigned char accepted[PUSH_EVENTS_MAX];
	bool forbidden[PUSH_EVENTS_MAX];	/* refused, so that it ends there */
	bool uncertain[PUSH_EVENTS_MAX];	/* roost may not know that it was accepted */
};

/* A request on its way, or its answer. */
struct sim_push_post {
	int browser;
	uint64_t event;
	struct ticket ticket;
	bool answers;
	int status;			/* 0 = none came; -1 = refused */
	int retry_after;
};

struct sim_push {
	struct push_faults faults;
	struct dice dice;
	struct http_port http;
	struct seal_port seal;
	struct secrets_port secrets;
	struct world *world;
	struct users *users;		/* of the roost that lives; or NULL */
	struct push *now;
	int count;
	struct sim_browser browsers[BROWSERS_MAX];
	struct store_event *events;	/* the record's, from 1 */
	size_t event_count, event_room;
	uint64_t last_ready[SERVERS_MAX];
};

void push_sim_init(struct world *w);
void push_sim_deinit(struct world *w);
void push_sim_birth(struct world *w);	/* the plane is new; in its memory */
void push_sim_loaded(struct world *w);
void push_sim_roost_died(struct world *w);
void push_sim_end(struct world *w);
void push_sim_post(struct world *w, const struct sim_event *e);
void push_sim_ask(struct world *w);	/* somebody asks for something */
void push_sim_read(struct world *w, const struct store_query *query, struct store_rows *rows);

/* push_check.c */
void push_sim_committing(struct world *w, const struct store_batch *batch);	/* not in the documents yet */
void push_sim_sent(struct world *w, const struct sim_push_post *post);
/* `excused`: the roost that sent it is dead. */
void push_sim_accepted(struct world *w, const struct sim_push_post *post, bool excused);
void push_sim_after_quiet(struct world *w);

#endif
