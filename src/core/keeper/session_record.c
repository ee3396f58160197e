/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and players' sums as documents: stored, loaded, told. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mutant.h"
#include "keeper/plane_inside.h"
#include "keeper/session.h"

#define UNSURE_FOR DURATION_S(90) /* after a restart of roost: the game answers each 5 s */

#define KEY_SIZE (SERVER_NAME_LIMIT + 1 + PLAYER_UUID_SIZE)

static const char *
key_of(const char *name, const char *uuid)
{
	return uuid[0] != '\0' ? uuid : name;
}

static json_t *
session_json(const struct session *s, struct instant now)
{
	struct instant end = instant_is_set(s->left_at) ? s->left_at : now;
	json_t *to = json_object();

	json_set_text(to, "id", s->id);
	json_set_text(to, "player", s->name);
	json_set_text(to, "uuid", s->uuid[0] != '\0' ? s->uuid : NULL);
	json_set_instant(to, "login", s->since);
	json_set_instant(to, "logout", s->left_at);
	json_set_integer(to, "play_ms", end.ms > s->since.ms ? end.ms - s->since.ms : 0);
	json_set_text(to, "how", s->how[0] != '\0' ? s->how : NULL);
	return to;
}

static json_t *
player_json(const struct known *p)
{
	json_t *to = json_object();

	json_set_text(to, "player", p->name);
	json_set_text(to, "uuid", p->uuid[0] != '\0' ? p->uuid : NULL);
	json_set_instant(to, "first_seen", p->first);
	json_set_instant(to, "last_seen", p->last);
	json_set_integer(to, "play_ms", p->play_ms);
	json_set_integer(to, "sessions", p->sessions);
	return to;
}

static struct known *
known_find(struct kept *kept, const char *key)
{
	for (size_t i = 0; i < kept->known_count; i++) {
		if (strcmp(key_of(kept->known[i].name, kept->known[i].uuid), key) == 0)
			return &kept->known[i];
	}
	return NULL;
}

/* Room for one more: whoever was seen the longest ago is forgotten. */
static void
forget_one(struct plane *plane, struct kept *kept)
{
	struct known *oldest = &kept->known[0];
	char key[KEY_SIZE];

	if (kept->known_count < PLAYERS_KEPT_LIMIT)
		return;
	for (size_t i = 1; i < kept->known_count; i++) {
		if (kept->known[i].last.ms < oldest->last.ms)
			oldest = &kept->known[i];
	}
	(void)snprintf(key, sizeof key, "%s/%s", kept->server.spec->name,
		       key_of(oldest->name, oldest->uuid));
	plane_delete(plane, DOCUMENT_PLAYER, key);
	*oldest = kept->known[--kept->known_count];
}

static void
add_up(struct known *p, const struct session *s)
{
	if (!instant_is_set(p->first) || s->since.ms < p->first.ms)
		p->first = s->since;
	if (p->last.ms < s->left_at.ms)
		p->last = s->left_at;
	p->play_ms += instant_since(s->left_at, s->since).ms;
	p->sessions++;
	(void)text_put(p->name, sizeof p->name, s->name);
	(void)text_put(p->uuid, sizeof p->uuid, s->uuid);
}

static void
put_known(struct plane *plane, const struct kept *kept, const struct known *p)
{
	CLEANUP(json_freep) json_t *player = player_json(p);
	char key[KEY_SIZE];

	(void)snprintf(key, sizeof key, "%s/%s", kept->server.spec->name, key_of(p->name, p->uuid));
	plane_put(plane, DOCUMENT_PLAYER, key, player);
}

/* Who was known by name and is known by UUID now, is one. */
void
session_join_up(struct plane *plane, struct kept *kept, const struct session *s)
{
	struct known *named = known_find(kept, s->name), *p = known_find(kept, s->uuid);
	char key[KEY_SIZE];

	if (s->uuid[0] == '\0' || named == NULL || MUTANT(PLAYER_IS_TWO))
		return;
	(void)snprintf(key, sizeof key, "%s/%s", kept->server.spec->name, s->name);
	plane_delete(plane, DOCUMENT_PLAYER, key);
	if (p == NULL) {
		(void)text_put(named->uuid, sizeof named->uuid, s->uuid);
		put_known(plane, kept, named);
		return;
	}
	if (named->first.ms < p->first.ms)
		p->first = named->first;
	if (named->last.ms > p->last.ms)
		p->last = named->last;
	p->play_ms += named->play_ms;
	p->sessions += named->sessions;
	put_known(plane, kept, p);
	*named = kept->known[--kept->known_count];
}

void
session_put(struct plane *plane, struct kept *kept, const struct session *s)
{
	CLEANUP(json_freep) json_t *session = session_json(s, s->left_at);
	const char *server = kept->server.spec->name, *who = key_of(s->name, s->uuid);
	struct known *p;
	char key[KEY_SIZE];

	session_join_up(plane, kept, s);
	p = known_find(kept, who);
	if (p == NULL) {
		forget_one(plane, kept);
		p = array_add(&kept->known, &kept->known_count, &kept->known_room, sizeof *p);
	}
	add_up(p, s);
	put_known(plane, kept, p);
	(void)snprintf(key, sizeof key, "%s/%s", server, s->id);
	plane_put(plane, DOCUMENT_PLAYED, key, session);
	(void)snprintf(key, sizeof key, "%s/", server);
	plane_prune(plane, DOCUMENT_PLAYED, key, PLAYED_KEPT_LIMIT);
}

const char *
session_known_uuid(const struct kept *kept, const char *name)
{
	const struct known *found = NULL;

	for (size_t i = 0; i < kept->known_count && !MUTANT(PLAYER_IS_TWO); i++) {
		const struct known *p = &kept->known[i];

		if (p->uuid[0] != '\0' && strcmp(p->name, name) == 0 &&
		    (found == NULL || found->last.ms < p->last.ms))
			found = p;
	}
	return found != NULL ? found->uuid : "";
}

void
session_put_open(struct plane *plane, struct kept *kept)
{
	CLEANUP(json_freep) json_t *body = json_object();
	json_t *list = json_array();

	kept->sessions_changed = false;
	kept->seen_at = plane->now;
	for (size_t i = 0; i < kept->session_count; i++) {
		const struct session *s = &kept->sessions[i];
		json_t *one = session_json(s, plane->now);

		if (s->unsure)
			json_set_instant(one, "seen_at", s->sure_at);
		ASSERT(json_array_append_new(list, one) == 0);
	}
	json_set_text(body, "run", kept->sessions_run);
	json_set_instant(body, "seen_at", plane->now);
	json_set_bool(body, "console", kept->console_tells);
	json_set_integer(body, "place", MUTANT(LINES_HEEDED_TWICE) ? 0 : kept->line_place);
	json_set_bool(body, "list_lies", kept->list_lies);
	ASSERT(json_object_set_new(body, "sessions", list) == 0);
	/* In a run, what was heeded is remembered, or it would be heeded again. */
	if (MUTANT(SESSIONS_IN_MEMORY))
		return;
	if (kept->session_count > 0 || kept->line_place > 0)
		plane_put(plane, DOCUMENT_ONLINE, kept->server.spec->name, body);
	else
		plane_delete(plane, DOCUMENT_ONLINE, kept->server.spec->name);
}

void
session_learn_open(struct plane *plane, struct kept *kept, const json_t *body)
{
	const json_t *list = json_object_get(body, "sessions");

	kept->seen_at = json_get_instant(body, "seen_at");
	kept->console_tells = json_get_bool(body, "console", false);
	kept->line_place = json_get_integer(body, "place", 0);
	kept->list_lies = json_get_bool(body, "list_lies", false);
	kept->lines_missed = true;
	kept->unsure_until = instant_add(plane->now, UNSURE_FOR);
	(void)text_put(kept->sessions_run, sizeof kept->sessions_run,
		       json_get_text(body, "run", ""));
	for (size_t i = 0; i < json_array_size(list) && i < LIVE_PLAYERS_LIMIT; i++) {
		const json_t *from = json_array_get(list, i);
		struct session *s = array_add(&kept->sessions, &kept->session_count,
					      &kept->session_room, sizeof *s);

		(void)text_put(s->id, sizeof s->id, json_get_text(from, "id", ""));
		(void)text_put(s->name, sizeof s->name, json_get_text(from, "player", ""));
		(void)text_put(s->uuid, sizeof s->uuid, json_get_text(from, "uuid", ""));
		(void)text_put(s->how, sizeof s->how, json_get_text(from, "how", ""));
		s->since = json_get_instant(from, "login");
		s->left_at = json_get_instant(from, "logout");
		s->sure_at = json_get_instant(from, "seen_at");
		if (!instant_is_set(s->sure_at))
			s->sure_at = kept->seen_at;
		s->unsure = true;
	}
}

void
session_learn_player(struct kept *kept, const json_t *body)
{
	struct known *p;

	if (kept->known_count >= PLAYERS_KEPT_LIMIT)
		return;
	p = array_add(&kept->known, &kept->known_count, &kept->known_room, sizeof *p);
	(void)text_put(p->name, sizeof p->name, json_get_text(body, "player", ""));
	(void)text_put(p->uuid, sizeof p->uuid, json_get_text(body, "uuid", ""));
	p->first = json_get_instant(body, "first_seen");
	p->last = json_get_instant(body, "last_seen");
	p->play_ms = json_get_integer(body, "play_ms", 0);
	p->sessions = (unsigned)json_get_integer(body, "sessions", 0);
}

void
session_forget(struct plane *plane, struct kept *kept)
{
	char prefix[SERVER_NAME_LIMIT + 2];

	(void)snprintf(prefix, sizeof prefix, "%s/", kept->server.spec->name);
	plane_prune(plane, DOCUMENT_PLAYED, prefix, 0);
	plane_prune(plane, DOCUMENT_PLAYER, prefix, 0);
	plane_delete(plane, DOCUMENT_ONLINE, kept->server.spec->name);
	kept->session_count = 0;
	kept->known_count = 0;
}

/* Told. */

static bool
is_of(const char *name, const char *uuid, const struct session_player *player)
{
	if (player->uuid[0] != '\0' && uuid[0] != '\0')
		return strcmp(uuid, player->uuid) == 0;
	return strcmp(name, player->name) == 0;
}

bool
session_is_of(const json_t *session, const struct session_player *player)
{
	return is_of(json_get_text(session, "player", ""), json_get_text(session, "uuid", ""),
		     player);
}

/* Whoever was asked for by name or UUID, by both as far as they are known. */
void
session_player_find(struct plane *plane, const char *server, const char *asked,
		    struct session_player *ret_player)
{
	const struct kept *kept = plane_find(plane, server);
	bool is_uuid = strlen(asked) == PLAYER_UUID_SIZE - 1;

	*ret_player = (struct session_player){ "", "" };
	if (is_uuid)
		(void)text_put(ret_player->uuid, sizeof ret_player->uuid, asked);
	else
		(void)text_put(ret_player->name, sizeof ret_player->name, asked);
	for (size_t i = 0; kept != NULL && i < kept->known_count && is_uuid; i++) {
		if (strcmp(kept->known[i].uuid, asked) == 0)
			(void)text_put(ret_player->name, sizeof ret_player->name,
				       kept->known[i].name);
	}
	for (size_t i = 0; kept != NULL && i < kept->session_count; i++) {
		const struct session *s = &kept->sessions[i];

		if (is_uuid && strcmp(s->uuid, asked) == 0)
			(void)text_put(ret_player->name, sizeof ret_player->name, s->name);
		if (!is_uuid && strcmp(s->name, asked) == 0)
			(void)text_put(ret_player->uuid, sizeof ret_player->uuid, s->uuid);
	}
	if (kept != NULL && ret_player->uuid[0] == '\0')
		(void)text_put(ret_player->uuid, sizeof ret_player->uuid,
			       session_known_uuid(kept, asked));
}

json_t *
session_open_list(struct plane *plane, const char *server, const struct session_player *player)
{
	struct kept *kept = plane_find(plane, server);
	json_t *list = json_array();

	for (size_t i = kept != NULL ? kept->session_count : 0; i-- > 0;) {
		const struct session *s = &kept->sessions[i];

		if (player == NULL || is_of(s->name, s->uuid, player))
			ASSERT(json_array_append_new(list, session_json(s, plane->now)) == 0);
	}
	return list;
}

/* What a player's sum is with the session that is open. */
static void
add_open(struct plane *plane, struct kept *kept, struct known *p)
{
	for (size_t i = 0; i < kept->session_count; i++) {
		struct session s = kept->sessions[i];

		if (strcmp(key_of(s.name, s.uuid), key_of(p->name, p->uuid)) != 0)
			continue;
		if (!instant_is_set(s.left_at))
			s.left_at = plane->now;
		add_up(p, &s);
	}
}

static int
last_seen_first(const void *a, const void *b)
{
	const struct known *one = a, *other = b;

	return (one->last.ms < other->last.ms) - (one->last.ms > other->last.ms);
}

json_t *
session_player_list(struct plane *plane, const char *server, const struct session_player *player,
		    size_t limit)
{
	struct kept *kept = plane_find(plane, server);
	json_t *list = json_array();
	struct known *all;
	size_t count = 0;

	if (kept == NULL)
		return list;
	all = mem_new_array(kept->known_count + kept->session_count + 1, sizeof *all);
	for (size_t i = 0; i < kept->known_count; i++)
		all[count++] = kept->known[i];
	for (size_t i = 0; i < kept->session_count; i++) {
		const struct session *s = &kept->sessions[i];

		if (known_find(kept, key_of(s->name, s->uuid)) != NULL)
			continue;
		(void)text_put(all[count].name, sizeof all[count].name, s->name);
		(void)text_put(all[count++].uuid, sizeof all[0].uuid, s->uuid);
	}
	for (size_t i = 0; i < count; i++)
		add_open(plane, kept, &all[i]);
	qsort(all, count, sizeof *all, last_seen_first);
	for (size_t i = 0; i < count && json_array_size(list) < limit; i++) {
		if (player == NULL || is_of(all[i].name, all[i].uuid, player))
			ASSERT(json_array_append_new(list, player_json(&all[i])) == 0);
	}
	mem_free(all);
	return list;
}
