/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be so about sessions whenever something is durable: told as begun and as ended
 * in turn, stored as told, none without a run, each about a visit that there was; and in the
 * end the sums are those of the sessions.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "session_sim.h"

#define REJOIN	    10000  /* a gap shorter than this is none */
#define LATE_MOST   300000 /* a slow store, and answers that are lost, hold up what is decided */
#define TOLD_WITHIN 120000 /* that somebody left, behind the silence in which he did */
#define KNOWN_LATE  30000
#define SETTLED	    1000 /* what was said meanwhile has been heard */

static int
player_in(const char *name)
{
	return name[0] == 'p' ? (int)strtol(name + 1, NULL, 10) : -1;
}

static int
server_index(const struct world *w, const struct sim_server *s)
{
	return (int)(s - w->servers);
}

/* What was said while roost was dead is heeded when it is back, and told a moment later. */
static int64_t
late_most(const struct world *w, int server)
{
	const struct sim_sessions *s = w->sessions;
	bool was_deaf = w->now - s->deaf_until[server] < TOLD_WITHIN;

	return LATE_MOST + w->now - s->heard_at[server] + (was_deaf ? s->deaf_for[server] : 0);
}

static void
note_heard(struct world *w, int server)
{
	struct sim_sessions *s = w->sessions;
	int64_t silence = w->now - s->heard_at[server];

	if (silence > LATE_MOST) {
		s->deaf_until[server] = w->now;
		s->deaf_for[server] = silence;
	}
	s->heard_at[server] = w->now;
}

/* Was the player really there at some time in between, give or take what may be late? */
static bool
was_there(const struct world *w, int player, int server, int64_t from, int64_t to)
{
	const struct sim_sessions *s = w->sessions;

	for (size_t i = 0; i < s->visit_count; i++) {
		const struct sim_visit *v = &s->visits[i];
		int64_t out = v->out != 0 ? v->out : w->now;

		if (v->player == player && v->server == server && v->in <= to &&
		    out + late_most(w, server) >= from)
			return true;
	}
	return false;
}

static int64_t
last_out(const struct world *w, int player, int server)
{
	const struct sim_sessions *s = w->sessions;
	int64_t last = 0;

	for (size_t i = 0; i < s->visit_count; i++) {
		const struct sim_visit *v = &s->visits[i];
		int64_t out = v->out != 0 ? v->out : w->now;

		if (v->player == player && v->server == server && out > last)
			last = out;
	}
	return last;
}

static void
note_joined(struct world *w, int server, const struct store_event *e, const json_t *data)
{
	struct sim_sessions *s = w->sessions;
	int player = player_in(json_get_text(data, "player", ""));
	struct sim_session *new;

	if (player < 0 || player >= w->player_count) {
		world_fail(w, "s%d: nobody is called %s", server,
			   json_get_text(data, "player", ""));
		return;
	}
	for (size_t i = 0; i < s->open_count; i++) {
		if (s->open[i].player == player && s->open[i].server == server)
			world_fail(w, "s%d: p%d joins twice", server, player);
	}
	if (session_sim_tells(w, server) && !was_there(w, player, server, e->time.ms, e->time.ms))
		world_fail(w, "s%d: p%d is told to join, and is not there", server, player);
	new = &s->open[s->open_count++];
	*new = (struct sim_session){ player, server, "", "" };
	(void)text_put(new->id, sizeof new->id, json_get_text(data, "session", ""));
	(void)text_put(new->run, sizeof new->run, w->servers[server].stored_run);
	if (strcmp(s->ended[player][server].run, new->run) == 0 && new->run[0] != '\0' &&
	    e->time.ms - s->ended[player][server].logout < REJOIN)
		world_fail(w, "s%d: p%d comes back within %lld ms and it is another session",
			   server, player,
			   (long long)(e->time.ms - s->ended[player][server].logout));
}

static void
check_played(struct world *w, const struct sim_session *session)
{
	CLEANUP(text_freep)
	char *key = text_format("%s/%s", w->servers[session->server].name, session->id);
	const char *body = store_sim_body(w, DOCUMENT_PLAYED, key);
	CLEANUP(json_freep) json_t *played = body != NULL ? json_loads(body, 0, NULL) : NULL;
	int64_t login, logout;

	if (played == NULL) {
		world_fail(w, "s%d: a session ended and is not kept", session->server);
		return;
	}
	login = json_get_instant(played, "login").ms;
	logout = json_get_instant(played, "logout").ms;
	if (logout < login || json_get_integer(played, "play_ms", -1) != logout - login)
		world_fail(w, "s%d: p%d was on from %lld to %lld", session->server, session->player,
			   (long long)login, (long long)logout);
	if (session_sim_tells(w, session->server) && logout > login &&
	    logout > last_out(w, session->player, session->server) + late_most(w, session->server))
		world_fail(w, "s%d: p%d is told to have played on after having left",
			   session->server, session->player);
	w->sessions->ended[session->player][session->server].logout = logout;
	(void)text_put(w->sessions->ended[session->player][session->server].run, RUN_TOKEN_SIZE,
		       session->run);
}

static void
note_left(struct world *w, int server, const json_t *data)
{
	struct sim_sessions *s = w->sessions;
	const char *id = json_get_text(data, "session", "");

	for (size_t i = 0; i < s->open_count; i++) {
		if (s->open[i].server != server || strcmp(s->open[i].id, id) != 0)
			continue;
		check_played(w, &s->open[i]);
		s->open[i] = s->open[--s->open_count];
		return;
	}
	world_fail(w, "s%d: a session ends that was not begun: %s", server, id);
}

static bool
is_stored(const json_t *online, const char *id)
{
	const json_t *list = json_object_get(online, "sessions"), *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (strcmp(json_get_text(one, "id", ""), id) == 0)
			return true;
	}
	return false;
}

static void
check_server(struct world *w, int server)
{
	const struct sim_sessions *s = w->sessions;
	const struct sim_server *is = &w->servers[server];
	const char *body = store_sim_body(w, DOCUMENT_ONLINE, is->name);
	CLEANUP(json_freep) json_t *online = body != NULL ? json_loads(body, 0, NULL) : NULL;
	size_t count = 0;

	for (size_t i = 0; i < s->open_count; i++) {
		if (s->open[i].server != server)
			continue;
		count++;
		if (!is_stored(online, s->open[i].id))
			world_fail(w, "s%d: a session of p%d was told and is not stored", server,
				   s->open[i].player);
		if (is->stored_state == STATE_ASLEEP || is->stored_state == STATE_FAILED)
			world_fail(w, "s%d is %s, and p%d is on", server,
				   state_word(is->stored_state), s->open[i].player);
	}
	if (json_array_size(json_object_get(online, "sessions")) != count)
		world_fail(w, "s%d: %zu sessions are stored, and %zu were told", server,
			   json_array_size(json_object_get(online, "sessions")), count);
}

void
session_sim_committed(struct world *w, const struct store_batch *batch)
{
	if (w->sessions == NULL)
		return;
	for (size_t i = 0; i < batch->event_count; i++) {
		const struct store_event *e = &batch->events[i];
		const struct sim_server *is = world_server(w, e->subject);
		CLEANUP(json_freep) json_t *data = NULL;

		if (is == NULL)
			continue;
		data = json_loads(e->data, 0, NULL);
		if (strcmp(e->type, event_word(EVENT_PLAYER_JOINED)) == 0)
			note_joined(w, server_index(w, is), e, data);
		else if (strcmp(e->type, event_word(EVENT_PLAYER_LEFT)) == 0)
			note_left(w, server_index(w, is), data);
	}
	for (int i = 0; i < w->server_count; i++)
		check_server(w, i);
	for (int i = 0; i < PROCESSES_MAX; i++) {
		const struct sim_backlog *backlog = &w->sessions->backlogs[i];
		const struct sim_process *p = &w->processes[i];

		if (p->exists && backlog->generation == p->generation &&
		    backlog->attached == w->life && w->now - backlog->attached_at > SETTLED)
			note_heard(w, p->server);
	}
}

/* The calm has lasted: whoever is on is known to be, and nobody else. */
void
session_sim_in_calm(struct world *w)
{
	const struct sim_sessions *s = w->sessions;

	for (int i = 0; s != NULL && s->prints && i < w->player_count; i++) {
		const struct sim_player *p = &w->players[i];
		bool is_on = p->is == PLAYER_IN, is_open = false;

		if (!session_sim_tells(w, p->server) ||
		    w->servers[p->server].told_state != STATE_READY ||
		    (is_on && p->since > w->now - KNOWN_LATE))
			continue;
		for (size_t j = 0; j < s->open_count; j++)
			is_open = is_open ||
				  (s->open[j].player == i && s->open[j].server == p->server);
		if (is_on && !is_open)
			world_fail(w, "s%d: p%d is on, and nobody knows", p->server, i);
		if (!is_on && is_open && last_out(w, i, p->server) < w->now - KNOWN_LATE)
			world_fail(w, "s%d: p%d is not on, and thought to be", p->server, i);
	}
}

static void
check_sum(struct world *w, int server, int player)
{
	int64_t played = 0, summed = 0, sessions = 0, counted = 0, sums = 0;
	char prefix[SERVER_NAME_LIMIT + 2], name[16];

	(void)snprintf(prefix, sizeof prefix, "%s/", w->servers[server].name);
	(void)snprintf(name, sizeof name, "p%d", player);
	for (size_t i = 0; i < w->document_count; i++) {
		const struct store_document *d = &w->documents[i];
		CLEANUP(json_freep) json_t *body = NULL;

		if (d->body == NULL || !text_starts_with(d->key, prefix) ||
		    (d->kind != DOCUMENT_PLAYED && d->kind != DOCUMENT_PLAYER))
			continue;
		body = json_loads(d->body, 0, NULL);
		if (strcmp(json_get_text(body, "player", ""), name) != 0)
			continue;
		if (d->kind == DOCUMENT_PLAYED) {
			played += json_get_integer(body, "play_ms", 0);
			sessions++;
		} else {
			summed += json_get_integer(body, "play_ms", 0);
			counted += json_get_integer(body, "sessions", 0);
			sums++;
		}
	}
	if (sums > 1)
		world_fail(w, "s%d: p%d is %lld players", server, player, (long long)sums);
	if (played != summed || sessions != counted)
		world_fail(w, "s%d: p%d played %lld ms in %lld sessions; the sum says %lld in %lld",
			   server, player, (long long)played, (long long)sessions,
			   (long long)summed, (long long)counted);
}

void
session_sim_at_end(struct world *w)
{
	for (int i = 0; w->sessions != NULL && i < w->server_count; i++) {
		for (int j = 0; j < w->player_count; j++)
			check_sum(w, i, j);
	}
}
