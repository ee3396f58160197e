/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may play: told to everybody, changed by staff. Why somebody is banned is for staff to
 * read, and so are addresses.
 */

#include "api/call.h"

#include <string.h>

static const struct {
	const char *name;
	unsigned flag;
} fields[] = {
	{ "whitelisted", ROSTER_MAY_PLAY },
	{ "op", ROSTER_OP },
	{ "banned", ROSTER_BANNED },
};

/* Because of what. */
static const char *
source_of(const struct roster_player *player)
{
	if (player->by_hand != 0)
		return (player->by_hand & ~player->by_game) == 0 ? "game" : "hand";
	return player->by_run != 0 ? "run" : "user";
}

static void
put_uuid(const struct call *call, const struct roster_player *player, json_t *to)
{
	char uuid[PLAYER_UUID_SIZE];
	enum profile_is is = rosters_uuid(call->api->rosters, call->parameter, player, uuid);

	json_set_text(to, "uuid", is == PROFILE_KNOWN ? uuid : NULL);
	json_set_bool(to, "looking", is == PROFILE_ASKED);
	json_set_bool(to, "unknown",
		      is == PROFILE_NONE && player->name[0] != '.' && player->name[0] != '*');
}

static void
put_for_staff(const struct roster_player *player, json_t *to)
{
	json_set_text(to, "reason", player->reason[0] != '\0' ? player->reason : NULL);
	json_set_text(to, "by", player->by[0] != '\0' ? player->by : NULL);
	json_set_instant(to, "changed_at", player->changed_at);
}

static json_t *
player_json(const struct call *call, const struct roster_player *player)
{
	json_t *to = json_object();

	json_set_text(to, "name", player->name);
	for (size_t i = 0; i < ELEMENTS(fields); i++)
		json_set_bool(to, fields[i].name, roster_player_flags(player) & fields[i].flag);
	json_set_bool(to, "user", player->by_users != 0);
	json_set_text(to, "source", source_of(player));
	put_uuid(call, player, to);
	json_set_bool(to, "waiting", roster_player_is_waiting(player));
	json_set_instant(to, "until", player->until);
	if (call->caller.role >= ROLE_STAFF)
		put_for_staff(player, to);
	return to;
}

static json_t *
address_json(const struct roster_player *player)
{
	json_t *to = json_object();

	json_set_text(to, "address", player->name);
	json_set_bool(to, "banned", player->by_hand != 0);
	json_set_text(to, "source", source_of(player));
	json_set_bool(to, "waiting", roster_player_is_waiting(player));
	json_set_instant(to, "until", player->until);
	put_for_staff(player, to);
	return to;
}

/* Only left over, until the game has been told. */
static bool
is_spoken_of(const struct roster_player *player)
{
	return roster_player_flags(player) != 0;
}

/* May the caller become operator? */
static json_t *
op_json(const struct call *call, const struct server *server)
{
	const struct user *owner = rosters_owner(call->api->rosters, call->parameter);
	json_t *to = json_object();

	json_set_text(to, "policy", op_tokens_word(server->spec->policy.op_tokens));
	json_set_bool(to, "mine",
		      server->spec->policy.op_tokens == OP_TOKENS_OWNER && owner != NULL &&
			      strcmp(owner->name, call->caller.user) == 0);
	return to;
}

void
handle_roster(struct call *call)
{
	const struct rosters *rosters = call->api->rosters;
	const struct server *server = call_server(call);
	json_t *body, *list, *addresses;

	if (server == NULL)
		return;
	body = json_object();
	list = json_array();
	addresses = json_array();
	json_set_text(body, "policy", roster_policy_word(server->spec->policy.roster));
	for (size_t i = 0; i < rosters_count(rosters, call->parameter); i++) {
		const struct roster_player *player = rosters_at(rosters, call->parameter, i);

		if (!is_spoken_of(player))
			continue;
		if (!player->is_network)
			ASSERT(json_array_append_new(list, player_json(call, player)) == 0);
		else if (call->caller.role >= ROLE_STAFF)
			ASSERT(json_array_append_new(addresses, address_json(player)) == 0);
	}
	ASSERT(json_object_set_new(body, "players", list) == 0);
	ASSERT(json_object_set_new(body, "addresses", addresses) == 0);
	ASSERT(json_object_set_new(body, "op", op_json(call, server)) == 0);
	if (call->caller.role >= ROLE_STAFF)
		json_set_text(body, "trouble",
			      rosters_trouble(rosters, call->parameter)[0] != '\0'
				      ? rosters_trouble(rosters, call->parameter)
				      : NULL);
	call_answer(call, 200, body);
}

static bool
has_roster(struct call *call)
{
	const struct server *server = call_server(call);

	if (server == NULL)
		return false;
	if (server->spec->game == GAME_MINECRAFT_JAVA)
		return true;
	call_refuse(call, PROBLEM_CONFLICT,
		    "%s has no roster: the players of a %s game tell the gate no name.",
		    call->parameter, game_word(server->spec->game));
	return false;
}

/* May the roster of this server be changed, and is the player's name one? Else the call is refused. */
static bool
may_change(struct call *call)
{
	if (!has_roster(call))
		return false;
	if (player_name_is_valid(call->second))
		return true;
	call_refuse(call, PROBLEM_BAD_REQUEST,
		    "That is no player's name. One has 1 to %d letters, digits and underscores; "
		    "one that came by Floodgate has a dot before them.",
		    MINECRAFT_NAME_LIMIT);
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

static bool
change_or_refuse(struct call *call, const struct roster_change *change)
{
	if (rosters_change(call->api->rosters, change))
		return true;
	call_refuse(call, PROBLEM_CONFLICT,
		    "There are %d players on this roster already; take off some that do not play "
		    "any more.",
		    ROSTER_LIMIT);
	return false;
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
	if (change_or_refuse(call, &change))
		call_answer_after_commit(
			call, 200,
			player_json(call, rosters_find(call->api->rosters, call->parameter,
						       call->second)));
}

void
handle_roster_address(struct call *call)
{
	const char *text = json_get_text(call->fields, "address", "");
	bool banned = json_get_bool(call->fields, "banned", true);
	struct roster_change change;
	char name[NETWORK_TEXT_SIZE];
	struct network network;

	if (!has_roster(call))
		return;
	if (!network_parse(text, &network)) {
		call_refuse(call, PROBLEM_INVALID,
			    "That is no address. Expected one such as 192.0.2.7 or 2001:db8::7, or "
			    "a network such as 192.0.2.0/24.");
		return;
	}
	change = change_of(call);
	network_text(&network, name);
	change.player = name;
	change.network = &network;
	change.given = ROSTER_BANNED;
	change.set = banned ? ROSTER_BANNED : 0;
	if (change_or_refuse(call, &change))
		call_answer_after_commit(
			call, 200,
			address_json(rosters_find(call->api->rosters, call->parameter, name)));
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

/* The run's operator. */

static bool
op_refused(struct call *call, enum op_verdict verdict)
{
	static const char *const why[] = {
		[OP_OFF] = "its policy has op_tokens off, so only staff makes operators",
		[OP_NO_RUN] = "it does not run; wake it first, then it is yours to operate",
		[OP_NOT_OWNER] = "somebody else woke it; who did may operate it until it sleeps",
		[OP_NO_NAME] = "your name in the game is not known; tell it first (roost user "
			       "game-name NAME PLAYER, or on the page under your name)",
	};

	if (verdict == OP_DONE)
		return false;
	call_refuse(call, verdict == OP_NOT_OWNER ? PROBLEM_FORBIDDEN : PROBLEM_CONFLICT,
		    "You cannot become operator of %s: %s.", call->parameter, why[verdict]);
	return true;
}

void
handle_op(struct call *call)
{
	struct rosters *rosters = call->api->rosters;
	const struct user *owner;

	if (!has_roster(call) ||
	    op_refused(call, rosters_op(rosters, call->parameter, call->caller.user)))
		return;
	owner = rosters_owner(rosters, call->parameter);
	call_answer_after_commit(
		call, 200,
		player_json(call, rosters_find(rosters, call->parameter, owner->game_name)));
}

void
handle_op_token(struct call *call)
{
	CLEANUP(text_freep) char *line = NULL;
	char token[OP_TOKEN_SIZE];
	json_t *body;

	if (!has_roster(call) ||
	    op_refused(call, rosters_make_token(call->api->rosters, call->parameter,
						call->caller.user, token)))
		return;
	body = json_object();
	line = text_format("!op %s", token);
	json_set_text(body, "token", token);
	json_set_text(body, "say", line);
	call_answer_after_commit(call, 201, body);
}
