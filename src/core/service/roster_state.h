/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ROSTER_STATE_H
#define ROOST_ROSTER_STATE_H

/* What the files behind roster.h share. */

#include "service/keyed.h"
#include "service/roster.h"

struct roster {
	char server[SERVER_NAME_LIMIT + 1];	/* the key */
	struct rosters *of;
	struct keyed players;
	bool changed;			/* since it was last looked at whole */
	struct gate_roster *shown;	/* for the gate, once durable; or NULL */
	struct instant ban_ends;	/* the first of them */
	bool waits;			/* the game has perhaps still to be told something */
	/* The line that is under way. */
	bool chosen;			/* to be said, once durable */
	struct ticket said;
	char about[PLAYER_NAME_LIMIT + 1];
	unsigned flag;
	bool was_set, is_overtaken;	/* something newer was said of the same player since */
	char line[256];
	struct instant again_at;	/* a line was not taken: not before this */
};

struct rosters {
	struct plane *plane;
	const struct users *users;
	struct keyed rosters;
	struct plane_service service;
	bool refresh;			/* users or declarations may have changed */
};

struct roster *roster_of(struct rosters *rosters, const char *server);	/* made when there is none */
struct roster_player *roster_player_of(struct roster *roster, const char *name);
void roster_save(struct roster *roster, struct roster_player *player);

/* roster_tell.c: choose the next line for the game, if it can hear one; and say it. */
void roster_choose(struct roster *roster, struct instant now);
void roster_say(struct roster *roster);

#endif
