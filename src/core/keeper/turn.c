/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The turn: note -> decide -> commit -> act -> tell. The store answers later,
 * so the batch that came back is told and acted on first, and then what has
 * been noted since is decided; while a batch is under way nothing is decided
 * and nothing is acted on. What others asked for themselves (plane_expect) is
 * handed out at once, because history is read also while a disk is full.
 */

#include "keeper/plane_inside.h"

#include <string.h>

#include "base/mutant.h"

#define EVENTS_A_FACT (LIVE_PLAYERS_LIMIT + 16) /* more than any one fact causes: all leave */

/* note */

static void
hand_out_replies(struct plane *plane)
{
	for (size_t i = 0; i < plane->heard_count; i++) {
		struct reply reply = plane->heard[i];

		for (size_t j = 0; j < plane->expected_count; j++) {
			struct expected e = plane->expected[j];

			if (e.ticket.v != reply.ticket.v)
				continue;
			plane_forget(plane, e.ticket);
			e.heard(e.argument, &reply);
			break;
		}
		reply_deinit(&reply);
	}
	plane->heard_count = 0;
}

static void
forget_done(struct plane *plane)
{
	size_t count = 0;

	for (size_t i = 0; i < plane->after_count; i++) {
		if (plane->after[i].done != NULL)
			plane->after[count++] = plane->after[i];
	}
	plane->after_count = count;
}

static void
hand_out_done(struct plane *plane)
{
	size_t count = plane->after_count;

	for (size_t i = 0; i < count; i++) {
		struct after after = plane->after[i];

		if (after.flying) {
			plane->after[i].flying = false;
			plane->after[i].done = NULL;
			if (after.done != NULL)
				after.done(after.argument);
		}
	}
	forget_done(plane);
}

/* The record does not take it, and who knows for how long: those who do not wait are told. */
static void
hand_out_stuck(struct plane *plane)
{
	size_t count = plane->after_count;

	for (size_t i = 0; i < count; i++) {
		struct after after = plane->after[i];

		if (after.done == NULL || after.stuck == NULL)
			continue;
		plane->after[i].done = NULL;
		after.stuck(after.argument);
	}
	forget_done(plane);
}

/* decide */

static void
take_tellings(struct plane *plane, struct kept *kept)
{
	struct decision *d = &plane->decision;

	for (size_t i = 0; i < d->telling_count; i++)
		plane_tell(plane, d->tellings[i].type, kept->server.spec->name,
			   d->tellings[i].data);
	d->telling_count = 0;
}

void
turn_apply(struct plane *plane, struct kept *kept, const struct happening *happening)
{
	struct decision *d = &plane->decision;
	struct situation situation = { .spec = kept->server.spec,
				       .status = &kept->draft,
				       .live = &kept->server.live,
				       .now = plane->now,
				       .fresh_id = kept->fresh_id };

	if (happening->kind == HAPPENED_WISH || happening->kind == HAPPENED_FLOW)
		situation.consented = services_may_start(plane, kept->server.spec->name);
	keeper_decide(&situation, happening, d);
	if (!d->save) {
		decision_deinit(d);
		return;
	}
	kept->draft = d->next;
	kept->changed = true;
	kept->due = plane->now;
	take_tellings(plane, kept);
	if (d->say[0] != '\0') {
		mem_free(kept->say);
		kept->say = text_copy(d->say);
	}
	if (d->ended.id[0] != '\0') {
		history_put(plane, kept, &d->ended, plane->now);
		watch_reset(plane, kept);
	}
	if (d->began) {
		plane_new_id(plane, kept->fresh_id);
		kept->put_history = true;
	}
}

struct flow_scene
turn_scene(struct plane *plane, struct kept *kept)
{
	return (struct flow_scene){ .spec = kept->server.spec,
				    .status = &kept->draft,
				    .flow = &kept->draft.flow,
				    .process = plane->ports.process,
				    .probe = plane->ports.probe,
				    .rcon = plane->ports.rcon,
				    .consent = &plane->consent,
				    .now = plane->now };
}

/* What the engine made of the flow: kept as it is, or decided about. */
static void
flow_came_to(struct plane *plane, struct kept *kept, struct flow *flow, enum flow_outcome outcome,
	     const struct reply *reply)
{
	struct happening h = { .kind = HAPPENED_FLOW, .flow = outcome, .moved = flow };

	kept->due = plane->now;
	if (outcome == FLOW_WAITING) {
		kept->draft.flow = *flow;
		return;
	}
	if (reply != NULL && reply->holds == REPLY_PROCESS)
		h.process = reply->as.process;
	turn_apply(plane, kept, &h);
}

static bool
is_flows(const struct kept *kept, struct ticket ticket)
{
	return kept->draft.flow.ticket.v != 0 &&
	       (kept->draft.flow.ticket.v == ticket.v || MUTANT(STALE_TICKET));
}

static void
take_reply(struct plane *plane, struct reply *reply)
{
	if (reaper_hear(plane, reply))
		return;
	for (size_t i = 0; i < plane->kept_count; i++) {
		struct kept *kept = plane->kept[i];

		if (watch_hear(plane, kept, reply))
			return;
		if (is_flows(kept, reply->ticket)) {
			struct flow flow = kept->draft.flow;
			struct flow_scene scene = turn_scene(plane, kept);
			enum flow_outcome outcome =
				flow_hear(&flow, provider_recipe(flow.recipe), &scene, reply);

			if (reply->holds == REPLY_PROBE && outcome == FLOW_FINISHED)
				kept->probe.due = plane->now;
			flow_came_to(plane, kept, &flow, outcome, reply);
			return;
		}
	}
}

static void
take_wish(struct plane *plane, struct kept *kept, const struct fact *fact)
{
	turn_apply(plane, kept,
		   &(struct happening){ .kind = HAPPENED_WISH,
					.wish = { .want = fact->as.wish.want,
						  .cause = fact->as.wish.cause,
						  .by = fact->as.wish.by,
						  .request_id = fact->as.wish.request_id,
						  .now = fact->as.wish.now } });
}

/* The process is said to have ended, or to be ready: whoever waits for it looks. */
static void
take_process(struct plane *plane, struct kept *kept, const struct fact *fact)
{
	char token[RUN_TOKEN_SIZE];

	run_token(&kept->draft.run, token);
	if (strcmp(token, fact->as.process.token) != 0)
		return;
	flow_nudge(&kept->draft.flow);
	kept->look.due = plane->now;
	kept->due = plane->now;
}

static void
take_knock(struct plane *plane, struct kept *kept, const struct fact *fact)
{
	const char *by = fact->as.player.player;

	door_note(plane, kept, fact);
	turn_apply(plane, kept,
		   &(struct happening){ .kind = HAPPENED_WISH,
					.wish = { .want = WANT_UP,
						  .cause = CAUSE_JOIN,
						  .by = by[0] != '\0' ? by : "somebody",
						  .request_id = "" } });
}

/* One that came before the servers were known. */
static void
take_line(struct plane *plane, struct kept *kept, struct fact *fact)
{
	struct fact told;

	if (kept != NULL && session_read_line(kept, fact, &told))
		session_line(plane, kept, &told);
	mem_free(fact->as.process.line);
	mem_free(fact->as.process.styled);
}

static void
take_fact(struct plane *plane, struct fact *fact)
{
	struct kept *kept = fact->kind == FACT_REPLY ? NULL : plane_find(plane, fact->server);

	if (fact->kind == FACT_REPLY) {
		take_reply(plane, &fact->as.reply);
		reply_deinit(&fact->as.reply);
		return;
	}
	if (fact->kind == FACT_CONSOLE_LINE) {
		take_line(plane, kept, fact);
		return;
	}
	if (fact->kind == FACT_DISK)
		disk_note(plane, fact);
	if (kept == NULL)
		return;
	switch (fact->kind) {
	case FACT_WISH:
		take_wish(plane, kept, fact);
		break;
	case FACT_KNOCKED:
		take_knock(plane, kept, fact);
		break;
	case FACT_HELD:
	case FACT_RELEASED:
	case FACT_JOINED:
	case FACT_LEFT:
	case FACT_REFUSED:
		door_note(plane, kept, fact);
		break;
	case FACT_PROCESS_ENDED:
	case FACT_READY_LINE:
		take_process(plane, kept, fact);
		break;
	case FACT_PLAYER_LINE:
		session_line(plane, kept, fact);
		break;
	case FACT_REPLY:
	case FACT_CONSOLE_LINE:
	case FACT_DISK:
	case FACT_MAX:
		ASSERT(false);
	}
}

static void
take_facts(struct plane *plane)
{
	size_t taken = 0;

	while (taken < plane->inbox_count &&
	       plane->next.event_count + EVENTS_A_FACT < BATCH_EVENTS_LIMIT)
		take_fact(plane, &plane->inbox[taken++]);
	memmove(plane->inbox, plane->inbox + taken,
		(plane->inbox_count - taken) * sizeof *plane->inbox);
	plane->inbox_count -= taken;
}

static struct instant
kept_due(struct plane *plane, struct kept *kept)
{
	struct situation s = { .spec = kept->server.spec,
			       .status = &kept->draft,
			       .live = &kept->server.live,
			       .now = plane->now };
	struct instant due = instant_earlier(keeper_due(&s), door_due(kept));

	if (kept->draft.flow.direction != FLOW_NONE)
		due = instant_earlier(
			due, flow_due(&kept->draft.flow, provider_recipe(kept->draft.flow.recipe)));
	due = instant_earlier(due, session_due(kept));
	return instant_earlier(due, watch_due(plane, kept));
}

/* Deadlines and policies of one server. */
static void
tick(struct plane *plane, struct kept *kept)
{
	struct flow flow = kept->draft.flow;
	enum flow_outcome outcome;

	door_tick(plane, kept);
	watch_tick(plane, kept);
	if (flow.direction != FLOW_NONE) {
		outcome = flow_tick(&flow, provider_recipe(flow.recipe), plane->now);
		flow_came_to(plane, kept, &flow, outcome, NULL);
	}
	turn_apply(plane, kept, &(struct happening){ .kind = HAPPENED_TIME });
	if (kept->put_history) {
		kept->put_history = false;
		history_put(plane, kept, &kept->draft.run, NEVER);
	}
	session_tick(plane, kept);
}

static bool
is_forgotten_by_a_mutant(const struct kept *kept)
{
	const struct server_status *s = &kept->draft;

	return s->state == STATE_SETTLING && ((MUTANT(CANCEL_IN_MEMORY) && s->want == WANT_DOWN) ||
					      (MUTANT(WISH_IN_MEMORY) && s->want == WANT_UP));
}

static void
stage(struct plane *plane, struct kept *kept)
{
	CLEANUP(json_freep) json_t *body = NULL;

	kept->changed = false;
	kept->staged = true;
	if (is_forgotten_by_a_mutant(kept))
		return;
	body = status_json(&kept->draft);
	plane_put(plane, DOCUMENT_STATUS, kept->server.spec->name, body);
}

void
plane_wish(struct plane *plane, const struct fact *fact)
{
	struct kept *kept = plane_find(plane, fact->server);

	ASSERT(fact->kind == FACT_WISH);
	if (kept != NULL)
		take_wish(plane, kept, fact);
}

/* What services wished is in the same commit. */
static void
decide_again(struct plane *plane)
{
	for (size_t i = 0; i < plane->kept_count; i++) {
		struct kept *kept = plane->kept[i];

		if (!kept->changed)
			continue;
		tick(plane, kept);
		stage(plane, kept);
	}
}

static void
decide(struct plane *plane)
{
	take_facts(plane);
	plane_drop_removed(plane);
	for (size_t i = 0; i < plane->kept_count; i++) {
		struct kept *kept = plane->kept[i];

		if (instant_reached(plane->now, kept->due) || kept->changed)
			tick(plane, kept);
		if (kept->changed)
			stage(plane, kept);
	}
	services_decide(plane);
	decide_again(plane);
	prune_decide(plane);
}

/* act */

static void
warn(struct plane *plane, struct kept *kept)
{
	char line[CONSOLE_LINE_LIMIT], token[RUN_TOKEN_SIZE];
	bool said = provider_warning(kept->server.spec, kept->say, line, sizeof line);

	mem_free(kept->say);
	kept->say = NULL;
	run_token(&kept->draft.run, token);
	if (said && token[0] != '\0')
		console_say(plane->ports.process, plane->ports.rcon, plane_ticket(plane),
			    &(struct console_order){ kept->server.spec, token, line });
}

static void
ask_flow(struct plane *plane, struct kept *kept)
{
	struct flow *flow = &kept->draft.flow;
	const struct recipe *recipe = provider_recipe(flow->recipe);
	struct flow_scene scene = turn_scene(plane, kept);

	if (flow_may_ask(flow, recipe, plane->now))
		flow_ask(flow, recipe, &scene, plane_ticket(plane));
}

static void
act_on(struct plane *plane, struct kept *kept)
{
	const struct flow *flow = &kept->draft.flow;

	if (kept->say != NULL)
		warn(plane, kept);
	if (flow->direction != FLOW_NONE)
		ask_flow(plane, kept);
	watch_act(plane, kept);
	kept->due = kept_due(plane, kept);
}

static void
act(struct plane *plane)
{
	for (size_t i = 0; i < plane->kept_count; i++) {
		if (instant_reached(plane->now, plane->kept[i]->due))
			act_on(plane, plane->kept[i]);
	}
	reaper_act(plane);
	prune_act(plane);
	services_act(plane);
	if (plane->show_due) {
		plane->show_due = false;
		show_table(plane);
	}
}

static struct instant
next_due(const struct plane *plane)
{
	struct instant due = instant_earlier(reaper_due(plane), services_due(plane));

	if (plane->flight_is != FLIGHT_NONE)
		return commit_due(plane);
	if (plane->inbox_count > 0)
		return plane->now;
	for (size_t i = 0; i < plane->kept_count; i++)
		due = instant_earlier(due, plane->kept[i]->due);
	return instant_earlier(due, prune_due(plane));
}

/* Everything decided on from here is waited for with this batch. */
static void
close_after(struct plane *plane)
{
	for (size_t i = 0; i < plane->after_count; i++)
		plane->after[i].flying = plane->after[i].flying || plane->inbox_count == 0;
}

struct instant
plane_turn(struct plane *plane, struct instant now)
{
	plane_clock(plane, now);
	hand_out_replies(plane);
	if (!plane->loading.done && !load_turn(plane))
		return load_due(plane);
	if (commit_settle(plane)) {
		act(plane);
		hand_out_done(plane);
	}
	if (plane->trouble[0] != '\0')
		hand_out_stuck(plane);
	if (plane->flight_is == FLIGHT_NONE) {
		decide(plane);
		close_after(plane);
		if (MUTANT(SEND_THEN_SAVE))
			act(plane);
		if (!batch_is_empty(&plane->next)) {
			commit_begin(plane);
		} else {
			act(plane);
			hand_out_done(plane);
		}
	}
	return next_due(plane);
}
