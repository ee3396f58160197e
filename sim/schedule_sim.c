/* SPDX-License-Identifier: Apache-2.0 */
/* Schedules in a zone whose clocks change, and what must be so about them; see the header. */

#include "schedule_sim.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/civil.h"
#include "base/json.h"

#define SCHEDULES_EVERY 4		       /* one seed in so many has schedules */
#define KEPT_WITHIN	60000		       /* later than that, a time was missed */
#define SEEN_WITHIN	45000		       /* looked at twice a minute, and then stored */
#define SET_BACK_MOST	(3 * 3600000)	       /* more is a new time */
#define LEAP_LEAST	90000		       /* less may go unnoticed between two looks */
#define FORWARD		INT64_C(1711846800000) /* 2024-03-31T01:00:00Z: from 02:00 to 03:00 in Paris */
#define BACK		INT64_C(1729990800000) /* 2024-10-27T01:00:00Z: from 03:00 to 02:00 */

static const struct zone *
find(struct zones_port *port, const char *name)
{
	const struct sim_schedules *s = CONTAINER_OF(port, struct sim_schedules, zones);

	return strcmp(name, "Europe/Paris") == 0 ? s->paris : s->utc;
}

/* What the machine's clock shows, in ms: it is set now and then. */
static int64_t
shown(const struct world *w)
{
	return w->now + w->schedules->set_by;
}

static struct instant
clock_shows(struct zones_port *port, struct instant now)
{
	const struct sim_schedules *s = CONTAINER_OF(port, struct sim_schedules, zones);

	return (struct instant){ now.ms + s->set_by };
}

static int64_t
wall_of(const struct sim_schedules *s, const struct sim_schedule *is, int64_t at)
{
	struct zone_span span;

	zone_span_at(is->utc ? s->utc : s->paris, at, &span);
	return at + span.offset;
}

static bool
shows(const struct sim_schedule *is, int64_t wall)
{
	int64_t second = wall % DAY_SECONDS;

	return (is->every > 0 ? second % 60 % is->every == 0 : second % 60 == is->second) &&
	       (is->minute < 0 || second / 60 % 60 == is->minute) &&
	       (is->hour < 0 || second / 3600 == is->hour);
}

/* Is it due in this second (of UTC)? By the definition: of what the clock shows, or leaps over. */
static bool
is_due(const struct sim_schedules *s, const struct sim_schedule *is, int64_t at)
{
	int64_t wall = wall_of(s, is, at), before = wall_of(s, is, at - 1);

	if (is->hour < 0)
		return shows(is, wall);
	for (int64_t leapt = before + 1; leapt < wall; leapt++) {
		if (shows(is, leapt))
			return true;
	}
	if (!shows(is, wall))
		return false;
	/* Shown before, an hour ago at most: then that was the time. */
	for (int64_t back = 1; back <= 3600; back++) {
		if (wall_of(s, is, at - back) >= wall)
			return false;
	}
	return true;
}

/* The first and the last second in (from, to] in which it is due; false: there is none. */
static bool
due_between(const struct sim_schedules *s, const struct sim_schedule *is, int64_t from_ms,
	    int64_t to_ms, int64_t *ret_last_ms)
{
	bool any = false;

	for (int64_t at = from_ms / 1000 + 1; at <= to_ms / 1000; at++) {
		if (!is_due(s, is, at))
			continue;
		*ret_last_ms = at * 1000;
		any = true;
	}
	return any;
}

static bool
was_skipped(const struct store_batch *batch, const char *server, int64_t due)
{
	for (size_t i = 0; i < batch->event_count; i++) {
		const struct store_event *e = &batch->events[i];
		CLEANUP(json_freep) json_t *data = NULL;

		if (strcmp(e->type, event_word(EVENT_SCHEDULE_SKIPPED)) != 0 ||
		    strcmp(e->subject, server) != 0)
			continue;
		data = json_loads(e->data, 0, NULL);
		if (json_get_instant(data, "due").ms == due)
			return true;
	}
	return false;
}

static bool
was_wished(const struct store_batch *batch, const char *server, const char *type)
{
	for (size_t i = 0; i < batch->event_count; i++) {
		if (strcmp(batch->events[i].type, type) == 0 &&
		    strcmp(batch->events[i].subject, server) == 0)
			return true;
	}
	return false;
}

/* What it says is in the commit of its mark, unless it was so wished already. */
static void
check_done(struct world *w, int server, const struct sim_schedule *is,
	   const struct store_batch *batch)
{
	const struct sim_server *kept = &w->servers[server];
	bool wake = is->verb == SCHEDULE_WAKE;

	if (is->verb == SCHEDULE_COMMAND || kept->stored_up == wake)
		return;
	/* Of two that come at once the later one counts. */
	if (!was_wished(batch, kept->name, "server.wake_requested") &&
	    !was_wished(batch, kept->name, "server.sleep_requested"))
		world_fail(w, "%s: a schedule's mark is stored, and its wish is not", kept->name);
}

/* A mark as it is stored. */
struct mark {
	int64_t until, due;
	bool done;
};

/* The clock runs on, or leapt: what came since the last mark is done, or told. */
static void
check_come(struct world *w, const char *name, const struct sim_schedule *is,
	   const struct mark *mark, const struct store_batch *batch)
{
	const struct sim_schedules *s = w->schedules;
	int64_t last = 0;
	bool any = due_between(s, is, is->until, mark->until, &last);
	bool kept = mark->until - last <= KEPT_WITHIN;

	if (!any)
		world_fail(w, "%s: a schedule was seen to, and was not due", name);
	else if (mark->due == is->due)
		world_fail(w, "%s: a schedule was due at %lld and passed over", name,
			   (long long)last);
	else if (mark->due != last)
		world_fail(w, "%s: a schedule was due last at %lld, and is done for %lld", name,
			   (long long)last, (long long)mark->due);
	else if (!kept && !is->once && (mark->done || !was_skipped(batch, name, mark->due)))
		world_fail(w, "%s: a schedule that was missed is done, or not told", name);
	else if (!kept && is->once && !mark->done && is->verb != SCHEDULE_COMMAND)
		world_fail(w, "%s: a schedule that was missed is not caught up with", name);
}

/* Behind the mark as it was before the clock was set far back: what is walked over comes again. */
static void
check_again(struct world *w, const char *name, const struct sim_schedule *is,
	    const struct mark *mark, const struct store_batch *batch)
{
	const struct sim_schedules *s = w->schedules;
	struct sim_schedule there = *is;
	int64_t last;

	if (mark->due != is->due && mark->due <= is->before) {
		if (mark->due <= is->until || mark->due > mark->until ||
		    !is_due(s, is, mark->due / 1000))
			world_fail(w, "%s: a schedule is done for %lld, when it was not due", name,
				   (long long)mark->due);
		else if (mark->due <= s->walked_from && mark->until >= s->walked_from)
			world_fail(w, "%s: what was done for %lld is done again after a leap", name,
				   (long long)mark->due);
		return;
	}
	/* Leapt over: up to there all is seen to. */
	there.until = is->before;
	if (mark->due != is->due)
		check_come(w, name, &there, mark, batch);
	else if (mark->until > is->before && due_between(s, is, is->before, mark->until, &last))
		world_fail(w, "%s: a schedule was due at %lld and passed over", name,
			   (long long)last);
}

static void
check_mark(struct world *w, int server, struct sim_schedule *is, const json_t *from,
	   const struct store_batch *batch)
{
	const char *name = w->servers[server].name;
	struct mark mark = { .until = json_get_instant(from, "until").ms,
			     .due = json_get_instant(from, "due").ms,
			     .done = json_get_bool(from, "done", false) };

	if (is->until != 0 && mark.until <= is->until && mark.due != is->due) {
		world_fail(w, "%s: a schedule is done again for %lld", name, (long long)mark.due);
	} else if (is->until != 0 && mark.until < is->until) {
		if (is->until - mark.until <= SET_BACK_MOST)
			world_fail(w, "%s: the clock was set back a little, and a mark with it",
				   name);
		if (is->before < is->until)
			is->before = is->until;
	} else if (is->until != 0 && mark.until > is->until) {
		if (is->before > is->until)
			check_again(w, name, is, &mark, batch);
		else
			check_come(w, name, is, &mark, batch);
		if (mark.done && mark.due != is->due)
			check_done(w, server, is, batch);
	}
	is->until = mark.until;
	is->due = mark.due;
}

void
schedule_sim_committed(struct world *w, const struct store_batch *batch)
{
	for (int i = 0; w->schedules != NULL && i < w->server_count; i++) {
		const char *body = store_sim_body(w, DOCUMENT_SCHEDULE, w->servers[i].name);
		CLEANUP(json_freep) json_t *table = body != NULL ? json_loads(body, 0, NULL) : NULL;

		for (int j = 0; table != NULL && j < w->schedules->count[i]; j++)
			check_mark(w, i, &w->schedules->of[i][j],
				   json_array_get(json_object_get(table, "schedules"), (size_t)j),
				   batch);
	}
}

/* The calm has lasted: nothing that was due waits. */
void
schedule_sim_in_calm(struct world *w)
{
	struct sim_schedules *s = w->schedules;
	int64_t last;

	for (int i = 0; s != NULL && i < w->server_count; i++) {
		for (int j = 0; j < s->count[i]; j++) {
			const struct sim_schedule *is = &s->of[i][j];

			if (is->until == 0)
				world_fail(w, "s%d: a schedule was never stored", i);
			else if (due_between(s, is, is->until, shown(w) - SEEN_WITHIN, &last))
				world_fail(w, "s%d: a schedule was due at %lld and is forgotten", i,
					   (long long)last);
		}
	}
}

/* The world. */

static void
draw(struct world *w, struct sim_schedule *is, int index)
{
	struct dice *d = &w->schedules->dice;
	int64_t wall;

	is->utc = dice_below(d, 3) == 0;
	is->verb = SCHEDULE_COMMAND;
	is->once = dice_below(d, 2) == 0;
	is->hour = is->minute = -1;
	is->second = 17 * index + (int)dice_below(d, 17); /* no two are the same */
	switch (dice_below(d, 4)) {
	case 0: /* what others wish in the calm is not crossed: once, and in the storm */
		wall = wall_of(w->schedules, is,
			       w->now / 1000 + 15 + 12 * index + dice_between(d, 0, 11));
		is->verb = dice_below(d, 2) == 0 ? SCHEDULE_WAKE : SCHEDULE_SLEEP;
		is->second = (int)(wall % 60);
		break;
	case 1: /* a time that comes soon, or is leapt over or shown twice soon */
		wall = wall_of(w->schedules, is, w->now / 1000 + dice_between(d, 60, 500));
		wall += 1800 * (dice_between(d, 0, 2) - 1);
		break;
	case 2:
		is->every = index == 0 ? 20 : 0;
		return;
	default:
		return;
	}
	is->minute = (int)(wall / 60 % 60);
	is->hour = (int)(wall % DAY_SECONDS / 3600);
}

char *
schedule_sim_json(struct world *w, int server)
{
	struct sim_schedules *s = w->schedules;
	CLEANUP(buf_deinit) struct buf b = BUF_NULL;

	if (s == NULL)
		return text_copy("");
	s->count[server] = 1 + (int)dice_below(&s->dice, SCHEDULES_EACH);
	buf_put_text(&b, "\"schedules\":[");
	for (int i = 0; i < s->count[server]; i++) {
		struct sim_schedule *is = &s->of[server][i];
		char second[16], minute[16] = "*", hour[16] = "*";

		draw(w, is, i);
		(void)snprintf(second, sizeof second, is->every > 0 ? "*/%d" : "%d",
			       is->every > 0 ? is->every : is->second);
		if (is->minute >= 0)
			(void)snprintf(minute, sizeof minute, "%d", is->minute);
		if (is->hour >= 0)
			(void)snprintf(hour, sizeof hour, "%d", is->hour);
		buf_format(&b,
			   "%s{\"cron\":\"%s %s %s * * *\",\"zone\":\"%s\",\"do\":\"%s\","
			   "\"missed\":\"%s\"",
			   i > 0 ? "," : "", second, minute, hour, is->utc ? "UTC" : "Europe/Paris",
			   schedule_verb_word(is->verb), is->once ? "once" : "skip");
		if (is->verb == SCHEDULE_COMMAND)
			buf_format(&b, ",\"line\":\"list %d\"", i);
		buf_put_byte(&b, '}');
	}
	buf_put_text(&b, "],");
	return buf_take_text(&b);
}

void
schedule_sim_init(struct world *w)
{
	struct sim_schedules *s;

	if (w->seed % SCHEDULES_EVERY != 3)
		return;
	s = mem_new(sizeof *s);
	w->schedules = s;
	s->dice = dice_of(w->seed, 11);
	s->zones.find = find;
	s->zones.clock = clock_shows;
	ASSERT(zone_from_rule("CET-1CEST,M3.5.0,M10.5.0/3", &s->paris));
	ASSERT(zone_from_rule("UTC0", &s->utc));
	if (dice_below(&s->dice, 3) > 0)
		w->now = w->started_at = (dice_below(&s->dice, 2) == 0 ? FORWARD : BACK) -
					 dice_between(&s->dice, 10, 600) * 1000;
	if (dice_below(&s->dice, 2) == 0)
		world_add(w, SIM_CLOCK, dice_between(&s->dice, 5000, 60000));
}

static void
set_clock(struct world *w, int64_t set_by)
{
	struct sim_schedules *s = w->schedules;
	int64_t by = set_by - s->set_by;

	if (by < 0) {
		s->back_from = s->set_by;
		s->back_at = w->now;
	}
	s->set_by = set_by;
	world_trace(w, "the clock is set by %lld s", (long long)by / 1000);
	if (by > LEAP_LEAST &&
	    (set_by - s->back_from > LEAP_LEAST || w->now - s->back_at > LEAP_LEAST))
		s->walked_from = shown(w); /* not back and forth between two looks */
	else if (by < 0 && s->walked_from > shown(w) - 2 * LEAP_LEAST)
		s->walked_from =
			shown(w) - 2 * LEAP_LEAST; /* where it is now may count as walked to */
}

/* A little, as by NTP; by what a lid was shut; far, as without a battery; and right again. */
void
schedule_sim_clock(struct world *w)
{
	struct dice *d = &w->schedules->dice;
	int64_t by = w->schedules->set_by;

	if (w->calm)
		return;
	switch (dice_below(d, 6)) {
	case 0:
		by += dice_between(d, 1000, 90000);
		break;
	case 1:
		by -= dice_between(d, 1000, 90000);
		break;
	case 2:
		by += dice_between(d, 2, 200) * 60000;
		break;
	case 3:
		by -= dice_between(d, 2, 170) * 60000;
		break;
	case 4:
		by -= dice_between(d, 181, 600) * 60000;
		break;
	default:
		by = 0;
	}
	set_clock(w, by);
	world_add(w, SIM_CLOCK, dice_between(d, 500, 60000));
}

void
schedule_sim_calm(struct world *w)
{
	if (w->schedules->set_by != 0)
		set_clock(w, 0);
}

void
schedule_sim_deinit(struct world *w)
{
	if (w->schedules == NULL)
		return;
	zone_free(w->schedules->paris);
	zone_free(w->schedules->utc);
	mem_free(w->schedules);
	w->schedules = NULL;
}

void
schedule_sim_birth(struct world *w)
{
	w->schedules->now = schedules_new(w->plane);
	w->schedules->walked_from = shown(w);
}

void
schedule_sim_loaded(struct world *w)
{
	schedules_load(w->schedules->now);
}

void
schedule_sim_roost_died(struct world *w)
{
	w->schedules->now = NULL; /* it was the plane's memory */
}

void
schedule_sim_end(struct world *w)
{
	schedules_unload(w->schedules->now);
	w->schedules->now = NULL;
}

int64_t
schedule_sim_dead_for(struct world *w)
{
	if (w->schedules == NULL || dice_below(&w->schedules->dice, 4) != 0)
		return 0;
	return dice_between(&w->schedules->dice, 20000, 200000);
}
