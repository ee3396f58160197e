/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recipes of the local provider. Each step's request may be repeated after
 * a crash, so each is an "ensure" or a question; which one it is may depend on
 * how often it was tried, never on anything that is not stored or asked.
 */

#include "provider/local/local.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "model/server.h"
#include "port/consent.h"
#include "port/probe.h"
#include "port/process.h"
#include "port/rcon.h"

#define PROBE_WITHIN   DURATION_S(5) /* a game that is up but busy loading answers late */
#define LOOK_EVERY     8	     /* while starting: every so many tries look at the process */
#define ANNOUNCE_EVERY DURATION_S(5)
#define ANNOUNCE_TIMES 2
#define CONSENT_EVERY  DURATION_MS(250)

enum start_step { START_RESTORED, START_PREPARED, START_ENSURE, START_ANSWER };
enum stop_step { STOP_ANNOUNCE, STOP_SAVE, STOP_BACK_UP, STOP_RELEASE };

static flow_send restored, prepared, ensure, wait_for_game;
static flow_send announce, save, backed_up, forget, stop_softly, clear;
static flow_judge consented, ensured, answers, announced, ended, cleared, stopped_softly;

static const struct flow_step start_steps[] = {
	[START_RESTORED] = { .name = "restored",
			     .phase = PHASE_RESTORING,
			     .send = restored,
			     .judge = consented,
			     .undo_phase = PHASE_RELEASING,
			     .every = CONSENT_EVERY,
			     .waits_for_others = true },
	[START_PREPARED] = { .name = "prepared",
			     .phase = PHASE_PROVISIONING,
			     .send = prepared,
			     .judge = consented,
			     .undo_phase = PHASE_RELEASING,
			     .every = CONSENT_EVERY,
			     .waits_for_others = true },
	[START_ENSURE] = { .name = "ensure",
			   .phase = PHASE_PROVISIONING,
			   .send = ensure,
			   .judge = ensured,
			   .undo_phase = PHASE_RELEASING,
			   .undo = clear,
			   .undone = cleared,
			   .every = { 500 } },
	[START_ANSWER] = { .name = "answer",
			   .phase = PHASE_STARTING,
			   .send = wait_for_game,
			   .judge = answers,
			   .undo_phase = PHASE_SAVING,
			   .undo = stop_softly,
			   .undone = stopped_softly,
			   .every = { 120 } },
};

static const struct flow_step stop_steps[] = {
	[STOP_ANNOUNCE] = { .name = "announce",
			    .phase = PHASE_ANNOUNCING,
			    .send = announce,
			    .judge = announced,
			    .undo_phase = PHASE_ANNOUNCING,
			    .every = ANNOUNCE_EVERY },
	[STOP_SAVE] = { .name = "save",
			.phase = PHASE_SAVING,
			.send = save,
			.judge = ended,
			.undo_phase = PHASE_SAVING,
			.every = { 200 } },
	[STOP_BACK_UP] = { .name = "back up",
			   .phase = PHASE_BACKING_UP,
			   .send = backed_up,
			   .judge = consented,
			   .undo_phase = PHASE_BACKING_UP,
			   .every = CONSENT_EVERY,
			   .waits_for_others = true },
	[STOP_RELEASE] = { .name = "release",
			   .phase = PHASE_RELEASING,
			   .send = clear,
			   .judge = cleared,
			   .undo_phase = PHASE_RELEASING,
			   .every = { 100 } },
};

static const struct recipe start = { "local-start-2", start_steps, ELEMENTS(start_steps) };
static const struct recipe stop = { "local-stop-2", stop_steps, ELEMENTS(stop_steps) };

static flow_send look;

const struct provider local_provider = {
	.name = "local",
	.start = &start,
	.start_consented = START_ENSURE,
	.start_release = START_ENSURE,
	.start_answering = START_ANSWER,
	.stop = &stop,
	.stop_announce = STOP_ANNOUNCE,
	.stop_save = STOP_SAVE,
	.look = look,
};

/* Requests. */

static void
token_of(const struct flow_scene *scene, char token[static RUN_TOKEN_SIZE])
{
	run_token(&scene->status->run, token);
	if (MUTANT(NEW_TOKEN_EACH_TRY) && scene->flow->direction == FLOW_FORWARD &&
	    scene->flow->step == START_ENSURE)
		(void)snprintf(token + strlen(token), RUN_TOKEN_SIZE - strlen(token), "-t%u",
			       scene->flow->attempt);
}

static void
restored(const struct flow_scene *scene, struct ticket ticket)
{
	scene->consent->ask(scene->consent, ticket, CONSENT_RESTORED, scene->spec->name);
}

static void
prepared(const struct flow_scene *scene, struct ticket ticket)
{
	scene->consent->ask(scene->consent, ticket, CONSENT_PREPARED, scene->spec->name);
}

static void
backed_up(const struct flow_scene *scene, struct ticket ticket)
{
	scene->consent->ask(scene->consent, ticket, CONSENT_RELEASE, scene->spec->name);
}

static void
ensure(const struct flow_scene *scene, struct ticket ticket)
{
	char token[RUN_TOKEN_SIZE];
	struct process_order order = { .token = token,
				       .server = scene->spec->name,
				       .local = &scene->spec->local,
				       .ready_line = scene->spec->ready_line,
				       .address = server_address(scene->spec, &scene->status->run),
				       .is_datagrams = game_is_datagrams(scene->spec->game) };

	token_of(scene, token);
	scene->process->ensure(scene->process, ticket, &order);
}

static void
look(const struct flow_scene *scene, struct ticket ticket)
{
	char token[RUN_TOKEN_SIZE];

	run_token(&scene->status->run, token);
	scene->process->find(scene->process, ticket, token);
}

static void
send_signal(const struct flow_scene *scene, struct ticket ticket, int number)
{
	char token[RUN_TOKEN_SIZE];

	run_token(&scene->status->run, token);
	scene->process->signal(scene->process, ticket, token, number);
}

static void
say(const struct flow_scene *scene, struct ticket ticket, const char *line)
{
	char token[RUN_TOKEN_SIZE];

	run_token(&scene->status->run, token);
	console_say(scene->process, scene->rcon, ticket,
		    &(struct console_order){ scene->spec, token, line });
}

static void
forget(const struct flow_scene *scene, struct ticket ticket)
{
	char token[RUN_TOKEN_SIZE];

	run_token(&scene->status->run, token);
	scene->process->forget(scene->process, ticket, token);
}

static void
wait_for_game(const struct flow_scene *scene, struct ticket ticket)
{
	const struct server_spec *spec = scene->spec;
	char token[RUN_TOKEN_SIZE];

	token_of(scene, token);
	if (spec_is_ready_by_line(spec) || scene->flow->look ||
	    scene->flow->attempt % LOOK_EVERY == LOOK_EVERY - 1) {
		look(scene, ticket);
		return;
	}
	scene->probe->ask(
		scene->probe, ticket,
		&(struct probe_question){
			.game = spec_asked_as(spec),
			.token = token,
			.address = server_address(spec, &scene->status->run),
			.query_port = spec->query.port,
			.protocol = scene->status->last_protocol > 0 ? scene->status->last_protocol
								     : -1,
			.proxy_protocol = server_proxy_protocol(spec, &scene->status->run),
			.within = PROBE_WITHIN });
}

static void
announce(const struct flow_scene *scene, struct ticket ticket)
{
	unsigned left = ANNOUNCE_TIMES - scene->flow->attempt;
	char text[REASON_LIMIT], line[CONSOLE_LINE_LIMIT];

	if (scene->flow->attempt < ANNOUNCE_TIMES) {
		(void)snprintf(text, sizeof text, "This server goes to sleep in %u seconds.",
			       left * (unsigned)(ANNOUNCE_EVERY.ms / 1000));
		if (provider_warning(scene->spec, text, line, sizeof line)) {
			say(scene, ticket, line);
			return;
		}
	}
	look(scene, ticket);
}

/* Ask it to stop, then watch; past the rule's time, end it. What cannot be told is signalled. */
static void
stop_or_look(const struct flow_scene *scene, struct ticket ticket)
{
	const struct stop_rule *rule = &scene->spec->stop;
	struct instant until = instant_add(scene->flow->step_since, rule->within);

	if (scene->flow->attempt > 0 && instant_reached(scene->now, until) &&
	    scene->flow->attempt % 2 == 0)
		send_signal(scene, ticket, SIGKILL);
	else if (scene->flow->attempt == 1 && scene->flow->refused && rule->console != NULL)
		send_signal(scene, ticket, SIGTERM);
	else if (scene->flow->attempt > 0 || scene->flow->look)
		look(scene, ticket);
	else if (rule->console != NULL)
		say(scene, ticket, rule->console);
	else
		send_signal(scene, ticket, rule->signal);
}

static void
save(const struct flow_scene *scene, struct ticket ticket)
{
	stop_or_look(scene, ticket);
}

static void
stop_softly(const struct flow_scene *scene, struct ticket ticket)
{
	stop_or_look(scene, ticket);
}

/* Nothing is left of it: forget, else end it, else see that there is nothing; and again. */
static void
clear(const struct flow_scene *scene, struct ticket ticket)
{
	switch (scene->flow->attempt % 3) {
	case 0:
		forget(scene, ticket);
		break;
	case 1:
		send_signal(scene, ticket, SIGKILL);
		break;
	default:
		look(scene, ticket);
		break;
	}
}

/* Verdicts. */

/* Of a stop's, a refusal is no more than a wait: what is kept must not be let go. */
static enum verdict
consented(const struct flow_scene *scene, const struct reply *reply,
	  char reason[static REASON_LIMIT + 1])
{
	bool starting = text_equal(scene->flow->recipe, start.name);

	if (reply->result == REPLY_REFUSED && starting) {
		(void)text_put(reason, REASON_LIMIT + 1, reply->reason);
		return VERDICT_FAIL;
	}
	return reply->holds == REPLY_YES_OR_NO && reply->as.yes ? VERDICT_NEXT : VERDICT_AGAIN;
}

static enum verdict
fail_gone(const struct process_answer *process, char reason[static REASON_LIMIT + 1])
{
	char how[128];

	process_ending(process, how, sizeof how);
	(void)snprintf(reason, REASON_LIMIT + 1, "The game %s before it was ready.", how);
	return VERDICT_FAIL;
}

static enum verdict
ensured(const struct flow_scene *scene, const struct reply *reply,
	char reason[static REASON_LIMIT + 1])
{
	if (reply->result == REPLY_REFUSED) {
		(void)text_put(reason, REASON_LIMIT + 1, reply->reason);
		return VERDICT_FAIL;
	}
	if (reply->holds != REPLY_PROCESS)
		return VERDICT_AGAIN;
	switch (reply->as.process->is) {
	case PROCESS_RUNNING:
		return VERDICT_NEXT;
	case PROCESS_GONE:
		return fail_gone(reply->as.process, reason);
	case PROCESS_NONE:
		break;
	}
	return VERDICT_AGAIN;
}

static enum verdict
answers(const struct flow_scene *scene, const struct reply *reply,
	char reason[static REASON_LIMIT + 1])
{
	if (reply->result == REPLY_REFUSED)
		return VERDICT_AGAIN;
	if (reply->holds == REPLY_PROBE)
		return VERDICT_NEXT;
	if (reply->holds != REPLY_PROCESS)
		return VERDICT_AGAIN;
	switch (reply->as.process->is) {
	case PROCESS_RUNNING:
		return spec_is_ready_by_line(scene->spec) && reply->as.process->ready_line_seen
			       ? VERDICT_NEXT
			       : VERDICT_AGAIN;
	case PROCESS_GONE:
	case PROCESS_NONE:
		break;
	}
	return fail_gone(reply->as.process, reason);
}

static enum verdict
announced(const struct flow_scene *scene, const struct reply *reply,
	  char reason[static REASON_LIMIT + 1])
{
	bool looked = reply->holds == REPLY_PROCESS;

	return looked || scene->flow->attempt >= ANNOUNCE_TIMES ? VERDICT_NEXT : VERDICT_AGAIN;
}

static enum verdict
ended(const struct flow_scene *scene, const struct reply *reply,
      char reason[static REASON_LIMIT + 1])
{
	if (reply->result != REPLY_DONE || reply->holds != REPLY_PROCESS)
		return VERDICT_AGAIN;
	return reply->as.process->is == PROCESS_RUNNING ? VERDICT_AGAIN : VERDICT_NEXT;
}

static enum verdict
stopped_softly(const struct flow_scene *scene, const struct reply *reply,
	       char reason[static REASON_LIMIT + 1])
{
	return ended(scene, reply, reason);
}

static enum verdict
cleared(const struct flow_scene *scene, const struct reply *reply,
	char reason[static REASON_LIMIT + 1])
{
	if (reply->result != REPLY_DONE)
		return VERDICT_AGAIN;
	if (reply->holds == REPLY_PROCESS)
		return reply->as.process->is == PROCESS_NONE ? VERDICT_NEXT : VERDICT_AGAIN;
	return scene->flow->attempt % 3 == 0 ? VERDICT_NEXT : VERDICT_AGAIN;
}
