/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SENTENCE_INNER_H
#define ROOST_SENTENCE_INNER_H

/* What the files behind sentence.h share: pieces of sentences, and those said elsewhere. */

#include "cli/sentence.h"

typedef void sentence(struct buf *b, const char *subject, const json_t *data);

const char *text_of(const json_t *data, const char *key);
void put_or(struct buf *b, const char *text, const char *otherwise);
void put_because(struct buf *b, const json_t *data, const char *key);	/* ": " and what it says */
void put_asker(struct buf *b, const json_t *data);	/* who asked; over roost's own socket nobody has a name */
void put_by(struct buf *b, const json_t *data);		/* " by somebody" */

/* sentence_service.c */
sentence say_messaged, say_posted, say_webhook_made, say_webhook_changed, say_webhook_disabled, say_webhook_missed, say_webhook_removed;

/* sentence_roster.c */
sentence sentence_roster_changed, sentence_roster_failed, sentence_roster_unknown, sentence_op_offered;

/* sentence_backup.c */
sentence say_backup_started, say_backup_finished, say_backup_cancelled, say_backup_failed, say_backup_checked, say_backup_removed, say_restore_started, say_restore_finished, say_restore_failed;

/* sentence_install.c */
sentence say_install_started, say_install_finished, say_install_failed;

#endif
