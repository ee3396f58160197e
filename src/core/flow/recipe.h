/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_RECIPE_H
#define ROOST_RECIPE_H

/*
 * The recipe engine: a long flow is a table of steps, read from top to bottom
 * while it goes forward and from the failed step upwards while it is undone.
 *
 * Rules it keeps:
 *  - undo starts at the step that failed: its request may have worked and only
 *    the answer been lost;
 *  - a position is durable before its request leaves (`flow.saved`, which the
 *    turn sets after the commit); repeating a saved step must be harmless;
 *  - an undo never gives up: it backs off, flow_stuck_at() says when a human
 *    should be told, and it goes on;
 *  - no answer is not a refusal: the step is sent again, its judge not asked;
 *  - one ticket at a time; an answer to any other is dropped.
 *
 * A judge is pure. It sees the answer and says what it means; the engine owns
 * deadlines, back-off and direction.
 */

#include "model/flow.h"
#include "model/words.h"
#include "port/ticket.h"

struct server_spec;
struct server_status;
struct process_port;
struct probe_port;
struct rcon_port;
struct consent_port;

enum verdict {
	VERDICT_NEXT,		/* this step is done */
	VERDICT_AGAIN,		/* not yet: send again after a while */
	VERDICT_FAIL		/* it cannot be done: undo (forward only; an undo takes it as AGAIN) */
};

/* What a step may look at and ask of. */
struct flow_scene {
	const struct server_spec *spec;
	const struct server_status *status;
	const struct flow *flow;
	struct process_port *process;
	struct probe_port *probe;
	struct rcon_port *rcon;		/* or NULL */
	struct consent_port *consent;
	struct instant now;
};

/* Sends exactly one request under the ticket. */
typedef void flow_send(const struct flow_scene *scene, struct ticket ticket);

/* On FAIL writes why, for people: what happened and what to do. */
typedef enum verdict flow_judge(const struct flow_scene *scene, const struct reply *reply,
				char reason[static REASON_LIMIT + 1]);

struct flow_step {
	const char *name;	/* for traces */
	enum phase phase;	/* what people see while it is under way */
	flow_send *send;
	flow_judge *judge;
	enum phase undo_phase;
	flow_send *undo;	/* NULL: nothing to undo */
	flow_judge *undone;
	struct duration every;	/* between tries of `send` */
	struct duration within;	/* then it fails; 0 = only the flow's own deadline */
	bool waits_for_others;	/* who tell people themselves: the flow's clocks stand still */
};

struct recipe {
	const char *name;	/* stored: a changed order of steps needs a new name */
	const struct flow_step *steps;
	unsigned count;
};

enum flow_outcome {
	FLOW_WAITING,		/* nothing new */
	FLOW_MOVED,		/* another step: to be saved before it is sent */
	FLOW_FINISHED,		/* went forward to its end; the flow is FLOW_NONE now */
	FLOW_TURNED,		/* failed, and is being undone: flow.reason says why; to be saved */
	FLOW_UNDONE		/* undone to its end; the flow is FLOW_NONE now */
};

#define FLOW_ANSWER_WITHIN DURATION_S(15)	/* a request unanswered for this long is unknown */
#define FLOW_BACK_OFF_MAX DURATION_S(10)
#define FLOW_STUCK_AFTER DURATION_S(300)	/* then a human is told */

/* Begin at `step`, going forward. `deadline` NEVER: none. */
void flow_begin(struct flow *flow, const struct recipe *recipe, unsigned step, struct instant now,
		struct instant deadline);

/* Begin with undoing, at `step`. */
void flow_begin_undo(struct flow *flow, const struct recipe *recipe, unsigned step,
		     struct instant now, const char *reason);

/* Turn a flow that goes forward: undo it from where it is. */
void flow_turn(struct flow *flow, struct instant now, const char *reason);

/*
 * Its position has become durable, or was found so after a restart: its clocks
 * count from here, since nothing could have been done about it before.
 */
void flow_saved(struct flow *flow, struct instant now);

/* The phase of where it is. */
enum phase flow_phase(const struct flow *flow, const struct recipe *recipe);

/* When flow_tick() or flow_ask() wants to be called; NEVER: not before an answer. */
struct instant flow_due(const struct flow *flow, const struct recipe *recipe);

/* Deadlines, and requests that were never answered. */
enum flow_outcome flow_tick(struct flow *flow, const struct recipe *recipe, struct instant now);

/* May the request of this position leave now? Then flow_ask() sends it. */
bool flow_may_ask(const struct flow *flow, const struct recipe *recipe, struct instant now);
void flow_ask(struct flow *flow, const struct recipe *recipe, struct flow_scene *scene,
	      struct ticket ticket);

/* An answer; one that is not waited for changes nothing. */
enum flow_outcome flow_hear(struct flow *flow, const struct recipe *recipe,
			    struct flow_scene *scene, const struct reply *reply);

/* Something happened to what the flow is about: look now rather than later. */
void flow_nudge(struct flow *flow);

/* When this step has gone on for so long that a human should know; NEVER: it need not be told. */
struct instant flow_stuck_at(const struct flow *flow, const struct recipe *recipe);

#endif
