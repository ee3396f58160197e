/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of players by hand: taken, stored and told. */

#include <string.h>

#include "service/roster_state.h"

void
roster_tell(const struct roster *roster, const struct roster_player *player, unsigned flag,
	    const char *source)
{
	bool set = (player->by_hand | player->by_run) & flag;
	json_t *data = json_object();

	json_set_text(data, player->is_network ? "address" : "player", player->name);
	json_set_text(data, "change",
		      flag == ROSTER_MAY_PLAY ? set ? "added" : "removed"
		      : flag == ROSTER_OP     ? set ? "opped" : "deopped"
		      : set		      ? "banned"
					      : "pardoned");
	json_set_text(data, "by", player->by);
	if (source != NULL && source[0] != '\0')
		json_set_text(data, "source", source);
	if (player->by_run & ROSTER_OP & flag)
		json_set_bool(data, "for_run", true);
	if (flag == ROSTER_BANNED && set) {
		json_set_text(data, "reason", player->reason);
		json_set_instant(data, "until", player->until);
	}
	plane_tell(roster->of->plane, EVENT_ROSTER_CHANGED, roster->server, data);
}

size_t
roster_count_by_hand(const struct roster *roster)
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

/* Only single addresses are in the game's own list. */
static bool
is_for_game(const struct roster_player *player)
{
	return !player->is_network || player->network.bits == 128;
}

static void
apply(struct roster *roster, struct roster_player *player, const struct roster_change *change)
{
	struct instant now = plane_now(roster->of->plane);
	unsigned before = player->by_hand;

	(void)text_put(player->by, sizeof player->by, change->by);
	player->changed_at = now;
	player->by_hand = (before & ~change->given) | (change->set & change->given);
	player->by_game &= ~change->given;
	if (change->given & ~change->set & ROSTER_OP)
		player->by_run = 0;
	if (is_for_game(player))
		player->unsure |= change->given;
	if (change->given & ROSTER_BANNED)
		set_ban(player, change, now);
	for (unsigned flag = ROSTER_MAY_PLAY; flag <= ROSTER_BANNED; flag <<= 1) {
		if ((before ^ player->by_hand) & flag ||
		    (flag == ROSTER_BANNED && change->given & change->set & flag))
			roster_tell(roster, player, flag, NULL);
	}
}

bool
rosters_change(struct rosters *rosters, const struct roster_change *change)
{
	struct roster *roster = roster_of(rosters, change->server);
	const struct roster_player *known = rosters_find(rosters, change->server, change->player);
	struct roster_player *player;

	if ((known == NULL || known->by_hand == 0) && change->set != 0 &&
	    roster_count_by_hand(roster) >= ROSTER_LIMIT)
		return false;
	if (change->network != NULL)
		player = roster_network_of(roster, change->network);
	else
		player = roster_player_of(roster, change->player);
	if (change->set != 0 && change->network == NULL)
		(void)text_put(player->name, sizeof player->name, change->player);
	apply(roster, player, change);
	roster->changed = true;
	if (strcmp(roster->about, player->key) == 0)
		roster->is_overtaken = true;
	roster_save(roster, player);
	return true;
}
