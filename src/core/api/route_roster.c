/* SPDX-License-Identifier: Apache-2.0 */
/* Who may play: told to everybody, changed by staff. Why somebody is banned is for staff to read. */

#include "api/call.h"

static const struct {
	const char *name;
	unsigned flag;
} fields[] = {
	{ "whitelisted", ROSTER_MAY_PLAY },
	{ "op", ROSTER_OP },
	{ "banned", ROSTER_BANNED },
};

static json_t *
player_json(const struct call *call, const struct roster_player *player)
{
	json_t *to = json_object();

	json_set_text(to, "name", player->name);
	for (size_t i = 0; i < ELEMENTS(fields); i++)
		json_set_bool(to, fields[i].name,
			      (player->by_hand | player->by_users) & fields[i].flag);
	json_set_bool(to, "user", player->by_users != 0);
	json_set_bool(to, "waiting", roster_player_is_waiting(player));
	json_set_instant(to, "until", player->until);
	if (call->caller.role < ROLE_STAFF)
		return to;
	json_set_text(to, "reason", player->reason[0] != '\0' ? player->reason : NULL);
	json_set_text(to, "by", player->by[0] != '\0' ? player->by : NULL);
	json_set_instant(to, "changed_at", player->changed_at);
	return to;
}

/* Only left over, until the game has been told. */
static bool
is_spoken_of(const struct roster_player *player)
{
	return (player->by_hand | player->by_users) != 0;
}

void
handle_roster(struct call *call)
{
	const struct rosters *rosters = call->api->rosters;
	const struct server *server = call_server(call);
	json_t *body, *list;

	if (server == NULL)
		return;
	body = json_object();
	list = json_array();
	json_set_text(body, "policy", roster_policy_word(server->spec->policy.roster));
	for (size_t i = 0; i < rosters_count(rosters, call->parameter); i++) {
		const struct roster_player *player = rosters_at(rosters, call->parameter, i);

		if (is_spoken_of(player))
			ASSERT(json_array_append_new(list, player_json(call, player)) == 0);
	}
	ASSERT(json_object_set_new(body, "players", list) == 0);
	call_answer(call, 200, body);
}

/* May the roster of this server be changed, and is the player's name one? Else the call is refused. */
static bool
may_change(struct call *call)
{
	const struct server *server = call_server(call);

	if (server == NULL)
		return false;
	if (server->spec->game != GAME_MINECRAFT_JAVA) {
		call_refuse(call, PROBLEM_CONFLICT,
			    "%s has no roster: the players of a %s game tell the gate no name.",
			    call->parameter, game_word(server->spec->game));
		return false;
	}
	if (player_name_is_valid(call->second))
		return true;
	call_refuse(call, PROBLEM_BAD_REQUEST,
		    "That is no player's name. One has 1 to %d letters, digits and underscores; "
		    "one that came by Floodgate has a dot before them.",
		    PLAYER_NAME_LIMIT);
	return false;
}

static struct roster_change
change_of(const struct call *call)
{
	struct roster_change change = { .server = call->parameter,
					.player = call->second,
					.by = call->caller.user };

	for (size_t i = 0; i < ELEMENTS(fields); i++) {
		if (json_object_get(call->fields, fields[i].name) == NULL)
			continue;
		change.given |= fields[i].flag;
		if (json_get_bool(call->fields, fields[i].name, false))
			change.set |= fields[i].flag;
	}
	change.reason = json_get_text(call->fields, "reason", NULL);
	if (!duration_parse(json_get_text(call->fields, "ban_for", "0"), &change.ban_for))
		change.ban_for = DURATION_MS(0);
	return change;
}

void
handle_roster_put(struct call *call)
{
	struct roster_change change;

	if (!may_change(call))
		return;
	change = change_of(call);
	if (change.given == 0) {
		call_refuse(call, PROBLEM_INVALID,
			    "Nothing was said of %s. Give whitelisted, op or banned, as true or "
			    "false.",
			    call->second);
		return;
	}
	if ((change.reason != NULL || change.ban_for.ms > 0) && !(change.set & ROSTER_BANNED)) {
		call_refuse(call, PROBLEM_INVALID,
			    "reason and ban_for belong to a ban; give banned as true too.");
		return;
	}
	if (!rosters_change(call->api->rosters, &change)) {
		call_refuse(call, PROBLEM_CONFLICT,
			    "There are %d players on this roster already; take off some that do "
			    "not play any more.",
			    ROSTER_LIMIT);
		return;
	}
	call_answer_after_commit(
		call, 200,
		player_json(call, rosters_find(call->api->rosters, call->parameter, call->second)));
}

void
handle_roster_delete(struct call *call)
{
	struct rosters *rosters = call->api->rosters;
	const struct roster_player *player;
	struct roster_change change;

	if (!may_change(call))
		return;
	change = change_of(call);
	player = rosters_find(rosters, call->parameter, call->second);
	if (player != NULL) {
		change.given = player->by_hand;
		change.set = 0;
		ASSERT(rosters_change(rosters, &change)); /* there is always room for less */
	}
	call_answer_after_commit(call, 204, NULL);
}
