/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ROSTER_H
#define ROOST_ROSTER_H

/*
 * Who may play on each server, who operates it and who is banned: one truth, in the
 * record, a document for each player that was named by hand. With `policy.roster:
 * users`, roost's users who told their game name may play besides, and staff operates.
 *
 * The gate is shown what is durable (gate/roster.h). A minecraft-java game is told by
 * console lines, at once while it runs, else when it is ready next: of each player it
 * is on record what the game was last told, and told again is what differs. The game
 * finds out UUIDs and keeps its own files; a line that may not have arrived is said
 * again, which games take as it is meant.
 *
 * Changes take effect in memory at once and are durable with the next commit.
 */

#include "gate/roster.h"
#include "keeper/plane.h"
#include "service/users.h"

struct roster_player {
	char key[PLAYER_NAME_LIMIT + 1];	/* the name in lower case */
	char name[PLAYER_NAME_LIMIT + 1];	/* as it was last written */
	unsigned by_hand;			/* of enum roster_flag */
	unsigned by_users;			/* because of a user's game name; not in the record */
	unsigned told;				/* what the game was last told */
	unsigned unsure;			/* told again, whatever it was told */
	char reason[ROSTER_REASON_LIMIT + 1];	/* of the ban */
	char by[USER_NAME_LIMIT + 1];		/* who changed it last by hand */
	struct instant changed_at;
	struct instant until;			/* of the ban; NEVER = for good */
};

struct rosters;

struct rosters *rosters_new(struct plane *plane, const struct users *users) must_check;
void rosters_free(struct rosters *rosters);	/* behind the plane's last turn */
void rosters_load(struct rosters *rosters);	/* once the plane and the users are loaded */

/* Players of a server in the order of their names. */
size_t rosters_count(const struct rosters *rosters, const char *server);
const struct roster_player *rosters_at(const struct rosters *rosters, const char *server,
				       size_t index);
const struct roster_player *rosters_find(const struct rosters *rosters, const char *server,
					 const char *player);

/* Has the game still to be told something about this player? */
bool roster_player_is_waiting(const struct roster_player *player);

struct roster_change {
	const char *server, *player;	/* the player's name is valid (model/name.h) */
	unsigned given;			/* which flags are spoken of ... */
	unsigned set;			/* ... and which of these are to be set */
	const char *reason;		/* of a ban; or NULL */
	struct duration ban_for;	/* 0 = for good */
	const char *by;
};

/* False: there are as many by hand as may be. The same again tells the game again. */
bool rosters_change(struct rosters *rosters, const struct roster_change *change) must_check;

#endif
