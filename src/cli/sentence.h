/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SENTENCE_H
#define ROOST_SENTENCE_H

/* An event as one sentence for people. */

#include "cli/terminal.h"
#include "model/words.h"

/*
 * Append the sentence of a CloudEvent, without a full stop, cleaned of terminal
 * controls. An unknown type is named as it is. Returns what colour it deserves.
 */
enum colour sentence_put(struct buf *b, const json_t *event);

/* Is it worth a line of its own? A change of state has an event beside it that says more. */
bool sentence_is_worth(const json_t *event);

/* "asleep" -> "Asleep", and its colour; an unknown word stays itself. */
const char *state_words(const char *state, enum colour *ret_colour);
const char *phase_words(const char *phase);	/* "" when there is none */

/* How far an installation is (a server's member `install`): "2/5 Download the game: 1.2 MB of 5.0 MB". */
void put_install_progress(struct buf *b, const json_t *progress, bool with_bytes);

#endif
