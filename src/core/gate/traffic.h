/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_TRAFFIC_H
#define ROOST_TRAFFIC_H

/*
 * Is whoever speaks with a game over datagrams a player? Nothing says so: a
 * player, a server list that asks every second and a scanner all look alike at
 * first. Here it is told by how much they say:
 *
 * - who was held and speaks on once the game has answered is one at once;
 * - else who, after the game's first answer, sends 16 datagrams within ten
 *   seconds (games send that in one; server lists ask once a second at most);
 * - or at least one in each of twelve such ten seconds in a row: slow games
 *   exist, and rather a server that stays up than one that leaves its players.
 *
 * Datagrams that are known to be queries are not to be counted here. A player is
 * one until the client is silent for the declared time; what the game says to it
 * does not count, for games speak on to clients that are gone.
 */

#include "base/instant.h"

#define TRAFFIC_WINDOW DURATION_S(10)
#define TRAFFIC_BURST 16
#define TRAFFIC_STEADY 12
#define TRAFFIC_SHOWN_IDLE DURATION_S(20)	/* who is no player is forgotten after this */

struct traffic {
	struct instant heard_at;	/* the client */
	struct instant window_at;
	unsigned in_window, steady;
	bool has_waited;		/* was held for the game */
	bool was_answered;
	bool is_two_way;		/* and spoke after that */
	bool is_player;
};

void traffic_init(struct traffic *traffic, struct instant now, bool has_waited);

/* The game spoke. */
void traffic_answered(struct traffic *traffic);

/* The client spoke. True exactly once: it has become a player. */
bool traffic_heard(struct traffic *traffic, struct instant now, bool is_query) must_check;

/* When it is over unless the client speaks before. `idle` is the declared one. */
struct instant traffic_end(const struct traffic *traffic, struct duration idle);

#endif
