/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and players' sums as documents: stored, loaded, told. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keeper/plane_inside.h"
#include "keeper/session.h"

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

void
session_put(struct plane *plane, struct kept *kept, const struct session *s)
{
	CLEANUP(json_freep) json_t *session = session_json(s, s->left_at);
	CLEANUP(json_freep) json_t *player = NULL;
	const char *server = kept->server.spec->name, *who = key_of(s->name, s->uuid);
	struct known *p = known_find(kept, who);
	char key[KEY_SIZE];

	if (p == NULL) {
		forget_one(plane, kept);
		p = array_add(&kept->known, &kept->known_count, &kept->known_room, sizeof *p);
	}
	add_up(p, s);
	player = player_json(p);
	(void)snprintf(key, sizeof key, "%s/%s", server, who);
	plane_put(plane, DOCUMENT_PLAYER, key, player);
	(void)snprintf(key, sizeof key, "%s/%s", server, s->id);
	plane_put(plane, DOCUMENT_PLAYED, key, session);
	(void)snprintf(key, sizeof key, "%s/", server);
	plane_prune(plane, DOCUMENT_PLAYED, key, PLAYED_KEPT_LIMIT);
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
	ASSERT(json_object_set_new(body, "sessions", list) == 0);
	if (kept->session_count > 0)
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
	kept->sessions_loaded_at = plane->now;
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
is_of(const char *name, const char *uuid, const char *player)
{
	return player == NULL || strcmp(name, player) == 0 ||
	       (uuid[0] != '\0' && strcmp(uuid, player) == 0);
}

bool
session_is_of(const json_t *session, const char *player)
{
	return is_of(json_get_text(session, "player", ""), json_get_text(session, "uuid", ""),
		     player);
}

json_t *
session_open_list(struct plane *plane, const char *server, const char *player)
{
	struct kept *kept = plane_find(plane, server);
	json_t *list = json_array();

	for (size_t i = kept != NULL ? kept->session_count : 0; i-- > 0;) {
		const struct session *s = &kept->sessions[i];

		if (is_of(s->name, s->uuid, player))
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
session_player_list(struct plane *plane, const char *server, const char *player, size_t limit)
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
		if (is_of(all[i].name, all[i].uuid, player))
			ASSERT(json_array_append_new(list, player_json(&all[i])) == 0);
	}
	mem_free(all);
	return list;
}
