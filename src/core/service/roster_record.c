/* SPDX-License-Identifier: Apache-2.0 */
/* Rosters in the record: SERVER/player, and SERVER/ for what is about no player. */

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "model/name.h"
#include "service/roster_state.h"

#define ALL_FLAGS (ROSTER_MAY_PLAY | ROSTER_OP | ROSTER_BANNED)

static void
key_of(const struct roster *roster, const char *player, char key[static 128])
{
	(void)snprintf(key, 128, "%s/%s", roster->server, player);
}

void
roster_save(struct roster *roster, struct roster_player *player)
{
	CLEANUP(json_freep) json_t *body = json_object();
	char key[128];

	key_of(roster, player->key, key);
	plane_wake_service(roster->of->plane, &roster->of->service);
	if ((player->by_hand | player->by_run | player->told | player->unsure | player->settling) ==
	    0) {
		plane_delete(roster->of->plane, DOCUMENT_ROSTER, key);
		roster->changed = true;
		return;
	}
	json_set_text(body, "name", player->name);
	json_set_integer(body, "by_hand", player->by_hand);
	json_set_integer(body, "by_game", player->by_game);
	json_set_integer(body, "by_run", player->by_run);
	json_set_integer(body, "told", player->told);
	json_set_integer(body, "unsure", player->unsure);
	json_set_integer(body, "settling", MUTANT(ROSTER_TOLD_IN_MEMORY) ? 0 : player->settling);
	json_set_text(body, "reason", player->reason);
	json_set_text(body, "by", player->by);
	json_set_instant(body, "changed_at", player->changed_at);
	json_set_instant(body, "until", player->until);
	plane_put(roster->of->plane, DOCUMENT_ROSTER, key, body);
}

void
roster_save_own(struct roster *roster)
{
	CLEANUP(json_freep) json_t *body = json_object();
	char key[128];

	roster->own_changed = false;
	key_of(roster, "", key);
	plane_wake_service(roster->of->plane, &roster->of->service);
	if (!roster->list_is_on && !roster->is_restored && roster->op_run[0] == '\0') {
		plane_delete(roster->of->plane, DOCUMENT_ROSTER, key);
		return;
	}
	json_set_bool(body, "list_is_on", roster->list_is_on);
	json_set_bool(body, "is_restored", roster->is_restored);
	json_set_text(body, "op_run", roster->op_run);
	json_set_text(body, "op_digest", roster->op_digest);
	json_set_bool(body, "op_told", roster->op_told);
	json_set_bool(body, "op_is_used", roster->op_is_used);
	plane_put(roster->of->plane, DOCUMENT_ROSTER, key, body);
}

static void
load_own(struct roster *roster, const json_t *body)
{
	roster->list_is_on = json_get_bool(body, "list_is_on", false);
	roster->is_restored = json_get_bool(body, "is_restored", false);
	roster->op_told = json_get_bool(body, "op_told", false);
	roster->op_is_used = json_get_bool(body, "op_is_used", false);
	(void)text_put(roster->op_run, sizeof roster->op_run, json_get_text(body, "op_run", ""));
	(void)text_put(roster->op_digest, sizeof roster->op_digest,
		       json_get_text(body, "op_digest", ""));
}

static unsigned
flags_in(const json_t *body, const char *key)
{
	return (unsigned)json_get_integer(body, key, 0) & ALL_FLAGS;
}

static void
load_player(struct roster_player *player, const json_t *body)
{
	player->by_hand = flags_in(body, "by_hand");
	player->by_game = flags_in(body, "by_game");
	player->by_run = flags_in(body, "by_run");
	player->told = flags_in(body, "told");
	player->unsure = flags_in(body, "unsure");
	player->settling = flags_in(body, "settling");
	(void)text_put(player->reason, sizeof player->reason, json_get_text(body, "reason", ""));
	(void)text_put(player->by, sizeof player->by, json_get_text(body, "by", ""));
	player->changed_at = json_get_instant(body, "changed_at");
	player->until = json_get_instant(body, "until");
}

void
roster_load(void *argument, const char *key, const json_t *body)
{
	struct rosters *rosters = argument;
	const char *name = json_get_text(body, "name", "");
	char server[SERVER_NAME_LIMIT + 1];
	size_t length = strcspn(key, "/");
	struct network network;

	if (length == 0 || length >= sizeof server)
		return;
	(void)text_put(server, length + 1, key);
	if (strcmp(key + length, "/") == 0)
		load_own(roster_of(rosters, server), body);
	else if (player_name_is_valid(name))
		load_player(roster_player_of(roster_of(rosters, server), name), body);
	else if (network_parse(name, &network))
		load_player(roster_network_of(roster_of(rosters, server), &network), body);
}

void
roster_forget_record(struct roster *roster)
{
	CLEANUP(text_freep) char *all = text_format("%s/", roster->server);

	plane_prune(roster->of->plane, DOCUMENT_ROSTER, all, 0);
}
