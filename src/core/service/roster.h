/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ROSTER_H
#define ROOST_ROSTER_H

/*
 * Who may play on each server, who operates it and who is banned: one truth, in the
 * record, a document for each player (or address) that something was said of. With
 * `policy.roster: users`, roost's users who told their game name may play besides, and
 * staff operates.
 *
 * The gate is shown what is durable (gate/roster.h). A minecraft-java game is told twice.
 * By its own files (game/game_file.h), by UUID, while it does not run: a start waits until
 * they say what is wanted. And by console lines while it runs. Both ways it is on record
 * what the game was told before it is told, and each look at the files compares three
 * things: what the game was last told, what the files say now, and what is wanted. Where
 * the files differ from what was told, it was changed in the game, and is taken over. A
 * console line of such a change is only a reason to look: what players write is on the
 * same console.
 *
 * Changes take effect in memory at once and are durable with the next commit.
 */

#include "game/game_file.h"
#include "gate/roster.h"
#include "keeper/plane.h"
#include "service/profiles.h"
#include "service/users.h"

#define ROSTER_KEY_SIZE (NETWORK_TEXT_SIZE + 6)	/* a player's name, or a network */

/* A player, or a network that is banned (ROSTER_BANNED is all that is said of one). */
struct roster_player {
	char key[ROSTER_KEY_SIZE];	/* the name in lower case; the network as text */
	char name[ROSTER_KEY_SIZE];	/* as it was last written */
	bool is_network;
	struct network network;
	unsigned by_hand;		/* of enum roster_flag; with what came from the game */
	unsigned by_game;		/* of these, what came from the game */
	unsigned by_users;		/* because of a user's game name; not in the record */
	unsigned by_run;		/* an op token was used: while the run lasts */
	unsigned told;			/* what the game was last told, or told us */
	unsigned unsure;		/* told again, whatever it was told */
	unsigned settling;		/* it was told, and its files have not shown it yet */
	unsigned writing;		/* in its files, being written */
	char uuid[PLAYER_UUID_SIZE];	/* as its files have it; not in the record */
	bool is_met, is_unknown_told;	/* the service's own */
	char reason[ROSTER_REASON_LIMIT + 1];	/* of the ban */
	char by[USER_NAME_LIMIT + 1];	/* who changed it last by hand; "game" */
	struct instant changed_at;
	struct instant until;		/* of the ban; NEVER = for good */
};

unsigned roster_player_flags(const struct roster_player *player);	/* what is wanted, of enum roster_flag */

struct rosters;

/* `profiles_url`: see profiles_new(). */
struct rosters *rosters_new(struct plane *plane, const struct users *users,
			    const char *profiles_url) must_check;
void rosters_free(struct rosters *rosters);	/* behind the plane's last turn */
void rosters_load(struct rosters *rosters);	/* once the plane and the users are loaded */

/* Players and networks of a server in the order of their keys. */
size_t rosters_count(const struct rosters *rosters, const char *server);
const struct roster_player *rosters_at(const struct rosters *rosters, const char *server,
				       size_t index);
const struct roster_player *rosters_find(const struct rosters *rosters, const char *server,
					 const char *player);

/* Has the game still to be told something about this player? */
bool roster_player_is_waiting(const struct roster_player *player);

/* The UUID the game knows (or will know) this player by. PROFILE_KNOWN: it is in ret_uuid. */
enum profile_is rosters_uuid(struct rosters *rosters, const char *server,
			     const struct roster_player *player,
			     char ret_uuid[static PLAYER_UUID_SIZE]) must_check;

/* What is wrong with the game's files, or with looking up accounts, one sentence; "" = nothing. */
const char *rosters_trouble(const struct rosters *rosters, const char *server);

struct roster_change {
	const char *server;
	const char *player;		/* a valid name (model/name.h), or a network's text */
	const struct network *network;	/* of that text; NULL: it is a player */
	unsigned given;			/* which flags are spoken of ... */
	unsigned set;			/* ... and which of these are to be set */
	const char *reason;		/* of a ban; or NULL */
	struct duration ban_for;	/* 0 = for good */
	const char *by;
};

/* False: there are as many by hand as may be. The same again tells the game again. */
bool rosters_change(struct rosters *rosters, const struct roster_change *change) must_check;

/*
 * Op tokens (`policy.op_tokens: owner`). A run's owner is the user who woke the server, or
 * whose game name joined it awake. He becomes operator until the run ends: by asking, or
 * by saying a token in the game's chat, `!op TOKEN`, which counts once.
 */
enum op_verdict {
	OP_DONE,
	OP_OFF,			/* the policy says so */
	OP_NO_RUN,		/* it does not run */
	OP_NOT_OWNER,		/* somebody else woke it */
	OP_NO_NAME		/* he has told no game name */
};

/* The owner of the run that is on; NULL: there is none. */
const struct user *rosters_owner(const struct rosters *rosters, const char *server);
/* Make `user` operator, as `by`. */
enum op_verdict rosters_op(struct rosters *rosters, const char *server, const char *user);
/* A token for him; the one before is worthless. Only its digest is kept. */
enum op_verdict rosters_make_token(struct rosters *rosters, const char *server, const char *user,
				   char ret_token[static OP_TOKEN_SIZE]);

#endif
