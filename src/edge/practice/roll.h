/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_PRACTICE_ROLL_H
#define ROOST_PRACTICE_ROLL_H

/* Who may play, who operates, who is banned: files in the working directory, as vanilla keeps them. */

#include <jansson.h>

#include "practice/inner.h"

struct roll_line {
	const char *whom;		/* UUID or IP, as text */
	const char *name;
	const char *by, *reason;	/* of a ban */
};

void rolls_read(struct rolls *rolls);
void rolls_deinit(struct rolls *rolls);
void roll_read(struct rolls *rolls, enum roll which);

/* The line about a UUID or IP, or NULL. It is lent. */
const json_t *roll_find(const struct rolls *rolls, enum roll which, const char *whom);

/* False: nothing changed. Else the file is written. */
bool roll_add(struct rolls *rolls, enum roll which, const struct roll_line *line) must_check;
bool roll_remove(struct rolls *rolls, enum roll which, const char *whom) must_check;

/* May this player not come in? Then `text` says why. */
bool rolls_refuse(const struct rolls *rolls, const char *uuid, const char *ip, char *text,
		  size_t size) must_check;

/* The UUID of a player whom nobody vouches for: version 3, of "OfflinePlayer:" and the name. */
void offline_uuid(const char *name, unsigned char uuid[static 16]);
void uuid_text(const unsigned char uuid[static 16], char text[static UUID_TEXT_SIZE]);

#endif
