/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_FLOW_H
#define ROOST_FLOW_H

/*
 * A position in a recipe, as a value that is stored with the server it is
 * about: a flow of several requests to the world survives a crash because its
 * place in the table, its direction and its token are durable before a request
 * leaves. The engine and its rules are in recipe.h.
 */

#include "base/instant.h"
#include "base/limits.h"
#include "base/ticket.h"

enum flow_direction {
	FLOW_NONE,		/* no flow under way */
	FLOW_FORWARD,
	FLOW_UNDOING
};

struct flow {
	enum flow_direction direction;
	char recipe[24];		/* "local-start"; found again by name after a restart */
	unsigned step;
	unsigned attempt;		/* of this step */
	struct instant started_at;	/* of the flow */
	struct instant step_since;	/* the step's deadline counts from here */
	struct instant deadline;	/* of the whole flow while it goes forward; NEVER = none */
	char reason[REASON_LIMIT + 1];	/* why it is being undone */
	bool stuck_told;		/* a human was told that this step does not come to an end */
	/* Not stored. */
	struct instant again_at;	/* not before; NEVER = now */
	bool saved;			/* this position is durable: its request may leave */
	bool refused;			/* the last request of this step was refused */
	bool look;			/* something happened to it: look at the process next */
	struct ticket ticket;		/* the one answer waited for */
	struct instant asked_at;
};

#endif
