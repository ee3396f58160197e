/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOST_FILES_H
#define ROOST_FILES_H

/*
 * Small files, whole. Paths are relative to `at`, a directory's descriptor, or
 * AT_FDCWD. What is made here belongs to the owner only: files 0600, directories 0700.
 */

#include "base/buf.h"

/*
 * Read a whole file of at most `limit` bytes. -EFBIG when it is larger, or
 * -errno; then *ret_content is untouched. A directory is -EISDIR.
 */
int file_read(int at, const char *path, size_t limit, struct buf *ret_content) must_check;

/* The same of an open descriptor, to its end. */
int fd_read(int fd, size_t limit, struct buf *ret_content) must_check;

/* Write all of it. 0 or -errno. */
int fd_write(int fd, const void *bytes, size_t length) must_check;

/* How much a written file must survive. */
enum file_care {
	FILE_SURVIVES_PROCESS,		/* of whoever wrote it */
	FILE_SURVIVES_POWER		/* synced to the disk, and its name too */
};

/* Write a file whole or not at all: readers see the old or the new one. 0 or -errno. */
int file_write(int at, const char *path, const void *bytes, size_t length, enum file_care care)
	must_check;

/*
 * Make a directory, also those above it that are missing, or just the one. Its name is on the
 * disk then, where that can be had. 0 or -errno (also when it was there: 0).
 */
int directory_make(const char *path) must_check;
int directory_make_one(const char *path) must_check;

/*
 * One sentence for people: "cannot read '/etc/x': permission denied; let the
 * user that roost runs as read it". `doing` is a verb: read, write, make, run.
 * `error` is an errno or its negative.
 */
void file_explain(int error, const char *doing, const char *path, char *text, size_t size);

/* Cleanup for `CLEANUP(fd_closep) int fd = -1`. Keeps errno. */
void fd_closep(int *fd);

#endif
