/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be so, whatever happens. Each is looked at where it could first be
 * broken: when something is durable, is told, is asked for, or exists.
 */

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "backup_sim.h"
#include "feed/cursor.h"
#include "preparation_sim.h"
#include "world.h"

#define ORPHAN_WITHIN	   600000 /* in a storm, in which roost itself may be down */
#define ORPHAN_WITHIN_CALM 150000
#define SETTLED_WITHIN	   240000 /* on its way up or down for longer, in a calm: stuck */
#define CHECK_EVERY	   5000
#define COUNTED_WITHIN	   20000  /* a player who has been on for this long is counted */
#define FORGOTTEN_WITHIN   150000 /* looked at each minute, and then a page a second */
#define DAY_MS		   INT64_C(86400000)
#define HEARD_WITHIN	   40000 /* a knock in a calm has woken the server by then */

/* The value of a member, from text that we wrote ourselves; "" when it is absent. */
static void
member(const char *body, const char *key, char *value, size_t size)
{
	char pattern[40];
	const char *at;
	size_t length;

	(void)snprintf(pattern, sizeof pattern, "\"%s\":\"", key);
	at = strstr(body, pattern);
	value[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(pattern);
	length = strcspn(at, "\"");
	if (length < size) {
		memcpy(value, at, length);
		value[length] = '\0';
	}
}

static enum state
state_in(struct world *w, const char *body)
{
	char word[16];
	enum state state = STATE_ASLEEP;

	member(body, "state", word, sizeof word);
	if (!state_parse(word, &state))
		world_fail(w, "no state in %s", body);
	return state;
}

static void
token_in(const char *body, char token[static RUN_TOKEN_SIZE])
{
	const char *run = strstr(body, "\"run\":{"), *restarts, *end;
	struct run r = { .restarts = 0 };

	token[0] = '\0';
	if (run == NULL)
		return;
	member(run, "id", r.id, sizeof r.id);
	end = strchr(run, '}');
	restarts = strstr(run, "\"restarts\":");
	if (restarts != NULL && restarts < end)
		(void)sscanf(restarts, "\"restarts\":%u", &r.restarts);
	run_token(&r, token);
}

static bool
somebody_counted(const struct world *w, int server, int64_t at)
{
	for (int i = 0; i < w->player_count; i++) {
		const struct sim_player *p = &w->players[i];

		if (p->is == PLAYER_IN && p->server == server && p->since < at - COUNTED_WITHIN)
			return true;
	}
	return false;
}

static void
check_sleep(struct world *w, struct sim_server *s, const struct store_event *e)
{
	char cause[24];

	member(e->data, "cause", cause, sizeof cause);
	if (strcmp(cause, "idle") == 0 && s->told_state == STATE_READY &&
	    somebody_counted(w, (int)(s - w->servers), e->time.ms))
		world_fail(w, "%s is put to sleep for idleness with players on", s->name);
}

static void
move(struct world *w, struct sim_server *s, const struct store_event *e)
{
	enum state state = state_in(w, e->data);

	if (!state_may_become(s->told_state, state))
		world_fail(w, "%s went from %s to %s", s->name, state_word(s->told_state),
			   state_word(state));
	if (state != s->told_state)
		s->told_state_at = w->now;
	s->told_state = state;
}

static int64_t
number(const char *body, const char *key)
{
	char pattern[40];
	long long value = 0;
	const char *at;

	(void)snprintf(pattern, sizeof pattern, "\"%s\":", key);
	at = strstr(body, pattern);
	if (at != NULL)
		(void)sscanf(at + strlen(pattern), "%lld", &value);
	return value;
}

/* A long run is told once for each day, not before the day is over, and of one that is up. */
static void
check_long(struct world *w, struct sim_server *s, const struct store_event *e)
{
	int64_t days = number(e->data, "days");
	char run[RUN_TOKEN_SIZE];

	member(e->data, "run", run, sizeof run);
	if (strcmp(run, s->long_run) != 0)
		s->long_days = 0;
	if (days <= s->long_days)
		world_fail(w, "%s: a day of a long run is told twice", s->name);
	if (e->time.ms - s->run_started_at < days * DAY_MS)
		world_fail(w, "%s: %lld days are told too early", s->name, (long long)days);
	if (s->told_state != STATE_READY && s->told_state != STATE_LOST)
		world_fail(w, "%s is %s and told to run long", s->name, state_word(s->told_state));
	(void)text_put(s->long_run, sizeof s->long_run, run);
	s->long_days = days;
	s->long_told++;
}

static void
check_event(struct world *w, const struct store_event *e)
{
	struct sim_server *s = world_server(w, e->subject);
	enum event_type type;

	if (!event_parse(e->type, &type)) {
		world_fail(w, "an event of no known type: %s", e->type);
		return;
	}
	world_trace(w, "event %llu %s %s %s", (unsigned long long)e->offset, e->type, e->subject,
		    e->data);
	if (s == NULL)
		return;
	if (w->workshop != NULL)
		preparation_sim_event(w, (int)(s - w->servers), type, e->data);
	if (type == EVENT_SERVER_WAKE_REQUESTED || type == EVENT_SERVER_SLEEP_REQUESTED) {
		s->told_want = type == EVENT_SERVER_WAKE_REQUESTED ? WANT_UP : WANT_DOWN;
		s->want_known = true;
		s->wish_offset = e->offset;
	}
	if (type == EVENT_SERVER_SLEEP_REQUESTED) {
		s->sleep_wished_at = w->now;
		check_sleep(w, s, e);
	}
	if (type == EVENT_SERVER_FAILED) {
		s->want_known = false;
		s->wish_offset = e->offset;
		s->fails++;
	}
	if (type == EVENT_SERVER_READY)
		s->readies++;
	if (type == EVENT_SERVER_CRASHED) {
		s->crashes++;
		member(e->data, "how", s->told_how, sizeof s->told_how);
		if (strstr(s->told_how, "-1") != NULL)
			world_fail(w, "%s: nobody understands \"%s\"", s->name, s->told_how);
	}
	if (type == EVENT_SERVER_RUNNING_LONG)
		check_long(w, s, e);
	if (type == EVENT_SERVER_PHASE_CHANGED)
		move(w, s, e);
}

static void
check_status(struct world *w, const struct store_document *d)
{
	struct sim_server *s = world_server(w, d->key);

	if (s == NULL || d->body == NULL) {
		world_fail(w, "a status of no server: %s", d->key);
		return;
	}
	s->stored_up = strstr(d->body, "\"up\":true") != NULL;
	s->stored_state = state_in(w, d->body);
	token_in(d->body, s->stored_run);
	s->run_started_at = strstr(d->body, "\"run\":{") != NULL
				    ? number(strstr(d->body, "\"run\":{"), "started_at")
				    : 0;
	if (s->stored_state != s->told_state)
		world_fail(w, "%s is stored as %s and was told as %s", s->name,
			   state_word(s->stored_state), state_word(s->told_state));
}

/* After a batch: what is told about wishes is what is stored. */
static void
check_wants(struct world *w)
{
	for (int i = 0; i < w->server_count; i++) {
		const struct sim_server *s = &w->servers[i];

		if (s->want_known && s->stored_up != (s->told_want == WANT_UP))
			world_fail(w, "%s: a wish was told and not stored", s->name);
		if (s->stored_state != s->told_state)
			world_fail(w, "%s: a state was told and not stored", s->name);
	}
}

void
invariants_commit(struct world *w, const struct store_batch *batch)
{
	for (size_t i = 0; i < batch->event_count; i++) {
		if (batch->events[i].offset != w->last_offset + 1 + i)
			world_fail(w, "event numbers have a gap at %llu",
				   (unsigned long long)batch->events[i].offset);
		check_event(w, &batch->events[i]);
	}
	for (size_t i = 0; i < batch->document_count; i++) {
		if (batch->documents[i].kind == DOCUMENT_STATUS)
			check_status(w, &batch->documents[i]);
	}
	check_wants(w);
}

void
invariants_told(struct world *w, const struct store_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t offset = events[i].offset;

		if (offset > w->last_offset)
			world_fail(w, "event %llu is told before it is durable",
				   (unsigned long long)offset);
		if (w->told_offset != 0 && offset != w->told_offset + 1)
			world_fail(w, "event %llu is told after %llu", (unsigned long long)offset,
				   (unsigned long long)w->told_offset);
		if (offset <= w->told_ever)
			world_fail(w, "event %llu is told twice", (unsigned long long)offset);
		w->told_offset = offset;
		w->told_ever = offset;
	}
}

void
invariants_started(struct world *w, const struct sim_process *p)
{
	for (int i = 0; i < PROCESSES_MAX; i++) {
		const struct sim_process *other = &w->processes[i];

		if (other == p || !other->exists || !other->alive || other->server != p->server)
			continue;
		if (!p->excused && !other->excused)
			world_fail(w, "s%d runs twice: %s beside %s", p->server, p->token,
				   other->token);
	}
}

void
invariants_asked(struct world *w, const struct sim_request *r)
{
	bool ends = (r->op == OP_SAY && r->number == 1) || r->op == OP_SIGNAL || r->op == OP_FORGET;

	if (r->op == OP_ENSURE && strcmp(w->servers[r->server].stored_run, r->token) != 0)
		world_fail(w, "%s is started before it is durable", r->token);
	for (int i = 0; ends && i < w->server_count; i++) {
		const struct sim_server *s = &w->servers[i];

		if (strcmp(s->stored_run, r->token) == 0 &&
		    (s->stored_state == STATE_READY || s->stored_state == STATE_LOST))
			world_fail(w, "%s is ended while it is stored as %s", r->token,
				   state_word(s->stored_state));
	}
}

/* A game that is up is looked for where it listens, not where it is declared to listen next time. */
void
invariants_reached(struct world *w, int server, uint16_t port)
{
	const struct sim_server *s = &w->servers[server];

	if (s->stored_state != STATE_READY && s->stored_state != STATE_LOST)
		return;
	for (int i = 0; i < PROCESSES_MAX; i++) {
		const struct sim_process *p = &w->processes[i];

		if (p->exists && p->alive && p->port != port &&
		    strcmp(p->token, s->stored_run) == 0)
			world_fail(w, "%s listens at %u and is looked for at %u", s->name, p->port,
				   port);
	}
}

/* Only what is older, or more, than is kept may go; and the newest stays. */
void
invariants_forgotten(struct world *w, uint64_t oldest_kept)
{
	for (uint64_t at = w->first_offset; at < oldest_kept && at <= w->last_offset; at++) {
		bool is_old =
			w->keep.time.ms > 0 && w->now - w->event_times[at - 1] > w->keep.time.ms;
		bool is_one_too_many = w->keep.events > 0 && w->last_offset - at >= w->keep.events;

		if (at == w->last_offset)
			world_fail(w, "the newest event is forgotten");
		if (!is_old && !is_one_too_many)
			world_fail(w, "event %llu is forgotten too early", (unsigned long long)at);
	}
}

/* A reader that comes back is told of a gap when what it has not read was forgotten, and only then. */
static void
check_reader(struct world *w)
{
	struct cursor place = { .epoch = "01SIM", .offset = w->reader_at };
	struct resume_verdict verdict =
		cursor_resume(&place, "01SIM", w->first_offset, w->last_offset);
	bool missed = w->first_offset > w->reader_at + 1;

	if (verdict.what == RESUME_UNKNOWN_EPOCH || (verdict.what == RESUME_GAP) != missed)
		world_fail(w, "a reader at %llu is told '%s'; the record holds %llu to %llu",
			   (unsigned long long)w->reader_at, resume_word(verdict.what),
			   (unsigned long long)w->first_offset, (unsigned long long)w->last_offset);
	if (w->now / CHECK_EVERY % 16 == 0)
		w->reader_at = w->last_offset;
}

/* In a calm the record becomes as short as it is to be, but for the newest: page by page, without a pause. */
static void
check_forgetting(struct world *w)
{
	uint64_t first = w->first_offset;
	int64_t since;

	if (w->now - w->calm_at < FORGOTTEN_WITHIN || w->plane == NULL || first == w->last_offset ||
	    w->keep.time.ms == 0)
		return;
	/* Since it is old, and since it is not the newest any more. */
	since = w->event_times[first - 1] + w->keep.time.ms;
	since = since > w->event_times[first] ? since : w->event_times[first];
	since = since > w->forgot_at ? since : w->forgot_at;
	if (w->now - since > FORGOTTEN_WITHIN)
		world_fail(w, "event %llu is still kept", (unsigned long long)w->first_offset);
}

/* Of a server's runs the oldest go, and no more than must; what runs now is among the kept. */
void
invariants_pruned(struct world *w, const char *key, unsigned newer)
{
	const char *slash = strchr(key, '/');

	for (int i = 0; i < w->server_count; i++) {
		const struct sim_server *s = &w->servers[i];

		if (s->stored_run[0] != '\0' && slash != NULL &&
		    strncmp(slash + 1, s->stored_run, ID_TEXT_SIZE - 1) == 0)
			world_fail(w, "the run %s goes on and is forgotten", s->stored_run);
	}
	if (newer < RUNS_KEPT_LIMIT)
		world_fail(w, "%s is forgotten, and only %u are newer", key, newer);
	w->runs_pruned++;
}

void
invariants_acknowledged(struct world *w, const struct ack *ack)
{
	const struct sim_server *s;

	if (ack->server < 0)
		return;
	s = &w->servers[ack->server];
	if (s->stored_up != (ack->want == WANT_UP) && s->wish_offset <= ack->offset)
		world_fail(w, "%s: a wish was acknowledged and is not stored", s->name);
}

static bool
is_owned(const struct world *w, const struct sim_process *p)
{
	const struct sim_server *s = &w->servers[p->server];

	return strcmp(s->stored_run, p->token) == 0 && s->stored_state != STATE_ASLEEP;
}

static void
check_orphans(struct world *w)
{
	for (int i = 0; i < PROCESSES_MAX; i++) {
		struct sim_process *p = &w->processes[i];
		int64_t since;

		if (!p->exists || !p->alive)
			continue;
		if (is_owned(w, p)) {
			p->orphan_since = 0;
			continue;
		}
		if (p->orphan_since == 0)
			p->orphan_since = w->now;
		since = p->orphan_since;
		if (w->calm && since < w->calm_at)
			since = w->calm_at;
		if (w->now - since > (w->calm ? ORPHAN_WITHIN_CALM : ORPHAN_WITHIN))
			world_fail(w, "nobody owns %s of s%d and it runs on", p->token, p->server);
	}
}

static void
check_stuck(struct world *w)
{
	for (int i = 0; i < w->server_count; i++) {
		const struct sim_server *s = &w->servers[i];
		int64_t since = s->told_state_at > w->calm_at ? s->told_state_at : w->calm_at;

		if ((s->told_state == STATE_WAKING || s->told_state == STATE_SETTLING) &&
		    w->now - since > SETTLED_WITHIN)
			world_fail(w, "%s has been %s for too long", s->name,
				   state_word(s->told_state));
	}
}

static void
check_held(struct world *w)
{
	for (int i = 0; i < w->player_count; i++) {
		const struct sim_player *p = &w->players[i];
		const struct sim_server *s = &w->servers[p->server];
		int64_t since = p->since;

		since = since > w->calm_at ? since : w->calm_at;
		since = since > s->told_state_at ? since : s->told_state_at;
		if (p->is == PLAYER_HELD && s->told_state == STATE_ASLEEP &&
		    s->policy.wake_on == WAKE_ON_JOIN && s->sleep_wished_at < p->since &&
		    w->now - since > HEARD_WITHIN)
			world_fail(w, "p%d is held at %s, which sleeps on", i, s->name);
	}
}

void
invariants_always(struct world *w)
{
	if (w->now < w->check_at)
		return;
	w->check_at = w->now + CHECK_EVERY;
	check_orphans(w);
	check_reader(w);
	if (w->backup != NULL)
		backup_check_always(w);
	if (w->calm) {
		check_stuck(w);
		check_held(w);
		check_forgetting(w);
	}
}

/* Everything has come to what is wanted of it. */
void
invariants_after_calm(struct world *w)
{
	for (int i = 0; i < w->server_count; i++) {
		const struct sim_server *s = &w->servers[i];
		bool up = s->told_state == STATE_READY || s->told_state == STATE_WAKING;

		if (s->stored_up && !up)
			world_fail(w, "%s is wanted and %s", s->name, state_word(s->told_state));
		if (!s->stored_up && up)
			world_fail(w, "%s is not wanted and %s", s->name,
				   state_word(s->told_state));
		if (s->told_state == STATE_READY && provider_sim_alive(w, i) != 1)
			world_fail(w, "%s is ready with %u processes", s->name,
				   provider_sim_alive(w, i));
	}
}

/* Nobody has been on for long: everything sleeps and costs nothing. */
void
invariants_after_quiet(struct world *w)
{
	for (int i = 0; i < w->server_count; i++) {
		const struct sim_server *s = &w->servers[i];

		if (s->told_state != STATE_ASLEEP && s->told_state != STATE_FAILED)
			world_fail(w, "%s is empty and %s", s->name, state_word(s->told_state));
		if (provider_sim_alive(w, i) > 0)
			world_fail(w, "%s sleeps and has a process", s->name);
	}
}
