/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_KEEPER_H
#define ROOST_KEEPER_H

/*
 * The life of one server as a pure function: what is stored, what happened and
 * what time it is, to what is to be stored next and told. It asks nothing and
 * does nothing; the turn commits the decision and then acts on it.
 */

#include "base/json.h"
#include "model/server.h"
#include "port/ticket.h"
#include "flow/recipe.h"

struct situation {
	const struct server_spec *spec;
	const struct server_status *status;
	const struct server_live *live;
	struct instant now;
	const char *fresh_id;		/* for a run, should one begin */
	bool consented;			/* nobody objects to a start now: it need not be asked for */
};

enum happening_kind {
	HAPPENED_WISH,		/* wish */
	HAPPENED_FLOW,		/* flow: the recipe came to something */
	HAPPENED_LOOKED,	/* process: what became of the one that should run */
	HAPPENED_ANSWERED,	/* probe: the game answered; what follows for the policies is TIME's */
	HAPPENED_SILENT,	/* reason, silent: it did not */
	HAPPENED_TIME,		/* a policy may be due */
	HAPPENED_MAX
};

struct happening {
	enum happening_kind kind;
	enum flow_outcome flow;
	const struct flow *moved;	/* FLOW: the position it came to */
	const struct process_answer *process;	/* LOOKED, FLOW: as last seen; or NULL */
	const struct probe_answer *probe;	/* ANSWERED */
	bool first;			/* ANSWERED: nothing was known of it before */
	const char *reason;		/* or NULL */
	unsigned silent;		/* SILENT: how many times in a row */
	struct {
		enum want want;
		enum cause cause;
		const char *by, *request_id;
		bool now;
	} wish;
};

#define TELLINGS_LIMIT 12		/* events one decision may cause */
#define LOST_AFTER_SILENT 3		/* unanswered probes in a row until a ready server is lost */

struct telling {
	enum event_type type;
	json_t *data;
};

/* Ended by decision_deinit(). */
struct decision {
	struct server_status next;
	bool save;			/* something stored changed */
	struct telling tellings[TELLINGS_LIMIT];
	size_t telling_count;
	char say[REASON_LIMIT + 1];	/* for the players on it; "" = nothing */
	bool began;			/* a run began */
	struct run ended;		/* id "" unless a run ended */
};

void keeper_decide(const struct situation *situation, const struct happening *happening,
		   struct decision *ret_decision);
void decision_deinit(struct decision *decision);

/* When HAPPENED_TIME may next come to something; NEVER: not before something else happens. */
struct instant keeper_due(const struct situation *situation);

#endif
