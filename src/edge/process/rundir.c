/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of one run: see the header. A socket's name has room for 107 bytes
 * only and the data directory may be anywhere, so sockets are reached through
 * /proc/self/fd/N.
 */

#include "process/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/files.h"

#define LOCK_TRIES 8 /* each lost only to somebody who removed the folder in between */

int
rundir_open(int runs, const char *token, bool make)
{
	int fd;

	ASSERT(run_token_is_valid(token));
	if (make && mkdirat(runs, token, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(runs, token, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 ? fd : -errno;
}

/* A lock on a file that was removed meanwhile keeps nobody out. */
static bool
is_still_there(int folder, int fd)
{
	struct stat held, named;

	return fstat(fd, &held) == 0 && fstatat(folder, "lock", &named, 0) == 0 &&
	       held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

int
rundir_lock(int folder)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		CLEANUP(fd_closep)
		int fd = openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			return -errno;
		if (is_still_there(folder, fd)) {
			int locked = fd;

			fd = -1;
			return locked;
		}
	}
	return -ESTALE;
}

int
rundir_read(int folder, struct run_record *ret_record)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	CLEANUP(json_freep) json_t *object = NULL;
	int r = file_read(folder, RUNDIR_STATE, RUN_RECORD_LIMIT, &content);

	if (r < 0)
		return r;
	object = json_loadb((const char *)content.data, content.length, 0, NULL);
	return run_record_parse(object, ret_record) ? 0 : -EBADMSG;
}

int
rundir_write(int folder, const struct run_record *record, bool survives_power)
{
	CLEANUP(json_freep) json_t *object = run_record_json(record);
	CLEANUP(text_freep) char *text = json_text(object);

	return file_write(folder, RUNDIR_STATE, text, strlen(text),
			  survives_power ? FILE_SURVIVES_POWER : FILE_SURVIVES_PROCESS);
}

static int
socket_open(int folder, struct sockaddr_un *ret_name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*ret_name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(ret_name->sun_path, sizeof ret_name->sun_path, "/proc/self/fd/%d/%s", folder,
		       RUNDIR_SOCKET);
	return fd >= 0 ? fd : -errno;
}

int
rundir_listen(int folder)
{
	struct sockaddr_un name;
	CLEANUP(fd_closep) int fd = socket_open(folder, &name);
	int listening;

	if (fd < 0)
		return fd;
	(void)unlinkat(folder, RUNDIR_SOCKET, 0);
	if (bind(fd, (struct sockaddr *)&name, sizeof name) < 0 ||
	    fchmodat(folder, RUNDIR_SOCKET, 0600, 0) < 0 || listen(fd, 8) < 0)
		return -errno;
	listening = fd;
	fd = -1;
	return listening;
}

int
rundir_connect(int folder)
{
	struct sockaddr_un name;
	CLEANUP(fd_closep) int fd = socket_open(folder, &name);
	int connected;

	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&name, sizeof name) < 0)
		return -errno;
	connected = fd;
	fd = -1;
	return connected;
}

int
rundir_remove(int runs, const char *token)
{
	int fd = rundir_open(runs, token, false);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	ASSERT(folder != NULL);
	while ((entry = readdir(folder)) != NULL) {
		if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, "..") &&
		    !text_equal(entry->d_name, "lock"))
			(void)unlinkat(fd, entry->d_name, 0);
	}
	(void)unlinkat(fd, "lock", 0);
	(void)closedir(folder);
	return unlinkat(runs, token, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}
