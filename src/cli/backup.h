/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_CLI_BACKUP_H
#define ROOST_CLI_BACKUP_H

/* What the commands about backups share. */

#include "cli/show.h"

#define VOLUME_TEXT_SIZE 24

/* "12.3 MB" */
void volume_text(int64_t bytes, char text[static VOLUME_TEXT_SIZE]);

/*
 * The id that is meant by a word: itself, or for `latest` the newest good backup (without a doubt, if there is one). Says itself
 * why not. The caller frees.
 */
int backup_named(struct client *client, const char *server, const char *word, char **ret_id)
	must_check;

/* "/v1/servers/NAME/backups/ID" and what follows; the caller frees. */
char *backup_path(const char *server, const char *id, const char *rest) must_check;

/* backup_get.c: the archive into `to` (NULL: SERVER-ID.tar.zst; "-": standard output). */
int backup_get(struct client *client, const char *server, const char *id, const char *to) must_check;

#endif
