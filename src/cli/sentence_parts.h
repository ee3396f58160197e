/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SENTENCE_PARTS_H
#define ROOST_SENTENCE_PARTS_H

/* Sentences that stand in files of their own, for the table in sentence.c. */

#include "cli/sentence.h"

typedef void sentence(struct buf *b, const char *subject, const json_t *data);

/* sentence_roster.c */
sentence sentence_roster_changed, sentence_roster_failed, sentence_roster_unknown,
	sentence_op_offered;

#endif
