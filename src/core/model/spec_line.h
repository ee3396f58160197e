/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SPEC_LINE_H
#define ROOST_SPEC_LINE_H

/* What a declaration says of its game's console: for spec_parse(). */

#include "model/setting.h"

/* Fills in what is known of the game. */
void spec_lines_check(struct server_spec *spec, struct complaints *complaints);

#endif
