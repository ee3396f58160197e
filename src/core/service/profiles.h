/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PROFILES_H
#define ROOST_PROFILES_H

/*
 * Which Minecraft account a name belongs to: asked of Mojang, some names at a time, and
 * kept in the record. What is known is asked again after a month (accounts change their
 * names) and holds meanwhile; that there is no such account, after an hour.
 */

#include "game/player_uuid.h"
#include "keeper/plane.h"

struct profiles;

/* `url` is copied; "" or NULL: nobody is asked. */
struct profiles *profiles_new(struct plane *plane, const char *url) must_check;
void profiles_free(struct profiles *profiles);	/* behind the plane's last turn */
void profiles_load(struct profiles *profiles);	/* once the plane is loaded */

enum profile_is {
	PROFILE_KNOWN,
	PROFILE_NONE,		/* there is no such account */
	PROFILE_ASKED,		/* not known yet */
	PROFILE_CANNOT		/* nobody can be asked now: profiles_trouble() */
};

/* The account of that name; asks for it when it is not known (well enough). */
enum profile_is profiles_find(struct profiles *profiles, const char *name,
			      struct profile *ret_profile) must_check;

/* Why the last question was not answered, one sentence; "" = it was. */
const char *profiles_trouble(const struct profiles *profiles);

/* Something was learned, or could not be. */
typedef void profiles_learned(void *argument);
void profiles_on_learned(struct profiles *profiles, profiles_learned *learned, void *argument);

#endif
