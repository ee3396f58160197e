/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three things put together for each player and each list: what the game was last told,
 * what its file says now, and what is wanted. Of these only yes and no can differ, so no
 * two changes ever contradict each other: where the file is not what was told, somebody
 * changed it in the game, and that is taken over; where it is not what is wanted, it is
 * to be written. A flag that was said anew since (`unsure`), or that the game may not have
 * taken yet (`settling`), proves nothing: there what roost was told is newer.
 */

#include <stdio.h>
#include <string.h>

#include "base/mutant.h"
#include "service/roster_state.h"

static const unsigned flags[GAME_LIST_MAX] = {
	[GAME_LIST_WHITELIST] = ROSTER_MAY_PLAY,
	[GAME_LIST_OPS] = ROSTER_OP,
	[GAME_LIST_BANNED] = ROSTER_BANNED,
	[GAME_LIST_BANNED_IPS] = ROSTER_BANNED,
};

struct merging {
	struct roster *roster;
	enum game_list list;
	unsigned flag;
	json_t *entries;
	bool is_there; /* the file; what is not there proves nothing */
	bool writes;   /* no game holds it */
	bool believes; /* what it says is of now */
	struct game_edit *edits;
	size_t count, room;
};

/* Players. */

static bool
is_of_list(const struct merging *m, const struct roster_player *player)
{
	if (m->list == GAME_LIST_BANNED_IPS)
		return player->is_network && player->network.bits == 128;
	return !player->is_network;
}

static struct roster_player *
player_by_uuid(struct roster *roster, const char *uuid)
{
	for (size_t i = 0; uuid[0] != '\0' && i < roster->players.count; i++) {
		struct roster_player *player = roster->players.items[i];

		if (strcmp(player->uuid, uuid) == 0)
			return player;
	}
	return NULL;
}

static struct roster_player *
player_of(struct merging *m, const struct game_entry *entry)
{
	const struct network network = { entry->ip, 128 };
	char key[ROSTER_KEY_SIZE];

	if (m->list == GAME_LIST_BANNED_IPS)
		network_text(&network, key);
	else
		player_name_fold(entry->name, key);
	return entry->name[0] != '\0' || m->list == GAME_LIST_BANNED_IPS
		       ? keyed_find(&m->roster->players, key)
		       : player_by_uuid(m->roster, entry->uuid);
}

static struct roster_player *
player_for(struct merging *m, const struct game_entry *entry)
{
	const struct network network = { entry->ip, 128 };
	struct roster_player *player = player_of(m, entry);

	if (player == NULL)
		player = player_by_uuid(m->roster, entry->uuid);
	if (player != NULL || !m->believes || roster_count_by_hand(m->roster) >= ROSTER_LIMIT)
		return player;
	if (m->list == GAME_LIST_BANNED_IPS)
		return roster_network_of(m->roster, &network);
	return entry->name[0] != '\0' ? roster_player_of(m->roster, entry->name) : NULL;
}

static bool
proves(const struct merging *m, const struct roster_player *player)
{
	return m->believes && ((player->unsure | player->settling) & m->flag) == 0 &&
	       !MUTANT(ROSTER_FILE_OVERWRITTEN);
}

/* It was changed in the game: so be it. */
static void
take(struct merging *m, struct roster_player *player, bool set, const struct game_entry *entry)
{
	struct instant now = plane_now(m->roster->of->plane);
	unsigned before = roster_player_flags(player) & m->flag;

	player->told = (player->told & ~m->flag) | (set ? m->flag : 0);
	if ((before != 0) != set) {
		player->by_hand = (player->by_hand & ~m->flag) | (set ? m->flag : 0);
		player->by_game = (player->by_game & ~m->flag) | (set ? m->flag : 0);
		if (!set)
			player->by_run &= ~m->flag;
		(void)text_put(player->by, sizeof player->by, "game");
		player->changed_at = now;
		if (m->flag == ROSTER_BANNED) {
			player->until = set ? entry->expires : NEVER;
			(void)text_put(player->reason, sizeof player->reason,
				       set ? entry->reason : "");
		}
		roster_tell(m->roster, player, m->flag, entry != NULL ? entry->source : NULL);
		m->roster->changed = true;
	}
	if (!MUTANT(ROSTER_TAKEN_IN_MEMORY))
		roster_save(m->roster, player);
}

/* Edits. */

static struct game_edit *
add_edit(struct merging *m, const struct game_entry *entry, bool set)
{
	struct game_edit *edit;

	if (m->count == m->room) {
		m->room = m->room > 0 ? 2 * m->room : 8;
		m->edits = mem_resize(m->edits, m->room * sizeof *m->edits);
	}
	edit = &m->edits[m->count++];
	*edit = (struct game_edit){ .entry = *entry, .set = set };
	return edit;
}

static void
put_ban(const struct roster_player *player, struct game_entry *entry)
{
	(void)text_put(entry->reason, sizeof entry->reason, player->reason);
	(void)text_put(entry->source, sizeof entry->source,
		       player->by[0] != '\0' ? player->by : "roost");
	entry->created = player->changed_at;
	entry->expires = player->until;
}

/* It is durable before it is written that it was told. */
static void
tell(struct merging *m, struct roster_player *player, bool set)
{
	player->told = (player->told & ~m->flag) | (set ? m->flag : 0);
	player->settling |= m->flag;
	player->unsure &= ~m->flag;
	player->writing |= m->flag;
	roster_save(m->roster, player);
}

static void
settle(struct merging *m, struct roster_player *player, bool set)
{
	unsigned told = (player->told & ~m->flag) | (set ? m->flag : 0);

	if (told == player->told && ((player->unsure | player->settling) & m->flag) == 0)
		return;
	player->told = told;
	player->unsure &= ~m->flag;
	player->settling &= ~m->flag;
	roster_save(m->roster, player);
}

/* Nothing holds the file: is it to change for this player, who is on it (`entry`) or not? */
static void
put_right(struct merging *m, struct roster_player *player, const struct game_entry *entry)
{
	bool wanted = (roster_player_flags(player) & m->flag) != 0;
	struct game_entry fresh = { .ip = player->network.ip };

	if (wanted && entry != NULL && m->flag == ROSTER_BANNED && player->unsure & m->flag) {
		struct game_edit *edit = add_edit(m, entry, true);

		put_ban(player, &edit->entry);
		edit->anew = true;
		tell(m, player, true);
	} else if (wanted == (entry != NULL)) {
		settle(m, player, wanted);
	} else if (!wanted) {
		(void)add_edit(m, entry, false);
		tell(m, player, false);
	} else {
		if (!player->is_network) {
			(void)text_put(fresh.name, sizeof fresh.name, player->name);
			if (rosters_uuid(m->roster->of, m->roster->server, player, fresh.uuid) !=
			    PROFILE_KNOWN) {
				settle(m, player, false); /* by its console, once it runs */
				return;
			}
		}
		put_ban(player, &fresh);
		(void)add_edit(m, &fresh, true);
		tell(m, player, true);
	}
}

/* It runs: has it taken what it was told? */
static void
look(struct merging *m, struct roster_player *player, bool set)
{
	struct roster *roster = m->roster;
	bool told = (player->told & m->flag) != 0;

	if ((player->settling & m->flag) == 0 || player->unsure & m->flag || told != set ||
	    roster->said.v != 0 || roster->chosen ||
	    roster->asked_at.ms < roster->said_at.ms + 1000)
		return;
	player->settling &= ~m->flag;
	roster_save(roster, player);
}

/* One list. */

static void
meet(struct merging *m, struct roster_player *player, const struct game_entry *entry)
{
	bool set = entry != NULL;

	if (m->is_there && proves(m, player) && ((player->told & m->flag) != 0) != set)
		take(m, player, set, entry);
	if (m->writes)
		put_right(m, player, entry);
	else if (m->is_there)
		look(m, player, set);
}

static void
merge_list(struct merging *m)
{
	struct keyed *players = &m->roster->players;
	struct game_entry entry;

	for (size_t i = 0; i < players->count; i++)
		((struct roster_player *)players->items[i])->is_met = false;
	for (size_t i = 0; i < json_array_size(m->entries); i++) {
		struct roster_player *player;

		if (!game_list_entry(m->list, m->entries, i, &entry))
			continue;
		player = player_for(m, &entry);
		if (player == NULL && !m->believes && m->writes)
			(void)add_edit(m, &entry, false);
		if (player == NULL || player->is_met)
			continue;
		player->is_met = true;
		if (entry.uuid[0] != '\0')
			(void)text_put(player->uuid, sizeof player->uuid, entry.uuid);
		meet(m, player, &entry);
	}
	for (size_t i = 0; i < players->count; i++) {
		struct roster_player *player = players->items[i];

		if (!player->is_met && is_of_list(m, player))
			meet(m, player, NULL);
	}
}

/* All of them. */

static bool
parse_all(struct roster *roster, const struct files_answer *found, json_t **lists)
{
	const struct server *server = plane_server(roster->of->plane, roster->server);
	char why[REASON_LIMIT + 1];

	for (size_t i = 0; i < GAME_LIST_MAX; i++) {
		const struct file_text *text = &found->files[i];

		lists[i] = game_list_parse(text->is_there ? text->text : "", text->length, why);
		if (lists[i] != NULL)
			continue;
		(void)snprintf(roster->trouble, sizeof roster->trouble,
			       "%s in '%.80s' %.70s; mend it, or remove it and roost writes it "
			       "anew",
			       game_list_file((enum game_list)i), server->spec->local.directory,
			       why);
		return false;
	}
	return true;
}

static void
merge_one(struct roster *roster, enum game_list list, json_t *entries, bool is_there)
{
	struct merging m = { .roster = roster,
			     .list = list,
			     .flag = flags[list],
			     .entries = entries,
			     .is_there = is_there,
			     .writes = roster->was_down,
			     .believes = !roster->is_restored };

	merge_list(&m);
	if (m.count > 0 && !game_list_edit(list, entries, m.edits, m.count,
					   roster->properties.op_level, &roster->texts[list]))
		roster->texts[list] = NULL;
	mem_free(m.edits);
}

/* A name that no account has is said to whoever added it. */
static void
tell_unknown(struct roster *roster)
{
	char uuid[PLAYER_UUID_SIZE];

	for (size_t i = 0; i < roster->players.count; i++) {
		struct roster_player *player = roster->players.items[i];
		json_t *data;

		if (player->is_network || player->by_hand == 0 || player->is_unknown_told ||
		    player->name[0] == '.' || player->name[0] == '*' ||
		    rosters_uuid(roster->of, roster->server, player, uuid) != PROFILE_NONE)
			continue;
		player->is_unknown_told = true;
		data = json_object();
		json_set_text(data, "player", player->name);
		json_set_text(data, "by", player->by);
		plane_tell(roster->of->plane, EVENT_ROSTER_UNKNOWN, roster->server, data);
	}
}

bool
roster_merge(struct roster *roster, const struct files_answer *found)
{
	json_t *lists[GAME_LIST_MAX] = { NULL };
	bool good = parse_all(roster, found, lists);

	for (size_t i = 0; good && i < GAME_LIST_MAX; i++)
		merge_one(roster, (enum game_list)i, lists[i],
			  found->files[i].is_there && found->files[i].length > 0);
	for (size_t i = 0; i < GAME_LIST_MAX; i++)
		json_decref(lists[i]);
	if (good)
		tell_unknown(roster);
	return good;
}
