/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_GAMEFILE_H
#define ROOST_GAMEFILE_H

/*
 * The files that games read, bytes in and bytes out: what a template sets is merged into what
 * is there. Keys that are not named stay as they are, and so do comments and order; what has
 * the wished value already is not touched, so that doing it twice is doing it once.
 *
 * A value can never become another key or line: it is escaped where the format has escapes,
 * and refused where it has none. A file that cannot be read is refused, never replaced.
 *
 * Formats: java.util.Properties (its load() documentation has the grammar); INI as games have
 * it (also `key = value` without sections, as minetest.conf); JSON (RFC 8259); YAML, edited in
 * place by libyaml's marks and then read again, to see that it is what was meant; lines that
 * begin with the key; console commands, `key "value"`.
 */

#include "base/buf.h"
#include "model/preparation.h"

/*
 * The new content. `old` is NULL when there is no file. Values of secrets are texts by now.
 * False with one sentence, which holds no value.
 */
bool gamefile_render(const struct prepared_file *file, const json_t *values, const void *old,
		     size_t old_length, struct buf *ret_new, char ret_why[static REASON_LIMIT + 1])
	must_check;

#endif
