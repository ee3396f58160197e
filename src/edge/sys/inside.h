/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_SYS_INSIDE_H
#define ROOST_SYS_INSIDE_H

/*
 * Files below one directory, and nowhere else: each directory on the way is opened by itself
 * and never through a link (what openat2 calls RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, on
 * every kernel), so whatever somebody puts in there, also meanwhile, nothing outside is
 * touched. Nothing waits either: a FIFO or a device is no file. Paths are relative, of names
 * between '/', none of which is "." or "..": others are -EINVAL. All of these: 0 (or a
 * descriptor) or -errno; -ENOTDIR: there is a link, or a file, on the way; -ELOOP: it is a
 * link itself.
 */

#include <sys/stat.h>

#include "base/base.h"

/* Is it such a path, printable, and not roost's own (.roost)? */
bool inside_path_is_valid(const char *path) must_check;

/* Directories on the way that are not there. */
enum inside_way {
	INSIDE_FIND,		/* -ENOENT */
	INSIDE_MAKE,		/* made, 0700 */
	INSIDE_MAKE_DURABLE	/* and on the disk before anything is put into them */
};

/* The directory that `path` is in, and the path's last part (in `path`). */
int inside_open_parent(int root, const char *path, enum inside_way way, const char **ret_name)
	must_check;

/* The directory itself: all parts of `path`. */
int inside_open_directory(int root, const char *path, enum inside_way way) must_check;

/* A regular file, for reading. -EISDIR: a directory, -EINVAL: something else that is no file. */
int inside_open(int root, const char *path, struct stat *ret_is) must_check;

/* Is there a file (no link, no directory)? And its removal; one that is not there is fine. */
bool inside_has(int root, const char *path) must_check;
int inside_remove(int root, const char *path) must_check;

/* A link with this text, in place of one that is there. -EEXIST: there is something else. */
int inside_link(int root, const char *path, const char *text) must_check;

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

#endif
