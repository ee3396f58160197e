/* SPDX-License-Identifier: Apache-2.0 */
/* The lock on a data directory: see the header. */

#include "store/data_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOCK_TRIES 40 /* two seconds */

static char *
why_not_opened(const char *directory, int error)
{
	switch (error) {
	case ENOENT:
		return text_format(
			"the data directory %s does not exist; make it (mkdir -p %s) or set "
			"`data` to one that does",
			directory, directory);
	case ENOTDIR:
		return text_format("%s is not a directory; set `data` to a directory", directory);
	case EACCES:
	case EPERM:
		return text_format("the data directory %s cannot be written by user %u; give it to "
				   "that user (chown) or set `data` to another",
				   directory, (unsigned)geteuid());
	case EROFS:
		return text_format(
			"the data directory %s is on a read-only file system; set `data` "
			"to a directory that can be written",
			directory);
	case ENOSPC:
	case EDQUOT:
		return text_format("no room left on the disk of %s; free some and start again",
				   directory);
	default:
		return text_format("cannot open %s/roost.lock: %s", directory, strerror(error));
	}
}

static char *
why_locked(int fd, const char *directory)
{
	char text[24] = "";
	ssize_t length = pread(fd, text, sizeof text - 1, 0);
	long pid = length > 0 ? strtol(text, NULL, 10) : 0;

	if (pid > 0)
		return text_format(
			"another roost (process %ld) uses the data directory %s; stop it, "
			"or give this one another `data`",
			pid, directory);
	return text_format("another roost uses the data directory %s; stop it, or give this one "
			   "another `data`",
			   directory);
}

/* A roost that was just killed still holds its lock until the kernel has buried it: wait a little. */
static bool
is_locked_within(int fd, int tries)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK || --tries == 0)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

int
data_lock_take(const char *directory, char **ret_problem)
{
	CLEANUP(text_freep) char *path = text_format("%s/roost.lock", directory);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		*ret_problem = why_not_opened(directory, errno);
		return -1;
	}
	if (!is_locked_within(fd, LOCK_TRIES)) {
		*ret_problem = errno == EWOULDBLOCK ? why_locked(fd, directory)
						    : why_not_opened(directory, errno);
		(void)close(fd);
		return -1;
	}
	/* The id only helps people; a disk too full for it is told by the first commit. */
	if (ftruncate(fd, 0) == 0)
		(void)!dprintf(fd, "%ld\n", (long)getpid());
	return fd;
}
