/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rosters: what was said by hand and what follows from users, put together, stored,
 * and shown to the gate. Hard because two things may speak of one player: what is left
 * of one must stay when the other goes.
 */

#include "service/roster.h"

#include <stdio.h>
#include <string.h>

#include "service/roster_state.h"

struct roster *
roster_of(struct rosters *rosters, const char *server)
{
	struct roster *roster = keyed_find(&rosters->rosters, server);

	if (roster != NULL)
		return roster;
	roster = mem_new(sizeof *roster);
	(void)text_put(roster->server, sizeof roster->server, server);
	roster->of = rosters;
	keyed_add(&rosters->rosters, roster);
	return roster;
}

struct roster_player *
roster_player_of(struct roster *roster, const char *name)
{
	char key[PLAYER_NAME_LIMIT + 1];
	struct roster_player *player;

	player_name_fold(name, key);
	player = keyed_find(&roster->players, key);
	if (player != NULL)
		return player;
	player = mem_new(sizeof *player);
	(void)text_put(player->key, sizeof player->key, key);
	(void)text_put(player->name, sizeof player->name, name);
	keyed_add(&roster->players, player);
	return player;
}

/* The record. */

static void
key_of(const struct roster *roster, const struct roster_player *player, char key[static 128])
{
	(void)snprintf(key, 128, "%s/%s", roster->server, player->key);
}

void
roster_save(struct roster *roster, struct roster_player *player)
{
	CLEANUP(json_freep) json_t *body = json_object();
	char key[128];

	key_of(roster, player, key);
	plane_wake_service(roster->of->plane, &roster->of->service);
	if ((player->by_hand | player->told | player->unsure) == 0) {
		plane_delete(roster->of->plane, DOCUMENT_ROSTER, key);
		roster->changed = true;
		return;
	}
	json_set_text(body, "name", player->name);
	json_set_integer(body, "by_hand", player->by_hand);
	json_set_integer(body, "told", player->told);
	json_set_integer(body, "unsure", player->unsure);
	json_set_text(body, "reason", player->reason);
	json_set_text(body, "by", player->by);
	json_set_instant(body, "changed_at", player->changed_at);
	json_set_instant(body, "until", player->until);
	plane_put(roster->of->plane, DOCUMENT_ROSTER, key, body);
}

static unsigned
flags_in(const json_t *body, const char *key)
{
	return (unsigned)json_get_integer(body, key, 0) &
	       (ROSTER_MAY_PLAY | ROSTER_OP | ROSTER_BANNED);
}

static void
loaded(void *argument, const char *key, const json_t *body)
{
	struct rosters *rosters = argument;
	const char *name = json_get_text(body, "name", "");
	char server[SERVER_NAME_LIMIT + 1];
	size_t length = strcspn(key, "/");
	struct roster_player *player;

	if (length == 0 || length >= sizeof server || !player_name_is_valid(name))
		return;
	(void)text_put(server, length + 1, key);
	player = roster_player_of(roster_of(rosters, server), name);
	player->by_hand = flags_in(body, "by_hand");
	player->told = flags_in(body, "told");
	player->unsure = flags_in(body, "unsure");
	(void)text_put(player->reason, sizeof player->reason, json_get_text(body, "reason", ""));
	(void)text_put(player->by, sizeof player->by, json_get_text(body, "by", ""));
	player->changed_at = json_get_instant(body, "changed_at");
	player->until = json_get_instant(body, "until");
}

static void
roster_free(struct roster *roster)
{
	for (size_t i = 0; i < roster->players.count; i++)
		mem_free(roster->players.items[i]);
	keyed_deinit(&roster->players);
	gate_roster_unref(roster->shown);
	mem_free(roster);
}

/* What follows from users. */

static bool
is_about_users(struct rosters *rosters, const char *name)
{
	const struct server *server = plane_server(rosters->plane, name);

	return server != NULL && server->spec->policy.roster == ROSTER_USERS;
}

static void
take_users(struct rosters *rosters, const char *server)
{
	for (size_t i = 0; i < users_count(rosters->users); i++) {
		const struct user *user = users_at(rosters->users, i);

		if (!player_name_is_valid(user->game_name))
			continue;
		roster_player_of(roster_of(rosters, server), user->game_name)->by_users |=
			user->role >= ROLE_STAFF ? ROSTER_MAY_PLAY | ROSTER_OP : ROSTER_MAY_PLAY;
	}
}

/* Who is spoken of by nothing any more is no part of it. */
static void
drop_unspoken(struct roster *roster)
{
	size_t left = 0;

	for (size_t i = 0; i < roster->players.count; i++) {
		struct roster_player *player = roster->players.items[i];

		if ((player->by_hand | player->by_users | player->told | player->unsure) != 0)
			roster->players.items[left++] = player;
		else
			mem_free(player);
	}
	roster->players.count = left;
}

/* Its server was removed: a new one of that name begins anew. */
static void
forget(struct roster *roster)
{
	CLEANUP(text_freep) char *all = text_format("%s/", roster->server);

	plane_prune(roster->of->plane, DOCUMENT_ROSTER, all, 0);
	if (roster->said.v != 0)
		plane_forget(roster->of->plane, roster->said);
	(void)keyed_remove(&roster->of->rosters, roster->server);
	roster_free(roster);
}

static void
refresh(struct rosters *rosters)
{
	rosters->refresh = false;
	for (size_t i = rosters->rosters.count; i-- > 0;) {
		struct roster *roster = rosters->rosters.items[i];

		for (size_t j = 0; j < roster->players.count; j++)
			((struct roster_player *)roster->players.items[j])->by_users = 0;
		roster->changed = true;
		if (plane_server(rosters->plane, roster->server) == NULL)
			forget(roster);
	}
	for (size_t i = 0; i < plane_server_count(rosters->plane); i++) {
		const char *name = plane_server_at(rosters->plane, i)->spec->name;

		if (is_about_users(rosters, name))
			take_users(rosters, name);
	}
	for (size_t i = 0; i < rosters->rosters.count; i++)
		((struct roster *)rosters->rosters.items[i])->changed = true;
}

/* Changes. */

static void
tell(const struct roster *roster, const struct roster_player *player, unsigned flag)
{
	bool set = player->by_hand & flag;
	json_t *data = json_object();

	json_set_text(data, "player", player->name);
	json_set_text(data, "change",
		      flag == ROSTER_MAY_PLAY ? set ? "added" : "removed"
		      : flag == ROSTER_OP     ? set ? "opped" : "deopped"
		      : set		      ? "banned"
					      : "pardoned");
	json_set_text(data, "by", player->by);
	if (flag == ROSTER_BANNED && set) {
		json_set_text(data, "reason", player->reason);
		json_set_instant(data, "until", player->until);
	}
	plane_tell(roster->of->plane, EVENT_ROSTER_CHANGED, roster->server, data);
}

static size_t
count_by_hand(const struct roster *roster)
{
	size_t count = 0;

	for (size_t i = 0; i < roster->players.count; i++)
		count += ((struct roster_player *)roster->players.items[i])->by_hand != 0;
	return count;
}

static void
set_ban(struct roster_player *player, const struct roster_change *change, struct instant now)
{
	(void)text_put(player->reason, sizeof player->reason,
		       change->set & ROSTER_BANNED && change->reason != NULL ? change->reason : "");
	player->until = change->set & ROSTER_BANNED && change->ban_for.ms > 0
				? instant_add(now, change->ban_for)
				: NEVER;
}

bool
rosters_change(struct rosters *rosters, const struct roster_change *change)
{
	struct roster *roster = roster_of(rosters, change->server);
	const struct roster_player *known = rosters_find(rosters, change->server, change->player);
	unsigned before = known != NULL ? known->by_hand : 0;
	struct instant now = plane_now(rosters->plane);
	struct roster_player *player;

	if (before == 0 && change->set != 0 && count_by_hand(roster) >= ROSTER_LIMIT)
		return false;
	player = roster_player_of(roster, change->player);
	if (change->set != 0)
		(void)text_put(player->name, sizeof player->name, change->player);
	(void)text_put(player->by, sizeof player->by, change->by);
	player->changed_at = now;
	player->by_hand = (before & ~change->given) | (change->set & change->given);
	player->unsure |= change->given;
	if (change->given & ROSTER_BANNED)
		set_ban(player, change, now);
	for (unsigned flag = ROSTER_MAY_PLAY; flag <= ROSTER_BANNED; flag <<= 1) {
		if ((before ^ player->by_hand) & flag ||
		    (flag == ROSTER_BANNED && change->given & change->set & flag))
			tell(roster, player, flag);
	}
	roster->changed = true;
	if (strcmp(roster->about, player->key) == 0)
		roster->is_overtaken = true;
	roster_save(roster, player);
	return true;
}

/* The turn. */

static void
end_bans(struct roster *roster, struct instant now)
{
	roster->ban_ends = NEVER;
	for (size_t i = 0; i < roster->players.count; i++) {
		struct roster_player *player = roster->players.items[i];

		if ((player->by_hand & ROSTER_BANNED) == 0)
			continue;
		if (!instant_reached(now, player->until)) {
			roster->ban_ends = instant_earlier(roster->ban_ends, player->until);
			continue;
		}
		player->by_hand &= ~(unsigned)ROSTER_BANNED;
		player->until = NEVER;
		player->reason[0] = player->by[0] = '\0';
		tell(roster, player, ROSTER_BANNED);
		roster_save(roster, player);
	}
}

static struct gate_roster *
gate_roster_from(const struct roster *roster)
{
	struct gate_roster *shown = gate_roster_new(roster->players.count);

	for (size_t i = 0; i < shown->count; i++) {
		const struct roster_player *player = roster->players.items[i];
		struct gate_roster_player *to = &shown->players[i];

		(void)text_put(to->name, sizeof to->name, player->key);
		to->flags = player->by_hand | player->by_users;
		to->reason = player->reason[0] != '\0' ? text_copy(player->reason) : NULL;
	}
	return shown;
}

static void
look_at(struct roster *roster, struct instant now)
{
	end_bans(roster, now);
	drop_unspoken(roster);
	gate_roster_unref(roster->shown);
	roster->shown = gate_roster_from(roster);
	roster->waits = true;
	roster->changed = false;
}

static struct instant
decide(struct plane_service *service, struct instant now)
{
	struct rosters *rosters = CONTAINER_OF(service, struct rosters, service);
	struct instant due = NEVER;

	if (rosters->refresh)
		refresh(rosters);
	for (size_t i = 0; i < rosters->rosters.count; i++) {
		struct roster *roster = rosters->rosters.items[i];

		if (roster->changed || instant_reached(now, roster->ban_ends))
			look_at(roster, now);
		if (roster->waits)
			roster_choose(roster, now);
		due = instant_earlier(due, roster->ban_ends);
		due = instant_earlier(due, roster->again_at);
	}
	return due;
}

/* What was decided is durable. */
static void
act(struct plane_service *service, struct instant now)
{
	struct rosters *rosters = CONTAINER_OF(service, struct rosters, service);

	(void)now;
	for (size_t i = 0; i < rosters->rosters.count; i++) {
		struct roster *roster = rosters->rosters.items[i];

		if (roster->shown != NULL)
			plane_show_roster(rosters->plane, roster->server, TAKE(roster->shown));
		roster_say(roster);
	}
}

static void
told(struct plane_service *service, const struct store_event *events, size_t count)
{
	struct rosters *rosters = CONTAINER_OF(service, struct rosters, service);

	for (size_t i = 0; i < count; i++) {
		enum event_type type;

		if (event_parse(events[i].type, &type) &&
		    (type == EVENT_USER_CHANGED || type == EVENT_SERVER_DECLARED ||
		     type == EVENT_SERVER_REMOVED))
			rosters->refresh = true;
	}
}

/* Outside. */

struct rosters *
rosters_new(struct plane *plane, const struct users *users)
{
	struct rosters *rosters = mem_new(sizeof *rosters);

	rosters->plane = plane;
	rosters->users = users;
	rosters->refresh = true;
	rosters->service = (struct plane_service){ .decide = decide, .act = act, .told = told };
	return rosters;
}

void
rosters_free(struct rosters *rosters)
{
	if (rosters == NULL)
		return;
	for (size_t i = 0; i < rosters->rosters.count; i++)
		roster_free(rosters->rosters.items[i]);
	keyed_deinit(&rosters->rosters);
	mem_free(rosters);
}

void
rosters_load(struct rosters *rosters)
{
	plane_each_loaded(rosters->plane, DOCUMENT_ROSTER, loaded, rosters);
	plane_add_service(rosters->plane, &rosters->service);
}

size_t
rosters_count(const struct rosters *rosters, const char *server)
{
	const struct roster *roster = keyed_find(&rosters->rosters, server);

	return roster != NULL ? roster->players.count : 0;
}

const struct roster_player *
rosters_at(const struct rosters *rosters, const char *server, size_t index)
{
	const struct roster *roster = keyed_find(&rosters->rosters, server);

	ASSERT(roster != NULL && index < roster->players.count);
	return roster->players.items[index];
}

const struct roster_player *
rosters_find(const struct rosters *rosters, const char *server, const char *player)
{
	const struct roster *roster = keyed_find(&rosters->rosters, server);
	char key[PLAYER_NAME_LIMIT + 1];

	player_name_fold(player, key);
	return roster != NULL ? keyed_find(&roster->players, key) : NULL;
}
