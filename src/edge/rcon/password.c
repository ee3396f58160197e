/* SPDX-License-Identifier: Apache-2.0 */
/* The file with a password in it: see the header. */

#include "rcon/password.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/files.h"

/* 0 or -errno; -EPERM when others may read it. */
static int
open_checked(const char *path, int *ret_fd)
{
	/* Not to wait for a writer, should it be a pipe. */
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat is;

	if (fd < 0 || fstat(fd, &is) < 0)
		return -errno;
	if (!S_ISREG(is.st_mode))
		return -EINVAL;
	if ((is.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return -EPERM;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static bool
content_take(struct buf *content, char *password)
{
	size_t length = content->length;

	while (length > 0 &&
	       (content->data[length - 1] == '\n' || content->data[length - 1] == '\r'))
		length--;
	if (length == 0 || length > RCON_COMMAND_LIMIT ||
	    memchr(content->data, '\0', length) != NULL)
		return false;
	memcpy(password, content->data, length);
	password[length] = '\0';
	return true;
}

bool
rcon_password_read(const char *path, char ret_password[static RCON_PASSWORD_SIZE], char *why,
		   size_t size)
{
	CLEANUP(buf_deinit) struct buf content = BUF_NULL;
	CLEANUP(fd_closep) int fd = -1;
	int r = open_checked(path, &fd);
	bool taken;

	if (r == -EPERM) {
		(void)snprintf(why, size,
			       "others than its owner may read the RCON password in '%s'; "
			       "chmod 600 it",
			       path);
		return false;
	}
	if (r == 0)
		r = fd_read(fd, RCON_PASSWORD_SIZE + 1, &content);
	if (r < 0) {
		file_explain(r, "read", path, why, size);
		return false;
	}
	taken = content_take(&content, ret_password);
	if (content.length > 0)
		sodium_memzero(content.data, content.length);
	if (!taken)
		(void)snprintf(why, size, "'%s' holds no RCON password: one line is expected",
			       path);
	return taken;
}
