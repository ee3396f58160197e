/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_INSTALL_INSIDE_H
#define ROOST_INSTALL_INSIDE_H

/*
 * Files below one directory, and nowhere else: each directory on the way is opened by
 * itself and never through a link, so whatever lies about in there, nothing outside is
 * touched. Paths are relative, of names between '/', none of which is "." or "..". All of
 * these: 0 (or a descriptor) or -errno; -ELOOP or -ENOTDIR: there is a link on the way.
 */

#include "base/base.h"

/* Is it such a path, printable, and not roost's own (.roost)? */
bool inside_path_is_valid(const char *path) must_check;

/* The directory that `path` is in, made when it is not there; and the path's last part. */
int inside_parent(int root, const char *path, const char **ret_name) must_check;

int inside_directory(int root, const char *path) must_check;

/*
 * A new empty file that nobody sees under its name yet, 0600 or 0700; it replaces what is
 * there with inside_keep(), and is gone with inside_drop().
 */
struct inside_file {
	int fd;			/* -1: none */
	int parent;
	char *name;		/* in `parent` */
	char temporary[32];
};
#define INSIDE_FILE_NULL ((struct inside_file){ .fd = -1, .parent = -1 })

int inside_new(int root, const char *path, bool executable, struct inside_file *ret_file)
	must_check;
int inside_keep(struct inside_file *file) must_check;	/* synced and renamed */
int inside_keep_unsynced(struct inside_file *file) must_check;	/* renamed; for many, synced together */
void inside_drop(struct inside_file *file);		/* usable with CLEANUP, also after inside_keep() */

/* A link with this text, in place of one that is there. -EEXIST: there is something else. */
int inside_link(int root, const char *path, const char *text) must_check;

/* Is there a file (no link, no directory)? And its removal; one that is not there is fine. */
bool inside_has(int root, const char *path) must_check;
int inside_open(int root, const char *path) must_check;	/* for reading */
int inside_remove(int root, const char *path) must_check;

#endif
