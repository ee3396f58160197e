/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_EGG_H
#define ROOST_EGG_H

/*
 * Eggs, the templates of Pterodactyl (PTDL_v1, PTDL_v2) and Pelican (PLCN_v1 to v3), made
 * into templates of roost's as far as they go without a container: variables with their
 * rules, the start-up line as a command without a shell, files, the ready line, how it is
 * stopped, and the licence. What does not go is said, in sentences.
 *
 * An egg does not say what its game speaks: Minecraft Java is known by its licence and its
 * program, anything else becomes a `udp` game.
 */

#include "base/json.h"

#define EGG_NOTES_LIMIT 64

/*
 * The template's document, the caller's; or NULL, when it is no egg. Each element of
 * *ret_notes (the caller's either way) is a sentence: what was left out, or why it is none.
 * The document need not be right as a template: template_parse() says.
 */
json_t *egg_import(const json_t *egg, json_t **ret_notes) must_check;

#endif
