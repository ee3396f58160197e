/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MINECRAFT_COMPONENT_H
#define ROOST_MINECRAFT_COMPONENT_H

/* Text components: Minecraft's JSON for text with styles. */

#include "base/buf.h"
#include "base/json.h"

/*
 * Append the text of a component (a string, an object with text/translate/extra,
 * or an array), without styles; stops when the buffer holds `limit` bytes (never
 * inside a character), and below 16 levels.
 */
void component_flatten(const json_t *component, struct buf *to, size_t limit);

/* {"text":"..."} with everything escaped; ASCII only, so that every client reads it. */
void component_print(struct buf *to, const char *text);

/* The same text as a JSON string alone, with its quotes. */
void component_print_string(struct buf *to, const char *text);

#endif
