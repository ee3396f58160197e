/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who woke a server may operate it while that run lasts. In the game's chat everybody
 * reads along, so what is said there counts once, only from the owner's own name if roost
 * knows it, and few tries are looked at.
 */

#include <string.h>

#include <sodium.h>

#include "model/name.h"
#include "service/roster_state.h"

#define DIGITS "0123456789abcdefghjkmnpqrstvwxyz" /* base32 without i, l, o, u (Crockford) */

static const struct server *
server_of(const struct roster *roster)
{
	return plane_server(roster->of->plane, roster->server);
}

static bool
is_on(const struct server *server)
{
	return server != NULL && server->spec->game == GAME_MINECRAFT_JAVA &&
	       server->status.run.id[0] != '\0' &&
	       (server->status.state == STATE_WAKING || server->status.state == STATE_READY ||
		server->status.state == STATE_LOST);
}

static const struct user *
user_playing_as(const struct users *users, const char *player)
{
	char wanted[PLAYER_NAME_LIMIT + 1], name[PLAYER_NAME_LIMIT + 1];

	player_name_fold(player, wanted);
	for (size_t i = 0; i < users_count(users); i++) {
		const struct user *user = users_at(users, i);

		player_name_fold(user->game_name, name);
		if (name[0] != '\0' && strcmp(name, wanted) == 0)
			return user;
	}
	return NULL;
}

const struct user *
rosters_owner(const struct rosters *rosters, const char *server)
{
	const struct server *is = plane_server(rosters->plane, server);

	if (!is_on(is))
		return NULL;
	switch (is->status.run.cause) {
	case CAUSE_JOIN:
		return user_playing_as(rosters->users, is->status.run.by);
	case CAUSE_API:
	case CAUSE_CLI:
	case CAUSE_WEB:
	case CAUSE_DISCORD:
		return users_find(rosters->users, is->status.run.by);
	case CAUSE_NONE:
	case CAUSE_CRASH:
	case CAUSE_SCHEDULE:
	case CAUSE_IDLE:
	case CAUSE_MAX_DURATION:
	case CAUSE_MIN_PLAYERS:
	case CAUSE_INTERRUPTION:
	case CAUSE_MAX:
		break;
	}
	return NULL;
}

static void
make_operator(struct roster *roster, const char *player_name, const char *by)
{
	struct roster_player *player = roster_player_of(roster, player_name);
	bool was = roster_player_flags(player) & ROSTER_OP;

	(void)text_put(roster->op_run, sizeof roster->op_run, server_of(roster)->status.run.id);
	roster->op_digest[0] = '\0';
	roster->op_is_used = true;
	roster_save_own(roster);
	player->by_run |= ROSTER_OP;
	player->unsure |= ROSTER_OP;
	player->changed_at = plane_now(roster->of->plane);
	(void)text_put(player->by, sizeof player->by, by);
	if (!was)
		roster_tell(roster, player, ROSTER_OP, NULL);
	roster->changed = true;
	roster_save(roster, player);
}

static enum op_verdict
may(const struct roster *roster, const char *user, const struct user **ret_owner)
{
	const struct server *server = server_of(roster);

	if (server == NULL || server->spec->policy.op_tokens != OP_TOKENS_OWNER)
		return OP_OFF;
	if (!is_on(server))
		return OP_NO_RUN;
	*ret_owner = rosters_owner(roster->of, roster->server);
	if (*ret_owner == NULL || strcmp((*ret_owner)->name, user) != 0)
		return OP_NOT_OWNER;
	return OP_DONE;
}

enum op_verdict
rosters_op(struct rosters *rosters, const char *server, const char *user)
{
	struct roster *roster = roster_of(rosters, server);
	const struct user *owner;
	enum op_verdict verdict = may(roster, user, &owner);

	if (verdict != OP_DONE)
		return verdict;
	if (!player_name_is_valid(owner->game_name))
		return OP_NO_NAME;
	make_operator(roster, owner->game_name, owner->name);
	return OP_DONE;
}

enum op_verdict
rosters_make_token(struct rosters *rosters, const char *server, const char *user,
		   char ret_token[static OP_TOKEN_SIZE])
{
	const struct plane_ports *ports = plane_ports(rosters->plane);
	struct roster *roster = roster_of(rosters, server);
	const struct user *owner;
	enum op_verdict verdict = may(roster, user, &owner);

	if (verdict != OP_DONE)
		return verdict;
	ports->chance->fill(ports->chance, ret_token, OP_TOKEN_SIZE - 1);
	for (size_t i = 0; i < OP_TOKEN_SIZE - 1; i++)
		ret_token[i] = DIGITS[(unsigned char)ret_token[i] % 32];
	ret_token[OP_TOKEN_SIZE - 1] = '\0';
	(void)text_put(roster->op_run, sizeof roster->op_run, server_of(roster)->status.run.id);
	ports->secrets->digest(ports->secrets, ret_token, roster->op_digest);
	roster_save_own(roster);
	return OP_DONE;
}

/* In chat: noted here, looked at in the turn. */
void
roster_op_hear(struct roster *roster, const char *line)
{
	struct op_line heard;
	char key[THROTTLE_KEY_SIZE];

	if (roster->op_digest[0] == '\0' || !op_line_parse(line, &heard))
		return;
	(void)text_put(key, sizeof key, roster->server);
	if (throttle_take(&roster->of->tries, key, plane_now(roster->of->plane)).ms > 0)
		return;
	if (roster->heard_count < ELEMENTS(roster->heard))
		roster->heard[roster->heard_count++] = heard;
	plane_wake_service(roster->of->plane, &roster->of->service);
}

static void
try_token(struct roster *roster, const struct op_line *heard)
{
	struct secrets_port *secrets = plane_ports(roster->of->plane)->secrets;
	const struct user *owner = rosters_owner(roster->of, roster->server);
	char digest[DIGEST_TEXT_SIZE], name[PLAYER_NAME_LIMIT + 1], own[PLAYER_NAME_LIMIT + 1];

	if (owner == NULL || secrets == NULL || roster->op_digest[0] == '\0')
		return;
	secrets->digest(secrets, heard->token, digest);
	if (strlen(roster->op_digest) != sizeof digest - 1 ||
	    sodium_memcmp(digest, roster->op_digest, sizeof digest) != 0)
		return;
	player_name_fold(heard->name, name);
	player_name_fold(owner->game_name, own);
	if (own[0] == '\0' || strcmp(name, own) == 0)
		make_operator(roster, heard->name, owner->name);
}

/* The run has ended: so has what was for it. */
static void
end_run(struct roster *roster)
{
	for (size_t i = 0; i < roster->players.count; i++) {
		struct roster_player *player = roster->players.items[i];
		unsigned before = roster_player_flags(player);

		if (player->by_run == 0)
			continue;
		player->by_run = 0;
		player->unsure |= ROSTER_OP;
		if (before != roster_player_flags(player))
			roster_tell(roster, player, ROSTER_OP, NULL);
		roster->changed = true;
		roster_save(roster, player);
	}
	roster->op_run[0] = roster->op_digest[0] = '\0';
	roster->op_told = roster->op_is_used = false;
	roster_save_own(roster);
}

void
roster_op_decide(struct roster *roster)
{
	const struct server *server = server_of(roster);
	const struct user *owner;
	json_t *data;

	if (roster->op_run[0] != '\0' &&
	    (!is_on(server) || strcmp(server->status.run.id, roster->op_run) != 0))
		end_run(roster);
	for (size_t i = 0; i < roster->heard_count; i++)
		try_token(roster, &roster->heard[i]);
	roster->heard_count = 0;
	if (server == NULL || server->spec->policy.op_tokens != OP_TOKENS_OWNER ||
	    server->status.state != STATE_READY || roster->op_told)
		return;
	(void)text_put(roster->op_run, sizeof roster->op_run, server->status.run.id);
	roster->op_told = true;
	roster_save_own(roster);
	owner = rosters_owner(roster->of, roster->server);
	if (owner == NULL)
		return;
	data = json_object();
	json_set_text(data, "server", roster->server);
	json_set_text(data, "run", server->status.run.id);
	plane_tell(roster->of->plane, EVENT_USER_OP_OFFERED, owner->name, data);
}
