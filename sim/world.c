/* SPDX-License-Identifier: Apache-2.0 */
/* The clock, the queue and the trace of the simulated world. */

#include "backup_sim.h"
#include "preparation_sim.h"
#include "push_sim.h"
#include "schedule_sim.h"
#include "session_sim.h"
#include "roster_sim.h"
#include "webhook_sim.h"
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
world_fail(struct world *w, const char *format, ...)
{
	va_list args;

	if (w->failure[0] != '\0')
		return;
	va_start(args, format);
	(void)vsnprintf(w->failure, sizeof w->failure, format, args);
	va_end(args);
	world_trace(w, "FAILED: %s", w->failure);
}

void
world_trace(struct world *w, const char *format, ...)
{
	char line[512];
	va_list args;

	/* The hash is of the format, the time and the order; the whole text only when it is seen. */
	for (const char *c = format; *c != '\0'; c++)
		w->hash = (w->hash ^ (unsigned char)*c) * 0x100000001b3u;
	w->hash = (w->hash ^ (uint64_t)w->now) * 0x100000001b3u;
	if (!w->trace)
		return;
	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	printf("%10.3f  %s\n", (double)(w->now - w->started_at) / 1000, line);
}

static bool
is_before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->sequence < b->sequence;
}

struct sim_event *
world_add(struct world *w, enum sim_event_kind kind, int64_t in_ms)
{
	struct sim_event e = {
		.at = w->now + in_ms, .sequence = ++w->sequence, .kind = kind, .life = w->life
	};
	size_t i = w->heap_count;

	if (w->heap_count == w->heap_room) {
		w->heap_room = w->heap_room > 0 ? 2 * w->heap_room : 256;
		w->heap = mem_resize(w->heap, w->heap_room * sizeof *w->heap);
	}
	w->heap_count++;
	for (; i > 0 && is_before(&e, &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		w->heap[i] = w->heap[(i - 1) / 2];
	w->heap[i] = e;
	return &w->heap[i];
}

static struct sim_event
take_first(struct world *w)
{
	struct sim_event first = w->heap[0], last = w->heap[--w->heap_count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < w->heap_count) {
		if (child + 1 < w->heap_count && is_before(&w->heap[child + 1], &w->heap[child]))
			child++;
		if (!is_before(&w->heap[child], &last))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	if (w->heap_count > 0)
		w->heap[i] = last;
	return first;
}

static void
free_event(struct sim_event *e)
{
	if (e->fact != NULL) {
		if (e->fact->kind == FACT_REPLY)
			reply_deinit(&e->fact->as.reply);
		if (e->fact->kind == FACT_CONSOLE_LINE)
			mem_free(e->fact->as.process.line);
		mem_free(e->fact);
	}
	mem_free(e->request);
	mem_free(e->query);
	mem_free(e->post);
	mem_free(e->push_post);
	mem_free(e->order);
}

void
world_deliver(struct world *w, const struct fact *fact, int64_t in_ms)
{
	struct fact *copy = mem_new(sizeof *copy);

	*copy = *fact;
	world_add(w, SIM_DELIVER, in_ms)->fact = copy;
}

/* long: one case for each kind of event. */
static void
handle(struct world *w, struct sim_event *e)
{
	switch (e->kind) {
	case SIM_DELIVER:
		if (w->plane != NULL && e->life == w->life)
			roost_note(w, TAKE(e->fact));
		break;
	case SIM_EFFECT:
		provider_sim_effect(w, e);
		break;
	case SIM_COMMIT:
		store_sim_commit(w, e);
		break;
	case SIM_READ:
		if (w->plane != NULL && e->life == w->life)
			store_sim_read(w, e);
		break;
	case SIM_END:
		provider_sim_end(w, e);
		break;
	case SIM_PLAYER:
		player_sim_act(w, e);
		break;
	case SIM_GATE:
		player_sim_gate(w, e);
		break;
	case SIM_OPERATOR:
		player_sim_operate(w);
		break;
	case SIM_BIRTH:
		roost_birth(w);
		break;
	case SIM_POST:
		webhook_sim_post(w, e);
		break;
	case SIM_WEBHOOKS:
		webhook_sim_operate(w);
		break;
	case SIM_PUSH:
		push_sim_post(w, e);
		break;
	case SIM_BELL:
		push_sim_ask(w);
		break;
	case SIM_ARCHIVE:
		backup_sim_order(w, e);
		break;
	case SIM_SAVES:
		backup_sim_saves(w, e);
		break;
	case SIM_BACKUPS:
		backup_sim_operate(w);
		break;
	case SIM_FILES:
		roster_sim_job(w, e);
		break;
	case SIM_LISTS:
		roster_sim_act(w);
		break;
	case SIM_LAG:
		roster_sim_lag(w, e);
		break;
	case SIM_LINE:
		roster_sim_line(w, e);
		break;
	case SIM_WORKSHOP:
		preparation_sim_task(w, e);
		break;
	case SIM_TINKER:
		preparation_sim_act(w);
		break;
	case SIM_CLOCK:
		schedule_sim_clock(w);
		break;
	case SIM_MACHINE:
		if (!w->calm && dice_hits(&w->crash_dice, w->faults.machine))
			roost_machine(w);
		world_add(w, SIM_MACHINE, 60000);
		break;
	case SIM_EVENT_MAX:
		ASSERT(false);
	}
	free_event(e);
}

static void
pass_time(struct world *w, int64_t to)
{
	if (to > w->now) {
		w->now = to;
		w->turns_now = 0;
	}
}

/* The next thing that happens: a turn of the plane or an event; when both are due, by chance. */
bool
world_step(struct world *w, int64_t until)
{
	int64_t event_at = w->heap_count > 0 ? w->heap[0].at : INT64_MAX;
	int64_t turn_at = w->plane != NULL && w->turn_due != 0 ? w->turn_due : INT64_MAX;
	bool turn = turn_at < event_at;

	if (turn_at <= w->now && event_at <= w->now)
		turn = dice_below(&w->plan, 2) == 0;
	if ((turn ? turn_at : event_at) > until) {
		pass_time(w, until);
		return false;
	}
	pass_time(w, turn ? turn_at : event_at);
	if (turn) {
		roost_turn(w);
	} else {
		struct sim_event e = take_first(w);

		handle(w, &e);
	}
	invariants_always(w);
	return w->failure[0] == '\0';
}

void
world_crash_point(struct world *w)
{
	bool hit = false;

	if (!w->in_plane)
		return;
	if (w->crash_in > 0)
		hit = --w->crash_in == 0;
	else if (!w->calm && w->faults.crash > 0)
		hit = dice_below(&w->crash_dice, 65536) < w->faults.crash;
	if (!hit)
		return;
	longjmp(w->crash, 1);
}

struct sim_server *
world_server(struct world *w, const char *name)
{
	for (int i = 0; i < w->server_count; i++) {
		if (strcmp(w->servers[i].name, name) == 0)
			return &w->servers[i];
	}
	return NULL;
}

/* Half of all faults do not exist in a run, the others are rare; some runs are calm, some absurd. */
static unsigned
draw(struct dice *d, bool absurd)
{
	static const unsigned often[] = { 1, 4, 10, 30, 80, 200 };

	if (dice_below(d, absurd ? 6 : 2) == 0)
		return 0;
	return often[absurd ? 3 + dice_below(d, 3) : dice_below(d, ELEMENTS(often))];
}

static void
draw_faults(struct faults *f, struct dice *d)
{
	unsigned mood = dice_below(d, 16);
	unsigned *each = (unsigned *)f;

	for (size_t i = 0; i < sizeof *f / sizeof *each; i++)
		each[i] = mood < 2 ? 0 : draw(d, mood == 15);
	f->crash *= 12; /* of 65536: there are many calls */
}

static void
declare(struct world *w, int i)
{
	struct sim_server *s = &w->servers[i];
	struct dice *d = &w->plan;
	struct policy *p = &s->policy;
	CLEANUP(text_freep) char *schedules = schedule_sim_json(w, i);

	(void)snprintf(s->name, sizeof s->name, "s%d", i);
	s->tcp = dice_below(d, 4) == 0;
	s->udp = s->tcp && (w->seed >> i & 1) != 0;
	s->talks = s->tcp && (w->seed >> (i + 4) & 1) != 0;
	p->wake_on = dice_below(d, 8) == 0 ? WAKE_ON_NEVER : WAKE_ON_JOIN;
	p->idle_after = DURATION_S(dice_between(d, 20, 120));
	p->grace = DURATION_S(dice_between(d, 0, 60));
	p->start_within = DURATION_S(dice_between(d, 20, 90));
	p->hold_for = DURATION_S(dice_between(d, 30, 90));
	p->max_duration = DURATION_S(dice_below(d, 4) == 0 ? dice_between(d, 90, 400) : 0);
	p->min_players = dice_below(d, 5) == 0 ? 2 : 0;
	p->restarts = dice_below(d, 3);
	s->json = text_format(
		"{\"name\":\"%s\",\"game\":\"%s\",%s%s%s\"provider\":\"local\","
		"\"local\":{\"command\":[\"game\"],\"directory\":\"/srv/"
		"%s\"},\"roster\":{\"uuids\":\"offline\"},"
		"\"address\":\"127.0.0.1:%d\",\"stop\":{%s,\"within\":\"20s\"},"
		"\"policy\":{\"wake_on\":\"%s\",\"hold_for\":\"%llds\",\"start_within\":\"%llds\","
		"\"idle_after\":\"%llds\",\"grace\":\"%llds\",\"max_duration\":\"%llds\","
		"\"min_players\":%u,\"warnings\":2,\"warning_every\":\"15s\",\"restarts\":%u}}",
		s->name,
		s->udp	 ? "udp"
		: s->tcp ? "tcp"
			 : "minecraft-java",
		s->tcp ? "\"listen\":[\"127.0.0.1:26000\"]," : "",
		s->talks ? "\"joined_lines\":\"[{time}] {player} comes\","
			   "\"left_lines\":\"[{time}] {player} goes ({reason})\","
			 : "",
		schedules, s->name, 25500 + i,
		s->tcp ? "\"signal\":\"TERM\"" : "\"console\":\"stop\"",
		p->wake_on == WAKE_ON_NEVER ? "never" : "join", (long long)p->hold_for.ms / 1000,
		(long long)p->start_within.ms / 1000, (long long)p->idle_after.ms / 1000,
		(long long)p->grace.ms / 1000, (long long)p->max_duration.ms / 1000, p->min_players,
		p->restarts);
}

void
world_init(struct world *w, uint64_t seed, bool trace)
{
	memset(w, 0, sizeof *w);
	w->seed = seed;
	w->trace = trace;
	w->now = w->started_at = 1700000000000;
	w->plan = dice_of(seed, 1);
	w->store_dice = dice_of(seed, 2);
	w->process_dice = dice_of(seed, 3);
	w->player_dice = dice_of(seed, 4);
	w->crash_dice = dice_of(seed, 5);
	w->plane_dice = dice_of(seed, 6);
	draw_faults(&w->faults, &w->plan);
	w->keep.time =
		DURATION_S(dice_below(&w->plan, 2) == 0 ? 0 : dice_between(&w->plan, 30, 300));
	w->keep.events = dice_below(&w->plan, 2) == 0 ? 0 : dice_between(&w->plan, 1, 60);
	schedule_sim_init(w);
	w->server_count = 1 + (int)dice_below(&w->plan, SERVERS_MAX);
	for (int i = 0; i < w->server_count; i++)
		declare(w, i);
	store_sim_init(w);
	provider_sim_init(w);
	player_sim_init(w);
	datagram_sim_init(w);
	webhook_sim_init(w);
	push_sim_init(w);
	backup_sim_init(w);
	session_sim_init(w);
	roster_sim_init(w);
	preparation_sim_init(w);
	world_add(w, SIM_MACHINE, 60000);
}

void
world_deinit(struct world *w)
{
	for (size_t i = 0; i < w->heap_count; i++)
		free_event(&w->heap[i]);
	for (size_t i = 0; i < w->document_count; i++) {
		mem_free(w->documents[i].key);
		mem_free(w->documents[i].body);
	}
	for (int i = 0; i < w->server_count; i++)
		mem_free(w->servers[i].json);
	datagram_sim_deinit(w);
	webhook_sim_deinit(w);
	push_sim_deinit(w);
	backup_sim_deinit(w);
	session_sim_deinit(w);
	roster_sim_deinit(w);
	schedule_sim_deinit(w);
	preparation_sim_deinit(w);
	batch_deinit(&w->commit_batch);
	gate_table_unref(w->table);
	mem_free(w->documents);
	mem_free(w->event_times);
	mem_free(w->heap);
}
