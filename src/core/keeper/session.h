/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SESSION_H
#define ROOST_SESSION_H

/*
 * Who played when: a session goes from a player's coming to his going, by UUID, or by
 * name where the game tells none. One is open per player and server, and only while a
 * run is on. A reconnect within SESSION_REJOIN is the same session, so player.joined
 * and player.left are told once. Open ones are stored together (DOCUMENT_ONLINE) with the
 * time they were last known to be so: what a killed roost cannot tell any more is closed then.
 *
 * A session as it is stored (SERVER/ID) and told; `logout` null while it is open:
 *	{"id", "player", "uuid", "login", "logout", "play_ms", "how"}
 * A player's sum (SERVER/UUID or SERVER/NAME), of his closed sessions:
 *	{"player", "uuid", "first_seen", "last_seen", "play_ms", "sessions"}
 */

#include "base/json.h"
#include "game/player_line.h"
#include "keeper/plane.h"

#define SESSION_REJOIN DURATION_S(10)

/* A player as he is known: "" = not. Under his name alone, who is of another UUID is another. */
struct session_player {
	char name[PLAYER_NAME_LIMIT + 1];
	char uuid[PLAYER_UUID_SIZE];
};

/* Who is meant by a name or a UUID. */
void session_player_find(struct plane *plane, const char *server, const char *asked,
			 struct session_player *ret_player);

/* Those that are open, newest first, as of now; of `player` (NULL: all). */
json_t *session_open_list(struct plane *plane, const char *server,
			  const struct session_player *player) must_check;

/* Sums, with the sessions that are open, last seen first; `player` as above, at most `limit`. */
json_t *session_player_list(struct plane *plane, const char *server,
			    const struct session_player *player, size_t limit) must_check;

/* Is a session as stored of this player? */
bool session_is_of(const json_t *session, const struct session_player *player) must_check;

#endif
