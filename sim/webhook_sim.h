/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_WEBHOOK_SIM_H
#define SIM_WEBHOOK_SIM_H

/*
 * Receivers of webhooks, and what must be so about them. A receiver takes, fails, wants
 * to be left alone for a while, is gone, is slow, says nothing; the way to it loses
 * requests and answers and brings some twice. Only a share of the seeds has them.
 */

#include "service/webhook.h"
#include "world.h"

#define HOOKS_MAX      3
#define HOOKS_EVERY    8	/* one seed in so many has webhooks */
#define HOOK_EVENTS    8192	/* of a run, at most; it is over with more */

/* Chances in 1024 at each request. */
struct hook_faults {
	unsigned fails, busy, gone, late, silent, request_lost, answer_lost, twice, refused, down;
};

enum fate { FATE_OPEN, FATE_TAKEN, FATE_DEAD, FATE_SKIPPED };

struct sim_hook {
	char id[ID_TEXT_SIZE];		/* "" = not durable yet */
	unsigned kind;			/* of its filter */
	bool enabled, was_off;		/* since it was told everything: some may be forgotten */
	uint64_t skipping_to;		/* an admin wished what is before it skipped; 0 = not */
	uint64_t cursor;		/* stored */
	uint64_t floor;			/* all up to here has a fate */
	int64_t down_until;
	unsigned char fate[HOOK_EVENTS];
};

/* A request on its way, or its answer. */
struct sim_post {
	int hook;
	uint64_t offset, hash;
	struct ticket ticket;
	bool answers;			/* it is the answer */
	int status;			/* 0 = none came; -1 = refused */
	int retry_after;
};

struct sim_webhooks {
	struct hook_faults faults;
	struct dice dice;
	struct http_port http;
	struct world *world;
	struct webhooks *now;		/* of the roost that lives; or NULL */
	int count;
	struct sim_hook hooks[HOOKS_MAX];
	struct store_event *events;	/* the record's, from 1 */
	size_t event_count, event_room;
	uint64_t body_hash[HOOK_EVENTS];
};

void webhook_sim_init(struct world *w);
void webhook_sim_deinit(struct world *w);
void webhook_sim_birth(struct world *w);	/* the plane is new; in its memory */
void webhook_sim_loaded(struct world *w);
void webhook_sim_roost_died(struct world *w);
void webhook_sim_end(struct world *w);
void webhook_sim_post(struct world *w, const struct sim_event *e);
void webhook_sim_operate(struct world *w);
void webhook_sim_calm(struct world *w);
/* What is durable now; behind the documents of the batch. */
void webhook_sim_committed(struct world *w, const struct store_batch *batch);
void webhook_sim_read(struct world *w, const struct store_query *query, struct store_rows *rows);
void webhook_sim_after_quiet(struct world *w);

#endif
