/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PLAYER_UUID_H
#define ROOST_PLAYER_UUID_H

/*
 * By what games know their players: 8-4-4-4-12 hexadecimal digits, here always in
 * lower case. Where accounts are checked (online mode) it is the account's, which only
 * Mojang can tell; else it follows from the name as it is written.
 */

#include "game/player_line.h"

/* Version 3 of "OfflinePlayer:NAME", as Java's UUID.nameUUIDFromBytes makes it. */
void player_uuid_offline(const char *name, char ret_uuid[static PLAYER_UUID_SIZE]);

/* With dashes or (as Mojang writes it) without; digits of either case. */
bool player_uuid_parse(const char *text, char ret_uuid[static PLAYER_UUID_SIZE]) must_check;

/*
 * Asking Mojang for many at once: the body of a POST, a JSON array of names, and what
 * comes back, [{"id", "name"}, ...]; a name without an account is left out.
 */
#define PROFILES_AT_ONCE 10	/* Mojang's own bound */

struct profile {
	char name[PLAYER_NAME_LIMIT + 1];	/* as the account has it now */
	char uuid[PLAYER_UUID_SIZE];
};

char *profiles_question(const char *const *names, size_t count) must_check;	/* the caller frees */

/* False: that is no such answer. At most PROFILES_AT_ONCE are told. */
bool profiles_parse(const char *bytes, size_t length,
		    struct profile ret_profiles[static PROFILES_AT_ONCE],
		    size_t *ret_count) must_check;

#endif
