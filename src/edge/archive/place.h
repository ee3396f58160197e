/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_ARCHIVE_PLACE_H
#define ROOST_ARCHIVE_PLACE_H

/*
 * A new directory and what is made in it. Paths are the manifest's; every directory on the
 * way is opened by itself and never through a link, so nothing is made elsewhere. All of
 * these: 0 or -errno.
 */

#include "wire/manifest.h"

struct place;

/* -EEXIST when there is something of that name. Marked: tree_remove() may remove it later. */
int place_new(const char *directory, bool is_marked, struct place **ret_place) must_check;
void place_free(struct place *place);

int place_directory(struct place *place, const char *path) must_check;
int place_file(struct place *place, const char *path, int *ret_fd) must_check;	/* empty, 0600 */
int place_link(struct place *place, const struct manifest_entry *entry) must_check;
/* Mode and time of an open file; of a directory, when nothing more goes into it. */
int place_file_done(int fd, const struct manifest_entry *entry) must_check;
int place_directory_done(struct place *place, const struct manifest_entry *entry) must_check;
/* All of it is on the disk, its name too. */
int place_sync(struct place *place) must_check;

/* Remove it with all that is in it. */
void place_remove(struct place *place);

#endif
