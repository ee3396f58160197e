/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions are decided from three witnesses. The console is believed when it tells
 * of players at all in this run; else the gate's connections are; for what neither can
 * tell there is the game's own list (session_list.c). A roost that comes back is told by
 * the supervisor what the console said meanwhile, and heeds what stands behind the last
 * line that it had heeded. What ends, ends in the same commit as the run that it was in.
 */

#include "keeper/session.h"

#include <string.h>

#include "base/mutant.h"
#include "keeper/plane_inside.h"

#define SEEN_EVERY	 DURATION_S(60) /* how much of a session a killed roost may lose */
#define NONE_CARRIED_FOR DURATION_S(60) /* a game may still have to notice, and to say so */

static bool
is_same_player(const struct session *s, const char *name, const char *uuid)
{
	return strcmp(s->name, name) == 0 || (uuid[0] != '\0' && strcmp(s->uuid, uuid) == 0);
}

struct session *
session_find(struct kept *kept, const char *name, const char *uuid)
{
	for (size_t i = 0; i < kept->session_count; i++) {
		if (is_same_player(&kept->sessions[i], name, uuid))
			return &kept->sessions[i];
	}
	return NULL;
}

static const char *
uuid_of(const struct kept *kept, const char *name)
{
	for (size_t i = 0; i < NAMED_LIMIT; i++) {
		if (strcmp(kept->named[i].name, name) == 0)
			return kept->named[i].uuid;
	}
	return session_known_uuid(kept, name);
}

static json_t *
player_data(const struct session *s)
{
	json_t *data = json_object();

	json_set_text(data, "player", s->name);
	json_set_text(data, "uuid", s->uuid[0] != '\0' ? s->uuid : NULL);
	json_set_text(data, "session", s->id);
	return data;
}

/* Ends. */

static struct instant
end_of(const struct session *s)
{
	if (!instant_is_set(s->left_at))
		return NEVER;
	return MUTANT(VISIT_IS_CUT) ? s->left_at : instant_add(s->left_at, SESSION_REJOIN);
}

static void
tell_left(struct plane *plane, const struct kept *kept, const struct session *s)
{
	json_t *data = player_data(s);

	json_set_integer(data, "after_ms", instant_since(s->left_at, s->since).ms);
	json_set_text(data, "how", s->how);
	plane_tell(plane, EVENT_PLAYER_LEFT, kept->server.spec->name, data);
}

/* Its end is `left_at`. The place in the list is free then. */
static void
close_at_last(struct plane *plane, struct kept *kept, struct session *s)
{
	if (s->left_at.ms < s->since.ms)
		s->left_at = s->since;
	if (!s->unsure)
		live_drop_name(&kept->server.live, s->name);
	session_put(plane, kept, s);
	tell_left(plane, kept, s);
	*s = kept->sessions[--kept->session_count];
	kept->sessions_changed = true;
}

static void
close_all(struct plane *plane, struct kept *kept)
{
	while (kept->session_count > 0) {
		struct session *s = &kept->sessions[kept->session_count - 1];

		if (!instant_is_set(s->left_at)) {
			s->left_at = s->unsure ? s->sure_at : plane->now;
			(void)text_put(s->how, sizeof s->how, "the game ended");
		}
		close_at_last(plane, kept, s);
	}
	kept->console_tells = false;
	kept->line_place = 0;
	kept->list_lies = false;
	kept->list_odd = 0;
	kept->list_strangers = 0;
	kept->unsure_until = NEVER;
	kept->none_carried_at = NEVER;
	memset(kept->named, 0, sizeof kept->named);
}

/* Can somebody be in? Not while its world is backed up, however long: its process has ended. */
static bool
has_process(const struct server_status *status)
{
	if (status->state == STATE_SETTLING)
		return status->phase != PHASE_BACKING_UP && status->phase != PHASE_RELEASING;
	return status->state != STATE_ASLEEP && status->state != STATE_FAILED;
}

/* Is there a run that somebody can be in? Those of another are over. */
bool
session_follow_run(struct plane *plane, struct kept *kept)
{
	char token[RUN_TOKEN_SIZE];

	run_token(&kept->draft.run, token);
	if (!has_process(&kept->draft))
		token[0] = '\0';
	if (strcmp(token, kept->sessions_run) != 0) {
		if (!MUTANT(SESSION_OUTLIVES_RUN))
			close_all(plane, kept);
		(void)text_put(kept->sessions_run, sizeof kept->sessions_run, token);
		kept->lines_missed = strcmp(token, kept->run_at_load) == 0;
		kept->sessions_changed = true;
	}
	return token[0] != '\0';
}

void
session_leave(struct plane *plane, struct kept *kept, struct session *s, const char *how)
{
	if (instant_is_set(s->left_at)) {
		if (s->how[0] == '\0')
			(void)text_put(s->how, sizeof s->how, how);
		return;
	}
	s->left_at = s->unsure ? s->sure_at : plane->now;
	(void)text_put(s->how, sizeof s->how, how);
	live_drop_name(&kept->server.live, s->name);
	kept->sessions_changed = true;
}

/* Begins. */

void
session_stay(struct plane *plane, struct kept *kept, struct session *s)
{
	bool was_away = instant_is_set(s->left_at) || s->unsure;

	s->left_at = NEVER;
	s->unsure = false;
	s->missed = 0;
	s->how[0] = '\0';
	s->sure_at = plane->now;
	if (was_away) {
		live_add(&kept->server.live, s->name, s->since, s->connection);
		kept->sessions_changed = true;
	}
}

static struct session *
begin(struct plane *plane, struct kept *kept, const char *name, const char *uuid)
{
	struct session *s =
		array_add(&kept->sessions, &kept->session_count, &kept->session_room, sizeof *s);

	s->since = plane->now;
	s->unsure = true;
	plane_new_id(plane, s->id);
	(void)text_put(s->name, sizeof s->name, name);
	(void)text_put(s->uuid, sizeof s->uuid, uuid);
	plane_tell(plane, EVENT_PLAYER_JOINED, kept->server.spec->name, player_data(s));
	return s;
}

void
session_enter(struct plane *plane, struct kept *kept, const char *name, enum witness by)
{
	const char *uuid = uuid_of(kept, name);
	struct session *s;

	if (name[0] == '\0' || !session_follow_run(plane, kept))
		return;
	s = session_find(kept, name, uuid);
	if (s != NULL && instant_reached(plane->now, end_of(s))) {
		close_at_last(plane, kept, s); /* he was away for too long to be the same visit */
		s = NULL;
	}
	if (s == NULL && kept->session_count >= LIVE_PLAYERS_LIMIT)
		return;
	if (s == NULL)
		s = begin(plane, kept, name, uuid);
	if (s->uuid[0] == '\0' && uuid[0] != '\0') {
		(void)text_put(s->uuid, sizeof s->uuid, uuid);
		kept->sessions_changed = true;
	}
	session_join_up(plane, kept, s);
	if (s->by < by)
		s->by = by;
	session_stay(plane, kept, s);
}

/* The witnesses. */

static void
hear_past(struct kept *kept, const struct fact *fact)
{
	/* It reaches back to what was heeded: nothing is missing in between. */
	if (kept->line_place > 0 && fact->as.process.place > 0 &&
	    fact->as.process.place <= kept->line_place &&
	    strcmp(kept->sessions_run, fact->as.process.token) == 0)
		kept->lines_missed = false;
}

bool
session_read_line(struct kept *kept, const struct fact *fact, struct fact *ret_told)
{
	struct player_line line;

	if (fact->as.process.past)
		hear_past(kept, fact);
	if (!player_line_parse(kept->server.spec, fact->as.process.line, &line))
		return false;
	*ret_told = (struct fact){ .kind = FACT_PLAYER_LINE };
	(void)text_put(ret_told->server, sizeof ret_told->server, fact->server);
	(void)text_put(ret_told->as.line.token, sizeof ret_told->as.line.token,
		       fact->as.process.token);
	ret_told->as.line.line = line;
	ret_told->as.line.place = fact->as.process.place;
	return true;
}

static void
learn_uuid(struct kept *kept, const struct player_line *line)
{
	struct named *named = NULL;

	for (size_t i = 0; i < NAMED_LIMIT && named == NULL; i++) {
		if (strcmp(kept->named[i].name, line->name) == 0)
			named = &kept->named[i];
	}
	if (named == NULL)
		named = &kept->named[kept->named_next++ % NAMED_LIMIT];
	(void)text_put(named->name, sizeof named->name, line->name);
	(void)text_put(named->uuid, sizeof named->uuid, line->uuid);
}

void
session_line(struct plane *plane, struct kept *kept, const struct fact *fact)
{
	const struct player_line *line = &fact->as.line.line;
	int64_t place = fact->as.line.place;
	struct session *s;

	if (!session_follow_run(plane, kept) ||
	    strcmp(kept->sessions_run, fact->as.line.token) != 0 ||
	    (place > 0 && place <= kept->line_place))
		return;
	kept->due = plane->now;
	if (place > 0) {
		kept->line_place = place;
		kept->sessions_changed = true;
	}
	if (line->kind == PLAYER_LINE_NAMED) {
		learn_uuid(kept, line);
		return;
	}
	watch_count(plane, kept);
	s = session_find(kept, line->name, "");
	/* Of lines that were declared, only a coming shows that they are right. */
	if (line->kind == PLAYER_LINE_JOINED || s != NULL ||
	    kept->server.spec->joined_lines == NULL)
		kept->console_tells = true;
	if (line->kind == PLAYER_LINE_LEFT) {
		if (s != NULL)
			session_leave(plane, kept, s, line->why[0] != '\0' ? line->why : "left");
		return;
	}
	/* Whoever came is not in a count from before. */
	if (spec_is_counted_by_lines(kept->server.spec))
		kept->server.live.joined_at = plane->now;
	session_enter(plane, kept, line->name, WITNESS_CONSOLE);
	s = session_find(kept, line->name, "");
	if (s != NULL)
		s->by_gate = kept->server.live.carried > 0;
}

void
session_gate_in(struct plane *plane, struct kept *kept, const struct door *door)
{
	struct session *s;

	/* A name at the gate is a claim; a console that tells who is on knows better. */
	if (!kept->console_tells)
		session_enter(plane, kept, door->name, WITNESS_GATE);
	s = session_find(kept, door->name, "");
	if (s == NULL || s->connection != 0)
		return;
	s->connection = door->connection;
	if (!instant_is_set(s->left_at) && !s->unsure)
		live_add(&kept->server.live, s->name, s->since, s->connection);
}

void
session_gate_out(struct plane *plane, struct kept *kept, const struct door *door, const char *how)
{
	struct session *s = session_find(kept, door->name, "");

	if (s == NULL || s->connection != door->connection)
		return;
	s->connection = 0;
	for (size_t i = 0; i < kept->door_count; i++) {
		const struct door *other = &kept->doors[i];

		if (other != door && other->is == DOOR_IN && strcmp(other->name, s->name) == 0)
			s->connection = other->connection;
	}
	if (s->connection == 0 && s->by != WITNESS_CONSOLE)
		session_leave(plane, kept, s, how);
}

bool
session_is_on(const struct kept *kept, const char *name)
{
	for (size_t i = 0; i < kept->session_count; i++) {
		const struct session *s = &kept->sessions[i];

		if (strcmp(s->name, name) == 0 && !instant_is_set(s->left_at) && !s->unsure)
			return true;
	}
	return false;
}

unsigned
session_count_on(const struct kept *kept)
{
	unsigned count = 0;

	for (size_t i = 0; i < kept->session_count; i++)
		count += !instant_is_set(kept->sessions[i].left_at);
	return count;
}

void
session_check_gate(struct plane *plane, struct kept *kept)
{
	if (!spec_is_counted_by_lines(kept->server.spec) || kept->server.live.carried > 0) {
		kept->none_carried_at = NEVER;
		return;
	}
	if (!instant_is_set(kept->none_carried_at))
		kept->none_carried_at = plane->now;
	if (!instant_reached(plane->now, instant_add(kept->none_carried_at, NONE_CARRIED_FOR)))
		return;
	for (size_t i = 0; i < kept->session_count; i++) {
		struct session *s = &kept->sessions[i];

		if (s->by_gate && !instant_is_set(s->left_at))
			session_leave(plane, kept, s, "no connection of his is left");
	}
}

/*
 * Until its console has told of anybody in this run, it is not known whether its lines were
 * declared as it prints them; and when some were missed, whoever is not heard of may be on.
 */
unsigned
session_count(const struct kept *kept)
{
	unsigned carried = kept->server.live.carried, on = session_count_on(kept);

	if (!spec_is_counted_by_lines(kept->server.spec) || !kept->console_tells)
		return carried;
	return kept->lines_missed && carried > on ? carried : on;
}

/* Time. */

void
session_tick(struct plane *plane, struct kept *kept)
{
	(void)session_follow_run(plane, kept);
	if (instant_reached(plane->now, kept->unsure_until))
		session_decide_unsure(plane, kept);
	for (size_t i = kept->session_count; i-- > 0;) {
		if (instant_reached(plane->now, end_of(&kept->sessions[i])))
			close_at_last(plane, kept, &kept->sessions[i]);
	}
	if (kept->sessions_changed ||
	    (kept->session_count > 0 &&
	     instant_reached(plane->now, instant_add(kept->seen_at, SEEN_EVERY))))
		session_put_open(plane, kept);
}

struct instant
session_due(const struct kept *kept)
{
	struct instant due = kept->unsure_until;

	for (size_t i = 0; i < kept->session_count; i++)
		due = instant_earlier(due, end_of(&kept->sessions[i]));
	if (kept->session_count > 0)
		due = instant_earlier(due, instant_add(kept->seen_at, SEEN_EVERY));
	return due;
}
