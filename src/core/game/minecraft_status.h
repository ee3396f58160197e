/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_MINECRAFT_STATUS_ANSWER_H
#define ROOST_MINECRAFT_STATUS_ANSWER_H

/* What a Minecraft server says of itself: the JSON of its status answer, as a value. */

#include "port/ticket.h"

/*
 * Read the answer; false when it is none. Numbers are bounded (players to 0..10^9),
 * texts cut, names that no player can have left out (servers put advertisements
 * there). ret_answer->status_json is the whole of it, written anew, unless it is
 * longer than STATUS_TEXT_LIMIT; it is the caller's.
 */
bool minecraft_status_read(const char *json, size_t length, struct probe_answer *ret_answer)
	must_check;

#endif
