/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MINECRAFT_ANSWER_H
#define ROOST_MINECRAFT_ANSWER_H

/*
 * A game's status answer (JSON from a program we do not trust) as a value.
 */

#include "port/ticket.h"

/*
 * Returns false, and nothing to free, when it is not a status answer. A number
 * out of bounds is clipped; names that are not printable are left out; a motd
 * longer than its field is replaced by its flattened text. On success
 * `status_json` is the caller's: compact, bounded by STATUS_TEXT_LIMIT, or NULL
 * when the game's answer is longer than a client takes.
 */
bool probe_answer_parse(const char *json, size_t length, struct probe_answer *ret_answer)
	must_check;

#endif
