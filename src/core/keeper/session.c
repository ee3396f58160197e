/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions are decided from three witnesses. The console is believed when it tells
 * of players at all in this run; else the gate's connections are. The status list,
 * where it names everybody, corrects both. What ends, ends in the same commit as
 * the run that it was in.
 */

#include "keeper/session.h"

#include <string.h>

#include "keeper/plane_inside.h"

#define SEEN_EVERY   DURATION_S(60) /* how much of a session a killed roost may lose */
#define UNSURE_FOR   DURATION_S(90) /* after a restart of roost: the game answers each 5 s */
#define MISSED_LISTS 2		    /* whole lists without a player until he is off */

static bool
is_same_player(const struct session *s, const char *name, const char *uuid)
{
	return strcmp(s->name, name) == 0 || (uuid[0] != '\0' && strcmp(s->uuid, uuid) == 0);
}

static struct session *
find(struct kept *kept, const char *name, const char *uuid)
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
	return "";
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
	memset(kept->named, 0, sizeof kept->named);
}

/* Is there a run that somebody can be in? Those of another are over. */
static bool
follow_run(struct plane *plane, struct kept *kept)
{
	char token[RUN_TOKEN_SIZE];
	bool is_on = kept->draft.state != STATE_ASLEEP && kept->draft.state != STATE_FAILED;

	run_token(&kept->draft.run, token);
	if (!is_on)
		token[0] = '\0';
	if (strcmp(token, kept->sessions_run) != 0) {
		close_all(plane, kept);
		(void)text_put(kept->sessions_run, sizeof kept->sessions_run, token);
	}
	return token[0] != '\0';
}

static void
leave(struct plane *plane, struct kept *kept, struct session *s, const char *how)
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

static void
stay(struct plane *plane, struct kept *kept, struct session *s)
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

static void
enter(struct plane *plane, struct kept *kept, const char *name, uint64_t connection)
{
	const char *uuid = uuid_of(kept, name);
	struct session *s;

	if (name[0] == '\0' || !follow_run(plane, kept))
		return;
	s = find(kept, name, uuid);
	if (s == NULL) {
		if (kept->session_count >= LIVE_PLAYERS_LIMIT)
			return;
		s = array_add(&kept->sessions, &kept->session_count, &kept->session_room,
			      sizeof *s);
		s->since = plane->now;
		s->unsure = true;
		plane_new_id(plane, s->id);
		(void)text_put(s->name, sizeof s->name, name);
		(void)text_put(s->uuid, sizeof s->uuid, uuid);
		plane_tell(plane, EVENT_PLAYER_JOINED, kept->server.spec->name, player_data(s));
	}
	if (connection != 0)
		s->connection = connection;
	if (s->uuid[0] == '\0' && uuid[0] != '\0') {
		(void)text_put(s->uuid, sizeof s->uuid, uuid);
		kept->sessions_changed = true;
	}
	stay(plane, kept, s);
}

/* The witnesses. */

void
session_line(struct plane *plane, struct kept *kept, const struct fact *fact)
{
	const struct player_line *line = &fact->as.line.line;
	struct session *s;

	if (!follow_run(plane, kept) || strcmp(kept->sessions_run, fact->as.line.token) != 0)
		return;
	kept->due = plane->now;
	if (line->kind == PLAYER_LINE_NAMED) {
		struct named *named = &kept->named[kept->named_next++ % NAMED_LIMIT];

		(void)text_put(named->name, sizeof named->name, line->name);
		(void)text_put(named->uuid, sizeof named->uuid, line->uuid);
		return;
	}
	kept->console_tells = true;
	if (line->kind == PLAYER_LINE_JOINED) {
		enter(plane, kept, line->name, 0);
		return;
	}
	s = find(kept, line->name, "");
	if (s != NULL)
		leave(plane, kept, s, line->why[0] != '\0' ? line->why : "left");
}

void
session_gate_in(struct plane *plane, struct kept *kept, const struct door *door)
{
	struct session *s = find(kept, door->name, "");

	/* A name at the gate is a claim; a console that tells who is on knows better. */
	if (!kept->console_tells)
		enter(plane, kept, door->name, door->connection);
	else if (s != NULL && s->connection == 0)
		s->connection = door->connection;
}

void
session_gate_out(struct plane *plane, struct kept *kept, const struct door *door, const char *how)
{
	struct session *s = find(kept, door->name, "");

	if (s == NULL || s->connection != door->connection)
		return;
	s->connection = 0;
	for (size_t i = 0; i < kept->door_count; i++) {
		const struct door *other = &kept->doors[i];

		if (other != door && other->is == DOOR_IN && strcmp(other->name, s->name) == 0)
			s->connection = other->connection;
	}
	if (s->connection == 0 && !kept->console_tells)
		leave(plane, kept, s, how);
}

/* Does it name everybody, and nobody that cannot be? */
static bool
is_whole(const struct probe_answer *probe)
{
	for (size_t i = 0; i < probe->name_count; i++) {
		if (!player_line_has_name(probe->names[i]))
			return false;
	}
	return probe->name_count == probe->online;
}

static bool
is_named(const struct probe_answer *probe, const char *name)
{
	for (size_t i = 0; i < probe->name_count; i++) {
		if (strcmp(probe->names[i], name) == 0)
			return true;
	}
	return false;
}

static void
check_against(struct plane *plane, struct kept *kept, struct session *s, bool named)
{
	struct instant asked_at = kept->server.live.asked_at;

	if (named) {
		if (!instant_is_set(s->left_at) || asked_at.ms > s->left_at.ms)
			stay(plane, kept, s);
		return;
	}
	if (instant_is_set(s->left_at) || s->connection != 0 || asked_at.ms <= s->sure_at.ms)
		return;
	if (s->unsure || ++s->missed >= MISSED_LISTS)
		leave(plane, kept, s, "no longer in the game's list");
}

void
session_listed(struct plane *plane, struct kept *kept, const struct probe_answer *probe)
{
	bool whole = is_whole(probe);

	if (!follow_run(plane, kept))
		return;
	for (size_t i = 0; i < kept->session_count; i++) {
		struct session *s = &kept->sessions[i];
		bool named = is_named(probe, s->name);

		if (named || whole)
			check_against(plane, kept, s, named);
	}
	for (size_t i = 0; whole && i < probe->name_count; i++) {
		if (find(kept, probe->names[i], "") == NULL)
			enter(plane, kept, probe->names[i], 0);
	}
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

/* Time. */

static struct instant
end_of(const struct kept *kept, const struct session *s)
{
	if (instant_is_set(s->left_at))
		return instant_add(s->left_at, SESSION_REJOIN);
	return s->unsure ? instant_add(kept->sessions_loaded_at, UNSURE_FOR) : NEVER;
}

void
session_tick(struct plane *plane, struct kept *kept)
{
	(void)follow_run(plane, kept);
	for (size_t i = kept->session_count; i-- > 0;) {
		struct session *s = &kept->sessions[i];

		if (!instant_reached(plane->now, end_of(kept, s)))
			continue;
		if (s->unsure)
			leave(plane, kept, s, "not seen again since roost was restarted");
		close_at_last(plane, kept, s);
	}
	if (kept->sessions_changed ||
	    (kept->session_count > 0 &&
	     instant_reached(plane->now, instant_add(kept->seen_at, SEEN_EVERY))))
		session_put_open(plane, kept);
}

struct instant
session_due(const struct kept *kept)
{
	struct instant due = NEVER;

	for (size_t i = 0; i < kept->session_count; i++)
		due = instant_earlier(due, end_of(kept, &kept->sessions[i]));
	if (kept->session_count > 0)
		due = instant_earlier(due, instant_add(kept->seen_at, SEEN_EVERY));
	return due;
}
