/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SPEC_BACKUP_H
#define ROOST_SPEC_BACKUP_H

/* How a game that runs is brought to hold still for a copy of its world. */

#include "model/setting.h"

/* Console lines, lent from the declaration: in this order, then the copy, then `resume`. Each may be NULL. */
struct backup_talk {
	const char *hold, *save, *resume;
};

/* False: the game has no such commands. */
bool spec_backup_talk(const struct server_spec *spec, struct backup_talk *ret_talk) must_check;

/* Is this the console line that says that `save` is done? Colours in it are passed over. */
bool spec_backup_is_saved(const struct server_spec *spec, const char *line) must_check;

/* For spec_parse(): what the members mean for one another. */
void spec_backup_check(struct server_spec *spec, struct complaints *complaints);

#endif
