/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_GATE_ROSTER_H
#define ROOST_GATE_ROSTER_H

/*
 * Who may play on a server, as the gate needs it: an immutable value, shared by
 * tables and threads, reference-counted (atomically). Names are compared as games
 * do: without regard to capitals.
 */

#include "base/address.h"
#include "base/limits.h"

enum roster_flag {
	ROSTER_MAY_PLAY = 1,
	ROSTER_OP = 2,
	ROSTER_BANNED = 4
};

struct gate_roster_player {
	char name[PLAYER_NAME_LIMIT + 1];	/* in lower case */
	unsigned flags;				/* of enum roster_flag */
	char *reason;				/* why banned; or NULL */
};

/* Addresses from which nobody may play. */
struct gate_roster_network {
	struct network network;
	char *reason;				/* or NULL */
};

struct gate_roster {
	int references;				/* atomic; use gate_roster_ref and _unref */
	struct gate_roster_network *networks;	/* whoever makes it fills them in (gate_roster_ban) */
	size_t network_count;
	size_t count;
	struct gate_roster_player players[];	/* whoever makes it fills them in, in the order of their names */
};

struct gate_roster *gate_roster_new(size_t count) must_check;	/* one reference, the caller's */
struct gate_roster *gate_roster_ref(struct gate_roster *roster);	/* NULL: NULL */
void gate_roster_unref(struct gate_roster *roster);		/* NULL is nothing */

/* NULL: not on it. `roster` may be NULL: nobody is. */
const struct gate_roster_player *gate_roster_find(const struct gate_roster *roster,
						  const char *name);

/* Add a network while it is being made; takes `reason` (may be NULL). */
void gate_roster_ban(struct gate_roster *roster, const struct network *network, char *reason);

/* The first of its networks that holds the address; NULL: none. Both may be NULL. */
const struct gate_roster_network *gate_roster_network_of(const struct gate_roster *roster,
							 const struct ip *ip);

/* In lower case (ASCII; other bytes stay as they are), cut to fit. */
void player_name_fold(const char *name, char ret_folded[static PLAYER_NAME_LIMIT + 1]);

#endif
