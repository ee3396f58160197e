/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers that are up: the game is asked how many are on, the provider what has
 * become of the process. Both are questions without effect, so nothing of them
 * is stored but what follows.
 */

#include "keeper/plane_inside.h"

#include <string.h>

#include "base/mutant.h"
#include "port/probe.h"

#define PROBE_EVERY  DURATION_S(5)
#define PROBE_WITHIN DURATION_S(4)
#define LOOK_EVERY   DURATION_S(5)

static bool
is_watched(const struct kept *kept)
{
	return (kept->draft.state == STATE_READY || kept->draft.state == STATE_LOST) &&
	       kept->draft.flow.direction == FLOW_NONE;
}

void
watch_reset(struct plane *plane, struct kept *kept)
{
	struct server_live *live = &kept->server.live;
	unsigned held = live->held, carried = live->carried;

	mem_free(live->status_json);
	memset(live, 0, offsetof(struct server_live, samples));
	live->sample_count = 0;
	live->sample_every = DURATION_MS(0);
	live->held = held;
	live->carried = carried;
	kept->probe = (struct watch){ 0 };
	kept->look = (struct watch){ 0 };
	kept->silent = 0;
	kept->sampled_at = NEVER;
	plane->show_due = true;
}

static void
close(struct watch *watch, struct instant due)
{
	watch->ticket = (struct ticket){ 0 };
	watch->due = due;
}

/* A game that nobody can ask is only known by its connections, or by what its console tells: they are the count. */
static struct probe_answer *
count_players(const struct kept *kept)
{
	struct probe_answer *answer = mem_new(sizeof *answer);

	answer->online = session_count(kept);
	answer->max = kept->draft.last_max;
	answer->protocol = kept->draft.last_protocol;
	return answer;
}

static void
take_answer(struct plane *plane, struct kept *kept, struct probe_answer *probe,
	    struct instant asked_at)
{
	struct server_live *live = &kept->server.live;
	bool first = !instant_is_set(live->asked_at);
	bool new_json = !text_equal(live->status_json, probe->status_json);

	plane->show_due = plane->show_due || new_json || live->online != probe->online ||
			  live->max != probe->max;
	if (new_json) {
		mem_free(live->status_json);
		live->status_json = TAKE(probe->status_json);
	}
	kept->silent = 0;
	/* The policies are judged behind all facts of this turn: who came since is among them. */
	kept->due = plane->now;
	live->players_known = true;
	live->asked_at = asked_at;
	live->online = probe->online;
	live->max = probe->max;
	if (live->peak_players < probe->online)
		live->peak_players = probe->online;
	door_seen(plane, kept, probe);
	turn_apply(
		plane, kept,
		&(struct happening){ .kind = HAPPENED_ANSWERED, .probe = probe, .first = first });
}

static void
take_silence(struct plane *plane, struct kept *kept, const char *reason)
{
	kept->server.live.players_known = false;
	kept->silent++;
	kept->look.due = plane->now;
	turn_apply(plane, kept,
		   &(struct happening){ .kind = HAPPENED_SILENT,
					.silent = kept->silent,
					.reason = reason[0] != '\0' ? reason : "no answer" });
}

static void
take_running(struct plane *plane, struct kept *kept, const struct process_answer *process)
{
	struct server_live *live = &kept->server.live;
	json_t *data;

	live->memory_bytes = process->memory_bytes;
	live->cpu_millis = process->cpu_millis;
	if (live->peak_memory < process->memory_bytes)
		live->peak_memory = process->memory_bytes;
	if (kept->unfound) {
		kept->unfound = false;
		kept->probe.due = plane->now;
		data = json_object();
		json_set_text(data, "run", kept->draft.run.id);
		plane_tell(plane, EVENT_SERVER_FOUND, kept->server.spec->name, data);
	}
	history_sample(kept, plane->now);
	if (spec_is_counted_by_gate(kept->server.spec)) {
		struct probe_answer *answer;

		session_check_gate(plane, kept);
		answer = count_players(kept);
		take_answer(plane, kept, answer, plane->now);
		mem_free(answer);
	}
}

static void
hear_look(struct plane *plane, struct kept *kept, struct reply *reply)
{
	close(&kept->look, instant_add(plane->now, LOOK_EVERY));
	if (reply->result != REPLY_DONE || reply->holds != REPLY_PROCESS)
		return;
	if (reply->as.process->is == PROCESS_RUNNING) {
		take_running(plane, kept, reply->as.process);
		return;
	}
	kept->unfound = false;
	turn_apply(plane, kept,
		   &(struct happening){ .kind = HAPPENED_LOOKED, .process = reply->as.process });
}

static void
hear_probe(struct plane *plane, struct kept *kept, struct reply *reply)
{
	struct instant asked_at = kept->probe.asked_at;

	close(&kept->probe, instant_add(plane->now, PROBE_EVERY));
	if (reply->result == REPLY_DONE && reply->holds == REPLY_PROBE)
		take_answer(plane, kept, reply->as.probe, asked_at);
	else
		take_silence(plane, kept, reply->reason);
}

void
watch_count(struct plane *plane, struct kept *kept)
{
	if (!spec_is_counted_by_lines(kept->server.spec) || !is_watched(kept))
		return;
	if (kept->look.ticket.v == 0)
		kept->look.due = plane->now;
}

bool
watch_hear(struct plane *plane, struct kept *kept, struct reply *reply)
{
	bool look = kept->look.ticket.v != 0 && kept->look.ticket.v == reply->ticket.v;
	bool probe = kept->probe.ticket.v != 0 && kept->probe.ticket.v == reply->ticket.v;

	if (!look && !probe)
		return false;
	kept->due = plane->now;
	if (!is_watched(kept))
		close(look ? &kept->look : &kept->probe, NEVER);
	else if (look)
		hear_look(plane, kept, reply);
	else
		hear_probe(plane, kept, reply);
	return true;
}

static bool
is_overdue(const struct watch *watch, struct instant now)
{
	return watch->ticket.v != 0 &&
	       instant_reached(now, instant_add(watch->asked_at, FLOW_ANSWER_WITHIN));
}

void
watch_tick(struct plane *plane, struct kept *kept)
{
	if (!is_watched(kept))
		return;
	if (is_overdue(&kept->look, plane->now))
		close(&kept->look, plane->now);
	if (is_overdue(&kept->probe, plane->now)) {
		close(&kept->probe, plane->now);
		take_silence(plane, kept, "");
	}
	if (instant_reached(plane->now, instant_add(kept->history_at, DURATION_S(300))))
		history_put(plane, kept, &kept->draft.run, NEVER);
}

static bool
may_ask(const struct watch *watch, struct instant now)
{
	return watch->ticket.v == 0 && now.ms >= watch->due.ms;
}

static void
open(struct plane *plane, struct watch *watch)
{
	watch->ticket = plane_ticket(plane);
	watch->asked_at = plane->now;
	watch->due = NEVER;
}

void
watch_act(struct plane *plane, struct kept *kept)
{
	struct flow_scene scene = turn_scene(plane, kept);
	const struct server_spec *spec = kept->server.spec;
	const struct endpoint *address = server_address(spec, &kept->draft.run);

	if (MUTANT(ADDRESS_AS_DECLARED))
		address = &spec->address;
	if (!is_watched(kept))
		return;
	if (may_ask(&kept->look, plane->now) && !MUTANT(NO_COLDPLUG)) {
		open(plane, &kept->look);
		provider_get(spec->provider)->look(&scene, kept->look.ticket);
	}
	if (!spec_is_counted_by_gate(spec) && !kept->unfound && may_ask(&kept->probe, plane->now)) {
		open(plane, &kept->probe);
		scene.probe->ask(
			scene.probe, kept->probe.ticket,
			&(struct probe_question){
				.game = spec_asked_as(spec),
				.address = address,
				.query_port = spec->query.port,
				.protocol = kept->draft.last_protocol > 0
						    ? kept->draft.last_protocol
						    : -1,
				.proxy_protocol = server_proxy_protocol(spec, &kept->draft.run),
				.within = PROBE_WITHIN });
	}
}

static struct instant
due_of(const struct watch *watch, struct instant now)
{
	if (watch->ticket.v != 0)
		return instant_add(watch->asked_at, FLOW_ANSWER_WITHIN);
	return instant_is_set(watch->due) ? watch->due : now;
}

struct instant
watch_due(const struct plane *plane, const struct kept *kept)
{
	struct instant due;

	if (!is_watched(kept))
		return NEVER;
	due = MUTANT(NO_COLDPLUG) ? NEVER : due_of(&kept->look, plane->now);
	if (!spec_is_counted_by_gate(kept->server.spec) && !kept->unfound)
		due = instant_earlier(due, due_of(&kept->probe, plane->now));
	return instant_earlier(due, instant_add(kept->history_at, DURATION_S(300)));
}
