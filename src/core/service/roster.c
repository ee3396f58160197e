/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rosters: what was said by hand and what follows from users, put together, and shown
 * to the gate; and the service's part in the turn. Hard because several things may speak
 * of one player: what is left of one must stay when the other goes.
 */

#include "service/roster.h"

#include <string.h>

#include "base/mutant.h"
#include "model/name.h"
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
	roster->is_due = roster->changed = true;
	keyed_add(&rosters->rosters, roster);
	return roster;
}

static struct roster_player *
player_with(struct roster *roster, const char *key, const char *name)
{
	struct roster_player *player = keyed_find(&roster->players, key);

	if (player != NULL)
		return player;
	player = mem_new(sizeof *player);
	(void)text_put(player->key, sizeof player->key, key);
	(void)text_put(player->name, sizeof player->name, name);
	keyed_add(&roster->players, player);
	return player;
}

struct roster_player *
roster_player_of(struct roster *roster, const char *name)
{
	char key[PLAYER_NAME_LIMIT + 1];

	player_name_fold(name, key);
	return player_with(roster, key, name);
}

struct roster_player *
roster_network_of(struct roster *roster, const struct network *network)
{
	char key[NETWORK_TEXT_SIZE];
	struct roster_player *player;

	network_text(network, key);
	player = player_with(roster, key, key);
	player->is_network = true;
	player->network = *network;
	return player;
}

unsigned
roster_player_flags(const struct roster_player *player)
{
	return player->by_hand | player->by_users | player->by_run;
}

static void
roster_free(struct roster *roster)
{
	for (size_t i = 0; i < roster->players.count; i++)
		mem_free(roster->players.items[i]);
	keyed_deinit(&roster->players);
	gate_roster_unref(roster->shown);
	roster_files_free(roster);
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

		if ((roster_player_flags(player) | player->told | player->unsure |
		     player->settling | player->writing) != 0)
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
	struct plane *plane = roster->of->plane;

	roster_forget_record(roster);
	if (roster->said.v != 0)
		plane_forget(plane, roster->said);
	if (roster->asked.v != 0)
		plane_forget(plane, roster->asked);
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
		if (plane_server(rosters->plane, roster->server) == NULL)
			forget(roster);
	}
	for (size_t i = 0; i < plane_server_count(rosters->plane); i++) {
		const struct server_spec *spec = plane_server_at(rosters->plane, i)->spec;

		if (spec->game == GAME_MINECRAFT_JAVA)
			(void)roster_of(rosters, spec->name);
		if (is_about_users(rosters, spec->name))
			take_users(rosters, spec->name);
	}
	for (size_t i = 0; i < rosters->rosters.count; i++)
		((struct roster *)rosters->rosters.items[i])->changed = true;
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
		player->by_game &= ~(unsigned)ROSTER_BANNED;
		player->until = NEVER;
		player->reason[0] = player->by[0] = '\0';
		roster_tell(roster, player, ROSTER_BANNED, NULL);
		roster_save(roster, player);
	}
}

static char *
reason_copy(const struct roster_player *player)
{
	return player->reason[0] != '\0' ? text_copy(player->reason) : NULL;
}

static struct gate_roster *
gate_roster_from(const struct roster *roster)
{
	struct gate_roster *shown = gate_roster_new(roster->players.count);
	size_t count = 0;

	for (size_t i = 0; i < roster->players.count; i++) {
		const struct roster_player *player = roster->players.items[i];
		struct gate_roster_player *to = &shown->players[count];
		unsigned flags = roster_player_flags(player);

		if (MUTANT(ROSTER_GATE_FORGETS_BANS))
			flags &= ~(unsigned)ROSTER_BANNED;
		if (player->is_network && flags & ROSTER_BANNED)
			gate_roster_ban(shown, &player->network, reason_copy(player));
		if (player->is_network)
			continue;
		(void)text_put(to->name, sizeof to->name, player->key);
		to->flags = flags;
		to->reason = reason_copy(player);
		count++;
	}
	shown->count = count;
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
	roster->is_due = true;
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

		if (roster->own_changed)
			roster_save_own(roster);
		roster_op_decide(roster);
		roster_files_decide(roster, now);
		if (roster->changed || instant_reached(now, roster->ban_ends)) {
			look_at(roster, now);
			roster_files_decide(roster, now);
		}
		if (roster->waits)
			roster_choose(roster, now);
		due = instant_earlier(due, roster->ban_ends);
		due = instant_earlier(due, roster->again_at);
		due = instant_earlier(due, roster_files_due(roster));
	}
	return due;
}

/* What was decided is durable. */
static void
act(struct plane_service *service, struct instant now)
{
	struct rosters *rosters = CONTAINER_OF(service, struct rosters, service);

	for (size_t i = 0; i < rosters->rosters.count; i++) {
		struct roster *roster = rosters->rosters.items[i];

		if (roster->shown != NULL)
			plane_show_roster(rosters->plane, roster->server, TAKE(roster->shown));
		roster_files_act(roster, now);
		roster_say(roster);
	}
}

/* A name is written as its player writes it: where accounts are not checked, the UUID hangs on that. */
static void
learn_name(struct roster *roster, const struct store_event *event)
{
	CLEANUP(json_freep) json_t *data = json_loads(event->data, 0, NULL);
	const char *name = json_get_text(data, "player", "");
	char key[PLAYER_NAME_LIMIT + 1];
	struct roster_player *player;

	player_name_fold(name, key);
	player = keyed_find(&roster->players, key);
	if (player != NULL && !player->is_network && strcmp(player->name, name) != 0)
		(void)text_put(player->name, sizeof player->name, name);
}

static void
note(struct rosters *rosters, const struct store_event *event)
{
	struct roster *roster = keyed_find(&rosters->rosters, event->subject);
	enum event_type type;

	if (!event_parse(event->type, &type))
		return;
	if (type == EVENT_USER_CHANGED || type == EVENT_SERVER_DECLARED ||
	    type == EVENT_SERVER_REMOVED)
		rosters->refresh = true;
	if (roster == NULL)
		return;
	if (type == EVENT_SERVER_ASLEEP || type == EVENT_SERVER_FAILED ||
	    type == EVENT_SERVER_CRASHED)
		roster->is_due = true;
	if (type == EVENT_PLAYER_JOINED)
		learn_name(roster, event);
	if (type == EVENT_RESTORE_FINISHED)
		roster->is_restored = roster->is_due = roster->own_changed = true;
}

static void
told(struct plane_service *service, const struct store_event *events, size_t count)
{
	struct rosters *rosters = CONTAINER_OF(service, struct rosters, service);

	for (size_t i = 0; i < count; i++)
		note(rosters, &events[i]);
}

/* Outside the turn. */

static void
hear(struct plane_service *service, const char *server, const char *line)
{
	struct rosters *rosters = CONTAINER_OF(service, struct rosters, service);
	struct roster *roster = keyed_find(&rosters->rosters, server);

	if (roster == NULL)
		return;
	roster_op_hear(roster, line);
	if (!game_line_hints(line))
		return;
	roster->is_due = true;
	roster->look_at = NEVER;
	plane_wake_service(rosters->plane, service);
}

static enum consent
consent(struct plane_service *service, enum consent_to to, const char *server,
	char ret_reason[static REASON_LIMIT + 1])
{
	struct rosters *rosters = CONTAINER_OF(service, struct rosters, service);
	const struct server *is = plane_server(rosters->plane, server);

	if (is == NULL || is->spec->game != GAME_MINECRAFT_JAVA)
		return CONSENT_GIVEN;
	if (to == CONSENT_AT_ONCE && roster_files_are_watched(roster_of(rosters, server)))
		return CONSENT_WAITS;
	if (to != CONSENT_PREPARED)
		return CONSENT_GIVEN;
	return roster_files_consent(roster_of(rosters, server), is, ret_reason);
}

/* Accounts were looked up: their UUIDs go into the files. */
static void
on_learned(void *argument)
{
	struct rosters *rosters = argument;

	for (size_t i = 0; i < rosters->rosters.count; i++)
		((struct roster *)rosters->rosters.items[i])->is_due = true;
	plane_wake_service(rosters->plane, &rosters->service);
}

struct rosters *
rosters_new(struct plane *plane, const struct users *users, const char *profiles_url)
{
	struct rosters *rosters = mem_new(sizeof *rosters);

	rosters->plane = plane;
	rosters->users = users;
	rosters->profiles = profiles_new(plane, profiles_url);
	profiles_on_learned(rosters->profiles, on_learned, rosters);
	throttle_init(&rosters->tries, DURATION_S(12), 5);
	rosters->refresh = true;
	rosters->service = (struct plane_service){
		.decide = decide, .act = act, .told = told, .line = hear, .consent = consent
	};
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
	profiles_free(rosters->profiles);
	mem_free(rosters);
}

void
rosters_load(struct rosters *rosters)
{
	plane_each_loaded(rosters->plane, DOCUMENT_ROSTER, roster_load, rosters);
	plane_add_service(rosters->plane, &rosters->service);
	profiles_load(rosters->profiles);
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
	char key[ROSTER_KEY_SIZE];

	if (strlen(player) <= PLAYER_NAME_LIMIT)
		player_name_fold(player, key);
	else
		(void)text_put(key, sizeof key, player);
	return roster != NULL ? keyed_find(&roster->players, key) : NULL;
}

const char *
rosters_trouble(const struct rosters *rosters, const char *server)
{
	const struct roster *roster = keyed_find(&rosters->rosters, server);

	return roster != NULL ? roster->trouble : "";
}
